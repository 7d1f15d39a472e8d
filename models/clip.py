"""Single pictures of a clip, and the clip that travels with the package."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from models.geometry import Image
from streams.errors import SourceUnreadable

DEMO: Final = Path(__file__).with_name("demo") / "demo.mp4"
"""An e-bike, a person, clutter and a fire by night."""


def clip_frames(path: Path, every_s: float = 1.0, start_s: float = 0.0) -> Iterator[tuple[float, Image]]:
    """(time in seconds, picture) about every `every_s` of a clip, from about `start_s` on.

    Raises SourceUnreadable where no frame can be read.
    """
    capture = cv2.VideoCapture(str(path))
    try:
        rate = capture.get(cv2.CAP_PROP_FPS) or 25.0
        first, step, index = round(rate * start_s), max(1, round(rate * every_s)), 0
        while capture.grab():
            if index >= first and (index - first) % step == 0:
                ok, image = capture.retrieve()
                if ok:
                    yield index / rate, np.asarray(image, np.uint8)
            index += 1
    finally:
        capture.release()
    if index == 0:
        raise SourceUnreadable(str(path), "no frame can be read")
