"""What every mesh must be."""

from __future__ import annotations

import numpy as np

from models.synth.look import Thing


def check_sound(item: Thing) -> None:
    """Finite vertices, faces that name existing ones."""
    assert item.parts
    for part in item.parts:
        assert np.isfinite(part.mesh.vertices).all()
        flat = [i for face in part.mesh.faces for i in face]
        assert min(flat) >= 0
        assert max(flat) < len(part.mesh.vertices)


def size_of(item: Thing) -> tuple[float, float, float]:
    """Extent along x, y, z in the world, metres."""
    x, y, z = np.ptp(item.points(), axis=0)
    return float(x), float(y), float(z)
