"""JPEG pictures of cameras, decoded so that half a picture is an error and not a grey area."""

import av
import av.error
import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from streams.image_header import picture_size
from streams.libav import BgrConverter

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
