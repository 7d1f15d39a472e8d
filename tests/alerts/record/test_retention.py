"""What has served its time goes, with a proof; what is open or held stays; a kill in between does no harm."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from alerts.alert import Alert
from alerts.config import RetentionConfig
from alerts.db.schema import alerts as alerts_table
from alerts.db.schema import deliveries
from alerts.db.schema_records import records as table
from alerts.db.store import Store
from alerts.errors import StoreError
from alerts.evidence.media import MediaStore
from alerts.evidence.snapshot import SnapshotStore, draw
from alerts.lifecycle import Change, ChangeKind
from alerts.record import holds, records
from alerts.record.actor import Actor
from alerts.record.records import Kind
from alerts.record.retention import BATCH, REST_S, Retention
from alerts.record.verify import Verifier
from alerts.routing.plan import AtOnce
from alerts.track.step import Step, StepKind
from streams.clock import SimulatedClock
from tests.alerts.databases import StorePlace
from tests.alerts.making import START, alert, at, jpeg
from vision.rule import Severity

K = ChangeKind
DAY_S = 86_400.0
KEPT = RetentionConfig(fire_days=30, violation_days=20, fault_days=10, unconfirmed_days=5, records_days=60)


class Rig:
    """A store with alerts of many kinds, and the sweep over it."""

    def __init__(self, store: Store, place: StorePlace) -> None:
        self.store, self.folder = store, place.folder
        self.clock = SimulatedClock(START)
        self.snapshots = SnapshotStore(self.folder / "snapshots", least_free=0)
        self.sweep = self.new_sweep()

    def new_sweep(self) -> Retention:
        return Retention(self.store, MediaStore(self.folder), KEPT, self.clock)

    def put(self, name: str, **given: Any) -> Alert:
        """A resolved alert with its picture, unless told otherwise."""
        kept = self.snapshots.save(name, draw(jpeg()), taken_at=START)
        evidence = {"score": 0.6, "snapshot": kept.evidence()}
        one = alert(name, **{"resolved_at": START, "snapshot": kept.key, "evidence": evidence} | given)
        self.store.commit([Change(K.FIRED if one.fired_at else K.OPENED, one)], AtOnce({"hook": 60.0}), at(0))
        return one

    def round(self, sweep: Retention | None = None) -> None:
        """One whole round."""
        self.clock.step(REST_S)
        for _ in range(100):
            (sweep or self.sweep).tick()

    def left(self) -> list[str]:
        with self.store.reading() as connection:
            return list(connection.scalars(select(alerts_table.c.id).order_by(alerts_table.c.id)))

    def pictures(self, name: str) -> int:
        return len(list(self.folder.rglob(f"{name}-*.jpg")))

    def faults(self) -> list[str]:
        verifier = Verifier(self.store, MediaStore(self.folder))
        for _ in verifier.steps():
            pass
        return [str(fault) for fault in verifier.result.faults]


@pytest.fixture
def rig(store: Store, place: StorePlace) -> Rig:
    return Rig(store, place)


CLASSES: dict[str, tuple[dict[str, Any], int]] = {
    "fire": ({"false_alarm_at": at(1), "false_alarm_by": "Wang"}, 30),
    "violation": ({"hazard": "ebike"}, 20),
    "fault": ({"hazard": "camera", "severity": Severity.FAULT}, 10),
    "suspected": ({"fired_at": None}, 5),
    "logged": ({"fired_at": None, "notice": "passing"}, 5),
}


@pytest.mark.parametrize("name", CLASSES)
def test_each_class_is_kept_for_its_days(name: str, rig: Rig) -> None:
    given, days = CLASSES[name]
    rig.put("01A", **given)
    rig.clock.step(days * DAY_S - 2 * REST_S)
    rig.round()
    assert (rig.left(), rig.pictures("01A")) == (["01A"], 3)
    rig.clock.step(2 * REST_S)
    rig.round()
    assert (rig.left(), rig.pictures("01A")) == ([], 0)
    with rig.store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(deliveries)) == 0
    assert rig.faults() == []


def test_other_times_hold_at_once(rig: Rig) -> None:
    rig.put("01A", hazard="ebike")
    rig.clock.step(6 * DAY_S)
    rig.round()
    assert rig.left() == ["01A"]
    rig.sweep.follow(KEPT.model_copy(update={"violation_days": 5}))
    for _ in range(9):
        rig.sweep.tick()
    assert rig.left() == []


@pytest.mark.parametrize(
    "given",
    [
        {"resolved_at": None},
        {"hazard": "ebike", "acknowledged_at": at(1), "acknowledged_by": "Wang"},  # a case that nobody has closed
        {},  # a fire that nobody has answered
    ],
)
def test_what_is_not_over_stays(given: dict[str, Any], rig: Rig) -> None:
    rig.put("01A", **given)
    rig.clock.step(1000 * DAY_S)
    rig.round()
    assert (rig.left(), rig.pictures("01A"), rig.faults()) == (["01A"], 3, [])


def test_what_is_held_stays_until_it_is_released(rig: Rig) -> None:
    rig.put("01A", hazard="ebike")
    holds.hold(rig.store, "01A", by=Actor("Wang", "console"), reason="police", at=at(2))
    rig.clock.step(1000 * DAY_S)
    rig.round()
    assert rig.left() == ["01A"]
    assert holds.release(rig.store, "01A", by=Actor("Wang", "console"), at=rig.clock.now())
    rig.round()
    assert (rig.left(), rig.faults()) == ([], [])


def test_the_proof_says_what_was_deleted_and_why(rig: Rig) -> None:
    gone = rig.put("01A", hazard="ebike")
    rig.clock.step(100 * DAY_S)
    rig.round()
    [proof] = records.newest(rig.store, subject="01A", kinds=[Kind.DELETED])
    assert (proof.by, proof.detail["reason"], proof.detail["hazard"]) == ("system", "retention", "ebike")
    assert set(proof.detail["files"].values()) == {
        value for key, value in gone.evidence["snapshot"].items() if key.startswith("sha256_")
    }
    assert "place" not in proof.detail and gone.place not in str(proof.detail)


def test_many_go_batch_by_batch_and_open_ones_hold_up_nothing(rig: Rig) -> None:
    for number in range(BATCH + 3):
        rig.put(f"01A{number:03d}", hazard="ebike", acknowledged_at=at(1), acknowledged_by="Wang")
    for number in range(BATCH + 3):
        rig.put(f"01B{number:03d}", hazard="ebike")
    rig.clock.step(100 * DAY_S)
    rig.sweep.tick()
    assert len(rig.left()) == 2 * BATCH + 6
    rig.round()
    assert rig.left() == [f"01A{number:03d}" for number in range(BATCH + 3)]
    assert rig.faults() == []


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("at_step", [0, 1, 5, 8, 9])
def test_a_kill_between_any_two_steps_is_made_good(at_step: int, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("01A", "01B"):
        rig.put(name, hazard="ebike")
    rig.put("01C", fired_at=None)
    step = Step("01A", 1, at(1), "Wang", "console", StepKind.NOTE, {"text": "seen"})
    kept = rig.store.alert("01A")
    assert kept is not None
    rig.store.commit([Change(K.STEPPED, replace(kept, version=2), step)], AtOnce({}), at(1))
    rig.clock.step(100 * DAY_S)
    calls = iter(range(99))

    def killed(work: Any) -> Any:
        def maybe(*args: Any, **named: Any) -> Any:
            if next(calls) == at_step:
                raise Killed
            return work(*args, **named)

        return maybe

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed(Path.unlink))
        patch.setattr(Retention, "_forget", killed(Retention._forget))
        with pytest.raises(Killed):  # within the nine pictures, or before the rows go
            rig.round()
    assert rig.faults() == []
    rig.round(rig.new_sweep())
    assert (rig.left(), rig.faults()) == ([], [])
    assert not list(rig.folder.rglob("*.jpg"))
    proofs = records.newest(rig.store, kinds=[Kind.DELETED])
    assert sorted(proof.subject for proof in proofs if proof.subject) == ["01A", "01B"]


def test_a_database_that_refuses_is_tried_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.put("01A", hazard="ebike")
    rig.clock.step(100 * DAY_S)

    def refuse(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Retention, "_forget", refuse)
        with pytest.raises(StoreError):
            rig.sweep.tick()
    rig.round()
    rig.round()
    assert (rig.left(), rig.faults()) == ([], [])


def test_a_file_that_cannot_be_deleted_keeps_its_row(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.put("01A", hazard="ebike")
    rig.clock.step(100 * DAY_S)

    def refuse(path: Path, **_: object) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        rig.round()
    assert rig.left() == ["01A"]
    rig.round()
    assert (rig.left(), rig.pictures("01A"), rig.faults()) == ([], 0, [])


def test_the_record_is_shortened_at_its_old_end_only(rig: Rig) -> None:
    rig.put("01A", hazard="ebike")
    rig.clock.step(10 * DAY_S)
    held = rig.put("01B", hazard="ebike")
    holds.hold(rig.store, held.id, by=Actor("Wang", "console"), reason="police", at=rig.clock.now())
    head = records.head_of(rig.store)
    rig.clock.step(100 * DAY_S)
    rig.round()
    rig.round()
    [first] = records.oldest(rig.store, 0, 1)
    assert (first.kind, first.subject) == ("fired", "01B"), "what speaks of an alert that is kept stays"
    assert rig.faults() == []
    [said] = records.newest(rig.store, kinds=[Kind.SHORTENED])
    assert said.detail["seq"] == first.seq - 1 < head.seq
    with rig.store.writing() as connection:
        connection.execute(table.delete().where(table.c.seq == first.seq))
    assert any("missing" in fault for fault in rig.faults())


def test_the_days_are_bounded() -> None:
    assert timedelta(days=RetentionConfig().fire_days) == timedelta(days=30)
    with pytest.raises(ValueError, match="greater than or equal to 3"):
        RetentionConfig(fire_days=2)  # until then an alert may come back
