"""A yard before a walk-up block: barred windows, balconies and pipes on the facade, paving, bays, a burn site."""

from __future__ import annotations

import numpy as np

from models.synth import pictures
from models.synth.look import PLASTIC, STEEL, Lamp, Look, Part, Thing, thing
from models.synth.mesh import box, card, ellipsoid, join, lathe, shift, soft_box, tube
from models.synth.places.walls import DAYLIGHT, NEUTRAL, SUNSET, WARM
from models.synth.world import Bay, Colour, Edge, Floor, Mount, Outlet, Place, PlaceRecipe, Point, Zone

HALF_M, FLOORS, STOREY_M = 9.0, 4, 2.9
"""The facade runs along y = 0 from -HALF_M to HALF_M; the yard lies before it, at y < 0, the cameras look at it."""
DEEP_M, STRIP_M = 8.0, 1.6
BURN_SITE = (4.2, -5.2, 1.4)
"""Middle x, y and half side of the burn site, metres."""
RENDERS: tuple[Colour, ...] = (
    (0.55, 0.5, 0.42),
    (0.5, 0.5, 0.48),
    (0.45, 0.32, 0.25),
    (0.6, 0.56, 0.48),
    (0.42, 0.44, 0.46),
)
PAVINGS: tuple[Colour, ...] = ((0.3, 0.3, 0.29), (0.36, 0.3, 0.27), (0.25, 0.26, 0.26), (0.4, 0.38, 0.34))


def yard(recipe: PlaceRecipe) -> Place:
    """The yard of a recipe."""
    rng = np.random.default_rng(recipe.seed)
    facade, outlets = _facade(rng, recipe)
    bays, lines = _bays(rng)
    lamp, lamps = _street_lamp(rng, recipe)
    pile, pile_outlet = _charging_pile(rng, recipe)
    x, y, half = BURN_SITE
    burn = ((x - half, y - half, 0.0), (x + half, y - half, 0.0), (x + half, y + half, 0.0), (x - half, y + half, 0.0))
    paving = ((-HALF_M, -DEEP_M), (HALF_M, -DEEP_M), (HALF_M, -0.1), (-HALF_M, -0.1))
    strip = ((-HALF_M, -STRIP_M, 0.0), (HALF_M, -STRIP_M, 0.0), (HALF_M, -0.05, 0.0), (-HALF_M, -0.05, 0.0))
    side = float(rng.choice((-1, 1)))
    return Place(
        recipe,
        (_ground(rng), facade, lines, lamp, pile, _greens(rng)),
        lamps,
        _sky(recipe),
        (Floor(paving),),
        (Edge((HALF_M, -0.15), (-HALF_M, -0.15)),),
        (
            Zone("yard", "yard", tuple((px, py, 0.0) for px, py in paving)),
            Zone("facade", "facade", strip),
            Zone("burn_site", "burn_site", burn),
        ),
        (
            Mount((-2.0, -7.0, 3.4), (0.6, -0.9, 0.5), 74.0),
            Mount((2.6, -7.4, 4.0), (-0.4, -1.2, 0.4), 70.0),
            Mount((side * 5.0, -1.6, 3.2), (-side * 1.0, -1.5, 0.3), 80.0),
            Mount((0.0, -8.5, 4.6), (1.5, -3.4, 0.0), 78.0),
        ),
        tuple(bays),
        (*outlets, pile_outlet),
        {
            "through": ((-HALF_M - 0.5, -3.2, 0.0), (0.0, -3.0, 0.0), (HALF_M + 0.5, -3.4, 0.0)),
            "in": ((-HALF_M - 0.5, -3.2, 0.0), (0.0, -2.8, 0.0)),
        },
        DEEP_M - STRIP_M,
    )


def _sky(recipe: PlaceRecipe) -> tuple[Colour, float]:
    skies: dict[str, tuple[Colour, float]] = {
        "day": ((0.8, 0.9, 1.0), 1.0),
        "sunset": ((1.0, 0.6, 0.4), 0.35),
        "ir": (NEUTRAL, 0.0),
    }
    return skies.get(recipe.light, ((0.35, 0.4, 0.55), 0.03))


def _ground(rng: np.random.Generator) -> Thing:
    """Paving as far as one sees, with patches of older and newer work."""
    colour = PAVINGS[int(rng.integers(len(PAVINGS)))]
    cell = float(rng.choice((0.0, 0.4, 0.6)))
    look = Look(colour, 0.85, pattern="tile", cell_m=cell) if cell else Look(colour, 0.9, pattern="concrete")
    parts = [Part(box((-40, -40, -0.2), (40, 0.2, 0.0)), look, False)]
    for _ in range(int(rng.integers(0, 4))):
        x, y = float(rng.uniform(-6, 6)), float(rng.uniform(-6, -2))
        size = float(rng.uniform(0.4, 1.3))
        grey = float(rng.uniform(0.1, 0.4))
        parts.append(Part(box((x, y, 0), (x + size, y + size, 0.002)), Look((grey, grey, grey), 0.9), False))
    lid = lathe([(0.0, 0.003), (0.33, 0.003), (0.33, 0.0)]).moved(shift(float(rng.uniform(-3, 3)), -4.0))
    parts.append(Part(lid, Look((0.08, 0.08, 0.08), 0.7, 0.5)))
    return thing("ground", "", parts)


def _facade(rng: np.random.Generator, recipe: PlaceRecipe) -> tuple[Thing, list[Outlet]]:
    """The block: render or tiles with stains, windows in columns, an entrance, pipes, air conditioners, laundry."""
    colour = RENDERS[int(rng.integers(len(RENDERS)))]
    top = FLOORS * STOREY_M
    skin = Look(colour, 0.85, pattern="plaster")
    if rng.random() < 0.35:
        skin = Look(colour, 0.4, pattern="tile", cell_m=0.12)
    base = Look((colour[0] * 0.6, colour[1] * 0.6, colour[2] * 0.6), 0.8, pattern="concrete")
    parts = [Part(box((-HALF_M, 0, 0), (HALF_M, 0.4, top)), skin, False)]
    parts.append(Part(box((-HALF_M, -0.03, 0), (HALF_M, 0.0, 0.6)), base, False))
    outlets: list[Outlet] = []
    entrance = int(rng.integers(1, 5))
    for k, x in enumerate(np.arange(-HALF_M + 1.4, HALF_M - 0.8, 2.6)):
        if k == entrance:
            parts += _entrance(rng, recipe, float(x))
            continue
        balcony = rng.random() < 0.3
        for floor in range(FLOORS):
            z = 1.05 + floor * STOREY_M
            parts += _window(rng, recipe, float(x), z)
            outlets.append(Outlet((float(x) + 0.4, -0.08, z + 0.1), "window"))
            if balcony and floor:
                parts += _balcony(rng, float(x), z - 1.0)
            elif rng.random() < 0.45:
                unit = soft_box((float(x) + 0.95, -0.22, z - 0.1), (0.4, 0.18, 0.28), 8, 0.1)
                parts.append(Part(unit, Look((0.6, 0.6, 0.58), 0.5)))
    for _ in range(int(rng.integers(1, 4))):
        x = float(rng.uniform(-HALF_M, HALF_M))
        pipe = tube([(x, -0.07, 0.1), (x, -0.07, top)], float(rng.uniform(0.03, 0.06)))
        parts.append(Part(pipe, Look((0.55, 0.55, 0.53), 0.5)))
        thin = [(x + 0.15, -0.02, 0.2), (x + 0.15, -0.02, top * 0.6), (x + 0.9, -0.02, top * 0.6)]
        parts.append(Part(tube(thin, 0.008, 5), PLASTIC))
    wires = np.linspace(-HALF_M, HALF_M, 40)
    sag = 3.1 - 0.05 * np.abs(np.sin(wires * 1.1))
    parts.append(Part(tube(np.stack([wires, np.full(40, -0.03), sag], axis=1), 0.008, 5), PLASTIC))
    return thing("facade", "", parts), outlets


def _window(rng: np.random.Generator, recipe: PlaceRecipe, x: float, z: float) -> list[Part]:
    """Glass, frame and bars; lit from inside on some evenings."""
    colour, emit = (0.03, 0.04, 0.05), 0.0
    if recipe.light in ("night", "dim") and rng.random() < 0.35:
        colour, emit = (WARM if rng.random() < 0.6 else NEUTRAL), float(rng.uniform(0.4, 2.0))
    pane = card((x - 0.65, -0.012, z), (1.3, 0, 0), (0, 0, 1.35))
    parts = [Part(pane, Look(colour, 0.08, coat=0.5, emit=emit), False)]
    frame = [box((x + dx - 0.03, -0.03, z), (x + dx + 0.03, 0, z + 1.35)) for dx in (-0.65, 0.0, 0.65)]
    frame += [box((x - 0.68, -0.03, z + dz), (x + 0.68, 0, z + dz + 0.05)) for dz in (0.0, 1.32)]
    parts.append(Part(join(frame), Look((0.6, 0.6, 0.58), 0.4), False))
    if rng.random() < 0.65:
        out = float(rng.choice((0.08, 0.45)))
        bars = [tube([(x + dx, -out, z - 0.05), (x + dx, -out, z + 1.4)], 0.009, 5) for dx in np.linspace(-0.7, 0.7, 9)]
        bars += [tube([(x - 0.7, -out, z + dz), (x + 0.7, -out, z + dz)], 0.011, 5) for dz in (-0.05, 0.6, 1.4)]
        bars += [tube([(x + dx, 0, z - 0.05), (x + dx, -out, z - 0.05)], 0.011, 5) for dx in (-0.7, 0.7)]
        parts.append(Part(join(bars), STEEL))
    return parts


def _balcony(rng: np.random.Generator, x: float, z: float) -> list[Part]:
    """A slab with a parapet, and laundry on a pole."""
    tint = float(rng.uniform(0.4, 0.65))
    slab = [box((x - 1.1, -1.0, z), (x + 1.1, 0, z + 0.1)), box((x - 1.1, -1.0, z), (x + 1.1, -0.93, z + 1.0))]
    parts = [Part(join(slab), Look((tint, tint, tint * 0.96), 0.8), False)]
    if rng.random() < 0.6:
        parts.append(Part(tube([(x - 1.1, -1.25, z + 1.9), (x + 1.1, -1.25, z + 1.9)], 0.012, 5), STEEL))
        for dx in np.arange(-0.9, 0.8, 0.45):
            cloth = card((x + float(dx), -1.25, z + 1.2), (0.38, 0.02, 0), (0, 0, 0.68))
            r, g, b = (float(v) for v in rng.uniform(0.05, 0.7, 3))
            parts.append(Part(cloth, Look((r, g, b), 0.9), False))
    return parts


def _entrance(rng: np.random.Generator, recipe: PlaceRecipe, x: float) -> list[Part]:
    """The stairwell's steel door under a canopy, the block's number, a lamp."""
    leaf = pictures.flat_door(recipe.seed, ((70, 90, 84), (96, 60, 44), (90, 94, 98))[int(rng.integers(3))])
    door = card((x - 0.6, -0.02, 0), (1.2, 0, 0), (0, 0, 2.1))
    parts = [Part(door, Look(picture=leaf, rough=0.4), False)]
    parts.append(Part(box((x - 1.1, -0.9, 2.35), (x + 1.1, 0, 2.47)), Look((0.45, 0.45, 0.44), 0.8), False))
    plate = card((x + 0.7, -0.02, 1.9), (0.4, 0, 0), (0, 0, 0.25))
    parts.append(Part(plate, Look(picture=pictures.notice(recipe.seed % 999), rough=0.4), False))
    lit = recipe.light in ("night", "dim")
    bulb = ellipsoid((x, -0.4, 2.28), (0.08, 0.08, 0.06))
    parts.append(Part(bulb, Look(WARM, emit=12.0 if lit else 0.0)))
    for k in range(int(rng.integers(1, 4))):
        spot = card((x - 1.4 - 0.5 * k, -0.035, 1.2), (0.42, 0, 0), (0, 0, 0.6))
        parts.append(Part(spot, Look(picture=pictures.poster(int(rng.integers(9999))), rough=0.4), False))
    return parts


def _bays(rng: np.random.Generator) -> tuple[list[Bay], Thing]:
    """Marked bays along the facade, machines head-on to it, and a steel rack behind some of them."""
    start = float(rng.uniform(-4.5, -1.5))
    paint = Look((0.65, 0.65, 0.6) if rng.random() < 0.6 else (0.7, 0.5, 0.05), 0.8)
    xs = start + 0.8 * np.arange(7)
    lines = [box((float(x) - 0.025, -2.2, 0), (float(x) + 0.025, -0.3, 0.003)) for x in xs]
    lines.append(box((float(xs[0]), -2.2, 0), (float(xs[-1]), -2.15, 0.003)))
    parts = [Part(join(lines), paint, False)]
    if rng.random() < 0.5:
        hoops = [
            tube(
                [
                    (float(x) + 0.4, -0.4, 0),
                    (float(x) + 0.4, -0.4, 0.5),
                    (float(x) + 0.4, -0.75, 0.5),
                    (float(x) + 0.4, -0.75, 0),
                ],
                0.02,
                6,
            )
            for x in xs[:-1]
        ]
        parts.append(Part(join(hoops), STEEL))
    bays = [Bay((float(x) + 0.4, -1.35, 0.0), float(np.pi / 2)) for x in xs[:-1]]
    return sorted(bays, key=lambda bay: abs(bay.at[0])), thing("bays", "", parts)


def _charging_pile(rng: np.random.Generator, recipe: PlaceRecipe) -> tuple[Thing, Outlet]:
    """A post with a lit display and sockets, at the facade."""
    x = float(rng.uniform(-1.0, 1.5))
    tint: Colour = ((0.05, 0.3, 0.15), (0.7, 0.7, 0.68), (0.05, 0.2, 0.5))[int(rng.integers(3))]
    parts = [Part(soft_box((x, -0.22, 0.65), (0.14, 0.1, 0.65), 8, 0.05), Look(tint, 0.4))]
    glow = 0.0 if recipe.light == "ir" else 2.0
    parts.append(Part(box((x - 0.06, -0.325, 1.05), (x + 0.06, -0.318, 1.15)), Look((0.1, 0.6, 0.9), emit=glow), False))
    return thing("charging pile", "", parts), Outlet((x, -0.33, 0.9), "pile")


def _street_lamp(rng: np.random.Generator, recipe: PlaceRecipe) -> tuple[Thing, tuple[Lamp, ...]]:
    """The yard's lamp post, and what else lights the yard: sun, sunset, the entrance."""
    x = float(rng.choice((-1, 1)) * rng.uniform(3.0, 5.0))
    power = {"night": 1.0, "dim": 0.25}.get(recipe.light, 0.0)
    colour = WARM if rng.random() < 0.5 else NEUTRAL
    head = Look(colour, emit=14.0 * power) if power else Look((0.7, 0.7, 0.7), 0.4)
    parts = [Part(tube([(x, -6.6, 0), (x, -6.6, 4.2)], 0.05), Look((0.12, 0.13, 0.13), 0.5))]
    parts.append(Part(ellipsoid((x, -6.6, 4.3), (0.2, 0.2, 0.16)), head))
    lamps: list[Lamp] = []
    if power:
        lamps = [Lamp((x, -6.5, 4.2), (0.3, 0.3), 420.0 * power, colour, (-0.2 * x, 4.0, -4.0))]
        lamps.append(Lamp((0.0, -1.2, 2.9), (0.3, 0.3), 60.0 * power, WARM, (0.0, -0.4, -1.0)))
    elif recipe.light == "day":
        at = (float(rng.uniform(-14, 14)), -16.0, 20.0)
        if rng.random() < 0.7:  # else overcast
            lamps = [Lamp(at, (1.2, 1.2), 26000.0, DAYLIGHT, (-at[0], 14.0, -20.0))]
    elif recipe.light == "sunset":
        at = (float(rng.choice((-18, 18))), -12.0, 5.0)
        lamps = [Lamp(at, (1.5, 1.5), 9000.0, SUNSET, (-at[0], 10.0, -4.0))]
    return thing("lamp post", "", parts), tuple(lamps)


def _greens(rng: np.random.Generator) -> Thing:
    """A lawn strip behind a kerb, bushes on it, and parked far off the block's wall."""
    lawn = box((-40, -40, 0), (40, -DEEP_M - 0.6, 0.06))
    parts = [Part(lawn, Look((0.05, 0.11, 0.03), 0.95, pattern="concrete"), False)]
    parts.append(Part(box((-40, -DEEP_M - 0.6, 0), (40, -DEEP_M - 0.45, 0.12)), Look((0.45, 0.45, 0.43), 0.8), False))
    for sign in (-1, 1):
        for _ in range(int(rng.integers(2, 6))):
            at: Point = (sign * float(rng.uniform(HALF_M + 0.8, HALF_M + 3)), float(rng.uniform(-7, -0.5)), 0.35)
            leaf = Look((float(rng.uniform(0.02, 0.08)), float(rng.uniform(0.08, 0.18)), 0.02), 0.95)
            half = (float(rng.uniform(0.4, 0.9)), float(rng.uniform(0.4, 0.9)), float(rng.uniform(0.3, 0.7)))
            parts.append(Part(ellipsoid(at, half, 12, 7), leaf, False))
    return thing("greens", "", parts)
