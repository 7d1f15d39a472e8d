"""What a run writes for people and programs, put together from the parts: `events.jsonl`, `summary.json` and the rest.

The files keep to the fixed formats of docs/ref/audit-files.md.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Literal, TextIO

from alerts.audit.clips import clips_there, cut_clips, take_clips_away
from alerts.audit.copies import KEY as COPY
from alerts.audit.copies import Copies
from alerts.audit.coverage import at_s, coverage
from alerts.audit.event import FILES, AuditEvent, read_events, read_lines
from alerts.audit.extras import NONE, Extras
from alerts.audit.find import Job
from alerts.audit.found import Event, SourceSummary, State, counts, source_from, source_json
from alerts.audit.hours import merged
from alerts.audit.judged import read_verdicts
from alerts.audit.live import FILE as LIVE
from alerts.audit.live import LINES as LIVE_LINES
from alerts.audit.live import Joined, Joiner
from alerts.audit.live import told as told_live
from alerts.audit.live_store import read_live
from alerts.audit.parquet import FILE as PARQUET
from alerts.audit.parquet import ParquetTable
from alerts.audit.parts import Parts, writing
from alerts.audit.report import NOTHING, WORST, Report, report_text
from alerts.audit.report_events import Cards
from alerts.audit.report_live import copy_pictures, take_pictures_away
from alerts.audit.report_pages import Pages, link_clips, page_name, title_of
from alerts.audit.report_pdf import FILE as PDF
from alerts.audit.report_pdf import report_pdf
from alerts.audit.report_sample import Review
from alerts.audit.report_summary import Recording
from alerts.audit.sample import Sampler, event_id, precision
from alerts.audit.sighting import Films, Sighting, Worst
from alerts.audit.site import Site, Spot
from alerts.audit.stamp import Stamps
from alerts.audit.standing import Head, holds, is_marked, lies_so, stuck_of, unread_of
from alerts.audit.statistics import FILE as STATISTICS
from alerts.audit.statistics import PAUSE_DAYS, Statistician, told
from alerts.audit.table import FILE as TABLE
from alerts.audit.table import Table
from alerts.errors import AlertsError
from streams.chain import Fault
from streams.disk import replace_text, replacing
from streams.folder import printable
from vision.config import HazardsConfig

MANIFEST = "manifest.jsonl"
DAY_S = 86400.0
"""No recording that is cut at midnight is longer."""


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


@dataclass(frozen=True, slots=True)
class Reporting:
    """What a report hangs on beside the parts. hazards: that were looked for."""

    site: Site
    hazards: HazardsConfig
    extras: Extras = NONE


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
        joined = _join(jobs, _Sound(parts, stamps), gathered, reporting, last=last)
        summary = _summary(gathered, hazards, interrupted=interrupted)
        replace_text(out / "summary.json", json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
        report = _report(parts, gathered, joined, summary, reporting, last=last)
        replace_text(out / STATISTICS, json.dumps(told(report.statistics), ensure_ascii=False) + "\n")
        with _rewriting(out / "report.html") as page:
            page.writelines(report_text(report, out))
        if last:
            with replacing(out / PDF) as staged:
                staged.write_bytes(report_pdf(report, out))
    sources = tuple(source for _, source in gathered.sources)
    return AuditResult(sources, summary["counts"], out, interrupted, untimed=report.untimed)


def _report(
    parts: Parts,
    gathered: "Gathered",
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
    gathered: "Gathered",
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
    wanted = chain(_shown(worst, joined), () if extras.clips_gb is None else every)
    return cut_clips(wanted, site, out, extras.clips_gb, held - seen)


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


class Gathered:
    """What one reading of all parts gives to the report. shown: the recordings of `sources` without what they left
    aside: their events lie in these files alone. model: its version. copies: of each recording, what it is and of which
    hazard."""

    def __init__(self, site: Site, hazards: Sequence[str], *, last: bool) -> None:
        self.site = site
        self.sources: list[tuple[Job, SourceSummary]] = []
        self.shown: list[Job] = []
        self.model = ""
        self.copies: Counter[tuple[str, str, str]] = Counter()
        self.statistician = Statistician(site, hazards)
        self.worst = Worst(WORST)
        self.sampler = Sampler() if last else None
        self.table: Table | None = None
        self.parquet: ParquetTable | None = None
        self.joiner: Joiner | None = None

    def take(self, job: Job, spot: Spot, kind: str, event: Event) -> None:
        """A line of events.jsonl or notices.jsonl."""
        if COPY in event:
            self.copies[job.key, kind, event["hazard"]] += 1
        if kind == "notice":
            self.statistician.notice(job, spot, event)
            return
        self.statistician.event(job, spot, event)
        if self.table is not None:
            self.table.add(event)
        if self.parquet is not None:
            self.parquet.add(event)
        if COPY not in event:
            self._weigh(Sighting(event, job, spot))

    def _weigh(self, sighting: Sighting) -> None:
        """What is no copy may be drawn, or be shown among the worst."""
        self.worst.add(sighting)
        if self.joiner is not None:
            self.joiner.take(sighting)
        if self.sampler is not None:
            self.sampler.add(sighting.event)


@dataclass(frozen=True, slots=True)
class _Sound:
    """The parts, and which of them may be told."""

    parts: Parts
    stamps: Stamps | None

    def tells(self, job: Job, head: Head) -> bool:
        """Whether what was found tells of the recording: its files lie as they did, and nothing of it may show what a
        mask hides now.
        """
        return lies_so(head, job) and not self.hides(job, head)

    def hides(self, job: Job, head: Head) -> bool:
        """Whether what was found may show what a mask hides now."""
        return self.stamps is not None and self.stamps.hides(job, head["stamp"])

    def length_s(self, job: Job) -> float:
        """Of a recording, as far as it is known."""
        head = self.parts.head(job.key)
        if head is None or not self.tells(job, head):
            return 0.0
        summary = head["summary"]  # perhaps of an earlier version
        return float(max(summary["duration_s"], summary.get("looked_s") or 0.0))

    def source(self, job: Job, head: Head | None) -> SourceSummary | None:
        """What became of it; None: nothing yet. What may not be told tells nothing of it, but why it was not looked
        through again does.
        """
        if head is None:
            return None
        files = max(1, len(job.segments))  # as they lie now
        unread = tuple(fault for fault in unread_of(head) if fault.index < files or not job.segments)
        why, stands = _why(job, unread, stuck_of(head)), self._stands(job, head)
        if self.tells(job, head):
            # The same recording may have been given by another path this time.
            source = _with_fault(source_from(head["summary"] | _given(job), State(head["state"])))
        elif why:
            source = SourceSummary(job.source, job.told, readable=False, complete=False)
            unread = tuple(replace(fault, reason=fault.reason + stands) for fault in unread)
        else:
            return None
        return replace(source, unread=unread, error=why + stands) if why else source

    def _stands(self, job: Job, head: Head) -> str:
        """What becomes of what was found before."""
        if self.hides(job, head):
            return "; what was found before its zones or masks changed is not shown"
        return "; what was found before is kept" if holds(head) else ""


def _join(jobs: Sequence[Job], sound: _Sound, gathered: Gathered, reporting: Reporting, *, last: bool) -> Joined | None:
    """Write events and notices one after the other, the table, the manifest and, at last, the pages of recordings. What
    the live watch found beside them, where that is wanted."""
    out, site, extras = sound.parts.folder, gathered.site, reporting.extras
    with ExitStack() as stack:
        files = {kind: stack.enter_context(_rewriting(out / name)) for kind, name in FILES.items()}
        manifest = stack.enter_context(_rewriting(out / MANIFEST))
        pages = stack.enter_context(Pages(out, site)) if last else None
        if last:
            if extras.parquet:
                staged = stack.enter_context(replacing(out / PARQUET))
                gathered.parquet = stack.enter_context(ParquetTable(staged))
            gathered.joiner = _joiner(jobs, reporting, stack, out)
            gathered.table = Table(stack.enter_context(_rewriting(out / TABLE, encoding="utf-8-sig", newline="")))
        copies = Copies((job, site.spot(job), sound.length_s(job)) for job in jobs)
        for job in jobs:
            head, lines = sound.parts.read(job.key) or (None, iter(()))
            source = sound.source(job, head)
            manifest.write(_line(_entry(job, site.spot(job), head, source)))
            if head is None or source is None:
                continue
            if not sound.tells(job, head):
                lines = iter(())
            spot = site.spot(job)
            shown = job.without(source.aside)
            entries = _told_once(shown, spot, lines, files, gathered, copies)
            if pages is not None:
                pages.write(shown, spot, _number(source), entries)
            for _ in entries:
                pass  # of what is on no page
            gathered.sources.append((job, source))
            gathered.shown.append(shown)
            gathered.model = head["model_version"] or gathered.model
            gathered.statistician.recording(shown, spot, source)
        joined = gathered.joiner.joined(gathered.statistician.seen()) if gathered.joiner else None
    if joined:
        replace_text(out / LIVE, json.dumps(told_live(joined), ensure_ascii=False) + "\n")
    if last:
        _take_away(out, joined, extras)
    return joined


def _take_away(out: Path, joined: Joined | None, extras: Extras) -> None:
    """What an earlier run wrote and this one was not asked for would tell of other events."""
    names = () if joined else (LIVE, LIVE_LINES)
    for name in (*names, *(() if extras.parquet else (PARQUET,))):
        (out / name).unlink(missing_ok=True)
    if not joined:
        take_pictures_away(out)


def _joiner(jobs: Sequence[Job], reporting: Reporting, stack: ExitStack, out: Path) -> Joiner | None:
    """None where it is not wanted, or where no recording tells its time."""
    place = reporting.extras.join
    times = _times(jobs)
    if place is None or not times:
        return None
    lines = stack.enter_context(_rewriting(out / LIVE_LINES))
    return Joiner(read_live(place, times), reporting.site, reporting.hazards, lines)


def _times(jobs: Sequence[Job]) -> list[tuple[datetime, datetime]]:
    """From when to when there may be recordings, without long pauses: one of a clock that fell back by years makes none
    of them a time of recordings."""
    begins = [(job.started_at.timestamp(), max(DAY_S, job.expected_s)) for job in jobs if job.started_at is not None]
    stretches = merged((since_s, since_s + length_s + PAUSE_DAYS * DAY_S) for since_s, length_s in begins)
    return [
        (datetime.fromtimestamp(since_s, UTC), datetime.fromtimestamp(until_s - PAUSE_DAYS * DAY_S, UTC))
        for since_s, until_s in stretches
    ]


def _told_once(
    job: Job,
    spot: Spot,
    lines: Iterator[tuple[str, str]],
    files: Mapping[str, TextIO],
    gathered: Gathered,
    copies: Copies,
) -> Iterator[tuple[str, Event]]:
    """Each event and notice of a recording, once it is written and counted."""
    given = _given(job)
    place = {"camera": spot.camera, "place": spot.zh} if spot.camera else {}
    for kind, text in lines:
        event: Event = json.loads(text)
        beside = place | _in_time(event, job) | ({COPY: True} if copies.is_one(job, kind, event) else {})
        if all(event[key] == value for key, value in given.items()) and beside:
            line = f"{text[:-1]}, {_line(beside)[1:]}"  # what was written once is not written out again
        else:
            line = _line(event | given | beside)
        event |= given | beside
        files[kind].write(line)
        gathered.take(job, spot, kind, event)
        yield kind, event


def _why(job: Job, unread: Sequence[Fault], failed: str) -> str:
    """Why it was not looked through, though it is there; "" where it was. failed: why a newer look came to nothing."""
    if not unread:
        return f"could not be looked through again: {failed}" if failed else ""
    of = f"{len(unread)} of {len(job.segments)} files cannot be read now" if job.segments else "cannot be read now"
    name = f"{printable(job.segments[unread[0].index].path.name)}: " if job.segments else ""
    return f"{of}: {name}{unread[0].reason}"


def _with_fault(source: SourceSummary) -> SourceSummary:
    """What is wrong with the only file, whose reader tells of it as of the whole."""
    broken = source.state is State.DONE and source.error and not source.complete and not source.faults
    return replace(source, faults=[Fault(0, source.error, lost=False)]) if broken else source


def _given(job: Job) -> dict[str, str]:
    return {"source": job.source, "path": job.told}


def _number(source: SourceSummary) -> int:
    return sum(source.events.values()) + sum(source.notices.values())


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
            page_name(job, 0) if last and _number(source) else "",
            copies[job.key],
        )
        for entry, (job, source) in zip(summary["sources"], readable, strict=True)
    ]


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


def _entry(job: Job, spot: Spot, head: Head | None, source: SourceSummary | None) -> dict[str, Any]:
    """A line of manifest.jsonl."""
    entry: dict[str, Any] = {"name": job.name, "path": job.told, "key": job.key, "camera": spot.camera}
    if head is None or source is None:
        return entry | {"state": State.WAITING}
    return entry | {
        "state": State.KEPT if is_marked(head) and holds(head) else head["state"],
        "reason": source.error,
        "bytes": sum(size for _, size, *_ in head["files"]),
        "content": head["content"],
        **head["stamp"],
        "model_version": head["model_version"],
    }


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _review(out: Path, counts: Mapping[str, int], sampler: Sampler, *, interrupted: bool) -> Review:
    sample = sampler.sample
    try:
        verdicts = read_verdicts(out)
    except AlertsError:
        if not interrupted:
            raise
        verdicts = {}  # somebody may be at work on them when it is stopped: no slip of theirs is told instead
    return Review(tuple(sample), verdicts, precision(counts, sample, verdicts))


@contextmanager
def _rewriting(path: Path, *, encoding: str = "utf-8", newline: str | None = None) -> Iterator[TextIO]:
    with replacing(path) as staged, staged.open("w", encoding=encoding, newline=newline) as file:
        yield file


def _summary(gathered: Gathered, hazards: HazardsConfig, *, interrupted: bool) -> dict[str, Any]:
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
