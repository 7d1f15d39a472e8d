"""Heads are found from the boxes of people, and nothing of them is left."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.vision.script import Seen, play
from vision.blur import BLOCKS, blurred, heads
from vision.geometry import Box

SIZE = (640, 360)


def noise(size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    return np.random.default_rng(5).integers(0, 255, (size[1], size[0], 3), np.uint8)


@pytest.mark.parametrize(
    ("posture", "person_px", "head_px"),
    [
        ("stands", (100, 60, 180, 300), (125, 60, 155, 94)),
        ("stands with arms out", (60, 60, 220, 300), (125, 60, 155, 94)),
        ("sits", (100, 60, 190, 190), (125, 60, 165, 100)),
        ("rides, leaning", (100, 60, 210, 250), (180, 62, 209, 100)),
        ("only the upper half is seen", (100, 60, 200, 170), (125, 60, 175, 120)),
        ("seen from above", (100, 60, 190, 150), (125, 75, 165, 112)),
        ("lies, head left", (100, 200, 300, 250), (100, 205, 140, 245)),
        ("lies, head right", (100, 200, 300, 250), (260, 205, 300, 245)),
        ("the box cuts off the hair", (100, 70, 180, 300), (125, 63, 155, 94)),
        ("a child", (100, 60, 150, 150), (108, 60, 142, 90)),
    ],
)
def test_the_head_is_covered(posture: str, person_px: Box, head_px: Box) -> None:
    [place] = heads([_unit(person_px)], SIZE)
    x1, y1, x2, y2 = _unit(head_px)
    assert place[0] <= x1 and place[1] <= y1 and place[2] >= x2 and place[3] >= y2, posture


def _unit(box: Box) -> Box:
    return box[0] / SIZE[0], box[1] / SIZE[1], box[2] / SIZE[0], box[3] / SIZE[1]


def test_only_some_mean_colours_are_left_of_a_head() -> None:
    hidden = blurred(noise(), [_unit((100, 60, 180, 300))])
    place = hidden[52:126, 88:192]
    assert len(np.unique(place.reshape(-1, 3), axis=0)) <= 2 * BLOCKS**2 < 40


def test_the_rest_of_the_picture_stays_and_so_does_the_picture_itself() -> None:
    image, person = noise(), _unit((100, 60, 180, 300))
    before = image.copy()
    hidden = blurred(image, [person])
    [(x1, y1, x2, y2)] = heads([person], SIZE)
    outside = np.ones(image.shape[:2], np.bool_)
    outside[int(y1 * 360) : int(np.ceil(y2 * 360)), int(x1 * 640) : int(np.ceil(x2 * 640))] = False
    assert (hidden[outside] == image[outside]).all()
    assert (image == before).all()


@pytest.mark.parametrize(
    ("fire_px", "clear"),
    [
        ((130, 70, 150, 100), True),  # a burning thing before a face
        ((150, 60, 210, 110), True),  # more than a third of it would be hidden
        ((110, 90, 500, 340), False),  # large enough to be seen all the same
        ((300, 60, 340, 100), True),  # elsewhere
    ],
)
def test_a_fire_stays_visible(fire_px: tuple[int, int, int, int], clear: bool) -> None:
    image = noise()
    hidden = blurred(image, [_unit((100, 60, 180, 300))], [_unit(fire_px)])
    x1, y1, x2, y2 = fire_px
    shown = (hidden[y1:y2, x1:x2] == image[y1:y2, x1:x2]).all(axis=2)
    assert shown.all() == clear
    assert shown.mean() > 0.7


unit = st.floats(-0.2, 1.2)


@given(st.lists(st.tuples(unit, unit, unit, unit), max_size=4), st.lists(st.tuples(unit, unit, unit, unit), max_size=2))
def test_no_box_is_too_odd(people: list[Box], fires: list[Box]) -> None:
    image = noise((33, 17))
    assert blurred(image, people, fires).shape == image.shape


WANG, LI = (0.1, 0.2, 0.2, 0.6), (0.6, 0.2, 0.7, 0.6)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (lambda at_s: [("person", 0.9, WANG)], {WANG}),
        (lambda at_s: [("person", 0.21, WANG)], {WANG}),  # half the threshold: too faint for a track
        (lambda at_s: [("ebike", 0.9, WANG)], set()),
        (lambda at_s: [("person", 0.9, WANG if at_s < 0.7 else LI)], {WANG, LI}),  # and who was lost a moment ago
    ],
)
def test_a_look_tells_of_everybody_who_may_be_seen(script: Callable[[float], list[Seen]], expected: set[Box]) -> None:
    look = play(script, seconds=1.2)[-1]
    assert {tuple(round(value, 2) for value in box) for box in look.people} == expected
