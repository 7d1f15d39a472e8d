"""What a person's step is to those who are told of changes, and what a real fire makes of a drill. No I/O."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from alerts.alert import Alert
from alerts.desk.known import Known
from alerts.lifecycle import Change, ChangeKind
from alerts.routing.plan import CALLS
from alerts.track.rules import Taken, take
from alerts.track.step import StepKind
from vision.rule import Severity

BROKEN_OFF = "发生真实火情，演练立即结束。There is a real fire: the drill is over."


def change_kind(before: Alert, done: Taken) -> ChangeKind:
    """What a step is to those who are told of changes."""
    alert = done.alert
    match done.step.kind:
        case StepKind.FALSE_ALARM:
            return ChangeKind.FALSE_ALARM
        case StepKind.REOPENED:
            return ChangeKind.REOPENED
        case StepKind.UNDONE if alert.fired_at is not None:
            there = alert.open or alert.severity is Severity.FIRE  # nobody is called to what has gone by itself
            called = alert.acknowledged_at is None or before.false_alarm_at is not None
            return (
                ChangeKind.REOPENED if there and called else ChangeKind.STEPPED
            )  # taken back: people are called again
        case StepKind.ACKNOWLEDGED if before.fired_at is None:
            return ChangeKind.FIRED  # somebody has seen that it burns
    first = before.acknowledged_at is None and alert.acknowledged_at is not None
    return ChangeKind.ACKNOWLEDGED if first else ChangeKind.STEPPED


def fire_breaks_out(changes: Iterable[Change]) -> bool:
    """Whether one of them is a real fire for which people are called."""
    return any(
        change.kind in CALLS and change.alert.severity is Severity.FIRE and not change.alert.exercise
        for change in changes
    )


def broken_off(drills: Iterable[Known], at: datetime) -> list[Change]:
    """The system's word that ends these drills, where nobody has said it before: no call of them waits any more."""
    found = []
    for known in drills:
        detail = {"note": BROKEN_OFF}
        done = take(known.alert, known.steps, StepKind.DEALT_WITH, by="", via="watch", at=at, detail=detail)
        if isinstance(done, Taken):
            over = replace(done.alert, resolved_at=done.step.at)  # or people would be called again, to the drill
            found.append(Change(change_kind(known.alert, done), over, done.step))
    return found
