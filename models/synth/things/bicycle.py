"""A pedal bicycle (label class bicycle): x forward, y left, wheels on z = 0, metres."""

from __future__ import annotations

import numpy as np

from models.synth.look import CHROME, PLASTIC, STEEL, Look, Part, Thing, thing
from models.synth.mesh import Points, Vector, ellipsoid, join, lathe, shift, tube, turn


def bicycle(seed: int, place: Points) -> Thing:
    """A plain city bicycle (label class bicycle): x forward, y left, wheels on z = 0."""
    rng = np.random.default_rng(seed)
    tint = ((0.35, 0.02, 0.02), (0.02, 0.15, 0.3), (0.01, 0.01, 0.01), (0.4, 0.4, 0.42), (0.05, 0.3, 0.15))[
        rng.integers(5)
    ]
    frame, radius = Look(tint, 0.3, coat=0.6), 0.33
    parts: list[Part] = []
    for x in (-0.52, 0.52):
        spot = place @ shift(x, 0, radius) @ turn("x", np.pi / 2)
        parts.append(Part(lathe(_ring_profile(radius - 0.018, 0.018), 44, closed=True).moved(spot), PLASTIC))
        parts.append(Part(lathe(_ring_profile(radius - 0.045, 0.008), 44, closed=True).moved(spot), CHROME))
        spokes = []
        for a in np.linspace(0, 2 * np.pi, 24, endpoint=False):
            spokes.append(tube([(0, 0, 0), (0.29 * np.cos(a), 0.29 * np.sin(a), 0)], 0.0022, 4))
        parts.append(Part(join(spokes).moved(spot), CHROME))
    bones: list[list[Vector]] = [
        [(-0.08, 0, 0.29), (-0.2, 0, 0.82)],
        [(-0.08, 0, 0.29), (0.36, 0, 0.72)],
        [(-0.17, 0, 0.68), (0.35, 0, 0.8)],
    ]
    bones += [[(-0.52, s * 0.05, 0.33), (-0.08, s * 0.03, 0.29)] for s in (-1, 1)]
    bones += [[(-0.52, s * 0.05, 0.33), (-0.18, s * 0.02, 0.72)] for s in (-1, 1)]
    bones += [[(0.52, s * 0.05, 0.33), (0.38, s * 0.04, 0.68)] for s in (-1, 1)]
    bones += [[(0.38, 0, 0.68), (0.33, 0, 0.95)]]
    parts.append(Part(join([tube(b, 0.016) for b in bones]).moved(place), frame))
    bar = tube([(0.2, -0.28, 1.0), (0.34, -0.1, 0.98), (0.36, 0, 0.97), (0.34, 0.1, 0.98), (0.2, 0.28, 1.0)], 0.012)
    crank = lathe([(0.08, 0.0), (0.1, 0.0), (0.1, 0.006), (0.08, 0.006)], closed=True).moved(
        shift(-0.08, -0.06, 0.29) @ turn("x", 1.57)
    )
    parts.append(Part(join([bar, crank]).moved(place), STEEL))
    parts.append(Part(ellipsoid((-0.23, 0, 0.86), (0.13, 0.075, 0.03)).moved(place), PLASTIC))
    return thing(f"bicycle {seed}", "bicycle", parts)


def _ring_profile(radius: float, thickness: float) -> list[tuple[float, float]]:
    angles = np.linspace(0, 2 * np.pi, 9, endpoint=False)
    return [(radius + thickness * float(np.cos(a)), thickness * float(np.sin(a))) for a in angles]
