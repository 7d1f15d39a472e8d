"""Local cameras, with devices that misbehave."""

import threading

import numpy as np
import pytest
from numpy.typing import NDArray

from streams.clock import SimulatedClock, SystemClock
from streams.errors import SourceNotFound, SourceUnavailable
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
