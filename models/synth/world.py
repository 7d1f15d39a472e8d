"""What a place tells the rest of the world about itself: where to stand, walk, park, plug in and hang a camera.

x right, y ahead, z up; metres, radians, linear RGB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.synth.look import Lamp, Thing
from models.synth.mesh import Points

Point = tuple[float, float, float]
Colour = tuple[float, float, float]

LIGHTS = ("day", "night", "dim", "sunset", "ir")
"""How a place is lit: daylight from outside with or without lamps; lamps only; few or weak lamps; low orange sun
through whatever opens outwards; `ir`: no lamp at all, the camera brings its own infrared."""

OUTLETS = ("socket", "door", "window", "meters", "pile")


class SynthError(RuntimeError):
    """The synthetic world cannot be made as asked; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class PlaceRecipe:
    """One place: its kind (a key of `places.PLACES`), the number that decides everything in it, and its light."""

    kind: str = "corridor"
    seed: int = 0
    light: str = "night"


@dataclass(frozen=True, slots=True)
class Zone:
    """A floor area as a site's settings would mark it. `type` is one of `vision.zones.ZoneType`'s values."""

    name: str
    type: str
    polygon: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Floor:
    """A convex, flat area where things may stand and people walk: corners (x, y) counter-clockwise, at height z."""

    corners: tuple[tuple[float, float], ...]
    z: float = 0.0

    def holds(self, x: float, y: float, margin: float = 0.0) -> bool:
        """Whether (x, y) lies inside by at least `margin` metres."""
        points = np.asarray(self.corners)
        ahead = np.roll(points, -1, axis=0) - points
        gaps = (ahead[:, 0] * (y - points[:, 1]) - ahead[:, 1] * (x - points[:, 0])) / np.linalg.norm(ahead, axis=1)
        return bool(gaps.min() >= margin)


@dataclass(frozen=True, slots=True)
class Edge:
    """The foot of a wall against which things are left: from start to end, the room on its left; at height z."""

    start: tuple[float, float]
    end: tuple[float, float]
    z: float = 0.0


@dataclass(frozen=True, slots=True)
class Bay:
    """A marked parking bay or a usual spot of a two-wheeler: its middle, and the heading of the parked machine."""

    at: Point
    heading: float


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where a lead may come from. `kind` is one of OUTLETS; at a charging "pile" charging is allowed."""

    at: Point
    kind: str


@dataclass(frozen=True, slots=True)
class Mount:
    """Where an installer would put the camera: position, what it looks at, horizontal field of view in degrees."""

    at: Point
    target: Point
    fov_deg: float


@dataclass(frozen=True, slots=True)
class Place:
    """A built place. `walks` are named paths on the floor ("through": from out of sight to out of sight; "in": from out
    of sight to the middle; others as the place has them). `width_m` is the free width of its escape route when empty,
    `sky` the uniform light from outside (colour, strength), `route` the convex lane that must stay free, (x, y)
    counter-clockwise, where it is less than the floors."""

    recipe: PlaceRecipe
    things: tuple[Thing, ...]
    lamps: tuple[Lamp, ...]
    sky: tuple[Colour, float]
    floors: tuple[Floor, ...]
    edges: tuple[Edge, ...]
    zones: tuple[Zone, ...]
    mounts: tuple[Mount, ...]
    bays: tuple[Bay, ...]
    outlets: tuple[Outlet, ...]
    walks: dict[str, tuple[Point, ...]]
    width_m: float
    route: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Fixture:
    """A thing that shines: what is seen, and the light that it gives."""

    thing: Thing
    lamps: tuple[Lamp, ...] = ()


@dataclass(frozen=True, slots=True)
class Maker:
    """How to make one sort of thing: `make(rng, placement 4×4) -> Thing`; it needs a free circle of `radius_m`."""

    make: Callable[[np.random.Generator, Points], Thing]
    radius_m: float = 0.5
