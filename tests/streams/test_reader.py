"""The camera reader against sources that end, fail and lie."""

import random
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from streams.access_unit import AccessUnit, StreamFormat
from streams.clock import SimulatedClock, SystemClock
from streams.closing import Closing
from streams.config import StreamConfig
from streams.errors import SourceNotFound, SourceRefused, SourceUnavailable
from streams.frame import Frame
from streams.reader import CameraReader
from streams.request import Request
from streams.source import Source
from tests.streams.make_media import make_video

Step = int | Exception


class FakeSource(Closing):
    """Gives so many frames, `step_s` apart on the simulated clock; then raises `end`, or ends."""

    duration_s: float | None = None
    remark = ""

    def __init__(
        self, clock: SimulatedClock, frames: int, end: Exception | None, *, live: bool = True, step_s: float = 0.1
    ) -> None:
        self.source = "fake"
        self.live = live
        self.corrupt = 2
        self._clock = clock
        self._count = frames
        self._end = end
        self._step_s = step_s

    def frames(self) -> Iterator[Frame]:
        for index in range(self._count):
            self._clock.step(self._step_s)
            now_s = self._clock.monotonic_s()
            yield Frame("gate", index, self._clock.now(), now_s, now_s, np.zeros((2, 2, 3), np.uint8))
        if self._end is not None:
            raise self._end

    def close(self) -> None:
        pass


class Rig:
    """A reader whose sources are given one by one and whose waits between them are added up; it stops when they run
    out. answers: what a knock at its host comes to, by the monotonic clock.
    """

    def __init__(self, *plays: Callable[[SimulatedClock], FakeSource], loop: bool = False) -> None:
        self.clock = SimulatedClock()
        self.states: list[tuple[str, str]] = []
        self.stamps: list[datetime] = []
        self.waits: list[float] = []
        self._opened_since = False
        self.knocks: list[float] = []
        self.answers: Callable[[float], bool | None] = lambda _now_s: None
        self._plays = list(plays)
        self.opened: list[Request] = []
        self.done = threading.Event()
        config = StreamConfig(name="gate", url=SecretStr("rtsp://u:secret@cam/1"), loop=loop)
        self.reader = CameraReader(
            config,
            clock=self.clock,
            rng=random.Random(1),
            on_state=self._on_state,
            sample_fps=5.0,
            opener=self._open,
            wait=self._wait,
            knock=self._knock,
        )

    def _knock(self, url: str) -> bool | None:
        self.knocks.append(self.clock.monotonic_s())
        return self.answers(self.clock.monotonic_s())

    def run(self) -> None:
        self.reader.start()
        assert self.done.wait(30.0)
        assert self.reader.stop()

    def _open(self, request: Request) -> FakeSource:
        self.opened.append(request)
        self._opened_since = True
        if not self._plays:
            self.done.set()
            raise SourceUnavailable("fake", "no more")
        play = self._plays.pop(0)
        return play(self.clock)

    def _on_state(self, state: str, at: datetime, detail: str) -> None:
        self.states.append((state, detail))
        self.stamps.append(at)
        if state == "ended":
            self.done.set()

    def _wait(self, seconds: float) -> bool:
        if self._opened_since:
            self.waits.append(0.0)
            self._opened_since = False
        self.waits[-1] += seconds
        self.clock.step(seconds)
        return self.done.is_set()


def gives(frames: int, end: Exception | None = None, **more: Any) -> Callable[[SimulatedClock], FakeSource]:
    return lambda clock: FakeSource(clock, frames, end, **more)


def fails(error: Exception) -> Callable[[SimulatedClock], FakeSource]:
    def play(_clock: SimulatedClock) -> FakeSource:
        raise error

    return play


def test_a_lost_camera_is_opened_again() -> None:
    rig = Rig(gives(3, SourceUnavailable("cam", "silent for 5 s")), gives(4))
    rig.run()
    assert rig.states == [
        ("connecting", ""),
        ("online", ""),
        ("offline", "silent for 5 s"),
        ("online", ""),
        ("offline", "the stream ended"),
        ("offline", "no more"),
    ]
    counters = rig.reader.counters
    assert (counters.frames, counters.dropped, counters.reconnects, counters.corrupt) == (7, 6, 1, 4)
    assert rig.reader.slot.take() is not None
    assert rig.reader.slot.closed


def test_what_is_asked_of_the_source() -> None:
    rig = Rig()
    rig.run()
    asked = rig.opened[0]
    assert asked.url == "rtsp://u:secret@cam/1"
    assert "secret" not in repr(asked)
    assert asked.paced is True
    assert asked.sample_fps == 5.0
    assert (asked.open_timeout_s, asked.read_timeout_s, asked.transport) == (5.0, 5.0, "tcp")


def test_offline_keeps_the_time_at_which_it_began() -> None:
    rig = Rig(fails(SourceNotFound("a", "no such file")), fails(SourceNotFound("a", "no such file")))
    rig.run()
    assert rig.states == [("connecting", ""), ("offline", "no such file"), ("offline", "no more")]
    assert rig.stamps[1] == rig.stamps[2] < rig.clock.now()


def test_waits_grow_while_it_stays_away_and_after_short_visits() -> None:
    rig = Rig(*[fails(SourceUnavailable("cam", "refused"))] * 30, *[gives(5)] * 10)
    rig.run()
    assert max(rig.waits[:1]) <= 1.0
    assert max(rig.waits) > 20.0
    assert max(rig.waits[31:]) > 5.0, "five frames do not prove that it is back"


def test_waits_are_short_again_after_ten_good_seconds() -> None:
    rig = Rig(*[fails(SourceUnavailable("cam", "refused"))] * 10, gives(200))
    rig.run()
    assert rig.waits[10] <= 1.0


def test_an_unexpected_error_is_counted_and_survived(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig(fails(ZeroDivisionError("rtsp://u:secret@cam")), gives(2, MemoryError()), gives(1))
    rig.run()
    assert rig.reader.counters.errors == 2
    assert ("offline", "internal error: ZeroDivisionError") in rig.states
    assert rig.reader.counters.frames == 3
    assert "unexpected error" in caplog.text
    assert "secret" not in caplog.text


def test_a_listener_that_fails_does_not_end_the_reader() -> None:
    rig = Rig(gives(2))

    def listener(_state: str, _at: datetime, _detail: str) -> None:
        raise RuntimeError("no")

    rig.reader._on_state = listener
    rig.run()
    assert rig.reader.counters.frames == 2
    assert rig.reader.counters.errors >= 3


def test_a_source_that_ends_without_a_picture_is_a_failure() -> None:
    rig = Rig(gives(0, live=False))
    rig.run()
    assert rig.states[1] == ("offline", "ended without a picture")


def test_a_recording_ends() -> None:
    rig = Rig(gives(5, live=False))
    rig.run()
    assert rig.states == [("connecting", ""), ("online", ""), ("ended", "")]
    assert rig.waits == []
    assert not rig.reader.alive


def test_a_recording_loops() -> None:
    rig = Rig(*[gives(5, live=False)] * 3, loop=True)
    rig.run()
    assert rig.states[:2] == [("connecting", ""), ("online", "")]
    assert rig.states[2] == ("offline", "no more")
    counters = rig.reader.counters
    assert (counters.frames, counters.reconnects) == (15, 0)


def test_a_loop_over_one_picture_does_not_spin() -> None:
    rig = Rig(*[gives(1, live=False)] * 3, loop=True)
    rig.run()
    assert rig.waits[:3] == pytest.approx([0.9, 0.9, 0.9])


def test_stop_interrupts_the_wait_and_a_second_stop_is_harmless(tmp_path: Path) -> None:
    offline = threading.Event()
    reader = CameraReader(
        StreamConfig(name="gate", url=SecretStr(str(tmp_path / "none.mp4"))),
        clock=SystemClock(),
        rng=random.Random(1),
        on_state=lambda state, _at, _detail: offline.set() if state == "offline" else None,
    )
    reader._backoff = type(reader._backoff)(random.Random(1), first_s=3600.0, longest_s=3600.0)
    reader.start()
    assert offline.wait(30.0)
    assert reader.state == "offline"
    assert "no such file" in reader.detail
    assert reader.stop()
    assert reader.stop()


def test_a_file_that_appears_later_is_played(tmp_path: Path) -> None:
    path = tmp_path / "late.mp4"
    ended = threading.Event()
    states: list[str] = []

    def listener(state: str, _at: datetime, _detail: str) -> None:
        states.append(state)
        if state == "offline":
            make_video(path, frames=10)
        if state == "ended":
            ended.set()

    reader = CameraReader(
        StreamConfig(name="gate", url=SecretStr(str(path))),
        clock=SystemClock(),
        rng=random.Random(1),
        on_state=listener,
    )
    reader.start()
    assert ended.wait(60.0)
    assert reader.stop()
    assert states == ["connecting", "offline", "online", "ended"]
    assert reader.counters.frames > 0


def test_stop_ends_a_paced_recording_at_once(tmp_path: Path) -> None:
    online = threading.Event()
    reader = CameraReader(
        StreamConfig(name="gate", url=SecretStr(str(make_video(tmp_path / "a.mp4", frames=250))), loop=True),
        clock=SystemClock(),
        rng=random.Random(1),
        on_state=lambda state, _at, _detail: online.set() if state == "online" else None,
    )
    reader.start()
    assert online.wait(30.0)
    assert reader.slot.take(30.0) is not None
    assert reader.stop()
    assert not reader.alive


@pytest.mark.parametrize("fails", [False, True])
def test_coded_pictures_go_to_the_listener_whose_failure_ends_nothing(
    tmp_path: Path, fails: bool, caplog: pytest.LogCaptureFixture
) -> None:
    ended, units = threading.Event(), 0

    def on_unit(stream_format: StreamFormat, unit: AccessUnit) -> None:
        nonlocal units
        units += 1
        if fails:
            raise ValueError("no room")

    reader = CameraReader(
        StreamConfig(name="gate", url=SecretStr(str(make_video(tmp_path / "a.mp4", frames=10)))),
        clock=SystemClock(),
        rng=random.Random(1),
        on_state=lambda state, _at, _detail: ended.set() if state == "ended" else None,
        on_unit=on_unit,
    )
    reader.start()
    assert ended.wait(30.0)
    assert reader.stop()
    assert units == 10
    assert reader.counters.frames > 0
    assert reader.counters.errors == (10 if fails else 0)
    assert caplog.text.count("a listener for coded pictures failed") == fails, "said once, counted each time"


@pytest.mark.parametrize("seed", range(5))
def test_a_host_that_answers_again_is_tried_within_five_seconds(seed: int) -> None:
    """It is away for 100 s, so that the back-off has grown to half a minute."""
    rig = Rig(*[fails(SourceUnavailable("cam", "connection refused"))] * 1000)
    rig.reader._rng.seed(seed)
    rig.answers = lambda now_s: now_s > 100.0
    tries: list[float] = []
    open_one = rig.reader._opener

    def opener(request: Request) -> Source:
        tries.append(rig.clock.monotonic_s())
        if rig.clock.monotonic_s() > 120.0:
            rig.done.set()
        return open_one(request)

    rig.reader._opener = opener
    rig.run()
    before, after = [at for at in tries if at < 100], [at for at in tries if at >= 100]
    assert len(before) < 30, "few tries while nobody is there"
    assert after[0] - 100.0 < 5.0
    gaps = [later - earlier for earlier, later in pairwise(rig.knocks)]
    assert max(gaps[:3]) < 40.0
    assert len({round(gap, 3) for gap in gaps}) > len(gaps) / 2, "cameras do not come in step"


@pytest.mark.parametrize("seed", range(5))
def test_a_refused_password_does_not_lock_the_account(seed: int) -> None:
    """Cameras lock it for half an hour after five wrong tries."""
    rig = Rig(*[fails(SourceRefused("cam", "wrong user name or password (401)"))] * 12)
    rig.reader._rng.seed(seed)
    rig.answers = lambda _now_s: True
    rig.run()
    assert not rig.knocks
    assert 10.0 < rig.waits[0] <= 20.0, "a camera that is just starting may not know its accounts yet"
    tries = [sum(rig.waits[:count]) for count in range(13)]
    assert max(sum(at <= later < at + 1800.0 for later in tries) for at in tries) <= 4
    assert rig.reader.refused is False, "the last word was another one"


def test_after_a_picture_a_refusal_is_a_first_one_again() -> None:
    refused = fails(SourceRefused("cam", "wrong user name or password (401)"))
    rig = Rig(refused, refused, gives(3), refused)
    rig.run()
    assert [round(wait) > 20 for wait in rig.waits[:2]] == [False, True]
    assert rig.waits[3] <= 20.0


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
def test_the_wall_clock_may_jump(jump_s: float) -> None:
    """A time server or summer time sets it: stamps follow, nothing waits longer or is lost."""

    class Jumping(FakeSource):
        def frames(self) -> Iterator[Frame]:
            for frame in super().frames():
                yield frame
                self._clock.jump(jump_s)

    rig = Rig(lambda clock: Jumping(clock, 3, SourceUnavailable("cam", "silent for 5 s")), gives(3))
    rig.run()
    assert [state for state, _ in rig.states] == ["connecting", "online", "offline", "online", "offline", "offline"]
    assert all(wait <= 30.0 for wait in rig.waits)
    assert rig.clock.monotonic_s() < 40.0


def test_what_is_to_be_said_of_a_running_stream_is_told_once() -> None:
    class Large(FakeSource):
        def frames(self) -> Iterator[Frame]:
            for frame in super().frames():
                self.remark = "too large" if frame.index >= 2 else ""
                yield frame

    rig = Rig(lambda clock: Large(clock, 6, None))
    rig.run()
    assert rig.states[1:3] == [("online", ""), ("online", "too large")]
    assert rig.stamps[1] == rig.stamps[2], "since when it is online has not changed"
