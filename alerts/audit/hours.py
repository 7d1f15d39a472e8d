"""Time that recordings show, by the hours and days of the site's clock. Pure.

An hour that was not seen is not there, which is another thing than an hour in which nothing was found.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

HOURS = 24
WEEK = 7 * HOURS
"""Hours of a week: Monday 0 o'clock is the first."""
HOUR_S = 3600.0

Stretch = tuple[float, float]
"""From and to: seconds since 1970, or since a recording's begin."""


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same time, each second once, in order."""
    found: list[Stretch] = []
    for since_s, until_s in sorted(stretches):
        if found and since_s <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until_s))
        elif until_s > since_s:
            found.append((since_s, until_s))
    return found


def length_s(stretches: Iterable[Stretch]) -> float:
    """Of stretches that do not overlap."""
    return sum(until_s - since_s for since_s, until_s in stretches)


def without(stretches: Sequence[Stretch], taken: Sequence[Stretch]) -> list[Stretch]:
    """What is left of the first when the second is taken away; both merged."""
    left: list[Stretch] = []
    index = 0
    for since_s, until_s in stretches:
        while index < len(taken) and taken[index][1] <= since_s:
            index += 1
        at_s, number = since_s, index
        while number < len(taken) and taken[number][0] < until_s:
            if taken[number][0] > at_s:
                left.append((at_s, taken[number][0]))
            at_s, number = max(at_s, taken[number][1]), number + 1
        if at_s < until_s:
            left.append((at_s, until_s))
    return left


def within(stretches: Sequence[Stretch], given: Sequence[Stretch]) -> list[Stretch]:
    """What of the first lies in the second; both merged."""
    return without(stretches, without(stretches, given))


def by_hour(stretch: Stretch, zone: ZoneInfo) -> Iterator[tuple[date, int, float]]:
    """Local day, hour of the week and seconds, piece by piece. stretch: seconds since 1970."""
    at_s, until_s = stretch
    while at_s < until_s:
        local = datetime.fromtimestamp(at_s, UTC).astimezone(zone)
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        ends_s = min(until_s, at_s + max(1e-3, HOUR_S - past.total_seconds()))
        yield local.date(), hour_of_week(local), ends_s - at_s
        at_s = ends_s


def hour_of_week(local: datetime) -> int:
    """Index of the hour within the week: 0 is Monday, 0 o'clock."""
    return local.weekday() * HOURS + local.hour
