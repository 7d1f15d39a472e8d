"""One reading of all parts: what is written line by line on the way, and what the report counts."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from alerts.audit.copies import KEY as COPY
from alerts.audit.copies import Copies
from alerts.audit.coverage import at_s
from alerts.audit.event import FILES
from alerts.audit.extras import Extras, Reporting
from alerts.audit.find import Job
from alerts.audit.found import Event, SourceSummary, State
from alerts.audit.hours import merged
from alerts.audit.live import FILE as LIVE
from alerts.audit.live import LINES as LIVE_LINES
from alerts.audit.live import Joined, Joiner
from alerts.audit.live import told as told_live
from alerts.audit.live_store import read_live
from alerts.audit.parquet import FILE as PARQUET
from alerts.audit.parquet import ParquetTable
from alerts.audit.report import WORST
from alerts.audit.report_live import take_pictures_away
from alerts.audit.report_pages import Pages
from alerts.audit.sample import Sampler
from alerts.audit.sighting import Sighting, Worst
from alerts.audit.site import Site, Spot
from alerts.audit.standing import UNPROVEN, Head, holds, is_marked
from alerts.audit.statistics import PAUSE_DAYS, Statistician
from alerts.audit.table import FILE as TABLE
from alerts.audit.table import Table
from alerts.audit.told_parts import ToldParts, given_by
from streams.disk import replace_text, replacing
from streams.folder import printable

MANIFEST = "manifest.jsonl"
DAY_S = 86400.0
"""No recording that is cut at midnight is longer."""


class Gathered:
    """What one reading of all parts gives to the report. shown: the recordings of `sources` without what they left
    aside: their events lie in these files alone. model: its version. given: how many recordings there are; waiting: how
    many of them are still to be looked through; unproven: of how many the head says so. copies: of each recording, what
    it is and of which hazard."""

    def __init__(self, site: Site, hazards: Sequence[str], *, last: bool) -> None:
        self.site = site
        self.sources: list[tuple[Job, SourceSummary]] = []
        self.shown: list[Job] = []
        self.model = ""
        self.given, self.waiting, self.unproven = 0, 0, 0
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


def joined_parts(
    jobs: Sequence[Job], told_parts: ToldParts, gathered: Gathered, reporting: Reporting, *, last: bool
) -> Joined | None:
    """Write events and notices one after the other, the table, the manifest and, at last, the pages of recordings. What
    the live watch found beside them, where that is wanted."""
    out, site, extras = told_parts.parts.folder, gathered.site, reporting.extras
    with ExitStack() as stack:
        files = {kind: stack.enter_context(rewriting(out / name)) for kind, name in FILES.items()}
        manifest = stack.enter_context(rewriting(out / MANIFEST))
        pages = stack.enter_context(Pages(out, site)) if last else None
        if last:
            if extras.parquet:
                staged = stack.enter_context(replacing(out / PARQUET))
                gathered.parquet = stack.enter_context(ParquetTable(staged))
            gathered.joiner = _joiner(jobs, reporting, stack, out)
            gathered.table = Table(stack.enter_context(rewriting(out / TABLE, encoding="utf-8-sig", newline="")))
        copies = Copies((job, site.spot(job), told_parts.length_s(job)) for job in jobs)
        for job in jobs:
            head, lines = told_parts.parts.read(job.key) or (None, iter(()))
            source = told_parts.source(job, head)
            manifest.write(_line(_entry(job, site.spot(job), head, source)))
            gathered.given += 1
            gathered.waiting += source is None or not told_parts.is_over(job, head)
            if head is None or source is None:
                continue
            if not told_parts.tells(job, head):
                lines = iter(())
            gathered.unproven += UNPROVEN in head
            spot = site.spot(job)
            shown = job.without(source.aside)
            entries = _told_once(shown, spot, lines, files, gathered, copies)
            if pages is not None:
                pages.write(shown, spot, found_in(source), entries)
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
    lines = stack.enter_context(rewriting(out / LIVE_LINES))
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
    given = given_by(job)
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


def found_in(source: SourceSummary) -> int:
    """Events and notices of a recording."""
    return sum(source.events.values()) + sum(source.notices.values())


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
        **({UNPROVEN: True} if UNPROVEN in head else {}),
        **head["stamp"],
        "model_version": head["model_version"],
    }


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


@contextmanager
def rewriting(path: Path, *, encoding: str = "utf-8", newline: str | None = None) -> Iterator[TextIO]:
    """The file as it will be, which takes the place of what is there at the end of the block. Raises OSError."""
    with replacing(path) as staged, staged.open("w", encoding=encoding, newline=newline) as file:
        yield file
