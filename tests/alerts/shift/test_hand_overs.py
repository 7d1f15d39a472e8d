"""Hand-overs in both databases: kept as they were signed, countersigned once, and found if somebody changes them."""

from pathlib import Path

import pytest
from sqlalchemy import delete, update

from alerts.access.principal import Area, Principal
from alerts.access.roles import Role
from alerts.db.schema_shift import hand_overs
from alerts.db.store import Store
from alerts.errors import HandOverNotFound, HandOverRefused
from alerts.evidence.media import MediaStore
from alerts.record.verify import Verifier
from alerts.shift.hand_overs import HandOver, HandOvers
from alerts.shift.spans import Span
from tests.alerts.making import at

SHIFT = Span(at(0), at(43_200))
SHEET = {"counts": {"fire": {"alarms": 1}}, "happened": {"alerts": [{"place": "3 号车棚"}], "left_out": 0}}
WANG, CHEN = (Principal("", name, Role.OPERATOR) for name in ("Wang", "Chen"))
LEAD = Principal("lead", "Lead", Role.OPERATOR, frozenset({"b3", "yard-cam"}))


def sign(book: HandOvers, who: Principal = WANG, second: float = 43_000) -> HandOver:
    return book.sign(SHEET, SHIFT, "key at the gate\n第二行", who, who.name, at(second))


def faults(store: Store, folder: Path) -> list[str]:
    verifier = Verifier(store, MediaStore(folder))
    for _ in verifier.steps():
        pass
    return [str(fault) for fault in verifier.result.faults]


def test_it_is_kept_as_it_was_signed(store: Store, tmp_path: Path) -> None:
    book = HandOvers(store)
    made = sign(book)
    done = book.countersign(made.id, "read", CHEN, "Chen", None, at(43_300))
    assert book.find(made.id, None) == done
    assert (done.sheet, done.notes, done.left_by, done.left_at) == (SHEET, made.notes, "Wang", at(43_000))
    assert (done.came_by, done.came_at, done.came_notes) == ("Chen", at(43_300), "read")
    assert faults(store, tmp_path) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"notes": "nothing to say"},
        {"sheet": {"counts": {}}},
        {"left_by": "Li"},
        {"left_at": at(1)},
        {"came_by": "Li"},
        {"came_notes": ""},
        None,
    ],
)
def test_what_was_changed_afterwards_is_found(store: Store, tmp_path: Path, changed: dict[str, object] | None) -> None:
    book = HandOvers(store)
    made = sign(book)
    book.countersign(made.id, "read", CHEN, "Chen", None, at(43_300))
    with store.writing() as connection:
        connection.execute(delete(hand_overs) if changed is None else update(hand_overs).values(changed))
    found = faults(store, tmp_path)
    assert found and all(made.id in line for line in found)


def test_the_last_one_that_was_signed_counts(store: Store) -> None:
    book = HandOvers(store)
    first, second = sign(book), sign(book, second=43_100)
    assert book.of_shifts([at(0), at(99)], None)[at(0)].id == second.id
    assert [one.id for one in book.page(None)] == [second.id, first.id]
    assert [one.id for one in book.page(None, before=second.id)] == [first.id]
    assert [one.sheet for one in book.page(None, limit=1)] == [{}], "lists carry no sheets"


def test_for_the_whole_site_its_own_sheet_goes_before_one_of_a_building(store: Store) -> None:
    book, lead = HandOvers(store), Area(frozenset({"yard-cam"}), frozenset({"b3"}))
    first, _ = sign(book, LEAD), sign(book)
    whole, last = sign(book, second=43_100), sign(book, LEAD, second=43_200)
    assert book.of_shifts([at(0)], None)[at(0)].id == whole.id
    assert book.of_shifts([at(0)], lead)[at(0)].id == last.id != first.id


@pytest.mark.parametrize(
    ("area", "seen"),
    [
        (None, True),
        (Area(frozenset({"yard-cam"}), frozenset({"b3"})), True),
        (Area(frozenset({"yard-cam", "x"}), frozenset({"b3", "b4"})), True),
        (Area(frozenset(), frozenset({"b3"})), False),
        (Area(frozenset(), frozenset()), False),
    ],
)
def test_a_sheet_is_seen_by_whoever_has_all_that_it_is_about(store: Store, area: Area | None, seen: bool) -> None:
    book = HandOvers(store)
    theirs, whole = sign(book, LEAD), sign(book, second=43_100)
    ids = [one.id for one in book.page(area)]
    assert (theirs.id in ids) == seen and (whole.id in ids) == (area is None)
    if not seen:
        with pytest.raises(HandOverNotFound):
            book.countersign(theirs.id, "", CHEN, "Chen", area, at(43_300))


@pytest.mark.parametrize(("by", "code"), [("wang", "same_person"), ("Chen", "countersigned")])
def test_once_and_by_somebody_else(store: Store, by: str, code: str) -> None:
    book = HandOvers(store)
    made = sign(book)
    if code == "countersigned":
        book.countersign(made.id, "", CHEN, "Chen", None, at(43_200))
    with pytest.raises(HandOverRefused) as refused:
        book.countersign(made.id, "", Principal("", by, Role.OPERATOR), by, None, at(43_300))
    assert refused.value.code == code
