"""Leads hang as catenaries and lie on the floor."""

from __future__ import annotations

import numpy as np
import pytest

from models.synth.curves import catenary, rest_on_floor
from models.synth.mesh import Points


def length(points: Points) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


@pytest.mark.parametrize("slack", [0.02, 0.2, 1.0])
@pytest.mark.parametrize(
    ("start", "end"),
    [((0, 0, 2.0), (1.5, 0.5, 0.4)), ((0, 0, 0.4), (0, 2.0, 0.4)), ((1, 1, 1.0), (1.2, 1, 2.0))],
)
def test_ends_and_length(start: tuple[float, ...], end: tuple[float, ...], slack: float) -> None:
    points = catenary(np.array(start), np.array(end), slack, 400)
    assert points[0] == pytest.approx(np.array(start), abs=1e-3)
    assert points[-2] == pytest.approx(np.array(end), abs=0.12)
    assert points[-1] == pytest.approx(np.array(end))
    straight = float(np.linalg.norm(np.subtract(end, start)))
    assert length(points) == pytest.approx((1 + slack) * straight, rel=0.01)


def test_more_slack_hangs_lower() -> None:
    a, b = np.array((0, 0, 2.0)), np.array((2.0, 0, 2.0))
    lows = [catenary(a, b, slack)[:, 2].min() for slack in (0.01, 0.1, 0.5)]
    assert lows[0] > lows[1] > lows[2]


def test_plumb_lead_falls_and_comes_back() -> None:
    points = catenary(np.array((1.0, 1.0, 2.0)), np.array((1.0, 1.0, 1.0)), 0.5)
    assert points[:, 2].min() < 1.0
    assert np.ptp(points[:, 0]) == 0


def test_slack_must_be_positive() -> None:
    with pytest.raises(ValueError, match="slack must be > 0, got 0"):
        catenary(np.zeros(3), np.ones(3), 0)


def test_rests_on_the_floor_and_is_seeded() -> None:
    points = catenary(np.array((0, 0, 1.0)), np.array((2.0, 0, 0.4)), 0.8)
    assert points[:, 2].min() < 0
    laid = rest_on_floor(points, 0.01, seed=4)
    assert laid[:, 2].min() >= 0.01
    assert np.array_equal(laid, rest_on_floor(points, 0.01, seed=4))
    assert not np.array_equal(laid, rest_on_floor(points, 0.01, seed=5))
    high = points[:, 2] > 0.12
    assert np.array_equal(laid[high], points[high])
