"""Pictures as JPEG files, and pictures made smaller for them."""

import cv2
import numpy as np
from numpy.typing import NDArray

SNAPSHOT_QUALITY = 92
SNAPSHOT_WIDTH = 1920
"""Pixels, at most, of a snapshot taken from a main stream: more only makes it slow to send."""
PREVIEW_QUALITY = 72


def encode_jpeg(image: NDArray[np.uint8], quality: int) -> bytes:
    """(H, W, 3) BGR → JPEG file."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a picture of shape {image.shape} cannot be stored as JPEG")
    return data.tobytes()


def decode_image(data: bytes, flags: int = cv2.IMREAD_COLOR) -> NDArray[np.uint8] | None:
    """A picture's file → (H, W, 3) BGR, the right way up; None: it holds no picture. flags: those of `cv2.imdecode`."""
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:  # so it says of an empty file, too
        return None
    return None if image is None else np.asarray(image, np.uint8)


def shrink(image: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """The picture at this width, sides even; never enlarged."""
    height_now, width_now = image.shape[:2]
    ratio = min(1.0, width / width_now)
    size = max(2, int(width_now * ratio) // 2 * 2), max(2, int(height_now * ratio) // 2 * 2)
    return image if size == (width_now, height_now) else np.asarray(cv2.resize(image, size), np.uint8)
