"""Still pictures from files."""

import stat
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.errors import SourceNotFound, SourceUnreadable
from streams.image_header import picture_size

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".webp", ".tif", ".tiff"})
MAX_PIXELS = 200_000_000
"""Larger pictures are refused: 200 Mpx decode to 600 MB."""

MAX_BYTES = 1_000_000_000

# OpenCV's warnings would repeat on stderr what is said in the error.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def read_image(path: Path | str) -> NDArray[np.uint8]:
    """The picture as (H, W, 3) uint8 BGR, turned upright after its EXIF orientation.

    Grey becomes BGR, 16 bits are scaled to 8, transparency is dropped, CMYK is converted. Any path that the
    system takes. Raises SourceNotFound, or SourceUnreadable for what is no picture, damaged, cut off or above
    MAX_PIXELS.
    """
    path = Path(path)
    data = _read(path)
    _check(path, data)
    try:
        image = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise SourceUnreadable(str(path), "the picture cannot be decoded") from error
    if image is None or image.size == 0:
        raise SourceUnreadable(str(path), "not a picture, or damaged")
    return np.asarray(image, dtype=np.uint8)


def _read(path: Path) -> bytes:
    try:
        found = path.stat()
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
            raise SourceUnreadable(str(path), "is not a regular file")
        if found.st_size > MAX_BYTES:
            raise SourceUnreadable(str(path), f"is {found.st_size / 1e9:.1f} GB; a picture has at most 1 GB")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise SourceNotFound(str(path), "no such file") from error
    except IsADirectoryError as error:
        raise SourceUnreadable(str(path), "is a folder, not a picture") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise SourceUnreadable(str(path), reason or "cannot be read") from error


def _check(path: Path, data: bytes) -> None:
    """Refuse by the header what is empty, without size, too large or plainly cut off."""
    if not data:
        raise SourceUnreadable(str(path), "the file is empty")
    size = picture_size(data)
    if size is None:
        return
    width, height = size
    if width <= 0 or height <= 0:
        raise SourceUnreadable(str(path), f"the picture has no size ({width}×{height})")
    if width * height > MAX_PIXELS:
        megapixels = width * height / 1e6
        raise SourceUnreadable(
            str(path),
            f"too large: {width}×{height} is {megapixels:.0f} Mpx, at most {MAX_PIXELS // 10**6} are read",
        )
    if data.startswith(b"\x89PNG") and b"IEND" not in data:
        raise SourceUnreadable(str(path), "the picture is cut off")
