from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision import geometry
from vision.geometry import Boxes


def boxes(*rows: tuple[float, float, float, float]) -> Boxes:
    return np.array(rows, np.float32)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((0, 0, 2, 2), (0, 0, 2, 2), 1.0),
        ((0, 0, 2, 2), (2, 0, 4, 2), 0.0),
        ((0, 0, 2, 2), (1, 0, 3, 2), 1 / 3),
        ((0, 0, 0, 0), (0, 0, 0, 0), 0.0),
    ],
)
def test_iou(a: tuple[float, float, float, float], b: tuple[float, float, float, float], expected: float) -> None:
    assert geometry.iou(boxes(a), boxes(b))[0, 0] == pytest.approx(expected)


@given(st.lists(st.tuples(*[st.floats(0, 100, width=32)] * 4), min_size=1, max_size=6))
def test_iou_is_symmetric_and_at_most_one(rows: list[tuple[float, float, float, float]]) -> None:
    some = boxes(*rows)
    value = geometry.iou(some, some)
    np.testing.assert_allclose(value, value.T, rtol=1e-5)
    assert (value >= 0).all()
    assert (value <= 1 + 1e-5).all()


@pytest.mark.parametrize(
    ("b", "expected"), [((4, 0, 5, 2), 2.0), ((1, 1, 5, 5), 0.0), ((5, 6, 7, 8), 5.0), ((2, 0, 3, 1), 0.0)]
)
def test_gap(b: tuple[float, float, float, float], expected: float) -> None:
    assert geometry.gap(boxes((0, 0, 2, 2)), boxes(b))[0, 0] == pytest.approx(expected)


def test_coverage_is_of_the_first() -> None:
    assert geometry.coverage(boxes((0, 0, 2, 2)), boxes((0, 0, 1, 2)))[0, 0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("point", "expected"), [((0.5, 0.2), True), ((0.5, 0.6), False), ((0.1, 0.9), True), ((2, 2), False)]
)
def test_inside_a_hollow_polygon(point: tuple[float, float], expected: bool) -> None:
    arch = np.array([[0, 0], [1, 0], [1, 1], [0.8, 1], [0.8, 0.4], [0.2, 0.4], [0.2, 1], [0, 1]], np.float32)
    assert geometry.inside(np.array([point], np.float32), arch)[0] == expected


CROSSED = [[0, 0], [1, 1], [1, 0], [0, 0.5]]
BOW = [[0, 0], [1, 1], [1, 0], [0, 1]]
SQUARE = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]
HORSESHOE = [[0, 0], [1, 0], [1, 1], [0.7, 1], [0.7, 0.3], [0.3, 0.3], [0.3, 1], [0, 1]]


@pytest.mark.parametrize(
    ("polygon", "share"),
    [
        (CROSSED, 1 / 12),
        (CROSSED[::-1], 1 / 12),
        ([*CROSSED, [0, 0]], 1 / 12),
        (BOW, 0.25),
        ([[0, 0], [0.5, 0.5], [1, 1], [1, 0], [0, 1]], 0.25),
        (SQUARE, 0),
        (HORSESHOE, 0),
        ([*SQUARE, SQUARE[0]], 0),
        ([SQUARE[0], SQUARE[0], *SQUARE[1:]], 0),
        ([[0.1, 0.1], [0.5, 0.1], [0.7, 0.1], *SQUARE[1:]], 0),
        ([*SQUARE[:2], [0.9, 0.5], *SQUARE[2:], [0.1, 0.5]], 0),
        # a hole: a way in and the same way back
        ([*SQUARE, SQUARE[0], [0.3, 0.3], [0.3, 0.6], [0.6, 0.6], [0.6, 0.3], [0.3, 0.3]], 0),
        # a corner that touches a side
        ([[0, 0], [1, 0], [1, 1], [0.5, 0], [0, 1]], 0),
        ([[0, 0], [1, 0], [1, 1]], 0),
        ([[0.5, 0.5]] * 3, 0),
    ],
)
def test_what_lines_cut_off_that_cross(polygon: list[list[float]], share: float) -> None:
    assert geometry.cut_off(np.array(polygon, np.float32)) == pytest.approx(share, abs=1e-6)


@given(st.integers(3, 40), st.floats(0.05, 1), st.randoms(use_true_random=False))
def test_points_in_order_round_a_middle_cut_nothing_off(number: int, least: float, random: Random) -> None:
    turns = np.arange(number) * 2 * np.pi / number
    reach = np.array([0.5 * random.uniform(least, 1) for _ in turns])
    star = 0.5 + reach[:, None] * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    assert geometry.cut_off(np.asarray(star, np.float32)) < 1e-6


def test_polygon_area() -> None:
    assert geometry.polygon_area(np.array([[0, 0], [4, 0], [0, 3]], np.float32)) == pytest.approx(6)
