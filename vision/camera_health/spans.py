"""When a recording's camera was in trouble, from one end to the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vision.camera_health.trouble import Cause, Trouble

MOST = 1000
"""Spans kept of one recording; what comes later is not noted."""


@dataclass(slots=True)
class Span:
    """since, until: aware UTC, of the first and the last look that showed it."""

    cause: Cause
    since: datetime
    until: datetime


class TroubleSpans:
    """Fed with each look's troubles; bounded."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._open: dict[Cause, Span] = {}

    def add(self, troubles: Sequence[Trouble], at: datetime) -> None:
        """What a look at that time showed."""
        now = {trouble.cause: trouble for trouble in troubles}
        self._open = {cause: span for cause, span in self._open.items() if cause in now}
        for cause, trouble in now.items():
            if cause not in self._open and len(self.spans) < MOST:
                self._open[cause] = Span(cause, trouble.since, at)
                self.spans.append(self._open[cause])
            if cause in self._open:
                self._open[cause].until = at
