"""Alerts against truth, on cases small enough to work out by hand."""

from pathlib import Path

import pytest

from benchmarks.events.footage import Footage, Kind, TrueEvent, ZoneMode, held, overlap, whole
from benchmarks.events.score import Raised, figures, match, median, p95, poisson_bound
from vision.hazards import ON
from vision.zones import ZoneType

LEFT, RIGHT = (0.1, 0.1, 0.3, 0.5), (0.6, 0.1, 0.8, 0.5)
NEAR_LEFT, EVERYWHERE = (0.12, 0.1, 0.32, 0.5), (0.0, 0.0, 1.0, 1.0)


def event(hazard: str = "clutter", start_s: float = 10.0, end_s: float = 60.0, **more: object) -> TrueEvent:
    told = {"enters_s": start_s, "removed": False, "dwell_s": 8.0, "boxes": (LEFT,), **more}
    return TrueEvent(hazard, "thing", start_s, end_s, **told)  # type: ignore[arg-type]


def alert(raised_s: float, box: tuple[float, float, float, float] = LEFT, **more: object) -> Raised:
    told = {"hazard": "clutter", "end_s": raised_s, "cleared": False, **more}
    return Raised(raised_s=raised_s, box=box, **told)  # type: ignore[arg-type]


def footage(*events: TrueEvent, quiet_for: frozenset[str] = frozenset(ON)) -> Footage:
    zones = whole(ZoneType.CORRIDOR)
    return Footage("clip", Path("clip.mp4"), Kind.REAL, "here", ZoneMode.WHOLE, zones, events, quiet_for)


@pytest.mark.parametrize(
    ("alerts", "found", "duplicates", "false"),
    [
        ([], 0, 0, 0),
        ([alert(18)], 1, 0, 0),
        ([alert(18, NEAR_LEFT), alert(40)], 1, 1, 0),
        ([alert(18, RIGHT)], 0, 0, 1),
        ([alert(9)], 0, 0, 1),  # before the thing was there
        ([alert(9.6)], 1, 0, 0),
        ([alert(62.1)], 0, 0, 1),  # long after it had gone
        ([alert(18, hazard="flame")], 0, 0, 1),
        ([alert(18, EVERYWHERE)], 1, 0, 0),
    ],
)
def test_an_alert_finds_an_event_of_its_hazard_place_and_time(
    alerts: list[Raised], found: int, duplicates: int, false: int
) -> None:
    told = match(footage(event()), alerts, 60.0, ON)
    row = figures([told], "clutter")
    assert (row.events, row.found, row.duplicates, len(told.false)) == (1, found, duplicates, false)


def test_two_things_side_by_side_are_not_each_others_duplicates() -> None:
    both = footage(event(), event(boxes=(RIGHT,)))
    row = figures([match(both, [alert(18, EVERYWHERE), alert(19, EVERYWHERE)], 60.0, ON)], "clutter")
    assert (row.found, row.duplicates, row.false) == (2, 0, 0)


def test_an_open_event_takes_its_alerts_and_counts_for_nothing() -> None:
    told = match(footage(event(scored=False)), [alert(18)], 60.0, ON)
    assert (told.met, told.false) == ((), ())


def test_of_what_nothing_is_known_no_alert_is_false() -> None:
    told = match(footage(quiet_for=frozenset({"flame"})), [alert(5), alert(6, hazard="flame")], 3600.0, ON)
    assert [one.hazard for one in told.false] == ["flame"]
    assert figures([told], "clutter").hours == 0
    assert figures([told], "flame").false_per_hour == 1


def test_a_hazard_that_was_off_has_neither_misses_nor_hours() -> None:
    row = figures([match(footage(event()), [], 60.0, {"flame"})], "clutter")
    assert (row.events, row.hours) == (0, 0)


def test_where_every_alert_would_be_right_none_can_be_false() -> None:
    fires = (event("flame", 10, 40, boxes=()), event("flame", 30, 50, boxes=()))
    told = match(footage(*fires), [], 100.0, ON)
    assert told.exposed_s["flame"] == 60
    assert told.exposed_s["clutter"] == 100


def test_delays_count_from_the_start_and_from_the_dwell() -> None:
    clips = [match(footage(event()), [alert(raised_s)], 60.0, ON) for raised_s in (18.0, 19.0, 28.0)]
    row = figures(clips, "clutter")
    assert (row.delay_median_s, row.delay_p95_s) == (9, 18)
    assert (row.over_dwell_median_s, row.over_dwell_p95_s) == (1, 10)


@pytest.mark.parametrize(
    ("end_s", "cleared", "seen_s", "watched", "after_s"),
    [
        (42.0, True, 90.0, 1, 32.0),  # last seen 2 s after the removal, and clear_s is 30
        (38.0, True, 90.0, 1, 30.0),
        (89.0, False, 90.0, 1, None),
        (42.0, False, 45.0, 0, None),  # the recording ends too soon to tell
    ],
)
def test_the_end_of_an_alert_is_told_from_the_removal(
    end_s: float, cleared: bool, seen_s: float, watched: int, after_s: float | None
) -> None:
    left = footage(event(end_s=40.0, removed=True))
    row = figures([match(left, [alert(18, end_s=end_s, cleared=cleared)], seen_s, ON)], "clutter")
    assert (row.watched, row.cleared, row.clear_after_median_s) == (watched, int(after_s is not None), after_s)


@pytest.mark.parametrize(("count", "bound"), [(0, 2.9957), (1, 4.7439), (2, 6.2958), (10, 16.9622), (100, 118.079)])
def test_the_bound_is_the_exact_one(count: int, bound: float) -> None:
    assert poisson_bound(count) == pytest.approx(bound, abs=2e-3)


def test_the_bound_per_hour_and_day_follows_from_the_hours() -> None:
    row = figures([match(footage(), [], 7200.0, ON)], "flame")
    assert (row.false, row.hours, row.false_per_hour) == (0, 2, 0)
    assert row.false_per_hour_bound == pytest.approx(1.498, abs=1e-3)
    assert row.false_per_day_bound == pytest.approx(35.95, abs=1e-2)


@pytest.mark.parametrize(
    ("values", "middle", "high"), [([], None, None), ([3.0], 3, 3), (list(range(1, 101)), 50.5, 95), ([1, 2], 1.5, 2)]
)
def test_quantiles(values: list[float], middle: float | None, high: float | None) -> None:
    assert (median(values), p95(values)) == (middle, high)


def test_overlaps() -> None:
    assert overlap(LEFT, NEAR_LEFT) == pytest.approx(0.18 / 0.22)
    assert held(LEFT, EVERYWHERE) == pytest.approx(1)
    assert overlap(LEFT, RIGHT) == held(LEFT, RIGHT) == 0
