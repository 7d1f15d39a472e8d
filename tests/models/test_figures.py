"""Shares and their intervals, against worked examples."""

import math

import pytest

from models.figures import Area, Share


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (5, 7, 0.3589, 0.9178),  # middle (5/7 + 3.8415/14) / 1.5488 = 0.6384, half 0.2794
        (0, 30, 0.0, 0.1135),  # 3.8415 / 33.8415
        (30, 30, 0.8865, 1.0),
        (50, 100, 0.4038, 0.5962),
    ],
)
def test_wilsons_interval(hits: int, of: int, low: float, high: float) -> None:
    assert Share(hits, of).interval() == pytest.approx((low, high), abs=1e-4)


def test_nothing_counted_is_not_zero() -> None:
    assert math.isnan(Share(0, 0).value)
    assert all(math.isnan(end) for end in Share(0, 0).interval())


def test_entries_tell_the_count() -> None:
    assert Share(5, 7).entry() == {"value": 0.7143, "low": 0.3589, "high": 0.9178, "hits": 5, "of": 7}
    assert Area(0.123456, 3).entry() == {"value": 0.1235, "of": 3}
