"""Recordings through the live rules: `events.jsonl`, `notices.jsonl`, `summary.json`, snapshots and a report.

The files keep to the fixed formats of docs/ref/audit-files.md. Every source's events are on disk before the next
source starts, and an interrupted run leaves valid files that say so.
"""

import hashlib
import itertools
import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alerts.alert import Alert, AlertState
from alerts.config import Settings
from alerts.desk import pictured_after
from alerts.errors import AlertsError
from alerts.lifecycle import ChangeKind, Lifecycle
from alerts.report import write_report
from streams.clock import Clock, SystemClock
from streams.errors import SourceError
from streams.folder import media_files, printable
from streams.frame import Frame
from streams.source import Recording, open_recording
from streams.video_file import VIDEO_SUFFIXES
from vision.camera_health.judge import PictureJudge
from vision.camera_health.spans import Span, TroubleSpans
from vision.detector import Detector
from vision.hazards import RULES
from vision.jpeg import SNAPSHOT_QUALITY, encode_jpeg
from vision.leads import LeadNetwork
from vision.look import Look
from vision.overlay import annotate
from vision.pipeline import Pipeline, lead_network, require_classes
from vision.view import View
from vision.zones import Zone

log = logging.getLogger(__name__)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Recordings carry no trustworthy start time; events are told in seconds from the start of the recording."""

CHECKPOINT_S = 30.0
"""Events of a recording under work are written at least this often."""

Event = dict[str, Any]
"""A line of events.jsonl or notices.jsonl."""

FILES = ("events.jsonl", "notices.jsonl")

Progress = Callable[["SourceSummary", float], None]
"""Called now and then with the source under work and the seconds of it that are done."""


@dataclass(slots=True)
class SourceSummary:
    """What became of one source. error: why it could not be read, or not to its end; "" if all was well.

    camera: when its camera was in trouble.
    """

    source: str
    path: str
    duration_s: float = 0.0
    frames_decoded: int = 0
    frames_analysed: int = 0
    wall_s: float = 0.0
    events: dict[str, int] = field(default_factory=dict)
    notices: dict[str, int] = field(default_factory=dict)
    readable: bool = True
    error: str = ""
    complete: bool = True
    camera: Sequence[Span] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, in order of time. events: the alerts raised. notices: what is only logged."""

    events: tuple[Event, ...] = ()
    notices: tuple[Event, ...] = ()

    def __add__(self, other: "Found") -> "Found":
        return Found(self.events + other.events, self.notices + other.notices)


@dataclass(frozen=True, slots=True)
class AuditResult:
    """All of a run. interrupted: it was stopped before its end."""

    sources: tuple[SourceSummary, ...]
    events: tuple[Event, ...]
    notices: tuple[Event, ...] = ()
    interrupted: bool = False

    @property
    def failed(self) -> bool:
        """Whether any source could not be read, or not to its end."""
        return any(source.error for source in self.sources)


class AuditFolder:
    """The folder that an audit writes. Every method raises AlertsError, naming it, when it cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._done_bytes = dict.fromkeys(FILES, 0)
        with self._writing():
            (folder / "snapshots").mkdir(parents=True, exist_ok=True)
            # What an earlier run left would otherwise stand beside the new events as if it belonged to them.
            for old in [folder / "summary.json", folder / "report.html", *(folder / "snapshots").glob("[0-9]*-*.jpg")]:
                old.unlink(missing_ok=True)
            for name in FILES:
                (folder / name).write_text("", "utf-8")

    def write_found(self, found: Found, final: bool) -> None:
        """What was found in the source under work. final: it stays; else the next call replaces it."""
        for name, events in zip(FILES, (found.events, found.notices), strict=True):
            lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events).encode()
            with self._writing(), (self.folder / name).open("r+b") as file:
                file.seek(self._done_bytes[name])
                file.truncate()
                file.write(lines)
            if final:
                self._done_bytes[name] += len(lines)

    def rewrite_found(self, found: Found) -> None:
        """What was found in all sources, whatever was being written when the run was stopped."""
        self._done_bytes = dict.fromkeys(FILES, 0)
        self.write_found(found, final=True)

    def write_report(self, result: AuditResult, settings: Settings, model: str) -> None:
        """summary.json and report.html, each as a whole."""
        summary = _summary(result, settings, model)
        with self._writing():
            replace_file(self.folder / "summary.json", json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
            replace_file(self.folder / "report.html", write_report(summary, result.events, result.notices))

    def save_snapshot(self, name: str, frame: Frame, look: Look, zones: Sequence[Zone]) -> dict[str, Any]:
        """Clean and annotated JPEG. Returns what an event says of them."""
        clean = encode_jpeg(frame.image, SNAPSHOT_QUALITY)
        marked = annotate(frame.image, boxes=look.boxes, findings=look.findings, zones=zones)
        annotated = encode_jpeg(marked, SNAPSHOT_QUALITY)
        with self._writing():
            (self.folder / "snapshots" / f"{name}.jpg").write_bytes(annotated)
            (self.folder / "snapshots" / f"{name}.clean.jpg").write_bytes(clean)
        return {
            "snapshot": f"snapshots/{name}.jpg",
            "snapshot_clean": f"snapshots/{name}.clean.jpg",
            "snapshot_sha256": hashlib.sha256(annotated).hexdigest(),
            "snapshot_clean_sha256": hashlib.sha256(clean).hexdigest(),
        }

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise AlertsError(f"--out {self.folder}: cannot be written: {reason}") from None


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


def _span_json(span: Span) -> dict[str, Any]:
    return {"cause": span.cause.value, "start_s": _seconds(span.since), "end_s": _seconds(span.until)}


def lifecycle_of(settings: Settings) -> Lifecycle:
    """Of one recording: its alerts are numbered, so that the same footage gives the same ids."""
    count = itertools.count(1)
    return Lifecycle(
        clear_s={kind: params.clear_s for kind, params in settings.hazards.by_kind.items()},
        new_id=lambda at: f"{next(count):06d}",
        place_of={},
    )


def event_json(source: SourceSummary, alert: Alert, picture: dict[str, Any]) -> Event:
    """One line of events.jsonl, of an alert that has fired, or of notices.jsonl, of one that is only logged."""
    return {
        "source": source.source,
        "hazard": alert.hazard,
        "zone": alert.zone,
        "start_s": _seconds(alert.started_at),
        "end_s": _seconds(alert.seen_at),
        "raised_s": _seconds(alert.fired_at or alert.started_at),
        "confidence": round(alert.confidence, 4),
        "box": [round(v, 4) for v in alert.box],
        **picture,
        "zone_type": alert.zone_type,
        "severity": alert.severity,
        "suspected": bool(alert.evidence.get("suspected", False)),
        "cleared": alert.resolved_at is not None,
        "evidence": dict(alert.evidence),
        "path": source.path,
    } | ({"notice": alert.notice} if alert.notice else {})


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


def replace_file(path: Path, text: str) -> None:
    """Write beside it, then rename: readers see the old or the new whole."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(text, "utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _summary(result: AuditResult, settings: Settings, model: str) -> dict[str, Any]:
    return {
        "sources": [_source_json(source) for source in result.sources if source.readable],
        "unreadable": [
            {"source": s.source, "path": s.path, "reason": s.error} for s in result.sources if not s.readable
        ],
        "counts": counts(result.events, settings),
        "notices": counts(result.notices, settings),
        "interrupted": result.interrupted,
        "model_version": model,
        "hazards": {kind: params.model_dump(mode="json") for kind, params in settings.hazards.by_kind.items()},
    }


def counts(events: Sequence[Event], settings: Settings) -> dict[str, int]:
    """Events of each hazard that is looked for; also 0 of one that is usually looked for, and was switched off."""
    kinds = [kind for kind, rule in RULES.items() if settings.hazards[kind].enabled or rule.params_type().enabled]
    return {kind: sum(event["hazard"] == kind for event in events) for kind in sorted(kinds)}


def _source_json(source: SourceSummary) -> dict[str, Any]:
    return {
        "source": source.source,
        "path": source.path,
        "duration_s": source.duration_s,
        "frames_decoded": source.frames_decoded,
        "frames_analysed": source.frames_analysed,
        "wall_s": source.wall_s,
        "events": source.events,
        "notices": source.notices,
        "camera": [_span_json(span) for span in source.camera],
        "complete": source.complete,
        "error": source.error,
    }


def _seconds(at: datetime) -> float:
    return round((at - EPOCH).total_seconds(), 3)


def _safe(name: str) -> str:
    """Fit for a file name everywhere; at most 80 bytes, as some file systems allow 255 in all."""
    return re.sub(r"[^\w.-]+", "_", printable(name)).encode()[:80].decode("utf-8", "ignore")
