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
from streams.frame import Frame
from streams.spans import Span, Still
from streams.timeline import Picture, Playback
from streams.video_file import VideoFileSource

GAP_S = 5.0
"""Pictures farther apart than this leave a gap. Names tell full seconds, and a camera may send one picture a second."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of a chain. begins_s: its first picture, seconds from the first picture of the chain."""

    path: Path
    begins_s: float


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one file. index: of the segment. lost: nothing of it could be read."""

    index: int
    reason: str
    lost: bool


class ChainSource(Closing):
    """Segments in order of time, at least one, read one after the other. Each begins at its own time.

    Between two of them time passes where there is a gap; what a file shows once more of the time before it is left out.
    A leap of a file's clock to after the beginning of the next file is none: it would hide that file.
    A file that cannot be read, or not to its end, is a fault and a gap. Otherwise as an unpaced VideoFileSource.

    gaps: (from, to), seconds of the chain. faults: so far.
    """

    live = False
    remark = ""
    duration_s = None
    """Known at the end only."""

    def __init__(
        self,
        segments: Sequence[Segment],
        *,
        camera: str,
        clock: Clock,
        sample_fps: float | None = None,
        started_at: datetime | None = None,
    ) -> None:
        self.source = redact(str(segments[0].path))
        self._segments, self._clock = tuple(segments), clock
        self._playback = Playback(camera, clock, sample_fps, False, started_at)
        self._closed = threading.Event()
        self._last_s: float | None = None
        self._shown = 0
        self.gaps: list[tuple[float, float]] = []
        self.faults: list[Fault] = []
        self.frames_decoded = 0
        self.corrupt = 0

    @property
    def error(self) -> str | None:
        """The first fault, and how many files have one."""
        if not self.faults:
            return None
        first = self.faults[0]
        name = self._segments[first.index].path.name
        return f"{len(self.faults)} of {len(self._segments)} files are damaged: {redact(name)}: {first.reason}"

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

    def _pictures(self) -> Iterator[Picture]:
        for index, segment in enumerate(self._segments):
            yield from self._one(index, segment)
        self._conclude()

    def _conclude(self) -> None:
        if self._shown == 0:
            raise SourceUnreadable(self.source, f"none of {len(self._segments)} files can be read")

    def _opened(self, index: int) -> VideoFileSource:
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
        decoded_before, shown_s = self.frames_decoded, self._last_s
        with self._faults_noted(index), self._opened(index) as video:
            for picture in video.pictures():
                self.frames_decoded = decoded_before + video.frames_decoded
                at_s = segment.begins_s + picture.pts_s
                if _is_new(at_s, shown_s):
                    self._passed(at_s)
                    self._shown += 1
                    yield Picture(self._shown - 1, at_s, picture.convert)
            self._finished(index, video)

    def _spans_of(self, index: int, segment: Segment) -> Iterator[Span]:
        decoded_before, shown_s, first = self.frames_decoded, self._last_s, self._shown
        with self._faults_noted(index), self._opened(index) as video:
            for span in video.spans():
                self.frames_decoded = decoded_before + video.frames_decoded
                end = self._still(span.end, segment, first)
                if _is_new(end.pts_s, shown_s):
                    self._passed(end.pts_s)
                    self._shown = end.index + 1
                    yield Span(end, partial(self._between, span, segment, first, shown_s), span.coded)
            self.frames_decoded = decoded_before + video.frames_decoded
            self._finished(index, video)

    def _between(self, span: Span, segment: Segment, first: int, shown_s: float | None) -> Iterator[Still]:
        stills = (self._still(still, segment, first) for still in span.between())
        return (still for still in stills if _is_new(still.pts_s, shown_s))

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

    def _finished(self, index: int, video: VideoFileSource) -> None:
        self.corrupt += video.corrupt
        if video.error:
            self.faults.append(Fault(index, video.error, lost=False))

    def _passed(self, at_s: float) -> None:
        """A picture of this time is shown next."""
        last_s = self._last_s or 0.0
        if at_s - last_s > GAP_S:
            self.gaps.append((last_s, at_s))
        self._last_s = at_s


def _is_new(at_s: float, shown_s: float | None) -> bool:
    """Whether no earlier file has shown that time."""
    return shown_s is None or at_s > shown_s
