"""Alerts against truth, and the figures of many recordings. Pure: tables in, tables out.

An alert meets an event of its hazard if it was raised while the event lasted and its box lies on the event's. The first
one finds it, every further one is a duplicate; an alert that meets none is false, unless nothing is known there.
"""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.events.footage import Footage, TrueEvent, held, overlap
from vision.geometry import Box

EARLY_S = 0.5
"""An alert may be this much older than the truth's first sight: truth is told by the frame or the second."""
LATE_S = 2.0
"""An alert may come this much after the event's end: rules look back over a few looks."""
ON = 0.3
"""Share of the smaller of two boxes that must lie in the larger for them to show one thing."""
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert that fired. Times in seconds of the recording; end_s: last seen; cleared: it resolved before the end."""

    hazard: str
    raised_s: float
    end_s: float
    cleared: bool
    box: Box
    confidence: float = 0.0

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Raised":
        """A line of events.jsonl."""
        x1, y1, x2, y2 = event["box"]
        return cls(
            event["hazard"],
            event["raised_s"],
            event["end_s"],
            event["cleared"],
            (x1, y1, x2, y2),
            event["confidence"],
        )


@dataclass(frozen=True, slots=True)
class Met:
    """An event and the alerts that meet it, oldest first. clear_s: of its hazard; seen_s: the recording's length."""

    event: TrueEvent
    alerts: tuple[Raised, ...]
    clear_s: float
    seen_s: float

    @property
    def delay_s(self) -> float | None:
        """From the event's start to the alert; None: missed."""
        return self.alerts[0].raised_s - self.event.start_s if self.alerts else None

    @property
    def overlap(self) -> float | None:
        """How well the alert's box fits the truth's, 0–1, where there is one."""
        if not self.alerts or not self.event.boxes:
            return None
        return max(overlap(self.alerts[0].box, box) for box in self.event.boxes)

    @property
    def watched(self) -> bool:
        """Whether the recording shows for long enough that the event is over."""
        return bool(self.alerts) and self.event.removed and self.seen_s - self.event.end_s >= self.clear_s

    @property
    def clear_after_s(self) -> float | None:
        """From the thing's removal to the alert's own end; None: it did not end, or nobody could tell."""
        if not self.watched or not all(alert.cleared for alert in self.alerts):
            return None
        return max(0.0, max(alert.end_s for alert in self.alerts) - self.event.end_s) + self.clear_s


@dataclass(frozen=True, slots=True)
class Outcome:
    """A recording judged. exposed_s: hazard → seconds in which an alert would have been false."""

    footage: Footage
    seen_s: float
    met: tuple[Met, ...]
    false: tuple[Raised, ...]
    exposed_s: Mapping[str, float]


def match(footage: Footage, alerts: Sequence[Raised], seen_s: float, hazards: Iterable[str]) -> Outcome:
    """Judge the alerts of a recording of `seen_s` seconds. hazards: those that were on."""
    hazards = frozenset(hazards)
    events = [event for event in footage.events if event.hazard in hazards]
    taken: list[list[Raised]] = [[] for _ in events]
    false: list[Raised] = []
    for alert in sorted(alerts, key=lambda one: one.raised_s):
        fits = [index for index, event in enumerate(events) if meets(alert, event)]
        if fits:
            # Two things beside each other: what is scored and not yet found, then what fits best.
            best = max(fits, key=lambda index: (events[index].scored, not taken[index], _fit(alert, events[index])))
            taken[best].append(alert)
        elif alert.hazard in footage.quiet_for:
            false.append(alert)
    settings = footage.settings.hazards
    met = tuple(
        Met(event, tuple(found), settings[event.hazard].clear_s, seen_s)
        for event, found in zip(events, taken, strict=True)
        if event.scored
    )
    exposed_s = {
        hazard: max(0.0, seen_s - _anywhere_s(events, hazard)) for hazard in sorted(hazards & footage.quiet_for)
    }
    return Outcome(footage, seen_s, met, tuple(false), exposed_s)


def meets(alert: Raised, event: TrueEvent) -> bool:
    """Whether the alert is about the event."""
    in_time = event.enters_s - EARLY_S <= alert.raised_s <= event.end_s + LATE_S
    on_it = not event.boxes or any(held(alert.box, box) >= ON for box in event.boxes)
    return alert.hazard == event.hazard and in_time and on_it


def _fit(alert: Raised, event: TrueEvent) -> float:
    return max((overlap(alert.box, box) for box in event.boxes), default=0.0)


def _anywhere_s(events: Iterable[TrueEvent], hazard: str) -> float:
    """Seconds in which an event without a box makes every alert a right one."""
    spans = sorted((e.start_s, e.end_s) for e in events if e.hazard == hazard and not e.boxes)
    total_s, until_s = 0.0, 0.0
    for start_s, end_s in spans:
        total_s += max(0.0, end_s - max(start_s, until_s))
        until_s = max(until_s, end_s)
    return total_s


@dataclass(frozen=True, slots=True)
class Figures:
    """What many recordings say of one hazard. None: nothing to tell it from.

    delay: from the event's start. over_dwell: the same less the dwell that the settings ask for.
    false_bound: per camera-hour, one-sided 95 %. cleared of watched: alerts that ended after their thing had gone.
    """

    events: int
    found: int
    delay_median_s: float | None
    delay_p95_s: float | None
    over_dwell_median_s: float | None
    over_dwell_p95_s: float | None
    duplicates: int
    box_overlap_median: float | None
    false: int
    hours: float
    false_per_hour: float | None
    false_per_hour_bound: float | None
    false_per_day: float | None
    false_per_day_bound: float | None
    watched: int
    cleared: int
    clear_after_median_s: float | None
    clear_after_p95_s: float | None


def figures(outcomes: Iterable[Outcome], hazard: str) -> Figures:
    """The figures of a hazard over these recordings."""
    outcomes = list(outcomes)
    met = [one for outcome in outcomes for one in outcome.met if one.event.hazard == hazard]
    delays = [(one.delay_s, one.event.dwell_s) for one in met if one.delay_s is not None]
    fits = [one.overlap for one in met if one.overlap is not None]
    ends = [one.clear_after_s for one in met if one.clear_after_s is not None]
    false = sum(alert.hazard == hazard for outcome in outcomes for alert in outcome.false)
    hours = sum(outcome.exposed_s.get(hazard, 0.0) for outcome in outcomes) / 3600
    rate, bound = (false / hours, poisson_bound(false) / hours) if hours else (None, None)
    return Figures(
        events=len(met),
        found=len(delays),
        delay_median_s=median([delay for delay, _ in delays]),
        delay_p95_s=p95([delay for delay, _ in delays]),
        over_dwell_median_s=median([delay - dwell for delay, dwell in delays]),
        over_dwell_p95_s=p95([delay - dwell for delay, dwell in delays]),
        duplicates=sum(max(0, len(one.alerts) - 1) for one in met),
        box_overlap_median=median(fits),
        false=false,
        hours=round(hours, 4),
        false_per_hour=_round(rate),
        false_per_hour_bound=_round(bound),
        false_per_day=_round(None if rate is None else 24 * rate),
        false_per_day_bound=_round(None if bound is None else 24 * bound),
        watched=sum(one.watched for one in met),
        cleared=len(ends),
        clear_after_median_s=median(ends),
        clear_after_p95_s=p95(ends),
    )


def median(values: Sequence[float]) -> float | None:
    """None of none."""
    return _round(statistics.median(values)) if values else None


def p95(values: Sequence[float]) -> float | None:
    """The value that 95 % do not exceed (nearest rank); None of none."""
    return _round(sorted(values)[math.ceil(0.95 * len(values)) - 1]) if values else None


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def poisson_bound(count: int, confidence: float = CONFIDENCE) -> float:
    """Exact one-sided upper bound of a Poisson mean after `count` events (Garwood 1936): 0 → 3.0, 1 → 4.74.

    The mean at which so few events have the probability 1 − confidence.
    """
    low, high = 0.0, count + 10 * math.sqrt(count + 1) + 10
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(count, middle) > 1 - confidence else (low, middle)
    return (low + high) / 2


def _at_most(count: int, mean: float) -> float:
    """Probability of at most `count` events. mean above 0."""
    return math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1))
