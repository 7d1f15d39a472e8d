"""Two reports beside each other: how many times as often as before, and whether the difference may be of the tool."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alerts.audit.gathered import MANIFEST
from alerts.audit.hours import HOURS
from alerts.audit.rates import Rate, Ratio, ratio_of
from alerts.audit.statistics import FILE as STATISTICS
from alerts.audit.statistics import FORMAT
from alerts.errors import AlertsError
from streams.folder import printable

FILE = "compare.json"
UNLIKE = 0.1
"""So much of the time lies at other hours of the day, or is blind, before the report says that the times differ."""


@dataclass(frozen=True, slots=True)
class Period:
    """One report. unreadable: number of files of which nothing could be read; incomplete: of recordings that were not
    seen to their end, or not without a fault. stamps: `model`, `settings`, `code` → the fingerprints by which its
    recordings were judged. views: camera → those of what is its own: zones, masks and the like."""

    folder: Path
    statistics: Mapping[str, Any]
    unreadable: int
    incomplete: int
    interrupted: bool
    stamps: Mapping[str, frozenset[str]]
    views: Mapping[str, frozenset[str]]

    @property
    def days(self) -> tuple[str, str]:
        """The first and the last; "" where no time is known."""
        days = self.statistics["days"]
        return (days[0], days[-1]) if days else ("", "")

    @property
    def places(self) -> Mapping[str, Mapping[str, Any]]:
        """By id."""
        return {row["place"]: row for row in self.statistics["places"]}

    @property
    def cameras(self) -> frozenset[str]:
        """By name."""
        return frozenset(row["camera"] for row in self.statistics["cameras"])


@dataclass(frozen=True, slots=True)
class Line:
    """One hazard at one place. place: "" for recordings of no known place, "*" for all of them."""

    place: str
    name: str
    name_en: str
    hazard: str
    before: Rate
    after: Rate
    ratio: Ratio


@dataclass(frozen=True, slots=True)
class Comparison:
    """lines: all places first. doubts: why a difference may be of the tool or of what was seen: a word of `DOUBTS` and
    what it is about."""

    before: Period
    after: Period
    lines: tuple[Line, ...]
    doubts: tuple[tuple[str, str], ...]


DOUBTS = (
    "model",
    "settings",
    "code",
    "views",
    "hazards",
    "time_zone",
    "interrupted",
    "cameras",
    "hours",
    "blind",
    "unreadable",
    "incomplete",
)


def read_period(folder: Path) -> Period:
    """Of a report's folder. Raises AlertsError: there is none, or it is of another version."""
    try:
        statistics = json.loads((folder / STATISTICS).read_text("utf-8"))
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
        stamps, views = _stamps(folder / MANIFEST)
    except FileNotFoundError as error:
        missing = Path(error.filename).name
        raise AlertsError(f"{folder}: no report of an audit: there is no {missing}; run the audit again") from None
    except (OSError, ValueError) as error:
        raise AlertsError(f"{folder}: the report cannot be read: {error}") from None
    if statistics.get("format") != FORMAT:
        raise AlertsError(f"{folder}: its {STATISTICS} is of another version; run the audit again")
    unreadable, interrupted = len(summary["unreadable"]), bool(summary["interrupted"])
    incomplete = sum(not source["complete"] for source in summary["sources"])
    return Period(folder, statistics, unreadable, incomplete, interrupted, stamps, views)


def _stamps(manifest: Path) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """The stamps, and the views of each camera."""
    found: dict[str, set[str]] = {"model": set(), "settings": set(), "code": set()}
    views: defaultdict[str, set[str]] = defaultdict(set)
    with manifest.open(encoding="utf-8") as file:
        for line in map(json.loads, file):
            for key, seen in found.items():
                if line.get(key):
                    seen.add(line[key])
            if line.get("view"):
                views[line["camera"]].add(line["view"])
    return _frozen(found), _frozen(views)


def _frozen(found: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {key: frozenset(seen) for key, seen in found.items()}


def compare(before: Period, after: Period) -> Comparison:
    """By each place that either knows and each hazard that both looked for."""
    hazards = [kind for kind in before.statistics["hazards"] if kind in after.statistics["hazards"]]
    ids = list(dict.fromkeys([*before.places, *after.places]))
    whole = [("*", before.statistics["whole"], after.statistics["whole"])]
    rows = whole + [(name, before.places.get(name), after.places.get(name)) for name in ids]
    lines = (_line(name, kind, old, new) for name, old, new in rows for kind in hazards)
    found = tuple(line for line in lines if line.before.events or line.after.events)
    return Comparison(before, after, found, tuple(_doubts(before, after)))


def _line(name: str, kind: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Line:
    known = new or old or {}
    before, after = _rate(old, kind), _rate(new, kind)
    return Line(name, known.get("name", ""), known.get("name_en", ""), kind, before, after, ratio_of(before, after))


def _rate(row: Mapping[str, Any] | None, kind: str) -> Rate:
    return Rate.of(row["hazards"][kind]["events"], row["seen_h"]) if row else Rate.of(0, 0.0)


def _doubts(before: Period, after: Period) -> Iterator[tuple[str, str]]:
    for key in ("model", "settings", "code"):
        if before.stamps[key] != after.stamps[key]:
            yield key, ""
    if unlike_views := [
        one for one in before.views.keys() & after.views.keys() if before.views[one] != after.views[one]
    ]:
        yield "views", ", ".join(sorted(name or "–" for name in unlike_views))
    old, new = before.statistics, after.statistics
    if unlike := set(old["hazards"]) ^ set(new["hazards"]):
        yield "hazards", ", ".join(sorted(unlike))
    if old["time_zone"] != new["time_zone"]:
        yield "time_zone", f"{old['time_zone']}, {new['time_zone']}"
    if before.interrupted or after.interrupted:
        yield "interrupted", ""
    if unlike_cameras := before.cameras ^ after.cameras:
        yield "cameras", ", ".join(sorted(name or "–" for name in unlike_cameras))
    if _apart(_day(old["whole"]), _day(new["whole"])) > UNLIKE:
        yield "hours", ""
    if abs(_blind(old["whole"]) - _blind(new["whole"])) > UNLIKE:
        yield "blind", ""
    if before.unreadable or after.unreadable:
        yield "unreadable", f"{before.unreadable}, {after.unreadable}"
    if before.incomplete or after.incomplete:
        yield "incomplete", f"{before.incomplete}, {after.incomplete}"


def _day(group: Mapping[str, Any]) -> list[float]:
    """Hours seen, by the hour of the day."""
    week = group["seen_h_by_hour"]
    return [sum(day[hour] for day in week) for hour in range(HOURS)]


def _apart(old: Sequence[float], new: Sequence[float]) -> float:
    """Which share of the time would have to lie at another hour for both to be alike (total variation); 0 where one is
    not known."""
    if not sum(old) or not sum(new):
        return 0.0
    return sum(abs(one / sum(old) - other / sum(new)) for one, other in zip(old, new, strict=True)) / 2


def _blind(group: Mapping[str, Any]) -> float:
    everything = group["seen_h"] + group["blind_h"]
    return float(group["blind_h"] / everything) if everything else 0.0


def told(found: Comparison) -> dict[str, Any]:
    """As it stands in compare.json."""
    return {
        "before": _period(found.before),
        "after": _period(found.after),
        "doubts": [{"doubt": doubt, "about": about} for doubt, about in found.doubts],
        "rates": [
            {
                "place": line.place,
                "name": line.name,
                "name_en": line.name_en,
                "hazard": line.hazard,
                "before": _told_rate(line.before),
                "after": _told_rate(line.after),
                "ratio": line.ratio.value,
                "low": line.ratio.low,
                "high": line.ratio.high,
                "differs": line.ratio.differs,
            }
            for line in found.lines
        ],
    }


def _period(period: Period) -> dict[str, Any]:
    first, last = period.days
    stamps = {key: sorted(seen) for key, seen in period.stamps.items()}
    seen_h = period.statistics["whole"]["seen_h"]
    return {"folder": printable(str(period.folder)), "first": first, "last": last, "seen_h": seen_h, **stamps}


def _told_rate(rate: Rate) -> dict[str, Any]:
    return {"events": rate.events, "hours": rate.hours, "per_camera_h": rate.per_h, "low": rate.low, "high": rate.high}
