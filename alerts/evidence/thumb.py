"""A thumbnail: what an alert is about and a little around it, small enough for a row of the queue."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.jpeg import decode_image, encode_jpeg, shrink

WIDTH, HEIGHT = 144, 108
"""Pixels: shown at half of it on a usual screen."""
AROUND = 1.8
"""Side of what is shown, in sides of the box."""
LEAST = 0.22
"""… and at least this share of the picture's height: a lighter's flame is nothing without the hand beside it."""
_QUALITY = 72


def thumbnail(jpeg: bytes, box: Sequence[float]) -> bytes | None:
    """jpeg: with people's heads hidden. box: x1, y1, x2, y2 (0–1). None: it is no picture. Takes some milliseconds."""
    image = decode_image(jpeg, cv2.IMREAD_REDUCED_COLOR_2)
    if image is None:
        return None
    part = _cut(image, box)
    return encode_jpeg(shrink(part, WIDTH), _QUALITY)


def _cut(image: NDArray[np.uint8], box: Sequence[float]) -> NDArray[np.uint8]:
    """The part of the picture around the box, in the shape of a thumbnail: as far as the picture goes, moved rather
    than cut off at its rim."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = (float(value) for value in box)
    tall = max((y2 - y1) * height, (x2 - x1) * width * HEIGHT / WIDTH, LEAST * height / AROUND) * AROUND
    tall = min(tall, height, width * HEIGHT / WIDTH)
    wide = tall * WIDTH / HEIGHT
    left = min(max((x1 + x2) / 2 * width - wide / 2, 0), width - wide)
    top = min(max((y1 + y2) / 2 * height - tall / 2, 0), height - tall)
    rows = slice(int(top), max(int(top) + 2, int(top + tall)))
    return image[rows, int(left) : max(int(left) + 2, int(left + wide))]
