"""The door behind which a corridor's walks begin: it stands open while somebody passes."""

from __future__ import annotations

import numpy as np

from models.synth.look import Look, Part, Thing, thing
from models.synth.mesh import Points, card
from models.synth.timeline import Stand, Timeline
from models.synth.world import Place

BEHIND_DOORS = ("corridor",)
"""Places whose walks begin behind a door that the place shows closed."""
WIDTH_M, HEIGHT_M, OUT_M = 0.98, 2.06, 0.03
NEAR_M, STEP_S = 1.2, 0.1


def openings(place: Place, line: Timeline, length_s: float) -> list[Stand]:
    """The open door for every span of time in which somebody is near it."""
    if place.recipe.kind not in BEHIND_DOORS:
        return []
    item, middle = _doorway(place)
    near = [_near(line, float(t), middle) for t in np.arange(0.0, length_s, STEP_S)]
    edges = np.flatnonzero(np.diff([False, *near, False])) * STEP_S
    return [
        Stand(Thing(f"open door {k}", "", item.parts, item.place), "door", float(a), True, float(b), float(a), True)
        for k, (a, b) in enumerate(edges.reshape(-1, 2))
    ]


def _near(line: Timeline, time_s: float, middle: Points) -> bool:
    return any(float(np.hypot(*(item.place[:2, 3] - middle))) < NEAR_M for item in line.moving(time_s))


def _doorway(place: Place) -> tuple[Thing, Points]:
    """What is seen through the door, just before the wall; and the door's middle (x, y)."""
    start = np.array(place.walks["in"][0], float)
    edges = [(np.array(edge.start), np.array(edge.end), edge.z) for edge in place.edges]
    a, b, z = min(edges, key=lambda edge: float(np.linalg.norm((edge[0] + edge[1]) / 2 - start[:2])))
    way = (b - a) / max(float(np.linalg.norm(b - a)), 1e-6)
    middle = (a + b) / 2
    inward = np.array((-way[1], way[0]))
    corner = middle + OUT_M * inward - WIDTH_M / 2 * way
    mesh = card((corner[0], corner[1], z + 0.01), (WIDTH_M * way[0], WIDTH_M * way[1], 0.0), (0.0, 0.0, HEIGHT_M))
    fade = np.linspace(0.5, 1.0, 64)[:, None, None] ** 2
    picture = np.clip(fade * np.array((34, 35, 38)) * np.ones((64, 32, 1)), 0, 255).astype(np.uint8)
    return thing("open door", "", [Part(mesh, Look(picture=picture, rough=0.95), False)]), middle
