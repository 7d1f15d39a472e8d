"""Contact sheets: pictures in rows, with their boxes drawn."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from models.classes import CLASSES
from models.geometry import Floats, Image

TILE: Final = (320, 192)
"""Width and height of a picture on the sheet, pixels."""
COLUMNS: Final = 6
COLOURS: Final = {
    "ebike": (0, 220, 0), "bicycle": (220, 200, 0), "person": (255, 140, 60), "flame": (0, 0, 255),
    "smoke": (200, 200, 200), "clutter": (255, 0, 255), "cable": (0, 230, 255),
}  # fmt: skip
"""BGR."""
DASH: Final = 6


def tile(picture: Image, boxes: Floats, ignore: Floats, label: str) -> Image:
    """A picture (H, W, 3) uint8 BGR as large as a tile holds it, boxes in solid lines, ignore boxes dashed, the label
    at the foot. boxes, ignore: (N, 5) [class, x1, y1, x2, y2] in pixels of the picture.
    """
    height, width = picture.shape[:2]
    scale = min(TILE[0] / width, TILE[1] / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    for rows, dashed in ((ignore, True), (boxes, False)):
        for class_id, *corners in rows.tolist():
            x1, y1, x2, y2 = (round(value * scale) for value in corners)
            outline(small, (x1, y1, x2, y2), COLOURS[CLASSES[int(class_id)]], dashed)
    out = np.zeros((TILE[1], TILE[0], 3), np.uint8)
    out[: size[1], : size[0]] = small
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(out, label, (4, TILE[1] - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, thickness, cv2.LINE_AA)
    return out


def outline(picture: Image, box: tuple[int, int, int, int], colour: tuple[int, int, int], dashed: bool) -> None:
    """Draw a box into the picture."""
    x1, y1, x2, y2 = box
    if not dashed:
        cv2.rectangle(picture, (x1, y1), (x2, y2), colour, 1)
        return
    for x in range(x1, x2, 2 * DASH):
        for y in (y1, y2):
            cv2.line(picture, (x, y), (min(x + DASH, x2), y), colour, 1)
    for y in range(y1, y2, 2 * DASH):
        for x in (x1, x2):
            cv2.line(picture, (x, y), (x, min(y + DASH, y2)), colour, 1)


def save(rows: Sequence[Sequence[Image]], out: Path) -> bool:
    """Write rows of tiles as one picture; False where the file cannot be written."""
    black = np.zeros((TILE[1], TILE[0], 3), np.uint8)
    lines = [np.hstack([*row, *[black] * (COLUMNS - len(row))]) for row in rows]
    try:
        return cv2.imwrite(str(out), np.vstack(lines))
    except cv2.error:
        return False
