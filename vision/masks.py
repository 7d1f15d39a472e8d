"""Parts of a camera's picture that nobody may look at: blackened before detection, snapshots and live pictures."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.frame import Frame
from vision.zones import Polygon


class Masks:
    """Blackens a camera's pictures. To be called where frames come in, so that no part of the program has seen more."""

    def __init__(self, polygons: Sequence[Polygon] = ()) -> None:
        self._polygons = [np.array(polygon, np.float32) for polygon in polygons]

    def __call__(self, frame: Frame) -> Frame:
        """The frame with the masks black; the very frame where there are none."""
        return replace(frame, image=self.blacken(frame.image)) if self._polygons else frame

    def blacken(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A copy of the (H, W, 3) picture; the very picture where there are no masks."""
        if not self._polygons:
            return image
        height, width = image.shape[:2]
        dark = image.copy()
        corners = [np.round(polygon * (width, height)).astype(np.int32) for polygon in self._polygons]
        for polygon in corners:  # one by one: where two overlap, fillPoly would leave a hole
            cv2.fillPoly(dark, [polygon], (0, 0, 0))
        return dark
