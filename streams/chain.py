"""Recordings that follow each other as one recording with one time line: what a recorder writes hour by hour."""

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from streams.clock import Clock
from streams.closing import Closing
from streams.errors import SourceError, SourceUnreadable, redact
from streams.folder import printable
from streams.frame import Frame
from streams.spans import Span, Still
from streams.timeline import Picture, Playback
from streams.video_file import VideoFileSource

GAP_S = 5.0
"""Pictures farther apart than this leave a gap. Names tell full seconds, and a camera may send one picture a second."""
OVERLAP_S, OVERLAP_SHARE, OVERLAP_LEAST_S = 5.0, 0.01, 1.5
"""So much of a file may lie before the end of the one before without a word, as names are a second off and clocks
drift: so many seconds, or that share of a long file; a quarter of a short one, but at least the last."""
ASIDE_S = 60.0
"""No recorder shows more than this twice. A file of which more, or more than half, would be passed over is of another
camera, or of a clock that was put back."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of a chain. begins_s: its first picture, seconds from the first picture of the chain."""

    path: Path
    begins_s: float


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one file. index: of the segment. lost: nothing of it could be read. overlap: the file is
    sound, and a part of it was passed over. refused: the system did not let it be read on; it may be whole.
    """

    index: int
    reason: str
    lost: bool
    overlap: bool = False
    refused: bool = False


class ChainSource(Closing):
    """Segments in order of time, at least one, read one after the other. Each begins at its own time.

    Between two of them time passes where there is a gap; what a file shows once more of the time before it is passed
    over, and a fault where that is much. A file of which most would be passed over is left aside.
    A leap of a file's clock to after the beginning of the next file is none: it would hide that file.
    A file that cannot be read, or not to its end, is a fault and a gap. Otherwise as an unpaced VideoFileSource.

    gaps: (from, to), seconds of the chain. faults: so far. passed_over_s: of all files, so far. aside: numbers of the
    segments of which nothing is shown, for somebody to show them by themselves.
    duration_s: of one file, as it tells; of several it is known at the end only.
    """

    live = False
    remark = ""

    def __init__(
        self,
        segments: Sequence[Segment],
        *,
        camera: str,
        clock: Clock,
        sample_fps: float | None = None,
        started_at: datetime | None = None,
    ) -> None:
        """Raises SourceError where the only file cannot be opened."""
        self.source = redact(str(segments[0].path))
        self._segments, self._clock = tuple(segments), clock
        self._playback = Playback(camera, clock, sample_fps, False, started_at)
        self._closed = threading.Event()
        self._last_s: float | None = None
        self._last_index = 0
        self._shown = 0
        self.gaps: list[tuple[float, float]] = []
        self.faults: list[Fault] = []
        self.aside: list[int] = []
        self.passed_over_s = 0.0
        self.frames_decoded = 0
        self.corrupt = 0
        self._only = self._open(0) if len(segments) == 1 else None
        self.duration_s = self._only.duration_s if self._only else None

    @property
    def damaged(self) -> bool:
        """Whether anything could not be read, so far. What was passed over could."""
        return any(not fault.overlap for fault in self.faults)

    @property
    def error(self) -> str | None:
        """The first fault, and how many files have one."""
        if not self.faults:
            return None
        first = next((fault for fault in self.faults if not fault.overlap), self.faults[0])
        if len(self._segments) == 1:
            return first.reason
        damaged = "overlap others" if first.overlap else "are damaged"
        files = len({fault.index for fault in self.faults if fault.overlap == first.overlap})
        return f"{files} of {len(self._segments)} files {damaged}: {self._name(first.index)}: {first.reason}"

    def frames(self) -> Iterator[Frame]:
        """The sampled frames of all files. Raises SourceUnreadable if no file is readable."""
        return self._playback.frames(self._pictures(), self._closed)

    def spans(self) -> Iterator[Span]:
        """Instead of `frames`: see VideoFileSource. Which pictures are sampled is reckoned anew in each file."""
        for index, segment in enumerate(self._segments):
            if self._closed.is_set():
                return
            yield from self._spans_of(index, segment)
        self._conclude()

    def close(self) -> None:
        """End the iteration."""
        self._closed.set()
        if self._only is not None:
            self._only.close()

    def _pictures(self) -> Iterator[Picture]:
        for index, segment in enumerate(self._segments):
            yield from self._one(index, segment)
        self._conclude()

    def _conclude(self) -> None:
        if self._shown > 0:
            return
        if len(self._segments) == 1:
            raise SourceUnreadable(self.source, self.error or "no picture could be decoded")
        raise SourceUnreadable(self.source, f"none of {len(self._segments)} files can be read")

    def _name(self, index: int) -> str:
        return printable(redact(self._segments[index].path.name))

    def _opened(self, index: int) -> VideoFileSource:
        return self._only or self._open(index)

    def _open(self, index: int) -> VideoFileSource:
        begins_s = self._segments[index].begins_s
        next_s = self._segments[index + 1].begins_s if index + 1 < len(self._segments) else math.inf
        return VideoFileSource(
            self._segments[index].path,
            camera="",
            clock=self._clock,
            sample_fps=self._playback.sample_fps,
            until_s=next_s - begins_s,
        )

    def _one(self, index: int, segment: Segment) -> Iterator[Picture]:
        decoded_before, shown = self.frames_decoded, self._shown_before(index)
        with self._faults_noted(index), self._opened(index) as video:
            if self._leaves_aside(index, video, shown):
                return
            for picture in video.pictures():
                self.frames_decoded = decoded_before + video.frames_decoded
                at_s = segment.begins_s + picture.pts_s
                if shown.takes(at_s):
                    self._passed(index, at_s)
                    self._shown += 1
                    yield Picture(self._shown - 1, at_s, picture.convert)
            self._finished(index, video, shown)

    def _spans_of(self, index: int, segment: Segment) -> Iterator[Span]:
        decoded_before, shown, first = self.frames_decoded, self._shown_before(index), self._shown
        with self._faults_noted(index), self._opened(index) as video:
            if self._leaves_aside(index, video, shown):
                return
            for span in video.spans():
                self.frames_decoded = decoded_before + video.frames_decoded
                end = self._still(span.end, segment, first)
                if shown.takes(end.pts_s):
                    self._passed(index, end.pts_s)
                    self._shown = end.index + 1
                    yield Span(end, partial(self._between, span, segment, first, shown.until_s), span.coded)
            self.frames_decoded = decoded_before + video.frames_decoded
            self._finished(index, video, shown)

    def _between(self, span: Span, segment: Segment, first: int, shown_s: float) -> Iterator[Still]:
        stills = (self._still(still, segment, first) for still in span.between())
        return (still for still in stills if still.pts_s > shown_s)

    def _still(self, still: Still, segment: Segment, first: int) -> Still:
        """On the chain's time line."""
        index, at_s = first + still.index, segment.begins_s + still.pts_s

        def make() -> Frame | None:
            frame = still.frame()
            return None if frame is None else self._playback.frame(index, at_s, frame.image)

        return Still(index, at_s, make)

    @contextmanager
    def _faults_noted(self, index: int) -> Iterator[None]:
        try:
            yield
        except SourceError as error:
            self.faults.append(Fault(index, error.reason, lost=True))

    def _shown_before(self, index: int) -> "_Shown":
        until_s = -math.inf if self._last_s is None else self._last_s
        return _Shown(self._segments[index].begins_s, until_s, self._name(self._last_index))

    def _leaves_aside(self, index: int, video: VideoFileSource, shown: "_Shown") -> bool:
        """Whether so much of it would be passed over that nothing of it is shown here."""
        length_s = video.duration_s
        most_s = min(ASIDE_S, max(length_s / 2, _tolerated_s(length_s))) if length_s else OVERLAP_S
        if shown.until_s - shown.begins_s <= most_s:
            return False
        self.aside.append(index)
        return True

    def _finished(self, index: int, video: VideoFileSource, shown: "_Shown") -> None:
        self.corrupt += video.corrupt
        if video.error:
            self.faults.append(Fault(index, video.error, lost=False, refused=video.refused))
        self.passed_over_s += shown.passed_over_s
        if shown.passed_over_s > _tolerated_s(shown.last_s - shown.begins_s):
            reason = f"{shown.passed_over_s:.1f} s lie before the end of {shown.by} and were not looked at"
            self.faults.append(Fault(index, reason, lost=False, overlap=True))

    def _passed(self, index: int, at_s: float) -> None:
        """A picture of this time is shown next."""
        last_s = self._last_s or 0.0
        if at_s - last_s > GAP_S:
            self.gaps.append((last_s, at_s))
        self._last_s, self._last_index = at_s, index


@dataclass(slots=True)
class _Shown:
    """What the files before one have shown of its time. until_s: the last picture; by: of which file.

    last_s: the file's last picture so far.
    """

    begins_s: float
    until_s: float
    by: str
    last_s: float = -math.inf

    def takes(self, at_s: float) -> bool:
        """A picture of the file; whether no earlier file has shown that time."""
        self.last_s = at_s
        return at_s > self.until_s

    @property
    def passed_over_s(self) -> float:
        """So much of the file has been passed over."""
        return max(0.0, min(self.until_s, self.last_s) - self.begins_s)


def _tolerated_s(length_s: float) -> float:
    """So much of a file of this length may be passed over without a word."""
    return min(max(OVERLAP_S, OVERLAP_SHARE * length_s), max(OVERLAP_LEAST_S, length_s / 4))
