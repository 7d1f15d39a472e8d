"""The stairwell of a walk-up block: a landing with two flats' doors, a flight up, a flight down, a rail, a window."""

from __future__ import annotations

import numpy as np

from models.synth import pictures
from models.synth.look import Lamp, Look, Part, Thing, thing
from models.synth.mesh import Mesh, box, card, join, lathe, shift, tube
from models.synth.places.walls import DADO_PAINTS, DAYLIGHT, DOOR_PAINTS, NEUTRAL, SUNSET, WARM, Builder, Size
from models.synth.world import Bay, Colour, Edge, Floor, Mount, Place, PlaceRecipe, Zone

RISE_M, GOING_M, STEPS = 0.16, 0.27, 9
"""Step sizes of Chinese dwelling stairs: rise ≤ 0.175, going ≥ 0.26 (GB 50096)."""
BACK_M = -0.6
"""The landing begins a little behind the camera."""


def stairwell(recipe: PlaceRecipe) -> Place:
    """The landing of a recipe: 2.4–3 m wide, 2.6–3.6 m deep; the flights lie beyond it, up on one side, down on the
    other, to half-landings."""
    rng = np.random.default_rng(recipe.seed)
    size = Size(float(rng.uniform(2.4, 3.0)), float(rng.uniform(2.6, 3.6)), float(rng.uniform(2.65, 2.85)))
    b = Builder(recipe, rng, size)
    up = int(rng.choice((-1, 1)))
    concrete = Look(
        ((0.36, 0.35, 0.34), (0.42, 0.4, 0.38), (0.3, 0.28, 0.26))[int(rng.integers(3))], 0.6, pattern="concrete"
    )
    wall = Look(((0.66, 0.64, 0.59), (0.6, 0.6, 0.57), (0.7, 0.7, 0.68))[int(rng.integers(3))], 0.85, pattern="plaster")
    dado = Look(DADO_PAINTS[int(rng.integers(len(DADO_PAINTS)))], 0.45, pattern="plaster")
    things = [*_shell(b, concrete, wall, dado), _flights(b, up, concrete)]
    paint = DOOR_PAINTS[int(rng.integers(len(DOOR_PAINTS)))]
    for side in (-1, 1):
        b.door(side, size.length - float(rng.uniform(0.75, 1.0)), paint, bool(rng.random() < 0.6))
    b.furniture()
    b.wires()
    things += [thing("fittings", "", b.parts), _window(b)]
    lamp, lamps = _lamps(b)
    w, length, high = b.half, size.length, size.height
    landing = ((-w, BACK_M), (w, BACK_M), (w, length), (-w, length))
    far = length + STEPS * GOING_M
    return Place(
        recipe,
        (*things, lamp),
        lamps,
        {"day": (DAYLIGHT, 0.25), "sunset": (SUNSET, 0.06), "ir": (NEUTRAL, 0.0)}.get(
            recipe.light, ((0.5, 0.6, 0.8), 0.02)
        ),
        (Floor(landing),),
        (Edge((w, 0.2), (w, length)), Edge((-w, length), (-w, 0.2))),
        (Zone("landing", "stairwell", tuple((x, max(y, 0.3), 0.0) for x, y in landing)),),
        (
            Mount((-w + 0.25, -0.3, high - 0.2), (0.3 * w, 2.6, 0.3), 88.0),
            Mount((w - 0.25, -0.3, high - 0.2), (-0.3 * w, 2.6, 0.3), 88.0),
            Mount((0.0, -0.5, high - 0.15), (0.0, 2.4, 0.4), 96.0),
        ),
        (Bay((-w + 0.45, 0.62 * length, 0.0), float(np.pi / 2)), Bay((w - 0.45, 0.62 * length, 0.0), float(np.pi / 2))),
        tuple(b.outlets),
        {
            "through": (
                (up * 0.5 * w, far + 0.4, STEPS * RISE_M),
                (up * 0.5 * w, length, 0.0),
                (0.0, 0.7 * length, 0.0),
                (-up * 0.5 * w, length, 0.0),
                (-up * 0.5 * w, far, -STEPS * RISE_M),
            ),
            "in": ((-up * 0.5 * w, far, -STEPS * RISE_M), (-up * 0.5 * w, length, 0.0), (0.0, 0.6 * length, 0.0)),
        },
        size.width,
    )


def _shell(b: Builder, floor: Look, wall: Look, dado: Look) -> list[Thing]:
    """The landing's slab, the walls of the whole well, the ceiling."""
    w, length, h = b.half, b.size.length, b.size.height
    far = length + STEPS * GOING_M + 1.1
    low = -STEPS * RISE_M
    walls = [box((-w - 0.1, BACK_M, low), (-w, far, h + 1.6)), box((w, BACK_M, low), (w + 0.1, far, h + 1.6))]
    walls += [box((-w, far, low), (w, far + 0.1, h + 1.6)), box((-w, BACK_M - 0.1, low), (w, BACK_M, h))]
    e = 0.003
    bands = [box((-w, BACK_M, 0), (-w + e, length, 1.2)), box((w - e, BACK_M, 0), (w, length, 1.2))]
    for k in range(STEPS):
        y, z = length + GOING_M * k, RISE_M * (k + 1)
        for x1, x2 in ((-w, -w + e), (w - e, w)):
            bands.append(box((x1, y, z - 1.6 if z < 0.5 else z), (x2, y + GOING_M, z + 1.1)))
    slab = box((-w, BACK_M, -0.15), (w, length, 0.0))
    roof = box((-w, BACK_M, h), (w, length + 0.2, h + 0.12))
    return [
        thing("floor", "", [Part(slab, floor, False)]),
        thing("walls", "", [Part(join(walls), wall, False), Part(join(bands), dado, False)]),
        thing("ceiling", "", [Part(roof, Look((0.66, 0.66, 0.64), 0.9), False)]),
    ]


def _flights(b: Builder, up: int, concrete: Look) -> Thing:
    """Both flights with their half-landings, the string between them, and the rails."""
    w, length = b.half, b.size.length
    far = length + STEPS * GOING_M
    steps: list[Mesh] = []
    for k in range(STEPS):
        y = length + GOING_M * k
        low, high = sorted((up * 0.06, up * w))
        steps.append(box((low, y, RISE_M * (k + 1) - 0.26), (high, y + GOING_M + 0.02, RISE_M * (k + 1))))
        low, high = sorted((-up * 0.06, -up * w))
        steps.append(box((low, y, -RISE_M * (k + 1) - 0.2), (high, y + GOING_M + 0.02, -RISE_M * (k + 1))))
    top, bottom = STEPS * RISE_M, -STEPS * RISE_M
    steps.append(box((-w, far, top - 0.12), (w, far + 1.1, top)))
    steps.append(box((-w, far, bottom - 0.12), (w, far + 1.1, bottom)))
    rails, bars = [], []
    for sign, side in ((1, up), (-1, -up)):
        x = side * 0.1
        rails.append(tube([(x, length, 0.9), (x, far, 0.9 + sign * top)], 0.025))
        for k in range(STEPS):
            y, z = length + GOING_M * (k + 0.5), sign * RISE_M * (k + 0.5)
            bars.append(tube([(x, y, z), (x, y, z + 0.9)], 0.009, 6))
    tint: Colour = ((0.2, 0.05, 0.03), (0.05, 0.12, 0.09), (0.35, 0.2, 0.1), (0.4, 0.41, 0.42))[int(b.rng.integers(4))]
    return thing("flights", "", [Part(join(steps), concrete, False), Part(join([*rails, *bars]), Look(tint, 0.45))])


def _window(b: Builder) -> Thing:
    """The window over the upper half-landing: bright by day, orange at sunset, dark at night."""
    y = b.size.length + STEPS * GOING_M + 1.08
    glow: dict[str, tuple[Colour, float]] = {"day": (DAYLIGHT, 4.0), "sunset": (SUNSET, 7.0)}
    colour, emit = glow.get(b.recipe.light, ((0.02, 0.03, 0.05), 0.0))
    z = STEPS * RISE_M + 0.75
    parts = [Part(card((-0.6, y, z), (1.2, 0, 0), (0, 0, 1.1)), Look(colour, 0.1, emit=emit), False)]
    frame = [tube([(x, y - 0.02, z), (x, y - 0.02, z + 1.1)], 0.022, 6) for x in (-0.6, 0.0, 0.6)]
    frame += [tube([(-0.6, y - 0.02, z + up), (0.6, y - 0.02, z + up)], 0.022, 6) for up in (0.0, 0.7, 1.1)]
    parts.append(Part(join(frame), Look((0.45, 0.46, 0.46), 0.4)))
    board = pictures.notice(b.recipe.seed % 9999)
    spot = card((0.75, y - 0.01, z + 0.3), (0.25, 0, 0), (0, 0, 0.36))
    parts.append(Part(spot, Look(picture=board, rough=0.6), False))
    return thing("window", "", parts)


def _lamps(b: Builder) -> tuple[Thing, tuple[Lamp, ...]]:
    """The landing's globe lamp (a sensor switches it) and what comes through the window."""
    light, rng = b.recipe.light, b.rng
    colour = WARM if rng.random() < 0.5 else NEUTRAL
    power = {"night": 1.0, "dim": 0.3, "ir": 0.0}.get(light, 1.0 if rng.random() < 0.3 else 0.0)
    y, z = 0.45 * b.size.length, b.size.height
    globe = lathe([(0.06, 0.0), (0.1, -0.04), (0.12, -0.11), (0.08, -0.19), (0.0, -0.21)]).moved(shift(0, y, z))
    part = Part(globe, Look(colour, emit=8.0 * power) if power else Look((0.75, 0.75, 0.72), 0.3))
    lamps = [Lamp((0.0, y, z - 0.25), (0.2, 0.2), 30.0 * power, colour)] if power else []
    if light in ("day", "sunset"):
        far = b.size.length + STEPS * GOING_M + 0.9
        tint, watts = (DAYLIGHT, 120.0) if light == "day" else (SUNSET, 110.0)
        lamps.append(Lamp((0.0, far, STEPS * RISE_M + 1.4), (1.1, 1.0), watts, tint, (0.1, -1.0, -0.45)))
    return thing("lamps", "", [part]), tuple(lamps)
