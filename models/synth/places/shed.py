"""A bike shed: marked bays in two rows, charging piles or a socket rail, steel posts, corrugated walls, an aisle."""

from __future__ import annotations

import numpy as np

from models.synth import pictures
from models.synth.look import PLASTIC, Look, Part, thing
from models.synth.mesh import box, card, ellipsoid, join, tube
from models.synth.places.walls import Builder, Size, lamps, scaled, shell
from models.synth.world import Bay, Colour, Floor, Mount, Outlet, Place, PlaceRecipe, Zone

BAY_PITCH_M, BAY_DEPTH_M = 0.8, 1.75
TINTS: tuple[Colour, ...] = ((0.3, 0.36, 0.4), (0.45, 0.45, 0.43), (0.2, 0.32, 0.42), (0.4, 0.38, 0.33))


def shed(recipe: PlaceRecipe) -> Place:
    """The shed of a recipe: 5–7 m wide with bays on both sides of an aisle, 8–12 m long."""
    rng = np.random.default_rng(recipe.seed)
    size = Size(float(rng.uniform(5.0, 7.0)), float(rng.uniform(8.0, 12.0)), float(rng.uniform(2.7, 3.4)))
    b = Builder(recipe, rng, size)
    tint = TINTS[int(rng.integers(len(TINTS)))]
    concrete = Look((0.34, 0.33, 0.31), 0.75, pattern="concrete")
    if rng.random() < 0.4:
        concrete = Look((0.1, 0.24, 0.16), 0.35, pattern="concrete")  # painted green
    wall = Look(tint, 0.5, pattern="plaster")
    things = shell(b, concrete, wall, Look(scaled(tint, 0.8), 0.5), Look((0.4, 0.42, 0.43), 0.6))
    _frame(b, tint)
    bays = _bays(b)
    _piles(b)
    b.wall_card(
        int(rng.choice((-1, 1))), size.length * 0.5, 1.35, 0.6, 0.85, pictures.poster(int(rng.integers(9999))), out=0.03
    )
    for y in np.arange(2.4, size.length - 1, 3.0):
        if rng.random() < 0.6:
            b.window(int(rng.choice((-1, 1))), float(y))
    if rng.random() < 0.6:
        b.wires()
    door = card((-0.6, size.length - 0.02, 0), (1.2, 0, 0), (0, 0, 2.2))
    b.parts.append(Part(door, Look(picture=pictures.roller_shutter(recipe.seed), rough=0.5), False))
    lamp_things, lights, sky = lamps(b, 3, True)
    w, aisle, high = b.half, b.half - BAY_DEPTH_M, size.height
    lane = ((-aisle, 0.4, 0.0), (aisle, 0.4, 0.0), (aisle, size.length, 0.0), (-aisle, size.length, 0.0))
    return Place(
        recipe,
        (*things, thing("fittings", "", b.parts), *lamp_things),
        tuple(lights),
        sky,
        (Floor(b.corners()),),
        b.edges(),
        (Zone("shed", "shed", b.outline()), Zone("aisle", "exit", lane)),
        (
            Mount((-w + 0.25, 0.1, high - 0.25), (0.8, 4.6, 0.4), 84.0),
            Mount((w - 0.25, 0.1, high - 0.25), (-0.8, 4.6, 0.4), 84.0),
            Mount((0.0, -0.8, high - 0.2), (0.0, 4.0, 0.4), 92.0),
            Mount((-w + 0.2, 0.6, high - 0.2), (1.4, 3.6, 0.0), 104.0),
        ),
        tuple(bays),
        tuple(b.outlets),
        {
            "through": ((0.0, size.length + 0.6, 0.0), (0.0, 4.0, 0.0), (0.0, -1.2, 0.0)),
            "in": ((0.0, -1.2, 0.0), (0.0, 4.5, 0.0)),
        },
        2 * aisle,
        tuple((x, y) for x, y, _ in lane),
    )


def _frame(b: Builder, tint: Colour) -> None:
    """Ribs of the sheet-metal walls, posts."""
    ribs, posts = [], []
    for side in (-1, 1):
        low, high = sorted((side * b.half, side * (b.half - 0.02)))
        ribs += [box((low, y, 1.2), (high, y + 0.1, b.size.height)) for y in np.arange(-1.4, b.size.length, 0.24)]
        x = side * (b.half - 0.1)
        posts += [
            box((x - 0.04, y - 0.04, 0), (x + 0.04, y + 0.04, b.size.height))
            for y in np.arange(1.5, b.size.length, 2.5)
        ]
    b.parts.append(Part(join(ribs), Look(tint, 0.45), False))
    b.parts.append(Part(join(posts), Look((0.25, 0.27, 0.3), 0.5), False))


def _bays(b: Builder) -> list[Bay]:
    """White or yellow lines on the floor, and the bays between them."""
    paint = Look((0.65, 0.65, 0.6) if b.rng.random() < 0.6 else (0.7, 0.5, 0.05), 0.7)
    lines, bays, inner = [], [], b.half - BAY_DEPTH_M
    starts = np.arange(1.0, b.size.length - 0.5, BAY_PITCH_M)
    for side in (-1, 1):
        low, high = sorted((side * inner, side * b.half))
        lines += [box((low, y, 0), (high, y + 0.05, 0.002)) for y in starts]
        lines.append(box((side * inner - 0.025, 1.0, 0), (side * inner + 0.025, float(starts[-1]), 0.002)))
        middle = side * (b.half - 0.95)
        bays += [Bay((middle, float(y) + BAY_PITCH_M / 2, 0.0), 0.0 if side > 0 else float(np.pi)) for y in starts[:-1]]
    b.parts.append(Part(join(lines), paint, False))
    return sorted(bays, key=lambda bay: bay.at[1])


def _piles(b: Builder) -> None:
    """Charging piles on the walls (boxes with a lit display and sockets), and a few plain sockets."""
    rng = b.rng
    tint: Colour = ((0.75, 0.75, 0.73), (0.05, 0.3, 0.15), (0.05, 0.2, 0.45), (0.7, 0.35, 0.03))[int(rng.integers(4))]
    for side in (-1, 1):
        for y in np.arange(1.8, b.size.length - 0.6, 2.4):
            if rng.random() < 0.25:
                continue
            x = side * (b.half - 0.14)
            b.wall_box(side, float(y), 1.15, (0.14, 0.3, 0.45), Look(tint, 0.35))
            face = side * (b.half - 0.145)
            glow = 0.0 if b.recipe.light == "ir" else 2.0
            pane = box(
                (min(face, face - side * 0.004), y - 0.06, 1.45), (max(face, face - side * 0.004), y + 0.06, 1.52)
            )
            b.parts.append(Part(pane, Look((0.1, 0.6, 0.9), emit=glow), False))
            pilot = Look((0.05, 0.9, 0.1) if rng.random() < 0.6 else (0.9, 0.05, 0.03), emit=3 * glow)
            b.parts.append(Part(ellipsoid((face, float(y) + 0.1, 1.55), (0.012, 0.012, 0.012), 8, 6), pilot))
            b.parts.append(Part(tube([(x, y, 1.6), (x, y, b.size.height)], 0.015, 6), PLASTIC))
            b.outlets.append(Outlet((side * (b.half - 0.16), float(y), 1.22), "pile"))
    y = float(rng.uniform(0.4, 0.8)) * b.size.length
    b.wall_box(-1, y, 0.4, (0.02, 0.09, 0.09), Look((0.75, 0.75, 0.73), 0.4))
    b.outlets.append(Outlet((-b.half + 0.04, y, 0.45), "socket"))
