"""What people leave in corridors: cartons, bags, chairs, loaded shoe racks. Metres."""

from __future__ import annotations

import numpy as np

from models.synth.look import Look, Part, Thing, thing
from models.synth.mesh import (
    Mesh,
    Points,
    beside,
    box,
    card,
    ellipsoid,
    join,
    loft,
    ring,
    shift,
    soft_box,
    tube,
    turn,
)
from models.synth.pictures import cardboard, woven


def carton(size: tuple[float, float, float], seed: int, place: Points, opened: bool = False) -> list[Part]:
    """A carton standing on its `place`: six printed sides; `opened` leaves four flaps in the air."""
    x, y, z = size[0] / 2, size[1] / 2, size[2]
    sides = [((-x, -y, 0), (2 * x, 0, 0), (0, 0, z)), ((x, -y, 0), (0, 2 * y, 0), (0, 0, z))]
    sides += [((x, y, 0), (-2 * x, 0, 0), (0, 0, z)), ((-x, y, 0), (0, -2 * y, 0), (0, 0, z))]
    parts = [
        Part(card(*side).moved(place), Look(picture=cardboard(seed + k), rough=0.8), False)
        for k, side in enumerate(sides)
    ]
    brown = Look((0.3, 0.19, 0.09), 0.85)
    if not opened:
        lid = card((-x, -y, z), (2 * x, 0, 0), (0, 2 * y, 0))
        return [*parts, Part(lid.moved(place), Look(picture=cardboard(seed + 9), rough=0.8), False)]
    parts.append(Part(box((-x + 0.01, -y + 0.01, 0.01), (x - 0.01, y - 0.01, z * 0.75)).moved(place), brown, False))
    for side, out in ((sides[0], (0, -1)), (sides[1], (1, 0)), (sides[2], (0, 1)), (sides[3], (-1, 0))):
        origin = beside(np.array(side[0], float), 0, 0, z)
        flap = card(origin, side[1], (out[0] * x * 0.6, out[1] * y * 0.6, 0.12 * z))
        parts.append(Part(flap.moved(place), brown, False))
    return parts


def carton_pile(seed: int, place: Points, count: int = 5) -> Thing:
    """A leaning heap of `count` cartons, two or three layers high."""
    rng = np.random.default_rng(seed)
    parts: list[Part] = []
    tops: list[tuple[float, float, float]] = []
    for k in range(count):
        size = tuple(float(v) for v in rng.uniform((0.34, 0.3, 0.24), (0.58, 0.46, 0.42)))
        ground = max(2, (count + 1) // 2)
        if k < ground:
            at = ((k - (ground - 1) / 2) * 0.5, float(rng.normal(0, 0.06)), 0.0)
            tops.append((at[0], at[1], size[2]))
        else:
            at = tops[(k - ground) % len(tops)]
            tops[(k - ground) % len(tops)] = (at[0], at[1], at[2] + size[2])
        spot = place @ shift(*at) @ turn("z", float(rng.normal(0, 0.22)))
        parts += carton((size[0], size[1], size[2]), seed * 31 + 10 * k, spot, opened=rng.random() < 0.3)
    return thing(f"cartons {seed}", "clutter", parts)


def _sack(seed: int, height: float, width: float) -> Mesh:
    """A slumped, tied bag."""
    rng = np.random.default_rng(seed)
    shape = ((0.0, 0.75), (0.08, 0.98), (0.3, 1.0), (0.55, 0.85), (0.75, 0.55), (0.85, 0.2), (0.9, 0.12), (1.0, 0.3))
    rings = []
    for z, w in shape:
        r = ring((0, 0, z * height), (width * w, 0, 0), (0, width * w * 0.85, 0), 2.4, n=26)
        r[:, :2] *= 1 + 0.09 * rng.standard_normal((26, 1))
        rings.append(r)
    return loft(rings)


def bags(seed: int, place: Points) -> Thing:
    """Two or three bags: black bin bags, or a woven one."""
    rng = np.random.default_rng(seed)
    parts = []
    for k in range(int(rng.integers(2, 4))):
        spot = place @ shift(0.42 * k - 0.4, float(rng.normal(0, 0.08)), 0) @ turn("z", float(rng.uniform(0, 6)))
        if rng.random() < 0.35:
            low, high = (-0.3, -0.17, 0), (0.3, 0.17, 0.42)
            cloth = Look(picture=woven(seed + k), rough=0.6)
            parts.append(Part(box(low, high).moved(spot), cloth, False))
            continue
        colours = ((0.012, 0.012, 0.014), (0.6, 0.6, 0.58), (0.05, 0.2, 0.08), (0.04, 0.08, 0.25))
        skin = Look(colours[rng.integers(4)], 0.28)
        parts.append(
            Part(_sack(seed + k, float(rng.uniform(0.4, 0.62)), float(rng.uniform(0.17, 0.24))).moved(spot), skin)
        )
    return thing(f"bags {seed}", "clutter", parts)


def chair(seed: int, place: Points) -> Thing:
    """An old kitchen chair."""
    rng = np.random.default_rng(seed)
    wood = Look(((0.22, 0.1, 0.04), (0.5, 0.5, 0.48), (0.08, 0.14, 0.3))[rng.integers(3)], 0.5)
    legs = [tube([(x, y, 0), (x * 0.92, y * 0.92, 0.45)], 0.018) for x in (-0.2, 0.2) for y in (-0.2, 0.2)]
    back = [tube([(x, 0.19, 0.45), (x, 0.24, 0.92)], 0.018) for x in (-0.19, 0.19)]
    slats = [box((-0.19, 0.2 + 0.01 * k, 0.6 + 0.12 * k), (0.19, 0.23 + 0.01 * k, 0.67 + 0.12 * k)) for k in range(3)]
    seat = soft_box((0, 0, 0.46), (0.22, 0.22, 0.025), 5)
    return thing(f"chair {seed}", "clutter", [Part(join([*legs, *back, *slats, seat]).moved(place), wood)])


def shelf(seed: int, place: Points) -> Thing:
    """A loaded shoe rack."""
    rng = np.random.default_rng(seed)
    wood = Look((0.35, 0.24, 0.14), 0.6)
    boards = [box((-0.4, -0.15, z), (0.4, 0.15, z + 0.02)) for z in (0.08, 0.34, 0.6, 0.86)]
    boards += [box((x, -0.15, 0), (x + 0.02, 0.15, 0.88)) for x in (-0.4, 0.38)]
    parts = [Part(join(boards).moved(place), wood, False)]
    for z in (0.1, 0.36, 0.62, 0.88):
        for x in np.arange(-0.32, 0.36, 0.13):
            if rng.random() < 0.75:
                tint = tuple(float(v) for v in rng.uniform(0.02, 0.5, 3))
                shoe = ellipsoid((float(x), -0.02, z + 0.045), (0.045, 0.13, 0.045), 12, 7)
                parts.append(Part(shoe.moved(place), Look((tint[0], tint[1], tint[2]), 0.7)))
    return thing(f"shelf {seed}", "clutter", parts)
