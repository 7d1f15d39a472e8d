"""`report.pdf`: the summary on some sheets of A4, in one language; a bounded number of them, whatever was found.

Who wants all of it has the pages. The font is that of the exported records (`alerts.dossier.sheet`).
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, SimpleDocTemplate, Spacer, Table, TableStyle

from alerts.audit import words
from alerts.audit.faults import told
from alerts.audit.hours import HOUR_S
from alerts.audit.lengths import hours_word, lasted_word, time_word
from alerts.audit.live import TOLERANCE_S
from alerts.audit.page import number
from alerts.audit.report import MOST_PAUSES, Report
from alerts.audit.report_charts import bars
from alerts.audit.report_events import clock
from alerts.audit.report_live import COLUMNS, took_place, took_text
from alerts.audit.report_pdf_charts import bar_chart, week_table
from alerts.audit.report_sheet import GAP, ReportSheet
from alerts.audit.report_summary import damaged_files, days_word, judged_by, place_word, rate_text, repeated
from alerts.audit.short import short_words
from alerts.audit.sighting import Sighting
from alerts.audit.small import small_name
from alerts.audit.statistics import Row
from alerts.dossier.sheet import COLOUR, DIM, Picture
from alerts.version import version
from vision.rule import Words

FILE = "report.pdf"
MARGIN = 15 * mm
WIDTH = A4[0] - 2 * MARGIN - 12
MOST_ROWS = 30
"""Of a table; the page has all."""
MOST_FILES = 40
"""Of those that could not be read, and of those that could in part."""
MOST_EVENTS = 6
"""Of each hazard, with pictures: two to a row."""


def report_pdf(report: Report, out: Path) -> bytes:
    """The file's content; the same for the same report. out: the report's folder, where the pictures lie."""
    sheet = ReportSheet(report.site)
    pages = 0
    for _ in range(2):  # the first time the pages are only counted
        content = BytesIO()
        document = SimpleDocTemplate(
            content, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=18 * mm,
            title=sheet.say(words.say("title")), author=report.site.name, creator=f"xinan {version()}", invariant=1,
        )  # fmt: skip
        foot = _foot(sheet, report, pages)
        document.build(list(_story(report, sheet, out)), foot, foot)
        pages = document.page
    return content.getvalue()


def _story(report: Report, sheet: ReportSheet, out: Path) -> Iterator[Any]:
    yield sheet.text(report.site.name, "dim")
    yield sheet.text(sheet.key("title"), "title")
    if report.summary["interrupted"]:
        wait = {"n": report.summary["waiting"], "all": report.summary["recordings"]}
        yield sheet.text(sheet.key("interrupted", **wait), colour=COLOUR["fire"])
    days, whole = report.statistics.days, report.statistics.whole
    period = sheet.key("period", first=days[0], last=days[-1]) if days else ""
    counts = [f"{sheet.hazard(kind)} {count}" for kind, count in report.summary["counts"].items()]
    yield sheet.text(" · ".join(filter(None, (period, sheet.key("seen_h", h=time_word(whole.seen_s)), *counts))))
    yield sheet.text(sheet.key("clock", zone=report.statistics.zone), "dim")
    pauses = report.statistics.pauses
    for before, after in pauses[:MOST_PAUSES]:
        yield sheet.text(sheet.key("pause", first=before, last=after), "dim")
    yield from sheet.rest(len(pauses) - MOST_PAUSES)
    yield from (sheet.text(sheet.say(short)) for short in short_words(report.summary))
    if copies := sum(report.summary["copies"].values()):
        yield sheet.text(sheet.key("copies", n=copies), "dim")
    if unproven := report.summary["unproven"]:
        yield sheet.text(sheet.key("unproven", n=unproven, all=report.summary["recordings"]), "dim")
    yield from _places(report, sheet)
    yield from _charts(report, sheet)
    yield from _repeats(report, sheet)
    yield from _widths(report, sheet)
    yield from _live(report, sheet)
    yield from _coverage(report, sheet)
    yield from _precision(report, sheet)
    yield from _worst(report, sheet, out)
    yield Spacer(1, 8)
    yield sheet.text(sheet.key("model", version=report.summary["model_version"]), "dim")
    yield sheet.text(sheet.key("uncertified"), "dim")


def _by_events(report: Report) -> list[Row]:
    rows = report.statistics.places
    return sorted(rows, key=lambda row: -sum(one.events for one in row.group.hazards.values()))


def _places(report: Report, sheet: ReportSheet) -> Iterator[Any]:
    whole = report.statistics.whole
    shown = [kind for kind in report.statistics.hazards if whole.counted(kind).events]
    yield from sheet.head(sheet.key("summary"), sheet.key("rates"))
    every = words.say("whole")
    rows = [Row("*", every.zh, every.en, whole), *_by_events(report)]
    body: list[list[Any]] = [
        [sheet.say(place_word(row)), sheet.say(hours_word(row.group.hours))]
        + [
            [sheet.text(str(row.group.counted(kind).events)), sheet.text(rate_text(row.group.rate(kind)), "dim")]
            for kind in shown
        ]
        for row in rows[: MOST_ROWS + 1]
    ]
    heads = [sheet.key("place"), sheet.key("hours"), *map(sheet.hazard, shown)]
    each = (WIDTH - 62 * mm) / max(1, len(shown))
    yield sheet.table(body, [44 * mm, 18 * mm, *[each] * len(shown)], heads)
    yield from sheet.rest(len(rows) - 1 - MOST_ROWS)


def _charts(report: Report, sheet: ReportSheet) -> Iterator[Any]:
    whole = report.statistics.whole
    found = [kind for kind in report.statistics.hazards if whole.counted(kind).events]
    if not found or not whole.timed_s:
        return
    notes = f"{sheet.key('map_note')} {sheet.key('trend_note')}"
    yield from sheet.head(f"{sheet.key('map')} · {sheet.key('trend')}", notes)
    for kind in found:
        weekly, shown = bars(whole, kind, report.statistics.days)
        title = sheet.text(f"{sheet.hazard(kind)} · {sheet.key('week' if weekly else 'day')}", "text")
        table, chart = week_table(whole, kind, sheet, WIDTH), bar_chart(shown, sheet, WIDTH)
        yield KeepTogether([title, table, Spacer(1, 3), chart, Spacer(1, 5)])


def _repeats(report: Report, sheet: ReportSheet) -> Iterator[Any]:
    if not (rows := repeated(report.statistics)):
        return
    yield from sheet.head(sheet.key("repeats"), sheet.key("repeats_note"))
    body = [
        [
            sheet.say(place_word(row)),
            sheet.hazard(kind),
            sheet.say(said) if (said := days_word(row, counted)) else "–",
            str(counted.events),
            number(counted.lasted_s / 60),
        ]
        for row, kind, counted in rows[:MOST_ROWS]
    ]
    heads = [sheet.key(key) for key in ("place", "hazard", "days_with", "events", "minutes")]
    yield sheet.table(body, [60 * mm, 40 * mm, 30 * mm, 20 * mm, WIDTH - 150 * mm], heads)
    yield from sheet.rest(len(rows) - MOST_ROWS)


def _widths(report: Report, sheet: ReportSheet) -> Iterator[Any]:
    rows = [row for row in report.statistics.places if row.group.counted("clutter").measured]
    if not rows:
        return
    rows.sort(key=lambda row: -row.group.counted("clutter").narrow_s)
    yield from sheet.head(sheet.key("width"), sheet.key("width_note"))
    body = []
    for row in rows[:MOST_ROWS]:
        counted = row.group.counted("clutter")
        measured = f"{counted.measured} / {counted.events}"
        cells = [number(counted.narrow_s / 60), f"{number(counted.least_m)} m", measured]
        body.append([sheet.say(place_word(row)), *cells])
    heads = [sheet.key(key) for key in ("place", "narrow", "least", "measured")]
    yield sheet.table(body, [70 * mm, 40 * mm, 30 * mm, WIDTH - 140 * mm], heads)
    yield from sheet.rest(len(rows) - MOST_ROWS)


def _live(report: Report, sheet: ReportSheet) -> Iterator[Any]:
    joined = report.joined
    if joined is None or joined.watched is None:
        return
    note = sheet.key("live_note", s=f"{TOLERANCE_S:g}", h=time_word(joined.hours * HOUR_S))
    yield from sheet.head(sheet.key("live"), note)
    body = [[sheet.hazard(kind), *(str(getattr(one, key)) for key in COLUMNS)] for kind, one in joined.hazards.items()]
    each = (WIDTH - 30 * mm) / len(COLUMNS)
    heads = [sheet.key("hazard"), *(sheet.key("live_" + key) for key in COLUMNS)]
    yield sheet.table(body, [30 * mm, *[each] * len(COLUMNS)], heads)
    if not joined.took:
        return
    yield from sheet.head(sheet.key("took"), sheet.key("took_note"))
    body = [
        [
            sheet.hazard(took.hazard),
            sheet.say(took_place(took)),
            *(sheet.say(took_text(one)) for one in took.times.values()),
        ]
        for took in joined.took[:MOST_ROWS]
    ]
    heads = [sheet.key("hazard"), sheet.key("place"), *(sheet.key("took_" + kind) for kind in joined.took[0].times)]
    yield sheet.table(body, [26 * mm, WIDTH - 131 * mm, 35 * mm, 35 * mm, 35 * mm], heads)


def _coverage(report: Report, sheet: ReportSheet) -> Iterator[Any]:
    spans = {entry["camera"]: entry for entry in report.summary.get("coverage", ())}
    yield from sheet.head(sheet.key("coverage"))
    rows = sorted(report.statistics.cameras, key=lambda row: row.group.seen_s)
    body = [
        [
            row.name or sheet.key("nowhere"),
            sheet.say(hours_word(row.group.hours)),
            sheet.say(hours_word(row.group.blind_s / HOUR_S)),
            sheet.say(judged_by(row.name, report.summary)),
        ]
        for row in rows[:MOST_ROWS]
    ]
    heads = [sheet.key(key) for key in ("camera", "hours", "blind", "views")]
    yield sheet.table(body, [50 * mm, 25 * mm, 25 * mm, WIDTH - 100 * mm], heads)
    yield from sheet.rest(len(rows) - MOST_ROWS)
    gaps = sum(len(entry["gaps"]) for entry in spans.values())
    yield Spacer(1, GAP)
    yield sheet.text(sheet.key("gaps_n", n=gaps), "dim")
    yield from _unread(report, sheet)


def _unread(report: Report, sheet: ReportSheet) -> Iterator[Any]:
    """Files of which nothing, or not all, was seen: who only has the paper must not take them for seen."""
    if lost := report.summary["unreadable"]:
        yield from sheet.name(f"{sheet.key('unreadable')} ({len(lost)})")
        cells = [[one["path"], sheet.say(told(one["reason"]))] for one in lost[:MOST_FILES]]
        yield sheet.table(cells, [100 * mm, WIDTH - 100 * mm], [sheet.key("file"), sheet.key("note")])
        yield from sheet.rest(len(lost) - MOST_FILES)
    if damaged := damaged_files(report.summary):
        yield from sheet.name(f"{sheet.key('damaged')} ({len(damaged)})")
        cells = [[camera, name, sheet.say(told(why))] for camera, name, why in damaged[:MOST_FILES]]
        heads = [sheet.key(key) for key in ("camera", "file", "note")]
        yield sheet.table(cells, [45 * mm, 55 * mm, WIDTH - 100 * mm], heads)
        yield from sheet.rest(len(damaged) - MOST_FILES)


def _precision(report: Report, sheet: ReportSheet) -> Iterator[Any]:
    judged = {kind: one for kind, one in report.review.precision.items() if one.judged}
    if not judged:
        return
    yield from sheet.head(sheet.key("sample"))
    body = [
        [sheet.hazard(kind), str(one.events), str(one.judged), str(one.right), f"{one.low:.0%}–{one.high:.0%}"]
        for kind, one in judged.items()
    ]
    heads = [sheet.key(key) for key in ("hazard", "events", "judged", "right", "bounds")]
    yield sheet.table(body, [60 * mm, 25 * mm, 25 * mm, 25 * mm, WIDTH - 135 * mm], heads)


def _worst(report: Report, sheet: ReportSheet, out: Path) -> Iterator[Any]:
    """Each hazard's name stands with its first pictures, and the head of all with the first name."""
    above: list[Any] = [sheet.text(sheet.key("worst"), "head")]
    for kind, sightings in report.worst.items():
        shown, total = sightings[:MOST_EVENTS], report.statistics.whole.counted(kind).events
        of_all = sheet.key("of_all", n=len(shown), all=total)
        above.append(sheet.text(sheet.key("worst_of", hazard=sheet.hazard(kind), n=of_all)))
        for pair in (shown[at : at + 2] for at in range(0, len(shown), 2)):
            cells: list[Any] = [_event(one, report, sheet, out) for one in pair]
            cells += [""] * (2 - len(cells))
            style = TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, 0), 0)])
            yield KeepTogether([*above, Table([cells], [WIDTH / 2] * 2, style=style, hAlign="LEFT")])
            above = []


def _event(sighting: Sighting, report: Report, sheet: ReportSheet, out: Path) -> list[Any]:
    event, spot = sighting.event, sighting.spot
    at = sighting.at(event["raised_s"])
    when = sheet.when(at) if at else f"{event['source']} {clock(event['raised_s'])}"
    place = sheet.say(Words(spot.zh, spot.en)) or (event["source"] if at else "")
    zone, lasted = sheet.say(words.zone(event)), sheet.say(lasted_word(sighting.lasted_s))
    told = filter(None, (when, place, zone, lasted, f"{100 * event['confidence']:.0f} %"))
    said = " · ".join(dict.fromkeys(told))
    try:
        picture = [Picture((out / small_name(event["snapshot"])).read_bytes(), WIDTH / 2 - 14, 52 * mm, {})]
    except OSError:  # taken away, or no picture any more
        picture = []
    return [*picture, sheet.text(said, "dim")]


def _foot(sheet: ReportSheet, report: Report, pages: int) -> Any:
    def draw(canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont(sheet.font, 7.2)
        canvas.setFillColor(HexColor(DIM))
        canvas.drawString(MARGIN + 6, 10 * mm, f"{report.site.name} · {sheet.key('title')}"[:110])
        canvas.drawRightString(A4[0] - MARGIN - 6, 10 * mm, f"{document.page} / {pages or '?'}")
        canvas.restoreState()

    return draw
