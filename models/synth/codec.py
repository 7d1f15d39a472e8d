"""H.264 and H.265 by PyAV: what low bit rates do to a picture, and writing whole clips."""

from __future__ import annotations

import io
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Literal

import av
import numpy as np

from models.synth.camera import Frame

Codec = Literal["h264", "h265"]
_ENCODERS = {"h264": ("libx264", {}), "h265": ("libx265", {"x265-params": "log-level=none:pools=1:frame-threads=1"})}


def encode(frames: Iterable[Frame], target: Any, fps: int, crf: int, codec: Codec = "h264", speed: str = "slow") -> int:
    """Write RGB frames (H, W, 3), even sizes, as MP4 to a path or file object; returns the number of frames.

    yuv420p, one keyframe every 2 s, no B-frames, as cameras send it. Raises OSError as the target does.
    """
    count, stream = 0, None
    name, extra = _ENCODERS[codec]
    # The index goes to the front of a file; a file object cannot be opened again for that.
    flags = {} if hasattr(target, "write") else {"movflags": "+faststart"}
    with av.open(target, "w", format="mp4", options=flags) as container:
        for frame in frames:
            if stream is None:
                stream = _stream(container, frame, fps, {"crf": str(crf), "preset": speed, "bf": "0", **extra}, name)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            count += 1
        if stream is not None:
            container.mux(stream.encode())
    return count


def _stream(container: Any, frame: Frame, fps: int, options: dict[str, str], name: str) -> Any:
    stream = container.add_stream(name, rate=Fraction(fps), options={**options, "g": str(2 * fps)})
    stream.height, stream.width = frame.shape[:2]
    stream.pix_fmt, stream.thread_count = "yuv420p", 2
    return stream


def round_trip(frame: Frame, crf: int, codec: Codec = "h264") -> Frame:
    """The picture as it comes out of a recorder: the third frame of a still scene, encoded and decoded again."""
    held = io.BytesIO()
    encode([frame] * 3, held, 8, crf, codec, "veryfast")
    held.seek(0)
    with av.open(held, "r") as container:
        decoded = [picture.to_ndarray(format="rgb24") for picture in container.decode(video=0)]
    return np.asarray(decoded[-1], np.uint8)
