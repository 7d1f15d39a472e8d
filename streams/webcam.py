"""Cameras plugged into this machine."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.clock import Clock
from streams.closing import Closing
from streams.errors import SourceError, SourceNotFound, SourceUnavailable
from streams.frame import Frame
from streams.slot import NewestSlot
from streams.timeline import Sampler

Image = NDArray[np.uint8]


class Device(Protocol):
    """What is needed of an opened camera (cv2.VideoCapture, or a test's)."""

    def read(self) -> Image | None:
        """The next picture, (H, W, 3) uint8 BGR; waits for it. None when the camera is gone."""
        ...

    def release(self) -> None:
        """Let go of the camera."""
        ...


class _OpenCvDevice:
    def __init__(self, number: int) -> None:
        self._capture = cv2.VideoCapture(number)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def read(self) -> Image | None:
        try:
            read, image = self._capture.read()
        except cv2.error:
            return None
        return np.asarray(image, dtype=np.uint8) if read and image is not None else None

    def release(self) -> None:
        self._capture.release()


def open_device(number: int) -> Device:
    """Opens the camera with OpenCV. Raises SourceNotFound where the system says that there is none."""
    if sys.platform == "linux" and not Path(f"/dev/video{number}").exists():
        raise SourceNotFound(str(number), f"no camera /dev/video{number}")
    return _OpenCvDevice(number)


_hung: dict[int, threading.Thread] = {}


class WebcamSource(Closing):
    """A local camera, read by a thread of its own, because a driver may hang for good and cannot be
    interrupted.

    A picture that does not come within the time-out raises SourceUnavailable; a thread left hanging in the
    driver keeps its device from being opened again until it returns, so that they do not pile up.
    """

    live = True
    remark = ""
    duration_s: float | None = None

    def __init__(
        self,
        number: int,
        *,
        camera: str,
        clock: Clock,
        sample_fps: float | None = None,
        open_timeout_s: float = 5.0,
        read_timeout_s: float = 5.0,
        opener: Callable[[int], Device] = open_device,
    ) -> None:
        self.source = str(number)
        self.corrupt = 0
        self._camera = camera
        self._clock = clock
        self._sample_fps = sample_fps
        self._read_timeout_s = read_timeout_s
        self._closed = threading.Event()
        self._opened = threading.Event()
        self._error: SourceError | None = None
        self._slot: NewestSlot[tuple[float, Frame]] = NewestSlot()
        earlier = _hung.get(number)
        if earlier is not None and earlier.is_alive():
            raise SourceUnavailable(self.source, "the camera's driver still hangs")
        _hung.pop(number, None)
        self._number = number
        self._thread = threading.Thread(target=self._grab, args=(opener,), name=f"webcam-{number}", daemon=True)
        self._thread.start()
        if not self._opened.wait(open_timeout_s):
            self._give_up("opening timed out")
        if self._error is not None:
            raise self._error

    def frames(self) -> Iterator[Frame]:
        """Frames until closed. Raises SourceUnavailable when the camera is gone or silent."""
        sampler = Sampler(self._sample_fps)
        while not self._closed.is_set():
            item = self._slot.take(self._read_timeout_s)
            if item is not None:
                if sampler.take(item[0]):
                    yield item[1]
            elif self._closed.is_set():
                return
            elif self._slot.closed:
                raise SourceUnavailable(self.source, "the camera gives no picture")
            else:
                self._give_up(f"silent for {self._read_timeout_s:g} s")

    def close(self) -> None:
        """Ask the reading thread to let go of the camera."""
        self._closed.set()
        self._slot.close()

    def _give_up(self, reason: str) -> None:
        self.close()
        _hung[self._number] = self._thread
        raise SourceUnavailable(self.source, reason)

    def _grab(self, opener: Callable[[int], Device]) -> None:
        """Runs in the thread: newest picture into the slot until closed or gone."""
        try:
            device = opener(self._number)
        except SourceNotFound as error:
            self._fail(error)
            return
        except cv2.error:
            self._fail(SourceUnavailable(self.source, "the camera cannot be opened"))
            return
        self._opened.set()
        try:
            self._pump(device)
        finally:
            device.release()
            self._slot.close()

    def _fail(self, error: SourceError) -> None:
        self._error = error
        self._opened.set()

    def _pump(self, device: Device) -> None:
        index, first_s = 0, None
        while not self._closed.is_set():
            image = device.read()
            if image is None:
                return
            at, now_s = self._clock.now(), self._clock.monotonic_s()
            first_s = now_s if first_s is None else first_s
            self._slot.put((now_s, Frame(self._camera, index, at, now_s - first_s, now_s, image)))
            index += 1
