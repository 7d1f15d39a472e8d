"""Metres on the floor: a camera of known geometry, and gaps between things."""

import numpy as np
import pytest

from vision.floor import Floor, widest_gap


def seen(across_m: float, along_m: float) -> tuple[float, float]:
    """A pinhole camera 2.6 m up, 2 m before the near edge, level, focal length 1.1 picture heights, 16:9; the floor
    from −1.2 to 1.2 m."""
    depth = along_m + 2
    return 0.5 + 1.1 * (across_m - 1.2) / depth * 9 / 16, 0.1 + 1.1 * 2.6 / depth * 0.5


CORNERS = (seen(0, 0), seen(2.4, 0), seen(2.4, 6), seen(0, 6))


@pytest.mark.parametrize("point", [(0.0, 0.0), (1.2, 3.0), (2.0, 5.5), (0.4, 0.7)])
def test_points_of_the_floor_are_found_in_metres(point: tuple[float, float]) -> None:
    assert Floor(2.4, CORNERS, 6.0).at(*seen(*point)) == pytest.approx(point, abs=1e-6)


@pytest.mark.parametrize("point", [(1.2, 3.0), (2.0, 5.5)])
def test_the_width_needs_no_length(point: tuple[float, float]) -> None:
    assert Floor(2.4, CORNERS).at(*seen(*point))[0] == pytest.approx(point[0], abs=1e-6)


def box_of(low_m: float, high_m: float, along_m: float) -> tuple[float, float, float, float]:
    (x1, y), (x2, _) = seen(low_m, along_m), seen(high_m, along_m)
    return x1, y - 0.1, x2, y


@pytest.mark.parametrize(
    ("others", "free_m"),
    [([], 1.4), ([box_of(2.0, 2.4, 3.0)], 1.0), ([box_of(2.0, 2.4, 5.9)], 1.4)],
    ids=["alone", "one beside it", "one far behind"],
)
def test_the_way_past_a_thing(others: list[tuple[float, float, float, float]], free_m: float) -> None:
    free = Floor(2.4, CORNERS, 6.0).free_width_m(box_of(0.2, 1.0, 3.0), others, ())
    assert free == pytest.approx(free_m, abs=1e-3)


def test_without_points_the_zone_is_the_floor() -> None:
    trapezium = ((0.4, 0.2), (0.6, 0.2), (0.9, 1.0), (0.1, 1.0))
    assert Floor(2.0).free_width_m((0.25, 0.4, 0.5, 0.6), [], trapezium) == pytest.approx(1.0)


def test_a_foot_off_the_floor_has_no_width() -> None:
    assert Floor(2.4, CORNERS, 6.0).free_width_m(box_of(-2.0, -1.0, 3.0), [], ()) is None


@pytest.mark.parametrize(
    ("taken", "gap"), [([], 2.0), ([(0.0, 2.0)], 0.0), ([(0.5, 1.0), (0.8, 1.4)], 0.6), ([(0.9, 1.0)], 1.0)]
)
def test_the_widest_gap(taken: list[tuple[float, float]], gap: float) -> None:
    assert widest_gap(2.0, taken) == pytest.approx(gap)
    assert np.isclose(widest_gap(2.0, taken[::-1]), gap)
