"""Local cameras, with devices that misbehave."""

import random
import threading
from datetime import datetime

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import SecretStr

from streams.clock import SimulatedClock, SystemClock
from streams.config import StreamConfig
from streams.errors import SourceNotFound, SourceUnavailable
from streams.reader import CameraReader
from streams.request import Request
from streams.webcam import Device, WebcamSource


class FakeDevice:
    """Gives `count` pictures, then None; or hangs until let go."""

    def __init__(self, count: int, hang: threading.Event | None = None) -> None:
        self._left = count
        self._hang = hang
        self.released = threading.Event()

    def read(self) -> NDArray[np.uint8] | None:
        if self._left == 0:
            if self._hang is not None:
                self._hang.wait(30.0)
            return None
        self._left -= 1
        return np.full((4, 6, 3), self._left % 200, np.uint8)

    def release(self) -> None:
        self.released.set()


def test_gives_frames_and_then_says_that_the_camera_is_gone() -> None:
    device = FakeDevice(3)
    source = WebcamSource(100, camera="desk", clock=SimulatedClock(), opener=lambda _: device)
    frames = source.frames()
    first = next(frames)
    assert first.image.shape == (4, 6, 3)
    with pytest.raises(SourceUnavailable, match="no picture"):
        list(frames)
    assert device.released.wait(10.0)


def test_a_hung_driver_ends_at_the_deadline_and_is_not_opened_twice() -> None:
    hang = threading.Event()
    device = FakeDevice(1, hang)
    source = WebcamSource(101, camera="desk", clock=SystemClock(), read_timeout_s=0.2, opener=lambda _: device)
    with pytest.raises(SourceUnavailable, match=r"silent for 0\.2 s"):
        list(source.frames())
    with pytest.raises(SourceUnavailable, match="hangs"):
        WebcamSource(101, camera="desk", clock=SystemClock(), opener=lambda _: device)
    hang.set()
    assert device.released.wait(10.0)
    source._thread.join(10.0)
    with WebcamSource(101, camera="desk", clock=SystemClock(), opener=lambda _: FakeDevice(1)) as again:
        assert next(again.frames()).index == 0


def test_a_hanging_open_ends_at_the_deadline() -> None:
    hang = threading.Event()

    def opener(_number: int) -> Device:
        hang.wait(30.0)
        return FakeDevice(0)

    with pytest.raises(SourceUnavailable, match="opening timed out"):
        WebcamSource(102, camera="desk", clock=SystemClock(), open_timeout_s=0.1, opener=opener)
    hang.set()


def test_no_such_camera() -> None:
    def opener(_number: int) -> Device:
        raise SourceNotFound("103", "no camera /dev/video103")

    with pytest.raises(SourceNotFound):
        WebcamSource(103, camera="desk", clock=SystemClock(), opener=opener)


def test_close_lets_go_of_the_camera() -> None:
    device = FakeDevice(10**9)
    source = WebcamSource(104, camera="desk", clock=SystemClock(), opener=lambda _: device)
    frames = source.frames()
    next(frames)
    source.close()
    assert list(frames)[1:] == []
    assert device.released.wait(10.0)


def test_a_camera_that_is_unplugged_is_back_when_it_is_plugged_in() -> None:
    """First plugged in, then twice not there, then there again; the reader tries on."""
    plugged = iter([FakeDevice(3), None, None, FakeDevice(10**6)])
    states: list[str] = []
    back = threading.Event()

    def plug(number: int) -> Device:
        device = next(plugged)
        if device is None:
            raise SourceNotFound(str(number), f"no camera /dev/video{number}")
        return device

    def opener(request: Request) -> WebcamSource:
        return WebcamSource(103, camera=request.camera, clock=request.clock, opener=plug)

    def on_state(state: str, _at: datetime, detail: str) -> None:
        states.append(f"{state} {detail}".strip())
        if states.count("online") == 2:
            back.set()

    reader = CameraReader(
        StreamConfig(name="desk", url=SecretStr("103")),
        clock=SystemClock(),
        rng=random.Random(1),
        on_state=on_state,
        opener=opener,
        wait=lambda _seconds: False,
    )
    reader.start()
    assert back.wait(30.0)
    assert reader.stop()
    assert states[:5] == [
        "connecting",
        "online",
        "offline the camera gives no picture",
        "offline no camera /dev/video103",
        "online",
    ]
    assert reader.counters.reconnects == 1
