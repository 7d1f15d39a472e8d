"""What a run writes for people and programs, put together from the parts: `events.jsonl`, `summary.json` and the rest.

The files keep to the fixed formats of docs/ref/audit-files.md.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from alerts.audit.clips import clips_there, cut_clips, take_clips_away
from alerts.audit.event import FILES, AuditEvent, read_events, read_lines
from alerts.audit.extras import Reporting
from alerts.audit.find import Job
from alerts.audit.found import Event, SourceSummary, counts
from alerts.audit.gathered import Gathered, found_in, joined_parts, rewriting
from alerts.audit.judged import read_verdicts
from alerts.audit.live import Joined
from alerts.audit.parts import Parts, writing
from alerts.audit.report import NOTHING, Report, report_text
from alerts.audit.report_events import Cards
from alerts.audit.report_live import copy_pictures
from alerts.audit.report_pages import link_clips, page_name, title_of
from alerts.audit.report_pdf import FILE as PDF
from alerts.audit.report_pdf import report_pdf
from alerts.audit.report_sample import Review
from alerts.audit.report_summary import Recording
from alerts.audit.sample import Sampler, event_id, precision
from alerts.audit.sighting import Films, Sighting
from alerts.audit.site import Site
from alerts.audit.stamp import Stamps
from alerts.audit.statistics import FILE as STATISTICS
from alerts.audit.statistics import told
from alerts.audit.summary import summary_of
from alerts.audit.told_parts import ToldParts
from alerts.errors import AlertsError
from streams.disk import replace_text, replacing


@dataclass(frozen=True, slots=True)
class AuditResult:
    """All of a run. counts: events per hazard. interrupted: it was stopped before its end. out: where it was written.
    absent: names of recordings that were done before and are not among these; hidden: of those that are left out, as a
    folder with files of theirs cannot be listed, or the recording that has their files could not be read. untimed: the
    watch was to stand beside it, and no recording tells its time.

    Of a month's recordings the events are more than memory: they are read from their files when asked for.
    """

    sources: tuple[SourceSummary, ...]
    counts: dict[str, int]
    out: Path
    interrupted: bool = False
    absent: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    untimed: bool = False

    @property
    def events(self) -> tuple[Event, ...]:
        """The lines of events.jsonl."""
        return tuple(read_lines(self.out / FILES["event"]))

    @property
    def notices(self) -> tuple[Event, ...]:
        """The lines of notices.jsonl."""
        return tuple(read_lines(self.out / FILES["notice"]))

    def each(self, kind: Literal["event", "notice"] = "event") -> Iterator[AuditEvent]:
        """The same, typed, and one at a time."""
        return read_events(self.out, kind)

    @property
    def statistics(self) -> dict[str, Any]:
        """What statistics.json says."""
        found: dict[str, Any] = json.loads((self.out / STATISTICS).read_text("utf-8"))
        return found

    @property
    def failed(self) -> bool:
        """Whether any source could not be read, or not to its end."""
        return any(source.error for source in self.sources)


def write_results(
    jobs: Sequence[Job],
    parts: Parts,
    reporting: Reporting,
    *,
    interrupted: bool,
    last: bool = True,
    stamps: Stamps | None = None,
) -> AuditResult:
    """Put together what there is of these recordings, in their order. One part is in memory at a time, and each is read
    once.

    last: nothing more will come in this run. Before that there is no sample and no page of a recording: another report
    takes the place of this one soon. stamps: of what was found under another view than these say nothing is told
    where there are masks now; None: all was found under theirs. Each file is written as a whole. Raises AlertsError
    when one cannot be written.
    """
    reporting = replace(reporting, site=reporting.site.over(jobs))
    out, hazards = parts.folder, reporting.hazards
    with writing(out):
        gathered = Gathered(reporting.site, list(counts((), hazards)), last=last)
        joined = joined_parts(jobs, ToldParts(parts, stamps), gathered, reporting, last=last)
        summary = summary_of(gathered, hazards, interrupted=interrupted)
        replace_text(out / "summary.json", json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
        report = _report(parts, gathered, joined, summary, reporting, last=last)
        replace_text(out / STATISTICS, json.dumps(told(report.statistics), ensure_ascii=False) + "\n")
        with rewriting(out / "report.html") as page:
            page.writelines(report_text(report, out))
        if last:
            with replacing(out / PDF) as staged:
                staged.write_bytes(report_pdf(report, out))
    sources = tuple(source for _, source in gathered.sources)
    return AuditResult(sources, summary["counts"], out, interrupted, untimed=report.untimed)


def _report(
    parts: Parts,
    gathered: Gathered,
    joined: Joined | None,
    summary: Mapping[str, Any],
    reporting: Reporting,
    *,
    last: bool,
) -> Report:
    """What the pages tell, once its clips and the watch's pictures are there."""
    out, site, worst = parts.folder, reporting.site, gathered.worst.kept()
    clips = _clips(gathered, parts, worst, joined, reporting) if last else {}
    link_clips(out, clips)
    review = NOTHING
    if gathered.sampler is not None:
        review = _review(out, summary["counts"], gathered.sampler, interrupted=summary["interrupted"])
    return Report(
        summary,
        gathered.statistician.statistics(),
        site,
        _rows(summary, gathered, last=last),
        worst,
        Cards(site, Films(out), clips),
        review,
        last,
        joined,
        copy_pictures(joined, out) if joined else {},
        last and reporting.extras.join is not None and joined is None,
    )


def _clips(
    gathered: Gathered,
    parts: Parts,
    worst: Mapping[str, Sequence[Sighting]],
    joined: Joined | None,
    reporting: Reporting,
) -> dict[str, str]:
    """Event → its clip: of what the report shows, and where more are wanted of all else after it. A run that was not
    asked for clips leads to those that are there. What no run can cut any more is kept as long as its events are.
    """
    out, extras, site = parts.folder, reporting.extras, reporting.site
    hidden = {job.key for job in gathered.shown if site.hides(job)}
    held = parts.present() - hidden
    every = _every(gathered.shown, out, site)
    if not extras.any_clips:
        take_clips_away(out, held)
        return clips_there(chain(_shown(worst, joined), every), out)
    seen = {job.key for job, source in gathered.sources if not source.unread}
    if extras.clips_gb is None:
        return cut_clips(_shown(worst, joined), site, out, None, held - seen, every)
    return cut_clips(chain(_shown(worst, joined), every), site, out, extras.clips_gb, held - seen)


def _every(shown: Iterable[Job], out: Path, site: Site) -> Iterator[Sighting]:
    """All events that were written."""
    by_key = {job.key: job for job in shown}
    for event in read_lines(out / FILES["event"]):
        job = by_key[event_id(event).partition("/")[0]]
        yield Sighting(event, job, site.spot(job))


def _shown(worst: Mapping[str, Sequence[Sighting]], joined: Joined | None) -> Iterator[Sighting]:
    """The events that the report shows at large."""
    for kept in (worst, joined.missed_live if joined else {}):
        for sightings in kept.values():
            yield from sightings


def _rows(summary: Mapping[str, Any], gathered: Gathered, *, last: bool) -> list[Recording]:
    """The readable recordings with their pages."""
    site = gathered.site
    readable = [(job, source) for job, source in gathered.sources if source.readable]
    copies: Counter[str] = Counter()
    for (key, line, _), number in gathered.copies.items():
        copies[key] += number if line == "event" else 0
    return [
        Recording(
            entry,
            title_of(job, site.spot(job), site),
            page_name(job, 0) if last and found_in(source) else "",
            copies[job.key],
        )
        for entry, (job, source) in zip(summary["sources"], readable, strict=True)
    ]


def _review(out: Path, counts: Mapping[str, int], sampler: Sampler, *, interrupted: bool) -> Review:
    sample = sampler.sample
    try:
        verdicts = read_verdicts(out)
    except AlertsError:
        if not interrupted:
            raise
        verdicts = {}  # somebody may be at work on them when it is stopped: no slip of theirs is told instead
    return Review(tuple(sample), verdicts, precision(counts, sample, verdicts))
