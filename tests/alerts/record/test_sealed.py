"""What of an alert goes on record, and when."""

from dataclasses import replace
from typing import Any

import pytest

from alerts.alert import Alert
from alerts.db.codec import from_json, to_json
from alerts.lifecycle import Change, ChangeKind
from alerts.record.sealed import entry_of, files_of, state_hash, step_hash
from alerts.track.step import Step, StepKind
from tests.alerts.making import alert, at

SNAPSHOT = {"key": "2026/03/01/01A-080000000-1", "sha256_clean": "c1", "sha256_annotated": "a1"}
CLIP = {"key": "2026/03/01/01A-080000000-1", "sha256": "f1", "size": 9}


def filed(**evidence: Any) -> Alert:
    return alert(evidence={"score": 0.6, **evidence})


@pytest.mark.parametrize(
    "change",
    [
        {"seen_at": at(9)},
        {"confidence": 0.9},
        {"box": (0.0, 0.0, 1.0, 1.0)},
        {"version": 7},
        {"evidence": {"score": 0.6}},
    ],
)
def test_a_newer_peak_or_sight_is_not_on_record(change: dict[str, Any]) -> None:
    before = alert()
    after = replace(before, **change)
    assert state_hash(after) == state_hash(before)
    assert entry_of(Change(ChangeKind.UPDATED, after), before) is None


@pytest.mark.parametrize(
    "change",
    [
        {"resolved_at": at(9)},
        {"acknowledged_by": "Li"},
        {"false_alarm_reason": "shadow"},
        {"place": "elsewhere"},
        {"fired_at": at(1)},
        {"evidence": {"score": 0.7}},
        {"hazard": "ebike"},
    ],
)
def test_everything_else_is(change: dict[str, Any]) -> None:
    before = alert()
    assert state_hash(replace(before, **change)) != state_hash(before)


def test_the_state_is_the_same_after_a_way_through_json() -> None:
    given = filed(snapshot=SNAPSHOT, path=((0.1, 0.2), (0.3, 0.4)))
    assert state_hash(from_json(to_json(given))) == state_hash(given)


def test_a_suspicion_is_not_on_record_until_it_fires() -> None:
    suspected = alert(fired_at=None)
    assert entry_of(Change(ChangeKind.OPENED, suspected), None) is None
    entry = entry_of(Change(ChangeKind.FIRED, alert(version=2)), suspected)
    assert entry is not None
    assert (entry.kind, entry.subject, entry.by, entry.via) == ("fired", "01A", "system", "watch")


def test_files_are_named_when_they_first_come() -> None:
    before, after = filed(snapshot=SNAPSHOT), filed(snapshot=SNAPSHOT, clip=CLIP)
    fired = entry_of(Change(ChangeKind.FIRED, before), None)
    clipped = entry_of(Change(ChangeKind.UPDATED, replace(after, version=2)), before)
    assert fired is not None and clipped is not None
    stem = "snapshots/2026/03/01/01A-080000000-1"
    assert fired.detail["files"] == {f"{stem}.clean.jpg": "c1", f"{stem}.annotated.jpg": "a1"}
    assert clipped.kind == "filed"
    assert clipped.detail["files"] == {"clips/2026/03/01/01A-080000000-1.mp4": "f1"}


def test_all_files_of_an_alert() -> None:
    later = {**SNAPSHOT, "key": "k2", "earlier": [SNAPSHOT]}
    given = filed(snapshot=later, snapshot_after={**SNAPSHOT, "key": "k3"}, clip=CLIP)
    assert len(files_of(given)) == 7
    assert files_of(filed(clip={"trouble": "the disk is full"})) == {}


@pytest.mark.parametrize("after", [alert(version=2, acknowledged_by="Wang"), alert(version=2), alert(fired_at=None)])
def test_whatever_a_person_did_is_under_their_name(after: Alert) -> None:
    step = Step("01A", 3, at(5), "Wang", "wecom", StepKind.ON_THE_WAY, {})
    entry = entry_of(Change(ChangeKind.STEPPED, after, step), alert())
    assert entry is not None
    assert (entry.kind, entry.by, entry.via) == ("stepped", "Wang", "wecom")
    assert entry.detail["step"] == {"kind": "on_the_way", "seq": 3, "sha256": step_hash(step)}
    assert step_hash(replace(step, by="Li")) != step_hash(step)


def test_a_step_s_account_is_on_record_and_one_without_keeps_its_seal() -> None:
    step = Step("01B", 1, at(20), "Wang", "console", StepKind.NOTE, {"text": "seen"})
    assert step_hash(step) == "e7b79d1b2aeb0fd7e5a356c3a8aa7b5398a37cf2c5f6b1b93d65b586679bce2f"  # as ever
    by_account = replace(step, account="wang")
    entry = entry_of(Change(ChangeKind.STEPPED, alert(version=2), by_account), alert())
    assert entry is not None and entry.account == "wang"
    assert step_hash(by_account) != step_hash(step)
