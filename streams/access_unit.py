"""Coded pictures as they come from a camera, before anything is decoded: what evidence is cut from and live view shows.

An access unit is H.264's and H.265's word for all that belongs to one coded picture.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """What must be known to decode or remux access units.

    codec: libav's name: h264, hevc, mjpeg. width, height: px, as the stream tells (0: not yet known).
    extradata: parameter sets as libav has them; may be empty where they come in the stream.
    reorders: pictures are shown in another order than they come (B pictures): browsers' WebRTC cannot show those.
    """

    codec: str
    width: int
    height: int
    extradata: bytes = b""
    reorders: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class AccessUnit:
    """One coded picture. Picklable.

    data: Annex B (start codes) for h264 and hevc, a JPEG file for mjpeg. key: can be decoded without an earlier one.
    pts_s, dts_s: seconds on the stream's own scale; may jump where the camera's clock does.
    at: aware UTC, monotonic_s: the machine's monotonic clock (the same in every process), both right after the read.
    """

    data: bytes
    key: bool
    pts_s: float
    dts_s: float
    at: datetime
    monotonic_s: float
