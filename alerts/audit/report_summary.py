"""The report's tables: places and hazards with their rates, places where it happens again and again, free width,
coverage, recordings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from alerts.audit import words
from alerts.audit.faults import told
from alerts.audit.hours import HOUR_S
from alerts.audit.lengths import hours_word, time_word
from alerts.audit.page import number, wide, wide_begins
from alerts.audit.rates import Rate
from alerts.audit.report_charts import charts
from alerts.audit.report_events import clock
from alerts.audit.site import Site
from alerts.audit.statistics import Counted, Row, Statistics
from alerts.audit.views import By
from vision.rule import Words

MOST_REPEATS = 40
MOST_MAPS = 20
"""Places whose hours and days are drawn; those of all stand in statistics.json."""
MOST_GAPS = 10
"""Of a camera."""
MOST_LOST = 500
MOST_UNCLEAR = 30


def place_word(row: Row) -> Words:
    """Of a place; of recordings that tell no camera, that it is not known."""
    return Words(row.zh, row.en) if row.name else words.say("nowhere")


def rate_text(rate: Rate) -> str:
    """With its bounds; "–" where nothing was seen."""
    if rate.per_h is None:
        return "–"
    return f"{number(rate.per_h)} ({number(rate.low, 2)}–{number(rate.high, 2)})"


def places(statistics: Statistics) -> Iterator[str]:
    """Events and rates by place and hazard."""
    shown = [kind for kind in statistics.hazards if statistics.whole.counted(kind).events]
    yield f"<h2 id=summary>{words.tag('summary')}</h2><p class='dim small'>{words.tag('rates')}</p>"
    heads = "".join(f"<th scope=col class=n>{words.html(words.hazard(kind))}" for kind in shown)
    top = f"<tr><th scope=col>{words.tag('place')}<th scope=col class=n>{words.tag('hours')}{heads}"
    whole = Row("*", *_both("whole"), statistics.whole)
    ordered = sorted(statistics.places, key=lambda row: -sum(row.group.counted(kind).events for kind in shown))
    rows = "".join(_place(row, shown) for row in ([whole] if len(ordered) > 1 else []) + ordered)
    yield wide(words.say("summary"), f"<table><thead>{top}</thead><tbody>{rows}</tbody></table>")


def _both(key: str) -> tuple[str, str]:
    said = words.say(key)
    return said.zh, said.en


def _place(row: Row, shown: Sequence[str]) -> str:
    cells = "".join(
        f"<td class=n><b>{row.group.counted(kind).events}</b>"
        f"<div class='dim small'>{rate_text(row.group.rate(kind))}</div>"
        for kind in shown
    )
    return f"<tr><th scope=row>{words.html(place_word(row))}<td class=n>{_hours(row.group.hours)}{cells}"


def _hours(hours: float) -> str:
    return words.html(hours_word(hours))


def drawn(statistics: Statistics) -> Iterator[str]:
    """Hours of the week and days, of all and of the places with most events."""
    if not statistics.whole.timed_s or not any(one.events for one in statistics.whole.hazards.values()):
        return
    yield f"<h2 id=hours>{words.tag('map')} · {words.tag('trend')}</h2>"
    yield f"<p class='dim small'>{words.tag('map_note')} {words.tag('trend_note')}</p>"
    yield from charts(statistics.whole, statistics.hazards, statistics.days, words.say("whole"))
    if len(statistics.places) < 2:
        return
    ordered = sorted(statistics.places, key=lambda row: -sum(one.events for one in row.group.hazards.values()))
    for row in ordered[:MOST_MAPS]:
        if pieces := "".join(charts(row.group, statistics.hazards, statistics.days, place_word(row))):
            yield f"<details class=screen><summary>{words.html(place_word(row))}</summary>{pieces}</details>"


def repeated(statistics: Statistics) -> list[tuple[Row, str, Counted]]:
    """Place and hazard of what happened more than once, the most stubborn first. Recordings that tell no camera lie
    together in one row, and are no place.
    """
    rows = [
        (row, kind, counted)
        for row in statistics.places
        for kind, counted in row.group.hazards.items()
        if row.name and counted.events > 1
    ]
    return sorted(rows, key=lambda one: (-len(one[2].by_day), -one[2].lasted_s, one[0].name, one[1]))


def days_word(row: Row, counted: Counted) -> Words | None:
    """On how many of the days that were seen there was any; None where no day is known."""
    days = len(counted.by_day)
    return words.say("of_all", n=days, all=len(row.group.seen_by_day)) if days else None


def repeats(statistics: Statistics) -> Iterator[str]:
    """Places where it happens again and again."""
    if not (rows := repeated(statistics)):
        return
    yield f"<h2 id=repeats>{words.tag('repeats')}</h2><p class='dim small'>{words.tag('repeats_note')}</p>"
    heads = "".join(f"<th scope=col class=n>{words.tag(key)}" for key in ("days_with", "events", "minutes"))
    top = f"<tr><th scope=col>{words.tag('place')}<th scope=col>{words.tag('hazard')}{heads}"
    body = "".join(
        f"<tr><th scope=row>{words.html(place_word(row))}<td>{words.html(words.hazard(kind))}"
        f"<td class=n>{words.html(said) if (said := days_word(row, counted)) else '–'}"
        f"<td class=n>{counted.events}<td class=n>{number(counted.lasted_s / 60)}"
        for row, kind, counted in rows[:MOST_REPEATS]
    )
    yield wide(words.say("repeats"), f"<table><thead>{top}</thead><tbody>{body}</tbody></table>")


def widths(statistics: Statistics) -> Iterator[str]:
    """How long escape routes were too narrow."""
    if "clutter" not in statistics.hazards or not statistics.whole.counted("clutter").events:
        return
    yield f"<h2 id=width>{words.tag('width')}</h2>"
    rows = [row for row in statistics.places if row.group.counted("clutter").measured]
    if not rows:
        yield f"<p class=dim>{words.tag('not_measured')}</p>"
        return
    rows.sort(key=lambda row: -row.group.counted("clutter").narrow_s)
    yield f"<p class='dim small'>{words.tag('width_note')}</p>"
    keys = ("narrow", "narrow_share", "least", "measured", "events")
    top = f"<tr><th scope=col>{words.tag('place')}" + "".join(f"<th scope=col class=n>{words.tag(key)}" for key in keys)
    yield wide(words.say("width"), f"<table><thead>{top}</thead><tbody>{''.join(map(_width, rows))}</tbody></table>")


def _width(row: Row) -> str:
    counted = row.group.counted("clutter")
    share = f"{number(100 * counted.narrow_s / row.group.any_seen_s, 2)} %" if row.group.any_seen_s else "–"
    return (
        f"<tr><th scope=row>{words.html(place_word(row))}<td class=n>{number(counted.narrow_s / 60)}<td class=n>{share}"
        f"<td class=n>{number(counted.least_m)} m<td class=n>{counted.measured}<td class=n>{counted.events}"
    )


def coverage(statistics: Statistics, summary: Mapping[str, Any], site: Site) -> Iterator[str]:
    """Which time of which camera was seen, where something is missing, and what could not be read."""
    spans = {entry["camera"]: entry for entry in summary.get("coverage", ())}
    yield f"<h2 id=coverage>{words.tag('coverage')}</h2>"
    yield f"<p class='dim small'>{words.tag('blind_note')} {words.tag('views_note')}</p>"
    keys = ("hours", "blind")
    top = f"<tr><th scope=col>{words.tag('camera')}" + "".join(
        f"<th scope=col class=n>{words.tag(key)}" for key in keys
    )
    rows = "".join(
        f"<tr><th scope=row>{escape(row.name) or words.tag('nowhere')}<td class=n>{_hours(row.group.hours)}"
        f"<td class=n>{_hours(row.group.blind_s / HOUR_S)}<td>{words.html(judged_by(row.name, summary))}"
        for row in statistics.cameras
    )
    top += f"<th scope=col>{words.tag('views')}"
    yield wide(words.say("coverage"), f"<table><thead>{top}</thead><tbody>{rows}</tbody></table>")
    if site.unclear:
        names = sorted(site.unclear)
        said = ", ".join(names[:MOST_UNCLEAR]) + (" …" if len(names) > MOST_UNCLEAR else "")
        yield f"<p>{words.tag('unclear_cameras', names=said)}</p>"
    if spans:
        yield from _gaps(spans, site)
    yield from _not_read(summary)


def _not_read(summary: Mapping[str, Any]) -> Iterator[str]:
    """Files of which nothing, or not all, was seen."""
    if lost := [(one["path"], one["reason"]) for one in summary["unreadable"]]:
        yield from _faults("unreadable", ("file", "note"), lost)
    if damaged := damaged_files(summary):
        yield from _faults("damaged", ("camera", "file", "note"), damaged)


def _faults(key: str, heads: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """rows: whose last cell is a reason."""
    label = words.say(key)
    yield f"<h3 id={key}>{words.html(label)} ({len(rows)})</h3>{wide_begins(label)}<table><thead><tr>"
    yield "".join(f"<th scope=col>{words.tag(head)}" for head in heads) + "</thead><tbody>"
    for first, *others, reason in rows[:MOST_LOST]:
        cells = "".join(f"<td>{escape(one)}" for one in others)
        yield f"<tr><th scope=row>{escape(first)}{cells}<td>{words.html(told(reason))}"
    yield f"</tbody></table></div>{_more(len(rows) - MOST_LOST)}"


def damaged_files(summary: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Camera, name and what is wrong with it, of each file that could be read in part, or was passed over in part. One
    whose name tells no time is named by its path.
    """
    lost = {(one["source"], one["reason"]) for one in summary["unreadable"]}
    return [
        (source["archive_camera"], one["segment"], one["reason"])
        if "archive_camera" in source
        else ("", source["path"], one["reason"])
        for source in summary["sources"]
        for one in source.get("damaged", ())
        if (one["segment"], one["reason"]) not in lost
    ]


def judged_by(camera: str, summary: Mapping[str, Any]) -> Words:
    """Whose settings the recordings of a camera were judged by. camera: as in statistics.json."""
    said = dict.fromkeys(_view(entry) for entry in summary["views"] if entry["camera"] == camera)
    return Words("；".join(one.zh for one in said), "; ".join(one.en for one in said))


def _view(entry: Mapping[str, Any]) -> Words:
    view = entry["view"]
    by, of, over = view["by"], view["camera"], view["over"]
    if by != By.GIVEN and of and of == entry["camera"]:
        return words.say("view_own")
    zones = [words.shared("zone", kind) for kind in view["zones"]]
    types = Words("、".join(one.zh for one in zones), ", ".join(one.en for one in zones))
    what = words.say("view_of", name=of) if of else types
    if by == By.NAMED:
        return what
    said = words.say("view_given" if by == By.GIVEN else "view_default", what=what)
    return words.say("view_over", what=said, name=over) if over else said


def _gaps(spans: Mapping[str, Mapping[str, Any]], site: Site) -> Iterator[str]:
    heads = "".join(f"<th scope=col>{words.tag(key)}" for key in ("camera", "from", "until", "gaps"))
    yield f"<h3>{words.tag('gaps')}</h3>{wide_begins(words.say('gaps'))}"
    yield f"<table><thead><tr>{heads}</thead><tbody>"
    for camera, entry in spans.items():
        gaps = [(_at(gap["from"]), _at(gap["until"])) for gap in entry["gaps"]]
        missing_s = sum((until - since).total_seconds() for since, until in gaps)
        told = words.tag("gaps_of", n=len(gaps), h=time_word(missing_s)) if gaps else words.tag("none")
        listed = "".join(f"<li>{_local(since, site)} – {_local(until, site)}" for since, until in gaps[:MOST_GAPS])
        more = _more(len(gaps) - MOST_GAPS)
        inner = f"<details><summary>{told}</summary><ul>{listed}</ul>{more}</details>" if gaps else told
        yield (
            f"<tr><th scope=row>{escape(camera)}<td>{_local(_at(entry['from']), site)}"
            f"<td>{_local(_at(entry['until']), site)}<td>{inner}"
        )
    yield "</tbody></table></div>"


def _more(number_left: int) -> str:
    return f"<p class=dim>{words.tag('and_more', n=number_left)}</p>" if number_left > 0 else ""


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _local(at: datetime, site: Site) -> str:
    return f"{site.local(at):%Y-%m-%d %H:%M:%S}"


@dataclass(frozen=True, slots=True)
class Recording:
    """source: of summary.json. name: place and day, or the file. page: the name of its page, "" where it has none.
    copies: of its events."""

    source: Mapping[str, Any]
    name: Words
    page: str
    copies: int = 0


def recordings(rows: Sequence[Recording], kinds: Sequence[str]) -> Iterator[str]:
    """Each recording; its events are on the page that its name leads to."""
    heads = "".join(f"<th scope=col class=n>{words.html(words.hazard(kind))}" for kind in kinds)
    yield f"<h2 id=recordings>{words.tag('recordings')}</h2>"
    keep_open = " open" if len(rows) <= 50 else ""
    said = words.say("recordings_n", n=len(rows))
    yield f"<details{keep_open}><summary>{words.html(said)}</summary>"
    yield f"{wide_begins(words.say('recordings'))}<table><thead><tr><th scope=col>{words.tag('recordings')}"
    yield f"<th scope=col class=n>{words.tag('length')}<th scope=col class=n>{words.tag('looks')}{heads}<th scope=col>"
    yield f"{words.tag('note')}</thead><tbody>"
    for row in rows:
        source, named = row.source, words.html(row.name)
        cells = "".join(f"<td class=n>{source['events'].get(kind, 0)}" for kind in kinds)
        shown = f"<a href='pages/{escape(row.page, quote=True)}' data-page=''>{named}</a>" if row.page else named
        yield (
            f"<tr><th scope=row>{shown}<td class=n>{clock(source['duration_s'])}<td class=n>{source['frames_analysed']}"
            f"{cells}<td>{words.html(told(source['error']))}{words.tag('copies_n', n=row.copies) if row.copies else ''}"
        )
    yield "</tbody></table></div></details>"
