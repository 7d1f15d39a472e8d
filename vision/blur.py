"""Makes the heads of people unrecognisable and number plates illegible, for every picture that leaves the console.

The detector knows persons, not heads: a head is looked for where the posture puts it. Too much is covered rather than
too little, and what is covered is gone: of a head's place only some dozen mean colours are left. Plates are not looked
for at all: no two-wheeler is shown in such detail that a plate on it could be read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.geometry import Box, covered, grown, unit_box

TALL = 0.24
"""Of somebody who stands, the head and what may be taken for it is this share of the height."""
WIDE = 0.65
"""A head is at most about so high as this share of the width of its owner; it counts where only the upper part of the
body is seen, or where somebody sits, rides, or is seen from above."""
MOST = 0.6
LYING = 0.8
"""Who is less high than this share of their width lies: the head may be anywhere."""
MARGIN = 0.15
"""A box often cuts off hair and hat, and is a look old: the place of the head is grown by this share of its sides."""
BLOCKS = 4
"""Mean colours across the place of a head, which is about twice as wide as the head."""
ROWS = 48
"""A two-wheeler is a metre high, and the signs on its plate at most some 5 cm: at so many rows a sign has two and a
half. Nobody reads that; measured by `benchmarks.privacy.plates`."""
HIDDEN_FIRE = 0.3
"""A fire of which more than this share would be covered stays as it is: that is what the picture is sent for."""


@dataclass(frozen=True, slots=True)
class Private:
    """What may be seen in a picture and is nobody's business: boxes of persons and of two-wheelers, 0–1."""

    people: tuple[Box, ...] = ()
    vehicles: tuple[Box, ...] = ()

    def __or__(self, other: "Private") -> "Private":
        """What is in either, each once."""
        people = tuple(dict.fromkeys((*self.people, *other.people)))
        return Private(people, tuple(dict.fromkeys((*self.vehicles, *other.vehicles))))


NOTHING_PRIVATE = Private()


def heads(people: Sequence[Box], size: tuple[int, int]) -> list[Box]:
    """Where the heads are, 0–1. people: boxes of persons, 0–1. size: (width, height) px, for the shape of the boxes."""
    return [_head(box, size) for box in people if box[2] > box[0] and box[3] > box[1]]


def _head(box: Box, size: tuple[int, int]) -> Box:
    x1, y1, x2, y2 = box
    width, height = (x2 - x1) * size[0], (y2 - y1) * size[1]
    share = 1.0 if height < LYING * width else min(max(TALL, WIDE * width / height), MOST)
    return unit_box(grown((x1, y1, x2, y1 + share * (y2 - y1)), MARGIN), (1, 1))


def blurred(image: NDArray[np.uint8], private: Private, fires: Sequence[Box] = ()) -> NDArray[np.uint8]:
    """A copy of the (H, W, 3) BGR picture in which no head can be recognised and no plate read.

    private: all that may be seen. fires: boxes that must stay visible, 0–1: in their full detail, and one that lies for
    the greater part under a head's place is left clear.
    """
    height, width = image.shape[:2]
    places = heads(private.people, (width, height))
    canvas = np.ascontiguousarray(image.copy())
    for left, top, right, bottom in _pixels(private.vehicles, (width, height)):
        canvas[top:bottom, left:right] = _coarse(canvas[top:bottom, left:right])
    for left, top, right, bottom in _pixels(fires, (width, height)):
        canvas[top:bottom, left:right] = image[top:bottom, left:right]
    for left, top, right, bottom in _pixels(places, (width, height)):
        canvas[top:bottom, left:right] = _mosaic(image[top:bottom, left:right])
    hidden = [fire for fire in fires if covered(fire, places) > HIDDEN_FIRE]
    for left, top, right, bottom in _pixels(hidden, (width, height)):
        canvas[top:bottom, left:right] = image[top:bottom, left:right]
    return canvas


def _pixels(boxes: Sequence[Box], size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """Whole pixels that hold each box, if there are any."""
    width, height = size
    for x1, y1, x2, y2 in boxes:
        left, top = max(0, int(np.floor(x1 * width))), max(0, int(np.floor(y1 * height)))
        right, bottom = min(width, int(np.ceil(x2 * width))), min(height, int(np.ceil(y2 * height)))
        if right > left and bottom > top:
            yield left, top, right, bottom


def _mosaic(part: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Its mean colours in blocks: nothing else of it is left."""
    height, width = part.shape[:2]
    across = min(BLOCKS, width)
    down = min(max(1, round(across * height / width)), 2 * BLOCKS, height)
    means = cv2.resize(part, (across, down), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(means, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def _coarse(part: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """As if it had been taken from so far away that it is `ROWS` high; as it is where it is no higher."""
    height, width = part.shape[:2]
    if height <= ROWS:
        return part
    small = cv2.resize(part, (max(1, round(width * ROWS / height)), ROWS), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
