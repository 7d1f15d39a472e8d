"""Fires that a camera has lost from sight and that people have not ended. One that is seen there again is that fire."""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from alerts.alert import Alert
from vision.geometry import Box
from vision.rule import Finding, Severity

MAX_UNENDED = 1024
"""Most that are remembered; the oldest is forgotten first."""

SAME_FIRE_S = 600.0
"""Seen again so long after it was last seen it is another fire, for which all are called, seconds: many a fire is put
out and never closed on the screen, and whoever answered that one does not stand there any more."""


class Unended:
    """Each until people have ended it. Bounded. Not thread-safe."""

    def __init__(self, hazards: Collection[str]) -> None:
        """hazards: those of which this is asked."""
        self._hazards = hazards
        self._alerts: OrderedDict[str, Alert] = OrderedDict()

    def __iter__(self) -> Iterator[Alert]:
        return iter(self._alerts.values())

    def take(self, alert: Alert) -> None:
        """As it is now: kept while it is out of sight, and else let go."""
        self._alerts.pop(alert.id, None)
        if not alert.out_of_sight or alert.hazard not in self._hazards:
            return
        self._alerts[alert.id] = alert
        while len(self._alerts) > MAX_UNENDED:
            self._alerts.popitem(last=False)

    def let_go(self, alert: Alert) -> None:
        """It is seen again."""
        self._alerts.pop(alert.id, None)


def same_fire(known: Iterable[Alert], finding: Finding, others: Collection[str], at: datetime) -> Alert | None:
    """The fire that a finding without a name of its own is: one of these that nobody has ended, that was seen within
    `SAME_FIRE_S` and that the look does not show by its name, in the same zone or where the finding lies. A restart,
    or its smoke, has cost it its name.

    known: of the finding's camera. others: the names of all else that the look shows. at: of the look.
    """
    there = [
        alert
        for alert in known
        if finding.severity is Severity.FIRE and alert.hazard == finding.hazard
        if alert.fired_at is not None and not alert.ended and alert.fingerprint not in others
        if abs((at - max(alert.seen_at, alert.reopened_at or alert.seen_at)).total_seconds()) <= SAME_FIRE_S
        if (finding.zone and alert.zone == finding.zone) or _overlap(alert.box, finding.box)
    ]
    return max(there, key=lambda alert: (_overlap(alert.box, finding.box), alert.id), default=None)


def _overlap(one: Box, other: Box) -> bool:
    """Whether they share any of the picture."""
    return min(one[2], other[2]) > max(one[0], other[0]) and min(one[3], other[3]) > max(one[1], other[1])
