"""Fit a picture into the network's input and bring boxes back, exactly invertibly."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

PAD_VALUE = 114
"""Grey of the border, the one YOLO models are trained with."""
MOST_SQUEEZED = 0.025
"""A side is squeezed by this share at most where that saves a whole stride of grey border: of 16:9 pictures 8 % of the
cost, of D1 6 %."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """The map picture ↔ input: input = picture · scale + pad, per axis.

    scale: (x, y), equal but for rounding and squeezing; kept per axis so that the inverse is exact.
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
        fitted = _fitted(width * ratio, stride), _fitted(height * ratio, stride)
        shape = tuple(-(-side // stride) * stride for side in fitted)
        pad = (shape[0] - fitted[0]) // 2, (shape[1] - fitted[1]) // 2
        return cls((fitted[0] / width, fitted[1] / height), pad, (width, height), (shape[1], shape[0]))

    @property
    def fitted(self) -> tuple[int, int]:
        """(width, height) of the picture inside the input."""
        return round(self.source[0] * self.scale[0]), round(self.source[1] * self.scale[1])

    def to_input(self, xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 4) boxes of the picture → of the input, px."""
        return np.asarray(xyxy * np.array(self.scale * 2) + np.array(self.pad * 2), np.float32)

    def to_picture(self, xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 4) boxes of the input → of the picture, px, clipped to it."""
        boxes = (xyxy - np.array(self.pad * 2)) / np.array(self.scale * 2)
        return np.asarray(np.clip(boxes, 0, np.array(self.source * 2)), np.float32)


def _fitted(side: float, stride: int) -> int:
    """Of the picture in the input, px."""
    less = int(side) // stride * stride
    return less if side - less <= MOST_SQUEEZED * side else max(1, round(side))


class InputBuffer:
    """The network's input, kept from picture to picture while they have one size: fresh memory costs more than the
    conversion, and the grey border stays."""

    def __init__(self) -> None:
        self._box: Letterbox | None = None

    def fill(self, image: NDArray[np.uint8], box: Letterbox) -> NDArray[np.float32]:
        """(h, w, 3) BGR uint8 → (1, 3, H, W) RGB float32 0–1, valid until the next call."""
        if box != self._box:
            self._prepare(box)
        if box.fitted != box.source:
            # INTER_AREA on full frames costs 4 ms and gains nothing measurable; linear is what training used.
            cv2.resize(image, box.fitted, dst=self._resized, interpolation=cv2.INTER_LINEAR)
            image = self._resized
        cv2.split(image, self._channels)
        for plane, channel in zip(self._place[::-1], self._channels, strict=True):
            np.copyto(plane, channel)
        self._place *= np.float32(1 / 255)
        return self._blob

    def _prepare(self, box: Letterbox) -> None:
        (width, height), (left, top) = box.fitted, box.pad
        self._box = box
        self._resized = np.empty((height, width, 3), np.uint8)
        self._channels = [np.empty((height, width), np.uint8) for _ in "bgr"]
        self._blob = np.full((1, 3, *box.shape), PAD_VALUE / 255, np.float32)
        self._place = self._blob[0, :, top : top + height, left : left + width]
