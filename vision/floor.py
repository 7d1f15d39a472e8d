"""Metres on the floor of a route: how wide it is past the things that stand on it.

Four points of a rectangle on the floor give a homography from the picture to the floor. What is measured is the width
across the rectangle, and that does not depend on its length: with the length unknown, all of it is taken as 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vision.geometry import Box

Point = tuple[float, float]

FOOT_SHARE = 0.25
"""Things whose feet (this much of their height, from below) share rows of the picture stand beside each other."""
BESIDE_M = 0.6
"""Things nearer to each other along the route than somebody is wide leave no way between them."""


@dataclass(frozen=True)
class Floor:
    """What is known of a zone's floor.

    width_m: of the route. points: near left, near right, far right, far left corner (0–1 of the picture) of a rectangle
    as wide as the route; none: the zone's polygon is the floor, seen along the picture's rows. length_m: of it.
    """

    width_m: float
    points: tuple[Point, Point, Point, Point] | None = None
    length_m: float | None = None

    @cached_property
    def metres_of_picture(self) -> NDArray[np.float64]:
        """(3, 3) homography: picture (0–1) → metres across from the left edge and along from the near edge.

        The four-point linear solution (Hartley and Zisserman, Multiple View Geometry, 4.1), with the last entry 1.
        """
        assert self.points is not None
        length = self.length_m or 1.0
        target = ((0.0, 0.0), (self.width_m, 0.0), (self.width_m, length), (0.0, length))
        rows, values = [], []
        for (x, y), (across, along) in zip(self.points, target, strict=True):
            rows += [[x, y, 1, 0, 0, 0, -across * x, -across * y], [0, 0, 0, x, y, 1, -along * x, -along * y]]
            values += [across, along]
        return np.append(np.linalg.solve(np.array(rows), np.array(values)), 1.0).reshape(3, 3)

    def at(self, x: float, y: float) -> Point:
        """The point of the floor seen at a point of the picture (0–1): metres across, and along."""
        across, along, scale = self.metres_of_picture @ (x, y, 1.0)
        return float(across / scale), float(along / scale)

    def free_width_m(self, box: Box, others: Sequence[Box], polygon: Sequence[Point]) -> float | None:
        """The widest gap left across the route where the thing stands, metres; None where its foot is off the floor.

        others: boxes of the other things on the route. polygon: of the zone.
        """
        taken = self._taken(box, polygon)
        if taken is None:
            return None
        beside = [self._taken(other, polygon) for other in others if self._beside(box, other)]
        return widest_gap(self.width_m, [taken, *(one for one in beside if one)])

    def _taken(self, box: Box, polygon: Sequence[Point]) -> Point | None:
        """From where to where the thing's foot reaches across, metres."""
        x1, _, x2, y2 = box
        if self.points is not None:
            edges = self.at(x1, y2)[0], self.at(x2, y2)[0]
        else:
            row = _row(polygon, y2)
            if row is None or row[1] - row[0] < 1e-6:
                return None
            scale = self.width_m / (row[1] - row[0])
            edges = (x1 - row[0]) * scale, (x2 - row[0]) * scale
        low, high = (min(max(edge, 0.0), self.width_m) for edge in sorted(edges))
        return (low, high) if high > low else None

    def _beside(self, box: Box, other: Box) -> bool:
        if self.points is not None and self.length_m:
            near, far = (self.at((b[0] + b[2]) / 2, b[3])[1] for b in (box, other))
            return abs(near - far) < BESIDE_M
        feet = [b[3] - FOOT_SHARE * (b[3] - b[1]) for b in (box, other)]
        return max(feet) <= min(box[3], other[3])


def widest_gap(width_m: float, taken: Sequence[Point]) -> float:
    """The widest part of 0…width_m that none of the intervals takes."""
    widest, free_from = 0.0, 0.0
    for low, high in sorted(taken):
        widest, free_from = max(widest, low - free_from), max(free_from, high)
    return max(widest, width_m - free_from)


def _row(polygon: Sequence[Point], y: float) -> Point | None:
    """Where a row of the picture enters and leaves a polygon."""
    ends = zip(polygon, [*polygon[1:], polygon[0]], strict=True)
    y = min(max(y, min(p[1] for p in polygon) + 1e-6), max(p[1] for p in polygon) - 1e-6)
    crossings = [x + (y - top) / (below - top) * (to - x) for (x, top), (to, below) in ends if (top > y) != (below > y)]
    return (min(crossings), max(crossings)) if crossings else None
