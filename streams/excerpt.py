"""A stretch of a recording as it is coded, by the seconds that `streams.video_file` gives its pictures.

What a file says of its times is repaired there (`Timeline`): after a leap of its clock a second of the recording is not
one of the file, and to seek by it would lead to another moment.
"""

import math
from collections.abc import Iterator
from itertools import pairwise
from statistics import median
from typing import TypeAlias

from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from streams.libav import fps_of
from streams.timeline import Timeline

_INDEXED = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi"})
"""Formats that know where their key pictures lie. Of others all is read up to the stretch that is wanted."""
_REORDERED_S = 1.0
"""A picture that is shown before others comes after them at most so much later."""

Coded: TypeAlias = "Packet[VideoStream]"


def excerpt(
    container: InputContainer, stream: VideoStream, since_s: float, until_s: float, over_s: float = math.inf
) -> list[Coded]:
    """The coded pictures from the key picture before `since_s` to `until_s`, with times that go on as the recording's
    do. over_s: when the recording is known to be over, as `Timeline` has it. Times are shown as they are to be, and
    decoding times are made anew, as some containers lack them.

    Raises FFmpegError; ValueError where it has no times.
    """
    base = stream.time_base
    if base is None:
        raise ValueError("it has no times")
    held: list[Coded] = []
    for packet, at_s in _timed(container, stream, since_s, over_s):
        if at_s > until_s:
            break
        if packet.is_keyframe and at_s <= since_s:
            held = []
        packet.pts = round(at_s / base)
        held.append(packet)
    shown = sorted(packet.pts or 0 for packet in held)
    delay = max((at - (packet.pts or 0) for at, packet in zip(shown, held, strict=True)), default=0)
    last = -math.inf
    for at, packet in zip(shown, held, strict=True):
        packet.dts = int(max(at - delay, last + 1))
        packet.pts = max(packet.pts or 0, packet.dts)
        last = packet.dts
    return held


def _timed(
    container: InputContainer, stream: VideoStream, since_s: float, over_s: float
) -> Iterator[tuple[Coded, float]]:
    """Coded pictures from a key picture at or before `since_s` on, each with its second."""
    key, key_s = _key_before(container, stream, since_s, over_s)
    timeline = Timeline(fps_of(stream), over_s - key_s)
    front_raw_s, front_s = -math.inf, 0.0
    begun = False
    for packet in container.demux(stream):
        if packet.pts is None or stream.time_base is None:
            continue
        begun = begun or (packet.is_keyframe and (key is None or max(packet.pts, packet.dts or 0) >= key))
        if not begun:
            continue
        raw_s = float(packet.pts * stream.time_base)
        if not front_raw_s - _REORDERED_S <= raw_s <= front_raw_s:
            front_raw_s, front_s = raw_s, key_s + timeline.next_s(raw_s)
        yield packet, front_s + raw_s - front_raw_s


def _key_before(
    container: InputContainer, stream: VideoStream, since_s: float, over_s: float
) -> tuple[int | None, float]:
    """Seek to the last key picture before a second. Its time as the file has it, and its second; None and 0 where that
    is not known before the file is read.
    """
    base, start = stream.time_base, stream.start_time or 0
    if container.format.name not in _INDEXED or base is None:
        return None, 0.0
    container.seek(start + int(since_s / base), stream=stream, backward=True)  # of some the index is read only then
    entries = [(float(entry.timestamp * base), entry) for entry in stream.index_entries]
    steps = [later - earlier for (earlier, _), (later, _) in pairwise(entries) if later > earlier]
    timeline = Timeline(1 / median(steps) if steps else None, over_s)
    found: tuple[int | None, float] = (None, 0.0)
    for raw_s, entry in entries:
        at_s = timeline.next_s(raw_s)
        if at_s > since_s:
            break
        if entry.is_keyframe:
            found = (entry.timestamp, at_s)
    container.seek(start if found[0] is None else found[0], stream=stream, backward=True)
    return found
