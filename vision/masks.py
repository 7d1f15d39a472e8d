"""Parts of a camera's picture that nobody may look at: blackened before detection, snapshots and live pictures."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.geometry import Polygon


def blackened(image: NDArray[np.uint8], masks: Sequence[Polygon]) -> NDArray[np.uint8]:
    """A copy of the (H, W, 3) picture with the masks black; the very picture where there are none."""
    if not masks:
        return image
    height, width = image.shape[:2]
    dark = image.copy()
    for mask in masks:  # one by one: where two overlap, fillPoly would leave a hole
        corners = np.round(np.array(mask, np.float32) * (width, height)).astype(np.int32)
        cv2.fillPoly(dark, [corners], (0, 0, 0))
    return dark
