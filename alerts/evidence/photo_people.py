"""Who is in a photo that somebody has sent: it is looked at once, so that it can be shown with their heads hidden.

In a process of its own, behind everything else: reports are few, and a network that stays in the console's memory for
them would be a tenth of the whole.
"""

import logging
import os
from collections.abc import Sequence

import numpy as np

from streams.apart import apart
from streams.errors import ApartFailed
from vision.blur import Private
from vision.config import DetectorConfig
from vision.detections import TWO_WHEELERS
from vision.detector import Detector
from vision.errors import VisionError
from vision.geometry import Box, unit_box
from vision.jpeg import decode_image
from vision.pipeline import WEAK_SHARE

log = logging.getLogger(__name__)

LIMIT_S = 40.0
"""A second and a half on an idle machine; the phone waits for two minutes."""
_NICE = 10


class PhotoPeople:
    """Thread-safe. Blocks for as long as it looks."""

    def __init__(self, config: DetectorConfig) -> None:
        self._config = config

    def __call__(self, jpeg: bytes) -> Private | None:
        """All people and two-wheelers in it. None: it could not be looked at, and is shown to nobody who may not see
        recognisable people."""
        try:
            return apart(people_in, (jpeg, self._config), LIMIT_S)
        except (ApartFailed, VisionError, ValueError) as error:
            log.error("a photo is kept without a copy in which heads are hidden: %s", error)
            return None


def people_in(given: tuple[bytes, DetectorConfig]) -> Private:
    """In the process. Raises ValueError, VisionError."""
    os.nice(_NICE)
    jpeg, config = given
    image = decode_image(jpeg)
    if image is None:
        raise ValueError("no picture")
    detector = Detector.configured(config)
    seen = detector.detect(image, relax=WEAK_SHARE)
    size = (image.shape[1], image.shape[0])

    def boxes(names: Sequence[str]) -> tuple[Box, ...]:
        ids = [number for number, name in enumerate(detector.names) if name in names]
        return tuple(unit_box(box.tolist(), size) for box in seen.xyxy[np.isin(seen.class_id, ids)])

    return Private(boxes(("person",)), boxes(TWO_WHEELERS))
