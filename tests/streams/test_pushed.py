"""Pictures that a phone pushes, into the source that waits for them."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from streams.access_unit import AccessUnit
from streams.clock import SimulatedClock
from streams.errors import SourceUnavailable
from streams.pushed import Letterbox, PushedPicture
from streams.request import Request
from streams.source import open_source
from tests.streams.test_http_jpeg import jpeg


class Rig:
    """A letterbox on a simulated clock."""

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self.box = Letterbox()

    def put(self, data: bytes) -> None:
        self.box.put(PushedPicture(data, self.clock.now(), self.clock.monotonic_s()))

    def open(self, **more: Any) -> Any:
        asked = Request(url="whip:", camera="patrol", clock=self.clock, open_timeout_s=0.01)
        return self.box.open(replace(asked, **more))


def test_nobody_sends() -> None:
    rig = Rig()
    assert not rig.box.waits("whip:")
    with pytest.raises(SourceUnavailable, match="no phone is sending"):
        rig.open()


@pytest.mark.parametrize("data", [b"", b"left behind"])
def test_what_a_phone_left_behind_opens_nothing(data: bytes) -> None:
    rig = Rig()
    rig.put(data)
    rig.clock.step(6.0)
    with pytest.raises(SourceUnavailable, match="no phone is sending"):
        rig.open()


def test_pictures_become_frames_until_the_phone_ends() -> None:
    rig = Rig()
    units: list[AccessUnit] = []
    rig.put(jpeg(0))
    assert rig.box.waits("whip:")
    opened = rig.open(on_unit=lambda _form, unit: units.append(unit))
    frames = opened.frames()
    first = next(frames)
    assert (first.camera, first.index, first.pts_s, first.size) == ("patrol", 0, 0.0, (160, 120))
    rig.clock.step(0.5)
    rig.put(b"\xff\xd8 no picture")
    rig.put(jpeg(1))
    second = next(frames)
    assert (second.index, second.pts_s) == (1, 0.5)
    assert second.at == rig.clock.now()
    rig.put(b"")
    with pytest.raises(SourceUnavailable, match="no phone is sending"):
        next(frames)
    assert [unit.data for unit in units] == [jpeg(0), jpeg(1)]


def test_a_damaged_picture_is_counted_and_left_out() -> None:
    rig = Rig()
    rig.put(jpeg(0)[:500])
    opened = rig.open()
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(next(opened.frames())))
    thread.start()
    rig.put(jpeg(1))
    thread.join(30.0)
    assert found[0].index == 1
    assert opened.corrupt == 1


def test_a_phone_that_falls_silent_is_lost() -> None:
    rig = Rig()
    rig.put(jpeg(0))
    opened = rig.open(read_timeout_s=0.0)
    frames = opened.frames()
    next(frames)
    with pytest.raises(SourceUnavailable, match="silent for 0 s"):
        next(frames)


def test_closing_ends_the_frames() -> None:
    rig = Rig()
    rig.put(jpeg(0))
    opened = rig.open()
    frames = opened.frames()
    next(frames)
    opened.close()
    assert next(frames, None) is None


def test_outside_a_watch_no_phone_is_heard() -> None:
    with pytest.raises(SourceUnavailable, match="running watch"):
        open_source(Request(url="whip:", camera="patrol", clock=SimulatedClock()))
