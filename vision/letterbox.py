"""Fit a picture into the network's input and bring boxes back, exactly invertibly."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

PAD_VALUE = 114
"""Grey of the border, the one YOLO models are trained with."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """The map picture ↔ input: input = picture · scale + pad, per axis.

    scale: (x, y), equal but for rounding to whole pixels; kept per axis so that the inverse is exact.
    pad: (left, top) px. source: (width, height) of the picture. shape: (H, W) of the input.
    """

    scale: tuple[float, float]
    pad: tuple[int, int]
    source: tuple[int, int]
    shape: tuple[int, int]

    @classmethod
    def fit(cls, width: int, height: int, long_side: int, stride: int = 32) -> "Letterbox":
        """The smallest input whose sides are multiples of `stride` and whose long side is `long_side`, picture
        centred. A smaller picture is enlarged to it, as in training."""
        if width <= 0 or height <= 0:
            raise ValueError(f"a picture needs a size, got {width}x{height}")
        ratio = long_side / max(width, height)
        fitted = max(1, round(width * ratio)), max(1, round(height * ratio))
        shape = tuple(-(-side // stride) * stride for side in fitted)
        pad = (shape[0] - fitted[0]) // 2, (shape[1] - fitted[1]) // 2
        return cls((fitted[0] / width, fitted[1] / height), pad, (width, height), (shape[1], shape[0]))

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(h, w, 3) → (H, W, 3), same colour order."""
        width, height = self.source
        fitted = round(width * self.scale[0]), round(height * self.scale[1])
        # INTER_AREA on full frames costs 4 ms and gains nothing measurable; linear is what training used.
        resized = image if fitted == (width, height) else cv2.resize(image, fitted, interpolation=cv2.INTER_LINEAR)
        if fitted == (self.shape[1], self.shape[0]):
            return np.asarray(resized, np.uint8)
        canvas = np.full((*self.shape, 3), PAD_VALUE, np.uint8)
        left, top = self.pad
        canvas[top : top + fitted[1], left : left + fitted[0]] = resized
        return canvas

    def to_input(self, xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 4) boxes of the picture → of the input, px."""
        return np.asarray(xyxy * np.tile(self.scale, 2) + np.tile(self.pad, 2), np.float32)

    def to_picture(self, xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 4) boxes of the input → of the picture, px, clipped to it."""
        boxes = (xyxy - np.tile(self.pad, 2)) / np.tile(self.scale, 2)
        return np.asarray(np.clip(boxes, 0, np.tile(self.source, 2)), np.float32)
