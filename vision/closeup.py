"""A close-up of one parked machine, averaged over the looks in which it can be seen.

The mean of n looks has 1/√n of one look's noise, which is what makes a lead of one pixel's width stand out at night.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.geometry import Box
from vision.leads import STRIDE

REACH = 0.8
"""The close-up shows this share of the machine's longer side beyond its box on every side."""
LEAST_SIDE, MOST_SIDE = 256, 448
"""Sides of a close-up, px: less is enlarged to the first, more is reduced to the second."""
KNOWN_LOOKS = 3
"""A cell that was seen so often is known."""
MEMORY_LOOKS = 8
"""The mean forgets as one of so many looks does."""


class Closeup:
    """Square, around a box (pixels of the frame); what lies beyond the frame's edge is unknown."""

    def __init__(self, box: Box) -> None:
        x1, y1, x2, y2 = box
        longer = max(x2 - x1, y2 - y1, 1.0)
        side = longer * (1 + 2 * REACH)
        self.side = int(np.clip(STRIDE * round(side / STRIDE), LEAST_SIDE, MOST_SIDE))
        self.scale = self.side / side
        self.left, self.top = (x1 + x2 - side) / 2, (y1 + y2 - side) / 2
        self.box = box
        self._mean = np.zeros((self.side, self.side, 3), np.float32)
        self._looks = np.zeros((self.side, self.side), np.uint8)
        self._count = 0
        self._whole = False

    def inside(self, box: Box) -> Box:
        """A box of the frame, px → of the close-up, px."""
        x1, y1, x2, y2 = box
        return (
            (x1 - self.left) * self.scale,
            (y1 - self.top) * self.scale,
            (x2 - self.left) * self.scale,
            (y2 - self.top) * self.scale,
        )

    @property
    def frame_box(self) -> Box:
        """What the close-up shows, px of the frame; it may reach beyond it."""
        side = self.side / self.scale
        return self.left, self.top, self.left + side, self.top + side

    def to_frame(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 2) points of the close-up, px → of the frame, px."""
        return np.asarray(points / self.scale + (self.left, self.top), np.float32)

    def cut(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """This part of an (H, W, 3) frame, black beyond its edge."""
        low_x, low_y = (int(np.floor(v)) for v in (self.left, self.top))
        high_x, high_y = (int(np.ceil(v + self.side / self.scale)) for v in (self.left, self.top))
        x1, y1 = max(0, low_x), max(0, low_y)
        part = image[y1 : max(y1 + 1, high_y), x1 : max(x1 + 1, high_x)]
        scale = self.scale
        if scale < 0.75:
            # warpAffine takes single points: reduce by areas first, so that thin lines stay whole.
            size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
            part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
            scale = 1.0
        move = np.array(
            ((scale, 0, (x1 - self.left) * self.scale), (0, scale, (y1 - self.top) * self.scale)), np.float64
        )
        return np.asarray(cv2.warpAffine(part, move, (self.side, self.side), flags=cv2.INTER_LINEAR), np.uint8)

    def add(self, image: NDArray[np.uint8], hidden: Sequence[Box]) -> None:
        """Take in one look. hidden: boxes of the frame, px, behind which nothing can be seen."""
        seen = self._inside_frame(image.shape[1], image.shape[0])
        for box in hidden:
            x1, y1, x2, y2 = (int(v) for v in self.inside(box))
            seen[max(0, y1) : max(0, y2 + 1), max(0, x1) : max(0, x2 + 1)] = 0
        cut = self.cut(image)
        self._count = min(self._count + 1, MEMORY_LOOKS)
        cv2.accumulateWeighted(cut, self._mean, 1 / self._count, seen)
        if not self._whole:
            fresh = seen & (self._looks == 0)
            cv2.copyTo(cut.astype(np.float32), fresh, self._mean)
            self._whole = bool(self._looks.min() >= KNOWN_LOOKS)
            self._looks += seen * (self._looks < KNOWN_LOOKS)

    def _inside_frame(self, width: int, height: int) -> NDArray[np.uint8]:
        """(side, side) 1 where the frame reaches, else 0."""
        x = self.left + (np.arange(self.side) + 0.5) / self.scale
        y = self.top + (np.arange(self.side) + 0.5) / self.scale
        return np.asarray(((y > 0) & (y < height))[:, None] & ((x > 0) & (x < width))[None], np.uint8)

    @property
    def picture(self) -> NDArray[np.uint8]:
        """(side, side, 3) BGR mean of the looks; black where nothing was seen."""
        return np.asarray(cv2.convertScaleAbs(self._mean), np.uint8)

    @property
    def known(self) -> NDArray[np.bool_]:
        """(side, side) where at least a few looks saw something."""
        return np.asarray(self._looks >= KNOWN_LOOKS)
