"""`pages/KEY.html`: all events and notices of one recording, which for an archive is a camera's day.

The report itself shows the worst of each hazard; a month has more than a browser opens at once. These are plain pages,
as nothing can be loaded later from a disk.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from alerts.audit import words
from alerts.audit.find import KEY, Job
from alerts.audit.found import Event
from alerts.audit.page import page
from alerts.audit.parts import sweep
from alerts.audit.report_events import LINKS, STYLE, Cards, clip_link
from alerts.audit.sighting import Films, Sighting
from alerts.audit.site import Site, Spot
from streams.disk import replace_text, replacing
from vision.rule import Words

FOLDER = "pages"
MOST = 300
"""Events on a page."""
_MADE = re.compile(rf"{KEY.pattern}(\.\d+)?\.html")


class Pages:
    """Writes them one after the other. At the end of the block those of earlier runs that were not written are gone."""

    def __init__(self, out: Path, site: Site) -> None:
        self._folder = out / FOLDER
        self._cards = Cards(site, Films(out), {}, up="../")
        self._site = site
        self._written: set[str] = set()

    def __enter__(self) -> Self:
        self._folder.mkdir(exist_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            sweep(self._folder, lambda name: _MADE.fullmatch(name) is not None, self._written)

    def write(self, job: Job, spot: Spot, number: int, entries: Iterator[tuple[str, Event]]) -> None:
        """Of one recording. number: of entries, events first."""
        pages = -(-number // MOST)
        for index in range(pages):
            name = page_name(job, index)
            self._written.add(name)
            with replacing(self._folder / name) as staged, staged.open("w", encoding="utf-8") as file:
                self._write(file, job, spot, (index, pages), entries)

    def _write(
        self, file: TextIO, job: Job, spot: Spot, place: tuple[int, int], entries: Iterator[tuple[str, Event]]
    ) -> None:
        body = self._body(job, spot, place, entries)
        top = f"<a href='../report.html' data-page=''>← {words.tag('back')}</a>"
        file.writelines(page(title_of(job, spot, self._site), self._site.language, body, style=STYLE, top=top))

    def _body(
        self, job: Job, spot: Spot, place: tuple[int, int], entries: Iterator[tuple[str, Event]]
    ) -> Iterator[str]:
        yield f"<p class=dim>{escape(job.name)}</p>"
        yield _turn(job, *place)
        before = ""
        for _ in range(MOST):
            kind, event = next(entries, ("", {}))
            if not kind:
                break
            if kind != before:
                yield f"<h2>{words.tag('events' if kind == 'event' else 'logged')}</h2>"
            before = kind
            yield self._cards.card(Sighting(event, job, spot))


def link_clips(out: Path, clips: Mapping[str, str]) -> None:
    """Put the clips beside their events: of which there is one is known once all pages are written. clips: event →
    file below the report's folder. Raises OSError."""
    of_recording: defaultdict[str, list[str]] = defaultdict(list)
    for event in clips:
        of_recording[event.partition("/")[0]].append(event)
    for key, events in sorted(of_recording.items()):
        for path in (*(out / FOLDER).glob(f"{key}.html"), *(out / FOLDER).glob(f"{key}.*.html")):
            text = path.read_text("utf-8")
            for event in events:
                text = _with_clip(text, event, f"../{clips[event]}")
            replace_text(path, text)


def _with_clip(text: str, event: str, way: str) -> str:
    place = text.find(f" id='{escape(event, quote=True)}'>")
    if place < 0:  # it stands on another page of the recording
        return text
    at = text.index(LINKS, place) + len(LINKS)
    return f"{text[:at]}{clip_link(way)}{text[at:]}"


def title_of(job: Job, spot: Spot, site: Site) -> Words:
    """Place and day, or the file."""
    if job.started_at is None:
        return words.same(job.source)
    day = f"{site.local(job.started_at):%Y-%m-%d}"
    camera = "" if spot.camera in (spot.zh, "") else f" · {spot.camera}"
    return Words(f"{spot.zh}{camera} · {day}", f"{spot.en}{camera} · {day}")


def page_name(job: Job, index: int) -> str:
    """Of the first page and of those that follow."""
    return f"{job.key}.html" if index == 0 else f"{job.key}.{index + 1}.html"


def _turn(job: Job, index: int, pages: int) -> str:
    if pages < 2:
        return ""
    links = (
        f"<li><b>{number + 1}</b>"
        if number == index
        else f"<li><a href='{escape(page_name(job, number), quote=True)}' data-page=''>{number + 1}</a>"
        for number in range(pages)
    )
    said = words.say("page_n", n=index + 1, all=pages)
    return f"<p>{words.html(said)}</p><nav {words.attribute('aria-label', said)}><ul>{''.join(links)}</ul></nav>"
