"""Things people leave in corridors: cartons, bags, old furniture, and the leads that feed a parked machine. Metres."""

from __future__ import annotations

import numpy as np

from models.synth.curves import catenary, rest_on_floor
from models.synth.look import CHROME, PLASTIC, STEEL, Look, Part, Thing, thing
from models.synth.mesh import (
    Mesh,
    Points,
    Vector,
    beside,
    box,
    card,
    ellipsoid,
    join,
    lathe,
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


LEAD_COLOURS: tuple[tuple[float, float, float], ...] = (
    (0.75, 0.75, 0.72),
    (0.015, 0.015, 0.017),
    (0.7, 0.2, 0.02),
    (0.75, 0.55, 0.03),
    (0.35, 0.02, 0.02),
    (0.1, 0.25, 0.1),
)


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
    parts = [Part(soft_box((0, 0, 0.035), (0.09, 0.045, 0.033), 8).moved(place), PLASTIC)]
    parts.append(
        Part(ellipsoid((0.05, 0, 0.068), (0.008, 0.008, 0.005)).moved(place), Look((0.9, 0.05, 0.02), 0.3, emit=4.0))
    )
    return parts


def lead(
    seed: int, start: Points, port: Points, slack: float, radius: float, colour: tuple[float, float, float]
) -> Thing:
    """A lead from `start` (a window, a door's top, a socket) to the machine's `port`; what sags too low lies down."""
    path = rest_on_floor(catenary(start, port, slack), radius, seed)
    skin = Look(colour, 0.45)
    parts = [Part(tube(path, radius, 8), skin)]
    plug = tube([port, port + np.array((0.0, 0.0, -0.05))], 0.018)
    parts.append(Part(plug, PLASTIC))
    return thing(f"lead {seed}", "cable", parts)


def lead_with_strip(
    seed: int, start: Points, strip: Points, port: Points, radius: float, colour: tuple[float, float, float]
) -> Thing:
    """A lead that hangs from `start` to a power strip on the floor, and the charger's lead from there to `port`."""
    rng = np.random.default_rng(seed)
    place = shift(*strip) @ turn("z", float(rng.uniform(0, 3.14)))
    first = rest_on_floor(catenary(start, strip + np.array((0, 0, 0.03)), 0.12), radius, seed)
    second = rest_on_floor(catenary(strip + np.array((0.05, 0.05, 0.05)), port, 0.35), radius * 0.8, seed + 1)
    parts = [Part(tube(first, radius), Look(colour, 0.45)), Part(tube(second, radius * 0.8), PLASTIC)]
    parts += power_strip(place) + charger(place @ shift(0.25, 0.1, 0))
    return thing(f"lead {seed}", "cable", parts)


def fire_bottle(place: Points) -> list[Part]:
    """A red extinguisher."""
    red = Look((0.45, 0.015, 0.012), 0.3, coat=0.6)
    body = lathe([(0.0, 0.0), (0.075, 0.0), (0.08, 0.03), (0.08, 0.38), (0.06, 0.45), (0.025, 0.48), (0.025, 0.52)])
    hose = tube([(0.02, 0, 0.5), (0.12, 0, 0.48), (0.13, 0, 0.3), (0.11, 0, 0.12)], 0.012)
    label = lathe([(0.0815, 0.12), (0.0815, 0.3)])
    parts = [Part(body.moved(place), red), Part(hose.moved(place), PLASTIC)]
    parts.append(Part(label.moved(place), Look((0.7, 0.7, 0.65), 0.5)))
    parts.append(Part(box((-0.06, -0.012, 0.52), (0.05, 0.012, 0.56)).moved(place), STEEL, False))
    return parts


def bicycle(seed: int, place: Points) -> Thing:
    """A plain city bicycle (label class bicycle): x forward, y left, wheels on z = 0."""
    rng = np.random.default_rng(seed)
    tint = ((0.35, 0.02, 0.02), (0.02, 0.15, 0.3), (0.01, 0.01, 0.01), (0.4, 0.4, 0.42), (0.05, 0.3, 0.15))[
        rng.integers(5)
    ]
    frame, radius = Look(tint, 0.3, coat=0.6), 0.33
    parts: list[Part] = []
    for x in (-0.52, 0.52):
        spot = place @ shift(x, 0, radius) @ turn("x", np.pi / 2)
        parts.append(Part(lathe(_ring_profile(radius - 0.018, 0.018), 44, closed=True).moved(spot), PLASTIC))
        parts.append(Part(lathe(_ring_profile(radius - 0.045, 0.008), 44, closed=True).moved(spot), CHROME))
        spokes = []
        for a in np.linspace(0, 2 * np.pi, 24, endpoint=False):
            spokes.append(tube([(0, 0, 0), (0.29 * np.cos(a), 0.29 * np.sin(a), 0)], 0.0022, 4))
        parts.append(Part(join(spokes).moved(spot), CHROME))
    bones: list[list[Vector]] = [
        [(-0.08, 0, 0.29), (-0.2, 0, 0.82)],
        [(-0.08, 0, 0.29), (0.36, 0, 0.72)],
        [(-0.17, 0, 0.68), (0.35, 0, 0.8)],
    ]
    bones += [[(-0.52, s * 0.05, 0.33), (-0.08, s * 0.03, 0.29)] for s in (-1, 1)]
    bones += [[(-0.52, s * 0.05, 0.33), (-0.18, s * 0.02, 0.72)] for s in (-1, 1)]
    bones += [[(0.52, s * 0.05, 0.33), (0.38, s * 0.04, 0.68)] for s in (-1, 1)]
    bones += [[(0.38, 0, 0.68), (0.33, 0, 0.95)]]
    parts.append(Part(join([tube(b, 0.016) for b in bones]).moved(place), frame))
    bar = tube([(0.2, -0.28, 1.0), (0.34, -0.1, 0.98), (0.36, 0, 0.97), (0.34, 0.1, 0.98), (0.2, 0.28, 1.0)], 0.012)
    crank = lathe([(0.08, 0.0), (0.1, 0.0), (0.1, 0.006), (0.08, 0.006)], closed=True).moved(
        shift(-0.08, -0.06, 0.29) @ turn("x", 1.57)
    )
    parts.append(Part(join([bar, crank]).moved(place), STEEL))
    parts.append(Part(ellipsoid((-0.23, 0, 0.86), (0.13, 0.075, 0.03)).moved(place), PLASTIC))
    return thing(f"bicycle {seed}", "bicycle", parts)


def _ring_profile(radius: float, thickness: float) -> list[tuple[float, float]]:
    angles = np.linspace(0, 2 * np.pi, 9, endpoint=False)
    return [(radius + thickness * float(np.cos(a)), thickness * float(np.sin(a))) for a in angles]
