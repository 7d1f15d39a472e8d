"""Pictures to H.264, where what a camera sends will not do: for live view, and for clips of masked cameras."""

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from numpy.typing import NDArray

from streams.access_unit import AccessUnit, StreamFormat

KEY_EVERY_S = 2.0
_TICKS = 1000
_OPTIONS = {
    "preset": "ultrafast",
    "tune": "zerolatency",  # every picture comes out as soon as it went in
    "forced-idr": "1",
    "x264-params": "keyint=infinite:scenecut=0",  # key pictures come when we ask for them
}


LIVE: Mapping[str, str] = {"crf": "25", "maxrate": "2M", "bufsize": "1M"}
CLIP: Mapping[str, str] = {"crf": "23"}
"""How good: x264's own options."""


class Encoder:
    """Constrained baseline, which every browser decodes; SPS and PPS before each key picture. Not thread-safe.

    size: (width, height) px, even. fps: about how many pictures a second come. quality: LIVE or CLIP. The first picture
    is a key picture, and so is one every `KEY_EVERY_S`.
    """

    def __init__(self, size: tuple[int, int], fps: float, quality: Mapping[str, str]) -> None:
        self.format = StreamFormat("h264", *size)
        self._key_s = float("-inf")
        self._start_s: float | None = None
        self._pts = -1
        self._codec = _open(size, fps, quality)

    def encode(self, image: NDArray[np.uint8], *, pts_s: float, at: datetime, monotonic_s: float) -> AccessUnit | None:
        """image: (H, W, 3) BGR of `size`. The rest are its stamps, as `AccessUnit` has them; pts_s may jump. None: the
        encoder gave nothing.
        """
        start_s = self._start_s = pts_s if self._start_s is None else self._start_s
        planes = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)
        picture = VideoFrame.from_ndarray(planes, format="yuv420p")
        picture.pts = self._pts = max(round((pts_s - start_s) * _TICKS), self._pts + 1)
        picture.time_base = Fraction(1, _TICKS)
        key = not 0 <= pts_s - self._key_s < KEY_EVERY_S - 1 / _TICKS
        picture.pict_type = PictureType.I if key else PictureType.NONE
        packets = self._codec.encode(picture)
        if not packets:
            return None
        if key:
            self._key_s = pts_s
        data = b"".join(bytes(packet) for packet in packets)
        return AccessUnit(data, any(packet.is_keyframe for packet in packets), pts_s, pts_s, at, monotonic_s)


def _open(size: tuple[int, int], fps: float, quality: Mapping[str, str]) -> VideoCodecContext:
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height = size
    codec.pix_fmt = "yuv420p"
    codec.framerate = Fraction(fps).limit_denominator(1000)
    codec.time_base = Fraction(1, _TICKS)
    codec.thread_count = 1
    codec.profile = "Baseline"
    codec.options = {**_OPTIONS, **quality}
    return codec
