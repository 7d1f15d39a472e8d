"""Zones: the part of the picture a rule speaks of, and what kind of place it is.

The kinds and what is allowed in each follow the Shanghai non-motor-vehicle rules 2024, art. 29 and 44, and the Fire
Law, art. 28 and 60: the same e-bike is a violation in a stairwell and at home in a shed.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from vision import geometry


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

Polygon = tuple[tuple[float, float], ...]
"""K ≥ 3 points (x, y), 0–1 of the picture's width and height."""

WHOLE_PICTURE: Polygon = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@dataclass(frozen=True)
class Zone:
    """A polygon with a kind. `polygon`: K ≥ 3 points (x, y), 0–1 of the picture's width and height.

    piles: polygons of the charging piles; a lead from one of them is as it should be.
    """

    name: str
    type: ZoneType
    polygon: Polygon = WHOLE_PICTURE
    piles: tuple[Polygon, ...] = ()

    @cached_property
    def corners(self) -> geometry.Boxes:
        """(K, 2) float32, 0–1."""
        return np.array(self.polygon, np.float32)

    def contains(self, x: float, y: float) -> bool:
        """Whether the point (0–1) lies in the zone; the picture's own edge counts as inside."""
        point = np.clip(np.array([[x, y]], np.float32), 1e-6, 1 - 1e-6)
        return bool(geometry.inside(point, self.corners)[0])
