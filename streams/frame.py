"""One decoded picture with its stamps."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of one camera.

    camera: the camera's configured name (audit: the file's name).
    index: count of decoded pictures of this source since it was opened, from 0.
    at: aware UTC; live: stamped right after the read; recording: recording start + `pts_s`.
    pts_s: presentation time in seconds from the first picture of the stream; may jump on a live source.
    monotonic_s: the time that rules count with, seconds, never goes back. Live: the monotonic clock right after
        the read. Recording: equal to `pts_s`, so that an audit sees the recording's own time.
    image: (H, W, 3) uint8 BGR. Treat as read-only; it is shared.
    """

    camera: str
    index: int
    at: datetime
    pts_s: float
    monotonic_s: float
    image: NDArray[np.uint8]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        height, width = self.image.shape[:2]
        return width, height
