"""Recordings through the live rules, into an `AuditFolder`.

Every source's events are on disk before the next source starts, and an interrupted run leaves valid files that say so.
"""

import itertools
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from alerts.alert import Alert, AlertState
from alerts.audit.folder import EPOCH, AuditFolder, AuditResult, Event, Found, SourceSummary, counts, event_json
from alerts.config import Settings
from alerts.desk.pictures import pictured_after
from alerts.errors import AlertsError
from alerts.lifecycle import ChangeKind, Lifecycle
from streams.clock import Clock, SystemClock
from streams.errors import SourceError
from streams.folder import media_files, printable
from streams.frame import Frame
from streams.source import Recording, open_recording
from streams.video_file import VIDEO_SUFFIXES
from vision.camera_health.judge import PictureJudge
from vision.camera_health.spans import TroubleSpans
from vision.detector import Detector
from vision.leads import LeadNetwork
from vision.look import Look
from vision.pipeline import Pipeline, lead_network, require_classes
from vision.view import View

log = logging.getLogger(__name__)

CHECKPOINT_S = 30.0
"""Events of a recording under work are written at least this often."""

Progress = Callable[[SourceSummary, float], None]
"""Called now and then with the source under work and the seconds of it that are done."""


def audit(
    paths: Sequence[Path],
    settings: Settings,
    out: Path,
    *,
    view: View,
    detector: Detector,
    progress: Progress = lambda source, done_s: None,
    clock: Clock | None = None,
) -> AuditResult:
    """Run every recording under `paths` through the pipeline and write `out`. view: of the camera that took them all.

    One unreadable source is noted and the next is taken. Ctrl-C (KeyboardInterrupt) ends the run with valid files
    and `interrupted` set. Raises AlertsError when `out` cannot be written, ConfigError when the detector lacks a class
    that a hazard needs.
    """
    require_classes(settings.hazards, detector.names)
    leads = lead_network(settings.hazards, settings.detector)
    folder, clock = AuditFolder(out), clock or SystemClock()
    sources: list[SourceSummary] = []
    all_found = Found()
    written_s = clock.monotonic_s()

    def report(found: Found, *, interrupted: bool) -> AuditResult:
        result = AuditResult(tuple(sources), found.events, found.notices, interrupted)
        folder.write_report(result, settings, detector.info.version)
        return result

    report(all_found, interrupted=True)
    run: _SourceRun | None = None
    try:
        for number, path in enumerate(find_recordings(paths), 1):
            run = _SourceRun(path, settings, view, detector, leads, folder, number, clock)
            sources.append(run.summary)
            for done_s in run.steps():
                progress(run.summary, done_s)
                if clock.monotonic_s() - written_s > CHECKPOINT_S:
                    # A kill in the ninth hour of a recording must not lose the first eight.
                    folder.write_found(found := run.found(), final=False)
                    report(all_found + found, interrupted=True)
                    written_s = clock.monotonic_s()
            folder.write_found(found := run.found(), final=True)
            all_found += found
            run = None
    except KeyboardInterrupt:
        if run is not None:
            run.summary.complete = False
            all_found += run.found()
        folder.rewrite_found(all_found)
        return report(all_found, interrupted=True)
    return report(all_found, interrupted=False)


class _SourceRun:
    """One recording: its own pipeline and life cycle, as if it were a camera."""

    def __init__(
        self,
        path: Path,
        settings: Settings,
        view: View,
        detector: Detector,
        leads: LeadNetwork | None,
        folder: AuditFolder,
        number: int,
        clock: Clock,
    ) -> None:
        self.summary = SourceSummary(printable(path.name), printable(str(path)))
        self._path, self._settings, self._view = path, settings, view
        self._detector, self._leads = detector, leads
        self._folder, self._clock = folder, clock
        self._prefix = f"{number:04d}-{_safe(path.stem)}"
        self._alerts: dict[str, Alert] = {}
        self._pictures: dict[str, dict[str, Any]] = {}
        self._lifecycle = lifecycle_of(settings)

    def steps(self) -> Iterator[float]:
        """Look at every sampled frame; yields the seconds done. What cannot be read is noted in the summary."""
        started_s = self._clock.monotonic_s()
        source: Recording | None = None
        try:
            source = self._open()
            yield from self._look_through(source)
        except SourceError as error:
            self._note(error.reason)
        except AlertsError:
            raise
        except Exception as error:  # whatever is wrong with one recording, the others are still to be done
            log.debug("%s", self._path, exc_info=True)
            self._note(f"internal error: {type(error).__name__}: {error}")
        finally:
            self.summary.wall_s = round(self._clock.monotonic_s() - started_s, 3)
            if source is not None:
                self._close(source)

    def _note(self, reason: str) -> None:
        self.summary.error = " ".join(reason.split())
        self.summary.readable = self.summary.frames_analysed > 0
        self.summary.complete = False

    def _open(self) -> Recording:
        source = open_recording(
            self._path,
            camera=self.summary.source,
            clock=self._clock,
            sample_fps=self._settings.analysis.looks_per_s,
            started_at=EPOCH,
        )
        self.summary.duration_s = round(source.duration_s or 0.0, 3)
        return source

    def _look_through(self, source: Recording) -> Iterator[float]:
        pipeline = Pipeline(self._view, self._settings.hazards, self._detector.info, self._leads)
        judge, troubles = PictureJudge(self._settings.health, self._view.masks), TroubleSpans()
        self.summary.camera = troubles.spans  # grows with each look: also what was read of one that breaks off counts
        last_s = 0.0
        for frame in map(self._view.shown, source.frames()):
            self._take(frame, pipeline.look(frame, self._detector))
            troubles.add(judge.look(frame), frame.at)
            self.summary.frames_analysed += 1
            self.summary.error = self.summary.error or pipeline.trouble
            last_s = frame.pts_s
            yield last_s
        self.summary.duration_s = round(self.summary.duration_s or last_s, 3)

    def _close(self, source: Recording) -> None:
        self.summary.frames_decoded = source.frames_decoded
        if source.error and not self.summary.error:
            self.summary.error, self.summary.complete = source.error, False
        source.close()

    def _take(self, frame: Frame, look: Look) -> None:
        for change in self._lifecycle.observe(look):
            alert = change.alert
            logged = alert.state is AlertState.LOGGED and alert.id not in self._pictures
            if change.kind is ChangeKind.FIRED or logged:
                name = f"{self._prefix}-{alert.hazard}-{alert.id}"
                self._pictures[alert.id] = self._folder.save_snapshot(name, frame, look, self._view.zones)
            elif change.kind is ChangeKind.RESOLVED and alert.id in self._pictures and pictured_after(alert):
                name = f"{self._prefix}-{alert.hazard}-{alert.id}-after"
                after = self._folder.save_snapshot(name, frame, look, self._view.zones)
                self._pictures[alert.id] |= {"snapshot_after": after["snapshot_clean"]}
            self._alerts[alert.id] = alert

    def found(self) -> Found:
        """The alerts fired and the notices logged so far, in order of time."""
        self._alerts.update({change.alert.id: change.alert for change in self._lifecycle.flush()})
        pictured = [alert for alert in self._alerts.values() if alert.id in self._pictures]
        events = self._lines(alert for alert in pictured if alert.fired_at)
        notices = self._lines(alert for alert in pictured if alert.state is AlertState.LOGGED)
        self.summary.events, self.summary.notices = (counts(found, self._settings) for found in (events, notices))
        return Found(events, notices)

    def _lines(self, alerts: Iterable[Alert]) -> tuple[Event, ...]:
        lines = [event_json(self.summary, alert, self._pictures[alert.id]) for alert in alerts]
        return tuple(sorted(lines, key=lambda event: (event["raised_s"], event["snapshot"])))


def lifecycle_of(settings: Settings) -> Lifecycle:
    """Of one recording: its alerts are numbered, so that the same footage gives the same ids."""
    count = itertools.count(1)
    return Lifecycle(
        clear_s={kind: params.clear_s for kind, params in settings.hazards.by_kind.items()},
        new_id=lambda at: f"{next(count):06d}",
        place_of={},
    )


def find_recordings(paths: Sequence[Path]) -> Iterator[Path]:
    """Files as given; of a folder every video below it, and each folder of pictures alone as one recording."""
    for path in paths:
        # Opening a folder without recordings says why there is nothing to see.
        yield from (_below(path) or [path]) if os.path.isdir(path) else [path]


def _below(folder: Path) -> list[Path]:
    files = [path for path in media_files(folder) if not _in_report(path, folder)]
    with_video = {path.parent for path in files if path.suffix.lower() in VIDEO_SUFFIXES}
    found = [path if path.suffix.lower() in VIDEO_SUFFIXES else path.parent for path in files]
    return list(dict.fromkeys(path for path in found if path not in with_video))


def _in_report(path: Path, top: Path) -> bool:
    """Whether it is a snapshot of an earlier report somewhere below `top`: that is no recording."""
    above = [parent for parent in path.parents if parent == top or top in parent.parents]
    return any(parent.name == "snapshots" and (parent.parent / "events.jsonl").exists() for parent in above)


def _safe(name: str) -> str:
    """Fit for a file name everywhere; at most 80 bytes, as some file systems allow 255 in all."""
    return re.sub(r"[^\w.-]+", "_", printable(name)).encode()[:80].decode("utf-8", "ignore")
