"""One recording through the live rules, as if it were a camera, into a part of its own.

Two recordings share nothing but the loaded networks: in which order they are looked through, and by which process,
makes no difference.
"""

import itertools
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from alerts.alert import Alert, AlertState
from alerts.audit.find import Job, is_picture
from alerts.audit.found import EPOCH, Event, Found, SourceSummary, State, Step, counts, event_json, source_json
from alerts.audit.parts import Keeper
from alerts.audit.standing import Head, broken_off
from alerts.audit.widths import Widths
from alerts.config import Settings
from alerts.errors import AlertsError
from alerts.lifecycle import ChangeKind, Lifecycle
from alerts.track.proof import pictured_after
from streams.chain import ChainSource, Fault, Segment
from streams.clock import Clock
from streams.errors import SourceError
from streams.frame import Frame
from streams.source import Recording, open_recording
from streams.video_file import VideoFileSource
from vision.camera_health.config import HealthConfig
from vision.camera_health.judge import PictureJudge
from vision.camera_health.spans import TroubleSpans
from vision.config import AnalysisConfig, DetectorConfig, HazardsConfig
from vision.detector import Detector
from vision.leads import LeadNetwork
from vision.look import Look
from vision.pipeline import Pipeline, lead_network, require_classes
from vision.sparse import recorded_looks
from vision.view import View

log = logging.getLogger(__name__)

CHECKPOINT_S = 30.0
"""What was found so far in a recording under work is written this often."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The settings that decide what is found in any recording; the rest is the view of its camera."""

    hazards: HazardsConfig
    detector: DetectorConfig
    analysis: AnalysisConfig
    health: HealthConfig

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Out of all settings."""
        return cls(settings.hazards, settings.detector, settings.analysis, settings.health)


@dataclass(frozen=True, slots=True)
class Networks:
    """Loaded once for all recordings of a process. Not thread-safe."""

    detector: Detector
    leads: LeadNetwork | None

    @classmethod
    def load(cls, terms: Terms, detector: Detector | None = None) -> Self:
        """detector: one that is loaded already. Raises ModelError; ConfigError when it lacks a class that a hazard
        needs.
        """
        detector = detector or Detector.configured(terms.detector)
        require_classes(terms.hazards, detector.names)
        return cls(detector, lead_network(terms.hazards, terms.detector))


class RecordingRun:
    """One recording: its own pipeline and life cycle. identity: what is known of it and of how it is judged. view: of
    the camera that took it.
    """

    def __init__(
        self, job: Job, identity: Head, terms: Terms, view: View, networks: Networks, parts: Keeper, clock: Clock
    ) -> None:
        self.summary = SourceSummary(job.source, job.told)
        self._job, self._identity = job, identity
        self._origin = job.started_at or EPOCH
        self._terms, self._networks = terms, networks
        self._view = view if job.started_at else view.undated()
        self._parts, self._clock = parts, clock
        self._alerts: dict[str, Alert] = {}
        self._pictures: dict[str, dict[str, Any]] = {}
        self._lifecycle = lifecycle_of(terms.hazards)
        self._widths = Widths(self._origin)
        self._started_s = 0.0

    def steps(self) -> Iterator[Step]:
        """Look at every sampled frame; yields after each. What cannot be read is noted in the summary.

        `finish` is to follow. Now and then the part is there before: a look into it, which a kill leaves behind. Raises
        AlertsError when it cannot be written.
        """
        self._parts.start(self._job.key)
        self._started_s = written_s = self._clock.monotonic_s()
        gaps, gaps_s = 0, 0.0
        for done_s in self._looked_at():
            new = self.summary.gaps[gaps:]
            gaps, gaps_s = gaps + len(new), gaps_s + sum(until_s - since_s for since_s, until_s in new)
            yield Step(done_s, self.summary.duration_s or self._job.expected_s, gaps_s)
            now_s = self._clock.monotonic_s()
            if now_s - written_s > CHECKPOINT_S:
                self._write(now_s)
                written_s = now_s

    def finish(self, unread: Sequence[tuple[int, str]] = ()) -> None:
        """Write the part. unread: number of each file that cannot be read any more, though it could, and why: the look
        was broken off by their disk. Raises AlertsError as above.
        """
        self._write(self._clock.monotonic_s(), last=True, unread=unread)

    def _looked_at(self) -> Iterator[float]:
        source: Recording | None = None
        try:
            source = self._open()
            yield from self._look_through(source)
        except SourceError as error:
            self.summary.note(error.reason)
        except AlertsError:
            raise
        except Exception as error:  # whatever is wrong with one recording, the others are still to be done
            log.debug("%s", self._job.path, exc_info=True)
            self.summary.note(f"internal error: {type(error).__name__}: {error}", failed=True)
        finally:
            if source is not None:
                self._close(source)

    def _open(self) -> Recording:
        """Frames are stamped with the time that names tell, so that hours of the day count; else from `EPOCH` on, by
        which nothing is judged."""
        job, camera, sample_fps = self._job, self.summary.source, self._terms.analysis.looks_per_s
        clock, at = self._clock, self._origin
        source: Recording
        if job.segments or (job.started_at is not None and not is_picture(job.path)):
            segments = job.segments or (Segment(job.path, 0.0),)
            source = ChainSource(segments, camera=camera, clock=clock, sample_fps=sample_fps, started_at=at)
        else:
            source = open_recording(job.path, camera=camera, clock=clock, sample_fps=sample_fps, started_at=at)
        self.summary.duration_s = round(source.duration_s or 0.0, 3)
        return source

    def _look_through(self, source: Recording) -> Iterator[float]:
        terms, view, detector = self._terms, self._view, self._networks.detector
        pipeline = Pipeline(view, terms.hazards, detector.info, self._networks.leads)
        judge, troubles = PictureJudge(terms.health, view.masks), TroubleSpans()
        # What grows with each look: also what was read of one that breaks off counts.
        self.summary.camera = troubles.spans
        if isinstance(source, ChainSource):
            self.summary.gaps, self.summary.faults, self.summary.aside = source.gaps, source.faults, source.aside
        last_s = 0.0
        for frame, look in recorded_looks(source, pipeline, detector, view, dense=terms.analysis.dense):
            self._take(frame, look)
            troubles.add(judge.look(frame), frame.at)
            self.summary.frames_analysed += 1
            self.summary.error = self.summary.error or pipeline.trouble
            last_s = frame.pts_s
            self.summary.looked_s = round(last_s, 3)
            yield last_s
        # A container may tell less than its pictures' times do, where these leap.
        self.summary.duration_s = round(max(self.summary.duration_s, last_s), 3)

    def _close(self, source: Recording) -> None:
        self.summary.frames_decoded = source.frames_decoded
        if isinstance(source, VideoFileSource) and source.refused:
            self.summary.faults = [Fault(0, source.error or "", lost=False, refused=True)]
        if isinstance(source, ChainSource):
            self.summary.gaps = [(round(since_s, 3), round(until_s, 3)) for since_s, until_s in source.gaps]
            self.summary.faults = source.faults
            self.summary.passed_over_s = round(source.passed_over_s, 3)
        if source.error:
            self.summary.error = self.summary.error or source.error
            # What was passed over another file shows: it was seen.
            only_passed_over = isinstance(source, ChainSource) and not source.damaged
            self.summary.complete = self.summary.complete and only_passed_over
        source.close()

    def _take(self, frame: Frame, look: Look) -> None:
        for change in self._lifecycle.observe(look):
            alert = change.alert
            logged = alert.state is AlertState.LOGGED and alert.id not in self._pictures
            if change.kind is ChangeKind.FIRED or logged:
                self._pictures[alert.id] = self._snapshot(f"{alert.hazard}-{alert.id}", frame, look)
            elif change.kind is ChangeKind.RESOLVED and alert.id in self._pictures and pictured_after(alert):
                after = self._snapshot(f"{alert.hazard}-{alert.id}-after", frame, look)
                self._pictures[alert.id] |= {"snapshot_after": after["snapshot_clean"]}
            self._alerts[alert.id] = alert
        self._widths.take(look, self._lifecycle.open_alerts())

    def _snapshot(self, name: str, frame: Frame, look: Look) -> dict[str, Any]:
        return self._parts.save_snapshot(self._job.key, name, frame, look, self._view.zones)

    def _write(self, now_s: float, *, last: bool = False, unread: Sequence[tuple[int, str]] = ()) -> None:
        found = self._found(last=last)
        self.summary.wall_s = round(now_s - self._started_s, 3)
        told = source_json(self.summary, self._origin) | ({} if last else {"complete": False})
        state = self.summary.state if last else State.UNDER_WORK
        head: Head = {
            **self._identity,
            "state": state,
            "model_version": self._networks.detector.info.version,
            "summary": told,
        }
        self._parts.write(self._job.key, broken_off(head, unread) if unread else head, found, last=last)

    def _found(self, *, last: bool) -> Found:
        """The alerts fired and the notices logged so far, in order of time."""
        # A look into a recording under work must change nothing in it: when it is taken depends on the machine.
        now = [change.alert for change in self._lifecycle.flush()] if last else self._lifecycle.alerts
        alerts = self._alerts | {alert.id: alert for alert in now}
        pictured = [alert for alert in alerts.values() if alert.id in self._pictures]
        events = self._lines(alert for alert in pictured if alert.fired_at)
        notices = self._lines(alert for alert in pictured if alert.state is AlertState.LOGGED)
        hazards = self._terms.hazards
        self.summary.events, self.summary.notices = counts(events, hazards), counts(notices, hazards)
        return Found(events, notices)

    def _lines(self, alerts: Iterable[Alert]) -> tuple[Event, ...]:
        lines = [
            event_json(self.summary, alert, self._pictures[alert.id], self._origin) | self._widths.told(alert.id)
            for alert in alerts
        ]
        return tuple(sorted(lines, key=lambda event: (event["raised_s"], event["snapshot"])))


def lifecycle_of(hazards: HazardsConfig) -> Lifecycle:
    """Of one recording: its alerts are numbered, so that the same footage gives the same ids."""
    count = itertools.count(1)
    return Lifecycle(
        clear_s={kind: params.clear_s for kind, params in hazards.by_kind.items()},
        new_id=lambda at: f"{next(count):06d}",
        place_of={},
    )
