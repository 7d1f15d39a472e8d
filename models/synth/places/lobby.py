"""A lobby: before the lifts of a tower, or at a block's entrance with letter boxes and stairs."""

from __future__ import annotations

import numpy as np

from models.synth import pictures
from models.synth.look import Look, Part, thing
from models.synth.mesh import box, card, join, tube
from models.synth.places.walls import DADO_PAINTS, DOOR_PAINTS, WALL_PAINTS, Builder, Size, lamps, shell
from models.synth.world import Bay, Edge, Floor, Mount, Place, PlaceRecipe, Zone


def lobby(recipe: PlaceRecipe) -> Place:
    """The lobby of a recipe: 3.2–5 m wide, 5.5–8.5 m long."""
    rng = np.random.default_rng(recipe.seed)
    size = Size(float(rng.uniform(3.2, 5.0)), float(rng.uniform(5.5, 8.5)), float(rng.uniform(2.6, 3.1)))
    b = Builder(recipe, rng, size)
    polished = bool(rng.random() < 0.6)
    tint = ((0.5, 0.47, 0.42), (0.4, 0.4, 0.4), (0.55, 0.52, 0.47), (0.36, 0.35, 0.34))[int(rng.integers(4))]
    floor = Look(tint, 0.15, pattern="tile", cell_m=0.8) if polished else Look(tint, 0.6, pattern="concrete")
    wall = Look(WALL_PAINTS[int(rng.integers(len(WALL_PAINTS)))], 0.4 if polished else 0.85, pattern="plaster")
    dado = wall if polished else Look(DADO_PAINTS[int(rng.integers(len(DADO_PAINTS)))], 0.5, pattern="plaster")
    things = shell(b, floor, wall, dado, Look((0.65, 0.65, 0.63), 0.9))
    depth = size.length
    if rng.random() < 0.55:
        _lifts(b)
    else:
        depth = _stairs(b, int(rng.choice((-1, 1))))
    b.door(int(rng.choice((-1, 1))), size.length * 0.3, DOOR_PAINTS[int(rng.integers(len(DOOR_PAINTS)))], True)
    b.window(int(rng.choice((-1, 1))), size.length * 0.72)
    side = int(rng.choice((-1, 1)))
    b.wall_box(side, size.length * 0.5, 1.0, (0.12, 0.95, 0.7), Look((0.4, 0.42, 0.42), 0.35), pictures.letter_boxes(7))
    for fit, chance in ((b.pipes, 0.5), (b.wires, 0.5), (b.furniture, 1.0)):
        if rng.random() < chance:
            fit()
    lamp_things, lights, sky = lamps(b, 2, bool(rng.random() < 0.4))
    w, high = b.half, size.height
    return Place(
        recipe,
        (*things, thing("fittings", "", b.parts), *lamp_things),
        tuple(lights),
        sky,
        (Floor(((-w, 0.3), (w, 0.3), (w, depth), (-w, depth))),),
        (Edge((w, 0.6), (w, depth)), Edge((-w, depth), (-w, 0.6)), Edge((w, depth), (-w, depth))),
        (Zone("lobby", "lobby", ((-w, 0.4, 0.0), (w, 0.4, 0.0), (w, depth, 0.0), (-w, depth, 0.0))),),
        (
            Mount((-w + 0.2, 0.1, high - 0.2), (0.4, 3.8, 0.4), 84.0),
            Mount((w - 0.2, 0.1, high - 0.2), (-0.4, 3.8, 0.4), 84.0),
            Mount((0.0, -0.6, high - 0.15), (0.0, 3.6, 0.5), 92.0),
        ),
        (
            Bay((-w + 0.45, min(2.6, depth - 1.0), 0.0), float(np.pi / 2)),
            Bay((w - 0.45, min(3.6, depth - 1.0), 0.0), float(np.pi / 2)),
        ),
        tuple(b.outlets),
        {
            "through": (
                (0.4 * w, -1.3, 0.0),
                (0.4 * w, 0.6 * depth, 0.0),
                (-0.4 * w, 0.6 * depth, 0.0),
                (-0.4 * w, -1.3, 0.0),
            ),
            "in": ((0.3, -1.3, 0.0), (0.1, 0.5 * depth, 0.0)),
        },
        size.width,
    )


def _lifts(b: Builder) -> None:
    """Two lift doors in the far wall with their frames, buttons and a floor number in red."""
    y, steel = b.size.length - 0.02, Look((0.45, 0.46, 0.47), 0.3, 0.8)
    for k, x in enumerate((-0.25 * b.size.width, 0.25 * b.size.width)):
        leaf = pictures.lift_door(b.recipe.seed + k)
        b.parts.append(Part(card((x - 0.5, y, 0.0), (1.0, 0, 0), (0, 0, 2.1)), Look(picture=leaf, rough=0.3), False))
        for dx in (-0.6, 0.5):
            b.parts.append(Part(box((x + dx, y - 0.06, 0), (x + dx + 0.1, y, 2.2)), steel, False))
        b.parts.append(Part(box((x - 0.6, y - 0.06, 2.1), (x + 0.6, y, 2.3)), steel, False))
        glow = 0.0 if b.recipe.light == "ir" else 3.0
        text = pictures.led_text(b.recipe.seed + 9 * k, (255, 40, 20))
        number = card((x - 0.12, y - 0.065, 2.15), (0.24, 0, 0), (0, 0, 0.1))
        b.parts.append(Part(number, Look(picture=text, emit=glow), False))
    b.parts.append(Part(box((-0.06, y - 0.03, 1.0), (0.06, y, 1.35)), steel, False))


def _stairs(b: Builder, side: int) -> float:
    """A flight of stairs at the back with its rail; returns the y at which it begins."""
    concrete = Look((0.36, 0.35, 0.34), 0.6, pattern="concrete")
    y0, x1 = b.size.length - 2.6, 0.1
    steps = []
    for k in range(9):
        low, high = sorted((side * x1, side * b.half))
        steps.append(box((low, y0 + 0.28 * k, 0), (high, b.size.length, 0.165 * (k + 1))))
    b.parts.append(Part(join(steps), concrete, False))
    rail = [(side * x1, y0 + 0.1, 0.9), (side * x1, y0 + 2.4, 2.3)]
    bars = [
        tube([(side * x1, y0 + 0.28 * k + 0.1, 0.16 * k), (side * x1, y0 + 0.28 * k + 0.1, 0.9 + 0.17 * k)], 0.01, 6)
        for k in range(9)
    ]
    b.parts.append(Part(join([tube(rail, 0.025), *bars]), Look((0.2, 0.05, 0.03), 0.5)))
    return y0
