"""JPEG pictures of cameras: handed on as they come, and decoded so that half a picture is an error, not a grey area."""

from datetime import datetime

import av
import av.error
import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from streams.access_unit import AccessUnit, StreamFormat
from streams.image_header import picture_size
from streams.libav import BgrConverter
from streams.tap import UnitListener

MAX_PIXELS = 50_000_000
"""A larger picture of a camera is refused undecoded."""


class JpegDecoder:
    """One camera's pictures, one after the other. Not thread-safe.

    libav, told to stop at errors: OpenCV gives a picture that breaks off as a whole one, grey from there on.
    """

    def __init__(self) -> None:
        self._convert = BgrConverter()
        self._context = self._new_context()

    def __call__(self, data: bytes) -> NDArray[np.uint8] | None:
        """(H, W, 3) uint8 BGR; None for what is no JPEG, damaged, cut off or too large."""
        size = picture_size(data) if data.startswith(b"\xff\xd8") else None
        if size is None or not 0 < size[0] * size[1] <= MAX_PIXELS:
            return None
        try:
            frames = self._context.decode(Packet(data))
            return self._convert(frames[0]) if frames and not frames[0].is_corrupt else None
        except (av.error.FFmpegError, ValueError):
            self._context = self._new_context()
            return None

    @staticmethod
    def _new_context() -> VideoCodecContext:
        context = av.CodecContext.create("mjpeg", "r")
        assert isinstance(context, VideoCodecContext)
        context.options = {"err_detect": "explode"}
        context.thread_count = 1
        return context


class JpegTap:
    """Hands on one camera's pictures as access units; what is none is left out. The format is the same object until
    their size changes.
    """

    def __init__(self, on_unit: UnitListener) -> None:
        self._on_unit = on_unit
        self._format = StreamFormat("mjpeg", 0, 0)

    def __call__(self, data: bytes, pts_s: float, at: datetime, monotonic_s: float) -> None:
        """The next picture and its stamps, as `AccessUnit` has them."""
        size = picture_size(data)
        if size is None:
            return
        if size != (self._format.width, self._format.height):
            self._format = StreamFormat("mjpeg", *size)
        self._on_unit(self._format, AccessUnit(data, True, pts_s, pts_s, at, monotonic_s))
