"""Contact sheets: pictures in rows, with boxes drawn on them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from models.classes import CLASSES
from models.errors import WorkshopError
from models.files import write_bytes
from models.geometry import Floats, Image

TILE: Final = (320, 192)
"""Width and height of a picture on the sheet, pixels."""
COLUMNS: Final = 6
COLOURS: Final = {
    "ebike": (0, 220, 0), "bicycle": (220, 200, 0), "person": (255, 140, 60), "flame": (0, 0, 255),
    "smoke": (200, 200, 200), "clutter": (255, 0, 255), "cable": (0, 230, 255),
}  # fmt: skip
"""BGR."""
Colour = tuple[int, int, int]
Corners = tuple[tuple[int, int], tuple[int, int]]


def tile(picture: Image, boxes: Floats, ignore: Floats, label: str) -> Image:
    """A picture (H, W, 3) uint8 BGR as large as a tile holds it, boxes in thin lines, ignore boxes dashed, the label at
    the foot. boxes, ignore: (N, 5) [class, x1, y1, x2, y2] in pixels of the picture.
    """
    small, scale = fitted(picture, *TILE)
    outline(small, boxes, ignore, scale)
    out = np.zeros((TILE[1], TILE[0], 3), np.uint8)
    out[: small.shape[0], : small.shape[1]] = small
    write(out, label, (4, TILE[1] - 5), (255, 255, 255))
    return out


def fitted(picture: Image, width: int, height: int) -> tuple[Image, float]:
    """The picture as large as the space holds it, and how many times as large it is."""
    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def outline(picture: Image, boxes: Floats, ignore: Floats, scale: float) -> None:
    """Draw boxes in thin lines and ignore boxes dashed; as in `tile`, before the picture was scaled."""
    for class_id, *box in ignore.tolist():
        dashed(picture, corners(box, scale), COLOURS[CLASSES[int(class_id)]])
    for class_id, *box in boxes.tolist():
        cv2.rectangle(picture, *corners(box, scale), COLOURS[CLASSES[int(class_id)]], 1)


def corners(box: Sequence[float], scale: float) -> Corners:
    x1, y1, x2, y2 = (round(value * scale) for value in box)
    return (x1, y1), (x2, y2)


def dashed(picture: Image, box: Corners, colour: Colour) -> None:
    """A rectangle of dots, 4 px apart."""
    (x1, y1), (x2, y2) = box
    x2, y2 = min(x2, picture.shape[1] - 1), min(y2, picture.shape[0] - 1)
    for y in (y1, y2):
        picture[y, x1 : x2 + 1 : 4] = colour
    for x in (x1, x2):
        picture[y1 : y2 + 1 : 4, x] = colour


def write(picture: Image, text: str, at: tuple[int, int], colour: Colour) -> None:
    """Text that can be read on anything."""
    for shade, width in (((0, 0, 0), 3), (colour, 1)):
        cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, shade, width, cv2.LINE_AA)


def save(rows: Sequence[Sequence[Image]], out: Path, columns: int = COLUMNS) -> None:
    """Write rows of tiles of one size as one picture, short rows filled up with black; the suffix says which format.
    Raises WorkshopError, OSError.
    """
    black = np.zeros_like(rows[0][0])
    sheet = np.vstack([np.hstack([*row, *[black] * (columns - len(row))]) for row in rows])
    try:
        done, data = cv2.imencode(out.suffix, sheet)
    except cv2.error:
        done = False
    if not done:
        raise WorkshopError(f"{out}: a picture cannot be written as {out.suffix or 'a file without a suffix'}")
    write_bytes(out, data.tobytes())
