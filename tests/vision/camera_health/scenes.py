"""Pictures of a place that was never filmed: edges, a texture, and a sensor's noise that never repeats."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.frame import Frame
from vision.camera_health.judge import PictureJudge
from vision.camera_health.trouble import Cause

Picture = NDArray[np.uint8]
START = datetime(2026, 1, 1, tzinfo=UTC)
WIDTH, HEIGHT = 640, 360


NOISE = np.random.default_rng(0).normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32)


def place(seed: int = 1) -> NDArray[np.float32]:
    """(HEIGHT, WIDTH, 3): boxes, lines and discs of many sizes before a wall."""
    rng = np.random.default_rng(seed)
    image = np.full((HEIGHT, WIDTH, 3), 110, np.uint8)
    for _ in range(160):
        x, y = int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT))
        shade = tuple(int(value) for value in rng.integers(30, 220, 3))
        w, h = int(rng.integers(8, 70)), int(rng.integers(8, 70))
        match int(rng.integers(3)):
            case 0:
                cv2.rectangle(image, (x, y), (x + w, y + h), shade, -1)
            case 1:
                cv2.circle(image, (x, y), h // 2, shade, -1)
            case _:
                cv2.line(image, (x, y), (x + w, y + h - 40), shade, 3)
    return image.astype(np.float32)


def noisy(image: NDArray[np.float32], index: int, sigma: float = 2.0) -> Picture:
    """As a sensor gives it in look `index`."""
    noise = np.roll(NOISE, 7919 * index)[..., None] * np.float32(sigma)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


Shown = Callable[[int], Picture]
"""Look → picture."""


def told(
    judge: PictureJudge, shown: Shown, until_s: float, *, every_s: float = 0.5, from_s: float = 0.0
) -> Iterator[tuple[float, frozenset[Cause]]]:
    """(seconds, causes told) of each look."""
    for index in range(round(from_s / every_s), round(until_s / every_s)):
        at_s = index * every_s
        frame = Frame("shed", index, START + timedelta(seconds=at_s), at_s, at_s, shown(index))
        yield at_s, frozenset(trouble.cause for trouble in judge.look(frame))
