"""One picture of a stream that is kept but not decoded: in full size, for the moment an alert fires."""

import av.error
import numpy as np
from av.packet import Packet
from numpy.typing import NDArray

from streams.libav import BgrConverter, decoder_for
from streams.ring import UnitRing

MOST_PX = 150_000_000
"""Pixels that may be decoded for one picture: 72 pictures of 1920×1080, about a quarter of a second of one core."""
STALE_S = 0.5
"""A picture older than this is of another moment."""


def picture_at(ring: UnitRing, at_s: float) -> NDArray[np.uint8] | None:
    """(H, W, 3) uint8 BGR, not masked: the last picture that had come at `at_s` (monotonic). None if there is none of
    that moment, or if decoding up to it from the key picture before it would take too long.
    """
    kept = [one for one in ring.since(at_s - STALE_S) if one.unit.monotonic_s <= at_s]
    last_key = max((index for index, one in enumerate(kept) if one.unit.key), default=0)
    kept = kept[last_key:]
    if not kept or kept[-1].unit.monotonic_s < at_s - STALE_S:
        return None
    stream = kept[-1].format
    if stream.width * stream.height * len(kept) > MOST_PX:
        return None
    try:
        decoder = decoder_for(stream)
        frames = [frame for one in kept for frame in decoder.decode(Packet(one.unit.data))] + decoder.decode(None)
        return BgrConverter()(frames[-1]) if frames and not frames[-1].is_corrupt else None
    except (av.error.FFmpegError, ValueError):
        return None
