"""How a place looked before a thing came: at full resolution, for questions that a small reference cannot answer."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.geometry import Box

EVERY_S = 4.0
"""A picture is taken this often, and taken over one turn later, without what has shown up meanwhile."""
FOLLOW = 0.25
"""Share by which the kept picture follows a new one."""


class Before:
    """The frame without the things in it. Bounded: two frames.

    What is covered by a box now, or was in the turn before, is not taken over: the picture there stays that of the
    time before the thing came. A thing that was there from the start leaves its place unknown.
    """

    def __init__(self) -> None:
        self._kept: NDArray[np.uint8] | None = None
        self._known: NDArray[np.uint8] | None = None
        self._waiting: NDArray[np.uint8] | None = None
        self._covered: list[Box] = []
        self._taken_s = float("-inf")

    def update(self, image: NDArray[np.uint8], covered: Sequence[Box], now_s: float) -> None:
        """Take in one look at an (H, W, 3) frame. covered: boxes, px, that are not the place."""
        self._covered = [*self._covered, *covered]
        if now_s - self._taken_s < EVERY_S:
            return
        if self._waiting is not None and self._waiting.shape == image.shape:
            self._take_over(self._waiting, self._covered)
        # What covers the place now is still there when this picture is taken over.
        self._waiting, self._covered, self._taken_s = image, list(covered), now_s

    def _take_over(self, image: NDArray[np.uint8], covered: Sequence[Box]) -> None:
        if self._kept is None or self._known is None or self._kept.shape != image.shape:
            self._kept, self._known = image.copy(), 1 - _mask(image.shape, covered)
            return
        if not covered and self._known.all():
            cv2.addWeighted(image, FOLLOW, self._kept, 1 - FOLLOW, 0, dst=self._kept)
            return
        seen = 1 - _mask(image.shape, covered)
        blend = cv2.addWeighted(image, FOLLOW, self._kept, 1 - FOLLOW, 0)
        cv2.copyTo(blend, seen & self._known, self._kept)
        cv2.copyTo(image, seen & ~self._known & 1, self._kept)
        self._known |= seen

    def picture(self, box: Box) -> NDArray[np.uint8] | None:
        """The whole frame, (H, W, 3), or None where less than nine tenths of the box (px) are known."""
        if self._kept is None or self._known is None:
            return None
        x1, y1, x2, y2 = (max(0, int(v)) for v in box)
        part = self._known[y1 : y2 + 1, x1 : x2 + 1]
        return self._kept if part.size and part.mean() >= 0.9 else None


def _mask(shape: tuple[int, ...], boxes: Sequence[Box]) -> NDArray[np.uint8]:
    mask = np.zeros(shape[:2], np.uint8)
    for x1, y1, x2, y2 in boxes:
        mask[max(0, int(y1)) : max(0, int(y2) + 1), max(0, int(x1)) : max(0, int(x2) + 1)] = 1
    return mask
