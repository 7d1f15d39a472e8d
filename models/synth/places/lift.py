"""A lift car seen from its ceiling's corner: steel or laminate walls, mirror, rail, buttons, a door open or shut."""

from __future__ import annotations

import numpy as np

from models.synth import pictures
from models.synth.look import CHROME, Lamp, Look, Part, Thing, thing
from models.synth.mesh import box, card, ellipsoid, tube
from models.synth.places.walls import COLD, NEUTRAL, WARM
from models.synth.world import Bay, Colour, Edge, Floor, Mount, Outlet, Place, PlaceRecipe, Zone

HEIGHT_M, OUTSIDE_M = 2.35, 2.6
DOOR_HALF_M = 0.45
WALLS: tuple[tuple[Colour, float, float], ...] = (
    ((0.5, 0.51, 0.52), 0.32, 0.85),
    ((0.42, 0.36, 0.26), 0.35, 0.7),
    ((0.4, 0.26, 0.15), 0.5, 0.0),
    ((0.6, 0.6, 0.56), 0.6, 0.0),
    ((0.3, 0.33, 0.35), 0.45, 0.3),
)
"""Colour, roughness, metal: brushed steel, bronze, wood laminate, paint, grey sheet."""


def lift(recipe: PlaceRecipe) -> Place:
    """The car of a recipe: 1.1–1.6 m wide, 1.4–1.8 m deep; its door, at y = depth, stands open in two of three."""
    rng = np.random.default_rng(recipe.seed)
    half, depth = float(rng.uniform(0.55, 0.8)), float(rng.uniform(1.4, 1.8))
    opened = bool(rng.random() < 0.67)
    colour, rough, metal = WALLS[int(rng.integers(len(WALLS)))]
    skin = Look(colour, rough, metal)
    car = [*_shell(rng, half, depth, skin, opened), *_fittings(rng, recipe, half, depth)]
    things = [
        thing("floor", "", [_floor(rng, half, depth)]),
        thing("car", "", car),
        thing("ceiling", "", _ceiling(recipe, half, depth)),
    ]
    if opened:
        things.append(_outside(rng, recipe, half, depth))
    d = DOOR_HALF_M - 0.02
    inside = ((-half, 0.0), (half, 0.0), (half, depth), (-half, depth))
    doorway = ((-d, depth - 0.1), (d, depth - 0.1), (d, depth + 0.9), (-d, depth + 0.9))
    top, slant = HEIGHT_M - 0.15, float(np.arctan2(depth, 2 * half))
    return Place(
        recipe,
        tuple(things),
        _lamps(rng, recipe, depth, opened),
        ((0.8, 0.85, 1.0), 0.0 if recipe.light == "ir" else 0.02),
        (Floor(inside), *((Floor(doorway),) if opened else ())),
        (
            Edge((half, 0.1), (half, depth - 0.1)),
            Edge((-half, depth - 0.1), (-half, 0.1)),
            Edge((-half, 0.0), (half, 0.0)),
        ),
        (Zone("lift", "lift", tuple((x, y, 0.0) for x, y in inside)),),
        (
            Mount((-half + 0.1, 0.1, top), (0.35 * half, 0.72 * depth, 0.25), 106.0),
            Mount((half - 0.1, 0.1, top), (-0.35 * half, 0.72 * depth, 0.25), 106.0),
            Mount((-half + 0.1, depth - 0.12, top), (0.3 * half, 0.3 * depth, 0.2), 108.0),
        ),
        tuple(Bay((0.0, 0.5 * depth, 0.0), turned) for turned in (np.pi / 2, slant, np.pi - slant)),
        (Outlet((half - 0.01, 0.3, 0.25), "socket"),),
        {
            "through": ((0.0, depth + OUTSIDE_M - 0.3, 0.0), (0.0, depth + 0.2, 0.0), (0.0, 0.6 * depth, 0.0)),
            "in": ((0.0, depth + OUTSIDE_M - 0.3, 0.0), (0.0, depth + 0.2, 0.0), (0.0, 0.55 * depth, 0.0)),
        },
        2 * half,
    )


def _floor(rng: np.random.Generator, half: float, depth: float) -> Part:
    tint: Colour = ((0.3, 0.3, 0.31), (0.2, 0.16, 0.13), (0.4, 0.38, 0.34), (0.12, 0.13, 0.14))[int(rng.integers(4))]
    return Part(box((-half, 0, -0.1), (half, depth, 0.0)), Look(tint, 0.5, pattern="concrete"), False)


def _shell(rng: np.random.Generator, half: float, depth: float, skin: Look, opened: bool) -> list[Part]:
    """Three walls, the two returns beside the door, the header, and the leaves."""
    h, e = HEIGHT_M, 0.05
    parts = [
        Part(box((-half - e, -e, 0), (-half, depth, h)), skin, False),
        Part(box((half, -e, 0), (half + e, depth, h)), skin, False),
        Part(box((-half, -e, 0), (half, 0, h)), skin, False),
        Part(box((-half, depth, 0), (-DOOR_HALF_M, depth + e, h)), skin, False),
        Part(box((DOOR_HALF_M, depth, 0), (half, depth + e, h)), skin, False),
        Part(box((-half, depth, 2.1), (half, depth + e, h)), skin, False),
    ]
    seams = Look((0.08, 0.08, 0.08), 0.6)
    for y in np.linspace(0, depth, 4)[1:-1]:
        for x in (-half + 0.001, half - 0.001):
            parts.append(Part(box((x - 0.002, float(y) - 0.003, 0.1), (x + 0.002, float(y) + 0.003, h)), seams, False))
    leaf = pictures.lift_door(int(rng.integers(1 << 20)))
    if not opened:
        door = card((DOOR_HALF_M, depth + 0.02, 0), (-2 * DOOR_HALF_M, 0, 0), (0, 0, 2.1))
        parts.append(Part(door, Look(picture=leaf, rough=0.3, metal=0.4), False))
    return parts


def _fittings(rng: np.random.Generator, recipe: PlaceRecipe, half: float, depth: float) -> list[Part]:
    """Rail, mirror, button panel with a red floor number, framed advertisements, notices."""
    dark = recipe.light == "ir"
    parts = []
    if rng.random() < 0.7:
        rail = [(-half + 0.06, 0.1, 0.9), (-half + 0.06, depth - 0.15, 0.9)]
        parts.append(Part(tube(rail, 0.02), CHROME))
    if rng.random() < 0.4:
        mirror = card((-0.4, 0.012, 0.9), (0.8, 0, 0), (0, 0, 1.1))
        parts.append(Part(mirror, Look((0.85, 0.87, 0.88), 0.02, 1.0), False))
    side = int(rng.choice((-1, 1)))
    x = side * (half - 0.012)
    low, high = sorted((x, side * half))
    parts.append(
        Part(box((low, depth - 0.4, 0.8), (high, depth - 0.18, 1.7)), Look((0.35, 0.36, 0.37), 0.3, 0.8), False)
    )
    for row in range(8):
        lit = rng.random() < 0.2 and not dark
        ink = Look((1.0, 0.5, 0.1) if lit else (0.7, 0.7, 0.7), emit=5.0 if lit else 0.0)
        for column in (0, 1):
            at = (x - side * 0.008, depth - 0.34 + 0.09 * column, 0.9 + 0.08 * row)
            parts.append(Part(ellipsoid(at, (0.006, 0.02, 0.02), 10, 6), ink))
    number = pictures.led_text(recipe.seed, (255, 40, 20))
    corner = (x - side * 0.006, depth - 0.29 - side * 0.09, 1.58)
    sign = card(corner, (0, side * 0.18, 0), (0, 0, 0.07))
    parts.append(Part(sign, Look(picture=number, emit=0.0 if dark else 3.0), False))
    for side_wall in (-1, 1):
        if rng.random() < 0.65:
            seed, y = int(rng.integers(9999)), float(rng.uniform(0.35, 0.6)) * depth
            x = side_wall * (half - 0.008)
            frame = card((x, y + side_wall * 0.22, 1.15), (0, -side_wall * 0.44, 0), (0, 0, 0.62))
            parts.append(Part(frame, Look(picture=pictures.poster(seed), rough=0.2), False))
    return parts


def _ceiling(recipe: PlaceRecipe, half: float, depth: float) -> list[Part]:
    glow = 0.0 if recipe.light == "ir" else 3.0
    pane = box((-0.55 * half, 0.25 * depth, HEIGHT_M - 0.02), (0.55 * half, 0.75 * depth, HEIGHT_M - 0.01))
    roof = box((-half, 0, HEIGHT_M), (half, depth, HEIGHT_M + 0.05))
    return [Part(roof, Look((0.6, 0.6, 0.6), 0.5), False), Part(pane, Look((0.9, 0.9, 0.86), emit=glow), False)]


def _lamps(rng: np.random.Generator, recipe: PlaceRecipe, depth: float, opened: bool) -> tuple[Lamp, ...]:
    if recipe.light == "ir":
        return ()
    colour = (WARM, NEUTRAL, COLD)[int(rng.integers(3))]
    power = 0.25 if recipe.light == "dim" else 1.0
    lamps = [Lamp((0.0, 0.5 * depth, HEIGHT_M - 0.04), (0.6, 0.5), 14.0 * power, colour)]
    if opened:
        lamps.append(Lamp((0.0, depth + 1.4, HEIGHT_M + 0.1), (0.5, 0.5), float(rng.uniform(4, 22)) * power, NEUTRAL))
    return tuple(lamps)


def _outside(rng: np.random.Generator, recipe: PlaceRecipe, half: float, depth: float) -> Thing:
    """The lobby before the open door: its floor, its far wall with a notice, its side walls."""
    tile = Look((0.45, 0.43, 0.4), 0.3, pattern="tile", cell_m=0.6)
    wall = Look((0.62, 0.6, 0.56), 0.8, pattern="plaster")
    far, wide = depth + OUTSIDE_M, 1.8
    parts = [
        Part(box((-wide, depth, -0.1), (wide, far, -0.005)), tile, False),
        Part(box((-wide, far, 0), (wide, far + 0.05, 2.7)), wall, False),
        Part(box((-wide - 0.05, depth, 0), (-wide, far, 2.7)), wall, False),
        Part(box((wide, depth, 0), (wide + 0.05, far, 2.7)), wall, False),
        Part(box((-wide, depth, 2.7), (wide, far, 2.75)), Look((0.65, 0.65, 0.63), 0.9), False),
    ]
    notice = pictures.poster(int(rng.integers(9999)))
    parts.append(Part(card((0.1, far - 0.01, 1.2), (0.5, 0, 0), (0, 0, 0.7)), Look(picture=notice, rough=0.4), False))
    return thing("lobby", "", parts)
