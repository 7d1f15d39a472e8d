"""What an uploaded picture says of itself, read without decoding it: its kind and its size. Pure.

A file of a few kilobytes can claim to be a picture of gigabytes; whoever decodes it before asking has lost.
"""

import struct
from dataclasses import dataclass

from alerts.errors import PlanRefused

_PNG = b"\x89PNG\r\n\x1a\n"
_NO_SIZE = frozenset({0xC4, 0xC8, 0xCC})
"""Markers among JPEG's frame headers (C0–CF) that are none."""
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
"""JPEG markers without a length."""


@dataclass(frozen=True, slots=True)
class Header:
    """kind: png, jpeg or webp, by the content, whatever the file is called. width, height: pixels."""

    kind: str
    width: int
    height: int


def header_of(data: bytes) -> Header:
    """Raises PlanRefused: it is none of the three, or its header is broken."""
    try:
        if data.startswith(_PNG) and data[12:16] == b"IHDR":
            return Header("png", *struct.unpack(">II", data[16:24]))
        if data.startswith(b"\xff\xd8\xff"):
            return Header("jpeg", *_jpeg_size(data))
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return Header("webp", *_webp_size(data))
    except (struct.error, IndexError):
        raise PlanRefused("broken", "the picture's header is broken") from None
    raise PlanRefused("no_picture", "only PNG, JPEG and WebP pictures are taken")


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """ITU T.81, B.2.2: of the first frame header."""
    at = 2
    while True:
        if data[at] != 0xFF:
            raise IndexError(at)
        marker = data[at + 1]
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
        elif 0xC0 <= marker <= 0xCF and marker not in _NO_SIZE:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + max(2, struct.unpack(">H", data[at + 2 : at + 4])[0])


def _webp_size(data: bytes) -> tuple[int, int]:
    """RFC 9649: lossy, lossless, or with features, which says the size of the canvas."""
    if len(data) < 30:
        raise IndexError
    match data[12:16]:
        case b"VP8 ":
            if data[23:26] != b"\x9d\x01\x2a":
                raise IndexError
            width, height = struct.unpack("<HH", data[26:30])
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            if data[20] != 0x2F:
                raise IndexError
            bits = struct.unpack("<I", data[21:25])[0]
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    raise IndexError
