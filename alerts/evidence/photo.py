"""Photos that people send: only a sound picture of a sound size gets in, and only its picture: it is coded anew, so
that no place, no time, no name of a phone (EXIF) and nothing that hides behind the picture is kept.

A decoder is the part that hostile files are made for; so what the file says of itself is read first, by our own code.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np

from alerts.errors import PhotoRefused
from vision.jpeg import decode_image, encode_jpeg

MOST_BYTES = 400_000
MOST_SIDE = 2560
"""Pixels. A phone sends half as much."""
LEAST_SIDE = 64
KEPT_SIDE = 1280
MOST_SCANS = 16
"""Of a progressive JPEG: each scan may touch every pixel, so that a small file can take minutes."""
QUALITY = 85
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})


@dataclass(frozen=True, slots=True)
class Photo:
    """As it is kept. size: (width, height) px."""

    jpeg: bytes = field(repr=False)
    size: tuple[int, int]


def checked_photo(data: bytes) -> Photo:
    """The picture, the right way up. May take 100 ms of processor. Raises PhotoRefused."""
    if len(data) > MOST_BYTES:
        raise PhotoRefused("too_large", f"a photo may hold {MOST_BYTES} bytes")
    _check(data)
    image = decode_image(data)
    if image is None:
        raise PhotoRefused("no_photo", "no picture can be read from it")
    scale = min(1.0, KEPT_SIDE / max(image.shape[:2]))
    if scale < 1.0:
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return Photo(encode_jpeg(image, QUALITY), (image.shape[1], image.shape[0]))


def _check(data: bytes) -> None:
    """One frame of a sound size, not too many scans. Raises PhotoRefused."""
    frames, scans = 0, 0
    for marker, at in _segments(data):
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 3)
            frames += 1
            if not (LEAST_SIDE <= width <= MOST_SIDE and LEAST_SIDE <= height <= MOST_SIDE):
                raise PhotoRefused("wrong_size", f"a photo has sides of {LEAST_SIDE} to {MOST_SIDE} pixels")
        scans += marker == 0xDA
    if frames != 1 or not 1 <= scans <= MOST_SCANS:
        raise PhotoRefused("no_photo", "not a JPEG picture as a phone makes it")


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Marker, and where what belongs to it begins (its length first), up to the picture's end. Raises PhotoRefused."""
    if data[:2] != b"\xff\xd8":
        raise PhotoRefused("no_photo", "not a JPEG picture")
    at = 2
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise PhotoRefused("no_photo", "a JPEG picture without an end")
        marker = data[at + 1]
        if marker == 0xD9:
            return
        if marker in (0x00, 0xFF) or marker in _ALONE:  # within a scan, or a sign of no length
            at += 1 if marker == 0xFF else 2
            continue
        if at + 10 > len(data):
            raise PhotoRefused("no_photo", "a JPEG picture without an end")
        yield marker, at + 2
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
