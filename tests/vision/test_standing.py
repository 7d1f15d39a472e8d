"""When a thing stands still, whatever its box does."""

import numpy as np
import pytest
from numpy.typing import NDArray

from vision.standing import Standing, moved

Box = tuple[float, float, float, float]
MACHINE: Box = (0.4, 0.4, 0.7, 0.8)


def box(of: Box) -> NDArray[np.float32]:
    return np.array(of, np.float32)


@pytest.mark.parametrize(
    ("seen", "gone"),
    [
        (MACHINE, False),
        ((0.42, 0.38, 0.73, 0.81), False),  # the detector's jitter
        ((0.4, 0.1, 0.7, 0.8), False),  # with its rider
        ((0.55, 0.4, 0.7, 0.8), False),  # somebody before its front half
        ((0.4, 0.4, 0.55, 0.65), False),  # somebody before its rear and its wheels
        ((0.55, 0.4, 0.85, 0.8), True),  # along the picture
        ((0.4, 0.55, 0.7, 0.95), True),  # down it
        ((0.3, 0.3, 0.8, 1.0), True),  # towards the camera
        ((0.48, 0.48, 0.63, 0.7), True),  # away from it
    ],
)
def test_a_move_takes_opposite_edges_along(seen: Box, gone: bool) -> None:
    assert moved(box(MACHINE), box(seen)) is gone


def test_one_odd_box_is_no_move() -> None:
    standing = Standing(box(MACHINE), 0.0)
    for look in range(50):
        standing.see(box((0.0, 0.1, 0.3, 0.5) if look in (20, 21, 35) else MACHINE), look / 5)
    assert standing.since_s == 0.0


@pytest.mark.parametrize("speed", [0.03, 0.06, 0.2, 0.5])
def test_a_slow_thing_is_never_still_for_long(speed: float) -> None:
    """Shares of the picture's width a second, of a thing 0.3 wide: from 0.1 of its length on."""
    standing = Standing(box((0, 0.4, 0.3, 0.8)), 0.0)
    longest_s = 0.0
    for look in range(200):
        at_s = look / 5
        standing.see(box((speed * at_s, 0.4, 0.3 + speed * at_s, 0.8)), at_s)
        longest_s = max(longest_s, at_s - standing.since_s)
    assert longest_s <= 0.1 / speed + 2.5


def test_the_clock_starts_where_it_came_to_stand() -> None:
    standing = Standing(box((0, 0.4, 0.3, 0.8)), 0.0)
    for look in range(60):
        x = 0.1 * min(look / 5, 4.0)
        standing.see(box((x, 0.4, x + 0.3, 0.8)), look / 5)
    assert standing.since_s == pytest.approx(4.0, abs=1.2)
    assert standing.anchor[0] == pytest.approx(0.4, abs=0.06)
