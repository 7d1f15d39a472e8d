"""Cameras that send pictures by themselves, such as a phone: pictures come in from elsewhere, one at a time."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from streams.closing import Closing
from streams.errors import SourceUnavailable
from streams.frame import Frame
from streams.jpeg import JpegDecoder, JpegTap
from streams.reasons import Reason
from streams.request import Request
from streams.slot import NewestSlot
from streams.timeline import Sampler

PUSHED = "whip:"
"""The address of a camera whose pictures are pushed."""

NOBODY = Reason("camera_no_phone")
_LOOK_UP_S = 0.25
"""How soon a source that waits for a picture notices that it was closed."""


@dataclass(frozen=True, slots=True, eq=False)
class PushedPicture:
    """jpeg: a JPEG file; empty: the sender has ended. at: aware UTC, monotonic_s: when it was received. Picklable."""

    jpeg: bytes
    at: datetime
    monotonic_s: float


class Letterbox:
    """Where one camera's pictures are put, and its sources opened. Keeps the newest picture only. Thread-safe."""

    def __init__(self) -> None:
        self._slot: NewestSlot[PushedPicture] = NewestSlot()

    def put(self, picture: PushedPicture) -> None:
        """The newest picture, or the word that there are no more."""
        self._slot.put(picture)

    def take(self, timeout_s: float) -> PushedPicture | None:
        """The newest picture; None if none comes in time."""
        return self._slot.take(timeout_s)

    def waits(self, _url: str) -> bool:
        """A picture lies here: the reader need not wait longer. In the form of `streams.knock`."""
        return self._slot.full

    def open(self, request: Request) -> "PushedSource":
        """In the form of `open_source`. Raises SourceUnavailable when nothing is sent."""
        return PushedSource(self, request)


class PushedSource(Closing):
    """One sender's pictures, from its first to its last. Frames carry the stamps of their arrival."""

    live = True
    duration_s: float | None = None
    remark = ""
    source = PUSHED

    def __init__(self, letterbox: Letterbox, request: Request) -> None:
        self.corrupt = 0
        self._letterbox, self._camera, self._clock = letterbox, request.camera, request.clock
        self._read_timeout_s = request.read_timeout_s
        self._tap = JpegTap(request.on_unit) if request.on_unit is not None else None
        self._sampler = Sampler(request.sample_fps)
        self._decode = JpegDecoder()
        self._closed = threading.Event()
        self._first = letterbox.take(request.open_timeout_s)
        if self._first is None or not self._first.jpeg or self._is_old(self._first):
            raise SourceUnavailable(self.source, NOBODY)

    def frames(self) -> Iterator[Frame]:
        """Frames until closed. Raises SourceUnavailable when the sender ends or falls silent."""
        picture, index, first_s = self._first, 0, None
        while picture is not None:
            if not picture.jpeg:
                raise SourceUnavailable(self.source, NOBODY)
            first_s = picture.monotonic_s if first_s is None else first_s
            frame = self._frame(picture, index, picture.monotonic_s - first_s)
            index += 1
            if frame is not None:
                yield frame
            picture = self._next()

    def close(self) -> None:
        """End the iteration."""
        self._closed.set()

    def _is_old(self, picture: PushedPicture) -> bool:
        """It was left here by a sender that is gone."""
        return self._clock.monotonic_s() - picture.monotonic_s > self._read_timeout_s

    def _next(self) -> PushedPicture | None:
        """The next picture; None when closed."""
        end_s = self._clock.monotonic_s() + self._read_timeout_s
        while not self._closed.is_set():
            picture = self._letterbox.take(_LOOK_UP_S)
            if picture is not None:
                return picture
            if self._clock.monotonic_s() >= end_s:
                raise SourceUnavailable(self.source, Reason("camera_silent", seconds=f"{self._read_timeout_s:g}"))
        return None

    def _frame(self, picture: PushedPicture, index: int, pts_s: float) -> Frame | None:
        if self._tap is not None:
            self._tap(picture.jpeg, pts_s, picture.at, picture.monotonic_s)
        if not self._sampler.take(picture.monotonic_s):
            return None
        image = self._decode(picture.jpeg)
        if image is None:
            self.corrupt += 1
            return None
        return Frame(self._camera, index, picture.at, pts_s, picture.monotonic_s, image)
