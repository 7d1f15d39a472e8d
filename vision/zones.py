"""Zones: the part of the picture a rule speaks of, and what kind of place it is.

The kinds and what is allowed in each follow the Shanghai non-motor-vehicle rules 2024, art. 29 and 44, and the Fire
Law, art. 28 and 60: the same e-bike is a violation in a stairwell and at home in a shed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from vision import geometry
from vision.burning import BurnSite
from vision.floor import Floor
from vision.geometry import Box, Polygon


class ZoneType(StrEnum):
    """The kinds of place that rules tell apart."""

    CORRIDOR = "corridor"
    STAIRWELL = "stairwell"
    LOBBY = "lobby"
    EXIT = "exit"
    LIFT = "lift"
    SHED = "shed"
    FACADE = "facade"
    YARD = "yard"
    UNDER_BALCONY = "under_balcony"
    BURN_SITE = "burn_site"


ROUTE_TYPES = frozenset({ZoneType.CORRIDOR, ZoneType.STAIRWELL, ZoneType.LOBBY, ZoneType.EXIT})
"""Escape routes: nothing may stand here."""

WHOLE_PICTURE: Polygon = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


FOOT_SHARE = 0.25
"""A machine's wheels stand in the lowest part of its box: at its lower edge seen from the side, one of them up to this
share of the height above it seen from the front or from above."""
FOOT_GRID = 16, 4
"""Points across and up at which the foot is looked up in polygons."""


@dataclass(frozen=True)
class Zone:
    """A polygon with a kind. `polygon`: K ≥ 3 points (x, y), 0–1 of the picture's width and height.

    piles: polygons of the charging piles; a lead from one of them is as it should be.
    Of a shed: bays: polygons of the marked places. aisles: polygons that stay free (aisle, exit). capacity: most
    machines; None: any number.
    burning: of a burn site, what may be burnt and when; None: nothing, ever.
    allowed: polygons in which something may stand on a route: a mat, a cabinet, an extinguisher box.
    floor: its width, so that the way past a thing can be measured.
    """

    name: str
    type: ZoneType
    polygon: Polygon = WHOLE_PICTURE
    piles: tuple[Polygon, ...] = ()
    bays: tuple[Polygon, ...] = ()
    aisles: tuple[Polygon, ...] = ()
    capacity: int | None = None
    burning: BurnSite | None = None
    allowed: tuple[Polygon, ...] = ()
    floor: Floor | None = None

    @cached_property
    def corners(self) -> geometry.Boxes:
        """(K, 2) float32, 0–1."""
        return np.array(self.polygon, np.float32)

    def contains(self, x: float, y: float) -> bool:
        """Whether the point (0–1) lies in the zone; the picture's own edge counts as inside."""
        point = np.clip(np.array([[x, y]], np.float32), 1e-6, 1 - 1e-6)
        return bool(geometry.inside(point, self.corners)[0])

    @property
    def ordered(self) -> bool:
        """Whether it says where, or how many, machines may stand."""
        return bool(self.bays or self.aisles) or self.capacity is not None


def foot_share(box: Box, polygons: Sequence[Polygon]) -> float:
    """The share of a box's foot (0–1 coordinates) that stands within any of the polygons."""
    if not polygons:
        return 0.0
    x1, y1, x2, y2 = box
    columns, rows = FOOT_GRID
    across = x1 + (np.arange(columns) + 0.5) / columns * (x2 - x1)
    down = y2 - (np.arange(rows) + 0.5) / rows * FOOT_SHARE * (y2 - y1)
    points = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2).astype(np.float32)
    foot = x1, float(down[-1]), x2, y2
    return float(geometry.inside_any(points, [polygon for polygon in polygons if _reaches(polygon, foot)]).mean())


def _reaches(polygon: Polygon, box: Box) -> bool:
    """Whether the polygon may reach into the box: a quick look at its extent."""
    xs, ys = zip(*polygon, strict=True)
    return bool(min(xs) < box[2] and max(xs) > box[0] and min(ys) < box[3] and max(ys) > box[1])
