"""A stretch of a recording as it is coded, by the seconds that `streams.video_file` gives its pictures.

What a file says of its times is repaired there (`Timeline`): after a leap of its clock a second of the recording is not
one of the file, and to seek by it would lead to another moment.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import TypeAlias

import av.error
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from streams.libav import fps_of
from streams.timeline import Timeline
from streams.video_file import TIMELESS

_INDEXED = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi"})
"""Formats that know where their key pictures lie. Others are read on from the last key picture that is known."""
_REORDERED_S = 1.0
"""A picture that is shown before others comes after them at most so much later."""

_SEEK_S = 2.0
"""Some formats are sought through by decoding times, and to within some pictures: so much is allowed for."""

Coded: TypeAlias = "Packet[VideoStream]"


class Lost(ValueError):
    """It is to be opened again and read from its begin: where a key picture was read, another is found."""


@dataclass(frozen=True, slots=True)
class _Key:
    """pts, dts: as the file has them. pos: its byte; None where that is not told. at_s: its second."""

    pts: int
    dts: int
    pos: int | None
    at_s: float


@dataclass(slots=True)
class Keys:
    """The key pictures of one file that is kept open, as far as it was read: what is cut next begins at one of them,
    and not at the file's begin. Some formats (DHAV) find again only what was read since they were opened. Of formats
    that know themselves where they lie nothing is kept. begun: it does not stand at its begin any more.
    """

    begun: bool = False
    _known: list[_Key] = field(default_factory=list)
    _used: bool = True

    def before(self, at_s: float) -> _Key | None:
        """The last one that is known."""
        number = bisect_right(self._known, at_s, key=lambda key: key.at_s)
        return self._known[number - 1] if number and self._used else None

    def add(self, packet: Coded, at_s: float) -> None:
        """It was read."""
        if packet.is_keyframe and packet.pts is not None and (not self._known or at_s > self._known[-1].at_s):
            self._known.append(_Key(packet.pts, packet.pts if packet.dts is None else packet.dts, packet.pos, at_s))

    def give_up(self) -> None:
        """It is opened again, now and for each that comes, and read from its begin."""
        self.begun, self._used = False, False


def excerpt(
    container: InputContainer,
    stream: VideoStream,
    since_s: float,
    until_s: float,
    over_s: float = math.inf,
    keys: Keys | None = None,
) -> list[Coded]:
    """The coded pictures from the key picture before `since_s` to `until_s`, with times that go on as the recording's
    do. over_s: when the recording is known to be over, as `Timeline` has it. Times are shown as they are to be, and
    decoding times are made anew, as some containers lack them. keys: of earlier excerpts of the same open file; None:
    it was just opened.

    Raises FFmpegError; Lost: give the keys up and open the file again; ValueError where it has no times.
    """
    base = stream.time_base
    if base is None or container.format.name in TIMELESS:
        raise ValueError("it has no times")
    held: list[Coded] = []
    for packet, at_s in _timed(container, stream, since_s, over_s, keys or Keys()):
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
    container: InputContainer, stream: VideoStream, since_s: float, over_s: float, keys: Keys
) -> Iterator[tuple[Coded, float]]:
    """Coded pictures from a key picture at or before `since_s` on, each with its second."""
    assert stream.time_base is not None
    if container.format.name in _INDEXED:
        key_s, packets = _from_index(container, stream, since_s, over_s)
    else:
        key_s, packets = _from_known(container, stream, keys, since_s)
    timeline = Timeline(fps_of(stream), over_s - key_s)
    front_raw_s, front_s = -math.inf, 0.0
    for packet in packets:
        if packet.pts is None:
            continue
        raw_s = float(packet.pts * stream.time_base)
        if not front_raw_s - _REORDERED_S <= raw_s <= front_raw_s:
            front_raw_s, front_s = raw_s, key_s + timeline.next_s(raw_s)
        at_s = round(front_s + raw_s - front_raw_s, 6)  # the same from wherever it is read on
        if container.format.name not in _INDEXED:
            keys.add(packet, at_s)
        yield packet, at_s


def _from_known(
    container: InputContainer, stream: VideoStream, keys: Keys, since_s: float
) -> tuple[float, Iterator[Coded]]:
    """The second of the last key picture that is known before one, and the coded pictures from it on; else from the
    file's first one.
    """
    key = keys.before(since_s)
    if key is None and keys.begun:
        raise Lost("it stands elsewhere")
    keys.begun = True
    if key is None:
        return 0.0, _after(container, stream, lambda packet: True)
    assert stream.time_base is not None
    margin = round(_SEEK_S / stream.time_base)
    try:
        container.seek(key.dts - margin, stream=stream, backward=True)
    except av.error.FFmpegError as error:
        raise Lost(str(error)) from None

    def is_it(packet: Coded) -> bool:
        if packet.pts is not None and packet.pts > key.pts + 5 * margin:
            raise Lost("it cannot be sought through")
        return packet.pts == key.pts and packet.pos == key.pos

    return key.at_s, _after(container, stream, is_it)


def _from_index(
    container: InputContainer, stream: VideoStream, since_s: float, over_s: float
) -> tuple[float, Iterator[Coded]]:
    """The second of the last key picture before one, and the coded pictures from it on."""
    key, key_s = _key_before(container, stream, since_s, over_s)
    return key_s, _after(container, stream, lambda packet: key is None or max(packet.pts or 0, packet.dts or 0) >= key)


def _after(container: InputContainer, stream: VideoStream, begins: Callable[[Coded], bool]) -> Iterator[Coded]:
    """Coded pictures from a certain key picture on. Raises Lost where there is none."""
    begun = False
    for packet in container.demux(stream):
        begun = begun or (packet.pts is not None and begins(packet) and packet.is_keyframe)
        if begun:
            yield packet
    if not begun:
        raise Lost("no key picture there")


def _key_before(
    container: InputContainer, stream: VideoStream, since_s: float, over_s: float
) -> tuple[int | None, float]:
    """Seek to the last key picture before a second. Its time as the file has it, and its second; None and 0 where that
    is not known before the file is read.
    """
    base, start = stream.time_base, stream.start_time or 0
    if base is None:
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
