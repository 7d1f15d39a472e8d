"""The result of a run: as JSON for git, as a table for people, and what changed since an older one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarks.events.footage import Footage, Kind
from benchmarks.events.score import Figures, Met, Outcome, Raised, figures
from vision.detector import sha256_of

COLUMNS = (
    ("found", 9),
    ("delay s", 14),
    ("-dwell s", 14),
    ("dup", 4),
    ("box", 5),
    ("false", 6),
    ("hours", 8),
    ("/h", 8),
    ("≤ /h", 8),
    ("≤ /day", 8),
    ("cleared", 8),
    ("after s", 14),
)

LEAST_HOURS = 1 / 60
"""From less than a minute no rate is told."""

Result = dict[str, Any]


def groups_of(footage: Footage) -> tuple[str, ...]:
    """The rows in which a recording counts."""
    if footage.kind is Kind.RENDERED:
        return (f"rendered, {footage.mode} zones",)
    if footage.kind is Kind.REAL and not footage.trained_on:
        return ("real", "real, unseen sources")
    if footage.kind is Kind.QUIET:
        return ("quiet, short dwell" if any(word.startswith("hazards.") for word in footage.overrides) else "quiet",)
    return (str(footage.kind),)


def result_of(outcomes: Sequence[Outcome], hazards: Iterable[str]) -> Result:
    """Figures by hazard and group and by source, and the footage with all that happened in it."""
    hazards = sorted(hazards)
    groups = _parts((group, outcome) for outcome in outcomes for group in groups_of(outcome.footage))
    sources = _parts((_source(outcome), outcome) for outcome in outcomes)
    return {
        "figures": {hazard: _rows(hazard, groups) for hazard in hazards},
        "by_source": {hazard: _rows(hazard, sources) for hazard in hazards},
        "footage": [_told(outcome) for outcome in outcomes],
    }


def _source(outcome: Outcome) -> str:
    return f"{groups_of(outcome.footage)[0]}: {outcome.footage.source}"


def _parts(named: Iterable[tuple[str, Outcome]]) -> dict[str, list[Outcome]]:
    """Name → its outcomes, by name."""
    found: dict[str, list[Outcome]] = {}
    for name, outcome in named:
        found.setdefault(name, []).append(outcome)
    return dict(sorted(found.items()))


def _rows(hazard: str, parts: Mapping[str, Sequence[Outcome]]) -> dict[str, Any]:
    """Group → figures, of the groups that say anything of the hazard."""
    rows = {name: figures(part, hazard) for name, part in parts.items()}
    return {name: asdict(row) for name, row in rows.items() if row.events or row.hours}


def _told(outcome: Outcome) -> dict[str, Any]:
    footage = outcome.footage
    return {
        "name": footage.name,
        "zones": footage.mode,
        "kind": footage.kind,
        "source": footage.source,
        "trained_on": footage.trained_on,
        "sha256": _digest(footage.path),
        "seen_s": round(outcome.seen_s, 2),
        "looks_per_s": footage.settings.analysis.looks_per_s,
        "set": list(footage.overrides),
        "zone_types": [zone.type for zone in footage.zones],
        "events": [_met(met) for met in outcome.met],
        "false": [_false(alert) for alert in outcome.false],
    }


@lru_cache
def _digest(path: Path) -> str:
    return sha256_of(path)


def _met(met: Met) -> dict[str, Any]:
    event = met.event
    return {
        "hazard": event.hazard,
        "what": event.what,
        "start_s": event.start_s,
        "end_s": event.end_s,
        "dwell_s": event.dwell_s,
        "delay_s": None if met.delay_s is None else round(met.delay_s, 2),
        "duplicates": max(0, len(met.alerts) - 1),
        "box_overlap": None if met.overlap is None else round(met.overlap, 2),
        "clear_after_s": None if met.clear_after_s is None else round(met.clear_after_s, 1),
    }


def _false(alert: Raised) -> dict[str, Any]:
    return {
        "hazard": alert.hazard,
        "raised_s": round(alert.raised_s, 2),
        "end_s": round(alert.end_s, 2),
        "confidence": alert.confidence,
        "box": list(alert.box),
    }


# -- for people --------------------------------------------------------------------------------------------------------


def table(rows: dict[str, dict[str, Any]]) -> Iterator[str]:
    """hazard → group → figures, as lines of text."""
    yield f"{'':50}" + "".join(f"{name:>{width}}" for name, width in COLUMNS)
    for hazard, groups in rows.items():
        for group, told in groups.items():
            cells = _cells(Figures(**told))
            line = "".join(f"{cell:>{width}}" for cell, (_, width) in zip(cells, COLUMNS, strict=True))
            yield f"{hazard:12}{group:38.38}{line}"


def _cells(row: Figures) -> tuple[str, ...]:
    rates = (row.false_per_hour, row.false_per_hour_bound, row.false_per_day_bound)
    return (
        f"{row.found}/{row.events}" if row.events else "–",
        _pair(row.delay_median_s, row.delay_p95_s),
        _pair(row.over_dwell_median_s, row.over_dwell_p95_s),
        str(row.duplicates),
        _number(row.box_overlap_median, 2),
        str(row.false),
        f"{row.hours:.3f}",
        *(_number(rate if row.hours >= LEAST_HOURS else None) for rate in rates),
        f"{row.cleared}/{row.watched}" if row.watched else "–",
        _pair(row.clear_after_median_s, row.clear_after_p95_s),
    )


def telling(rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Only the groups in which there were events or false alerts."""
    return {
        hazard: {group: told for group, told in groups.items() if told["events"] or told["false"]}
        for hazard, groups in rows.items()
    }


def _pair(middle: float | None, high: float | None) -> str:
    return "–" if middle is None else f"{middle:.1f} ({high:.1f})"


def _number(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def happenings(result: Result) -> Iterator[str]:
    """Every miss and every false alert, with recording and second."""
    for told in result["footage"]:
        where = f"{told['name']} ({told['zones']})"
        for event in told["events"]:
            if event["delay_s"] is None:
                yield f"missed  {event['hazard']:12} {where} {event['start_s']:.1f} s: {event['what']}"
        for alert in told["false"]:
            box = " ".join(f"{value:.2f}" for value in alert["box"])
            yield f"false   {alert['hazard']:12} {where} {alert['raised_s']:.1f} s at {box}"


def changes(old: Result, new: Result) -> Iterator[str]:
    """Figures that differ, events found or lost, false alerts come or gone; recordings that only one has are named."""
    for hazard, groups in new["figures"].items():
        for group, told in groups.items():
            before = old["figures"].get(hazard, {}).get(group)
            if before is None:
                yield f"new     {hazard} {group}"
            elif differing := [f"{k} {before.get(k)} → {v}" for k, v in told.items() if before.get(k) != v]:
                yield f"{hazard} {group}: {', '.join(differing)}"
    then, now = (_by_name(result) for result in (old, new))
    yield from (f"only before: {name} ({mode})" for name, mode in sorted(then.keys() - now.keys()))
    yield from (f"only now: {name} ({mode})" for name, mode in sorted(now.keys() - then.keys()))
    for key in sorted(then.keys() & now.keys()):
        yield from _changed(f"{key[0]} ({key[1]})", then[key], now[key])


def _by_name(result: Result) -> dict[tuple[str, str], dict[str, Any]]:
    return {(told["name"], told["zones"]): told for told in result["footage"]}


def _changed(where: str, then: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    if then["sha256"] != now["sha256"]:
        yield f"another file: {where}"
    before = {(e["hazard"], e["what"], e["start_s"]): e["delay_s"] for e in then["events"]}
    for event in now["events"]:
        key = (event["hazard"], event["what"], event["start_s"])
        if key in before and (before[key] is None) != (event["delay_s"] is None):
            yield f"{'lost' if event['delay_s'] is None else 'found'}    {key[0]:12} {where} {key[2]:.1f} s: {key[1]}"
    for hazard in sorted({alert["hazard"] for told in (then, now) for alert in told["false"]}):
        was, are = (sum(alert["hazard"] == hazard for alert in told["false"]) for told in (then, now))
        if was != are:
            yield f"false   {hazard:12} {where}: {was} → {are}"
