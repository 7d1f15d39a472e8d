"""A residential corridor: flats' doors with couplets, kitchen windows, meters, fire cabinet, pipes, posters, tiles."""

from __future__ import annotations

import numpy as np

from models.synth import pictures
from models.synth.look import Look, Part, thing
from models.synth.mesh import box, card, join, tube
from models.synth.places.walls import DADO_PAINTS, DOOR_PAINTS, WALL_PAINTS, Builder, Size, lamps, scaled, shell
from models.synth.world import Bay, Colour, Floor, Mount, Place, PlaceRecipe, Zone

FLOORS: tuple[Colour, ...] = (
    (0.45, 0.42, 0.37),
    (0.36, 0.36, 0.36),
    (0.4, 0.33, 0.25),
    (0.5, 0.5, 0.47),
    (0.22, 0.24, 0.22),
    (0.33, 0.2, 0.14),
)
TILES_M = (0.0, 0.4, 0.6, 0.8)
DOOR_PITCH_M = 2.4


def corridor(recipe: PlaceRecipe) -> Place:
    """The corridor of a recipe: 1.6–3 m wide, 7.5–12 m long."""
    rng = np.random.default_rng(recipe.seed)
    size = Size(float(rng.uniform(1.6, 3.0)), float(rng.uniform(7.5, 12.0)), float(rng.uniform(2.5, 3.0)))
    b = Builder(recipe, rng, size)
    colour, cell = FLOORS[int(rng.integers(len(FLOORS)))], float(rng.choice(TILES_M))
    rough = float(rng.uniform(0.15, 0.5))
    floor = Look(colour, rough, pattern="tile", cell_m=cell) if cell else Look(colour, 0.7, pattern="concrete")
    wall = Look(WALL_PAINTS[int(rng.integers(len(WALL_PAINTS)))], 0.8, pattern="plaster")
    dado_paint = DADO_PAINTS[int(rng.integers(len(DADO_PAINTS)))] if rng.random() < 0.8 else scaled(wall.colour, 0.97)
    things = shell(b, floor, wall, Look(dado_paint, 0.45, pattern="plaster"), Look((0.7, 0.7, 0.68), 0.9))
    paint = DOOR_PAINTS[int(rng.integers(len(DOOR_PAINTS)))]
    first = float(rng.uniform(2.0, 3.0))
    for k, y in enumerate(np.arange(first, size.length - 0.8, DOOR_PITCH_M)):
        side = -1 if k % 2 == 0 else 1
        own = paint if rng.random() < 0.7 else DOOR_PAINTS[int(rng.integers(len(DOOR_PAINTS)))]
        b.door(side, float(y), own, bool(rng.random() < 0.6))
        if rng.random() < 0.6 and y + 1.2 < size.length - 0.6:
            b.window(side, float(y) + 1.25)
    for fit, chance in ((b.pipes, 0.85), (b.wires, 0.6), (b.furniture, 1.0)):
        if rng.random() < chance:
            fit()
    sign = thing("exit sign", "", [_end(b)])
    lamp_things, lights, sky = lamps(b, 3, bool(rng.random() < 0.35))
    w, length, high = b.half, size.length, size.height
    walls = [
        Bay((s * (w - 0.45), y, 0.0), s * -np.pi / 2 + np.pi / 2)
        for s in (1, -1)
        for y in (3.4, 5.2, 7.0)
        if y < length - 1
    ]
    return Place(
        recipe,
        (*things, thing("fittings", "", b.parts), sign, *lamp_things),
        tuple(lights),
        sky,
        (Floor(b.corners()),),
        b.edges(),
        (Zone("corridor", "corridor", b.outline()),),
        (
            Mount((-w + 0.3, 0.1, high - 0.25), (0.35 * w, 4.6, 0.5), 76.0),
            Mount((w - 0.3, 0.3, high - 0.2), (-0.35 * w, 4.2, 0.4), 84.0),
            Mount((0.0, -0.4, high - 0.15), (0.0, 4.5, 0.6), 70.0),
            Mount((-w + 0.3, 0.8, high - 0.12), (0.5 * w, 4.0, 0.0), 98.0),
        ),
        tuple(Bay((bay.at[0], bay.at[1], 0.0), float(np.pi / 2)) for bay in walls),
        tuple(b.outlets),
        {
            "through": ((0.15, length + 0.6, 0.0), (0.1, 4.0, 0.0), (0.0, -1.2, 0.0)),
            "in": ((0.15, length + 0.6, 0.0), (0.1, min(5.0, length - 1.5), 0.0)),
        },
        size.width,
    )


def _end(b: Builder) -> Part:
    """The far end: a stairs door, a window, or an open stairwell; the returned part is the green exit sign."""
    y = b.size.length - 0.02
    if b.rng.random() < 0.3 and b.recipe.light in ("day", "sunset"):
        tint: Colour = (0.86, 0.93, 1.0) if b.recipe.light == "day" else (1.0, 0.45, 0.16)
        pane = card((-0.55, y, 1.0), (1.1, 0, 0), (0, 0, 1.2))
        b.parts.append(Part(pane, Look(tint, emit=2.5 if b.recipe.light == "day" else 5.0), False))
        frame = [tube([(x, y - 0.02, 0.98), (x, y - 0.02, 2.22)], 0.02, 6) for x in (-0.55, 0.0, 0.55)]
        b.parts.append(Part(join(frame), Look((0.5, 0.5, 0.5), 0.4)))
    else:
        leaf = pictures.flat_door(b.recipe.seed, (120, 118, 112))
        b.parts.append(Part(card((-0.5, y, 0.02), (1.0, 0, 0), (0, 0, 2.1)), Look(picture=leaf, rough=0.4), False))
        grey = Look((0.25, 0.25, 0.25), 0.5)
        for x in (-0.54, 0.5):
            b.parts.append(Part(box((x, y - 0.04, 0), (x + 0.04, y, 2.14)), grey, False))
    sign = np.full((40, 110, 3), (10, 120, 60), np.uint8)
    sign[12:28, 14:60] = (225, 245, 230)
    sign[10:30, 70:96] = (225, 245, 230)
    glow = 0.0 if b.recipe.light == "ir" else 0.7
    return Part(card((-0.2, y - 0.02, 2.25), (0.4, 0, 0), (0, 0, 0.15)), Look(picture=sign, emit=glow), False)
