"""Places where something may be burnt, when, and under whose eyes: ritual burning is a site's own policy.

A fire inside the burner, in an open window and with somebody beside it is logged. Everything else is a fire: nothing
here can mute a flame outright.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from vision import geometry
from vision.geometry import Box, Polygon

ATTENDED = "attended"
"""The one verdict that is no fire."""
UNDATED = "when it was is not known"
"""Of a picture without a clock's time: no window can be judged, so that it is a fire."""

FOOT = 0.1
"""A fire stands this share of its height above the lower edge of its box, where glow and reflection end."""
INSIDE_SHARE = 0.6
"""Of a fire's foot within the burner: boxes are not exact, and flames lean."""
SETTLED_S = 30.0
"""Paper that is lit grows; a fire that still grows after this long is getting away."""
GROWS = 2.5
"""Times its area of ten seconds ago."""
REACH = 0.75
"""Somebody stands by a fire within this share of their own height in the picture."""


@dataclass(frozen=True, slots=True)
class BurnWindow:
    """Days, both included, and hours of the local day; `closes` at or before `opens` is on the next day."""

    first_day: date
    last_day: date
    opens: time
    closes: time

    def holds(self, local: datetime) -> bool:
        """Whether the local time lies in it."""
        now, day = local.time(), local.date()
        if self.opens < self.closes:
            return self.opens <= now < self.closes and self.first_day <= day <= self.last_day
        if now >= self.opens:
            return self.first_day <= day <= self.last_day
        return now < self.closes and self.first_day <= day - timedelta(days=1) <= self.last_day


@dataclass(frozen=True)
class BurnSite:
    """What a zone allows. burners: polygons, 0–1; none: the whole zone. unattended_s: how long nobody may be there.
    dated: whether pictures carry the time at which they were taken; else all that burns is a fire.
    """

    windows: tuple[BurnWindow, ...]
    time_zone: str
    burners: tuple[Polygon, ...] = ()
    unattended_s: float = 300.0
    dated: bool = True

    def verdict(self, at: datetime, box: Box, zone: Polygon, *, burns_s: float, alone_s: float, growth: float) -> str:
        """`ATTENDED`, or why it is a fire.

        at: aware. box: of the fire, 0–1. burns_s, alone_s: since it began, since somebody was last beside it.
        """
        if not self.dated:
            return UNDATED
        local = at.astimezone(ZoneInfo(self.time_zone))
        if not any(window.holds(local) for window in self.windows):
            return f"outside the burn windows: it is {local:%Y-%m-%d %H:%M} {self.time_zone}"
        if _inside(box, self.burners or (zone,)) < INSIDE_SHARE:
            return "outside the burner"
        if burns_s >= SETTLED_S and growth >= GROWS:
            return f"growing: {growth:.1f} times its area of ten seconds ago (limit {GROWS})"
        if alone_s > self.unattended_s:
            return f"unattended for {alone_s:.0f} s (limit {self.unattended_s:.0f} s)"
        return ATTENDED


def _inside(box: Box, polygons: tuple[Polygon, ...]) -> float:
    """The share of a fire's foot that lies in any of the polygons."""
    x1, y1, x2, y2 = box
    across = np.linspace(x1, x2, 9)[1:-1]
    points = np.stack([across, np.full_like(across, y2 - FOOT * (y2 - y1))], axis=1).astype(np.float32)
    return float(geometry.inside_any(points, polygons).mean())


def beside(flame: geometry.Boxes, people: geometry.Boxes) -> bool:
    """Whether one of the (N, 4) people is within reach of the (4,) flame; all in pixels."""
    if not len(people):
        return False
    gaps = geometry.gap(flame[None], people)[0]
    return bool((gaps <= REACH * (people[:, 3] - people[:, 1])).any())
