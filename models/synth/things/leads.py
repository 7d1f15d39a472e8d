"""Charging leads (label class cable): from an outlet to a machine's port, hung, laid, coiled, with or without a strip.

Diameters 7–24 mm over the insulation are what flat twin leads, 3 × 1.5 mm² extension leads and bundles look like.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.synth.curves import catenary, rest_on_floor
from models.synth.look import PLASTIC, Look, Part, Thing, thing
from models.synth.mesh import Points, box, ellipsoid, shift, soft_box, torus, tube, turn
from models.synth.world import SynthError

STYLES = ("hung", "slack", "floor", "strip", "coil", "rail", "twisted")
"""hung: nearly tight in the air; slack: sags to or near the floor; floor: down the wall, then along the floor; strip:
to a power strip on the floor and on; coil: a coil of spare lead lies on the way; rail: over a point above both ends;
twisted: slack, of two colours."""
COLOURS: tuple[tuple[float, float, float], ...] = (
    (0.75, 0.75, 0.72),
    (0.015, 0.015, 0.017),
    (0.7, 0.2, 0.02),
    (0.75, 0.55, 0.03),
    (0.35, 0.02, 0.02),
    (0.1, 0.25, 0.1),
    (0.03, 0.08, 0.35),
    (0.3, 0.3, 0.32),
    (0.55, 0.5, 0.4),
)


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead as a thing, and its middle line (N, 3) in metres from the outlet to the port."""

    thing: Thing
    path: Points


def power_strip(place: Points, white: bool = True) -> list[Part]:
    """A row of sockets, 0.3 m long."""
    body = Look((0.78, 0.78, 0.75) if white else (0.02, 0.02, 0.02), 0.4)
    parts = [Part(soft_box((0, 0, 0.02), (0.15, 0.03, 0.02), 7).moved(place), body)]
    dark = Look((0.03, 0.03, 0.03), 0.6)
    for x in (-0.1, -0.04, 0.02, 0.08):
        parts.append(Part(box((x - 0.016, -0.014, 0.04), (x + 0.016, 0.014, 0.0415)).moved(place), dark, False))
    return parts


def charger(place: Points) -> list[Part]:
    """The black brick between mains and battery, with its green or red pilot lamp."""
    pilot = Look((0.9, 0.05, 0.02), 0.3, emit=4.0)
    return [
        Part(soft_box((0, 0, 0.035), (0.09, 0.045, 0.033), 8).moved(place), PLASTIC),
        Part(ellipsoid((0.05, 0, 0.068), (0.008, 0.008, 0.005)).moved(place), pilot),
    ]


def lead(rng: np.random.Generator, start: Points, port: Points, style: str, floor_z: float = 0.0) -> Lead:
    """A lead from `start` to `port` (both (3,), world metres) over a floor at height `floor_z`.

    SynthError: one line for a style that is not one of STYLES.
    """
    if style not in STYLES:
        raise SynthError(f"there is no lead style {style!r}; known: {', '.join(STYLES)}")
    seed = int(rng.integers(1 << 30))
    radius = float(np.exp(rng.uniform(np.log(0.0035), np.log(0.012))))
    down = np.array((0.0, 0.0, floor_z))
    a, b = np.asarray(start, float) - down, np.asarray(port, float) - down
    path, extra = _course(rng, a, b, style, radius, seed)
    path = np.asarray(path + down)
    skin = Look(COLOURS[int(rng.integers(len(COLOURS)))], float(rng.uniform(0.3, 0.7)))
    parts = _twisted(path, radius, skin, rng) if style == "twisted" else [Part(tube(path, radius, 6), skin)]
    parts += [Part(part.mesh.moved(shift(z=floor_z)), part.look, part.smooth) for part in extra]
    parts.append(Part(tube([port, port + np.array((0.0, 0.0, -0.05))], max(0.014, radius)), PLASTIC))
    return Lead(thing(f"lead {style}", "cable", parts), path)


def _course(
    rng: np.random.Generator, a: Points, b: Points, style: str, radius: float, seed: int
) -> tuple[Points, list[Part]]:
    """The middle line over a floor at z = 0, and what lies along it."""
    if style in ("hung", "rail"):
        if style == "rail":
            top = np.maximum(a, b) * (0, 0, 1) + (0.5 * (a + b)) * (1, 1, 0) + np.array((0, 0, 0.15))
            legs = [catenary(a, top, 0.03), catenary(top, b, float(rng.uniform(0.02, 0.1)))]
            return rest_on_floor(np.concatenate(legs), radius, seed), []
        return rest_on_floor(catenary(a, b, float(rng.uniform(0.01, 0.08))), radius, seed), []
    if style in ("slack", "twisted"):
        return rest_on_floor(catenary(a, b, float(rng.uniform(0.1, 0.5))), radius, seed), []
    foot = _foot(rng, a, b)
    drop = catenary(a, foot, 0.02)
    if style == "strip":
        strip = shift(*foot) @ turn("z", float(rng.uniform(0, np.pi)))
        second = catenary(foot + np.array((0.05, 0.05, 0.04)), b, float(rng.uniform(0.15, 0.5)))
        extra = power_strip(strip, bool(rng.random() < 0.7))
        if rng.random() < 0.7:
            extra += charger(strip @ shift(0.25, 0.1, 0))
        return rest_on_floor(np.concatenate([drop, second]), radius, seed), extra
    extra = []
    if style == "coil":
        for k in range(4):
            size = float(rng.uniform(0.1, 0.16))
            spot = shift(foot[0] + 0.01 * k, foot[1] - 0.01 * k, radius * (1 + 2 * k))
            extra.append(Part(torus(size, radius, 28, 6).moved(spot), Look((0.02, 0.02, 0.02), 0.5)))
    return rest_on_floor(np.concatenate([drop, _wander(rng, foot, b)]), radius, seed), extra


def _foot(rng: np.random.Generator, a: Points, b: Points) -> Points:
    """Where a lead meets the floor: nearly under the outlet."""
    share = float(rng.uniform(0.02, 0.25))
    aside = rng.normal(0, 0.08, 2)
    xy = a[:2] + share * (b[:2] - a[:2]) + aside
    return np.array((xy[0], xy[1], 0.01))


def _wander(rng: np.random.Generator, foot: Points, port: Points) -> Points:
    """Along the floor in loose bends, then up to the port."""
    under = np.array((port[0], port[1], 0.01))
    t = np.linspace(0, 1, 30)[:, None]
    way = under - foot
    across = np.array((-way[1], way[0], 0.0)) * float(rng.uniform(0.05, 0.2))
    bends = np.sin(2 * np.pi * t * float(rng.uniform(0.7, 2.2)) + float(rng.uniform(0, 6))) * np.sin(np.pi * t)
    floor = foot + t * way * 0.92 + bends * across
    return np.concatenate([floor, catenary(floor[-1], port, 0.12, 12)])


def _twisted(path: Points, radius: float, first: Look, rng: np.random.Generator) -> list[Part]:
    """Two strands around each other, of two colours."""
    turns = np.linspace(0, 18 * np.pi, len(path))[:, None]
    side = np.cross(np.gradient(path, axis=0), (0.0, 0.0, 1.0))
    side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-9
    swing = (np.cos(turns) * side + np.sin(turns) * np.array((0.0, 0.0, 1.0))) * radius * 0.5
    second = Look(COLOURS[int(rng.integers(len(COLOURS)))], 0.5)
    return [Part(tube(path + swing, 0.6 * radius, 5), first), Part(tube(path - swing, 0.6 * radius, 5), second)]
