"""The page that sets two reports beside each other."""

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path

from alerts.audit import words
from alerts.audit.compare import FILE, Comparison, Line, Period, told
from alerts.audit.page import number, page, wide
from alerts.audit.parts import writing
from alerts.audit.rates import Ratio
from alerts.audit.report_summary import rate_text
from alerts.audit.site import Language
from streams.disk import replace_text
from streams.folder import printable
from vision.rule import Words

PAGE = "compare.html"


def write_comparison(found: Comparison, out: Path, language: Language) -> None:
    """compare.json and compare.html. Raises AlertsError when they cannot be written."""
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        replace_text(out / FILE, json.dumps(told(found), ensure_ascii=False, indent=1) + "\n")
        replace_text(out / PAGE, "".join(page(words.say("compare"), language, _body(found))))


def _body(found: Comparison) -> Iterator[str]:
    heads = "".join(f"<th scope=col>{words.tag(key)}" for key in ("from", "until"))
    top = f"<tr><td>{heads}<th scope=col class=n>{words.tag('hours')}"
    rows = _period("before", found.before) + _period("after", found.after)
    yield wide(words.say("compare"), f"<table><thead>{top}</thead><tbody>{rows}</tbody></table>")
    yield f"<h2>{words.tag('doubts')}</h2>"
    if found.doubts:
        yield "<ul>"
        yield from (f"<li>{words.tag('doubt_' + key, what=about)}" for key, about in found.doubts)
        yield "</ul>"
    else:
        yield f"<p>{words.tag('no_doubts')}</p>"
    yield f"<h2>{words.tag('ratios')}</h2><p class='dim small'>{words.tag('ratios_note', n=len(found.lines))}</p>"
    keys = ("before", "after", "ratio", "bounds")
    top = f"<tr><th scope=col>{words.tag('place')}<th scope=col>{words.tag('hazard')}"
    top += "".join(f"<th scope=col class=n>{words.tag(key)}" for key in keys) + f"<th scope=col>{words.tag('note')}"
    yield wide(
        words.say("ratios"), f"<table><thead>{top}</thead><tbody>{''.join(map(_line, found.lines))}</tbody></table>"
    )


def _period(key: str, period: Period) -> str:
    first, last = period.days
    seen, folder = number(period.statistics["whole"]["seen_h"]), escape(printable(str(period.folder)))
    return f"<tr><th scope=row>{words.tag(key)}: {folder}<td>{first}<td>{last}<td class=n>{seen}"


def _line(line: Line) -> str:
    place = words.say("whole") if line.place == "*" else Words(line.name, line.name_en)
    named = words.html(place) if line.place else words.tag("nowhere")
    cells = "".join(
        f"<td class=n><b>{rate.events}</b> / {number(rate.hours)} h<div class='dim small'>{rate_text(rate)}</div>"
        for rate in (line.before, line.after)
    )
    return (
        f"<tr><th scope=row>{named}<td>{words.html(words.hazard(line.hazard))}{cells}<td class=n>"
        f"{number(line.ratio.value)}<td class=n>{_bounds(line.ratio)}<td>{_verdict(line)}"
    )


def _bounds(ratio: Ratio) -> str:
    if not ratio.low and ratio.high is None:
        return "–"
    return f"{number(ratio.low)}–{'∞' if ratio.high is None else number(ratio.high)}"


def _verdict(line: Line) -> str:
    if line.before.hours <= 0 or line.after.hours <= 0:
        return words.tag("only_one_seen")
    if not line.ratio.differs:
        return f"<span class=dim>{words.tag('may_be_chance')}</span>"
    return f"<b>{words.tag('more' if line.ratio.low > 1 else 'fewer')}</b>"
