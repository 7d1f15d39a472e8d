"""Figures, spans of local time and exact intervals: pure, against values worked out by hand or taken from tables."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.shift.config import ShiftsConfig
from alerts.shift.exact import interval
from alerts.shift.figures import Flood, Slot, buckets, floods, rate, times, windows
from alerts.shift.spans import Span, day_span, days_of, hours_of, shift_at, shifts_until

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 1, tzinfo=UTC)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def alarms(*each: tuple[float, int]) -> list[Slot]:
    """(minute, number) …"""
    return [Slot(at(minute), "fire", number) for minute, number in each]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (SHANGHAI, date(2026, 3, 29), 24),
        (BERLIN, date(2026, 3, 28), 24),
        (BERLIN, date(2026, 3, 29), 23),
        (BERLIN, date(2026, 10, 25), 25),
        (ZoneInfo("Australia/Lord_Howe"), date(2026, 4, 5), 25),  # 24 and a half: the last one is short
    ],
)
def test_a_day_has_the_hours_that_its_clock_shows(zone: ZoneInfo, day: date, hours: int) -> None:
    found = hours_of(day, 1, zone)
    assert len(found) == hours
    assert found[0].begins.astimezone(zone).time() == time()
    assert found[-1].ends == day_span(day, 1, zone).ends
    assert all(one.ends == other.begins for one, other in pairwise(found))


def test_the_hour_that_comes_twice_is_two_bars() -> None:
    night = hours_of(date(2026, 10, 25), 1, BERLIN)
    assert [one.begins.astimezone(BERLIN).hour for one in night[:5]] == [0, 1, 2, 2, 3]
    first, second = (Slot(one.begins, "fire", 1) for one in night[2:4])
    assert [bar.number for bar in buckets([second, first], night)][:5] == [0, 0, 1, 1, 0]


def test_days_begin_at_midnight_of_the_site_not_of_greenwich() -> None:
    days = days_of(date(2026, 3, 1), 2, SHANGHAI)
    assert days[0] == Span(datetime(2026, 2, 28, 16, tzinfo=UTC), datetime(2026, 3, 1, 16, tzinfo=UTC))
    evening = Slot(datetime(2026, 2, 28, 15, 59, tzinfo=UTC), "fire", 7)
    morning = Slot(datetime(2026, 2, 28, 16, 0, tzinfo=UTC), "fault", 2)
    bars = buckets([evening, morning], days)
    assert [bar.by_severity for bar in bars] == [{"fault": 2}, {}]


@pytest.mark.parametrize(
    ("now", "zone", "begins", "hours"),
    [
        (datetime(2026, 3, 2, 1, tzinfo=UTC), SHANGHAI, datetime(2026, 3, 2, 0, tzinfo=UTC), 12),  # 09:00 there
        (datetime(2026, 3, 2, 0, tzinfo=UTC), SHANGHAI, datetime(2026, 3, 2, 0, tzinfo=UTC), 12),  # 08:00: the new one
        (datetime(2026, 3, 1, 23, 59, tzinfo=UTC), SHANGHAI, datetime(2026, 3, 1, 12, tzinfo=UTC), 12),
        (datetime(2026, 3, 29, 3, tzinfo=UTC), BERLIN, datetime(2026, 3, 28, 19, tzinfo=UTC), 11),
        (datetime(2026, 10, 25, 3, tzinfo=UTC), BERLIN, datetime(2026, 10, 24, 18, tzinfo=UTC), 13),
    ],
)
def test_a_shift_is_bounded_by_the_clock_on_the_wall(
    now: datetime, zone: ZoneInfo, begins: datetime, hours: int
) -> None:
    found = shift_at(now, ShiftsConfig().changes, zone)
    assert (found.begins, found.ends - found.begins) == (begins, timedelta(hours=hours))


@pytest.mark.parametrize("changes", [["08:00"], ["07:30", "19:30"], ["22:00", "06:00", "14:00"]])
def test_shifts_follow_each_other_without_a_gap(changes: list[str]) -> None:
    config = ShiftsConfig.model_validate({"changes": changes})
    found = shifts_until(datetime(2026, 11, 1, 12, tzinfo=UTC), 40, config.changes, BERLIN)
    assert all(one.begins == other.ends for one, other in pairwise(found))
    assert {one.begins.astimezone(BERLIN).strftime("%H:%M") for one in found} == set(changes)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (alarms((0, 9), (10, 9)), []),
        (alarms((0, 4), (3, 6)), [Flood(Span(at(0), at(10)), 10, 10)]),
        (alarms((0, 12), (10, 5), (20, 4), (30, 11)), [
            Flood(Span(at(0), at(20)), 17, 12), Flood(Span(at(30), at(40)), 11, 11),
        ]),
        (alarms((0, 12), (20, 9)), [Flood(Span(at(0), at(10)), 12, 12)]),  # the quiet window between ends it
    ],
)  # fmt: skip
def test_a_flood_begins_at_ten_and_ends_below_five(given: list[Slot], found: list[Flood]) -> None:
    assert floods(windows(given)) == found


def test_the_rate_counts_quiet_windows_too() -> None:
    found = rate(windows(alarms((0, 12), (35, 6))), Span(at(0), at(60)))
    assert (found.mean, found.most, found.over, found.in_flood) == (3.0, 12, 1 / 6, 1 / 6)
    assert rate({}, Span(at(0), at(0))).mean == 0.0


@pytest.mark.parametrize(
    ("seconds", "p50", "p90"),
    [
        ({}, None, None),
        ({7: 1}, 7, 7),
        ({1: 5, 2: 4, 60: 1}, 1, 2),
        ({1: 4, 2: 4, 60: 2}, 2, 60),
        ({0: 1, 100: 1}, 0, 100),
    ],
)
def test_percentiles_are_values_that_occurred(seconds: dict[int, int], p50: int | None, p90: int | None) -> None:
    found = times(seconds)
    assert (found.number, found.p50_s, found.p90_s) == (sum(seconds.values()), p50, p90)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [  # tables of exact binomial limits, 95 %
        (0, 0, 0.0, 1.0),
        (0, 10, 0.0, 0.3085),
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1.0),
        (3, 100, 0.0062, 0.0852),
        (50, 100, 0.3983, 0.6017),
    ],
)
def test_exact_intervals(hits: int, of: int, low: float, high: float) -> None:
    assert interval(hits, of) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 3_000), st.floats(0, 1))
def test_an_interval_holds_its_share_and_mirrors(of: int, share: float) -> None:
    hits = round(share * of)
    low, high = interval(hits, of)
    assert 0.0 <= low <= hits / of <= high <= 1.0
    assert interval(of - hits, of) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@pytest.mark.parametrize(("hits", "of"), [(-1, 3), (4, 3)])
def test_more_hits_than_there_were_are_refused(hits: int, of: int) -> None:
    with pytest.raises(ValueError, match=f"{hits} of {of}"):
        interval(hits, of)
