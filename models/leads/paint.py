"""Paints round things into a picture: leads, and the pipes, rails and lines that are not leads."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.leads.courses import Points

Image = NDArray[np.float32]
"""(H, W, 3) BGR, 0–1."""
Mask = NDArray[np.float32]
"""(H, W) 0–1, share of a pixel that is covered."""

FINE = 3
"""Sub-pixels a side."""
LEAST_SHADED = 1.5
"""Thinner lines, px, show no light and dark side."""
LEAST_CHANGE = 0.12
"""Sum over the three channels by which a lead must change what it covers, 0–3, to be labelled."""
COLOURS = (
    (0.80, 0.80, 0.80), (0.70, 0.74, 0.76), (0.04, 0.04, 0.04), (0.10, 0.10, 0.10), (0.30, 0.30, 0.30),
    (0.05, 0.35, 0.85), (0.05, 0.60, 0.80), (0.08, 0.08, 0.55), (0.15, 0.35, 0.12), (0.45, 0.18, 0.08),
    (0.55, 0.65, 0.70), (0.12, 0.20, 0.40),
)  # fmt: skip
"""BGR of what leads are sold in: white, grey, black, orange, yellow, red, green, blue, beige, brown."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """How a line is painted. width: px at its two ends. colour: BGR 0–1. gloss: 0–1. shadow: 0–1, how dark."""

    width: tuple[float, float]
    colour: tuple[float, float, float]
    gloss: float
    shadow: float


def lead_stroke(rng: np.random.Generator, size: float) -> Stroke:
    """Leads are 5 to 20 mm thick (with what is wound together), machines 1.6 to 1.9 m long: `size`, px."""
    thick = float(np.exp(rng.uniform(np.log(0.0045), np.log(0.016)))) * size
    thick = float(np.clip(thick, 0.45, 6.0))
    tint = np.array(COLOURS[int(rng.integers(len(COLOURS)))]) * rng.uniform(0.7, 1.25) + rng.normal(0, 0.03, 3)
    b, g, r = np.clip(tint, 0.01, 1)
    return Stroke(
        (thick, thick * rng.uniform(0.6, 1.5)), (float(b), float(g), float(r)), rng.uniform(0, 0.6), rng.uniform(0, 0.5)
    )


def paint(image: Image, lines: Sequence[Points], stroke: Stroke, rng: np.random.Generator) -> Mask:
    """Paints lines of one kind into `image` and returns what they cover, nothing where nobody could tell.

    Lit from above, darker where the picture is dark.
    """
    height, width = image.shape[:2]
    whole = np.zeros((height, width), np.float32)
    reach = 3 * max(stroke.width) + 9
    every = np.concatenate(lines)
    left, top = np.clip(np.floor(every.min(axis=0) - reach), 0, (width, height)).astype(int)
    right, bottom = np.clip(np.ceil(every.max(axis=0) + reach), 0, (width, height)).astype(int)
    if right - left < 2 or bottom - top < 2:
        return whole
    near = image[top:bottom, left:right]
    whole[top:bottom, left:right] = _paint(near, [line - (left, top) for line in lines], stroke, rng)
    return whole


def _paint(image: Image, lines: Sequence[Points], stroke: Stroke, rng: np.random.Generator) -> Mask:
    shape = image.shape[:2]
    cover = _cover(shape, lines, stroke.width, 1.0)
    if stroke.shadow:
        _cast(image, cover, stroke, rng)
    small = cv2.resize(image, (max(1, shape[1] // 16), max(1, shape[0] // 16)), interpolation=cv2.INTER_AREA)
    lit = cv2.resize(small.max(axis=2), shape[::-1], interpolation=cv2.INTER_LINEAR)[..., None]
    painted = np.array(stroke.colour, np.float32) * (np.float32(0.25) + np.float32(1.1) * lit)
    thick = max(stroke.width)
    if thick >= LEAST_SHADED:
        up = np.array((0.0, -0.22 * thick))
        bright = (_cover(shape, [line + up for line in lines], stroke.width, 0.45) * cover)[..., None]
        dark = (_cover(shape, [line - up for line in lines], stroke.width, 0.55) * cover)[..., None]
        gloss = np.float32(stroke.gloss)
        painted = painted * (1 + gloss * bright - np.float32(0.45) * dark * (1 - bright))
        painted = painted + np.float32(0.25) * gloss * bright * lit
    np.clip(painted, 0, 1, out=painted)
    change = cover[..., None] * (painted - image)
    image += change
    # Of the colour of what is behind it: no label for what no eye could find.
    told = float(np.abs(change).sum()) >= LEAST_CHANGE * float(cover.sum())
    return cover if told else np.zeros_like(cover)


def _cast(image: Image, cover: Mask, stroke: Stroke, rng: np.random.Generator) -> None:
    shift = rng.normal(0, 2.5, 2) * max(1.0, max(stroke.width))
    move = np.array(((1, 0, shift[0]), (0, 1, abs(shift[1]))), np.float64)
    fallen = cv2.warpAffine(cover, move, cover.shape[::-1])
    fallen = cv2.GaussianBlur(fallen, (0, 0), float(rng.uniform(0.5, 3.0)))
    image *= (1 - stroke.shadow * np.minimum(1, 1.5 * fallen))[..., None]


def _cover(shape: tuple[int, int], lines: Sequence[Points], width: tuple[float, float], share: float) -> Mask:
    """(H, W) covered by lines of changing width. share: of its width, for the lit and the dark side."""
    height, wide = shape
    canvas = np.zeros((height * FINE, wide * FINE), np.uint8)
    thin = 1.0
    for points in lines:
        spots = np.round(points * FINE).astype(np.int64)
        spots = np.clip(spots, -FINE * wide, 2 * FINE * max(shape)).astype(np.int32)
        pieces = min(6, len(spots) - 1)
        ends = np.linspace(0, len(spots) - 1, pieces + 1).astype(int)
        for index in range(pieces):
            part = spots[ends[index] : ends[index + 1] + 1]
            thick = share * FINE * (width[0] + (width[1] - width[0]) * (index + 0.5) / pieces)
            cv2.polylines(canvas, [part], False, 255, max(1, round(thick)), cv2.LINE_AA)
            thin = min(thin, thick)
    mask = cv2.resize(canvas, (wide, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return np.asarray(mask * np.float32(min(1.0, max(0.3, thin))), np.float32)
