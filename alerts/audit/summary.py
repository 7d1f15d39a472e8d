"""`summary.json`: what became of each recording, and how much was found."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alerts.audit.coverage import coverage
from alerts.audit.find import Job
from alerts.audit.found import SourceSummary, counts, source_json
from alerts.audit.gathered import Gathered
from alerts.audit.short import too_short
from streams.folder import printable
from vision.config import HazardsConfig

FILE = "summary.json"


def read_summary(out: Path) -> dict[str, Any]:
    """Of a report's folder. Raises OSError: there is none."""
    told: dict[str, Any] = json.loads((out / FILE).read_text("utf-8"))
    return told


def summary_of(gathered: Gathered, hazards: HazardsConfig, *, interrupted: bool) -> dict[str, Any]:
    """As it is written. hazards: that were looked for."""
    sources = gathered.sources
    readable = [(job, source) for job, source in sources if source.readable]
    kinds = counts((), hazards)
    copies: Counter[tuple[str, str]] = Counter()
    for (_, line, kind), number in gathered.copies.items():
        copies[line, kind] += number
    return {
        "sources": [_told(job, source) for job, source in readable],
        "unreadable": [entry for job, source in sources for entry in _unreadable(job, source)],
        "counts": {
            kind: sum(source.events.get(kind, 0) for _, source in readable) - copies["event", kind] for kind in kinds
        },
        "notices": {
            kind: sum(source.notices.get(kind, 0) for _, source in readable) - copies["notice", kind] for kind in kinds
        },
        "copies": {kind: copies["event", kind] for kind in kinds},
        "views": gathered.site.told_views(job for job, _ in sources),
        "coverage": coverage(readable),
        "too_short": too_short(readable, gathered.site, hazards),
        "recordings": gathered.given,
        "waiting": gathered.waiting,
        "unproven": gathered.unproven,
        "interrupted": interrupted,
        "model_version": gathered.model,
        "hazards": {kind: params.model_dump(mode="json") for kind, params in hazards.by_kind.items()},
    }


def _told(job: Job, source: SourceSummary) -> dict[str, Any]:
    """A recording that could be read. Where the name tells no time there are no gaps and no segments."""
    told = source_json(source)
    gaps, faults, passed_over_s, aside = (told.pop(key) for key in ("gaps", "faults", "passed_over_s", "aside"))
    names = [printable(segment.path.name) for segment in job.segments] or [job.source]
    damaged = [{"segment": names[fault["index"]], "reason": fault["reason"]} for fault in faults]
    if job.started_at is None:
        return told | ({"damaged": damaged} if damaged else {})
    return told | {
        "archive_camera": job.camera,
        "started_at": job.started_at.isoformat(),
        "segments": len(names) - len(aside),
        "gaps": [{"start_s": since_s, "end_s": until_s} for since_s, until_s in gaps],
        "damaged": damaged,
        "passed_over_s": passed_over_s,
    }


def _unreadable(job: Job, source: SourceSummary) -> Iterator[dict[str, str]]:
    """Every file of which nothing could be read."""
    known = {fault.index for fault in source.unread}
    lost = [*source.unread, *(fault for fault in source.faults if fault.lost and fault.index not in known)]
    for fault in lost:
        path = job.segments[fault.index].path if job.segments else job.path
        yield {"source": printable(path.name), "path": printable(str(path)), "reason": fault.reason}
    if not source.readable and not lost:
        yield {"source": source.source, "path": source.path, "reason": source.error}
