"""Recordings through the live rules: `events.jsonl`, `summary.json`, snapshots and a report.

The files keep to the fixed formats of docs/ref/audit-files.md. Every source's events are on disk before the next
source starts, and an interrupted run leaves valid files that say so.
"""

import hashlib
import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alerts.alert import Alert
from alerts.config import Settings
from alerts.errors import AlertsError
from alerts.lifecycle import ChangeKind, Lifecycle
from alerts.report import write_report
from streams.clock import Clock, SystemClock
from streams.errors import SourceError
from streams.folder import media_files
from streams.frame import Frame
from streams.source import Recording, open_recording
from streams.video_file import VIDEO_SUFFIXES
from vision.analyzer import encode_jpeg
from vision.detector import Detector
from vision.hazards import RULES
from vision.look import Look
from vision.overlay import annotate
from vision.pipeline import Pipeline
from vision.zones import Zone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Recordings carry no trustworthy start time; events are told in seconds from the start of the recording."""
SNAPSHOT_QUALITY = 92

Progress = Callable[["SourceSummary", float], None]
"""Called now and then with the source under work and the seconds of it that are done."""


@dataclass(slots=True)
class SourceSummary:
    """What became of one source. error: why it could not be read, or not to its end; "" if all was well."""

    source: str
    path: str
    duration_s: float = 0.0
    frames_decoded: int = 0
    frames_analysed: int = 0
    wall_s: float = 0.0
    events: dict[str, int] = field(default_factory=dict)
    readable: bool = True
    error: str = ""
    complete: bool = True


@dataclass(frozen=True, slots=True)
class AuditResult:
    """All of a run. interrupted: it was stopped before its end."""

    sources: tuple[SourceSummary, ...]
    events: tuple[dict[str, Any], ...]
    interrupted: bool = False

    @property
    def failed(self) -> bool:
        """Whether any source could not be read."""
        return any(not source.readable for source in self.sources)


class AuditFolder:
    """The folder that an audit writes. Raises AlertsError, naming it, when it cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            (folder / "snapshots").mkdir(parents=True, exist_ok=True)
            (folder / "events.jsonl").write_text("", "utf-8")
        except OSError as error:
            raise AlertsError(f"--out {folder}: cannot be written: {error.strerror}") from None

    def add_events(self, events: Sequence[dict[str, Any]]) -> None:
        """Append one JSON object a line."""
        with (self.folder / "events.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(event, ensure_ascii=False) + "\n" for event in events)

    def write_summary(self, result: AuditResult, settings: Settings, model_version: str) -> None:
        """Replace summary.json and report.html as a whole, so that neither is ever half written."""
        summary = {
            "sources": [_source_json(source) for source in result.sources if source.readable],
            "unreadable": [
                {"source": s.source, "path": s.path, "reason": s.error} for s in result.sources if not s.readable
            ],
            "counts": _counts(result.events),
            "interrupted": result.interrupted,
            "model_version": model_version,
            "hazards": {kind: params.model_dump(mode="json") for kind, params in settings.hazards.by_kind.items()},
        }
        replace_file(self.folder / "summary.json", json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
        replace_file(self.folder / "report.html", write_report(summary, result.events))

    def save_snapshot(self, name: str, frame: Frame, look: Look, zones: Sequence[Zone]) -> dict[str, Any]:
        """Clean and annotated JPEG. Returns what an event says of them."""
        clean = encode_jpeg(frame.image, SNAPSHOT_QUALITY)
        marked = annotate(frame.image, boxes=look.boxes, findings=look.findings, zones=zones)
        annotated = encode_jpeg(marked, SNAPSHOT_QUALITY)
        (self.folder / "snapshots" / f"{name}.jpg").write_bytes(annotated)
        (self.folder / "snapshots" / f"{name}.clean.jpg").write_bytes(clean)
        return {
            "snapshot": f"snapshots/{name}.jpg",
            "snapshot_clean": f"snapshots/{name}.clean.jpg",
            "snapshot_sha256": hashlib.sha256(annotated).hexdigest(),
            "snapshot_clean_sha256": hashlib.sha256(clean).hexdigest(),
        }


def audit(
    paths: Sequence[Path],
    settings: Settings,
    out: Path,
    *,
    zones: Sequence[Zone],
    detector: Detector,
    progress: Progress = lambda source, done_s: None,
    clock: Clock | None = None,
) -> AuditResult:
    """Run every recording under `paths` through the pipeline and write `out`.

    One unreadable source is noted and the next is taken. Ctrl-C (KeyboardInterrupt) ends the run with valid files
    and `interrupted` set. Raises AlertsError when `out` cannot be written.
    """
    folder = AuditFolder(out)
    sources: list[SourceSummary] = []
    events: list[dict[str, Any]] = []
    interrupted = False
    for path in find_recordings(paths):
        run = _SourceRun(path, settings, zones, detector, folder, f"{len(sources) + 1:04d}", clock or SystemClock())
        sources.append(run.summary)
        try:
            run.go(progress)
        except KeyboardInterrupt:
            interrupted, run.summary.complete = True, False
        found = run.finish()
        folder.add_events(found)
        events += found
        result = AuditResult(tuple(sources), tuple(events), interrupted)
        folder.write_summary(result, settings, detector.info.version)
        if interrupted:
            return result
    result = AuditResult(tuple(sources), tuple(events))
    folder.write_summary(result, settings, detector.info.version)
    return result


class _SourceRun:
    """One recording: its own pipeline and life cycle, as if it were a camera."""

    def __init__(
        self,
        path: Path,
        settings: Settings,
        zones: Sequence[Zone],
        detector: Detector,
        folder: AuditFolder,
        prefix: str,
        clock: Clock,
    ) -> None:
        self.summary = SourceSummary(path.name, str(path))
        self._path, self._settings, self._zones, self._detector = path, settings, zones, detector
        self._folder, self._prefix, self._clock = folder, prefix, clock
        self._alerts: dict[str, Alert] = {}
        self._pictures: dict[str, dict[str, Any]] = {}
        count = itertools.count(1)
        self._lifecycle = Lifecycle(
            clear_s={kind: params.clear_s for kind, params in settings.hazards.by_kind.items()},
            new_id=lambda at: f"{next(count):06d}",
            place_of={},
        )

    def go(self, progress: Progress) -> None:
        """Look at every sampled frame. What cannot be read is noted in the summary."""
        started_s = self._clock.monotonic_s()
        source: Recording | None = None
        try:
            source = open_recording(
                self._path,
                camera=self.summary.source,
                clock=self._clock,
                sample_fps=self._settings.analysis.looks_per_s,
                started_at=EPOCH,
            )
            self.summary.duration_s = source.duration_s or 0.0
            self._frames(source, progress)
        except SourceError as error:
            self.summary.error = error.reason
            self.summary.readable = self.summary.frames_analysed > 0
            self.summary.complete = False
        finally:
            self.summary.wall_s = round(self._clock.monotonic_s() - started_s, 3)
            if source is not None:
                self._close(source)

    def _frames(self, source: Recording, progress: Progress) -> None:
        pipeline = Pipeline(self._zones, self._settings.hazards, self._detector.info)
        last_s = 0.0
        for frame in source.frames():
            self._take(frame, pipeline.look(frame, self._detector))
            self.summary.frames_analysed += 1
            last_s = frame.pts_s
            progress(self.summary, last_s)
        self.summary.duration_s = round(self.summary.duration_s or last_s, 3)

    def _close(self, source: Recording) -> None:
        self.summary.frames_decoded = source.frames_decoded
        if source.error:
            self.summary.error, self.summary.complete = source.error, False
        source.close()

    def _take(self, frame: Frame, look: Look) -> None:
        for change in self._lifecycle.observe(look):
            self._alerts[change.alert.id] = change.alert
            if change.kind is ChangeKind.FIRED:
                name = f"{self._prefix}-{_safe(self._path.stem)}-{change.alert.hazard}-{change.alert.id}"
                self._pictures[change.alert.id] = self._folder.save_snapshot(name, frame, look, self._zones)

    def finish(self) -> list[dict[str, Any]]:
        """The fired alerts as events, in order of time."""
        self._alerts.update({change.alert.id: change.alert for change in self._lifecycle.flush()})
        fired = sorted((a for a in self._alerts.values() if a.fired_at), key=lambda a: (a.fired_at, a.id))
        events = [event_json(self.summary, alert, self._pictures[alert.id]) for alert in fired]
        self.summary.events = {kind: sum(e["hazard"] == kind for e in events) for kind in sorted(RULES)}
        return events


def event_json(source: SourceSummary, alert: Alert, picture: dict[str, Any]) -> dict[str, Any]:
    """One line of events.jsonl."""
    assert alert.fired_at is not None
    return {
        "source": source.source,
        "hazard": alert.hazard,
        "zone": alert.zone,
        "start_s": _seconds(alert.started_at),
        "end_s": _seconds(alert.seen_at),
        "raised_s": _seconds(alert.fired_at),
        "confidence": round(alert.confidence, 4),
        "box": [round(v, 4) for v in alert.box],
        **picture,
        "zone_type": alert.zone_type,
        "severity": alert.severity,
        "suspected": bool(alert.evidence.get("suspected", False)),
        "cleared": alert.resolved_at is not None,
        "evidence": dict(alert.evidence),
        "path": source.path,
    }


def find_recordings(paths: Sequence[Path]) -> Iterator[Path]:
    """Files as given; of a folder every video below it, and each folder of pictures alone as one recording."""
    for path in paths:
        # Opening a folder without recordings says why there is nothing to see.
        yield from (_below(path) or [path]) if path.is_dir() else [path]


def _below(folder: Path) -> list[Path]:
    files = media_files(folder)
    with_video = {path.parent for path in files if path.suffix.lower() in VIDEO_SUFFIXES}
    found = [path if path.suffix.lower() in VIDEO_SUFFIXES else path.parent for path in files]
    return list(dict.fromkeys(path for path in found if path not in with_video))


def replace_file(path: Path, text: str) -> None:
    """Write beside it, then rename: readers see the old or the new whole."""
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(text, "utf-8")
    temporary.replace(path)


def _counts(events: Sequence[dict[str, Any]]) -> dict[str, int]:
    return {kind: sum(event["hazard"] == kind for event in events) for kind in sorted(RULES)}


def _source_json(source: SourceSummary) -> dict[str, Any]:
    return {
        "source": source.source,
        "path": source.path,
        "duration_s": source.duration_s,
        "frames_decoded": source.frames_decoded,
        "frames_analysed": source.frames_analysed,
        "wall_s": source.wall_s,
        "events": source.events,
        "complete": source.complete,
        "error": source.error,
    }


def _seconds(at: datetime) -> float:
    return round((at - EPOCH).total_seconds(), 3)


def _safe(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name)[:80]
