"""Clips: coded pictures written to a fragmented MP4 as they are, without decoding anything.

Such a file has its index first and grows by whole fragments, one for each key picture: what a killed process leaves is
playable up to its last fragment, at most two groups before the last picture. It bears the name `.part` until it is
finished and on the disk.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
from av.packet import Packet
from av.stream import Stream

from streams.access_unit import AccessUnit, StreamFormat
from streams.annex_b import parameter_sets
from streams.closing import Closing
from streams.disk import sync
from streams.errors import ClipError
from streams.libav import reason_of

PART = ".part"
CLIPPED = frozenset({"h264", "hevc"})
"""Codecs that are cut as they come. Motion JPEG is re-encoded: browsers play none in MP4."""

_TICKS = 90_000
_OPTIONS = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
_MOST_GAP_S = 1.0
_LEAST_STEP_S = 0.001
_HEADER = 4096


@dataclass(frozen=True, slots=True)
class Clip:
    """A finished file. sha256: hex. size: bytes. duration_s: from the first picture to the end of the last."""

    path: Path
    duration_s: float
    size: int
    sha256: str


class SteadyTimes:
    """Times of a clip's pictures, seconds from its first, whatever the camera's clock does.

    A step between two pictures counts as the stream tells it while it is believable beside the time that passed here;
    else (clock set, connection lost and back, stuck) it is the time that passed here.
    """

    def __init__(self) -> None:
        self._last: AccessUnit | None = None
        self._at_s = 0.0

    def next_s(self, unit: AccessUnit, *, reorders: bool) -> float:
        """The presentation time of the next picture in coding order. reorders: it may lie before the last one's."""
        last, self._last = self._last, unit
        if last is None:
            return 0.0
        step_s, waited_s = unit.pts_s - last.pts_s, unit.monotonic_s - last.monotonic_s
        least_s = -_MOST_GAP_S if reorders else 0.0
        if step_s == 0.0 or not least_s < step_s <= waited_s + _MOST_GAP_S:
            step_s = max(waited_s, _LEAST_STEP_S)
        self._at_s += step_s
        return self._at_s


class ClipWriter(Closing):
    """Writes one clip to `path`, whose folders it makes; the pictures come in coding order and begin with a key one.
    Not thread-safe.

    `put` writes by whole groups, so nothing is written until the second key picture or `finish`; of the last two groups
    nothing is on the disk yet. It raises ClipError:
    for a format that differs from the first one's, a codec that cannot be cut, a disk that does not take it. What was
    written until then can still be finished. Leaving the context without `finish` leaves no file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.duration_s = 0.0
        self._part = path.with_name(path.name + PART)
        self._times = SteadyTimes()
        self._format: StreamFormat | None = None
        self._group: list[tuple[float, AccessUnit]] = []
        self._container: av.container.OutputContainer | None = None
        self._stream: Stream | None = None
        self._delay = 0
        self._failed = False
        self._last_dts: int | None = None

    def put(self, stream_format: StreamFormat, unit: AccessUnit) -> None:
        """The next picture."""
        if self._format is None:
            if not unit.key or stream_format.codec not in CLIPPED:
                raise ClipError(f"a clip cannot begin here ({stream_format.codec})")
            self._format = stream_format
        elif not _same_picture(self._format, stream_format):
            raise ClipError("the camera's picture changed its format")
        if unit.key and self._group:
            self._flush()
        self._group.append((self._times.next_s(unit, reorders=stream_format.reorders), unit))

    def finish(self) -> Clip:
        """Write the rest, bring it to the disk and give it its name. Raises ClipError; then there is no file."""
        try:
            self._flush()
            if self._container is None or self._format is None:
                raise ClipError("no picture to cut")
            with self._writing():
                self._container.close()
                self._container = None
                # libav does not tell of every write that failed.
                if _whole_size(self._part) != self._part.stat().st_size:
                    raise ClipError("a clip cannot be written: it was cut off")
                return _published(self._part, self.path, self._format.codec, self.duration_s)
        finally:
            self.close()

    def close(self) -> None:
        """Throw away what is not finished."""
        container, self._container = self._container, None
        if container is not None:
            with contextlib.suppress(av.error.FFmpegError, OSError):
                container.close()
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)

    def _flush(self) -> None:
        """Write the group that is complete."""
        group, self._group = self._group, []
        if self._container is None:
            # What is shown before the first key picture belongs to a picture that is not here.
            group = [(at_s, unit) for at_s, unit in group if at_s >= 0.0]
        if not group:
            return
        with self._writing():
            if self._container is None or self._stream is None:
                self._container, self._stream = self._opened()
            for packet in self._packets(group):
                packet.stream = self._stream
                self._container.mux_one(packet)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Failures as ClipError. After the first one nothing more is written: there would be a hole."""
        if self._failed:
            raise ClipError("a clip cannot be written: an earlier part of it could not")
        self._failed = True
        try:
            yield
        except av.error.FFmpegError as error:
            raise ClipError(f"a clip cannot be written: {reason_of(error)}") from None
        except OSError as error:
            raise ClipError(f"a clip cannot be written: {error.strerror}") from None
        self._failed = False

    def _opened(self) -> tuple[av.container.OutputContainer, Stream]:
        """The file, whose header the first packet will complete."""
        assert self._format is not None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        container = av.open(f"file:{self._part}", "w", format="mp4", options=_OPTIONS)
        stream = container.add_mux_stream(
            self._format.codec,
            width=self._format.width,
            height=self._format.height,
            time_base=Fraction(1, _TICKS),
        )
        return container, stream

    def _packets(self, group: list[tuple[float, AccessUnit]]) -> "list[Packet[Stream]]":
        """Decoding times are the presentation times in order, presentation is late by the pictures' reordering."""
        assert self._format is not None
        shown = [round(at_s * _TICKS) for at_s, _ in group]
        coded = sorted(shown)
        step = coded[-1] - coded[-2] if len(coded) > 1 else coded[-1] - (self._last_dts or 0)
        self.duration_s = (coded[-1] + step) / _TICKS
        if self._last_dts is None:
            self._delay = max(early - late for early, late in zip(coded, shown, strict=True))
        packets = []
        for (_, unit), pts, dts in zip(group, shown, coded, strict=True):
            packet = Packet(self._complete(unit))
            packet.time_base = Fraction(1, _TICKS)
            self._last_dts = dts if self._last_dts is None else max(dts, self._last_dts + 1)
            packet.dts, packet.pts = self._last_dts, max(pts + self._delay, self._last_dts)
            packet.is_keyframe = unit.key
            packets.append(packet)
        return packets

    def _complete(self, unit: AccessUnit) -> bytes:
        """The picture; where the first one lacks its parameter sets, with those that the stream's description gave."""
        assert self._format is not None
        if self._last_dts is not None or not unit.key or parameter_sets(unit.data, self._format.codec):
            return unit.data
        return self._format.extradata + unit.data


def salvaged(path: Path) -> Clip | None:
    """What a process that is gone had written of `path`, finished or not, as a finished file; None if nothing of it can
    be shown, and then nothing is left of it.
    """
    part = path.with_name(path.name + PART)
    if path.exists() and not part.exists():
        part = path
    try:
        os.truncate(part, _whole_size(part))
        with av.open(f"file:{part}", options={"format_whitelist": "mov"}) as container:
            stream = container.streams.video[0]
            ends = [
                float((p.pts + (p.duration or 0)) * p.time_base) for p in container.demux(stream) if p.pts is not None
            ]
            codec = stream.codec_context.name
        if ends:
            return _published(part, path, codec, max(ends))
    except (av.error.FFmpegError, OSError, IndexError, ClipError):
        pass
    part.unlink(missing_ok=True)
    return None


def _same_picture(old: StreamFormat, new: StreamFormat) -> bool:
    return (old.codec, old.width, old.height, old.extradata) == (new.codec, new.width, new.height, new.extradata)


def _whole_size(part: Path) -> int:
    """How far the file consists of whole boxes (ISO/IEC 14496-12, 4.2), bytes. An index is nothing without its data."""
    whole, end, size = 0, 0, part.stat().st_size
    with part.open("rb") as file:
        while end + 8 <= size:
            length, name = int.from_bytes(file.read(4)), file.read(4)
            if length == 1:  # a 64-bit length follows
                length = int.from_bytes(file.read(8))
            if length < 8 or end + length > size:
                break
            end += length
            if name != b"moof":
                whole = end
            file.seek(end)
    return whole


def _published(part: Path, path: Path, codec: str, duration_s: float) -> Clip:
    """The file under its name, on the disk."""
    digest = hashlib.sha256()
    with part.open("r+b") as file:
        if codec == "hevc":
            _tag_for_apple(part)
        while block := file.read(1 << 20):
            digest.update(block)
        size = file.tell()
        os.fsync(file.fileno())
    part.replace(path)
    sync(path.parent)
    return Clip(path, duration_s, size, digest.hexdigest())


def _tag_for_apple(part: Path) -> None:
    """Rename the sample entry from hev1, which libav's muxer writes, to hvc1: Apple's players show no other."""
    with part.open("r+b") as file:
        header = file.read(_HEADER)
        found = header.find(b"hev1", header.find(b"stsd"))
        if found > 0:
            file.seek(found)
            file.write(b"hvc1")
