"""Chinese words as pictures, to be set into pictures: OpenCV draws Latin letters only, and a small box has no Chinese
font. Which words there are is known, so that each is drawn once, by `scripts/draw_words.py`."""

import json
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

HEIGHT = 40
"""Of a word as it is kept, pixels."""
SHEET = Path(__file__).with_name("drawn_words.png")
INDEX = Path(__file__).with_name("drawn_words.json")

Colour = tuple[int, int, int]


@cache
def index() -> dict[str, tuple[str, int]]:
    """Hazard or class → its word, and how wide that is drawn; in the order of the sheet."""
    return {key: (text, width) for key, (text, width) in json.loads(INDEX.read_text("utf-8")).items()}


@cache
def drawn(key: str, height: int) -> NDArray[np.uint8] | None:
    """A word, (height, W) uint8: how much ink lies on a pixel. None: there is none for it."""
    if key not in index():
        return None
    at, width = list(index()).index(key), index()[key][1]
    kept = _sheet()[at * HEIGHT : (at + 1) * HEIGHT, :width]
    size = (max(1, round(width * height / HEIGHT)), height)
    return np.asarray(cv2.resize(kept, size, interpolation=cv2.INTER_AREA), np.uint8)


def put(canvas: NDArray[np.uint8], at: tuple[int, int], word: NDArray[np.uint8], ink: Colour) -> None:
    """Into the (H, W, 3) BGR picture. at: its upper left corner, pixels; what sticks out is cut off."""
    x, y = max(0, at[0]), max(0, at[1])
    ground = canvas[y : y + word.shape[0], x : x + word.shape[1]]
    share = word[: ground.shape[0], : ground.shape[1], None].astype(np.float32) / 255
    ground[:] = np.round(ground * (1 - share) + np.array(ink, np.float32) * share).astype(np.uint8)


@cache
def _sheet() -> NDArray[np.uint8]:
    found = cv2.imdecode(np.frombuffer(SHEET.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert found is not None, SHEET
    return np.asarray(found, np.uint8)
