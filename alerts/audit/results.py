"""What a run writes for people and programs, put together from the parts: `events.jsonl`, `summary.json` and the rest.

The files keep to the fixed formats of docs/ref/audit-files.md.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from alerts.audit.find import Job
from alerts.audit.found import Event, SourceSummary, State, counts, source_from, source_json
from alerts.audit.judged import read_verdicts
from alerts.audit.parts import Head, Parts, writing
from alerts.audit.report import report_text
from alerts.audit.report_sample import Review
from alerts.audit.sample import Sampler, precision
from alerts.audit.table import FILE as TABLE
from alerts.audit.table import write_table
from streams.disk import replace_text, replacing
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
        review = _review(out, summary["counts"])
        with _rewriting(out / "report.html") as page:
            page.writelines(report_text(summary, *(_read(out / name) for name in FILES.values()), review=review))
    return AuditResult(tuple(sources), summary["counts"], out, interrupted, tuple(dropped))


def _join(jobs: Sequence[Job], parts: Parts) -> tuple[list[SourceSummary], str]:
    """Write events and notices one after the other. Returns the summaries, and the version of the model."""
    sources: list[SourceSummary] = []
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
            sources.append(source_from(head["summary"] | path, State(head["state"])))
            model = head["model_version"] or model
            for kind, event in parts.events(job.key):
                files[kind].write(_line(event | path))
    return sources, model


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


def _review(out: Path, counts: Mapping[str, int]) -> Review:
    sampler = Sampler()
    for event in _read(out / FILES["event"]):
        sampler.add(event)
    sample, verdicts = sampler.sample, read_verdicts(out)
    return Review(tuple(sample), verdicts, precision(counts, sample, verdicts))


@contextmanager
def _rewriting(path: Path, *, encoding: str = "utf-8", newline: str | None = None) -> Iterator[TextIO]:
    with replacing(path) as staged, staged.open("w", encoding=encoding, newline=newline) as file:
        yield file


def _summary(
    sources: Sequence[SourceSummary], hazards: HazardsConfig, model: str, *, interrupted: bool
) -> dict[str, Any]:
    readable = [source for source in sources if source.readable]
    kinds = counts((), hazards)
    return {
        "sources": [source_json(source) for source in readable],
        "unreadable": [{"source": s.source, "path": s.path, "reason": s.error} for s in sources if not s.readable],
        "counts": {kind: sum(source.events.get(kind, 0) for source in readable) for kind in kinds},
        "notices": {kind: sum(source.notices.get(kind, 0) for source in readable) for kind in kinds},
        "interrupted": interrupted,
        "model_version": model,
        "hazards": {kind: params.model_dump(mode="json") for kind, params in hazards.by_kind.items()},
    }


def _read(path: Path) -> Iterator[Event]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)
