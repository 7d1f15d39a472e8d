"""A step: one thing that one person did about one alert, for ever."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from alerts.alert import Alert
from vision.rule import Severity

CONSOLE = "console"
"""`Step.via` of what was done at the console."""


class StepKind(StrEnum):
    """What somebody did."""

    ACKNOWLEDGED = "acknowledged"  # has seen it and has it in hand
    VERIFIED = "verified"  # has looked, and it is a violation
    DISPATCHED = "dispatched"  # has sent somebody, or handed it to whose business it is
    FALSE_ALARM = "false_alarm"  # has looked, and it is none
    ACCEPTED = "accepted"  # will go
    ON_THE_WAY = "on_the_way"
    THERE = "there"
    DEALT_WITH = "dealt_with"  # out; cleared away
    DISSUADED = "dissuaded"  # spoke to whoever it was
    REMINDED = "reminded"  # with channel and proof
    NOTICE_GIVEN = "notice_given"  # in writing, with a deadline
    MOVED = "moved"  # taken away and stored: custody begins
    CLAIMED = "claimed"  # the owner has come forward
    HANDED_OVER = "handed_over"  # custody ends
    REPORTED = "reported"  # to the authority
    INSPECTED = "inspected"  # looked at again: the place is clear
    CLOSED = "closed"
    REOPENED = "reopened"
    NOTE = "note"
    PHOTO = "photo"  # a photo of the place, by whoever is there
    UNDONE = "undone"  # takes back what they said a moment ago; both stay on record


PROGRESS = (StepKind.ACCEPTED, StepKind.ON_THE_WAY, StepKind.THERE, StepKind.DEALT_WITH)
"""How far a person who goes there has come, in order."""

ANSWERS = (*PROGRESS, StepKind.FALSE_ALARM)
"""What may be answered to a notice."""


REMARKS = frozenset({StepKind.NOTE, StepKind.PHOTO})
"""What goes on record and says nothing of where the alert stands, nor that somebody has it in hand."""

LOOKED = (StepKind.ACKNOWLEDGED, StepKind.VERIFIED, StepKind.DEALT_WITH)
"""Whoever says one of these has seen that it is real."""

UNDOABLE = (StepKind.ACKNOWLEDGED, StepKind.VERIFIED, StepKind.DISPATCHED, StepKind.FALSE_ALARM)
"""What a slip of a finger says, and whoever said it may take back for `UNDO_S`."""
UNDO_S = 60.0


class TrackKind(StrEnum):
    """Fire is life safety; a violation is a case, and a person decides; a fault is a camera's."""

    INCIDENT = "incident"
    CASE = "case"
    FAULT = "fault"


_OF_ALL = (
    StepKind.FALSE_ALARM,
    StepKind.DISPATCHED,
    *PROGRESS,
    StepKind.CLOSED,
    StepKind.REOPENED,
    StepKind.NOTE,
    StepKind.UNDONE,
)
_OF_A_CASE = (
    StepKind.VERIFIED,
    StepKind.DISSUADED,
    StepKind.REMINDED,
    StepKind.NOTICE_GIVEN,
    StepKind.MOVED,
    StepKind.CLAIMED,
    StepKind.HANDED_OVER,
    StepKind.REPORTED,
    StepKind.INSPECTED,
    StepKind.PHOTO,
)
STEPS_OF: Mapping[TrackKind, frozenset[StepKind]] = {
    TrackKind.INCIDENT: frozenset({StepKind.ACKNOWLEDGED, *_OF_ALL}),
    TrackKind.FAULT: frozenset({StepKind.ACKNOWLEDGED, *_OF_ALL}),
    TrackKind.CASE: frozenset({*_OF_A_CASE, *_OF_ALL}),
}
"""The steps that each track knows."""

_TRACK_OF = {
    Severity.FIRE: TrackKind.INCIDENT,
    Severity.VIOLATION: TrackKind.CASE,
    Severity.FAULT: TrackKind.FAULT,
}


def track_kind(alert: Alert) -> TrackKind:
    """Which track an alert is on, by its severity."""
    return _TRACK_OF[alert.severity]


def first_word(alert: Alert) -> StepKind:
    """What acknowledging means for this alert: of a violation, that somebody has looked and it is one."""
    return StepKind.VERIFIED if track_kind(alert) is TrackKind.CASE else StepKind.ACKNOWLEDGED


@dataclass(frozen=True, slots=True)
class Step:
    """One row, never changed.

    seq: 1, 2, 3 … within the alert. at: aware UTC, never before the step before. by: a person's name, "" if unknown.
    account: its id; "" where none did it. via: `CONSOLE` or the channel whose notice was answered. detail: plain JSON
    values (`alerts.track.detail`). returns: `Alert.returns` when it was said, so that what was said before the hazard
    came back is told from what was said after, whatever the wall clock did.
    """

    alert_id: str
    seq: int
    at: datetime
    by: str
    via: str
    kind: StepKind
    detail: Mapping[str, Any] = field(default_factory=dict)
    returns: int = 0
    account: str = ""
