"""Where a stream's coded pictures are handed on, before anything of them is decoded."""

from collections.abc import Callable
from dataclasses import replace

import av
import av.error
from av.bitstream import BitStreamFilterContext
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from streams.access_unit import AccessUnit, StreamFormat
from streams.annex_b import parameter_sets
from streams.clock import Clock

UnitListener = Callable[[StreamFormat, AccessUnit], None]
"""on_unit(format, unit), in the thread that reads. The format is the same object until it changes."""

TAPPED = frozenset({"h264", "hevc", "mjpeg"})
"""Codecs of which units are handed on; pictures of others are only decoded."""

_MOST_REORDER_S = 1.0
"""A presentation time that steps back by less is a B picture's; by more, the camera's clock was set."""

_AGAIN_S = 2.0
"""Two steps back within this are B pictures', of which even a slow stream has several in that time."""


class PacketTap:
    """Makes access units of one stream's packets. Not thread-safe.

    Packets with length prefixes (mp4, mkv) become Annex B with the parameter sets at key pictures. The format follows
    the parameter sets in the stream: a camera that is set anew has a new format from its next key picture on.
    """

    def __init__(self, stream: VideoStream, on_unit: UnitListener, clock: Clock) -> None:
        context = stream.codec_context
        self._codec = context.name
        self._on_unit, self._clock = on_unit, clock
        extradata = context.extradata or b""
        # avcC and hvcC begin with their version, 1; Annex B with a start code.
        prefixed = self._codec in ("h264", "hevc") and extradata[:1] == b"\x01"
        self._filter = BitStreamFilterContext(f"{self._codec}_mp4toannexb", stream) if prefixed else None
        self._format = StreamFormat(
            self._codec, context.width, context.height, parameter_sets(extradata, self._codec), context.has_b_frames
        )
        self._last_s: tuple[float, float] | None = None
        self._turned_s = float("-inf")

    def __call__(self, packet: "Packet[VideoStream]") -> None:
        """Hand on one packet, right after it was read; it stays as it is."""
        if self._codec not in TAPPED or not packet.size:
            return
        at, monotonic_s = self._clock.now(), self._clock.monotonic_s()
        pts = packet.pts if packet.pts is not None else packet.dts
        dts = packet.dts if packet.dts is not None else pts
        scale = packet.time_base
        pts_s = float(pts * scale) if pts is not None and scale else self._made_up_s(monotonic_s)
        dts_s = float(dts * scale) if dts is not None and scale else pts_s
        key = packet.is_keyframe or self._codec == "mjpeg"
        data = self._annex_b(packet, key)
        if not data:
            return
        self._follow(data, key, pts_s, monotonic_s)
        self._last_s = pts_s, monotonic_s
        self._on_unit(self._format, AccessUnit(data, key, pts_s, dts_s, at, monotonic_s))

    def _annex_b(self, packet: "Packet[VideoStream]", key: bool) -> bytes:
        """b"" for one that is damaged: the decoder will say so, too."""
        if self._filter is None:
            return bytes(packet)
        copy = Packet(bytes(packet))  # the filter empties what it is given
        copy.is_keyframe = key
        try:
            return b"".join(bytes(made) for made in self._filter.filter(copy))
        except av.error.FFmpegError:
            return b""

    def _made_up_s(self, monotonic_s: float) -> float:
        """For a packet that has no time of its own, as the first one of an RTSP stream often has not."""
        return 0.0 if self._last_s is None else self._last_s[0] + monotonic_s - self._last_s[1]

    def _follow(self, data: bytes, key: bool, pts_s: float, monotonic_s: float) -> None:
        """Keep the format true to the stream."""
        if key:
            sets = parameter_sets(data, self._codec)
            if sets and sets != self._format.extradata:
                width, height = picture_size(self._codec, data)
                known = self._format
                self._format = replace(known, extradata=sets, width=width or known.width, height=height or known.height)
        back_s = self._last_s[0] - pts_s if self._last_s is not None else 0.0
        if not self._format.reorders and 0 < back_s < _MOST_REORDER_S:
            # B pictures step back again and again; a clock that is set by a little, once.
            again = monotonic_s - self._turned_s <= _AGAIN_S
            self._turned_s = monotonic_s
            if again:
                self._format = replace(self._format, reorders=True)


def picture_size(codec: str, data: bytes) -> tuple[int, int]:
    """(width, height) px from the parameter sets in `data`; (0, 0) if they do not tell."""
    context = av.CodecContext.create(codec, "r")
    assert isinstance(context, VideoCodecContext)
    context.parse(data)
    context.parse(None)
    return context.width, context.height
