"""A machine's battery taken out of it (no label class: a detector cannot tell it from a bag)."""

from __future__ import annotations

import numpy as np

from models.synth.look import PLASTIC, Look, Part, Thing, thing
from models.synth.mesh import Points, soft_box, tube


def battery_case(rng: np.random.Generator, place: Points) -> Thing:
    """A bare battery, about 0.3 × 0.17 × 0.22 m, with a carrying handle and a coloured band."""
    x, y, z = (float(v) for v in rng.uniform((0.12, 0.07, 0.09), (0.19, 0.1, 0.14)))
    case = Look(((0.02, 0.02, 0.022), (0.3, 0.3, 0.32), (0.02, 0.05, 0.2))[int(rng.integers(3))], 0.4)
    parts = [Part(soft_box((0, 0, z), (x, y, z), 8, 0.2), case)]
    parts.append(Part(soft_box((0, 0, 1.5 * z), (x * 1.01, y * 1.02, 0.02), 8), Look((0.6, 0.25, 0.02), 0.5)))
    grip = [(-0.6 * x, 0, 2 * z), (-0.5 * x, 0, 2 * z + 0.05), (0.5 * x, 0, 2 * z + 0.05), (0.6 * x, 0, 2 * z)]
    parts.append(Part(tube(grip, 0.01), PLASTIC))
    return thing("battery", "", parts, place)
