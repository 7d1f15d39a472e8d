"""The record beside real databases: what is written with what, and what `xinan verify` finds."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, update

from alerts.alert import Alert
from alerts.db import schema, schema_tracks
from alerts.db.rows import from_alert
from alerts.db.schema_records import records as table
from alerts.db.store import Store
from alerts.errors import SettingsError, StaleAlert, StoreError
from alerts.evidence.media import MediaStore
from alerts.evidence.snapshot import SnapshotStore, draw
from alerts.lifecycle import Change, ChangeKind
from alerts.record import records
from alerts.record.actor import Actor
from alerts.record.anchor import FILE, Anchor, parse
from alerts.record.chain import EMPTY, Entry, Head
from alerts.record.recorder import LONG_S, MAX_WAITING, SAME_S, Recorder
from alerts.record.records import Kind
from alerts.record.verify import Verified, Verifier
from alerts.routing.plan import AtOnce
from alerts.track.step import Step, StepKind
from streams.clock import SimulatedClock
from tests.alerts.databases import StorePlace
from tests.alerts.making import START, alert, at, jpeg

K = ChangeKind


def pictured(place: StorePlace, name: str) -> Alert:
    """A firing alert with its picture on disk."""
    kept = SnapshotStore(place.folder / "snapshots", least_free=0).save(name, draw(jpeg()), taken_at=START)
    return alert(name, snapshot=kept.key, evidence={"score": 0.6, "snapshot": kept.evidence()})


def verify(store: Store, place: StorePlace, noted: tuple[Head, ...] = ()) -> Verified:
    verifier = Verifier(store, MediaStore(place.folder), noted)
    assert sum(verifier.steps()) <= verifier.size()
    return verifier.result


@pytest.fixture
def told(store: Store, place: StorePlace) -> Store:
    """Two alerts, one of them acknowledged and resolved, and somebody who looked."""
    first, second = pictured(place, "01A"), pictured(place, "01B")
    store.commit([Change(K.FIRED, first), Change(K.FIRED, second)], AtOnce({}), at(0))
    acknowledged = replace(first, acknowledged_at=at(5), acknowledged_by="Wang", version=2)
    store.commit([Change(K.ACKNOWLEDGED, acknowledged)], AtOnce({}), at(5))
    store.commit([Change(K.UPDATED, replace(acknowledged, confidence=0.9, version=3))], AtOnce({}), at(6))
    store.commit([Change(K.RESOLVED, replace(acknowledged, resolved_at=at(9), version=4))], AtOnce({}), at(9))
    with store.writing() as connection:
        head = records.begin(connection, at(10))
        records.append(connection, head, [Entry(Kind.SAW_CLEAR_PICTURE, "01A", "Wang", "console")], at(10))
    return store


def test_each_settled_change_is_on_record_and_all_is_as_it_was(told: Store, place: StorePlace) -> None:
    kinds = [record.kind for record in records.oldest(told, 0, 99)]
    assert kinds == ["began", "fired", "fired", "acknowledged", "resolved", "saw_clear_picture"]
    found = verify(told, place, (records.head_of(told),))
    assert found.faults == []
    assert (found.records, found.alerts, found.files, found.deleted) == (6, 2, 6, 0)
    assert found.head == records.head_of(told)


def test_what_is_refused_leaves_no_record(told: Store) -> None:
    head = records.head_of(told)
    with pytest.raises(StaleAlert):
        told.commit(
            [Change(K.FIRED, alert("01C")), Change(K.ACKNOWLEDGED, alert("01A", version=2))], AtOnce({}), at(20)
        )
    assert records.head_of(told) == head
    stored = told.alert("01A")
    assert stored is not None
    told.commit([Change(K.RESOLVED, stored)], AtOnce({}), at(20))  # again, as its answer was lost
    assert records.head_of(told) == head


def test_pages_go_back_in_time(told: Store) -> None:
    first = records.newest(told, limit=4)
    assert [record.seq for record in first] == [6, 5, 4, 3]
    assert [record.seq for record in records.newest(told, before=3)] == [2, 1]
    assert [record.seq for record in records.newest(told, subject="01A")] == [6, 5, 4, 2]


A, R, S = schema.alerts, table, schema_tracks.steps
TAMPERINGS: list[tuple[Any, str]] = [
    (update(R).where(R.c.seq == 4).values(by="Li"), "record 4: was changed"),
    (update(R).where(R.c.seq == 6).values(detail={"reason": "fire_response"}), "record 6: was changed"),
    (delete(R).where(R.c.seq == 3), "record 3: missing"),
    (delete(R).where(R.c.seq == 6), "record 6: noted elsewhere"),
    (delete(R).where(R.c.seq <= 2), "records 1 to 2: missing"),
    (update(A).where(A.c.id == "01A").values(acknowledged_by="Li"), "alert 01A: was changed after record 5 (resolved)"),
    (update(A).where(A.c.id == "01B").values(hazard="clutter"), "alert 01B: was changed after record 3 (fired)"),
    (delete(A).where(A.c.id == "01B"), "alert 01B: is on record and no longer there"),
]


@pytest.mark.parametrize(("statement", "said"), TAMPERINGS)
def test_what_was_changed_in_the_database_is_named(statement: Any, said: str, told: Store, place: StorePlace) -> None:
    head = records.head_of(told)
    with told.writing() as connection:
        connection.execute(statement)
    fault, *more = verify(told, place, (head,)).faults
    assert str(fault).startswith(said)
    assert [one.where for one in more] == (["alert 01B"] if said == "record 3: missing" else [])


def test_an_alert_that_was_slipped_in_is_named(told: Store, place: StorePlace) -> None:
    forged = {**_row(told, "01B"), "id": "01C"}
    with told.writing() as connection:
        connection.execute(insert(A).values(forged))
    assert [str(fault) for fault in verify(told, place).faults] == ["alert 01C: is there and was never put on record"]


STEPS: list[tuple[Any, str]] = [
    (update(S).values(by="Li"), "was changed after record 7"),
    (update(S).values(detail={"text": "no"}), "was changed after record 7"),
    (update(S).values(kind="nonsense"), "cannot be read"),
    (delete(S), "is in record 7 and no longer there"),
]


@pytest.mark.parametrize(("statement", "said"), STEPS)
def test_a_changed_step_is_named(statement: Any, said: str, told: Store, place: StorePlace) -> None:
    stored = told.alert("01B")
    assert stored is not None
    step = Step("01B", 1, at(20), "Wang", "console", StepKind.NOTE, {"text": "seen"})
    told.commit([Change(K.STEPPED, replace(stored, version=2), step)], AtOnce({}), at(20))
    assert verify(told, place).faults == []
    with told.writing() as connection:
        connection.execute(statement)
    [fault] = verify(told, place).faults
    assert str(fault).startswith(f"step 1 of alert 01B: {said}")


def _row(store: Store, alert_id: str) -> dict[str, Any]:
    with store.reading() as connection:
        return dict(connection.execute(select(A).where(A.c.id == alert_id)).one()._mapping)


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(("spoil", "what"), [(_flip, "was changed"), (Path.unlink, "no longer there")])
@pytest.mark.parametrize("variant", ["clean", "veiled", "blurred"])
def test_a_changed_or_missing_file_is_named(
    spoil: Callable[[Path], None], what: str, variant: str, told: Store, place: StorePlace
) -> None:
    [path] = place.folder.rglob(f"01A-*.{variant}.jpg")
    spoil(path)
    [fault] = verify(told, place).faults
    assert fault.where == path.relative_to(place.folder).as_posix()
    assert what in fault.what


def test_a_file_that_was_deleted_to_make_room_is_known(told: Store, place: StorePlace) -> None:
    recorder = Recorder(told, Anchor(place.folder), SimulatedClock(at(20)))
    for path in list(place.folder.rglob("01A-*.jpg")):
        recorder.deleting("01A", path)
        path.unlink()
    found = verify(told, place)
    assert (found.faults, found.deleted) == ([], 3)


def test_alerts_from_before_the_record_are_not_asked_for(store: Store, place: StorePlace) -> None:
    old = {**from_alert(alert("00Z")), "state_version": 1}
    with store.writing() as connection:
        connection.execute(insert(A).values(old))
    store.commit([Change(K.FIRED, alert("01A"))], AtOnce({}), at(0))
    found = verify(store, place)
    assert (found.faults, found.alerts, found.uncovered) == ([], 2, 1)
    assert [line for line in found.lines() if line.startswith("not covered: 1 alert from before")]
    assert found.as_json()["uncovered"] == 1
    acknowledged = replace(alert("00Z"), acknowledged_at=at(5), version=2)
    store.commit([Change(K.ACKNOWLEDGED, acknowledged)], AtOnce({}), at(5))
    found = verify(store, place)
    assert (found.faults, found.uncovered) == ([], 0) and len(list(found.lines())) == 1


# The recorder


class Refusing:
    """A store whose database refuses while `broken`."""

    def __init__(self, store: Store) -> None:
        self._store, self.broken = store, False

    def writing(self) -> Any:
        if self.broken:
            raise StoreError("the disk is full")
        return self._store.writing()

    def reading(self) -> Any:
        return self._store.reading()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


def rows(store: Store) -> int:
    with store.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(table)) or 0)


def test_one_row_for_a_stretch_of_looking(sqlite_store: Store, tmp_path: Path) -> None:
    clock = SimulatedClock(START)
    recorder = Recorder(sqlite_store, Anchor(tmp_path), clock)
    for _ in range(100):
        recorder.saw(Kind.SAW_LIVE, "shed-1", Actor("Wang", "console"))
        clock.step(SAME_S / 100)
        recorder.tick()
    assert rows(sqlite_store) == 2, "the beginning of the record, and one look"
    recorder.saw(Kind.SAW_LIVE, "shed-1", Actor("Li", "console"))
    recorder.saw(Kind.SAW_LIVE, "shed-2", Actor("Wang", "console"))
    clock.step(SAME_S + 1)
    recorder.saw(Kind.SAW_LIVE, "shed-1", Actor("Wang", "console"))
    recorder.tick()
    assert rows(sqlite_store) == 5


def test_who_looks_for_hours_is_on_record_every_hour(sqlite_store: Store, tmp_path: Path) -> None:
    clock = SimulatedClock(START)
    recorder = Recorder(sqlite_store, Anchor(tmp_path), clock)
    for _ in range(int(3 * LONG_S / 60)):
        recorder.saw(Kind.SAW_LIVE, "shed-1", Actor("Wang", "console"))
        clock.step(60)
    recorder.tick()
    assert rows(sqlite_store) == 1 + 3


def test_what_the_database_refuses_waits_with_its_time(sqlite_store: Store, tmp_path: Path) -> None:
    clock = SimulatedClock(START)
    store = Refusing(sqlite_store)
    recorder = Recorder(store, Anchor(tmp_path), clock)
    store.broken = True
    recorder.note(Entry(Kind.SAW_CLEAR_PICTURE, "01A", "Wang", "console", {"reason": "fire_response"}))
    clock.step(30)
    for number in range(MAX_WAITING):
        recorder.saw(Kind.SAW_PICTURE, str(number), Actor("Li", "console"))
    recorder.tick()
    assert recorder.dropped == 1
    store.broken = False
    recorder.tick()
    [first] = records.newest(sqlite_store, subject="01A")
    assert (first.at, first.seq) == (START, 2)
    assert rows(sqlite_store) == 1 + MAX_WAITING


def test_the_head_of_each_day_is_noted(sqlite_store: Store, tmp_path: Path) -> None:
    clock = SimulatedClock(START)
    anchor = Anchor(tmp_path)
    recorder = Recorder(sqlite_store, anchor, clock)
    recorder.tick()
    assert anchor.heads() == []
    for _ in range(3):
        for _ in range(2):
            recorder.note(Entry(Kind.SIGNED_IN, by="Wang", via="console"))
            recorder.tick()
        clock.step(86_400)
    assert [head.seq for head in Anchor(tmp_path).heads()] == [3, 5, 7]
    assert (tmp_path / FILE).read_text("utf-8").startswith("2026-03-01 3:")


@pytest.mark.parametrize("said", ["", "5", "5:abc", "x:" + "0" * 64, "-1:" + "0" * 64])
def test_a_head_that_is_none_is_refused(said: str) -> None:
    with pytest.raises(SettingsError, match="NUMBER:HASH"):
        parse([said])


def test_an_empty_record_is_whole(store: Store, place: StorePlace) -> None:
    assert verify(store, place) == Verified()
    assert records.head_of(store) == EMPTY
