"""Truth boxes from what each pixel shows, in YOLO text form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

CLASSES = ("ebike", "bicycle", "person", "flame", "smoke", "clutter", "cable")


@dataclass(frozen=True, slots=True)
class Box:
    """One object: class name and x1, y1, x2, y2 in pixels (exclusive end)."""

    kind: str
    xyxy: tuple[float, float, float, float]

    def line(self, width: int, height: int) -> str:
        """The YOLO text line: class number, middle x and y, width and height in 0–1."""
        x1, y1, x2, y2 = self.xyxy
        values = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height)
        return " ".join([str(CLASSES.index(self.kind)), *(f"{v:.5f}" for v in values)])


def box_of(mask: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """x1, y1, x2, y2 (pixels, exclusive end) around a mask, or None when it is empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def without_specks(mask: NDArray[np.bool_], least_px: int) -> NDArray[np.bool_]:
    """The mask without connected patches smaller than `least_px`."""
    count, patches, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    keep = np.zeros(count, bool)
    keep[1:] = stats[1:, cv2.CC_STAT_AREA] >= least_px
    return np.asarray(keep[patches])


def visible_boxes(index: NDArray[np.int16], kinds: Sequence[str], least_px: int = 40) -> list[Box]:
    """One box per thing of a known class that shows at least `least_px` pixels (half of that for thin cables).

    `index` (H, W) holds the thing's number per pixel, -1 for nothing; `kinds` gives each number's class or "".
    """
    boxes = []
    for number, kind in enumerate(kinds):
        if kind not in CLASSES:
            continue
        mask = index == number
        if mask.sum() < (least_px / 2 if kind == "cable" else least_px):
            continue
        found = box_of(mask)
        if found is not None and max(found[2] - found[0], found[3] - found[1]) >= 8:
            boxes.append(Box(kind, found))
    return boxes
