"""What rooms are built from: walls with their dado, doors, windows, pipes, meters, posters; and their light. Metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.synth import pictures
from models.synth.look import PLASTIC, STEEL, Lamp, Look, Part, Picture, Thing, thing
from models.synth.mesh import Points, box, card, join, lathe, shift, tube
from models.synth.world import Colour, Edge, Outlet, PlaceRecipe, Point

WARM: Colour = (1.0, 0.78, 0.52)
NEUTRAL: Colour = (1.0, 0.93, 0.84)
COLD: Colour = (0.82, 0.92, 1.0)
SUNSET: Colour = (1.0, 0.45, 0.16)
DAYLIGHT: Colour = (0.86, 0.93, 1.0)
DOOR_PAINTS = ((96, 42, 30), (60, 66, 72), (120, 84, 50), (72, 30, 28), (40, 60, 52), (136, 120, 96), (44, 44, 60))
WALL_PAINTS: tuple[Colour, ...] = ((0.66, 0.64, 0.59), (0.72, 0.72, 0.7), (0.62, 0.58, 0.48), (0.55, 0.58, 0.56))
DADO_PAINTS: tuple[Colour, ...] = (
    (0.16, 0.3, 0.22),
    (0.14, 0.24, 0.36),
    (0.4, 0.36, 0.28),
    (0.32, 0.33, 0.33),
    (0.36, 0.2, 0.13),
    (0.45, 0.44, 0.4),
    (0.2, 0.34, 0.36),
)


@dataclass(frozen=True, slots=True)
class Size:
    """A room: x from -width/2 to +width/2, y from -1.5 (behind the camera) to `length`, z up to `height`; metres."""

    width: float
    length: float
    height: float


class Builder:
    """Collects parts on the two long walls; `side` is -1 (left) or +1 (right)."""

    def __init__(self, recipe: PlaceRecipe, rng: np.random.Generator, size: Size) -> None:
        self.recipe, self.rng, self.size = recipe, rng, size
        self.half = size.width / 2
        self.parts: list[Part] = []
        self.outlets: list[Outlet] = []
        self._hung: list[tuple[int, float, float]] = []
        self.panes: list[tuple[int, float]] = []
        """Side and y of the windows that let light in."""

    def room_for(self, side: int, y: float, width: float) -> bool:
        """Whether a wall is free around `y`; if so that stretch is taken now."""
        if any(s == side and abs(y - at) < (width + wide) / 2 for s, at, wide in self._hung):
            return False
        self._hung.append((side, y, width))
        return True

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
        self.room_for(side, y, 1.5 if dressed else 1.15)
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
        self.outlets.append(Outlet((side * (self.half - 0.02), y + 0.45, 2.06), "door"))

    def window(self, side: int, y: float) -> None:
        """A kitchen window onto the room, with bars; light behind it by the recipe."""
        self.room_for(side, y, 1.2)
        glow: dict[str, tuple[Colour, float]] = {"day": (DAYLIGHT, 1.6), "sunset": (SUNSET, 3.0)}
        colour, emit = glow.get(self.recipe.light, ((0.05, 0.06, 0.07), 0.0))
        if not emit and self.recipe.light == "night" and self.rng.random() < 0.4:
            colour, emit = WARM, 0.5
        glass = Look(colour, 0.08, coat=0.5, emit=emit)
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
        self.outlets.append(Outlet((side * (self.half - 0.06), y + 0.2, 1.2), "window"))
        self.panes.append((side, y))

    def pipes(self) -> None:
        """Water and gas pipes, cable conduit and trunking: straight things that are no leads."""
        h, length = self.size.height, self.size.length
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
        rng, length = self.rng, self.size.length
        grey = Look((0.3, 0.32, 0.32), 0.45)
        red = Look((0.4, 0.012, 0.01), 0.35)
        side = int(rng.choice((-1, 1)))
        meters_y, hydrant_y = float(rng.uniform(0.15, 0.5)) * length, float(rng.uniform(0.4, 0.85)) * length
        if self.room_for(side, meters_y, 1.0):
            self.wall_box(side, meters_y, 1.15, (0.16, 0.9, 0.7), grey, pictures.meters(int(rng.integers(999))))
            self.outlets.append(Outlet((side * (self.half - 0.15), meters_y - 0.3, 1.16), "meters"))
        if self.room_for(-side, hydrant_y + 0.2, 1.2):
            self.wall_box(-side, hydrant_y, 0.5, (0.14, 0.65, 0.8), red, pictures.hydrant_front(int(rng.integers(999))))
            for dy in (0.55, 0.75):
                self.parts += fire_bottle(shift(-side * (self.half - 0.12), hydrant_y + dy, 0.0))
        for _ in range(int(rng.integers(3, 9))):
            s, y = int(rng.choice((-1, 1))), float(rng.uniform(0.08, 0.95)) * length
            sort, seed = rng.random(), int(rng.integers(9999))
            if not self.room_for(s, y, 0.7):
                continue
            if sort < 0.35:
                self.wall_card(s, y, 1.2, 0.5, 0.72, pictures.poster(seed), out=0.006, rough=0.3)
            elif sort < 0.65:
                self.wall_card(s, y, float(rng.uniform(0.9, 1.5)), 0.21, 0.3, pictures.notice(seed), out=0.006)
            elif sort < 0.85:
                self.wall_card(s, y, float(rng.uniform(1.22, 1.5)), 0.6, 0.42, pictures.small_ads(seed), out=0.005)
            else:
                wide = float(rng.uniform(0.6, 1.4))
                self.wall_card(s, y, 1.25, wide, 0.8 * wide, pictures.damp(seed, (186, 182, 172)), out=0.0045)

    def wires(self) -> None:
        """Telephone and television wires stapled to a wall, with a loop left over: thin confusers of a lead."""
        rng, length, height = self.rng, self.size.length, self.size.height
        side = int(rng.choice((-1, 1)))
        x = side * (self.half - 0.01)
        ink = Look((0.02, 0.02, 0.02) if rng.random() < 0.6 else (0.6, 0.6, 0.58), 0.6)
        y = np.linspace(-1.0, length - 0.1, 60)
        z = height - 0.45 + 0.03 * np.abs(np.sin(y * float(rng.uniform(1.5, 4))))
        self.parts.append(Part(tube(np.stack([np.full_like(y, x), y, z], axis=1), 0.004, 5), ink))
        if rng.random() < 0.6:
            at, turns = float(rng.uniform(0.3, 0.8)) * length, np.linspace(0, 6 * np.pi, 60)
            radius = 0.09 + 0.012 * np.sin(turns * 0.7)
            loop = [np.full_like(turns, x), at + radius * np.cos(turns), height - 0.6 + radius * np.sin(turns)]
            self.parts.append(Part(tube(np.stack(loop, axis=1), 0.004, 5), ink))

    def edges(self) -> tuple[Edge, ...]:
        """The feet of the two long walls and of the far one, the room on their left."""
        w, length = self.half, self.size.length
        return (Edge((w, 0.6), (w, length)), Edge((-w, length), (-w, 0.6)), Edge((w, length), (-w, length)))

    def corners(self) -> tuple[tuple[float, float], ...]:
        """The floor's corners in sight, counter-clockwise."""
        w, length = self.half, self.size.length
        return ((-w, 0.3), (w, 0.3), (w, length), (-w, length))

    def outline(self, inset: float = 0.05) -> tuple[Point, ...]:
        """The floor as a zone's polygon."""
        w, length = self.half - inset, self.size.length - inset
        return ((-w, 0.4, 0.0), (w, 0.4, 0.0), (w, length, 0.0), (-w, length, 0.0))


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


def shell(b: Builder, floor: Look, wall: Look, dado: Look, ceiling: Look) -> list[Thing]:
    """Floor, walls with a painted lower band, skirting and ceiling, open behind the camera's back by one metre."""
    w, length, h = b.half, b.size.length, b.size.height
    skirt = Look(scaled(floor.colour, 0.45), 0.3)
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


def scaled(colour: Colour, factor: float) -> Colour:
    """A colour made darker or lighter."""
    return (colour[0] * factor, colour[1] * factor, colour[2] * factor)


def lamps(b: Builder, count: int, tubes: bool) -> tuple[list[Thing], list[Lamp], tuple[Colour, float]]:
    """Ceiling lamps along the middle and light through the windows, by the recipe's light: things, lamps, sky."""
    light, rng = b.recipe.light, b.rng
    colour = (WARM, NEUTRAL, COLD, NEUTRAL)[int(rng.integers(4))]
    windows = bool(b.panes) and light in ("day", "sunset")
    on = [light != "ir" and (not windows or rng.random() < 0.5)] * count
    if light == "dim":
        only = int(rng.integers(count))
        on = [k == only for k in range(count)]
    parts, shining = [], []
    for k, lit in enumerate(on):
        power = (0.35 if light == "dim" else float(rng.uniform(0.7, 1.1))) * lit
        part, lamp = _ceiling_lamp(b, b.size.length * (k + 0.5) / count, tubes, colour, power)
        parts.append(part)
        if power:
            shining.append(lamp)
    shining += _through_windows(b)
    sky = {"day": (DAYLIGHT, 0.5), "sunset": (SUNSET, 0.12), "night": ((0.5, 0.6, 0.8), 0.03)}
    return [thing("lamps", "", parts)], shining, sky.get(light, ((0.5, 0.6, 0.8), 0.012 if light == "dim" else 0.0))


def _ceiling_lamp(b: Builder, y: float, tubes: bool, colour: Colour, power: float) -> tuple[Part, Lamp]:
    h = b.size.height
    glow = Look(colour, emit=9.0 * power) if power else Look((0.7, 0.7, 0.68), 0.4)
    if tubes:
        part, size = Part(box((-0.04, y - 0.6, h - 0.05), (0.04, y + 0.6, h - 0.01)), glow, False), (0.1, 1.2)
    else:
        dome = lathe([(0.17, 0.0), (0.16, -0.05), (0.1, -0.08), (0.0, -0.09)]).moved(shift(0, y, h))
        part, size = Part(dome, glow), (0.34, 0.34)
    return part, Lamp((0.0, y, h - 0.12), size, 20.0 * power * b.size.width * b.size.length / 26, colour)


def _through_windows(b: Builder) -> list[Lamp]:
    """Daylight, or the low sun, at every pane."""
    if b.recipe.light not in ("day", "sunset"):
        return []
    watts, colour = (45.0, DAYLIGHT) if b.recipe.light == "day" else (60.0, SUNSET)
    aim_z = -0.4 if b.recipe.light == "day" else -0.15
    return [
        Lamp((side * (b.half - 0.12), y, 1.62), (0.9, 0.9), watts, colour, (-float(side), 0.1, aim_z))
        for side, y in b.panes
    ]
