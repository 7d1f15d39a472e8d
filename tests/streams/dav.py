"""Recordings as Dahua's recorders write them (DHAV), which FFmpeg reads but cannot write.

Each picture is a frame of its own: a header with kind, number, length, wall clock and milliseconds; extensions; the
coded picture; a trailer. Fields as FFmpeg's `dhav` demuxer reads them.
"""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

KEY, PREDICTED = 0xFD, 0xFC
H264, HEVC = 0x04, 0x0C
CODECS = {"libx264": H264, "libx265": HEVC}
BEGAN = datetime(2026, 3, 2, 17, tzinfo=UTC)


def write_dav(path: Path, pictures: Iterable[NDArray[np.uint8]], *, fps: int, codec: str = "libx264") -> Path:
    """pictures: (H, W, 3) BGR, all of one size; coded without B pictures, a key picture every ten."""
    frames: list[bytes] = []
    coder: av.VideoCodecContext | None = None
    for number, picture in enumerate(pictures):
        if coder is None:
            coder = _coder(codec, picture.shape[1], picture.shape[0], fps)
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, fps)
        frames += _frames(coder, coder.encode(frame), fps, codec, len(frames))
    if coder is not None:
        frames += _frames(coder, coder.encode(None), fps, codec, len(frames))
    path.write_bytes(b"".join(frames))
    return path


def _coder(codec: str, width: int, height: int, fps: int) -> av.VideoCodecContext:
    coder = av.CodecContext.create(codec, "w")
    assert isinstance(coder, av.VideoCodecContext)
    coder.width, coder.height, coder.pix_fmt, coder.time_base = width, height, "yuv420p", Fraction(1, fps)
    coder.options = {"g": "10", "bf": "0"}
    if codec == "libx265":
        coder.options = {"g": "10", "x265-params": "log-level=none:bframes=0:repeat-headers=1"}
    return coder


def _frames(
    coder: av.VideoCodecContext, packets: "Iterable[av.Packet[av.VideoStream]]", fps: int, codec: str, first: int
) -> Iterable[bytes]:
    for number, packet in enumerate(packets, first):
        at = BEGAN + timedelta(seconds=number / fps)
        date = at.second | at.minute << 6 | at.hour << 12 | at.day << 17 | at.month << 22 | (at.year - 2000) << 26
        sizes = struct.pack("<4B2H", 0x82, 0, 0, 0, coder.width, coder.height)
        told = struct.pack("4B", 0x81, 0, CODECS[codec], fps) + sizes
        coded = bytes(packet)
        length = 24 + len(told) + len(coded) + 8
        kind = KEY if packet.is_keyframe else PREDICTED
        milliseconds = round(number * 1000 / fps) % 65535
        head = b"DHAV" + struct.pack("<4B3IH2B", kind, 0, 0, 0, number, length, date, milliseconds, len(told), 0)
        yield head + told + coded + b"dhav" + struct.pack("<I", length)
