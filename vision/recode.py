"""Coded pictures made anew from masked ones: for cameras of which parts may not be shown, and for Motion JPEG."""

from collections.abc import Iterator, Sequence
from typing import Any

import av.error
import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from streams.access_unit import AccessUnit, StreamFormat
from streams.encoder import CLIP, Encoder
from streams.libav import BgrConverter, decoder_for
from vision.geometry import Polygon
from vision.masks import blackened

Units = Iterator[tuple[StreamFormat, AccessUnit]]

_FPS = 25.0
"""What most cameras send; nothing but the encoder's first guess hangs on it."""
LEAST_SIDE = 2
"""Pixels. Smaller pictures are left out: H.264 here has none with odd sides."""
_MOST_WAITING = 64
"""Pictures whose stamps are kept while a decoder holds them back."""


class Recoder:
    """Access units in, H.264 units of the masked pictures out, in the order in which they are shown. Not thread-safe.

    Give it units in coding order, from a key picture on. What cannot be decoded is left out. Another size begins a new
    format.
    """

    def __init__(self, masks: Sequence[Polygon]) -> None:
        self._masks = masks
        self._source: StreamFormat | None = None
        self._decoder: VideoCodecContext | None = None
        self._encoder: Encoder | None = None
        self._convert = BgrConverter()
        self._waiting: dict[int, AccessUnit] = {}
        self._given = 0

    def put(self, stream_format: StreamFormat, unit: AccessUnit) -> Units:
        """The units that this one completes."""
        if self._decoder is None or self._source is None or not _same_decoder(self._source, stream_format):
            yield from self.flush()
            self._decoder = decoder_for(stream_format)
        self._source = stream_format
        packet: Packet[Any] = Packet(unit.data)
        packet.pts = packet.dts = self._given
        self._waiting[self._given] = unit
        self._waiting.pop(self._given - _MOST_WAITING, None)
        self._given += 1
        yield from self._decoded(packet)

    def flush(self) -> Units:
        """What the decoder still holds back."""
        if self._decoder is not None:
            yield from self._decoded(None)
            self._decoder = None

    def _decoded(self, packet: "Packet[Any] | None") -> Units:
        assert self._decoder is not None
        try:
            frames = self._decoder.decode(packet)
        except av.error.FFmpegError:
            return
        for frame in frames:
            # Known by the number that went in with the packet: decoders give pictures back in another order.
            unit = self._waiting.pop(frame.pts if frame.pts is not None else -1, None)
            if unit is not None and not frame.is_corrupt and min(frame.width, frame.height) >= LEAST_SIDE:
                yield from self._encoded(blackened(self._convert(frame), self._masks), unit)

    def _encoded(self, image: NDArray[np.uint8], unit: AccessUnit) -> Units:
        height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
        if self._encoder is None or (self._encoder.format.width, self._encoder.format.height) != (width, height):
            self._encoder = Encoder((width, height), _FPS, CLIP)
        image = image[:height, :width]
        made = self._encoder.encode(image, pts_s=unit.pts_s, at=unit.at, monotonic_s=unit.monotonic_s)
        if made is not None:
            yield self._encoder.format, made


def _same_decoder(old: StreamFormat, new: StreamFormat) -> bool:
    return (old.codec, old.extradata) == (new.codec, new.extradata)
