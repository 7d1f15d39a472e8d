"""When a picture is what it was, for the network: noise, exposure and a clock in the picture are no news."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from streams.frame import Frame
from vision.detections import Detections
from vision.unchanged import DOUBTED_S, GIVEN, HOLDS_S, KnownParts, Unchanged

Image = NDArray[np.uint8]
SEEN = Detections.empty()
RNG = np.random.default_rng(3)
PLACE = RNG.integers(40, 160, (9, 11, 3)).repeat(64, 0).repeat(64, 1).astype(np.uint8)


def shown(pts_s: float, picture: Image = PLACE) -> Frame:
    at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=pts_s)
    return Frame("gate", round(25 * pts_s), at, pts_s, pts_s, picture)


def noisy(picture: Image = PLACE, sigma: float = 2.5) -> Image:
    noise = RNG.normal(0, sigma, picture.shape).round().astype(np.int16)
    return np.asarray(np.clip(picture.astype(np.int16) + noise, 0, 255), np.uint8)


def with_spot(px: int, colour: tuple[int, int, int], picture: Image = PLACE) -> Image:
    changed = picture.copy()
    changed[300 : 300 + px, 400 : 400 + px] = colour
    return changed


@pytest.fixture
def unchanged() -> Unchanged:
    given = Unchanged()
    given.keep(shown(0.0, noisy()), SEEN)
    return given


def test_nothing_is_known_before_the_network_has_answered() -> None:
    assert Unchanged().answer(shown(0.0)) is None


def test_noise_and_exposure_are_no_news(unchanged: Unchanged) -> None:
    assert unchanged.answer(shown(2.0, noisy())) is SEEN
    brighter = np.clip(PLACE.astype(np.int16) + 25, 0, 255).astype(np.uint8)
    assert unchanged.answer(shown(4.0, noisy(brighter))) is SEEN


@pytest.mark.parametrize("colour", [(60, 160, 250), (0, 0, 0), (255, 255, 255)])
def test_what_comes_is_news_however_small(unchanged: Unchanged, colour: tuple[int, int, int]) -> None:
    """Eight pixels are 1 % of the picture's width: no flame as small was ever found."""
    assert unchanged.answer(shown(2.0, noisy(with_spot(8, colour)))) is None
    assert unchanged.answer(shown(4.0, noisy())) is SEEN, "it has gone again"


def test_nothing_creeps_in(unchanged: Unchanged) -> None:
    """A shadow that deepens by two levels a second is compared with what was answered, not with a second ago."""
    faint, said = PLACE.astype(np.int16), []
    for second in range(1, 10):
        faint[100:300, 100:300] -= 2
        said.append(unchanged.answer(shown(second, faint.clip(0, 255).astype(np.uint8))))
    assert said[0] is SEEN
    assert said[-1] is None


def test_a_clock_in_the_picture_is_learnt_and_what_comes_beside_it_is_not_hidden(unchanged: Unchanged) -> None:
    said = []
    for second in range(1, 120):
        ticking = PLACE.copy()
        ticking[10:40, 20:200] = RNG.integers(0, 2, (1, 18, 1)).repeat(30, 0).repeat(10, 1) * 255
        answer = unchanged.answer(shown(second, ticking))
        said.append(answer is SEEN)
        if answer is None:
            unchanged.keep(shown(second, ticking), SEEN)
    assert not any(said[:3])
    assert sum(said[80:]) >= 30
    assert unchanged.answer(shown(120.0, with_spot(8, (60, 160, 250), ticking))) is None


def test_where_only_what_is_usual_excuses_a_change_the_answer_is_given_for_less_long(unchanged: Unchanged) -> None:
    """Leaves: what comes to stand among them changes no more than they do."""
    for second in range(1, 200):
        leaves = PLACE.copy()
        leaves[200:300, 200:300] += np.uint8(RNG.integers(0, 40))
        unchanged.answer(shown(second / 100, leaves))
    given = PLACE.copy()
    given[200:300, 200:300] += np.uint8(25)
    unchanged.keep(shown(2.0, PLACE), SEEN)
    assert unchanged.answer(shown(2.0 + DOUBTED_S, given)) is SEEN
    assert unchanged.answer(shown(2.1 + DOUBTED_S, given)) is None
    assert unchanged.answer(shown(2.1 + DOUBTED_S)) is SEEN


def test_an_answer_is_given_for_half_a_minute_only(unchanged: Unchanged) -> None:
    assert unchanged.answer(shown(HOLDS_S)) is SEEN
    assert unchanged.answer(shown(HOLDS_S + 0.1)) is None


def test_what_is_not_to_be_given_again_is_not(unchanged: Unchanged) -> None:
    unchanged.keep(shown(1.0), None)
    assert unchanged.answer(shown(2.0)) is None


def test_another_size_is_another_picture(unchanged: Unchanged) -> None:
    assert unchanged.answer(shown(2.0, PLACE[:, :500])) is None


class Asked:
    """A detector that counts. It sees a flame in whatever is at least as bright as one."""

    def __init__(self) -> None:
        self.times = 0

    def detect(self, image: Image, *, relax: float = 1.0) -> Detections:
        self.times += 1
        rows, columns = np.nonzero(image[..., 2] > 220)
        if not len(rows):
            return Detections.empty()
        box = np.array([[columns.min(), rows.min(), columns.max(), rows.max()]], np.float32)
        return Detections(box, np.array([0.4], np.float32), np.array([FLAME_ID]))


FLAME_ID = 7
FLAME = (80, 160, 240)


def test_a_part_that_shows_what_it_showed_is_not_asked_about_until_it_was_often() -> None:
    asked, lamp, door = Asked(), PLACE[:192, :320], PLACE[300:492, :320]
    parts = KnownParts(asked, [FLAME_ID])
    for _ in range(GIVEN + 1):
        assert len(parts.detect(noisy(lamp))) == len(parts.detect(noisy(door))) == 0
    assert asked.times == 2
    parts.detect(noisy(lamp))
    assert asked.times == 3


def test_a_flame_that_comes_into_a_known_part_is_seen_each_time() -> None:
    asked = Asked()
    parts = KnownParts(asked, [FLAME_ID])
    lamp = PLACE[260:452, 340:660]
    burning = with_spot(11, FLAME)[260:452, 340:660]
    parts.detect(noisy(lamp))
    for _ in range(3):
        assert parts.detect(burning).class_id.tolist() == [FLAME_ID]
    assert asked.times == 4
    assert not len(parts.detect(noisy(lamp))) and asked.times == 4
