"""What a run writes for people and programs, put together from the parts: `events.jsonl`, `summary.json` and the rest.

The files keep to the fixed formats of docs/ref/audit-files.md.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from alerts.audit.find import Job
from alerts.audit.found import Event, SourceSummary, counts, source_from, source_json
from alerts.audit.parts import Parts, writing
from alerts.audit.report import report_text
from streams.disk import replace_text, replacing
from vision.config import HazardsConfig

FILES = {"event": "events.jsonl", "notice": "notices.jsonl"}


@dataclass(frozen=True, slots=True)
class AuditResult:
    """All of a run. counts: events per hazard. interrupted: it was stopped before its end. out: where it was written.

    Of a month's recordings the events are more than memory: they are read from their files when asked for.
    """

    sources: tuple[SourceSummary, ...]
    counts: dict[str, int]
    out: Path
    interrupted: bool = False

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


def write_results(jobs: Sequence[Job], parts: Parts, hazards: HazardsConfig, *, interrupted: bool) -> AuditResult:
    """Put together what there is of these recordings, in their order. One part is in memory at a time.

    Each file is written as a whole. Raises AlertsError when one cannot be written.
    """
    out = parts.folder
    with writing(out):
        sources, model = _join(jobs, parts)
        summary = _summary(sources, hazards, model, interrupted=interrupted)
        replace_text(out / "summary.json", json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
        with _rewriting(out / "report.html") as page:
            page.writelines(report_text(summary, *(_read(out / name) for name in FILES.values())))
    return AuditResult(tuple(sources), summary["counts"], out, interrupted)


def _join(jobs: Sequence[Job], parts: Parts) -> tuple[list[SourceSummary], str]:
    """Write events and notices one after the other. Returns the summaries, and the version of the model."""
    sources: list[SourceSummary] = []
    model = ""
    with ExitStack() as stack:
        files = {kind: stack.enter_context(_rewriting(parts.folder / name)) for kind, name in FILES.items()}
        for job in jobs:
            head = parts.head(job.key)
            if head is None:
                continue
            sources.append(source_from(head["summary"]))
            model = head["model_version"]
            for kind, event in parts.events(job.key):
                files[kind].write(json.dumps(event, ensure_ascii=False) + "\n")
    return sources, model


@contextmanager
def _rewriting(path: Path) -> Iterator[TextIO]:
    with replacing(path) as staged, staged.open("w", encoding="utf-8") as file:
        yield file


def _summary(
    sources: Sequence[SourceSummary], hazards: HazardsConfig, model: str, *, interrupted: bool
) -> dict[str, Any]:
    readable = [source for source in sources if source.readable]
    kinds = counts((), hazards)
    return {
        "sources": [_without_readable(source_json(source)) for source in readable],
        "unreadable": [{"source": s.source, "path": s.path, "reason": s.error} for s in sources if not s.readable],
        "counts": {kind: sum(source.events.get(kind, 0) for source in readable) for kind in kinds},
        "notices": {kind: sum(source.notices.get(kind, 0) for source in readable) for kind in kinds},
        "interrupted": interrupted,
        "model_version": model,
        "hazards": {kind: params.model_dump(mode="json") for kind, params in hazards.by_kind.items()},
    }


def _without_readable(told: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key != "readable"}


def _read(path: Path) -> Iterator[Event]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)
