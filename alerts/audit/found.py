"""What a run tells of one recording: its summary, and the lines of `events.jsonl` and `notices.jsonl`.

The forms are fixed: docs/ref/audit-files.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from alerts.alert import Alert
from streams.chain import Fault
from vision.camera_health.spans import Span
from vision.camera_health.trouble import Cause
from vision.config import HazardsConfig
from vision.hazards import RULES

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Recordings carry no trustworthy start time; events are told in seconds from the start of the recording."""

Event = dict[str, Any]
"""A line of events.jsonl or notices.jsonl."""


class State(StrEnum):
    """What became of one recording."""

    WAITING = "waiting"
    UNDER_WORK = "under work"
    DONE = "done"
    UNREADABLE = "unreadable"
    FAILED = "failed"
    KEPT = "kept"
    """Done, and cannot be read now: what was found stands. In the manifest alone."""


class Step(NamedTuple):
    """How far one recording has been looked through: seconds of its length, which is 0 while not known. gaps_s: of
    these, in which nothing was recorded.
    """

    done_s: float = 0.0
    duration_s: float = 0.0
    gaps_s: float = 0.0

    @property
    def seen_s(self) -> float:
        """Seconds of pictures."""
        return self.done_s - self.gaps_s


@dataclass(slots=True)
class SourceSummary:
    """What became of one recording. error: why it could not be read, or not to its end; "" if all was well.

    camera: when its camera was in trouble. failed: it was not its own fault, and another try may do better.
    gaps: (from, to), seconds, and faults of its files: of one whose name tells the time. passed_over_s: of its files,
    as other files show the same time; aside: numbers of those that are a recording of their own for that.
    unread: files of one that was done before that cannot be read now: what was found then stands.
    looked_s: the second of the last look; what follows in one that is not complete nobody saw. None: of an earlier
    version.
    """

    source: str
    path: str
    duration_s: float = 0.0
    looked_s: float | None = None
    frames_decoded: int = 0
    frames_analysed: int = 0
    wall_s: float = 0.0
    events: dict[str, int] = field(default_factory=dict)
    notices: dict[str, int] = field(default_factory=dict)
    readable: bool = True
    error: str = ""
    complete: bool = True
    camera: Sequence[Span] = ()
    failed: bool = False
    gaps: Sequence[tuple[float, float]] = ()
    faults: Sequence[Fault] = ()
    passed_over_s: float = 0.0
    aside: Sequence[int] = ()
    unread: Sequence[Fault] = ()

    @property
    def state(self) -> State:
        """Once there is nothing more to be done."""
        if self.failed:
            return State.FAILED
        return State.DONE if self.readable else State.UNREADABLE

    def note(self, reason: str, *, failed: bool = False) -> None:
        """It could not be read, or not to its end."""
        self.error, self.failed = " ".join(reason.split()), failed
        self.readable = self.frames_analysed > 0
        self.complete = False


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, in order of time. events: the alerts raised. notices: what is only logged."""

    events: tuple[Event, ...] = ()
    notices: tuple[Event, ...] = ()


def event_json(source: SourceSummary, alert: Alert, picture: Mapping[str, Any], origin: datetime) -> Event:
    """One line of events.jsonl, of an alert that has fired, or of notices.jsonl, of one that is only logged.

    origin: the time stamp of the recording's first picture.
    """
    return {
        "source": source.source,
        "hazard": alert.hazard,
        "zone": alert.zone,
        "start_s": _seconds(alert.started_at, origin),
        "end_s": _seconds(alert.seen_at, origin),
        "raised_s": _seconds(alert.fired_at or alert.started_at, origin),
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


def counts(events: Sequence[Event], hazards: HazardsConfig) -> dict[str, int]:
    """Events of each hazard that is looked for; also 0 of one that is usually looked for, and was switched off."""
    kinds = [kind for kind, rule in RULES.items() if hazards[kind].enabled or rule.params_type().enabled]
    return {kind: sum(event["hazard"] == kind for event in events) for kind in sorted(kinds)}


def source_json(source: SourceSummary, origin: datetime = EPOCH) -> dict[str, Any]:
    """As it stands in summary.json. origin: as above."""
    return {
        "source": source.source,
        "path": source.path,
        "duration_s": source.duration_s,
        "looked_s": source.looked_s,
        "frames_decoded": source.frames_decoded,
        "frames_analysed": source.frames_analysed,
        "wall_s": source.wall_s,
        "events": source.events,
        "notices": source.notices,
        "camera": [
            {"cause": span.cause.value, "start_s": _seconds(span.since, origin), "end_s": _seconds(span.until, origin)}
            for span in source.camera
        ],
        "complete": source.complete,
        "error": source.error,
        "gaps": [list(gap) for gap in source.gaps],
        "faults": [asdict(fault) for fault in source.faults],
        "passed_over_s": source.passed_over_s,
        "aside": list(source.aside),
    }


def source_from(told: Mapping[str, Any], state: State) -> SourceSummary:
    """What `source_json` made of it."""
    spans = [
        Span(Cause(span["cause"]), *(EPOCH + timedelta(seconds=span[end]) for end in ("start_s", "end_s")))
        for span in told["camera"]
    ]
    readable, failed = told["frames_analysed"] > 0 or state is State.DONE, state is State.FAILED
    lists = {
        "camera": spans,
        "gaps": [tuple(gap) for gap in told["gaps"]],
        "faults": [Fault(**fault) for fault in told["faults"]],
    }
    return SourceSummary(**{**told, **lists}, readable=readable, failed=failed)


def _seconds(at: datetime, origin: datetime) -> float:
    return round((at - origin).total_seconds(), 3)
