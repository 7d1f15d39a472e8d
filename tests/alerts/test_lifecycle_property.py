"""The life of an alert under any order of events: looks, people, steps of the wall clock, restarts."""

import random
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.alert import Alert
from alerts.ids import UlidFactory
from alerts.lifecycle import Change, ChangeKind, Lifecycle
from tests.alerts.making import at, finding, lifecycle, look

K = ChangeKind


@dataclass(frozen=True)
class Step:
    """What may happen next: time passes, the clock steps, a look, a person, a restart."""

    camera: str
    passed_s: float
    clock_step_s: float
    seen: tuple[tuple[str, bool, float], ...]  # key, confirmed, confidence
    judge: str


STEPS = st.lists(
    st.builds(
        Step,
        camera=st.sampled_from(["shed-1", "yard"]),
        passed_s=st.sampled_from([0.0, 0.2, 1.0, 4.0, 7.0, 31.0, 5000.0]),
        clock_step_s=st.sampled_from([0.0, 0.0, 0.0, -7200.0, 7200.0]),
        seen=st.lists(
            st.tuples(st.sampled_from("abc"), st.booleans(), st.floats(0, 1, allow_nan=False)), max_size=4
        ).map(tuple),
        judge=st.sampled_from(["", "", "", "acknowledge", "false alarm", "out", "restart"]),
    ),
    max_size=60,
)


def play(steps: list[Step]) -> list[Change]:
    """Run the steps; check after each that no two open alerts share a fingerprint."""
    new_id = UlidFactory(random.Random(7))
    life, monotonic_s, offset_s = lifecycle(new_id=new_id), 0.0, 0.0
    history: list[Change] = []
    stored: dict[str, Alert] = {}
    for step in steps:
        monotonic_s += step.passed_s
        offset_s += step.clock_step_s
        wall_s = monotonic_s + offset_s
        found = [
            replace(
                finding(wall_s, camera=step.camera, key=key, confirmed=confirmed, confidence=confidence),
                monotonic_s=monotonic_s,
            )
            for key, confirmed, confidence in step.seen
        ]
        changes = life.observe(look(monotonic_s, found, camera=step.camera, wall_s=wall_s))
        if step.judge and stored:
            changes += judged(life, stored, step.judge, wall_s)
        history += changes
        stored.update((change.alert.id, change.alert) for change in changes)
        if step.judge == "restart":
            life = lifecycle(list(stored.values()), new_id=new_id)
        open_now = [one.fingerprint for one in stored.values() if one.open]
        assert len(open_now) == len(set(open_now)), "two open alerts with one fingerprint"
        assert sorted(one.id for one in life.open_alerts()) == sorted(one.id for one in stored.values() if one.open)
    return history


def judged(life: Lifecycle, stored: dict[str, Alert], judge: str, wall_s: float) -> list[Change]:
    """What people say, as a step of theirs would leave the alert."""
    last = life.find(max(stored)) or stored[max(stored)]
    if judge == "restart" or last.fired_at is None or last.false_alarm_at is not None:
        return []
    kind = {"acknowledge": K.ACKNOWLEDGED, "false alarm": K.FALSE_ALARM, "out": K.STEPPED}[judge]
    said: dict[str, Any] = {
        "acknowledge": {"acknowledged_at": at(wall_s)},
        "false alarm": {"false_alarm_at": at(wall_s)},
        "out": {"acknowledged_at": at(wall_s), "dealt_with_at": at(wall_s)},
    }[judge]
    after = replace(last, **said, version=last.version + 1)
    life.adopt(after)
    return [Change(kind, after)]


@settings(deadline=None)
@given(STEPS)
def test_whatever_happens(steps: list[Step]) -> None:
    history = play(steps)
    last: dict[str, Alert] = {}
    for change in history:
        after = change.alert
        before = last.get(after.id)
        assert (before is None) == (change.kind in {K.OPENED, K.FIRED} and after.version == 1)
        assert before is None or after.version == before.version + 1
        assert after.fired_at is None or after.fired_at >= after.started_at
        assert after.started_at <= after.seen_at <= (after.resolved_at or after.seen_at)
        if change.kind is K.REOPENED:
            assert before is not None and before.fired_at is not None
            assert not before.open or before.dealt_with_at is not None
            assert (after.returns, after.dealt_with_at) == (before.returns + 1, None)
        assert change.kind is not K.FIRED or (after.fired_at is not None and after.false_alarm_at is None)
        assert change.kind is not K.RESOLVED or (before is not None and before.open)
        last[after.id] = after
    assert history == play(steps), "the same looks gave other changes"


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0.1, 0.3, 1.0, 3.0, 100.0]), st.booleans()), max_size=80))
def test_resolved_only_after_being_looked_at_for_long_enough(steps: list[tuple[float, bool]]) -> None:
    life, now_s, in_vain_s = lifecycle(), 0.0, 0.0
    for passed_s, seen in steps:
        now_s += passed_s
        in_vain_s = 0.0 if seen else in_vain_s + passed_s
        for change in life.observe(look(now_s, [finding(now_s)] if seen else [])):
            if change.kind is K.RESOLVED:
                assert in_vain_s >= 10.0 - 1e-6
                assert change.alert.seen_at <= at(now_s) - timedelta(seconds=10 - 1e-6)
