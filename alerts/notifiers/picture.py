"""Pictures made to fit what a channel takes."""

import cv2
import numpy as np

from vision.jpeg import encode_jpeg, shrink

_WIDTHS = (1920, 1280, 960, 640, 320)
_QUALITY = 80


def fitted(jpeg: bytes, most_bytes: int) -> bytes | None:
    """The picture in at most so many bytes, made smaller where need be; None: it is no picture, or never fits.

    Takes some milliseconds: call it in a thread.
    """
    if len(jpeg) <= most_bytes:
        return jpeg
    try:
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        image = None
    if image is None:
        return None
    clear = np.asarray(image, np.uint8)
    tries = (encode_jpeg(shrink(clear, width), _QUALITY) for width in _WIDTHS)
    return next((small for small in tries if len(small) <= most_bytes), None)
