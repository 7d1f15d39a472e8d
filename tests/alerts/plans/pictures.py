"""Plans as people upload them, drawn; and files that only pretend."""

import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray


def sheet(width: int = 640, height: int = 400, channels: int = 3) -> NDArray[np.uint8]:
    """White paper with a black wall down the middle; with four channels all but the wall is transparent."""
    paper = np.full((height, width, channels), 255, np.uint8)
    if channels == 4:
        paper[:, :] = 0
    paper[:, width // 2 - 8 : width // 2 + 8, :3] = 0
    if channels == 4:
        paper[:, width // 2 - 8 : width // 2 + 8, 3] = 255
    return paper


def coded(image: NDArray[np.generic], kind: str = "png") -> bytes:
    """As a file."""
    done, data = cv2.imencode(f".{kind}", np.asarray(image))
    assert done
    return data.tobytes()


def png_that_says(width: int, height: int) -> bytes:
    """A PNG whose header claims this size, and whose content is a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 1000))
        + chunk(b"IEND", b"")
    )
