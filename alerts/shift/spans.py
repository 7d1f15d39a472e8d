"""Shifts, days and hours of the site's clock, as moments. Pure.

A day has 23, 24 or 25 hours; a shift is bounded by what the clock on the wall shows. An hour that comes twice is two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alerts.wall_clock import moment

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Span:
    """begins, ends: aware UTC; the end is no part of it."""

    begins: datetime
    ends: datetime


def day_span(day: date, days: int, zone: ZoneInfo) -> Span:
    """So many local days, from this one on. Raises OverflowError beyond the calendar."""
    last = day + timedelta(days=days)
    return Span(moment(datetime.combine(day, time()), zone), moment(datetime.combine(last, time()), zone))


def days_of(day: date, days: int, zone: ZoneInfo) -> list[Span]:
    """The local days one by one."""
    return [day_span(day + timedelta(days=number), 1, zone) for number in range(days)]


def hours_of(day: date, days: int, zone: ZoneInfo) -> list[Span]:
    """The hours of local days. Where the clock was set by less than an hour, the last one of that day is shorter."""
    return [hour for one in days_of(day, days, zone) for hour in _hours(one)]


def _hours(day: Span) -> Iterator[Span]:
    begins = day.begins
    while begins < day.ends:
        ends = min(begins + HOUR, day.ends)
        yield Span(begins, ends)
        begins = ends


def shift_at(now: datetime, changes: Sequence[time], zone: ZoneInfo) -> Span:
    """The shift of a moment. changes: local times, at least one."""
    bounds = sorted(_bounds(now.astimezone(zone).date(), changes, zone))
    begins = max(bound for bound in bounds if bound <= now)
    return Span(begins, min(bound for bound in bounds if bound > now))


def shifts_until(now: datetime, number: int, changes: Sequence[time], zone: ZoneInfo) -> list[Span]:
    """The shift of this moment and those before it, the newest first."""
    found = [shift_at(now, changes, zone)]
    while len(found) < number:
        found.append(shift_at(found[-1].begins - timedelta(seconds=1), changes, zone))
    return found


def _bounds(today: date, changes: Sequence[time], zone: ZoneInfo) -> Iterator[datetime]:
    for number in (-2, -1, 0, 1, 2):
        for at in changes:
            yield moment(datetime.combine(today + timedelta(days=number), at), zone)


def floor_to(at: datetime, step: timedelta) -> datetime:
    """The begin of its window, counted from 1970 on: windows are the same for whoever asks, wherever."""
    start = datetime(1970, 1, 1, tzinfo=UTC)
    return start + (at - start) // step * step
