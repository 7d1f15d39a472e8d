"""Heads are found from the boxes of people, and nothing of them is left; no plate on a two-wheeler can be read."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.vision.script import Seen, play
from vision.blur import BLOCKS, ROWS, Private, blurred, heads
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
    hidden = blurred(noise(), Private((_unit((100, 60, 180, 300)),)))
    place = hidden[52:126, 88:192]
    assert len(np.unique(place.reshape(-1, 3), axis=0)) <= 2 * BLOCKS**2 < 40


def test_the_rest_of_the_picture_stays_and_so_does_the_picture_itself() -> None:
    image, person = noise(), _unit((100, 60, 180, 300))
    before = image.copy()
    hidden = blurred(image, Private((person,)))
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
    hidden = blurred(image, Private((_unit((100, 60, 180, 300)),)), [_unit(fire_px)])
    x1, y1, x2, y2 = fire_px
    shown = (hidden[y1:y2, x1:x2] == image[y1:y2, x1:x2]).all(axis=2)
    assert shown.all() == clear
    assert shown.mean() > 0.7


unit = st.floats(-0.2, 1.2)


boxes = st.lists(st.tuples(unit, unit, unit, unit), max_size=3)


@given(boxes, boxes, boxes)
def test_no_box_is_too_odd(people: list[Box], vehicles: list[Box], fires: list[Box]) -> None:
    image = noise((33, 170))
    assert blurred(image, Private(tuple(people), tuple(vehicles)), fires).shape == image.shape


BIKE = (100, 40, 420, 340)


def plate(sign_px: int) -> NDArray[np.uint8]:
    """A picture with bars as wide and as far apart as the strokes of a sign so high, within BIKE."""
    image = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
    stroke = max(1, sign_px // 5)
    image[200:230, 200:320] = np.where(np.arange(120)[:, None] // stroke % 2, 255, 0)
    return image


def contrast(image: NDArray[np.uint8]) -> float:
    return float(np.ptp(image[205:225, 220:300].astype(int)))


def test_no_stroke_of_a_plate_is_left_and_the_rest_of_the_picture_is_as_it_was() -> None:
    image = plate(sign_px=15)  # 5 cm on a bike of a metre, 300 px high
    hidden = blurred(image, Private(vehicles=(_unit(BIKE),)))
    assert contrast(image) == 255 and contrast(hidden) < 100
    outside = np.ones(image.shape[:2], np.bool_)
    outside[40:340, 100:420] = False
    picture = noise()
    assert (blurred(picture, Private(vehicles=(_unit(BIKE),)))[outside] == picture[outside]).all()


def test_a_bike_that_is_far_away_stays_as_it_is() -> None:
    image = noise()
    assert (blurred(image, Private(vehicles=(_unit((100, 60, 180, 60 + ROWS)),))) == image).all()


def test_a_fire_on_a_bike_is_shown_in_full() -> None:
    image = noise()
    hidden = blurred(image, Private(vehicles=(_unit(BIKE),)), [_unit((200, 100, 260, 180))])
    assert (hidden[100:180, 200:260] == image[100:180, 200:260]).all()
    assert (hidden[200:300, 200:260] != image[200:300, 200:260]).any()


WANG, LI = (0.1, 0.2, 0.2, 0.6), (0.6, 0.2, 0.7, 0.6)


@pytest.mark.parametrize("name", ["person", "ebike", "bicycle"])
@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (lambda name, at_s: [(name, 0.9, WANG)], {WANG}),
        (lambda name, at_s: [(name, 0.21, WANG)], {WANG}),  # half the threshold: too faint for a track
        (lambda name, at_s: [("clutter", 0.9, WANG)], set()),
        (lambda name, at_s: [(name, 0.9, WANG if at_s < 0.7 else LI)], {WANG, LI}),  # and who was lost a moment ago
    ],
)
def test_a_look_tells_of_all_that_may_be_seen(
    script: Callable[[str, float], list[Seen]], expected: set[Box], name: str
) -> None:
    private = play(lambda at_s: script(name, at_s), seconds=1.2)[-1].private
    told, others = (private.people, private.vehicles) if name == "person" else (private.vehicles, private.people)
    assert {tuple(round(value, 2) for value in box) for box in told} == expected
    assert others == ()
