"""Times of pictures: repair of presentation times, sampling, playing at camera pace."""

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from streams.clock import Clock
from streams.frame import Frame

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STALLS = 3
_JITTER_S = 0.5
_MAX_JUMP_S = 86_400.0
_LEAP_S = 5.0
_DEFAULT_FPS = 25.0

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture that is not converted yet.

    index: count of pictures from 0. pts_s: seconds from the first picture, never decreasing.
    convert: makes the (H, W, 3) uint8 BGR array; None if the picture proves unreadable. To be called at most once,
        before the next picture is asked for.
    """

    index: int
    pts_s: float
    convert: Callable[[], Image | None]


def step_of(fps: float | None) -> float:
    """Seconds between two pictures; an absurd rate counts as 25 a second."""
    usable = fps is not None and math.isfinite(fps) and 0.01 <= fps <= 1000.0
    return 1.0 / fps if usable and fps else 1.0 / _DEFAULT_FPS


class Timeline:
    """Presentation times as a recording's rules can count with: from 0, never decreasing.

    A missing or non-finite time is made up from the frame rate. A time that goes back by up to half a second,
    or stands still, is held (jitter); after three of these, or at a larger step back or a step of more than a
    day, the recording is taken to go on one picture later.

    until_s: when the recording is known to be over, about. A leap beyond that is a clock that was put forward: the
    recording is taken to go on there, too.
    pace: seconds that pass in one second of the container, where its times are made up.
    """

    def __init__(self, fps: float | None, until_s: float = math.inf, pace: float = 1.0) -> None:
        self.step_s = pace * step_of(fps)
        self._until_s, self._pace = until_s, pace
        self._offset_s: float | None = None
        self._last_s: float | None = None
        self._stalls = 0

    def next_s(self, raw_s: float | None) -> float:
        """The time of the next picture in seconds, from its time as the container has it."""
        self._last_s = self._place(raw_s * self._pace if raw_s is not None and math.isfinite(raw_s) else None)
        return self._last_s

    def _place(self, raw_s: float | None) -> float:
        expected_s = 0.0 if self._last_s is None else self._last_s + self.step_s
        if raw_s is None:
            return expected_s
        if self._offset_s is None:
            self._offset_s = expected_s - raw_s
        here_s = raw_s + self._offset_s
        last_s = self._last_s if self._last_s is not None else -math.inf
        leaps = here_s - last_s > _LEAP_S and here_s > self._until_s + _LEAP_S
        if (last_s < here_s <= last_s + _MAX_JUMP_S and not leaps) or self._last_s is None:
            self._stalls = 0
            return here_s
        self._stalls += 1
        if last_s - _JITTER_S <= here_s <= last_s and self._stalls <= _STALLS:
            return last_s
        self._stalls = 0
        self._offset_s = expected_s - raw_s
        return expected_s


class Sampler:
    """Which pictures to take so that about `sample_fps` a second are taken; None takes all."""

    def __init__(self, sample_fps: float | None) -> None:
        if sample_fps is not None and not sample_fps > 0:
            raise ValueError(f"sample_fps must be above 0, not {sample_fps}")
        self._period_s = 1.0 / sample_fps if sample_fps else 0.0
        self._due_s = -math.inf

    def take(self, at_s: float) -> bool:
        """True if the picture at this time is to be taken. Times never go back."""
        if self._period_s == 0.0:
            return True
        if at_s < self._due_s - 1e-6:
            return False
        self._due_s += self._period_s
        if self._due_s <= at_s:
            self._due_s = at_s + self._period_s
        return True


class Pace:
    """Holds pictures back until their time has come, like a camera, and drops those that come too late.

    wait: waits up to so many seconds; True if the source is being closed.
    """

    LATE_S = 0.2
    RESYNC_S = 5.0
    GAP_S = 60.0
    _POLL_S = 0.05

    def __init__(self, clock: Clock, wait: Callable[[float], bool]) -> None:
        self._clock = clock
        self._wait = wait
        self._start_s: float | None = None
        self._last_pts_s = 0.0
        self._shown_s = -math.inf

    def show(self, pts_s: float) -> bool:
        """Wait until this picture's time. False: it is late (or the source is closed), skip it.

        One picture a second is shown even if all are late. A gap in the recording of over a minute is not
        waited for, and a delay of over five seconds is not made up.
        """
        now_s = self._clock.monotonic_s()
        if (
            self._start_s is None
            or pts_s - self._last_pts_s > self.GAP_S
            or now_s - self._start_s - pts_s > self.RESYNC_S
        ):
            self._start_s = now_s - pts_s
        self._last_pts_s = pts_s
        due_s = self._start_s + pts_s
        while now_s < due_s:
            if self._wait(min(due_s - now_s, self._POLL_S)):
                return False
            now_s = self._clock.monotonic_s()
        if now_s - due_s > self.LATE_S and now_s - self._shown_s < 1.0:
            return False
        self._shown_s = now_s
        return True


@dataclass(frozen=True, slots=True)
class Playback:
    """How a recording's pictures become frames.

    paced: at camera pace with the clock's stamps; otherwise as fast as they are asked for, stamped with the recording's
    own time from `started_at` (aware UTC).
    """

    camera: str
    clock: Clock
    sample_fps: float | None = None
    paced: bool = False
    started_at: datetime | None = None

    def frames(self, pictures: Iterator[Picture], closed: threading.Event) -> Iterator[Frame]:
        """The sampled frames; ends early when `closed` is set."""
        sampler = Sampler(self.sample_fps)
        pace = Pace(self.clock, closed.wait) if self.paced else None
        for picture in pictures:
            if closed.is_set():
                return
            # Every picture is waited for, also those that are not taken: a camera sends evenly.
            if (pace is not None and not pace.show(picture.pts_s)) or not sampler.take(picture.pts_s):
                continue
            image = picture.convert()
            if image is None:
                continue
            yield self.frame(picture.index, picture.pts_s, image)

    def frame(self, index: int, pts_s: float, image: Image) -> Frame:
        """A picture with its stamps, as of now where it is paced."""
        if self.paced:
            return Frame(self.camera, index, self.clock.now(), pts_s, self.clock.monotonic_s(), image)
        at = (self.started_at or EPOCH) + timedelta(seconds=pts_s)
        return Frame(self.camera, index, at, pts_s, pts_s, image)
