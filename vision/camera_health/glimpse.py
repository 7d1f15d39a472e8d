"""What is measured of one picture to tell whether its camera still sees: light, detail and the direction of edges.

All of it is taken from a small grey copy, so that a look costs a fraction of a millisecond whatever the camera's size.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.geometry import Polygon

WIDTH, HEIGHT = 160, 120
"""Of the copy that edges are taken from. Fixed, whatever the picture's shape: it is only compared with itself."""
COLUMNS, ROWS = 8, 6
"""Blocks in which the view is kept or lost: a person or a van fills some of them, a hand before the lens nearly all."""
SAMPLE = 64, 96
"""Rows and columns of single pixels that are kept unmixed, so that the sensor's noise stays in them."""
EDGE = 24.0
"""Sobel response, grey levels × 8, at which an edge counts for half: a step of 3 levels over one cell, which is above
what noise and compression leave in a copy of this size."""
NOISE_STEP = 4
"""Grey levels: steps up to here are left out of the detail, as noise makes them, and stays when the focus goes."""
_FAINTEST_EDGE = 8.0
"""The same in a picture with hardly any contrast."""
_EDGE_OF_CONTRAST = 0.6
"""`EDGE` in a picture of little contrast: this × the standard deviation of its grey levels."""

Plane = NDArray[np.float32]
Levels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Glimpse:
    """Of one picture.

    edges: (2, HEIGHT, WIDTH) float32, direction of the edge at each cell as a vector of twice its angle, length 0–1.
        Twice the angle: an edge keeps it when bright and dark change sides, as they do under infrared.
    light: (ROWS, COLUMNS) float32, mean grey level 0–255. detail: the same shape, mean step between two neighbouring
        columns of a copy twice as fine as `edges`, grey levels above noise: what a lens out of focus loses first.
    brightest: grey level that 1 % of the picture exceeds. clipped: share of the picture that is white.
    colour: mean distance between red and blue, grey levels: about 0 under infrared.
    sample: SAMPLE uint8, single grey pixels.
    """

    edges: Plane
    light: Plane
    detail: Plane
    brightest: int
    clipped: float
    colour: float
    sample: Levels


def glimpse(image: Levels, seen: Plane | None = None) -> Glimpse:
    """Of a (H, W, 3) BGR picture. seen: of `seen_through`, if anything is masked."""
    small = cv2.resize(image, (2 * WIDTH, 2 * HEIGHT), interpolation=cv2.INTER_LINEAR)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
    half = np.asarray(cv2.resize(grey, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
    counts = np.bincount(half.ravel(), minlength=256)
    steps = np.zeros_like(grey)  # none of the last column
    cv2.threshold(cv2.absdiff(grey[:, 1:], grey[:, :-1]), NOISE_STEP, 0, cv2.THRESH_TOZERO, steps[:, :-1])
    tint = small[::8, ::8].astype(np.int16)
    return Glimpse(
        edges=_edges(half) if seen is None else _edges(half) * seen,
        light=_blocks(half),
        detail=_blocks(steps),
        brightest=int(np.searchsorted(np.cumsum(counts), 0.99 * half.size)),
        clipped=float(counts[WHITE:].sum()) / half.size,
        colour=float(np.abs(tint[..., 2] - tint[..., 0]).mean()),
        sample=_sample(image),
    )


WHITE = 248
"""Grey level from which a pixel is taken to be clipped."""


def seen_through(masks: Sequence[Polygon]) -> Plane | None:
    """(HEIGHT, WIDTH) 1 where the picture may be looked at and 0 in its masks and at their rims; None without masks.

    The rim of a mask is an edge that stays whatever the camera sees.
    """
    if not masks:
        return None
    open_ = np.ones((HEIGHT, WIDTH), np.uint8)
    for mask in masks:
        corners = np.round(np.array(mask, np.float32) * (WIDTH, HEIGHT)).astype(np.int32)
        cv2.fillPoly(open_, [corners], 0)
    return np.asarray(cv2.erode(open_, np.ones((5, 5), np.uint8)), np.float32)


def _edges(half: Levels) -> Plane:
    across, down = (plane.astype(np.float32) for plane in cv2.spatialGradient(half))
    strength = across * across + down * down
    contrast = float(half.std())
    limit = min(EDGE, max(_FAINTEST_EDGE, _EDGE_OF_CONTRAST * contrast))
    scale = 1.0 / (strength + limit * limit)
    return np.stack(((across * across - down * down) * scale, 2 * across * down * scale))


def _blocks(plane: Levels) -> Plane:
    """Mean of each block."""
    height, width = plane.shape
    blocks = plane.reshape(ROWS, height // ROWS, COLUMNS, width // COLUMNS)
    return np.asarray(blocks.mean((1, 3)), np.float32)


def _sample(image: Levels) -> Levels:
    """Single pixels of the green channel, which is most of what an eye and an encoder call bright."""
    height, width = image.shape[:2]
    rows = np.linspace(0, height - 1, SAMPLE[0]).astype(np.intp)
    columns = np.linspace(0, width - 1, SAMPLE[1]).astype(np.intp)
    return np.asarray(image[rows[:, None], columns[None, :], 1], np.uint8)
