"""Electric scooters and light e-bikes as meshes: x forward, y left, z up, wheels on z = 0, metres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.synth.look import (
    AMBER,
    CHROME,
    GLASS,
    LENS,
    PLASTIC,
    RED_LENS,
    RUBBER,
    SEAT,
    STEEL,
    Look,
    Part,
    Thing,
    paint,
    thing,
)
from models.synth.mesh import (
    Mesh,
    Points,
    apply,
    arc_strip,
    box,
    card,
    ellipsoid,
    join,
    lathe,
    loft,
    ring,
    shift,
    soft_box,
    torus,
    tube,
    turn,
)

SHAPES = ("moped", "retro", "light", "courier", "maxi")
COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (0.42, 0.015, 0.02),
    "white": (0.75, 0.75, 0.73),
    "black": (0.012, 0.012, 0.014),
    "blue": (0.02, 0.1, 0.38),
    "mint": (0.25, 0.55, 0.45),
    "grey": (0.16, 0.17, 0.18),
    "pink": (0.65, 0.25, 0.3),
    "yellow": (0.75, 0.5, 0.03),
    "orange": (0.7, 0.18, 0.02),
    "silver": (0.5, 0.51, 0.53),
    "green": (0.03, 0.2, 0.07),
    "cream": (0.7, 0.62, 0.45),
    "wine": (0.16, 0.01, 0.03),
    "navy": (0.01, 0.03, 0.1),
    "sky": (0.2, 0.45, 0.7),
}
COVERS: dict[str, tuple[float, float, float]] = {
    "silver": (0.45, 0.46, 0.48),
    "blue": (0.03, 0.12, 0.4),
    "black": (0.02, 0.02, 0.022),
    "red": (0.4, 0.03, 0.04),
    "camouflage": (0.1, 0.13, 0.06),
}


@dataclass(frozen=True, slots=True)
class ScooterRecipe:
    """One machine. `shape` is "moped", "retro", "light" (slim, pedals, bigger wheels),
    "courier" (large box) or "maxi" (heavy, long, with a windscreen).
    `second` is the colour of the front cowl where it differs, `cover` that of a rain cover over everything.
    `steer` and `roll` (of the wheels) are radians."""

    shape: str = "moped"
    colour: str = "red"
    second: str = ""
    top_box: bool = True
    basket: bool = False
    blanket: bool = False
    child_seat: bool = False
    loaded: bool = False
    cover: str = ""
    steer: float = 0.0
    roll: float = 0.0

    @property
    def wheel_radius(self) -> float:
        """Outer radius of the tyres, metres."""
        return {"light": 0.265, "maxi": 0.26}.get(self.shape, 0.24)

    @property
    def half_base(self) -> float:
        """Half the wheelbase, metres."""
        return {"light": 0.58, "maxi": 0.70}.get(self.shape, 0.66)


CHARGE_PORT = (-0.17, 0.15, 0.42)
"""Where a lead meets the machine, in its own frame, metres."""
BATTERY = (0.10, 0.0, 0.34)
"""Where a battery fire comes out (floorboard), in its own frame, metres."""


def wheel(radius: float, spokes: int, slim: bool) -> list[Part]:
    """A wheel around its own y axis, centred on the origin."""
    fat = 0.032 if slim else 0.058
    up = turn("x", np.pi / 2)
    parts = [Part(torus(radius - fat, fat, squash=0.95).moved(up), RUBBER)]
    rim = radius - 2 * fat
    parts.append(Part(torus(rim, 0.013, m=8, squash=1.8).moved(up), CHROME))
    parts.append(Part(lathe([(0, -0.05), (0.045, -0.05), (0.06, 0), (0.045, 0.05), (0, 0.05)], 18).moved(up), STEEL))
    blades = []
    for k in range(spokes):
        a = 2 * np.pi * k / spokes
        tip = (rim * np.cos(a), 0.0, rim * np.sin(a))
        thick = 0.004 if slim else 0.014
        blades.append(tube([(0.03 * np.cos(a), 0.0, 0.03 * np.sin(a)), tip], thick, 6))
    parts.append(Part(join(blades), CHROME if slim else STEEL))
    disc = [(0.055, 0.0), (0.1, 0.0), (0.1, 0.004), (0.055, 0.004)]
    parts.append(Part(lathe(disc, 24, closed=True).moved(shift(y=0.045) @ up), STEEL))
    return parts


def moved(parts: list[Part], matrix: Points) -> list[Part]:
    """Parts under a 4×4 transform."""
    return [Part(p.mesh.moved(matrix), p.look, p.smooth) for p in parts]


def _lengthwise(rows: list[tuple[float, float, float, float]], power: float) -> Mesh:
    """Loft along x from rows of (x, middle z, half width, half height)."""
    return loft([ring((x, 0, z), (0, w, 0), (0, 0, h), power) for x, z, w, h in rows])


def _upright(rows: list[tuple[float, float, float, float]], sweep: float, power: float = 3.0) -> Mesh:
    """Loft along z from rows of (z, middle x, half width, half depth); the edges sweep back by `sweep` metres."""
    rings = []
    for z, x, w, d in rows:
        r = ring((x, 0, z), (d, 0, 0), (0, w, 0), power)
        r[:, 0] -= sweep * (r[:, 1] / max(w, 1e-6)) ** 2 * (w / 0.2)
        rings.append(r)
    return loft(rings)


def _front(r: ScooterRecipe, body: Look) -> list[Part]:
    """Everything that turns with the handlebar."""
    b, radius = r.half_base, r.wheel_radius
    slim = r.shape == "light"
    parts = moved(wheel(radius, 24 if slim else 6, slim), shift(b, 0, radius) @ turn("y", r.roll))
    for side in (-1, 1):
        y = side * 0.075
        parts.append(Part(tube([(b, y, radius), (b - 0.06, y, radius + 0.2), (b - 0.15, y * 0.8, 0.68)], 0.017), STEEL))
    parts.append(Part(arc_strip(radius + 0.03, 0.1, 2.5, 0.075).moved(shift(b, 0, radius)), body))
    top = (b - 0.27, 0.0, 1.0)
    parts.append(Part(tube([(b - 0.14, 0, 0.62), top], 0.026), PLASTIC))
    bar = [
        (b - 0.40, -0.34, 1.06),
        (b - 0.30, -0.2, 1.04),
        (b - 0.26, 0, 1.02),
        (b - 0.30, 0.2, 1.04),
        (b - 0.40, 0.34, 1.06),
    ]
    parts.append(Part(tube(bar, 0.014), STEEL))
    for side in (-1, 1):
        parts.append(Part(tube([(b - 0.40, side * 0.35, 1.06), (b - 0.335, side * 0.25, 1.047)], 0.021), RUBBER))
        lever = [(b - 0.29, side * 0.2, 1.035), (b - 0.30, side * 0.28, 1.035), (b - 0.34, side * 0.35, 1.04)]
        parts.append(Part(tube(lever, 0.007, 6), STEEL))
        stalk = [(b - 0.30, side * 0.2, 1.05), (b - 0.27, side * 0.26, 1.15), (b - 0.28, side * 0.31, 1.24)]
        parts.append(Part(tube(stalk, 0.007, 6), PLASTIC))
        half = (0.02, 0.055, 0.055) if r.shape == "retro" else (0.02, 0.07, 0.042)
        parts.append(Part(ellipsoid((b - 0.28, side * 0.35, 1.26), half), PLASTIC))
        parts.append(Part(ellipsoid((b - 0.293, side * 0.35, 1.26), (0.01, half[1] * 0.85, half[2] * 0.85)), GLASS))
    parts += _head(r, body, b)
    if r.shape == "maxi":
        pane = _upright(
            [(0.98, b - 0.20, 0.17, 0.006), (1.2, b - 0.29, 0.16, 0.006), (1.36, b - 0.36, 0.11, 0.006)], 0.06
        )
        parts.append(Part(pane, Look((0.12, 0.14, 0.16), 0.06, coat=1.0)))
    if r.basket:
        parts.append(Part(_basket(b + 0.02, 0.78), PLASTIC, False))
    return parts


def _head(r: ScooterRecipe, body: Look, b: float) -> list[Part]:
    """Cowl with headlight and indicators on top of the steering column."""
    x = b - 0.25
    parts: list[Part] = []
    if r.shape == "light":
        parts.append(Part(ellipsoid((x + 0.06, 0, 0.95), (0.05, 0.06, 0.06)), PLASTIC))
        parts.append(Part(ellipsoid((x + 0.09, 0, 0.95), (0.03, 0.052, 0.052)), LENS))
        return parts
    parts.append(Part(ellipsoid((x, 0, 1.03), (0.11, 0.17, 0.085)), body))
    parts.append(Part(soft_box((x - 0.07, 0, 1.09), (0.05, 0.09, 0.02)), PLASTIC))
    if r.shape == "retro":
        parts.append(Part(ellipsoid((x + 0.07, 0, 1.03), (0.06, 0.088, 0.088)), CHROME))
        parts.append(Part(ellipsoid((x + 0.085, 0, 1.03), (0.055, 0.075, 0.075)), LENS))
    else:
        parts.append(Part(ellipsoid((x + 0.06, 0, 1.02), (0.06, 0.12, 0.045)), LENS))
    for side in (-1, 1):
        parts.append(Part(ellipsoid((x + 0.05, side * 0.15, 1.0), (0.035, 0.03, 0.02)), AMBER))
    return parts


def _basket(x: float, z: float) -> Mesh:
    """Wire basket before the handlebar, its rear edge at `x`, its floor at `z`."""
    wires = []
    for k, level in enumerate((0.0, 0.07, 0.14, 0.21)):
        w, d = 0.13 + 0.015 * k, 0.20 + 0.02 * k
        loop = [
            (x, -w, z + level),
            (x + d, -w, z + level),
            (x + d, w, z + level),
            (x, w, z + level),
            (x, -w, z + level),
        ]
        wires.append(tube(loop, 0.005, 5))
    for t in np.linspace(-1, 1, 7):
        wires.append(tube([(x + 0.2, 0.13 * t, z), (x + 0.26, 0.175 * t, z + 0.21)], 0.004, 5))
        wires.append(tube([(x + 0.1 + 0.1 * t, 0.13, z), (x + 0.13 + 0.13 * t, 0.175, z + 0.21)], 0.004, 5))
        wires.append(tube([(x + 0.1 + 0.1 * t, -0.13, z), (x + 0.13 + 0.13 * t, -0.175, z + 0.21)], 0.004, 5))
    return join(wires)


def _shell(r: ScooterRecipe, body: Look) -> list[Part]:
    """Leg shield, floorboard, tail and side panels of a step-through scooter."""
    fat = {"retro": 1.12, "maxi": 1.25}.get(r.shape, 1.05)
    shield = [
        (0.27, 0.44, 0.10, 0.05),
        (0.36, 0.475, 0.16, 0.07),
        (0.52, 0.475, 0.205, 0.075),
        (0.68, 0.455, 0.20, 0.075),
    ]
    shield += [(0.82, 0.425, 0.165, 0.07), (0.92, 0.405, 0.11, 0.06), (0.99, 0.39, 0.07, 0.05)]
    tail = [(-1.0, 0.66, 0.05, 0.025), (-0.94, 0.65, 0.09, 0.055), (-0.8, 0.615, 0.14 * fat, 0.1)]
    tail += [(-0.6, 0.57, 0.17 * fat, 0.155 * fat), (-0.4, 0.50, 0.18 * fat, 0.21), (-0.24, 0.46, 0.17, 0.235)]
    tail += [(-0.15, 0.44, 0.13, 0.22)]
    floor = [
        (-0.24, 0.285, 0.13, 0.05),
        (-0.15, 0.285, 0.155, 0.055),
        (0.3, 0.285, 0.155, 0.055),
        (0.45, 0.30, 0.12, 0.05),
    ]
    seat = [(-0.86, 0.765, 0.11, 0.03), (-0.78, 0.77, 0.145, 0.06), (-0.55, 0.75, 0.155, 0.065)]
    seat += [(-0.25, 0.72, 0.13, 0.055), (-0.1, 0.70, 0.09, 0.04), (-0.07, 0.70, 0.05, 0.02)]
    parts = [Part(_upright(shield, 0.09), body), Part(_lengthwise(tail, 2.6), body), Part(_lengthwise(floor, 5), body)]
    parts.append(Part(_lengthwise(seat, 3), SEAT))
    parts.append(Part(box((-0.14, -0.12, 0.335), (0.33, 0.12, 0.348)), RUBBER, False))
    inner = [(0.36, 0.41, 0.11, 0.05), (0.6, 0.39, 0.15, 0.06), (0.85, 0.36, 0.11, 0.05), (0.97, 0.35, 0.05, 0.04)]
    parts.append(Part(_upright(inner, 0.0, 4), PLASTIC))
    parts.append(Part(soft_box((-0.05, 0, 0.21), (0.34, 0.10, 0.06)), PLASTIC))
    trim = RED_LENS if r.colour != "red" else Look((0.7, 0.7, 0.7), 0.3)
    for side in (-1, 1):
        line = [(-0.85, side * 0.115, 0.60), (-0.58, side * 0.168 * fat, 0.55), (-0.36, side * 0.176 * fat, 0.50)]
        parts.append(Part(tube(line, [0.004, 0.012, 0.006], 6), trim))
        lamp = ellipsoid((0.535, side * 0.10, 0.58), (0.018, 0.045, 0.03))
        parts.append(Part(lamp, AMBER))
    parts.append(Part(card((0.556, 0.11, 0.70), (0, -0.22, 0), (-0.035, 0, 0.06)), Look((0.75, 0.75, 0.7), 0.4), False))
    return parts


def _frame(body: Look) -> list[Part]:
    """Open tube frame, battery case and small saddle of a light e-bike with pedals."""
    parts = [Part(tube([(0.44, 0, 0.66), (0.36, 0, 0.42), (0.2, 0, 0.32), (-0.3, 0, 0.32)], 0.03), body)]
    parts.append(Part(tube([(-0.3, 0, 0.3), (-0.38, 0, 0.62), (-0.4, 0, 0.78)], 0.02), STEEL))
    for side in (-1, 1):
        y = side * 0.07
        parts.append(Part(tube([(-0.25, y, 0.31), (-0.58, y, 0.255)], 0.016), body))
        parts.append(Part(tube([(-0.38, y * 0.6, 0.6), (-0.58, y, 0.255)], 0.014), body))
        rack = [(-0.40, y, 0.66), (-0.88, y, 0.68), (-0.9, 0, 0.68)]
        parts.append(Part(tube(rack, 0.009), STEEL))
        crank = [(-0.12, side * 0.09, 0.30), (-0.12 + 0.15 * side, side * 0.1, 0.24)]
        parts.append(Part(tube(crank, 0.01, 6), STEEL))
        x = -0.12 + 0.15 * side
        parts.append(
            Part(box((x - 0.04, side * 0.15 - 0.05, 0.23), (x + 0.04, side * 0.15 + 0.05, 0.25)), PLASTIC, False)
        )
    parts.append(Part(soft_box((-0.2, 0, 0.47), (0.1, 0.07, 0.15)), PLASTIC))
    parts.append(Part(box((-0.05, -0.11, 0.35), (0.3, 0.11, 0.37)), RUBBER, False))
    saddle = [
        (-0.55, 0.83, 0.09, 0.03),
        (-0.5, 0.84, 0.12, 0.045),
        (-0.38, 0.83, 0.09, 0.04),
        (-0.25, 0.82, 0.035, 0.02),
    ]
    parts.append(Part(_lengthwise(saddle, 2.5), SEAT))
    rear = [(-0.9, 0.74, 0.08, 0.03), (-0.7, 0.74, 0.1, 0.035), (-0.62, 0.735, 0.08, 0.03)]
    parts.append(Part(_lengthwise(rear, 3), SEAT))
    return parts


def _rear(r: ScooterRecipe, body: Look) -> list[Part]:
    """Rear wheel with hub motor, swing arm, springs, lights, plate, rack and stand."""
    b, radius, slim = r.half_base, r.wheel_radius, r.shape == "light"
    parts = moved(wheel(radius, 24 if slim else 6, slim), shift(-b, 0, radius) @ turn("y", r.roll))
    motor = [(0, -0.06), (0.08, -0.06), (0.1, -0.04), (0.1, 0.04), (0.08, 0.06), (0, 0.06)]
    parts.append(Part(lathe(motor, 22).moved(shift(-b, 0, radius) @ turn("x", np.pi / 2)), STEEL))
    parts.append(Part(arc_strip(radius + 0.035, 0.7, 3.0, 0.07).moved(shift(-b, 0, radius)), PLASTIC))
    for side in (-1, 1):
        y = side * 0.105
        parts.append(Part(tube([(-0.2, y, 0.25), (-b - 0.02, y, radius)], 0.02), PLASTIC))
        parts.append(Part(tube([(-b, y, radius), (-b + 0.06, y, 0.5)], 0.026, 10), RED_LENS if not slim else STEEL))
    parts.append(Part(tube([(-0.08, 0.12, 0.2), (-0.02, 0.24, 0.01)], 0.011), STEEL))
    tail_x = -0.93
    parts.append(Part(ellipsoid((tail_x, 0, 0.645), (0.05, 0.085, 0.035)), RED_LENS))
    plate = card((tail_x - 0.03, 0.1, 0.46), (0, -0.2, 0), (-0.02, 0, 0.12))
    parts.append(Part(plate, Look((0.75, 0.78, 0.75), 0.4), False))
    if not slim:
        for side in (-1, 1):
            grab = [(-0.62, side * 0.14, 0.70), (-0.85, side * 0.13, 0.78), (-1.0, side * 0.05, 0.79), (-1.0, 0, 0.79)]
            parts.append(Part(tube(grab, 0.013), CHROME))
    return parts


def _load(r: ScooterRecipe) -> list[Part]:
    """Top box, courier box or quilted wind blanket."""
    parts: list[Part] = []
    if r.shape == "courier":
        parts.append(Part(soft_box((-0.82, 0, 1.02), (0.25, 0.25, 0.24), 9, 0.06), paint((0.02, 0.25, 0.6), 0.5)))
        parts.append(Part(box((-1.072, -0.2, 0.98), (-1.068, 0.2, 1.06)), Look((0.8, 0.8, 0.75), 0.3), False))
    elif r.top_box:
        parts.append(Part(soft_box((-0.87, 0, 0.93), (0.17, 0.20, 0.13), 5, 0.35), PLASTIC))
        parts.append(Part(soft_box((-0.87, 0, 0.925), (0.173, 0.203, 0.012), 5, 0.4), STEEL))
        parts.append(Part(box((-1.048, -0.12, 0.86), (-1.036, 0.12, 0.89)), RED_LENS, False))
    if r.child_seat:
        tint = paint((0.5, 0.12, 0.15), 0.6)
        parts.append(Part(soft_box((-0.62, 0, 0.88), (0.13, 0.14, 0.06), 5), tint))
        parts.append(Part(soft_box((-0.74, 0, 1.08), (0.04, 0.15, 0.2), 5), tint))
        hoop = [(-0.7, -0.15, 1.0), (-0.48, -0.16, 1.05), (-0.46, 0, 1.06), (-0.48, 0.16, 1.05), (-0.7, 0.15, 1.0)]
        parts.append(Part(tube(hoop, 0.014), PLASTIC))
    if r.loaded:
        sack = soft_box((0.08, 0.0, 0.52), (0.16, 0.15, 0.17), 3, 0.6)
        parts.append(Part(sack, Look((0.55, 0.5, 0.42), 0.8)))
        carton = box((-0.95, -0.22, 0.8), (-0.5, 0.22, 1.15))
        parts.append(Part(carton, Look((0.35, 0.22, 0.11), 0.85), False))
        parts.append(Part(soft_box((0.36, -0.3, 0.78), (0.07, 0.08, 0.16), 3, 0.5), Look((0.6, 0.05, 0.06), 0.4)))
    if r.blanket:
        rows = [(0.45, 0.56, 0.3, 0.035), (0.7, 0.55, 0.34, 0.05), (0.95, 0.5, 0.38, 0.05), (1.1, 0.42, 0.36, 0.03)]
        parts.append(Part(_upright(rows, 0.16, 2.6), Look((0.05, 0.07, 0.16), 0.8)))
    return parts


def _cover(r: ScooterRecipe) -> list[Part]:
    """A rain cover: cloth from a hand's breadth over the ground to the mirrors, in folds."""
    long = r.half_base + r.wheel_radius
    rows = [(-long - 0.05, 0.35, 0.5), (-long + 0.08, 0.18, 0.8), (-0.55, 0.14, 0.95), (-0.2, 0.14, 0.86)]
    rows += [(0.1, 0.14, 0.95), (0.32, 0.13, 1.18), (0.45, 0.14, 1.2), (long - 0.1, 0.17, 0.8), (long + 0.03, 0.4, 0.5)]
    rings = []
    for k, (x, low, high) in enumerate(rows):
        wide = 0.10 + 0.27 * np.sin(np.pi * (k + 0.6) / len(rows)) + (0.1 if 0.25 < x < 0.5 else 0.0)
        around = ring((x, 0, (low + high) / 2), (0, wide, 0), (0, 0, (high - low) / 2), 2.8, 40)
        folds = 1 + 0.07 * np.sin(np.arange(40) * 2.7 + k) * (around[:, 2] < high - 0.25)
        around[:, 1] *= folds
        rings.append(around)
    cloth = Look(COVERS[r.cover], 0.35 if r.cover == "silver" else 0.7)
    hem = tube([(-0.25, -0.3, 0.5), (0.0, -0.33, 0.75), (0.0, 0.0, 0.97), (0.0, 0.33, 0.75), (-0.25, 0.3, 0.5)], 0.012)
    return [Part(loft(rings), cloth), Part(hem, PLASTIC)]


def scooter(r: ScooterRecipe, place: Points | None = None, kind: str = "ebike") -> Thing:
    """A whole machine from its recipe; `place` puts its ground centre into the world."""
    body = paint(COLOURS[r.colour])
    cowl = paint(COLOURS[r.second]) if r.second else body
    pivot = shift(r.half_base - 0.1, 0, 0)
    steer = pivot @ turn("z", r.steer) @ np.linalg.inv(pivot)
    parts = moved(_front(r, cowl), steer) + _rear(r, body) + _load(r)
    parts += _frame(body) if r.shape == "light" else _shell(r, body)
    if r.cover:
        parts += _cover(r)
    return thing(f"scooter {r.shape} {r.colour}", kind, parts, place)


def random_scooter(rng: np.random.Generator, place: Points, shape: str = "", **fixed: object) -> Thing:
    """A machine of any shape, colour and equipment, but for what is `fixed` (fields of ScooterRecipe)."""
    colours = sorted(COLOURS)
    kind = shape or str(rng.choice(SHAPES, p=(0.32, 0.18, 0.28, 0.1, 0.12)))
    drawn: dict[str, Any] = {
        "shape": kind,
        "colour": colours[int(rng.integers(len(colours)))],
        "second": colours[int(rng.integers(len(colours)))] if rng.random() < 0.2 else "",
        "top_box": bool(rng.random() < 0.45),
        "basket": bool(rng.random() < (0.7 if kind == "light" else 0.2)),
        "blanket": bool(rng.random() < 0.1),
        "child_seat": bool(rng.random() < 0.08),
        "loaded": bool(rng.random() < 0.08),
        "steer": float(rng.normal(0, 0.3)),
        **fixed,
    }
    return scooter(ScooterRecipe(**drawn), place)


def charge_port(place: Points, side: int = 1) -> Points:
    """World position (3,) of a parked machine's charging port, on its left (1) or right (-1)."""
    port = np.array(CHARGE_PORT) * np.array((1.0, side, 1.0))
    return np.asarray(apply(place, port[None])[0])


def battery(place: Points) -> Points:
    """World position (3,) of the place where a battery fire comes out."""
    return np.asarray(apply(place, np.array([BATTERY]))[0])
