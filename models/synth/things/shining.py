"""Things that shine and are no fire: what a flame must not be confused with. Metres."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.synth.look import PLASTIC, STEEL, Lamp, Look, Part, thing
from models.synth.mesh import Points, box, card, ellipsoid, lathe, tube
from models.synth.pictures import led_text
from models.synth.world import Colour, Fixture

WARM: Colour = (1.0, 0.66, 0.32)
RED: Colour = (1.0, 0.05, 0.03)


def _at(place: Points, z: float) -> tuple[float, float, float]:
    spot = place @ np.array((0.0, 0.0, z, 1.0))
    return float(spot[0]), float(spot[1]), float(spot[2])


def table_lamp(rng: np.random.Generator, place: Points) -> Fixture:
    """A warm bulb, under a shade or bare, on a stand 0.4–1.4 m high."""
    high = float(rng.uniform(0.4, 1.4))
    bulb = Part(ellipsoid((0, 0, high), (0.035, 0.035, 0.05)), Look(WARM, emit=float(rng.uniform(10, 40))))
    parts = [Part(tube([(0, 0, 0), (0, 0, high - 0.04)], 0.012), STEEL), bulb]
    parts.append(Part(lathe([(0, 0), (0.12, 0), (0.12, 0.02), (0, 0.03)]), PLASTIC))
    if rng.random() < 0.6:
        shade = lathe([(0.16, high - 0.08), (0.1, high + 0.12)])
        parts.append(Part(shade, Look(WARM, 0.8, emit=float(rng.uniform(1, 4)))))
    return Fixture(thing("table lamp", "", parts, place), (Lamp(_at(place, high), (0.05, 0.0), 12.0, WARM),))


def tail_light(rng: np.random.Generator, place: Points) -> Fixture:
    """A red lamp at a machine's tail, left on."""
    high = float(rng.uniform(0.5, 0.8))
    parts = [Part(ellipsoid((0, 0, high), (0.02, 0.07, 0.03)), Look(RED, emit=float(rng.uniform(6, 25))))]
    parts.append(Part(box((0.01, -0.04, 0), (0.04, 0.04, high - 0.03)), PLASTIC))
    return Fixture(thing("tail light", "", parts, place), (Lamp(_at(place, high), (0.03, 0.0), 2.0, RED),))


def led_sign(rng: np.random.Generator, place: Points) -> Fixture:
    """A running text in red, amber or green dots, 0.5–0.9 m wide, at head height."""
    wide, high = float(rng.uniform(0.5, 0.9)), float(rng.uniform(1.6, 2.2))
    colour = ((255, 40, 20), (255, 150, 20), (40, 255, 60))[int(rng.integers(3))]
    picture = led_text(int(rng.integers(1 << 20)), colour)
    face = card((0.03, -wide / 2, high), (0, wide, 0), (0, 0, wide / 4))
    parts = [
        Part(box((-0.03, -wide / 2 - 0.02, high - 0.02), (0.028, wide / 2 + 0.02, high + wide / 4 + 0.02)), PLASTIC)
    ]
    parts.append(Part(face, Look(picture=picture, emit=float(rng.uniform(2, 6))), False))
    return Fixture(thing("led sign", "", parts, place))


def lantern(rng: np.random.Generator, place: Points) -> Fixture:
    """A red paper lantern that hangs at 1.9–2.3 m, lit from inside."""
    high = float(rng.uniform(1.9, 2.3))
    parts = [
        Part(ellipsoid((0, 0, high), (0.17, 0.17, 0.14)), Look((0.9, 0.06, 0.03), 0.8, emit=float(rng.uniform(1, 5))))
    ]
    parts.append(Part(tube([(0, 0, high + 0.13), (0, 0, high + 0.5)], 0.004, 5), PLASTIC))
    parts.append(Part(tube([(0, 0, high - 0.13), (0, 0, high - 0.35)], 0.01, 5), Look((0.8, 0.5, 0.05), 0.7)))
    return Fixture(thing("lantern", "", parts, place), (Lamp(_at(place, high), (0.15, 0.0), 8.0, (1.0, 0.25, 0.12)),))


def electric_candles(rng: np.random.Generator, place: Points) -> Fixture:
    """A pair of electric altar candles on a little table."""
    parts = [Part(box((-0.15, -0.3, 0), (0.15, 0.3, 0.6)), Look((0.25, 0.05, 0.03), 0.5), False)]
    for y in (-0.2, 0.2):
        parts.append(Part(tube([(0, y, 0.6), (0, y, 0.78)], 0.02), Look((0.6, 0.05, 0.04), 0.4)))
        tip = Look((1.0, 0.35, 0.08), emit=float(rng.uniform(8, 25)))
        parts.append(Part(ellipsoid((0, y, 0.81), (0.012, 0.012, 0.03)), tip))
    return Fixture(thing("electric candles", "", parts, place), (Lamp(_at(place, 0.82), (0.1, 0.0), 1.5, WARM),))


def torch(rng: np.random.Generator, place: Points) -> Fixture:
    """A bright white lamp that points at the camera's side of the room."""
    high = float(rng.uniform(0.8, 1.3))
    cold: Colour = (0.85, 0.93, 1.0)
    parts = [Part(ellipsoid((0, 0, high), (0.03, 0.03, 0.03)), Look(cold, emit=float(rng.uniform(30, 90))))]
    parts.append(Part(tube([(0, 0, 0), (0, 0, high - 0.02)], 0.012), PLASTIC))
    return Fixture(thing("torch", "", parts, place), (Lamp(_at(place, high), (0.04, 0.0), 15.0, cold),))


SHINING: dict[str, Callable[[np.random.Generator, Points], Fixture]] = {
    "table_lamp": table_lamp,
    "tail_light": tail_light,
    "led_sign": led_sign,
    "lantern": lantern,
    "electric_candles": electric_candles,
    "torch": torch,
}
"""Name → how to make it at a 4×4 placement on the floor."""
