"""What the detector saw in one picture, in columns."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

TWO_WHEELERS = ("ebike", "bicycle")
"""Classes that a detector may swap from look to look on one machine."""
OWN_RULES = ("person", *TWO_WHEELERS)
"""Never part of the place, and never clutter: these have rules of their own, or none."""


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """N detections of one picture, best first where a detector made them.

    xyxy: (N, 4) float32, pixels of the original picture.
    confidence: (N,) float32, 0–1.
    class_id: (N,) int64, index into the detector's `names`.
    """

    xyxy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    class_id: NDArray[np.int64]

    def __post_init__(self) -> None:
        count = len(self.xyxy)
        for name, array, shape in (
            ("xyxy", self.xyxy, (count, 4)),
            ("confidence", self.confidence, (count,)),
            ("class_id", self.class_id, (count,)),
        ):
            if array.shape != shape:
                raise ValueError(f"Detections.{name}: expected shape {shape}, got {array.shape}")

    @classmethod
    def empty(cls) -> Self:
        """No detections."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.xyxy)

    def __getitem__(self, index: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Self:
        """A selection by mask, indices or slice, in that order."""
        return type(self)(self.xyxy[index], self.confidence[index], self.class_id[index])
