"""The audit's report: one HTML page beside its snapshots, in Chinese and English."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

WORDS = {
    "flame": "明火 Flame",
    "ebike": "电动车 E-bike",
    "flying_lead": "飞线充电(疑似)Flying lead (suspected)",
    "clutter": "楼道堆物 Clutter",
}
STYLE = """
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;margin:2rem auto;
max-width:70rem;padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;
border-bottom:1px solid #8884;vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
img{max-width:22rem;width:100%;height:auto}.fire{color:#c62828;font-weight:600}.note{opacity:.75}code{font-size:.85em}
"""


def write_report(
    summary: Mapping[str, Any], events: Sequence[Mapping[str, Any]], notices: Sequence[Mapping[str, Any]] = ()
) -> str:
    """The page. summary: as in summary.json. events, notices: as in their files, snapshots relative to the page."""
    state = (
        "<p class=fire>未完成 Interrupted: 本报告只含已看部分 only part was seen.</p>" if summary["interrupted"] else ""
    )
    return (
        "<!doctype html><html lang=zh-CN><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>心安 Xin'an audit</title><style>{STYLE}</style><h1>心安 Xin'an · 录像审计 Audit</h1>{state}"
        f"<p>{_headline(summary)}</p>{_sources(summary)}{_unreadable(summary)}<h2>事件 Events</h2>"
        f"{''.join(map(_event, events)) or '<p>无 None.</p>'}{_notices(notices)}"
        "<p class=note>非认证火灾探测器,证据须经人工复核。Not a certified fire detector (GB 15631, EN 54-10, FM 3260, "
        f"UL 268B); a person must review the evidence. Model {escape(str(summary['model_version']))}.</p></html>\n"
    )


def _headline(summary: Mapping[str, Any]) -> str:
    hours = sum(source["duration_s"] for source in summary["sources"]) / 3600
    counts = ", ".join(f"{WORDS.get(kind, escape(kind))}: <b>{n}</b>" for kind, n in summary["counts"].items())
    return f"{len(summary['sources'])} 段录像 recordings, {hours:.2f} h. {counts}."


def _sources(summary: Mapping[str, Any]) -> str:
    kinds = list(summary["counts"])
    head = "".join(f"<th class=n>{WORDS.get(kind, escape(kind))}" for kind in kinds)
    rows = "".join(
        f"<tr><td>{escape(s['source'])}<td class=n>{s['duration_s']:.1f} s<td class=n>{s['frames_analysed']}"
        + "".join(f"<td class=n>{s['events'].get(kind, 0)}" for kind in kinds)
        + f"<td>{escape(s['error'])}"
        for s in summary["sources"]
    )
    columns = f"<tr><th>Source<th class=n>Length<th class=n>Looks{head}<th>Note"
    return f"<h2>录像 Recordings</h2><table>{columns}{rows}</table>"


def _unreadable(summary: Mapping[str, Any]) -> str:
    rows = "".join(f"<tr><td>{escape(s['path'])}<td>{escape(s['reason'])}" for s in summary["unreadable"])
    return f"<h2>无法读取 Unreadable</h2><table>{rows}</table>" if rows else ""


def _notices(notices: Sequence[Mapping[str, Any]]) -> str:
    """What was logged and raised no alert: apart, and folded away."""
    if not notices:
        return ""
    return (
        f"<h2>仅记录 Logged only</h2><details><summary>{len(notices)} 条,未报警 not raised</summary>"
        f"{''.join(map(_event, notices))}</details>"
    )


def _event(event: Mapping[str, Any]) -> str:
    picture = escape(str(event["snapshot"]), quote=True)
    why = ", ".join(f"{escape(str(k))} {escape(str(v))}" for k, v in event["evidence"].items())
    raised = f"仅记录 logged: {escape(event['notice'])}" if "notice" in event else "报警 raised"
    colour = "fire" if event["severity"] == "fire" else ""
    return (
        f"<table><tr><td><a href='{picture}'><img src='{picture}' alt='' loading=lazy></a><td>"
        f"<b class='{colour}'>{WORDS.get(event['hazard'], escape(event['hazard']))}</b><br>{escape(event['source'])} · "
        f"{escape(event['zone'])}<br>{_clock(event['start_s'])}–{_clock(event['end_s'])}, {raised} "
        f"{_clock(event['raised_s'])}, {event['confidence']:.2f}<br><code>{why}</code></table>"
    )


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) // 60 % 60:02d}:{seconds % 60:04.1f}"
