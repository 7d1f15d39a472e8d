"""`xinan verify` compares what is muted with what the record says of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from alerts.db.schema_records import records as table
from alerts.db.schema_silences import silences as z
from alerts.db.store import Store
from alerts.evidence.media import MediaStore
from alerts.mute.rules import Scope, ScopeKind, SilenceKind
from alerts.mute.silences import Order, Silences
from alerts.record import records
from alerts.record.actor import Actor
from alerts.record.chain import Entry
from alerts.record.records import Kind
from alerts.record.verify import PAGE, Verified, Verifier
from tests.alerts.databases import StorePlace
from tests.alerts.making import START, at

ORDER = Order(SilenceKind.SHELF, Scope(ScopeKind.CAMERA, "shed-1"), "builders", "Wang", timedelta(hours=2))

Told = tuple[str, str]
"""The ids of two silences: of record 2, and of record 3, which was ended by record 4."""


def verify(store: Store, place: StorePlace) -> Verified:
    verifier = Verifier(store, MediaStore(place.folder))
    assert sum(verifier.steps()) <= verifier.size()
    return verifier.result


@pytest.fixture
def told(store: Store) -> Told:
    silences = Silences(store, START)
    first, second = (silences.add(ORDER, at(second)).id for second in (1, 2))
    silences.end(second, Actor("Zhao", "console"), at(3))
    return first, second


def test_all_is_as_it_was(store: Store, place: StorePlace, told: Told) -> None:
    found = verify(store, place)
    assert found.faults == [] and found.silences == 2
    assert next(found.lines()).startswith("4 records, 0 alerts, 2 silences, 0 files")


def of(which: int, **values: Any) -> Callable[[Told], Any]:
    return lambda told: update(z).where(z.c.id == told[which]).values(values)


@pytest.mark.parametrize(
    ("change", "which", "said"),
    [
        (of(0, ends_at=at(9999)), 0, "was changed after record 2: ends_at"),
        (of(0, reason="no", by="Li"), 0, "was changed after record 2: reason, by"),
        (of(0, fire=True), 0, "was changed after record 2: fire"),
        (of(0, kind="drill"), 0, "was changed after record 2: kind"),
        (of(0, scope_kind="place"), 0, "was changed after record 2: scope_kind"),
        (of(0, scope="gate"), 0, "was changed after record 2: scope"),
        (of(0, begun_at=at(0)), 0, "was changed after record 2: begun_at"),
        (of(0, ended_at=at(40)), 0, "was ended, and no record says so"),
        (of(1, ended_at=None), 1, "was changed after record 4: ended_at"),
        (of(1, ended_by="Li"), 1, "was changed after record 4: ended_by"),
        (lambda told: delete(z).where(z.c.id == told[0]), 0, "is in record 2 and no longer there"),
    ],
)
def test_what_was_changed_is_named(
    store: Store, place: StorePlace, told: Told, change: Callable[[Told], Any], which: int, said: str
) -> None:
    with store.writing() as connection:
        connection.execute(change(told))
    assert [str(fault) for fault in verify(store, place).faults] == [f"silence {told[which]}: {said}"]


def copied(store: Store, name: str, **values: Any) -> None:
    with store.writing() as connection:
        row = dict(connection.execute(select(z).order_by(z.c.id)).first()._mapping)  # type: ignore[union-attr]
        connection.execute(insert(z).values(row | {"id": name} | values))


def test_one_that_was_slipped_in_is_named(store: Store, place: StorePlace, told: Told) -> None:
    copied(store, "Z")
    assert [str(one) for one in verify(store, place).faults] == ["silence Z: is there and was never put on record"]


def test_what_is_older_than_the_record_is_not_asked_for(store: Store, place: StorePlace, told: Told) -> None:
    assert verify(store, place).uncovered_silences == 0
    copied(store, "Y", begun_at=at(-9), ended_at=at(-8))
    found = verify(store, place)
    assert (found.faults, found.uncovered_silences) == ([], 1)
    assert list(found.lines())[1:] == ["not covered: 1 silence from before the record began"]
    with store.writing() as connection:  # as when the record was shortened
        head = records.begin(connection, at(10))
        first = connection.execute(select(table).where(table.c.seq == 2)).one()
        said = {"seq": 2, "hash": first.hash, "reason": "retention", "alerts_before": ""}
        records.append(connection, head, [Entry(Kind.SHORTENED, detail=said)], at(10))
        connection.execute(delete(table).where(table.c.seq <= 2))
    assert verify(store, place).faults == []


def test_what_comes_meanwhile_is_not_taken_for_wrong(store: Store, place: StorePlace, told: Told) -> None:
    verifier = Verifier(store, MediaStore(place.folder))
    steps = verifier.steps()
    next(steps)
    silences = Silences(store, at(4))
    silences.end(told[0], Actor("Li", "console"), at(5))
    for _ in range(2):
        silences.add(ORDER, at(6))
    assert sum(steps) < PAGE
    assert verifier.result.faults == [] and verifier.result.silences == 4
