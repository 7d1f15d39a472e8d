"""What a run writes for people and programs, put together from the parts: `events.jsonl`, `summary.json` and the rest.

The files keep to the fixed formats of docs/ref/audit-files.md.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from alerts.audit.coverage import at_s, coverage
from alerts.audit.find import Job
from alerts.audit.found import Event, SourceSummary, State, counts, source_from, source_json
from alerts.audit.judged import read_verdicts
from alerts.audit.parts import Head, Parts, writing
from alerts.audit.report import report_text
from alerts.audit.report_sample import Review
from alerts.audit.sample import Sampler, precision
from alerts.audit.table import FILE as TABLE
from alerts.audit.table import write_table
from alerts.errors import AlertsError
from streams.disk import replace_text, replacing
from streams.folder import printable
from vision.config import HazardsConfig

FILES = {"event": "events.jsonl", "notice": "notices.jsonl"}
MANIFEST = "manifest.jsonl"


@dataclass(frozen=True, slots=True)
class AuditResult:
    """All of a run. counts: events per hazard. interrupted: it was stopped before its end. out: where it was written.
    dropped: names of recordings of an earlier run that are no longer among these.

    Of a month's recordings the events are more than memory: they are read from their files when asked for.
    """

    sources: tuple[SourceSummary, ...]
    counts: dict[str, int]
    out: Path
    interrupted: bool = False
    dropped: tuple[str, ...] = ()

    @property
    def events(self) -> tuple[Event, ...]:
        """The lines of events.jsonl."""
        return tuple(_read(self.out / FILES["event"]))

    @property
    def notices(self) -> tuple[Event, ...]:
        """The lines of notices.jsonl."""
        return tuple(_read(self.out / FILES["notice"]))

    @property
    def failed(self) -> bool:
        """Whether any source could not be read, or not to its end."""
        return any(source.error for source in self.sources)


def write_results(
    jobs: Sequence[Job], parts: Parts, hazards: HazardsConfig, *, interrupted: bool, dropped: Sequence[str] = ()
) -> AuditResult:
    """Put together what there is of these recordings, in their order. One part is in memory at a time.

    Each file is written as a whole. Raises AlertsError when one cannot be written.
    """
    out = parts.folder
    with writing(out):
        sources, model = _join(jobs, parts)
        summary = _summary(sources, hazards, model, interrupted=interrupted)
        replace_text(out / "summary.json", json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
        with _rewriting(out / TABLE, encoding="utf-8-sig", newline="") as table:
            write_table(_read(out / FILES["event"]), table)
        review = _review(out, summary["counts"], interrupted=interrupted)
        with _rewriting(out / "report.html") as page:
            page.writelines(report_text(summary, *(_read(out / name) for name in FILES.values()), review=review))
    return AuditResult(tuple(source for _, source in sources), summary["counts"], out, interrupted, tuple(dropped))


def _join(jobs: Sequence[Job], parts: Parts) -> tuple[list[tuple[Job, SourceSummary]], str]:
    """Write events and notices one after the other. Returns the summaries, and the version of the model."""
    sources: list[tuple[Job, SourceSummary]] = []
    model = ""
    with ExitStack() as stack:
        files = {kind: stack.enter_context(_rewriting(parts.folder / name)) for kind, name in FILES.items()}
        manifest = stack.enter_context(_rewriting(parts.folder / MANIFEST))
        for job in jobs:
            head = parts.head(job.key)
            manifest.write(_line(_entry(job, head)))
            if head is None:
                continue
            # The same recording may have been given by another path this time.
            path = {"source": job.source, "path": job.told}
            sources.append((job, source_from(head["summary"] | path, State(head["state"]))))
            model = head["model_version"] or model
            for kind, event in parts.events(job.key):
                files[kind].write(_line(event | path | _in_time(event, job)))
    return sources, model


def _in_time(event: Event, job: Job) -> dict[str, Any]:
    """When and in which file it was raised, where names tell the time."""
    if job.started_at is None:
        return {}
    raised_s = event["raised_s"]
    segment = job.segment_at(raised_s)
    return {
        "at": at_s(job, raised_s),
        "segment": printable(segment.path.name),
        "segment_s": round(raised_s - segment.begins_s, 3),
    }


def _entry(job: Job, head: Head | None) -> dict[str, Any]:
    """A line of manifest.jsonl."""
    entry: dict[str, Any] = {"name": job.name, "path": job.told, "key": job.key}
    if head is None:
        return entry | {"state": State.WAITING}
    return entry | {
        "state": head["state"],
        "reason": head["summary"]["error"],
        "bytes": sum(size for _, size, *_ in head["files"]),
        "content": head["content"],
        **head["stamp"],
        "model_version": head["model_version"],
    }


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _review(out: Path, counts: Mapping[str, int], *, interrupted: bool) -> Review:
    sampler = Sampler()
    for event in _read(out / FILES["event"]):
        sampler.add(event)
    sample = sampler.sample
    try:
        verdicts = read_verdicts(out)
    except AlertsError:
        if not interrupted:
            raise
        verdicts = {}  # somebody is at work on them while the audit goes on: no slip of theirs ends it
    return Review(tuple(sample), verdicts, precision(counts, sample, verdicts))


@contextmanager
def _rewriting(path: Path, *, encoding: str = "utf-8", newline: str | None = None) -> Iterator[TextIO]:
    with replacing(path) as staged, staged.open("w", encoding=encoding, newline=newline) as file:
        yield file


def _summary(
    sources: Sequence[tuple[Job, SourceSummary]], hazards: HazardsConfig, model: str, *, interrupted: bool
) -> dict[str, Any]:
    readable = [(job, source) for job, source in sources if source.readable]
    kinds = counts((), hazards)
    return {
        "sources": [_told(job, source) for job, source in readable],
        "unreadable": [entry for job, source in sources for entry in _unreadable(job, source)],
        "counts": {kind: sum(source.events.get(kind, 0) for _, source in readable) for kind in kinds},
        "notices": {kind: sum(source.notices.get(kind, 0) for _, source in readable) for kind in kinds},
        "coverage": coverage(readable),
        "interrupted": interrupted,
        "model_version": model,
        "hazards": {kind: params.model_dump(mode="json") for kind, params in hazards.by_kind.items()},
    }


def _told(job: Job, source: SourceSummary) -> dict[str, Any]:
    """A recording that could be read. Of one file whose name tells no time there are no gaps and no segments."""
    told = source_json(source)
    gaps, faults = told.pop("gaps"), told.pop("faults")
    names = [printable(segment.path.name) for segment in job.segments]
    if job.started_at is None:
        return told
    return told | {
        "archive_camera": job.camera,
        "started_at": job.started_at.isoformat(),
        "segments": max(1, len(job.segments)),
        "gaps": [{"start_s": since_s, "end_s": until_s} for since_s, until_s in gaps],
        "damaged": [{"segment": names[fault["index"]], "reason": fault["reason"]} for fault in faults],
    }


def _unreadable(job: Job, source: SourceSummary) -> Iterator[dict[str, str]]:
    """Every file of which nothing could be read."""
    lost = [fault for fault in source.faults if fault.lost]
    for fault in lost:
        path = job.segments[fault.index].path
        yield {"source": printable(path.name), "path": printable(str(path)), "reason": fault.reason}
    if not source.readable and not lost:
        yield {"source": source.source, "path": source.path, "reason": source.error}


def _read(path: Path) -> Iterator[Event]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)
