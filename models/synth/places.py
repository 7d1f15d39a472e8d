"""Places: a residential corridor, a stairwell lobby and a bike shed, from a seed. x right, y ahead, z up; metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.synth import pictures
from models.synth.look import STEEL, Look, Part, Picture, Thing, thing
from models.synth.mesh import box, card, join, lathe, shift, tube
from models.synth.stage import Lamp
from models.synth.things import fire_bottle

Colour = tuple[float, float, float]

WARM: Colour = (1.0, 0.78, 0.52)
NEUTRAL: Colour = (1.0, 0.93, 0.84)
COLD: Colour = (0.82, 0.92, 1.0)


@dataclass(frozen=True, slots=True)
class PlaceRecipe:
    """One place. `kind` is "corridor", "lobby" or "shed"; `power` scales the lamps (0.15 = dim)."""

    kind: str = "corridor"
    seed: int = 0
    width_m: float = 2.6
    length_m: float = 10.0
    height_m: float = 2.75
    light: Colour = NEUTRAL
    power: float = 1.0


@dataclass(frozen=True, slots=True)
class Place:
    """What stands there, what lights it, and where leads may come from: points (3,) at doors and windows."""

    things: tuple[Thing, ...]
    lamps: tuple[Lamp, ...]
    outlets: tuple[tuple[float, float, float], ...]
    half_width_m: float
    length_m: float


class _Builder:
    """Collects parts on the two long walls; `side` is -1 (left) or +1 (right)."""

    def __init__(self, recipe: PlaceRecipe) -> None:
        self.r = recipe
        self.rng = np.random.default_rng(recipe.seed)
        self.half = recipe.width_m / 2
        self.parts: list[Part] = []
        self.outlets: list[tuple[float, float, float]] = []

    def wall_card(
        self,
        side: int,
        y: float,
        z: float,
        width: float,
        height: float,
        picture: Picture,
        out: float = 0.004,
        rough: float = 0.6,
        emit: float = 0.0,
    ) -> None:
        """A flat picture on a wall: `y` is its middle, `z` its lower edge."""
        x = side * (self.half - out)
        origin = (x, y - side * width / 2 * -1, z)
        self.parts.append(
            Part(
                card(origin, (0, -side * width, 0), (0, 0, height)),
                Look(picture=picture, rough=rough, emit=emit),
                False,
            )
        )

    def wall_box(
        self, side: int, y: float, z: float, size: tuple[float, float, float], look: Look, front: Picture | None = None
    ) -> None:
        """A box on a wall, `size` = (depth, width, height)."""
        depth, width, height = size
        x1, x2 = sorted((side * self.half, side * (self.half - depth)))
        self.parts.append(Part(box((x1, y - width / 2, z), (x2, y + width / 2, z + height)), look, False))
        if front is not None:
            self.wall_card(side, y, z, width, height, front, out=depth + 0.003, rough=0.35)

    def door(self, side: int, y: float, colour: tuple[int, int, int], dressed: bool) -> None:
        """A flat's door with frame, perhaps couplets, and a mat."""
        seed = int(self.rng.integers(1 << 30))
        tint = tuple((v / 255) ** 2.2 * 0.6 for v in colour)
        frame = Look((tint[0], tint[1], tint[2]), 0.4)
        for dy in (-0.5, 0.5):
            self.wall_box(side, y + dy, 0, (0.05, 0.08, 2.1), frame)
        self.wall_box(side, y, 2.05, (0.05, 1.08, 0.08), frame)
        self.wall_card(side, y, 0.02, 0.94, 2.03, pictures.flat_door(seed, colour), out=0.012, rough=0.35)
        handle_y = y + 0.36
        x = side * (self.half - 0.05)
        self.parts.append(Part(tube([(x, handle_y, 1.05), (x, handle_y - 0.12, 1.05)], 0.012), STEEL))
        if dressed:
            for dy in (-0.66, 0.66):
                self.wall_card(side, y + dy, 0.55, 0.17, 1.35, pictures.couplet(seed + int(dy * 10)))
            self.wall_card(
                side, y, 2.18, 0.9, 0.17, np.ascontiguousarray(pictures.couplet(seed + 7).transpose(1, 0, 2))
            )
            if self.rng.random() < 0.7:
                self.wall_card(side, y, 1.3, 0.3, 0.3, pictures.blessing(seed), out=0.016)
        mat = tuple(float(v) for v in self.rng.uniform(0.03, 0.25, 3))
        x1, x2 = sorted((side * (self.half - 0.08), side * (self.half - 0.5)))
        self.parts.append(
            Part(box((x1, y - 0.35, 0), (x2, y + 0.35, 0.012)), Look((mat[0], mat[1], mat[2]), 0.95), False)
        )
        self.outlets.append((side * (self.half - 0.02), y + 0.45, 2.06))

    def window(self, side: int, y: float) -> None:
        """A kitchen window onto the corridor, with bars."""
        glass = Look((0.05, 0.06, 0.07), 0.08, coat=0.5)
        self.wall_box(side, y, 1.15, (0.012, 1.0, 0.95), glass)
        white = Look((0.65, 0.65, 0.62), 0.4)
        for dz in (1.12, 2.08):
            self.wall_box(side, y, dz, (0.05, 1.08, 0.05), white)
        for dy in (-0.52, 0.0, 0.52):
            self.wall_box(side, y + dy, 1.12, (0.05, 0.05, 1.0), white)
        x = side * (self.half - 0.09)
        bars = [tube([(x, y + dy, 1.1), (x, y + dy, 2.14)], 0.009, 6) for dy in np.linspace(-0.5, 0.5, 9)]
        bars += [tube([(x, y - 0.52, z), (x, y + 0.52, z)], 0.009, 6) for z in (1.2, 1.62, 2.05)]
        self.parts.append(Part(join(bars), STEEL))
        self.outlets.append((side * (self.half - 0.06), y + 0.2, 1.2))

    def pipes(self) -> None:
        """Water and gas pipes, cable conduit and trunking: straight things that are no leads."""
        h, length = self.r.height_m, self.r.length_m
        side = int(self.rng.choice((-1, 1)))
        gas = Look((0.62, 0.42, 0.03), 0.4)
        white = Look((0.7, 0.7, 0.68), 0.45)
        x = side * (self.half - 0.06)
        self.parts.append(Part(tube([(x, -1, h - 0.32), (x, length, h - 0.32)], 0.022), gas))
        y = float(self.rng.uniform(0.55, 0.8)) * length
        self.parts.append(Part(tube([(x, y, 0), (x, y, h)], 0.055), white))
        self.parts.append(Part(tube([(x, y + 0.16, 0), (x, y + 0.16, h)], 0.03), Look((0.45, 0.45, 0.45), 0.4)))
        xo = -side * (self.half - 0.015)
        self.parts.append(
            Part(box((min(xo, xo + 0.03), -1, h - 0.14), (max(xo, xo + 0.03), length, h - 0.1)), white, False)
        )
        for _ in range(3):
            y2 = float(self.rng.uniform(0.15, 0.9)) * length
            z2 = float(self.rng.uniform(1.0, 1.6))
            self.parts.append(Part(tube([(xo, y2, h - 0.1), (xo, y2, z2)], 0.01, 6), white))
            self.wall_box(-side, y2, z2 - 0.1, (0.02, 0.085, 0.1), white)

    def furniture(self) -> None:
        """Meter cabinet, fire cabinet, extinguisher, posters and notices at free spots along the walls."""
        rng, length = self.rng, self.r.length_m
        grey = Look((0.3, 0.32, 0.32), 0.45)
        red = Look((0.4, 0.012, 0.01), 0.35)
        side = int(rng.choice((-1, 1)))
        y = float(rng.uniform(0.25, 0.4)) * length
        self.wall_box(side, y, 1.15, (0.16, 0.9, 0.7), grey, pictures.meters(int(rng.integers(999))))
        self.outlets.append((side * (self.half - 0.15), y - 0.3, 1.16))
        y = float(rng.uniform(0.62, 0.75)) * length
        self.wall_box(-side, y, 0.5, (0.14, 0.65, 0.8), red, pictures.hydrant_front(int(rng.integers(999))))
        for dy in (0.55, 0.75):
            bottle_x = -side * (self.half - 0.12)
            self.parts += fire_bottle(shift(bottle_x, y + dy, 0.0))
        for _ in range(int(rng.integers(3, 7))):
            s, y = int(rng.choice((-1, 1))), float(rng.uniform(0.12, 0.95)) * length
            if rng.random() < 0.5:
                self.wall_card(s, y, 1.2, 0.5, 0.72, pictures.poster(int(rng.integers(9999))), out=0.006, rough=0.3)
            else:
                z = float(rng.uniform(0.9, 1.5))
                self.wall_card(s, y, z, 0.21, 0.3, pictures.notice(int(rng.integers(9999))), out=0.006)


def _shell(b: _Builder, floor: Look, wall: Look, dado: Look, ceiling: Look) -> list[Thing]:
    """Floor, walls with a painted lower band, skirting and ceiling, open behind the camera's back by one metre."""
    w, length, h = b.half, b.r.length_m, b.r.height_m
    skirt = Look(tuple_scaled(floor.colour, 0.45), 0.3)
    walls = [
        Part(box((-w - 0.1, -1.5, -0.1), (-w, length, h)), wall, False),
        Part(box((w, -1.5, -0.1), (w + 0.1, length, h)), wall, False),
    ]
    walls.append(Part(box((-w, length, -0.1), (w, length + 0.1, h)), wall, False))
    walls.append(Part(box((-w, -1.6, -0.1), (w, -1.5, h)), wall, False))
    e = 0.003
    bands = [
        box((-w, -1.5, 0), (-w + e, length, 1.2)),
        box((w - e, -1.5, 0), (w, length, 1.2)),
        box((-w, length - e, 0), (w, length, 1.2)),
    ]
    kicks = [box((-w, -1.5, 0), (-w + 0.012, length, 0.1)), box((w - 0.012, -1.5, 0), (w, length, 0.1))]
    kicks.append(box((-w, length - 0.012, 0), (w, length, 0.1)))
    walls += [Part(m, dado, False) for m in bands] + [Part(m, skirt, False) for m in kicks]
    return [
        thing("floor", "", [Part(box((-w - 0.1, -1.6, -0.1), (w + 0.1, length + 0.1, 0.0)), floor, False)]),
        thing("ceiling", "", [Part(box((-w - 0.1, -1.6, h), (w + 0.1, length + 0.1, h + 0.1)), ceiling, False)]),
        thing("walls", "", walls),
    ]


def tuple_scaled(colour: Colour, factor: float) -> Colour:
    """A colour made darker or lighter."""
    return (colour[0] * factor, colour[1] * factor, colour[2] * factor)


def _lamps(b: _Builder, count: int, tube_lamp: bool) -> tuple[list[Thing], list[Lamp]]:
    """Ceiling lamps along the middle: round domes or tube battens, with the light that they give."""
    h, length = b.r.height_m, b.r.length_m
    lamps, parts = [], []
    glow = Look(b.r.light, emit=9.0 * b.r.power)
    for k in range(count):
        y = length * (k + 0.5) / count
        if tube_lamp:
            parts.append(Part(box((-0.04, y - 0.6, h - 0.05), (0.04, y + 0.6, h - 0.01)), glow, False))
            size = (0.1, 1.2)
        else:
            dome = lathe([(0.17, 0.0), (0.16, -0.05), (0.1, -0.08), (0.0, -0.09)]).moved(shift(0, y, h))
            parts.append(Part(dome, glow))
            size = (0.34, 0.34)
        lamps.append(
            Lamp((0.0, y, h - 0.12), size, 62.0 * b.r.power * b.r.width_m / 2.6 * length / 10 * 3 / count, b.r.light)
        )
    return [thing("lamps", "", parts)], lamps


def corridor(r: PlaceRecipe) -> Place:
    """A residential corridor: flats' doors, kitchen windows, meters, fire cabinet, pipes, posters, tiles."""
    b = _Builder(r)
    rng = b.rng
    dados: tuple[Colour, ...] = (
        (0.16, 0.3, 0.22),
        (0.14, 0.24, 0.36),
        (0.4, 0.36, 0.28),
        (0.32, 0.33, 0.33),
        (0.36, 0.2, 0.13),
    )
    floors: tuple[Colour, ...] = ((0.45, 0.42, 0.37), (0.36, 0.36, 0.36), (0.4, 0.33, 0.25), (0.5, 0.5, 0.47))
    floor = Look(
        floors[rng.integers(4)],
        float(rng.uniform(0.15, 0.35)),
        pattern="tile",
        cell_m=float(rng.choice((0.4, 0.6, 0.8))),
    )
    wall = Look((0.66, 0.64, 0.59), 0.8, pattern="plaster")
    dado = Look(dados[rng.integers(5)], 0.45, pattern="plaster")
    things = _shell(b, floor, wall, dado, Look((0.7, 0.7, 0.68), 0.9))
    colours = ((96, 42, 30), (60, 66, 72), (120, 84, 50), (72, 30, 28))
    colour = colours[rng.integers(4)]
    for k, y in enumerate(np.arange(2.6, r.length_m - 0.8, 2.4)):
        side = -1 if k % 2 == 0 else 1
        b.door(side, float(y), colour, bool(rng.random() < 0.6))
        if rng.random() < 0.6 and y + 1.2 < r.length_m - 0.6:
            b.window(side, float(y) + 1.25)
    b.pipes()
    b.furniture()
    sign = thing("exit sign", "", [_end_door(b)])
    lamp_things, lamps = _lamps(b, 3, bool(rng.random() < 0.35))
    return Place(
        (*things, thing("fittings", "", b.parts), sign, *lamp_things),
        tuple(lamps),
        tuple(b.outlets),
        b.half,
        r.length_m,
    )


def _end_door(b: _Builder) -> Part:
    """The stairs door at the far end; the returned part is the green exit sign above it (it shines)."""
    y = b.r.length_m - 0.02
    leaf = pictures.flat_door(b.r.seed, (120, 118, 112))
    b.parts.append(Part(card((-0.5, y, 0.02), (1.0, 0, 0), (0, 0, 2.1)), Look(picture=leaf, rough=0.4), False))
    grey = Look((0.25, 0.25, 0.25), 0.5)
    for x in (-0.54, 0.5):
        b.parts.append(Part(box((x, y - 0.04, 0), (x + 0.04, y, 2.14)), grey, False))
    sign = np.full((40, 110, 3), (10, 120, 60), np.uint8)
    sign[12:28, 14:60] = (225, 245, 230)
    sign[10:30, 70:96] = (225, 245, 230)
    return Part(card((-0.2, y - 0.02, 2.25), (0.4, 0, 0), (0, 0, 0.15)), Look(picture=sign, emit=0.7), False)


def lobby(r: PlaceRecipe) -> Place:
    """A stairwell lobby: a wider room with a flight of stairs at the back, a handrail and letter boxes."""
    b = _Builder(r)
    rng = b.rng
    concrete = Look((0.36, 0.35, 0.34), 0.6, pattern="concrete")
    wall = Look((0.6, 0.59, 0.55), 0.85, pattern="plaster")
    dado = Look(((0.13, 0.28, 0.2), (0.3, 0.3, 0.31), (0.15, 0.22, 0.33))[rng.integers(3)], 0.5, pattern="plaster")
    things = _shell(b, concrete, wall, dado, Look((0.6, 0.6, 0.58), 0.9))
    y0, x1 = r.length_m - 2.6, 0.1
    side = int(rng.choice((-1, 1)))
    steps = []
    for k in range(9):
        xs = sorted((side * x1, side * b.half))
        steps.append(box((xs[0], y0 + 0.28 * k, 0), (xs[1], r.length_m, 0.165 * (k + 1))))
    parts = [Part(join(steps), concrete, False)]
    rail = [(side * x1, y0 + 0.1, 0.9), (side * x1, y0 + 2.4, 2.3)]
    bars = [
        tube([(side * x1, y0 + 0.28 * k + 0.1, 0.16 * k), (side * x1, y0 + 0.28 * k + 0.1, 0.9 + 0.17 * k)], 0.01, 6)
        for k in range(9)
    ]
    parts.append(Part(join([tube(rail, 0.025), *bars]), Look((0.2, 0.05, 0.03), 0.5)))
    b.parts += parts
    b.door(-side, r.length_m * 0.45, (70, 74, 78), bool(rng.random() < 0.5))
    b.window(-side, r.length_m * 0.7)
    steel = Look((0.4, 0.42, 0.42), 0.35, 0.8)
    b.wall_box(side, r.length_m * 0.35, 1.0, (0.2, 1.1, 0.6), steel, pictures.meters(int(rng.integers(999))))
    b.pipes()
    b.furniture()
    lamp_things, lamps = _lamps(b, 2, False)
    return Place(
        (*things, thing("fittings", "", b.parts), *lamp_things), tuple(lamps), tuple(b.outlets), b.half, r.length_m
    )


def shed(r: PlaceRecipe) -> Place:
    """A bike shed: concrete floor with bay lines, steel posts, corrugated walls, tube lamps, sockets on the wall."""
    b = _Builder(r)
    rng = b.rng
    tint: Colour = ((0.3, 0.36, 0.4), (0.45, 0.45, 0.43), (0.2, 0.32, 0.42))[rng.integers(3)]
    concrete = Look((0.34, 0.33, 0.31), 0.75, pattern="concrete")
    things = _shell(
        b,
        concrete,
        Look(tint, 0.5, pattern="plaster"),
        Look(tuple_scaled(tint, 0.8), 0.5),
        Look((0.4, 0.42, 0.43), 0.6),
    )
    ribs = []
    for side in (-1, 1):
        for y in np.arange(-1.4, r.length_m, 0.24):
            xs = sorted((side * b.half, side * (b.half - 0.02)))
            ribs.append(box((xs[0], y, 1.2), (xs[1], y + 0.1, r.height_m)))
    b.parts.append(Part(join(ribs), Look(tint, 0.45), False))
    posts = [
        box((s * (b.half - 0.1) - 0.04, y - 0.04, 0), (s * (b.half - 0.1) + 0.04, y + 0.04, r.height_m))
        for s in (-1, 1)
        for y in np.arange(1.5, r.length_m, 2.5)
    ]
    b.parts.append(Part(join(posts), Look((0.25, 0.27, 0.3), 0.5), False))
    lines = [
        box((s * b.half * 0.35 - 0.04, y, 0), (s * b.half, y + 0.06, 0.002))
        if s > 0
        else box((-b.half, y, 0), (-b.half * 0.35 + 0.04, y + 0.06, 0.002))
        for s in (-1, 1)
        for y in np.arange(1.0, r.length_m, 0.9)
    ]
    b.parts.append(Part(join(lines), Look((0.65, 0.65, 0.6), 0.7), False))
    white = Look((0.7, 0.7, 0.68), 0.4)
    for y in np.arange(1.8, r.length_m, 1.8):
        side = int(rng.choice((-1, 1)))
        b.wall_box(side, float(y), 1.1, (0.06, 0.14, 0.14), white)
        b.outlets.append((side * (b.half - 0.08), float(y), 1.15))
    b.wall_card(
        int(rng.choice((-1, 1))), r.length_m * 0.5, 1.35, 0.6, 0.85, pictures.poster(int(rng.integers(9999))), out=0.03
    )
    lamp_things, lamps = _lamps(b, 3, True)
    return Place(
        (*things, thing("fittings", "", b.parts), *lamp_things), tuple(lamps), tuple(b.outlets), b.half, r.length_m
    )


def build(r: PlaceRecipe) -> Place:
    """The place that a recipe describes."""
    return {"corridor": corridor, "lobby": lobby, "shed": shed}[r.kind](r)
