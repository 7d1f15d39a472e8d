"""The approved picture of a camera's clear route, from a file and in memory."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.errors import ConfigError

SHAPE_TOLERANCE = 0.02
"""Share by which the shape (width by height) of the picture may differ from the camera's."""


@dataclass(frozen=True, slots=True, eq=False)
class ClearRoute:
    """A picture of the place that somebody has approved as clear.

    picture: (H, W, 3) BGR uint8, of any size. name: of the file or the approval, for messages.
    """

    picture: NDArray[np.uint8]
    name: str = ""

    def require_shape(self, size: tuple[int, int]) -> None:
        """Raises ConfigError if a camera of this size (width, height) cannot have taken it."""
        height, width = self.picture.shape[:2]
        if abs(width / height / (size[0] / size[1]) - 1) > SHAPE_TOLERANCE:
            raise ConfigError(
                f"cameras.reference {self.name}: {width}×{height} is another shape than the camera's "
                f"{size[0]}×{size[1]}; allowed: a picture of this camera"
            )


def load_clear_route(file: Path | None) -> ClearRoute | None:
    """The picture of a `cameras.reference` setting. Raises ConfigError, in one line, when it cannot be read."""
    if file is None:
        return None
    try:
        data = np.frombuffer(file.read_bytes(), np.uint8)
    except OSError as error:
        raise ConfigError(f"cameras.reference {file}: {(error.strerror or str(error)).lower()}") from None
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if image is None:
        raise ConfigError(f"cameras.reference {file}: not a picture; allowed: a JPEG or PNG file")
    return ClearRoute(np.asarray(image, np.uint8), str(file))
