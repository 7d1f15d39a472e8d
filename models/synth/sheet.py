"""Contact sheets: what a set of stills looks like, with its boxes drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synth.world import SynthError

TILE = (320, 192)
COLUMNS = 6
COLOURS = {
    "ebike": (0, 220, 0), "bicycle": (220, 200, 0), "person": (255, 140, 60), "flame": (0, 0, 255),
    "smoke": (200, 200, 200), "clutter": (255, 0, 255), "cable": (0, 230, 255),
}  # fmt: skip
"""BGR."""


def write_sheet(folder: Path, out: Path, count: int) -> int:
    """A JPEG of up to `count` pictures spread evenly over a folder of stills; returns how many are on it."""
    images = sorted((folder / "images").glob("*.jpg"))
    if not images:
        raise SynthError(f"{folder}: no pictures in images/")
    chosen = [images[int(k)] for k in np.unique(np.linspace(0, len(images) - 1, count).round())]
    tiles = [_tile(path, folder / "truth" / f"{path.stem}.json") for path in chosen]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[k : k + COLUMNS]) for k in range(0, len(tiles), COLUMNS)]
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        written = cv2.imwrite(str(out), np.vstack(rows))
    except cv2.error:
        written = False
    if not written:
        raise SynthError(f"{out}: cannot be written: a .jpg or .png file in a folder that can be written to")
    return len(chosen)


def _tile(image: Path, truth: Path) -> NDArray[np.uint8]:
    read = cv2.imread(str(image))
    if read is None:
        raise SynthError(f"{image}: not a picture")
    picture = cv2.resize(read, TILE, interpolation=cv2.INTER_AREA)
    try:
        told: dict[str, Any] = json.loads(truth.read_text("utf-8"))
        boxes = [(box["kind"], box["box"]) for box in told["boxes"]]
        label = f"{told['place']} {told['light']}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SynthError(f"{truth}: damaged") from error
    for kind, box in boxes:
        x1, y1, x2, y2 = (round(v * TILE[k % 2]) for k, v in enumerate(box))
        cv2.rectangle(picture, (x1, y1), (x2, y2), COLOURS[kind], 1)
    cv2.putText(picture, label, (4, TILE[1] - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(picture, label, (4, TILE[1] - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1, cv2.LINE_AA)
    return np.asarray(picture, np.uint8)
