"""Scored pictures small enough to work out by hand."""

import numpy as np

from models.classes import BICYCLE, EBIKE, FLAME
from models.score import Scored

HIT, MISS = [0.0, 0.0, 10.0, 10.0], [50.0, 50.0, 60.0, 60.0]


def picture(
    truth: list[list[float]],
    found: list[list[float]],
    ignore: list[list[float]] | None = None,
    labelled: frozenset[int] = frozenset({EBIKE, BICYCLE, FLAME}),
    *,
    image: str = "a",
    source: str = "s",
    light: str = "day",
    scale: float = 1.0,
) -> Scored:
    """truth, ignore: rows [class, x1, y1, x2, y2]; found: rows [x1, y1, x2, y2, score, class]."""
    return Scored(
        image,
        source,
        "",
        labelled,
        np.asarray(truth, np.float32).reshape(-1, 5),
        np.asarray(ignore or [], np.float32).reshape(-1, 5),
        np.asarray(found, np.float32).reshape(-1, 6),
        light,
        scale,
    )
