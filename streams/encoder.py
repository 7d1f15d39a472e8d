"""Pictures to H.264 for live view: one encode that all viewers of a camera share."""

from fractions import Fraction

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from numpy.typing import NDArray

from streams.access_unit import AccessUnit, StreamFormat
from streams.frame import Frame

KEY_EVERY_S = 2.0
_TICKS = 1000
_OPTIONS = {
    "preset": "ultrafast",
    "tune": "zerolatency",  # every picture comes out as soon as it went in
    "crf": "25",
    "maxrate": "2M",
    "bufsize": "1M",
    "forced-idr": "1",
    "x264-params": "keyint=infinite:scenecut=0",  # key pictures come when we ask for them
}


class LiveEncoder:
    """Constrained baseline, which every browser decodes; SPS and PPS before each key picture. Not thread-safe.

    size: (width, height) px, even. The first picture is a key picture, and so is one every `KEY_EVERY_S`.
    """

    def __init__(self, size: tuple[int, int], fps: float) -> None:
        self.format = StreamFormat("h264", *size)
        self._key_s = float("-inf")
        self._start_s: float | None = None
        self._pts = -1
        self._codec = _open(size, fps)

    def encode(self, image: NDArray[np.uint8], frame: Frame) -> AccessUnit | None:
        """image: (H, W, 3) BGR of `size`, made of `frame`, whose stamps it gets. None: the encoder gave nothing."""
        start_s = self._start_s = frame.monotonic_s if self._start_s is None else self._start_s
        planes = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)
        picture = VideoFrame.from_ndarray(planes, format="yuv420p")
        picture.pts = self._pts = max(round((frame.monotonic_s - start_s) * _TICKS), self._pts + 1)
        picture.time_base = Fraction(1, _TICKS)
        key = frame.monotonic_s - self._key_s >= KEY_EVERY_S
        picture.pict_type = PictureType.I if key else PictureType.NONE
        packets = self._codec.encode(picture)
        if not packets:
            return None
        if key:
            self._key_s = frame.monotonic_s
        data = b"".join(bytes(packet) for packet in packets)
        seconds = frame.monotonic_s
        return AccessUnit(data, any(packet.is_keyframe for packet in packets), seconds, seconds, frame.at, seconds)


def _open(size: tuple[int, int], fps: float) -> VideoCodecContext:
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height = size
    codec.pix_fmt = "yuv420p"
    codec.framerate = Fraction(fps).limit_denominator(1000)
    codec.time_base = Fraction(1, _TICKS)
    codec.thread_count = 1
    codec.profile = "Baseline"
    codec.options = _OPTIONS
    return codec
