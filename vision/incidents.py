"""Gives the same key to the same thing at the same place, however often its track breaks and starts again.

A key is made of the place where the thing was first seen, not of a count: after a restart a thing that still stands
there gets its old key, and another thing does not.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision import geometry
from vision.geometry import Box

SAME_PLACE = 0.5
"""Boxes of which the smaller lies in the larger by this share are one thing, so that a pile may grow."""
FORGET_S = 60.0
MAX_SPOTS = 64
GRID = 16
"""Places are told apart on a grid of this many cells a side."""


@dataclass(slots=True, eq=False)
class _Spot:
    key: str
    box: Box
    seen_s: float
    source: int | None


class Incidents:
    """Spots of one rule in one camera. Bounded: forgets what was unseen for `FORGET_S`, keeps at most `MAX_SPOTS`."""

    def __init__(self) -> None:
        self._spots: list[_Spot] = []

    def key(self, box: Box, now_s: float, source: int | None = None) -> str:
        """The key of the thing at this box (0–1). source: its track, which it keeps while it moves."""
        self._spots = [spot for spot in self._spots if now_s - spot.seen_s <= FORGET_S][-MAX_SPOTS:]
        spot = self._by_source(source) or self._by_place(box)
        if spot is None:
            spot = _Spot(place_name(box, {spot.key for spot in self._spots}), box, now_s, source)
            self._spots.append(spot)
        spot.box, spot.seen_s, spot.source = box, now_s, source
        return self._merged(spot).key

    def _merged(self, spot: _Spot) -> _Spot:
        """Spots that have grown into this one become one, under the oldest key."""
        same = [other for other in self._spots if other is spot or _overlap(spot.box, [other])[0] >= SAME_PLACE]
        oldest = same[0]
        oldest.box, oldest.seen_s, oldest.source = spot.box, spot.seen_s, spot.source
        self._spots = [other for other in self._spots if other is oldest or other not in same]
        return oldest

    def _by_source(self, source: int | None) -> _Spot | None:
        if source is None:
            return None
        return next((spot for spot in self._spots if spot.source == source), None)

    def _by_place(self, box: Box) -> _Spot | None:
        if not self._spots:
            return None
        overlap = _overlap(box, self._spots)
        best = int(overlap.argmax())
        return self._spots[best] if overlap[best] >= SAME_PLACE else None


def _overlap(box: Box, spots: list[_Spot]) -> NDArray[np.float32]:
    """(N,) with each spot."""
    one, others = np.array([box], np.float32), np.array([spot.box for spot in spots], np.float32)
    return np.asarray(geometry.overlap(one, others)[0], np.float32)


def place_name(box: Box, taken: Collection[str]) -> str:
    """A key made of where the box's centre lies, other than those taken."""
    column, row = (int(GRID * min((low + high) / 2, 0.999)) for low, high in (box[::2], box[1::2]))
    names = (f"{column}.{row}{suffix}" for suffix in ("", *(f"#{n}" for n in range(2, len(taken) + 3))))
    return next(name for name in names if name not in taken)
