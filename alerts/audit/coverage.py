"""Which time of each camera the recordings show, where their names tell it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from alerts.audit.find import Job
from alerts.audit.found import SourceSummary
from streams.chain import GAP_S

Stretch = tuple[str, str, float]
"""From, until (UTC, ISO 8601), seconds."""


def at_s(job: Job, second: float) -> str:
    """The moment, UTC, of this second of a recording whose name tells the time."""
    assert job.started_at is not None
    return (job.started_at + timedelta(seconds=second)).isoformat(timespec="milliseconds")


def coverage(sources: Sequence[tuple[Job, SourceSummary]]) -> list[dict[str, Any]]:
    """Of each camera, by its name: from when to when, how much of it was seen, and what is missing between."""
    cameras: dict[str, list[tuple[Job, SourceSummary]]] = {}
    for job, source in sources:
        if job.started_at is not None:
            cameras.setdefault(job.camera, []).append((job, source))
    return [_of(camera, cameras[camera]) for camera in sorted(cameras)]


def _of(camera: str, sources: Sequence[tuple[Job, SourceSummary]]) -> dict[str, Any]:
    rows = sorted(sources, key=lambda one: str(one[0].line["started_at"]))
    origin = rows[0][0]
    assert origin.started_at is not None
    shown: list[tuple[float, float]] = []
    for job, source in rows:
        assert job.started_at is not None
        begins_s = (job.started_at - origin.started_at).total_seconds()
        shown += [(begins_s + since_s, begins_s + until_s) for since_s, until_s in shown_of(source)]
    seen_s, gaps = _between(shown)
    return {
        "camera": camera,
        "from": at_s(origin, 0.0),
        "until": at_s(origin, max(until_s for _, until_s in shown)),
        "seen_s": round(seen_s, 3),
        "passed_over_s": round(sum(source.passed_over_s for _, source in sources), 3),
        "gaps": [{"from": at_s(origin, since_s), "until": at_s(origin, until_s)} for since_s, until_s in gaps],
    }


def shown_of(source: SourceSummary) -> list[tuple[float, float]]:
    """Of one recording, between its gaps. Of one that broke off, or is under work, what was looked at."""
    begins = [0.0, *(until_s for _, until_s in source.gaps)]
    whole = source.complete or source.looked_s is None
    last_s = source.duration_s if whole else max(begins[-1], source.looked_s or 0.0)
    ends = [*(since_s for since_s, _ in source.gaps), last_s]
    return list(zip(begins, ends, strict=True))


def _between(shown: Sequence[tuple[float, float]]) -> tuple[float, list[tuple[float, float]]]:
    """How many seconds are shown, each counted once, and what lies between by more than a camera's pause."""
    seen_s, last_s = 0.0, shown[0][0]
    gaps: list[tuple[float, float]] = []
    for since_s, until_s in sorted(shown):
        if since_s - last_s > GAP_S:
            gaps.append((last_s, since_s))
        seen_s += max(0.0, until_s - max(since_s, last_s))
        last_s = max(last_s, until_s)
    return seen_s, gaps
