"""The audit's report: one HTML page beside its snapshots, in Chinese or English. Nothing in it is fetched."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import Any

from alerts.audit import report_summary, words
from alerts.audit.lengths import time_word
from alerts.audit.live import Joined
from alerts.audit.page import page
from alerts.audit.report_charts import STYLE as CHART_STYLE
from alerts.audit.report_events import STYLE as EVENT_STYLE
from alerts.audit.report_events import Cards
from alerts.audit.report_live import live_text
from alerts.audit.report_pictures import by_rank, embedded
from alerts.audit.report_sample import STYLE as REVIEW_STYLE
from alerts.audit.report_sample import Review, review_text
from alerts.audit.report_summary import Recording
from alerts.audit.short import short_words
from alerts.audit.sighting import Sighting
from alerts.audit.site import Site
from alerts.audit.small import small_name
from alerts.audit.statistics import Statistics

WORST = 25
"""Events of each hazard on the page."""
MOST_PAUSES = 5
NOTHING = Review((), {}, {})
PARTS = ("summary", "map", "repeats", "width", "live", "coverage", "sample", "worst", "recordings")
_IDS = {"map": "hours"}


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page tells. summary: as in summary.json. rows: its sources. worst: hazard → events. last: nothing
    more will come. untimed: the watch was to stand beside it, and no recording tells its time."""

    summary: Mapping[str, Any]
    statistics: Statistics
    site: Site
    rows: Sequence[Recording]
    worst: Mapping[str, Sequence[Sighting]]
    cards: Cards
    review: Review = NOTHING
    last: bool = True
    joined: Joined | None = None
    live_pictures: Mapping[str, str] = field(default_factory=dict)
    untimed: bool = False


def report_text(report: Report, out: Path) -> Iterator[str]:
    """The page, piece by piece. out: the report's folder, where the pictures lie."""
    if report.last:
        report = replace(report, cards=replace(report.cards, pictures=embedded(_pictures(report), out)))
    style = CHART_STYLE + EVENT_STYLE + REVIEW_STYLE
    top = f"<p class=dim>{escape(report.site.name)}</p>"
    yield from page(words.say("title"), report.site.language, _body(report), style=style, top=top)


def _pictures(report: Report) -> Iterator[str]:
    """What the page shows, the worst first."""
    hazards = {event["hazard"] for event in report.review.sample}
    drawn = [[one for one in report.review.sample if one["hazard"] == hazard] for hazard in sorted(hazards)]
    joined = report.joined
    yield from (small_name(one.event["snapshot"]) for one in by_rank(report.worst.values()))
    if joined is not None:
        yield from (small_name(one.event["snapshot"]) for one in by_rank(joined.missed_live.values()))
        yield from report.live_pictures.values()
    yield from (small_name(event["snapshot"]) for event in by_rank(drawn))


def _body(report: Report) -> Iterator[str]:
    summary, statistics = report.summary, report.statistics
    yield from _head(report)
    yield from report_summary.places(statistics)
    yield from report_summary.drawn(statistics)
    yield from report_summary.repeats(statistics)
    yield from report_summary.widths(statistics)
    if report.joined is not None:
        yield from live_text(report.joined, report.cards, report.live_pictures)
    if report.untimed:
        yield f"<h2 id=live>{words.tag('live')}</h2><p>{words.tag('live_untimed')}</p>"
    yield from report_summary.coverage(statistics, summary, report.site)
    yield from review_text(report.review, report.cards.pictures)
    yield from _worst(report)
    yield from report_summary.recordings(report.rows, list(summary["counts"]))
    yield f"<p class='dim small'>{words.tag('model', version=summary['model_version'])}</p>"


def _head(report: Report) -> Iterator[str]:
    summary, statistics = report.summary, report.statistics
    if summary["interrupted"]:
        yield f"<p class=fire>{words.tag('interrupted', n=summary['waiting'], all=summary['recordings'])}</p>"
    if not report.last:
        yield f"<p class=dim>{words.tag('later')}</p>"
    if days := statistics.days:
        yield f"<p>{words.tag('period', first=days[0], last=days[-1])}</p>"
    for before, after in statistics.pauses[:MOST_PAUSES]:
        yield f"<p class=dim>{words.tag('pause', first=before, last=after)}</p>"
    cells = [(str(len(summary["sources"])), words.say("recordings"))]
    cells += [(words.html(time_word(statistics.whole.seen_s)), words.say("seen"))]
    cells += [(str(count), words.hazard(kind)) for kind, count in summary["counts"].items()]
    yield "<ul class=big>"
    yield from (f"<li><b>{count}</b>{words.html(said)}" for count, said in cells)
    yield f"</ul><p class='dim small'>{words.tag('clock', zone=statistics.zone)}"
    yield f" {words.tag('alone')}</p>" if report.last else "</p>"
    yield from (f"<p>{words.html(short)}</p>" for short in short_words(summary))
    if copies := sum(summary["copies"].values()):
        yield f"<p class='dim small'>{words.tag('copies', n=copies)}</p>"
    if unproven := summary["unproven"]:
        yield f"<p class='dim small'>{words.tag('unproven', n=unproven, all=summary['recordings'])}</p>"
    links = "".join(f"<li><a href='#{_IDS.get(key, key)}'>{words.tag(key)}</a>" for key in PARTS if _there(report, key))
    yield f"<nav {words.attribute('aria-label', words.say('contents'))}><ul>{links}</ul></nav>"


def _there(report: Report, key: str) -> bool:
    """Whether the part has anything to show."""
    whole = report.statistics.whole
    found = any(one.events for one in whole.hazards.values())
    return {
        "map": found and whole.timed_s > 0,
        "repeats": bool(report_summary.repeated(report.statistics)),
        "live": report.joined is not None or report.untimed,
        "width": bool(whole.counted("clutter").events),
        "sample": bool(report.review.sample),
    }.get(key, True)


def _worst(report: Report) -> Iterator[str]:
    yield f"<h2 id=worst>{words.tag('worst')}</h2>"
    if not report.worst:
        yield f"<p>{words.tag('none')}</p>"
        return
    clips = words.tag("clips_n", n=len(report.cards.clips)) if report.cards.clips else words.tag("clips_none")
    yield f"<p class='dim small'>{words.tag('worst_note', n=WORST)} {clips if report.last else ''}</p>"
    for hazard, sightings in report.worst.items():
        total = report.statistics.whole.counted(hazard).events
        of_all = words.say("of_all", n=len(sightings), all=total)
        yield f"<p class=dim>{words.tag('worst_of', hazard=words.hazard(hazard), n=of_all)}</p>"
        yield from map(report.cards.card, sightings)
