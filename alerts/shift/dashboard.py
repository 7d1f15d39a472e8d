"""The figures of some local days, as the page draws them: plain JSON values."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from alerts.access.principal import Area
from alerts.db.codec import time_text
from alerts.registry.registry import Registry
from alerts.shift import counted
from alerts.shift.counted import Group, summed
from alerts.shift.exact import interval
from alerts.shift.figures import (
    ACCEPTABLE,
    FLOOD_FROM,
    FLOOD_SHARE,
    MANAGEABLE,
    Bucket,
    Slot,
    Times,
    buckets,
    floods,
    rate,
    times,
    windows,
)
from alerts.shift.spans import Span, day_span, days_of, hours_of
from vision.rule import Severity

MOST_DAYS = 92
HOURLY_DAYS = 8
"""So many days are drawn by the hour; more of them by the day."""
MOST_PLACES = 40
MOST_FLOODS = 50


def figures_of(
    connection: Connection, first: date, days: int, zone: ZoneInfo, registry: Registry, area: Area | None
) -> dict[str, Any]:
    """first: the first local day. days: 1 … `MOST_DAYS`. area: only of it."""
    span = day_span(first, days, zone)
    slots = counted.slots(connection, span, area)
    groups = counted.groups(connection, span, area)
    hourly = days <= HOURLY_DAYS
    bars = buckets(slots, (hours_of if hourly else days_of)(first, days, zone))
    return {
        "first": first.isoformat(),
        "days": days,
        "zone": zone.key,
        "begins_at": time_text(span.begins),
        "ends_at": time_text(span.ends),
        "unit": "hour" if hourly else "day",
        "bars": [_bar_out(bar) for bar in bars],
        "rate": _rate_out(slots, span),
        "hazards": _hazards_out(groups),
        "places": _places_out(groups, registry),
        "cameras": _cameras_out(groups),
        "answered": _times_out(counted.answered(connection, span, area), slots),
        "arrived": _times_out(counted.arrived(connection, span, area), slots),
    }


def _bar_out(bar: Bucket) -> dict[str, Any]:
    numbers = {one.value: bar.by_severity.get(one.value, 0) for one in Severity}
    return {"begins_at": time_text(bar.span.begins), "ends_at": time_text(bar.span.ends), **numbers}


def _rate_out(slots: list[Slot], span: Span) -> dict[str, Any]:
    """With the figures to compare with: `alerts.shift.figures`."""
    counts = windows(slots)
    found, flooded = rate(counts, span), floods(counts)
    return {
        "alarms": sum(one.number for one in slots),
        "mean_per_10_min": found.mean,
        "most_in_10_min": found.most,
        "over_frac": found.over,
        "flood_frac": found.in_flood,
        "acceptable_per_10_min": ACCEPTABLE,
        "manageable_per_10_min": MANAGEABLE,
        "flood_from": FLOOD_FROM,
        "limit_flood_frac": FLOOD_SHARE,
        "floods": [
            {
                "begins_at": time_text(one.span.begins),
                "ends_at": time_text(one.span.ends),
                "alarms": one.alarms,
                "most": one.most,
            }
            for one in flooded[-MOST_FLOODS:]
        ],
        "floods_left_out": max(0, len(flooded) - MOST_FLOODS),
    }


def _hazards_out(groups: list[Group]) -> list[dict[str, Any]]:
    by_hazard = sorted(summed(groups, "hazard").items(), key=lambda both: (-both[1]["alarms"], both[0]))
    return [{"hazard": hazard, **_numbers(found)} for hazard, found in by_hazard]


def _places_out(groups: list[Group], registry: Registry) -> list[dict[str, Any]]:
    """By the registered place that an alarm was raised at; where there was none, by what its camera says."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for one in groups:
        place = registry.where(one.place_id, one.camera)
        key = (place.id, place.path) if place.path else (one.place_id or "", registry.text_of(one.camera) or one.camera)
        numbers = found.setdefault(key, {})
        numbers[one.hazard] = numbers.get(one.hazard, 0) + one.alarms
    ordered = sorted(found.items(), key=lambda both: (-sum(both[1].values()), both[0]))[:MOST_PLACES]
    return [
        {"id": place, "place": path, "alarms": sum(numbers.values()), "hazards": numbers}
        for (place, path), numbers in ordered
    ]


def _cameras_out(groups: list[Group]) -> list[dict[str, Any]]:
    """low, high: exact 95 % interval of the share of false ones among those that somebody judged. Troubles of cameras
    are left out: they are not seen, but measured."""
    seen = [one for one in groups if one.hazard != "camera" and one.camera]
    rows = []
    for camera, found in sorted(summed(seen, "camera").items()):
        low, high = interval(found["false"], found["judged"])
        share = found["false"] / found["judged"] if found["judged"] else None
        rows.append({"camera": camera, **_numbers(found), "share": share, "low": low, "high": high})
    return sorted(rows, key=lambda row: (-row["false"], -row["alarms"], row["camera"]))


def _numbers(found: Mapping[str, int]) -> dict[str, int]:
    return {name: found[name] for name in ("alarms", "judged", "false")}


def _times_out(seconds: Mapping[str, Mapping[int, int]], slots: list[Slot]) -> list[dict[str, Any]]:
    """By severity: of how many alarms it was done, and how long that took."""
    rows = []
    for one in Severity:
        found: Times = times(seconds.get(one.value, {}))
        alarms = sum(slot.number for slot in slots if slot.severity == one.value)
        rows.append(
            {"severity": one.value, "alarms": alarms, "done": found.number, "p50_s": found.p50_s, "p90_s": found.p90_s}
        )
    return rows
