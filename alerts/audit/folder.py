"""The folder that an audit writes: `events.jsonl`, `notices.jsonl`, `summary.json`, snapshots and a report.

The files keep to the fixed formats of docs/ref/audit-files.md.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alerts.alert import Alert
from alerts.audit.report import write_report
from alerts.config import Settings
from alerts.errors import AlertsError
from streams.disk import replace_text
from streams.frame import Frame
from vision.camera_health.spans import Span
from vision.hazards import RULES
from vision.jpeg import SNAPSHOT_QUALITY, encode_jpeg
from vision.look import Look
from vision.overlay import annotate
from vision.zones import Zone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Recordings carry no trustworthy start time; events are told in seconds from the start of the recording."""

Event = dict[str, Any]
"""A line of events.jsonl or notices.jsonl."""

FILES = ("events.jsonl", "notices.jsonl")


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
            replace_text(self.folder / "summary.json", json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
            replace_text(self.folder / "report.html", write_report(summary, result.events, result.notices))

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


def _span_json(span: Span) -> dict[str, Any]:
    return {"cause": span.cause.value, "start_s": _seconds(span.since), "end_s": _seconds(span.until)}


def _seconds(at: datetime) -> float:
    return round((at - EPOCH).total_seconds(), 3)
