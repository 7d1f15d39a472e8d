"""Which pictures of a recording are looked at, and in which order: by what lies ahead, and by what rules wish."""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from streams.chain import ChainSource, Segment
from streams.clock import SimulatedClock
from streams.frame import Frame
from streams.spans import Span, Still
from streams.video_file import VideoFileSource
from tests.clips import corridor, write_clip
from vision import sparse
from vision.detections import Detections
from vision.detector import Detecting, Detector
from vision.look import Look
from vision.pipeline import Pipeline
from vision.sparse import BEGIN_S, CALM_S, SparseLooks, recorded_looks
from vision.unchanged import KnownParts
from vision.view import View

START = datetime(2026, 3, 1, tzinfo=UTC)
FLAME, PERSON = 0, 2


def frame(pts_s: float) -> Frame:
    at = START + timedelta(seconds=pts_s)
    return Frame("gate", round(25 * pts_s), at, pts_s, pts_s, np.zeros((4, 4, 3), np.uint8))


def one_of(kind: int) -> Detections:
    return Detections(np.ones((1, 4), np.float32), np.ones(1, np.float32), np.full(1, kind))


class Recorded:
    """Spans of a recording. asked: the seconds of every picture whose frame was asked for, in that order."""

    def __init__(self, ends_s: list[float], coded: Callable[[float], int] = lambda end_s: 1000) -> None:
        self._ends_s, self._coded = ends_s, coded
        self.asked: list[float] = []
        self.broken: set[float] = set()

    def spans(self) -> Iterator[Span]:
        before_s = -0.2
        for end_s in self._ends_s:
            times = [before_s + 0.2 * number for number in range(1, round((end_s - before_s) / 0.2))]
            yield Span(self._still(end_s), lambda times=times: map(self._still, times), self._coded(end_s))  # type: ignore[misc]
            before_s = end_s

    def _still(self, pts_s: float) -> Still:
        return Still(0, round(pts_s, 3), lambda: self._frame(round(pts_s, 3)))

    def _frame(self, pts_s: float) -> Frame | None:
        self.asked.append(pts_s)
        return None if pts_s in self.broken else frame(pts_s)


class Wishes:
    """Stands for a pipeline. due: from the last look to the next one that is wished for; gap: by what lies ahead.

    somebody, flame: when the overview shows one, and when a second look finds one.
    """

    def __init__(
        self,
        due: Callable[[float], float] = lambda now_s: math.inf,
        gap: Callable[[float], float] = lambda ahead_s: math.inf,
        somebody: Callable[[float], bool] = lambda now_s: False,
        flame: Callable[[float], bool] = lambda now_s: False,
    ) -> None:
        self._due, self._gap, self._somebody, self._flame = due, gap, somebody, flame
        self.looked: list[float] = []
        self.asked: list[float] = []
        self.attended: list[float] = []
        self.anew: list[float] = []

    def due_s(self, now_s: float) -> float:
        return self._due(now_s)

    def gap_s(self, seen: Detections, now_s: float) -> float:
        return self._gap(now_s)

    def overview(self, shown: Frame, detector: Detector) -> Detections:
        self.asked.append(shown.pts_s)
        return one_of(PERSON) if self._somebody(shown.pts_s) else Detections.empty()

    def attend(self, shown: Frame, seen: Detections, detector: Detecting) -> Detections:
        self.attended.append(shown.pts_s)
        if not isinstance(detector, KnownParts):
            self.anew.append(shown.pts_s)
        return one_of(FLAME) if self._flame(shown.pts_s) else seen

    def look(self, shown: Frame, detector: Detector, seen: Detections | None = None) -> Look:
        self.looked.append(shown.pts_s)
        return Look(shown.camera, shown.at, shown.monotonic_s, shown.size, (), ())


class Names:
    names = ("flame", "ebike", "person")


def looked_at(recorded: Recorded, wishes: Wishes) -> list[float]:
    """The seconds of all looks after the recording's beginning, which is always looked at closely."""
    looks = SparseLooks(cast(Pipeline, wishes), cast(Detector, Names()), View(()))
    times = [look.monotonic_s for _, look in looks.looks(recorded.spans())]
    assert times == wishes.looked == sorted(set(times))
    assert [time for time in times if time < BEGIN_S] == pytest.approx([0.2 * n for n in range(round(5 * BEGIN_S))])
    return [time for time in times if time > BEGIN_S + 0.01]


def test_of_a_picture_that_has_not_changed_the_network_is_asked_every_half_minute() -> None:
    wishes = Wishes()
    looked_at(Recorded(every(2.0, 120.0)), wishes)
    assert wishes.asked == pytest.approx([0.0, 32.0, 64.0, 96.0])


def test_second_looks_go_on_where_the_overview_is_taken_again_and_what_they_find_is_looked_at_anew() -> None:
    """A flame that only a second look can see changes the picture too little to be told from noise."""
    wishes = Wishes(flame=lambda now_s: 16 <= now_s < 20)
    looked_at(Recorded(every(2.0, 30.0)), wishes)
    assert wishes.attended == pytest.approx(wishes.looked)
    assert wishes.asked == pytest.approx([0.0, 18.0, 20.0])


def test_where_somebody_is_or_a_rule_waits_it_is_asked_each_time() -> None:
    """A person may stand as still as they like; what a rule wishes to see is seen."""
    wishes = Wishes(due=lambda now_s: 20.0 if now_s < 20 else math.inf, somebody=lambda now_s: now_s >= 26)
    looked_at(Recorded(every(2.0, 60.0)), wishes)
    assert wishes.asked == pytest.approx([0.0, 20.0, 52.0, 54.0, 56.0, 58.0, 60.0])
    assert wishes.anew == pytest.approx([20.0]), "no part is taken for known while a rule waits"


def every(step_s: float, until_s: float = 24.0) -> list[float]:
    return [step_s * number for number in range(round(until_s / step_s) + 1)]


@pytest.mark.parametrize(
    ("step_s", "expected"),
    [
        (1.0, [10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.0, 24.0]),
        (2.0, [10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.0, 24.0]),
        (4.0, [12.0, 16.0, 20.0, 24.0]),
    ],
)
def test_a_calm_place_is_looked_at_every_two_seconds_where_key_pictures_allow(
    step_s: float, expected: list[float]
) -> None:
    recorded = Recorded(every(step_s))
    assert looked_at(recorded, Wishes()) == expected
    assert [time for time in recorded.asked if time > BEGIN_S] == expected


@pytest.mark.parametrize(("step_s", "apart_s"), [(1.0, 1.0), (2.0, 2.0)])
def test_for_people_alone_nothing_is_decoded(step_s: float, apart_s: float) -> None:
    recorded = Recorded(every(step_s, 60.0))
    looks = looked_at(recorded, Wishes(somebody=lambda now_s: now_s > 10))
    assert np.diff([time for time in looks if time > 34]).max() == apart_s
    assert [time for time in recorded.asked if time > BEGIN_S] == looks


def test_what_came_before_a_key_picture_is_looked_at_before_it() -> None:
    """A flame at 16 s that was not there at 14 s: how it began is looked at five times a second, once it is known."""
    recorded = Recorded(every(2.0))
    looks = looked_at(recorded, Wishes(gap=lambda ahead_s: 0.2 if ahead_s == 16.0 else math.inf))
    assert looks == pytest.approx(
        [10.0, 12.0, 14.0, *[14 + 0.2 * n for n in range(1, 10)], 16.0, 18.0, 20.0, 22.0, 24.0]
    )
    later = [time for time in recorded.asked if time > 12.5]
    assert later[:3] == pytest.approx([14.0, 16.0, 14.2])


def test_a_calm_stretch_that_was_passed_over_is_gone_back_to() -> None:
    """Key pictures every second, every other one looked at: what came before the second is sought before the first."""
    recorded = Recorded(every(1.0))
    looks = looked_at(recorded, Wishes(gap=lambda ahead_s: 0.4 if ahead_s == 12.0 else math.inf))
    assert [time for time in looks if time <= 12] == pytest.approx([10.0, 10.4, 10.8, 11.2, 11.6, 12.0])


def test_a_wish_is_granted_and_no_more_than_it() -> None:
    """A rule wants to see at 15 s what will have stood for long enough then."""
    recorded = Recorded(every(2.0))
    looks = looked_at(recorded, Wishes(due=lambda now_s: 15.0 if now_s < 15.0 else math.inf))
    assert looks == pytest.approx([10.0, 12.0, 14.0, 15.0, 16.0, 18.0, 20.0, 22.0, 24.0])


def test_looks_are_close_for_as_long_as_a_rule_presses() -> None:
    looks = looked_at(Recorded(every(2.0)), Wishes(due=lambda now_s: now_s + 0.4 if 13 < now_s < 17 else math.inf))
    assert looks == pytest.approx(
        [10.0, 12.0, *[14 + 0.4 * n for n in range(5)], *[16 + 0.4 * n for n in range(4)], 18.0, 20.0, 22.0, 24.0]
    )


def test_what_cost_much_to_code_though_nobody_is_at_its_ends_is_looked_into() -> None:
    """Somebody went through within two seconds, on wheels."""
    looks = looked_at(Recorded(every(2.0, 30), lambda end_s: 9000 if end_s == 26.0 else 1000), Wishes())
    assert [time for time in looks if time > 23] == pytest.approx([24.0, 24.4, 24.8, 25.2, 25.6, 26.0, 28.0, 30.0])


def test_the_ends_of_somebodys_walk_are_no_such_thing() -> None:
    recorded = Recorded(every(2.0, 30), lambda end_s: 9000 if end_s == 26.0 else 1000)
    assert max(np.diff(looked_at(recorded, Wishes(somebody=lambda now_s: now_s == 26.0)))) == CALM_S


def test_a_key_picture_that_cannot_be_read_is_made_up_for() -> None:
    recorded = Recorded(every(2.0))
    recorded.broken = {16.0}
    looks = looked_at(recorded, Wishes())
    assert [time for time in looks if 13 < time < 19] == pytest.approx([14.0, 14.4, 14.8, 15.2, 15.6, 18.0])


@pytest.mark.parametrize(
    ("long_s", "dense", "all_of_it"),
    [(12, None, True), (14, None, False), (14, True, True), (12, False, False)],
    ids=["brief", "long", "long, but told to", "brief, but told not to"],
)
def test_a_brief_recording_is_looked_at_all_the_time(
    long_s: int, dense: bool | None, all_of_it: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sparse, "BRIEF_S", 12.0)
    path = write_clip(tmp_path / "c.mp4", corridor(long_s))
    with VideoFileSource(path, camera="c", clock=SimulatedClock(), sample_fps=5.0) as source:
        looks = recorded_looks(source, cast(Pipeline, Wishes()), cast(Detector, Names()), View(()), dense=dense)
        number = len(list(looks))
    assert (number == 5 * long_s) is all_of_it
    assert number >= 5 * BEGIN_S


def test_a_chain_of_short_files_is_nothing_brief(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "c.mp4", corridor(12))
    segments = [Segment(path, 0.0), Segment(path, 12.0)]
    with ChainSource(segments, camera="c", clock=SimulatedClock(), sample_fps=5.0) as source:
        looks = recorded_looks(source, cast(Pipeline, Wishes()), cast(Detector, Names()), View(()), dense=None)
        assert len(list(looks)) < 120
