"""Looks at a recording where they count: sparse while nothing is open, dense around what comes, moves and may be true.

A recording lies there whole, so that a look can be *ahead*: the detector sees the end of a span (`streams.spans`)
before anything between is decoded. Nothing of that is told to a rule yet. If the end shows what was not there, or a
rule wants to see the place again before that, what lies between is decoded and looked at, in order, as often as is
wanted; then the end itself. Rules see one row of looks in the order of time, as they do live, at uneven distances.

Deterministic: what is looked at hangs on the pictures and on how large they are coded, never on a clock.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from statistics import median

from streams.chain import ChainSource
from streams.frame import Frame
from streams.source import Recording
from streams.spans import Span, Still
from streams.video_file import VideoFileSource
from vision.detections import OWN_RULES, Detections
from vision.detector import Detector
from vision.look import Look
from vision.pipeline import Pipeline
from vision.rule import HURRY_S, SOON_S
from vision.unchanged import KnownParts, Unchanged
from vision.view import View

CALM_S = 2.0
"""Looks are at most this far apart, give or take a span."""
PEOPLE_S = 0.9
"""The same while somebody is in the picture, as far as spans allow: for this alone nothing is decoded."""
BEGIN_S = 8.0
"""A recording is looked at closely for so long from its start: the clear place is learnt from the first looks."""
NEAR_S = 0.1
"""What is due so shortly after a picture is seen in it: pictures are sampled unevenly, too."""
CALM_SPANS = 31
"""Of so many spans without anybody the median is what nothing costs to code."""
LEAST_SPANS = 5
BRIEF_S = 60.0
"""A recording up to so long is looked at all the time if nothing else is said: there is little to save, and a recorder
that keeps so short a piece was told to by something that moved."""
MOVING = "person", "flame", "smoke"
"""Whoever shows one of these, however faintly, is looked at anew however still they stand."""
LIVELY = 2.5
"""From this many times that on something went through that neither end shows."""


class SparseLooks:
    """Of one recording. due and how far apart: seconds of the recording."""

    def __init__(self, pipeline: Pipeline, detector: Detector, view: View) -> None:
        self._pipeline, self._detector, self._view = pipeline, detector, view
        self._people = _ids(detector, OWN_RULES)
        self._moving = set(_ids(detector, MOVING))
        self._unchanged, self._parts = Unchanged(), KnownParts(detector, self._moving)
        self._calm: deque[float] = deque(maxlen=CALM_SPANS)
        self._last_s, self._until_s = float("-inf"), float("-inf")
        self._somebody = False

    def looks(self, spans: Iterable[Span]) -> Iterator[tuple[Frame, Look]]:
        """Each look with its frame, masked, in order of time."""
        waiting: list[Span] = []
        for span in spans:
            waiting.append(span)
            if self._wants(span.end.pts_s):
                yield from self._through(waiting)
                waiting = []
        if waiting:
            yield from self._through(waiting)

    def _wants(self, end_s: float) -> bool:
        """Whether the end of a span is to be looked at; else it only lies between later on."""
        apart_s = PEOPLE_S if self._somebody else CALM_S
        return end_s - self._last_s >= apart_s - NEAR_S or self._due_s() < end_s + NEAR_S

    def _due_s(self) -> float:
        due_s = self._pipeline.due_s(self._last_s)
        return min(due_s, self._last_s + HURRY_S) if self._last_s < self._until_s else due_s

    def _through(self, spans: Sequence[Span]) -> Iterator[tuple[Frame, Look]]:
        """What the spans want to be looked at, up to the end of the last one."""
        end = spans[-1].end
        if self._due_s() <= self._last_s + HURRY_S:
            # Looks cannot be closer than they are: what lies ahead tells nothing, and second looks keep their order.
            yield from self._between(spans, float("inf"))
            if (frame := self._shown(end)) is not None:
                yield self._look(frame, None)
            return
        frame = self._shown(end)
        seen = None if frame is None else self._glance(frame)
        yield from self._between(spans, self._gap_s(spans, seen))
        if frame is not None:
            yield self._look(frame, seen)

    def _between(self, spans: Sequence[Span], gap_s: float) -> Iterator[tuple[Frame, Look]]:
        until_s = spans[-1].end.pts_s - NEAR_S
        due_s = min(self._due_s(), self._last_s + gap_s)
        if due_s >= until_s:
            return
        for still in chain.from_iterable(_stills(span, span is spans[-1]) for span in spans):
            if still.pts_s >= due_s - NEAR_S and (frame := self._shown(still)) is not None:
                yield self._look(frame, None)
                due_s = min(self._due_s(), self._last_s + gap_s)
                if due_s >= until_s:
                    return

    def _gap_s(self, spans: Sequence[Span], seen: Detections | None) -> float:
        """How far apart looks between may be, for what lies ahead."""
        if seen is None:
            return SOON_S
        before, self._somebody = self._somebody, bool(set(seen.class_id.tolist()) & set(self._people))
        gap_s = self._pipeline.gap_s(seen, spans[-1].end.pts_s)
        if not (before or self._somebody) and self._lively(spans):
            gap_s = min(gap_s, SOON_S)
        return gap_s

    def _lively(self, spans: Sequence[Span]) -> bool:
        """Whether it cost more to code than it does while nothing moves."""
        long_s = spans[-1].end.pts_s - self._last_s
        sizes = [span.coded for span in spans if span.coded is not None]
        if len(sizes) < len(spans) or long_s <= 0:
            return False
        rate = sum(sizes) / long_s
        lively = len(self._calm) >= LEAST_SPANS and rate > LIVELY * median(self._calm)
        self._calm.append(rate)
        return lively

    def _shown(self, still: Still) -> Frame | None:
        frame = still.frame()
        return None if frame is None else self._view.shown(frame)

    def _look(self, frame: Frame, seen: Detections | None) -> tuple[Frame, Look]:
        seen = self._glance(frame) if seen is None else seen
        if self._last_s == float("-inf"):
            self._until_s = frame.pts_s + BEGIN_S
        self._last_s = frame.pts_s
        return frame, self._pipeline.look(frame, self._detector, seen)

    def _glance(self, frame: Frame) -> Detections:
        """What is to be seen. The overview may be that of an earlier picture which showed the same, unless somebody
        waits for this one; second looks go on all the same, as a flame that is small enough for them changes little.
        Theirs, too, may be that of the same part, unless somebody waits.
        """
        waited_for = frame.pts_s >= self._pipeline.due_s(self._last_s) - NEAR_S
        known = None if waited_for else self._unchanged.answer(frame)
        overview = self._pipeline.overview(frame, self._detector) if known is None else known
        seen = self._pipeline.attend(frame, overview, self._detector if waited_for else self._parts)
        if self._moving & set(seen.class_id.tolist()):
            self._unchanged.keep(frame, None)
        elif known is None:
            self._unchanged.keep(frame, overview)
        return seen


def _ids(detector: Detector, names: Iterable[str]) -> list[int]:
    return [detector.names.index(name) for name in names if name in detector.names]


def recorded_looks(
    source: Recording, pipeline: Pipeline, detector: Detector, view: View, *, dense: bool | None
) -> Iterator[tuple[Frame, Look]]:
    """Every look at a recording with its frame, masked, in order of time.

    dense: at every sampled picture; None: of brief recordings. So it is of folders of pictures in any case.
    """
    if isinstance(source, VideoFileSource | ChainSource) and not (_brief(source) if dense is None else dense):
        yield from SparseLooks(pipeline, detector, view).looks(source.spans())
        return
    for frame in map(view.shown, source.frames()):
        yield frame, pipeline.look(frame, detector)


def _brief(source: Recording) -> bool:
    """Known to be so. A chain never is: its files are pieces of something long."""
    return source.duration_s is not None and 0 < source.duration_s <= BRIEF_S


def _stills(span: Span, last: bool) -> Iterator[Still]:
    """The pictures of a span; its end, too, where others follow."""
    yield from span.between()
    if not last:
        yield span.end
