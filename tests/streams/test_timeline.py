"""Repair of times, sampling, camera pace."""

import math
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.clock import SimulatedClock
from streams.timeline import Pace, Picture, Playback, Sampler, Timeline


@pytest.mark.parametrize(
    ("raw", "repaired"),
    [
        ([5.0, 5.1, 5.2], [0.0, 0.1, 0.2]),
        ([None, None, None], [0.0, 0.1, 0.2]),
        ([None, 7.0, 7.1], [0.0, 0.1, 0.2]),
        ([1.0, math.nan, 1.2], [0.0, 0.1, 0.2]),
        ([1.0, 1.1, None, 1.3], [0.0, 0.1, 0.2, 0.3]),
        ([9.0, 9.1, 0.0, 0.1], [0.0, 0.1, 0.2, 0.3]),
        ([1.0, 1.1, 1.05, 1.2], [0.0, 0.1, 0.1, 0.2]),
        ([1.0] * 6, [0.0, 0.0, 0.0, 0.0, 0.1, 0.1]),
        ([0.0, 3600.0], [0.0, 3600.0]),
        ([0.0, 1e9, 1e9 + 0.1], [0.0, 0.1, 0.2]),
    ],
    ids=["plain", "none", "first none", "nan", "one none", "restart", "jitter", "stuck", "gap", "absurd jump"],
)
def test_timeline(raw: list[float | None], repaired: list[float]) -> None:
    timeline = Timeline(10.0)
    assert [timeline.next_s(value) for value in raw] == pytest.approx(repaired, abs=1e-6)


@pytest.mark.parametrize(
    ("raw", "placed"),
    [
        ([0.0, 0.1, 3600.0, 3600.1], [0.0, 0.1, 0.2, 0.3]),
        ([0.0, 0.1, 15.0, 15.1], [0.0, 0.1, 15.0, 15.1]),
        ([18.0, 18.1, 33.0, 45.0], [0.0, 0.1, 15.0, 15.1]),
        ([0.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0], [0.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0]),
    ],
    ids=["a leap", "a gap that ends before", "a gap, then a leap", "longer than it was known to be"],
)
def test_a_leap_beyond_the_end_is_none(raw: list[float], placed: list[float]) -> None:
    timeline = Timeline(10.0, until_s=20.0)
    assert [timeline.next_s(value) for value in raw] == pytest.approx(placed, abs=1e-6)


@given(st.lists(st.none() | st.floats(allow_nan=True, allow_infinity=True), max_size=60))
def test_repaired_times_start_at_zero_and_never_decrease(raw: list[float | None]) -> None:
    timeline = Timeline(25.0)
    times = [timeline.next_s(value) for value in raw]
    assert times[:1] in ([], [0.0])
    assert all(math.isfinite(time) for time in times)
    assert all(a <= b for a, b in pairwise(times))


@pytest.mark.parametrize("fps", [None, 0.0, -1.0, math.nan, math.inf, 90_000.0])
def test_an_absurd_frame_rate_counts_as_25(fps: float | None) -> None:
    assert Timeline(fps).step_s == pytest.approx(0.04)


@pytest.mark.parametrize(("fps", "taken"), [(None, 100), (25.0, 100), (50.0, 100), (5.0, 20), (7.0, 28), (1.0, 4)])
def test_sampler_takes_about_so_many_a_second(fps: float | None, taken: int) -> None:
    sampler = Sampler(fps)
    assert abs(sum(sampler.take(index / 25) for index in range(100)) - taken) <= 1


def test_sampler_after_a_gap_does_not_catch_up() -> None:
    sampler = Sampler(1.0)
    assert [sampler.take(at_s) for at_s in (0.0, 50.0, 50.2, 50.9, 51.0)] == [True, True, False, False, True]


@pytest.mark.parametrize("fps", [0.0, -1.0, math.nan])
def test_sampler_refuses(fps: float) -> None:
    with pytest.raises(ValueError, match="sample_fps"):
        Sampler(fps)


class Waiter:
    """Waiting that steps the simulated clock."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self.waited_s = 0.0

    def __call__(self, seconds: float) -> bool:
        self._clock.step(seconds)
        self.waited_s += seconds
        return False


def test_pace_waits_for_each_picture() -> None:
    clock = SimulatedClock()
    waiter = Waiter(clock)
    pace = Pace(clock, waiter)
    assert all(pace.show(index * 0.1) for index in range(11))
    assert waiter.waited_s == pytest.approx(1.0)


def test_pace_skips_late_pictures_but_shows_one_a_second() -> None:
    clock = SimulatedClock()
    pace = Pace(clock, Waiter(clock))
    assert pace.show(0.0)
    clock.step(2.0)
    shown = [pace.show(index * 0.1) for index in range(1, 20)]
    assert shown[0], "nothing was shown for two seconds"
    assert not any(shown[1:17])
    assert shown[-1], "caught up"


def test_pace_does_not_make_up_a_long_stop_nor_wait_through_a_gap() -> None:
    clock = SimulatedClock()
    waiter = Waiter(clock)
    pace = Pace(clock, waiter)
    pace.show(0.0)
    clock.step(600.0)
    assert pace.show(0.1)
    assert pace.show(0.2)
    assert waiter.waited_s == pytest.approx(0.1)
    assert pace.show(4000.0)
    assert waiter.waited_s == pytest.approx(0.1)


def _pictures(count: int, converted: list[int]) -> Iterator[Picture]:
    def convert(index: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]] | None:
        converted.append(index)
        return None if index == 3 else np.zeros((2, 2, 3), np.uint8)

    for index in range(count):
        yield Picture(index, index * 0.1, lambda index=index: convert(index))  # type: ignore[misc]


def test_playback_converts_only_what_is_sampled_and_leaves_out_what_cannot_be() -> None:
    converted: list[int] = []
    start = datetime(2026, 5, 1, 8, tzinfo=UTC)
    playback = Playback("gate", SimulatedClock(), sample_fps=5, started_at=start)
    frames = list(playback.frames(_pictures(10, converted), threading.Event()))
    assert converted == [0, 2, 4, 6, 8]
    assert [frame.index for frame in frames] == converted
    assert frames[1].monotonic_s == frames[1].pts_s == pytest.approx(0.2)
    assert frames[1].at == start + timedelta(seconds=frames[1].pts_s)
    every = list(Playback("gate", SimulatedClock()).frames(_pictures(5, []), threading.Event()))
    assert [frame.index for frame in every] == [0, 1, 2, 4]
    assert every[0].at == datetime(1970, 1, 1, tzinfo=UTC)
