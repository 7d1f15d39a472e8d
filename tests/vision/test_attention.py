"""Where the second look goes, what it may cost, and how both looks become one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from streams.frame import Frame
from tests.vision.script import MODEL, NAMES
from vision.attention import BURST, SHARE, ZOOM, Attention, merged
from vision.detections import Detections
from vision.detector import Detector

SIZE = 1920, 1080
FLAME, PERSON = NAMES.index("flame"), NAMES.index("person")
START = datetime(2026, 1, 1, tzinfo=UTC)

Boxes = list[tuple[float, float, float, float, float, int]]
"""x1, y1, x2, y2 px, confidence, class."""


def detections(rows: Boxes) -> Detections:
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4], table[:, 5].astype(np.int64))


class Scripted(Detector):
    """Says of every part what it is told to, and keeps the sizes of what it was shown."""

    def __init__(self, answer: Callable[[NDArray[np.uint8]], Boxes]) -> None:
        self.answer, self.shown = answer, list[NDArray[np.uint8]]()

    def detect(self, image: NDArray[np.uint8], min_score: float | None = None, relax: float = 1.0) -> Detections:
        self.shown.append(image)
        return detections(self.answer(image))


def finds_spots(image: NDArray[np.uint8]) -> Boxes:
    """A flame wherever there is orange."""
    y, x = np.nonzero((image[:, :, 2] > 200) & (image[:, :, 0] < 80))
    return [(x.min(), y.min(), x.max() + 1, y.max() + 1, 0.7, FLAME)] if len(x) else []


def scene(*spots: tuple[int, int], colour: tuple[int, int, int] = (40, 140, 250), side: int = 31) -> NDArray[np.uint8]:
    picture = np.full((SIZE[1], SIZE[0], 3), 80, np.uint8)
    for x, y in spots:
        cv2.rectangle(picture, (x, y), (x + side - 1, y + side - 1), colour, -1)
    return picture


def frame(image: NDArray[np.uint8], at_s: float) -> Frame:
    return Frame("cam", round(at_s * 5), START + timedelta(seconds=at_s), at_s, at_s, image)


def attention() -> Attention:
    return Attention(FLAME, MODEL.input_size)


NOTHING = Detections.empty()


@pytest.mark.parametrize("spot", [(1200, 600), (3, 3), (1886, 1046), (960, 2)])
def test_a_flame_of_a_sixtieth_of_the_width_is_seen_where_it_is(spot: tuple[int, int]) -> None:
    detector = Scripted(finds_spots)
    seen = attention().look(frame(scene(spot), 0), NOTHING, detector, 0.5)
    (part,) = detector.shown
    assert part.shape == (SIZE[1] // ZOOM, SIZE[0] // ZOOM, 3)
    assert seen.xyxy.tolist() == [[*spot, spot[0] + 31, spot[1] + 31]]
    assert seen.class_id.tolist() == [FLAME]


def test_a_plain_picture_is_looked_at_once() -> None:
    detector, one = Scripted(finds_spots), attention()
    for index in range(20):
        one.look(frame(scene(), index / 5), NOTHING, detector, 0.5)
    assert not detector.shown


def test_where_the_whole_look_half_sees_a_flame_is_looked_at_first() -> None:
    detector = Scripted(lambda image: [])
    half_seen = detections([(300, 800, 331, 831, 0.2, FLAME)])
    picture = scene((1200, 200))
    picture[800:831, 300:331] = 90
    attention().look(frame(picture, 0), half_seen, detector, 0.5)
    assert (detector.shown[0] == 90).any()


def test_a_grey_picture_is_looked_at_where_it_changes() -> None:
    detector, one = Scripted(lambda image: []), attention()
    for index in range(4):
        side = (31, 20)[index % 2]
        one.look(frame(scene((400, 300), colour=(230, 230, 230), side=side), index / 5), NOTHING, detector, 0.5)
    assert detector.shown
    assert all((image == 230).any() for image in detector.shown)


@pytest.mark.parametrize("answer", [finds_spots, lambda image: []])
def test_the_second_look_keeps_to_its_budget(answer: Callable[[NDArray[np.uint8]], Boxes]) -> None:
    detector, one = Scripted(answer), attention()
    rng, looks = np.random.default_rng(1), 400
    for index in range(looks):
        spots = [(int(x), int(y)) for x, y in rng.uniform((0, 0), (1880, 1040), (4, 2))]
        one.look(frame(scene(*spots), index / 5), NOTHING, detector, 0.5)
    assert 0.4 * looks * SHARE <= len(detector.shown) <= 2 * looks * SHARE + 2 * BURST


def test_a_place_that_showed_nothing_is_left_alone_for_longer_and_longer() -> None:
    detector, one = Scripted(lambda image: []), attention()
    shown_s: list[float] = []
    for index in range(100):
        one.look(frame(scene((1200, 600)), index / 5), NOTHING, detector, 0.5)
        if len(detector.shown) > len(shown_s):
            shown_s.append(index / 5)
    waits = np.diff(shown_s)
    assert len(shown_s) < 8
    assert (np.diff(waits) >= 0).all()


@pytest.mark.parametrize(("flickers", "least", "most"), [(True, 10, 10), (False, 3, 6)])
def test_a_suspected_flame_is_looked_at_in_every_look_for_a_while_a_still_one_less(
    flickers: bool, least: int, most: int
) -> None:
    detector, one = Scripted(finds_spots), attention()
    for index in range(10):
        side = 31 - 12 * (index % 2) * flickers
        one.look(frame(scene((1200, 600), side=side), index / 5), NOTHING, detector, 0.5)
    assert least <= len(detector.shown) <= most


@pytest.mark.parametrize(
    ("box", "why"),
    [
        ((0, 100, 30, 140, 0.7, FLAME), "cut by the part's edge"),
        ((100, 50, 500, 340, 0.7, FLAME), "large enough for the whole look"),
        ((200, 150, 240, 200, 0.7, PERSON), "no flame"),
    ],
)
def test_what_the_second_look_does_not_add(box: tuple[float, float, float, float, float, int], why: str) -> None:
    seen = attention().look(frame(scene((1200, 600)), 0), NOTHING, Scripted(lambda image: [box]), 0.5)
    assert not len(seen), why


def test_what_is_more_surely_somebody_is_no_flame() -> None:
    both: Boxes = [(200, 150, 240, 200, 0.6, FLAME), (200, 148, 242, 202, 0.8, PERSON)]
    assert not len(attention().look(frame(scene((1200, 600)), 0), NOTHING, Scripted(lambda image: both), 0.5))


def test_of_two_boxes_on_one_flame_the_surer_stays() -> None:
    whole = detections([(100, 100, 130, 140, 0.3, FLAME), (100, 100, 200, 300, 0.9, PERSON)])
    part = detections([(102, 100, 131, 141, 0.6, FLAME), (500, 500, 530, 530, 0.4, FLAME)])
    assert merged(whole, part).confidence.tolist() == pytest.approx([0.9, 0.6, 0.4])
    assert merged(part, whole).confidence.tolist() == pytest.approx([0.9, 0.6, 0.4])
    assert merged(whole, NOTHING) is whole


def test_another_picture_size_starts_anew() -> None:
    detector, one = Scripted(finds_spots), attention()
    one.look(frame(scene((1200, 600)), 0), NOTHING, detector, 0.5)
    small = cv2.resize(scene((1200, 600)), (640, 480))
    seen = one.look(frame(np.asarray(small, np.uint8), 0.2), NOTHING, detector, 0.5)
    assert detector.shown[1].shape == (160, 213, 3)
    assert len(seen) == 1


@pytest.mark.parametrize("spot", [(3, 3), (1886, 1046), (960, 2), (3, 600)])
def test_the_rim_of_the_picture_is_left_alone_like_the_rest(spot: tuple[int, int]) -> None:
    detector, one = Scripted(lambda image: []), attention()
    for index in range(100):
        one.look(frame(scene(spot), index / 5), NOTHING, detector, 0.5)
    assert 1 <= len(detector.shown) < 8
