"""How wide the way past a thing was, look by look. The evidence of an event is that of the look that raised it; things
are added and taken away later on.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from alerts.alert import Alert, fingerprint
from vision.look import Look

AWAY_S = 30.0
"""What lies between two looks that measured is like both where they are no farther apart: in between somebody may have
stood before the thing."""
MOST = 60
"""Stretches of an event; of more the two that are nearest to each other become one."""


@dataclass(slots=True)
class _Width:
    """Of one alert. narrow: from and to, seconds. at_s: of the last look that measured; was_narrow: by it."""

    least_m: float
    at_s: float
    was_narrow: bool = False
    narrow: list[tuple[float, float]] = field(default_factory=list)

    def add(self, at_s: float, free_m: float, is_narrow: bool, since_s: float) -> None:
        """The next look. since_s: from when on it holds where the look before tells of nothing."""
        self.least_m = min(self.least_m, free_m)
        if is_narrow and self.was_narrow and at_s - self.at_s <= AWAY_S:
            self.narrow[-1] = (self.narrow[-1][0], at_s)
        elif is_narrow:
            self.narrow.append((since_s, at_s))
            if len(self.narrow) > MOST:
                self._join()
        self.at_s, self.was_narrow = at_s, is_narrow

    def _join(self) -> None:
        apart = [later[0] - earlier[1] for earlier, later in pairwise(self.narrow)]
        first = apart.index(min(apart))
        self.narrow[first : first + 2] = [(self.narrow[first][0], self.narrow[first + 1][1])]


class Widths:
    """Of one recording. origin: the time stamp of its first picture."""

    def __init__(self, origin: datetime) -> None:
        self._origin = origin
        self._widths: dict[str, _Width] = {}

    def take(self, look: Look, open_alerts: Iterable[Alert]) -> None:
        """What this look measured. open_alerts: as they are after it."""
        measured = {
            fingerprint(look.camera, one.hazard, one.zone, one.key): one.evidence
            for one in look.findings
            if "free_width_m" in one.evidence
        }
        if not measured:
            return
        at_s = self._second(look.at)
        for alert in open_alerts:
            evidence = measured.get(alert.fingerprint)
            if evidence is None:
                continue
            free_m, since_s = float(evidence["free_width_m"]), at_s
            width = self._widths.get(alert.id)
            if width is None:  # it stands as it stood
                width = self._widths[alert.id] = _Width(free_m, at_s)
                since_s = self._second(alert.started_at)
            width.add(at_s, free_m, bool(evidence["narrow"]), since_s)

    def told(self, alert_id: str) -> dict[str, Any]:
        """What an event says of it; nothing where nothing was measured."""
        width = self._widths.get(alert_id)
        if width is None:
            return {}
        return {"least_free_width_m": width.least_m, "narrow": [list(one) for one in width.narrow]}

    def _second(self, at: datetime) -> float:
        return round((at - self._origin).total_seconds(), 3)
