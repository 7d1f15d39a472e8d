"""Contact sheets: what a set of stills looks like, with its boxes drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models.classes import CLASSES
from models.errors import WorkshopError
from models.geometry import Image
from models.sheet import COLUMNS, save, tile
from models.synth.world import SynthError


def write_sheet(folder: Path, out: Path, count: int) -> int:
    """A JPEG of up to `count` pictures spread evenly over a folder of stills; returns how many are on it."""
    images = sorted((folder / "images").glob("*.jpg"))
    if not images:
        raise SynthError(f"{folder}: no pictures in images/")
    chosen = [images[int(k)] for k in np.unique(np.linspace(0, len(images) - 1, count).round())]
    tiles = [_tile(path, folder / "truth" / f"{path.stem}.json") for path in chosen]
    try:
        save([tiles[k : k + COLUMNS] for k in range(0, len(tiles), COLUMNS)], out)
    except (WorkshopError, OSError) as error:
        message = f"{out}: cannot be written: a .jpg or .png file in a folder that can be written to"
        raise SynthError(message) from error
    return len(chosen)


def _tile(image: Path, truth: Path) -> Image:
    picture = cv2.imread(str(image))
    if picture is None:
        raise SynthError(f"{image}: not a picture")
    height, width = picture.shape[:2]
    try:
        told: dict[str, Any] = json.loads(truth.read_text("utf-8"))
        rows = [[CLASSES.index(box["kind"]), *box["box"]] for box in told["boxes"]]
        boxes = np.asarray(rows, np.float32).reshape(-1, 5) * np.asarray([1, width, height, width, height], np.float32)
        label = f"{told['place']} {told['light']}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SynthError(f"{truth}: damaged") from error
    return tile(np.asarray(picture, np.uint8), boxes, boxes[:0], label)
