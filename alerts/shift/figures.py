"""Figures of a time: how many alarms an operator got, how they came, how fast people were. Pure.

What an operator can take is what EEMUA 191 (Alarm Systems, 3rd edition), ISA-18.2-2016 and IEC 62682 say of alarm
systems of plants, as secondary literature quotes them; the standards themselves were not at hand:

    about one alarm in 10 min on average (6 an hour, about 150 a day)   very likely acceptable
    two in 10 min (12 an hour, 300 a day)                               the most that can be managed
    ten or more within 10 min                                           a flood; it is over below five in 10 min
    less than 1 % of the time in flood

They were found for operators of process plants, not of residential communities: a guide, no rule.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from alerts.shift.spans import Span, floor_to

WINDOW = timedelta(minutes=10)
ACCEPTABLE = 1
"""Alarms in 10 min, on average."""
MANAGEABLE = 2
"""The most in 10 min, on average."""
FLOOD_FROM = 10
"""So many alarms within 10 min are the begin of a flood …"""
FLOOD_UNTIL = 5
"""… which is over with the first 10 min of fewer than these."""
FLOOD_SHARE = 0.01
"""Share of the time that may be in flood."""


class Slot(NamedTuple):
    """So many alarms of one severity began within one slot: ten minutes from `at` on, or one."""

    at: datetime
    severity: str
    number: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bar of a chart: alarms by severity."""

    span: Span
    by_severity: Mapping[str, int]

    @property
    def number(self) -> int:
        """Of all."""
        return sum(self.by_severity.values())


@dataclass(frozen=True, slots=True)
class Flood:
    """A run of 10-minute windows. alarms: in all of it; most: in one window."""

    span: Span
    alarms: int
    most: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Alarms in windows of 10 min. mean: of all windows; most: in one; over: share of windows with ten or more."""

    mean: float
    most: int
    over: float
    in_flood: float


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took, whole seconds, rounded up. number: how often it was done; the rest was never done."""

    number: int
    p50_s: int | None
    p90_s: int | None


def buckets(slots: Iterable[Slot], spans: Sequence[Span]) -> list[Bucket]:
    """Alarms within each of these spans, which follow each other without a gap."""
    counted: list[Counter[str]] = [Counter() for _ in spans]
    index = 0
    for one in sorted(slots):
        while index < len(spans) and one.at >= spans[index].ends:
            index += 1
        if index == len(spans):
            break
        if one.at >= spans[index].begins:
            counted[index][one.severity] += one.number
    return [Bucket(span, dict(found)) for span, found in zip(spans, counted, strict=True)]


def windows(slots: Iterable[Slot]) -> dict[datetime, int]:
    """Begin of each window of 10 min that has any → its alarms, in order."""
    found: Counter[datetime] = Counter()
    for one in slots:
        found[floor_to(one.at, WINDOW)] += one.number
    return dict(sorted(found.items()))


def floods(counted: Mapping[datetime, int]) -> list[Flood]:
    """counted: as `windows` gives them."""
    found: list[Flood] = []
    held: list[tuple[datetime, int]] = []
    for at, number in counted.items():
        if held and (number < FLOOD_UNTIL or at != held[-1][0] + WINDOW):
            found.append(_flood(held))
            held = []
        if held or number >= FLOOD_FROM:
            held.append((at, number))
    return [*found, _flood(held)] if held else found


def _flood(held: Sequence[tuple[datetime, int]]) -> Flood:
    numbers = [number for _, number in held]
    return Flood(Span(held[0][0], held[-1][0] + WINDOW), sum(numbers), max(numbers))


def rate(counted: Mapping[datetime, int], span: Span) -> Rate:
    """Over the whole of a span, quiet windows included; an empty one has none."""
    number = (span.ends - span.begins) / WINDOW
    if number <= 0:
        return Rate(0.0, 0, 0.0, 0.0)
    over = sum(alarms >= FLOOD_FROM for alarms in counted.values())
    flooded = sum((one.span.ends - one.span.begins) / WINDOW for one in floods(counted))
    most = max(counted.values(), default=0)
    return Rate(sum(counted.values()) / number, most, min(1.0, over / number), min(1.0, flooded / number))


def times(seconds: Mapping[int, int]) -> Times:
    """seconds: how long it took → how often. Percentiles are the nearest rank: a value that did occur."""
    number = sum(seconds.values())
    return Times(number, _rank(seconds, number, 0.5), _rank(seconds, number, 0.9))


def _rank(seconds: Mapping[int, int], number: int, share: float) -> int | None:
    passed = 0
    for value in sorted(seconds):
        passed += seconds[value]
        if passed >= share * number:
            return value
    return None
