"""An alert: one incident, from the first suspicion until somebody or the camera closes it.

Its state is derived from its times, as in Alertmanager, so that the two can never disagree.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from vision.geometry import Box
from vision.rule import Severity


class AlertState(StrEnum):
    """Where an alert stands. Words of Alertmanager, plus ISA-18.2's acknowledged, logged (nobody is asked) and closed.

    What people do about it in between is its track (`alerts.track`).
    """

    PENDING = "pending"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    FALSE_ALARM = "false_alarm"
    LOGGED = "logged"
    CLOSED = "closed"


def fingerprint(camera: str, hazard: str, zone: str, key: str) -> str:
    """Names an incident: the same hazard at the same spot has the same fingerprint. 16 hex digits of SHA-256."""
    return hashlib.sha256("\x1f".join((camera, hazard, zone, key)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Alert:
    """One incident. Times are aware UTC; None means it has not happened.

    id: unique, sorts by creation. place: in human words.
    started_at: when the evidence began. fired_at: when it was confirmed and people were told.
    seen_at: last look in which the hazard was there. resolved_at: not seen for the hazard's `clear_s`.
    box: x1, y1, x2, y2 (0–1) when it fired, or at a peak of confidence since. confidence: the peak.
    evidence: why it fired, plain JSON values.
    snapshot: key of the picture in the snapshot store, "" if there is none.
    notice: why it is only logged (`Finding.notice`); "" once it is suspected or confirmed.
    place_id: of the registered place it was raised at; None: the camera's place was free text, or there was none.
    muted: why people are or were not told (`alerts.mute.rules`), who said so, until when; `told_at`: when they were, if
    they were; `paused`: they were told, and are not called any more for now.
    exercise: raised within a drill.
    version: grows by one with every change; a writer that holds an old one is refused.
    returns: how often the camera saw it come back after it had cleared; a false alarm is not counted.
    reopened_at: when people were last called anew: it came back, or burnt on, after they were done with it or after it
    had ended by itself, or a person opened it again. None: never. A flame that is lost from sight under people's
    hands, or before anybody has answered, goes on as it was: its clock is not set back by its own smoke.
    acknowledged, false alarm, dealt with, closed: what people's steps say (`alerts.track.fold.projected`).
    """

    id: str
    fingerprint: str
    camera: str
    place: str
    hazard: str
    severity: Severity
    zone: str
    zone_type: str
    started_at: datetime
    seen_at: datetime
    confidence: float
    box: Box
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    false_alarm_at: datetime | None = None
    false_alarm_by: str = ""
    false_alarm_reason: str = ""
    snapshot: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    version: int = 1
    notice: str = ""
    place_id: str | None = None
    muted: Mapping[str, Any] | None = None
    exercise: bool = False
    returns: int = 0
    dealt_with_at: datetime | None = None
    closed_at: datetime | None = None
    reopened_at: datetime | None = None

    @property
    def state(self) -> AlertState:
        """Derived: a false alarm outranks all, then closed, logged, resolved, acknowledged, firing, pending."""
        if self.false_alarm_at is not None:
            return AlertState.FALSE_ALARM
        if self.closed_at is not None:
            return AlertState.CLOSED
        if self.fired_at is None and self.notice:
            return AlertState.LOGGED
        if self.resolved_at is not None:
            return AlertState.RESOLVED
        if self.acknowledged_at is not None:
            return AlertState.ACKNOWLEDGED
        return AlertState.PENDING if self.fired_at is None else AlertState.FIRING

    @property
    def open(self) -> bool:
        """Whether the hazard is still there, as far as the camera can tell."""
        return self.resolved_at is None

    @property
    def called_at(self) -> datetime | None:
        """Since when people are called for it: deadlines, the call of 119 and the time to answer run from here. None:
        it has not fired, even where a person has opened the suspicion again."""
        if self.fired_at is None or self.reopened_at is None:
            return self.fired_at
        return max(self.fired_at, self.reopened_at)

    @property
    def answered_s(self) -> float | None:
        """Seconds from the call to the first acknowledgement after it, as everything that tells of it counts them;
        None: nobody has answered that call. `alerts.shift.counted` has the same in SQL."""
        if self.called_at is None or self.acknowledged_at is None:
            return None
        return max(0.0, (self.acknowledged_at - self.called_at).total_seconds())

    @property
    def drilled(self) -> bool:
        """Raised by a person as a fire drill (`alerts.shift.drills`): no camera saw anything, and it is never real."""
        return bool(self.evidence.get("drill"))

    @property
    def held(self) -> bool:
        """Whether its notices are held back, and nobody was told."""
        return self.muted is not None and self.muted.get("told_at") is None

    @property
    def ended(self) -> bool:
        """Whether nothing more is asked of anybody: as `alerts.track.fold.Track.ended` has it."""
        if self.false_alarm_at is not None or self.closed_at is not None:
            return True
        if self.fired_at is None and self.notice:
            return True
        if self.open or self.severity is Severity.FAULT:
            return not self.open
        return self.acknowledged_at is None and (self.severity is not Severity.FIRE or self.fired_at is None)

    @property
    def suspected_fire(self) -> bool:
        """Whether it may burn there, and nothing has confirmed it: a person who sees it can."""
        return self.severity is Severity.FIRE and self.state is AlertState.PENDING

    @property
    def confirmed_by(self) -> str | None:
        """Who said that it burns before the camera was sure; None: the camera was, or nobody has."""
        return self.acknowledged_by if self.fired_at is not None and self.fired_at == self.acknowledged_at else None

    @property
    def out_of_sight(self) -> bool:
        """Whether the camera has lost a fire that nobody has ended: its smoke may hide it. People see to it there."""
        fire = self.severity is Severity.FIRE and self.fired_at is not None and not self.drilled
        return fire and not self.open and not self.ended

    @property
    def paused(self) -> bool:
        """Whether people were told, and are not called any more for now."""
        return self.muted is not None and bool(self.muted.get("paused"))
