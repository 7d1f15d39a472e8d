"""What rolls and is no e-bike: wheelchairs, prams, trolleys, kick scooters, hire and children's bicycles. Metres."""

from __future__ import annotations

import numpy as np

from models.synth.look import CHROME, PLASTIC, RUBBER, SEAT, STEEL, Look, Part, Thing, paint, thing
from models.synth.mesh import Mesh, Points, Vector, box, join, lathe, shift, soft_box, torus, tube, turn
from models.synth.world import Colour

VIVID: tuple[Colour, ...] = (
    (0.35, 0.02, 0.03),
    (0.02, 0.1, 0.35),
    (0.02, 0.02, 0.022),
    (0.1, 0.3, 0.12),
    (0.6, 0.25, 0.35),
    (0.3, 0.3, 0.32),
    (0.7, 0.45, 0.04),
)


def _tint(rng: np.random.Generator) -> Colour:
    return VIVID[int(rng.integers(len(VIVID)))]


def _wheel(x: float, y: float, radius: float, tyre: float, spokes: int = 0, disc: Look | None = None) -> list[Part]:
    """A wheel that stands on z = 0, its axle along y."""
    spot = shift(x, y, radius) @ turn("x", np.pi / 2)
    parts = [Part(torus(radius - tyre, tyre, 30, 8).moved(spot), RUBBER)]
    if disc is not None:
        plate = lathe([(0.0, -0.012), (radius - 1.6 * tyre, -0.008), (radius - 1.6 * tyre, 0.008), (0.0, 0.012)], 20)
        parts.append(Part(plate.moved(spot), disc))
    if spokes:
        inner = radius - 2 * tyre
        angles = np.linspace(0, 2 * np.pi, spokes, endpoint=False)
        bars = [tube([(0, 0, 0), (inner * np.cos(a), inner * np.sin(a), 0)], 0.003, 4) for a in angles]
        parts.append(Part(join(bars).moved(spot), CHROME))
    return parts


def _tubes(lines: list[list[Vector]], radius: float) -> Mesh:
    return join([tube(line, radius, 7) for line in lines])


def kick_scooter(rng: np.random.Generator, place: Points) -> Thing:
    """A kick scooter, for a child or an adult: two small wheels, a deck, a steering column."""
    size = float(rng.uniform(0.75, 1.1))
    high, long = 1.0 * size, 0.42 * size
    frame = paint(_tint(rng), 0.3)
    parts = _wheel(-long, 0, 0.07 * size + 0.02, 0.015, disc=PLASTIC) + _wheel(
        long, 0, 0.07 * size + 0.02, 0.015, disc=PLASTIC
    )
    deck = box((-long + 0.08, -0.065, 0.08), (long - 0.12, 0.065, 0.1))
    parts.append(Part(deck, RUBBER, False))
    column: list[list[Vector]] = [
        [(long - 0.14, 0, 0.1), (long - 0.02, 0, 0.2)],
        [(long, 0, 0.1), (long - 0.1, 0, high)],
    ]
    parts.append(Part(_tubes(column, 0.018), frame))
    parts.append(Part(tube([(long - 0.1, -0.22, high), (long - 0.1, 0.22, high)], 0.014, 7), STEEL))
    for side in (-1, 1):
        grip = tube([(long - 0.1, side * 0.13, high), (long - 0.1, side * 0.23, high)], 0.019, 7)
        parts.append(Part(grip, Look(_tint(rng), 0.7)))
    return thing("kick scooter", "", parts, place)


def wheelchair(rng: np.random.Generator, place: Points) -> Thing:
    """A manual wheelchair: big rear wheels with hand rims, castors, sling seat, footrests, push handles."""
    cloth = Look(_tint(rng), 0.85)
    frame = CHROME if rng.random() < 0.6 else paint(_tint(rng), 0.35)
    big = 0.3 if rng.random() < 0.8 else 0.16
    parts: list[Part] = []
    for side in (-1, 1):
        y = side * 0.28
        parts += _wheel(-0.18, y, big, 0.016, spokes=18)
        rim = torus(big - 0.03, 0.008, 30, 6).moved(shift(-0.18, y + side * 0.04, big) @ turn("x", np.pi / 2))
        parts.append(Part(rim, CHROME))
        parts += _wheel(0.3, side * 0.24, 0.1, 0.014, disc=PLASTIC)
        s = side * 0.24
        lines: list[list[Vector]] = [
            [(-0.24, s, 0.2), (-0.24, s, 0.95), (-0.38, s, 0.98)],
            [(-0.24, s, 0.5), (0.22, s, 0.5), (0.34, s, 0.42), (0.42, s, 0.14)],
            [(-0.24, s, 0.25), (0.3, s, 0.22)],
            [(-0.22, s, 0.72), (0.12, s, 0.72), (0.16, s, 0.5)],
        ]
        parts.append(Part(_tubes(lines, 0.012), frame))
        parts.append(Part(soft_box((-0.05, s, 0.73), (0.16, 0.025, 0.015)), PLASTIC))
        parts.append(Part(box((0.38, s - 0.07, 0.12), (0.52, s + 0.07, 0.135)), PLASTIC, False))
        parts.append(Part(tube([(-0.36, s, 0.98), (-0.44, s, 0.98)], 0.017, 7), RUBBER))
    parts.append(Part(box((-0.22, -0.23, 0.49), (0.2, 0.23, 0.52)), cloth, False))
    parts.append(Part(box((-0.26, -0.23, 0.52), (-0.235, 0.23, 0.92)), cloth, False))
    parts.append(
        Part(
            _tubes([[(-0.1, -0.24, 0.22), (-0.1, 0.24, 0.48)], [(-0.1, 0.24, 0.22), (-0.1, -0.24, 0.48)]], 0.01), frame
        )
    )
    return thing("wheelchair", "", parts, place)


def pram(rng: np.random.Generator, place: Points) -> Thing:
    """A pram or pushchair: seat shell with a hood, basket below, four wheels, a push bar."""
    cloth, frame = Look(_tint(rng), 0.85), (STEEL if rng.random() < 0.5 else PLASTIC)
    parts: list[Part] = []
    for side in (-1, 1):
        parts += _wheel(-0.32, side * 0.25, 0.13, 0.016, disc=PLASTIC) + _wheel(
            0.34, side * 0.2, 0.1, 0.014, disc=PLASTIC
        )
        s = side * 0.24
        lines: list[list[Vector]] = [
            [(0.34, side * 0.2, 0.1), (0.1, s, 0.5), (-0.42, s, 1.0)],
            [(-0.32, s, 0.13), (0.05, s, 0.58)],
        ]
        parts.append(Part(_tubes(lines, 0.012), frame))
    parts.append(
        Part(tube([(-0.42, -0.24, 1.0), (-0.46, -0.2, 1.03), (-0.46, 0.2, 1.03), (-0.42, 0.24, 1.0)], 0.016, 7), RUBBER)
    )
    lying = rng.random() < 0.5
    tilt = shift(0.0, 0, 0.62) @ turn("y", -0.1 if lying else -0.5)
    parts.append(Part(soft_box((0, 0, 0), (0.38, 0.2, 0.11), 4, 0.5).moved(tilt), cloth))
    hood = lathe([(0.26, 0.0), (0.24, 0.1), (0.17, 0.19), (0.02, 0.24)], 18).moved(
        shift(-0.18, 0, 0.72) @ turn("y", 0.35)
    )
    if rng.random() < 0.8:
        parts.append(Part(hood, Look(_tint(rng), 0.85) if rng.random() < 0.3 else cloth))
    parts.append(Part(soft_box((0.0, 0, 0.26), (0.24, 0.18, 0.07), 6), Look((0.05, 0.05, 0.055), 0.8)))
    return thing("pram", "clutter", parts, place)


def trolley(rng: np.random.Generator, place: Points) -> Thing:
    """A shopping trolley bag on two wheels, or a hand truck that may carry a carton."""
    parts: list[Part] = []
    for side in (-1, 1):
        parts += _wheel(-0.08, side * 0.17, 0.09, 0.014, disc=PLASTIC)
    bag = bool(rng.random() < 0.6)
    high = 0.95 if bag else 1.15
    lines: list[list[Vector]] = [[(-0.08, s * 0.14, 0.09), (-0.14, s * 0.14, high)] for s in (-1, 1)]
    lines.append([(-0.14, -0.14, high), (-0.16, 0, high + 0.03), (-0.14, 0.14, high)])
    parts.append(Part(_tubes(lines, 0.012), STEEL))
    if bag:
        parts.append(Part(soft_box((0.04, 0, 0.42), (0.14, 0.18, 0.3), 5, 0.2), Look(_tint(rng), 0.8)))
        parts.append(Part(soft_box((0.05, 0, 0.71), (0.15, 0.19, 0.03), 5), Look(_tint(rng), 0.8)))
    else:
        parts.append(Part(box((-0.08, -0.2, 0.03), (0.22, 0.2, 0.045)), STEEL, False))
        if rng.random() < 0.6:
            parts.append(Part(box((-0.09, -0.19, 0.045), (0.2, 0.19, 0.42)), Look((0.33, 0.21, 0.1), 0.85), False))
    return thing("trolley", "clutter", parts, place)


def _bicycle(rng: np.random.Generator, place: Points, wheel: float, tint: Colour, shared: bool) -> Thing:
    """A small-wheeled bicycle with a basket, guards or stabilisers."""
    base, frame = 1.62 * wheel, paint(tint, 0.35)
    scale = wheel / 0.3
    parts: list[Part] = []
    for x in (-base, base):
        parts += _wheel(x, 0, wheel, 0.02, spokes=0 if shared else 16, disc=frame if shared and x < 0 else None)
        if shared and x > 0:
            spot = shift(x, 0, wheel) @ turn("x", np.pi / 2)
            arms = [
                tube([(0, 0, 0), (0.8 * wheel * np.cos(a), 0.8 * wheel * np.sin(a), 0)], 0.014, 5)
                for a in np.arange(5) * 1.2566
            ]
            parts.append(Part(join(arms).moved(spot), frame))
    head, seat = (0.78 * base, 0.72 * scale), (-0.42 * base, 0.74 * scale)
    lines: list[list[Vector]] = [
        [(base, 0, wheel), (head[0], 0, head[1]), (head[0] - 0.06, 0, 0.98 * scale)],
        [(head[0], 0, head[1] - 0.06), (-0.05, 0, 0.3 * scale), (seat[0] + 0.05, 0, 0.34 * scale)],
        [(seat[0] + 0.08, 0, 0.3 * scale), (seat[0], 0, seat[1] + 0.1)],
        [(-base, 0.05, wheel), (seat[0], 0.03, 0.5 * scale)],
        [(-base, -0.05, wheel), (seat[0], -0.03, 0.5 * scale)],
        [(-base, 0.05, wheel), (-0.05, 0.03, 0.3 * scale)],
    ]
    parts.append(Part(_tubes(lines, 0.022 * scale), frame))
    bar: list[Vector] = [
        (head[0] - 0.2, -0.26 * scale, 1.0 * scale),
        (head[0] - 0.06, 0, 0.98 * scale),
        (head[0] - 0.2, 0.26 * scale, 1.0 * scale),
    ]
    parts.append(Part(tube(bar, 0.013, 7), STEEL))
    parts.append(Part(soft_box((seat[0], 0, seat[1] + 0.12), (0.12 * scale, 0.07 * scale, 0.03)), SEAT))
    crank: list[list[Vector]] = [
        [(-0.05, 0.07, 0.3 * scale), (0.08, 0.1, 0.24 * scale)],
        [(-0.05, -0.07, 0.3 * scale), (-0.18, -0.1, 0.36 * scale)],
    ]
    parts.append(Part(_tubes(crank, 0.01), STEEL))
    if shared or rng.random() < 0.4:
        low = 0.74 * scale
        wires: list[list[Vector]] = [
            [
                (base - 0.1, -0.14, low + h),
                (base + 0.14, -0.14, low + h),
                (base + 0.14, 0.14, low + h),
                (base - 0.1, 0.14, low + h),
            ]
            for h in (0.0, 0.09, 0.18)
        ]
        wires += [[(base + 0.14, y, low), (base + 0.14, y, low + 0.18)] for y in (-0.14, -0.05, 0.05, 0.14)]
        parts.append(Part(_tubes(wires, 0.006), PLASTIC))
    if not shared:
        for side in (-1, 1):
            parts += _wheel(-base, side * 0.2, 0.07, 0.015, disc=PLASTIC)
    return thing("bicycle", "bicycle", parts, place)


def child_bike(rng: np.random.Generator, place: Points) -> Thing:
    """A child's bicycle with stabilisers."""
    return _bicycle(rng, place, float(rng.uniform(0.18, 0.24)), _tint(rng), shared=False)


def shared_bike(rng: np.random.Generator, place: Points) -> Thing:
    """A hire bicycle: orange, blue, yellow or green, solid tyres, basket."""
    tints: tuple[Colour, ...] = ((0.8, 0.2, 0.01), (0.05, 0.3, 0.7), (0.8, 0.55, 0.02), (0.05, 0.5, 0.2))
    return _bicycle(rng, place, 0.3, tints[int(rng.integers(4))], shared=True)
