"""A recording in spans: the picture that ends each one is to be had at once, what lies before it only if asked for.

A recorder codes a key picture every second or two, which stands for itself, and predicts the others from it. So a
span's end, a key picture, costs one picture's decoding, and the two dozen before it cost nothing while nobody asks
for them. Where key pictures are too rare, do not stand for themselves, or carry no times, all is decoded as it comes,
and a span ends with any picture.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import TypeAlias

import av.error
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from streams.access_unit import StreamFormat
from streams.frame import Frame
from streams.libav import decoder_for, time_of
from streams.timeline import Sampler, Timeline

LEAST_S = 0.9
"""A span is at least this long, but for the last one and one before a change of kind."""
LONGEST_S = 4.2
"""Key pictures farther apart than this are too rare: what lies between is decoded as it comes."""
MOST_BYTES = 64 << 20
"""No more coded pictures are held than this, whatever a stream says of its times."""
MOST_LED = 1000
"""Packets before the first key picture that are left out; after these none is expected."""
STANDALONE = frozenset({"h264", "hevc", "mjpeg", "mpeg2video", "mpeg4", "vp8", "vp9", "av1"})
"""Codecs whose key pictures are decoded alone."""

Coded: TypeAlias = "Packet[VideoStream]"

Make = Callable[[int, float, VideoFrame], Frame | None]
"""A frame of index, seconds and the decoded picture; None if it cannot be converted."""


class Still:
    """A picture that is decoded and converted when it is asked for, once.

    index: count of the recording's pictures in order of showing. pts_s: as `streams.timeline.Picture` has it.
    """

    def __init__(self, index: int, pts_s: float, make: Callable[[], Frame | None]) -> None:
        self.index, self.pts_s = index, pts_s
        self._make: Callable[[], Frame | None] | None = make
        self._frame: Frame | None = None

    def frame(self) -> Frame | None:
        """None where it proves unreadable."""
        make, self._make = self._make, None
        if make is not None:
            self._frame = make()
        return self._frame


def _nothing() -> Iterator[Still]:
    return iter(())


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """A stretch of a recording. end: its last picture.

    between: the sampled pictures after the end of the span before and before this one's, in order; of each the frame is
    to be asked for before the next picture is. Two spans must not be read in turns.
    coded: bytes of what is left coded, None where all is decoded anyhow.
    """

    end: Still
    between: Callable[[], Iterator[Still]] = _nothing
    coded: int | None = None


@dataclass(frozen=True, slots=True)
class _At:
    """Where a picture lies among all. sampled: whether it is one of the sampled ones."""

    index: int
    pts_s: float
    sampled: bool


@dataclass(slots=True, eq=False)
class _Group:
    """A key picture and those predicted from it, coded. key_at: its place.

    shown: time stamp of each picture after it → its place. size: bytes of those pictures.
    """

    packets: list[Coded]
    key_at: _At
    shown: dict[int, _At] = field(default_factory=dict)
    size: int = 0

    @property
    def key(self) -> Coded:
        return self.packets[0]

    def takes(self, packet: Coded) -> bool:
        """Whether it is one more picture of a group that can be left coded."""
        if packet.pts is None or packet.is_discard or self.key.pts is None:
            return False
        before = self.packets[-1]
        if packet.dts is not None and before.dts is not None and packet.dts < before.dts:
            return False  # a clock was set back: what seems to lie before the key picture comes after it
        apart_s = _seconds(packet.pts - self.key.pts, packet)
        return apart_s is not None and abs(apart_s) <= LONGEST_S and self.size + packet.size <= MOST_BYTES

    def add(self, packet: Coded) -> None:
        self.packets.append(packet)
        self.size += packet.size


class SpanReader:
    """Spans of one video, once, in order. Not thread-safe.

    packets: all coded pictures, demuxed as they are asked for. decoded, corrupt: pictures so far. last_s: time of the
    last picture that is known of.
    """

    def __init__(
        self, packets: Iterable[Coded], stream: VideoStream, timeline: Timeline, sample_fps: float | None, make: Make
    ) -> None:
        self._packets = (packet for packet in packets if packet.size)
        self._own = stream.codec_context
        # The stream's own decoder may be in the middle of a long group when one that was left coded is asked for.
        self._apart = _decoder_beside(self._own)
        self._timeline, self._sampler, self._make = timeline, Sampler(sample_fps), make
        self._index, self._turn = 0, 0
        self.decoded, self.corrupt, self.last_s = 0, 0, 0.0

    def spans(self) -> Iterator[Span]:
        """The first one is the first picture alone."""
        led = self._lead()
        if self._stands_alone(led):
            group = self._opened(led[-1])
            yield Span(self._key_of(group))
            yield from self._keyed(group)
        else:
            yield from self._streamed(None, led, to_key=False)

    # -- left coded until it is asked for

    def _lead(self) -> list[Coded]:
        """The packets up to the first key picture."""
        led: list[Coded] = []
        for packet in self._packets:
            led.append(packet)
            if packet.is_keyframe or len(led) >= MOST_LED:
                break
        return led

    def _stands_alone(self, led: Sequence[Coded]) -> bool:
        """Whether the first key picture decodes without the others, and to the same in both decoders."""
        if self._apart is None or not led or not _can_begin(led[-1]):
            return False
        own, apart = (_alone(decoder, led[-1]) for decoder in (self._own, self._apart))
        return own is not None and apart is not None and own.rotation == apart.rotation

    def _keyed(self, group: _Group) -> Iterator[Span]:
        """From a key picture on, which has ended a span."""
        groups: list[_Group] = []
        ended_s, doubted = group.key_at.pts_s, True
        for packet in self._packets:
            if _can_begin(packet) and doubted:
                # Of a stream that is refreshed bit by bit only the first picture stands for itself.
                doubted = False
                if self._apart is None or _alone(self._apart, packet) is None:
                    yield from self._streamed(group, [*group.packets, packet], to_key=False)
                    return
            if _can_begin(packet):
                groups.append(self._closed(group))
                group = self._opened(packet)
                if group.key_at.pts_s - ended_s >= LEAST_S:
                    yield self._span(groups, self._key_of(group))
                    groups, ended_s = [], group.key_at.pts_s
            elif group.takes(packet):
                group.add(packet)
            else:
                if groups:
                    yield self._span(groups, self._key_of(group))
                held = [*group.packets, packet]
                following = yield from self._streamed(group, held, to_key=_time_s(packet) is not None)
                if following is None:
                    return
                group, groups, ended_s = following, [], following.key_at.pts_s
        yield from self._last([*groups, self._closed(group)])

    def _opened(self, key: Coded) -> _Group:
        return _Group([key], self._next(_time_s(key)))

    def _closed(self, group: _Group) -> _Group:
        """With the times of its pictures. What is shown before the key picture needs the group before: left out."""
        assert group.key.pts is not None
        later = {packet.pts: packet for packet in group.packets if packet.pts is not None}
        for pts in sorted(pts for pts in later if pts > group.key.pts):
            group.shown[pts] = self._next(_time_s(later[pts]))
        return group

    def _next(self, raw_s: float | None) -> _At:
        """The place of the next picture in order of showing."""
        index, self._index = self._index, self._index + 1
        self.last_s = self._timeline.next_s(raw_s)
        return _At(index, self.last_s, self._sampler.take(self.last_s))

    def _span(self, groups: Sequence[_Group], end: Still) -> Span:
        return Span(end, partial(self._between, tuple(groups)), sum(group.size for group in groups))

    def _last(self, groups: Sequence[_Group]) -> Iterator[Span]:
        """The last groups, which no key picture ends."""
        places = [at for group in groups for at in group.shown.values()] + [group.key_at for group in groups[1:]]
        last = max((at for at in places if at.sampled), key=lambda at: at.index, default=None)
        if last is not None:
            end = Still(last.index, last.pts_s, partial(self._one, groups, last.index))
            yield Span(end, partial(self._before, groups, last.index), sum(group.size for group in groups))

    def _before(self, groups: Sequence[_Group], index: int) -> Iterator[Still]:
        return (still for still in self._between(groups) if still.index < index)

    def _one(self, groups: Sequence[_Group], index: int) -> Frame | None:
        return next((still.frame() for still in self._between(groups) if still.index == index), None)

    def _key_of(self, group: _Group) -> Still:
        return Still(group.key_at.index, group.key_at.pts_s, partial(self._key_frame, group))

    def _key_frame(self, group: _Group) -> Frame | None:
        assert self._apart is not None
        self._turn += 1
        picture = next(self._sound(_decoded(self._apart, [group.key])), None)
        return None if picture is None else self._make(group.key_at.index, group.key_at.pts_s, picture)

    def _between(self, groups: Sequence[_Group]) -> Iterator[Still]:
        """The sampled pictures after the first key picture."""
        assert self._apart is not None
        self._turn += 1
        turn = self._turn
        places = {group.key.pts: group.key_at for group in groups[1:] if group.key.pts is not None}
        for group in groups:
            places |= group.shown
        sampled = {pts: at for pts, at in places.items() if at.sampled}
        # Where every picture stands for itself, only those that are sampled are decoded.
        wanted = [group for group in groups if group.shown or group.key.pts in sampled]
        packets = (packet for group in wanted for packet in group.packets)
        for picture in self._sound(_decoded(self._apart, packets)):
            if turn != self._turn:
                raise RuntimeError("two spans are read in turns")
            if picture.pts is not None and (at := sampled.get(picture.pts)) is not None:
                yield Still(at.index, at.pts_s, partial(self._make, at.index, at.pts_s, picture))

    # -- decoded as it comes

    def _streamed(
        self, begun: _Group | None, held: Sequence[Coded], *, to_key: bool
    ) -> Generator[Span, None, _Group | None]:
        """What cannot be left coded: from the group on that has begun with `held`, to the end (and None), or up to the
        next key picture, which is returned.
        """
        stop: list[Coded] = []
        packets = chain(held, self._until_key(stop) if to_key else self._packets)
        shown_pts = begun.key.pts if begun is not None else None
        ended_s = begun.key_at.pts_s if begun is not None else float("-inf")
        stills: list[Still] = []
        for picture in self._sound(_decoded(self._own, packets)):
            if shown_pts is not None and picture.pts is not None:
                # Up to the key picture that has been shown; times may go back after it.
                if picture.pts < shown_pts:
                    continue
                known, shown_pts = picture.pts == shown_pts, None
                if known:
                    continue
            at = self._next(time_of(picture))
            if not at.sampled:
                continue
            stills.append(Still(at.index, at.pts_s, partial(self._make, at.index, at.pts_s, picture)))
            if at.pts_s - ended_s >= LEAST_S:
                yield Span(stills[-1], partial(iter, stills[:-1]))
                stills, ended_s = [], at.pts_s
        if not stop:
            if stills:
                yield Span(stills[-1], partial(iter, stills[:-1]))
            return None
        following = self._opened(stop[0])
        yield Span(self._key_of(following), partial(iter, stills))
        return following

    def _until_key(self, stop: list[Coded]) -> Iterator[Coded]:
        """Up to the next key picture, which is put into `stop`."""
        for packet in self._packets:
            if _can_begin(packet):
                stop.append(packet)
                return
            yield packet

    def _sound(self, pictures: Iterator[VideoFrame | None]) -> Iterator[VideoFrame]:
        """Without those that are damaged, which are counted. None: a packet that could not be decoded."""
        for picture in pictures:
            if picture is None or picture.is_corrupt:
                self.corrupt += 1
            else:
                self.decoded += 1
                yield picture


def _decoder_beside(own: VideoCodecContext) -> VideoCodecContext | None:
    """A second decoder for the same stream; None where its key pictures are not decoded alone."""
    if own.name not in STANDALONE:
        return None
    beside = decoder_for(StreamFormat(own.name, own.width, own.height, own.extradata or b""))
    beside.width, beside.height = own.width, own.height
    return beside


def _decoded(decoder: VideoCodecContext, packets: Iterable[Coded]) -> Iterator[VideoFrame | None]:
    """All pictures of these packets, and of nothing before or after them, in order of showing. None: one packet failed.

    Abandoned halfway, it leaves the decoder as the next call needs it.
    """
    decoder.flush_buffers()
    for packet in packets:
        try:
            yield from decoder.decode(packet)
        except av.error.EOFError:
            break
        except av.error.FFmpegError:
            yield None
    with suppress(av.error.FFmpegError):
        yield from decoder.decode(None)
    decoder.flush_buffers()


def _alone(decoder: VideoCodecContext, key: Coded) -> VideoFrame | None:
    """The picture, if it is sound without any other."""
    picture = next(_decoded(decoder, [key]), None)
    return None if picture is None or picture.is_corrupt else picture


def _can_begin(packet: Coded) -> bool:
    return bool(
        packet.is_keyframe and packet.pts is not None and packet.time_base is not None and not packet.is_discard
    )


def _time_s(packet: Coded) -> float | None:
    return None if packet.pts is None else _seconds(packet.pts, packet)


def _seconds(ticks: int, packet: Coded) -> float | None:
    """Whole numbers are divided: a `Fraction` for each of the 90,000 packets of an hour costs as much as reading it."""
    unit = packet.time_base
    return None if unit is None else ticks * unit.numerator / unit.denominator
