"""The audit's report: one HTML page beside its snapshots, in Chinese and English. Nothing in it is fetched."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from alerts.audit.report_sample import STYLE as REVIEW_STYLE
from alerts.audit.report_sample import Review, review_text
from alerts.words import both, hazard_word, is_limit, reasons, value_text

STYLE = """
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;margin:2rem auto;
max-width:70rem;padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;
border-bottom:1px solid #8884;vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
img{max-width:22rem;width:100%;height:auto}.fire{color:#c62828;font-weight:600}.note{opacity:.75}details{margin-top:.4rem}
summary{cursor:pointer;font-weight:600}dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .9rem;
margin:.3rem 0;font-size:.9em}dt{opacity:.75}dd{margin:0}.trace{width:20rem;max-width:100%;font-size:11px}
.trace text{fill:currentColor}.trace *{fill:none;stroke-width:1.5}.trace polyline{stroke:#c77700}
.trace .axis{stroke:#8886}.trace .fired{stroke:#c62828;stroke-dasharray:3 2}
"""

NOTHING = Review((), {}, {})


def report_text(
    summary: Mapping[str, Any],
    events: Iterable[Mapping[str, Any]],
    notices: Iterable[Mapping[str, Any]] = (),
    *,
    review: Review = NOTHING,
) -> Iterator[str]:
    """The page, piece by piece: a month has more of it than memory.

    summary: as in summary.json. events, notices: as in their files, snapshots relative to the page.
    """
    state = (
        "<p class=fire>未完成 Interrupted: 本报告只含已看部分 only part was seen.</p>" if summary["interrupted"] else ""
    )
    yield (
        "<!doctype html><html lang=zh-CN><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>心安 Xin'an audit</title><style>{STYLE}{REVIEW_STYLE}</style><h1>心安 Xin'an · 录像审计 Audit</h1>"
        f"{state}<p>{_headline(summary)}</p>"
    )
    yield from _sources(summary)
    yield from _unreadable(summary)
    yield from review_text(review)
    yield "<h2>事件 Events</h2>"
    yield from map(_event, events) if any(summary["counts"].values()) else ("<p>无 None.</p>",)
    yield from _notices(sum(summary["notices"].values()), notices)
    yield (
        "<p class=note>非认证火灾探测器,证据须经人工复核。Not a certified fire detector (GB 15631, EN 54-10, FM 3260, "
        f"UL 268B); a person must review the evidence. Model {escape(str(summary['model_version']))}.</p></html>\n"
    )


def _headline(summary: Mapping[str, Any]) -> str:
    hours = sum(source["duration_s"] for source in summary["sources"]) / 3600
    counts = ", ".join(f"{escape(hazard_word(kind))}: <b>{n}</b>" for kind, n in summary["counts"].items())
    return f"{len(summary['sources'])} 段录像 recordings, {hours:.2f} h. {counts}."


def _sources(summary: Mapping[str, Any]) -> Iterator[str]:
    kinds = list(summary["counts"])
    head = "".join(f"<th class=n>{escape(hazard_word(kind))}" for kind in kinds)
    yield f"<h2>录像 Recordings</h2><table><tr><th>Source<th class=n>Length<th class=n>Looks{head}<th>Note"
    for source in summary["sources"]:
        yield (
            f"<tr><td>{escape(source['source'])}<td class=n>{source['duration_s']:.1f} s"
            f"<td class=n>{source['frames_analysed']}"
            + "".join(f"<td class=n>{source['events'].get(kind, 0)}" for kind in kinds)
            + f"<td>{escape(source['error'])}"
        )
    yield "</table>"


def _unreadable(summary: Mapping[str, Any]) -> Iterator[str]:
    if summary["unreadable"]:
        yield "<h2>无法读取 Unreadable</h2><table>"
        yield from (f"<tr><td>{escape(s['path'])}<td>{escape(s['reason'])}" for s in summary["unreadable"])
        yield "</table>"


def _notices(number: int, notices: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What was logged and raised no alert: apart, and folded away."""
    if number:
        yield f"<h2>仅记录 Logged only</h2><details><summary>{number} 条,未报警 not raised</summary>"
        yield from map(_event, notices)
        yield "</details>"


def _event(event: Mapping[str, Any]) -> str:
    picture = escape(str(event["snapshot"]), quote=True)
    raised = f"仅记录 logged: {escape(event['notice'])}" if "notice" in event else "报警 raised"
    colour = "fire" if event["severity"] == "fire" else ""
    return (
        f"<table><tr><td><a href='{picture}'><img src='{picture}' alt='' loading=lazy></a><td>"
        f"<b class='{colour}'>{escape(hazard_word(event['hazard']))}</b><br>{escape(event['source'])} · "
        f"{escape(event['zone'])}<br>{_clock(event['start_s'])}–{_clock(event['end_s'])}, {raised} "
        f"{_clock(event['raised_s'])}, {event['confidence']:.2f}{_why(event)}</table>"
    )


def _why(event: Mapping[str, Any]) -> str:
    """Zone, what was measured, the limits it was compared with, by what it was made, and the scores over time."""
    hazard, evidence = event["hazard"], event["evidence"]
    told = reasons(evidence)
    limits = {key: value for key, value in told.items() if is_limit(hazard, key)}
    zone = both("zone", str(event.get("zone_type", ""))) or "–"
    rows = [("区域 Zone", f"{event['zone']} ({zone})")]
    rows += [(both("evidence", key), value_text(key, value)) for key, value in told.items() if key not in limits]
    rows += [(both("evidence", key), value_text(key, value)) for key, value in limits.items()]
    made_by = " · ".join(str(evidence[key]) for key in ("model", "settings") if key in evidence)
    rows += [("模型 · 设置 Model · settings", made_by)] if made_by else []
    cells = "".join(f"<dt>{escape(label)}<dd>{escape(text)}" for label, text in rows)
    return (
        f"<details open><summary>为什么报警 Why</summary><dl>{cells}</dl>"
        f"{sparkline(evidence.get('trace', ()), event['raised_s'] - event['start_s'])}</details>"
    )


def sparkline(trace: Sequence[Sequence[float]], fired_s: float) -> str:
    """Scores over time as inline SVG; the line marks when it fired. trace: of the evidence. "" for fewer than 2."""
    if len(trace) < 2:
        return ""
    width, height = 320, 56
    first_s, last_s = min(trace[0][0], fired_s), max(trace[-1][0], fired_s)
    per_s = width / max(last_s - first_s, 1e-6)
    at = [((point[0] - first_s) * per_s, height * (1 - min(1.0, max(0.0, point[1])))) for point in trace]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    fired_x = (fired_s - first_s) * per_s
    return (
        f"<svg class=trace viewBox='-2 -2 {width + 4} {height + 18}' role=img aria-label='score over time'>"
        f"<path class=axis d='M0 0V{height}H{width}'/><polyline points='{line}'/>"
        f"<path class=fired d='M{fired_x:.1f} 0V{height}'/>"
        f"<text x=0 y={height + 13}>{first_s:.1f} s</text>"
        f"<text x={width} y={height + 13} text-anchor=end>{last_s:.1f} s</text></svg>"
    )


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) // 60 % 60:02d}:{seconds % 60:04.1f}"
