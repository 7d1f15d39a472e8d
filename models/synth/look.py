"""Surfaces, parts and lamps: what things are made of and lit by, before any renderer knows about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.synth.mesh import Mesh, Points, apply

Picture = NDArray[np.uint8]
"""(H, W, 3) uint8 RGB, row 0 at the top."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A surface. Colours are linear RGB 0–1, `emit` is emission strength (W/m²/sr-like), `cell_m` the tile size."""

    colour: tuple[float, float, float] = (0.5, 0.5, 0.5)
    rough: float = 0.5
    metal: float = 0.0
    coat: float = 0.0
    emit: float = 0.0
    pattern: str = ""  # "", "tile", "plaster" or "concrete"
    cell_m: float = 0.6
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One mesh with one look."""

    mesh: Mesh
    look: Look
    smooth: bool = True


@dataclass(frozen=True, slots=True)
class Thing:
    """Parts that move together. `kind` is a label class ("ebike", "cable", ...) or "" for scenery."""

    name: str
    kind: str
    parts: tuple[Part, ...]
    place: Points = field(default_factory=lambda: np.eye(4))

    def at(self, matrix: Points) -> Thing:
        """The same thing under another 4×4 placement."""
        return Thing(self.name, self.kind, self.parts, matrix)

    def points(self) -> Points:
        """All vertices (N, 3) in the world, metres."""
        return apply(self.place, np.concatenate([part.mesh.vertices for part in self.parts]))

    @property
    def foot(self) -> Points:
        """The middle of the outline on the lowest height, (3,) in the world."""
        points = self.points()
        middle = (points[:, :2].min(axis=0) + points[:, :2].max(axis=0)) / 2
        return np.array((*middle, points[:, 2].min()))


def thing(name: str, kind: str, parts: Sequence[Part], place: Points | None = None) -> Thing:
    """A Thing from any sequence of parts."""
    return Thing(name, kind, tuple(parts), np.eye(4) if place is None else place)


@dataclass(frozen=True, slots=True)
class Lamp:
    """A rectangular light that shines along `aim`: `size` in metres, `watts` of radiant power, linear RGB colour.

    A second size of 0 makes it a ball of light of that radius that shines everywhere (a fire).
    """

    at: tuple[float, float, float]
    size: tuple[float, float]
    watts: float
    colour: tuple[float, float, float] = (1.0, 0.93, 0.83)
    aim: tuple[float, float, float] = (0.0, 0.0, -1.0)


RUBBER = Look((0.012, 0.012, 0.013), 0.75)
PLASTIC = Look((0.02, 0.02, 0.022), 0.45)
SEAT = Look((0.018, 0.016, 0.016), 0.55)
STEEL = Look((0.45, 0.46, 0.48), 0.3, 1.0)
CHROME = Look((0.75, 0.76, 0.78), 0.12, 1.0)
GLASS = Look((0.55, 0.6, 0.65), 0.08, 0.9)
LENS = Look((0.85, 0.88, 0.9), 0.1, 0.0, 1.0)
RED_LENS = Look((0.5, 0.01, 0.01), 0.15, 0.0, 1.0)
AMBER = Look((0.8, 0.25, 0.01), 0.2, 0.0, 1.0)


def paint(colour: tuple[float, float, float], rough: float = 0.25) -> Look:
    """Glossy bodywork paint."""
    return Look(colour, rough, 0.0, 0.8)
