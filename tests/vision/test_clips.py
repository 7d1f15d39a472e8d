"""Clips cut in the analyzer: what is ordered, what is answered, and what is on the disk afterwards."""

import os
import threading
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from streams.clip import Clip, ClipWriter
from streams.clock import SimulatedClock
from streams.ring import UnitRing
from tests.streams.test_clip import Given, coded
from vision.clips import LATE_S, MOST_AT_ONCE, ClipCutter, Roll
from vision.geometry import Polygon
from vision.look import ClipCut
from vision.orders import CutClip

LOWER_LEFT: Polygon = ((0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (0.0, 1.0))


class Rig:
    """A camera whose pictures come when they are let through; they are 25 a second, from second 50 to 54."""

    def __init__(self, folder: Path, *, masks: tuple[Polygon, ...] = (), given: Given | None = None) -> None:
        self.path = folder / "clips" / "2026" / "a.mp4"
        self.given = coded(folder) if given is None else given
        self.ring = UnitRing(keep_s=10.0, most_bytes=16 << 20)
        self.clock = SimulatedClock()
        self.answers: list[ClipCut] = []
        roll = Roll([self.ring], masks)
        self.cutter = ClipCutter(lambda name: roll if name == "gate" else None, self.answers.append, self.clock)

    def until(self, second: float) -> None:
        """Let come what had come by then, and time pass."""
        self.clock.step(second - self.clock.monotonic_s())
        while self.given and self.given[0][1].monotonic_s <= second:
            self.ring.put(*self.given.pop(0))
        self.cutter.step()

    def order(self, from_s: float, until_s: float, camera: str = "gate") -> CutClip:
        order = CutClip(camera, self.path, from_s, until_s)
        self.cutter.order(order)
        return order


def pictures(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def test_before_and_after_the_moment(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.until(51.5)
    order = rig.order(from_s=51.3, until_s=53.0)
    for second in (51.6, 52.0, 52.6, 53.0):
        rig.until(second)
        assert rig.answers == []
        rig.cutter.order(order)
    rig.until(53.5)
    (answer,) = rig.answers
    assert (answer.camera, answer.path, answer.trouble) == ("gate", rig.path, "")
    assert len(pictures(rig.path)) == 51, "from the key picture at 51.0 to 53.0"
    assert answer.duration_s == pytest.approx(2.04, abs=0.02)
    assert answer.begun_at is not None
    assert answer.size == rig.path.stat().st_size
    assert os.listdir(rig.path.parent) == ["a.mp4"]


def test_what_is_being_cut_when_the_analyzer_is_stopped_ends_there(tmp_path: Path) -> None:
    rig, stop = Rig(tmp_path), threading.Event()
    rig.until(51.0)
    rig.order(50.0, 60.0)
    rig.until(52.5)
    stop.set()
    thread = threading.Thread(target=rig.cutter.run, args=(stop,))  # it lowers its own thread's priority
    thread.start()
    thread.join(30.0)
    assert len(pictures(rig.path)) == 63
    assert os.listdir(rig.path.parent) == ["a.mp4"]


def test_one_clip_s_trouble_at_the_end_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rig, stop = Rig(tmp_path), threading.Event()
    rig.until(51.0)
    for name in ("bad", "good"):
        rig.cutter.order(CutClip("gate", rig.path.with_name(f"{name}.mp4"), 50.0, 60.0))
    rig.until(52.5)
    finish = ClipWriter.finish

    def fail(writer: ClipWriter) -> Clip:
        if writer.path.stem == "bad":
            raise ValueError("an odd picture")
        return finish(writer)

    monkeypatch.setattr(ClipWriter, "finish", fail)
    stop.set()
    thread = threading.Thread(target=rig.cutter.run, args=(stop,))
    thread.start()
    thread.join(30.0)
    assert os.listdir(rig.path.parent) == ["good.mp4"]


@pytest.mark.parametrize(("back_s", "cut"), [(50.0, "main"), (51.0, "main"), (53.0, "analysed")])
def test_a_main_stream_that_is_just_back_is_cut_only_if_it_reaches_back(
    tmp_path: Path, back_s: float, cut: str
) -> None:
    """Sharper pictures of what came after are not worth what led to it."""
    rig = Rig(tmp_path)
    main = UnitRing(keep_s=10.0, most_bytes=16 << 20)
    given = list(rig.given)
    for told, unit in given[:50]:  # what it sent before it was away
        main.put(told, replace(unit, monotonic_s=unit.monotonic_s - 40))
    for told, unit in given:
        if back_s <= unit.monotonic_s <= 53.5:
            main.put(replace(told), unit)
    rig.until(53.5)
    roll, asked = Roll([main, rig.ring]), {"main": main, "analysed": rig.ring}
    assert roll.best(53.5, from_s=48.0) is asked[cut]
    looked_at = CutClip("gate", rig.path, 48.0, 53.5, analysed=True)
    assert roll.asked(looked_at, 53.5) is rig.ring
    assert roll.asked(replace(looked_at, from_s=60.0), 60.0) is None
    assert roll.asked(replace(looked_at, analysed=False), 53.5) is asked[cut]


class Slow(SimulatedClock):
    """Each look at it costs a tenth of a second."""

    def monotonic_s(self) -> float:
        self.step(0.1)
        return super().monotonic_s()


def test_a_long_clip_holds_no_other_up_and_loses_nothing_that_its_ring_lets_go(tmp_path: Path) -> None:
    rig, clock = Rig(tmp_path), Slow()
    for told, unit in rig.given:
        rig.ring.put(told, unit)
    clock.step(100.0)
    cutter = ClipCutter(lambda name: Roll([rig.ring]), rig.answers.append, clock)
    for name, from_s in (("long", 50.0), ("short", 53.9)):
        cutter.order(CutClip("gate", rig.path.with_name(f"{name}.mp4"), from_s, 54.0))
    assert cutter.step(), "there is more to be done at once"
    rig.ring.bound(keep_s=0.0, most_bytes=1)
    for _ in range(100):
        cutter.step()
    assert [answer.path.stem for answer in rig.answers] == ["short", "long"]
    assert not cutter.step()
    assert len(pictures(rig.answers[1].path)) == 100
    assert rig.answers[0].trouble == rig.answers[1].trouble == ""


def test_a_main_stream_that_is_away_is_not_cut(tmp_path: Path) -> None:
    """What it sent before it fell silent is of another time; the analysed stream goes on."""
    rig = Rig(tmp_path)
    main = UnitRing(keep_s=10.0, most_bytes=16 << 20)
    roll = Roll([main, rig.ring])
    for told, unit in rig.given[:50]:
        main.put(told, replace(unit, monotonic_s=unit.monotonic_s - 40))
    rig.until(53.0)
    assert roll.best(53.0, from_s=43.0) is rig.ring
    main.put(*rig.given[-1])
    assert roll.best(53.0, from_s=43.0) is main
    assert roll.best(90.0, from_s=50.5) is main, "nothing comes at all: what there is"
    assert roll.best(900.0, from_s=890.0) is None


def test_a_camera_that_falls_silent_is_not_waited_for(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.until(52.0)
    rig.order(from_s=51.0, until_s=60.0)
    rig.given.clear()
    rig.until(60.0 + LATE_S)
    assert rig.answers == []
    rig.until(60.5 + LATE_S)
    (answer,) = rig.answers
    assert answer.trouble == "the camera fell silent"
    assert len(pictures(rig.path)) == 26


@pytest.mark.parametrize(
    ("camera", "filled", "trouble"),
    [
        ("elsewhere", True, "no coded pictures of this camera"),
        ("gate", False, "no coded pictures of this camera"),
    ],
)
def test_what_cannot_be_cut_is_answered_at_once(tmp_path: Path, camera: str, filled: bool, trouble: str) -> None:
    rig = Rig(tmp_path, given=None if filled else [])
    rig.until(51.0)
    rig.order(50.0, 52.0, camera)
    rig.cutter.step()
    (answer,) = rig.answers
    assert (answer.trouble, answer.size) == (trouble, 0)
    assert not rig.path.exists()


def test_not_too_many_at_once(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.until(51.0)
    for number in range(MOST_AT_ONCE + 1):
        rig.cutter.order(CutClip("gate", rig.path.with_name(f"{number}.mp4"), 50.0, 53.0))
    rig.cutter.step()
    assert [answer.trouble for answer in rig.answers] == ["too many clips at once"]
    rig.until(54.0)
    assert len(rig.answers) == MOST_AT_ONCE + 1


def test_a_trial_s_clip_gives_way_to_the_next_one_s_and_takes_no_place_of_an_alert_s(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.until(51.0)
    trials = [CutClip("gate", rig.path.with_name(f"trial-{number}.mp4"), 50.0, 53.5, analysed=True) for number in "12"]
    rig.cutter.order(trials[0])
    rig.until(51.5)
    for number in range(MOST_AT_ONCE):
        rig.cutter.order(CutClip("gate", rig.path.with_name(f"{number}.mp4"), 50.0, 53.0))
    rig.until(52.0)
    assert rig.answers == [], "all of them are cut"
    rig.cutter.order(trials[0])
    rig.until(52.1)
    assert rig.answers == [], "it is the same trial's"
    rig.cutter.order(trials[1])
    rig.until(52.2)
    assert [(answer.path, answer.size > 0) for answer in rig.answers] == [
        (trials[0].path, False),
        (trials[1].path, False),
    ]
    assert not list(rig.path.parent.glob("trial-*")), "nothing is left of what nobody waits for"
    rig.answers.clear()
    rig.until(53.3)
    assert len(rig.answers) == MOST_AT_ONCE and not any(answer.trouble for answer in rig.answers)
    rig.cutter.order(trials[1])
    rig.until(53.9)
    assert [(answer.path, answer.trouble) for answer in rig.answers[MOST_AT_ONCE:]] == [(trials[1].path, "")]


def test_the_newest_trial_s_clip_is_cut_to_its_end(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.until(51.0)
    for number in "123":
        rig.cutter.order(CutClip("gate", rig.path.with_name(f"{number}.mp4"), 50.0, 53.0, analysed=True))
    rig.until(53.5)
    assert [(answer.path.stem, answer.trouble) for answer in rig.answers] == [
        ("1", "another trial began"),
        ("2", "another trial began"),
        ("3", ""),
    ]


def test_a_camera_set_anew_ends_the_clip_but_keeps_it(tmp_path: Path) -> None:
    given = coded(tmp_path)
    other = replace(given[0][0], width=1280)
    rig = Rig(tmp_path, given=[(other if one.monotonic_s >= 52 else told, one) for told, one in given])
    rig.until(50.5)
    rig.order(50.0, 54.0)
    rig.until(52.5)
    (answer,) = rig.answers
    assert "changed its format" in answer.trouble
    assert len(pictures(rig.path)) == 50


def test_a_disk_that_does_not_take_it_is_told(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.path.parent.parent.mkdir()
    rig.path.parent.write_text("a file where the folder should be")
    rig.until(51.0)
    rig.order(50.0, 52.0)
    rig.until(53.0)
    (answer,) = rig.answers
    assert answer.size == 0
    assert answer.trouble


def test_of_a_masked_camera_nothing_unmasked_is_on_the_disk(tmp_path: Path) -> None:
    """Also while it is written."""
    rig = Rig(tmp_path, masks=(LOWER_LEFT,))
    sent = [unit.data[200:] for _, unit in rig.given]
    rig.until(51.0)
    rig.order(50.0, 54.0)
    for second in (52.0, 53.0, 53.9):
        rig.until(second)
        on_disk = b"".join(path.read_bytes() for path in rig.path.parent.iterdir())
        assert not any(data in on_disk for data in sent if data)
    rig.until(58.0)
    (answer,) = rig.answers
    assert answer.trouble == ""
    frames = pictures(rig.path)
    assert len(frames) == 100
    for frame in frames:
        np.testing.assert_allclose(frame.to_ndarray(format="bgr24")[-5, 5], (0, 0, 0), atol=12)
