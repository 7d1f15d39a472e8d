"""Coded pictures of one camera on their way to its viewers: nothing is decoded or coded again here."""

import asyncio
import contextlib
import threading
from collections import deque
from dataclasses import dataclass
from fractions import Fraction

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import Packet
from av.stream import Stream

from streams.access_unit import AccessUnit
from streams.annex_b import parameter_sets
from streams.clock import Clock, sleep_s
from streams.group import PictureGroup
from vision.look import LiveUnits
from vision.sight import Sight

TICKS_PER_S = 90_000
"""The clock of video in RTP (RFC 6184)."""
CATCH_UP_TICKS = 90
CATCH_UP_PAUSE_S = 0.002
"""Pictures that a viewer is shown only to get to the newest follow one another at this pace: sent all at once they
would burst the sockets, and a browser shows what is stamped so close together without delay."""
DRIFT_S = 0.5
MOST_QUEUED = 600
BEHIND = 25
REPEAT_S = 1.0

_TIME_BASE = Fraction(1, TICKS_PER_S)


class LiveTimeline:
    """Times of pictures in ticks, from 0, always growing: the camera's own steps, as even as it sends them.

    Where they lead away from the time that really passes (the camera's clock jumped, the stream began anew, or it runs
    wrong), they are set right by the stamps of arrival.
    """

    def __init__(self) -> None:
        self._first_s: float | None = None
        self._pts_s = 0.0
        self._ticks = 0

    def ticks(self, unit: AccessUnit) -> int:
        """The time of the next picture."""
        if self._first_s is None:
            self._first_s, self._pts_s = unit.monotonic_s, unit.pts_s
            return self._ticks
        passed = round((unit.monotonic_s - self._first_s) * TICKS_PER_S)
        told = self._ticks + round((unit.pts_s - self._pts_s) * TICKS_PER_S)
        trusted = told > self._ticks and abs(told - passed) <= DRIFT_S * TICKS_PER_S
        self._ticks = told if trusted else max(passed, self._ticks + CATCH_UP_TICKS)
        self._pts_s = unit.pts_s
        return self._ticks


@dataclass(frozen=True, slots=True)
class _Stamped:
    """A picture as a viewer gets it. late: it is shown only to get to the newest."""

    data: bytes
    key: bool
    ticks: int
    late: bool = False


class ViewerTrack(MediaStreamTrack):
    """One viewer's pictures. Bounded; one that falls behind goes on with the next key picture and holds nobody up."""

    kind = "video"

    def __init__(self, feed: "CameraFeed") -> None:
        super().__init__()
        self._feed = feed
        self._queue: deque[_Stamped] = deque()
        self._changed = asyncio.Event()
        self._needs_key = True
        self._first: int | None = None
        self._last = -CATCH_UP_TICKS
        self._repeated_s = float("-inf")
        self.cut = 0

    def put(self, picture: _Stamped) -> None:
        """The camera's next picture."""
        if picture.key:
            if len(self._queue) > BEHIND:
                self.cut += len(self._queue)
                self._queue.clear()
            self._needs_key = False
        elif self._needs_key:
            return
        self._queue.append(picture)
        if len(self._queue) > MOST_QUEUED:
            self.cut_off()
        self._changed.set()

    def cut_off(self) -> None:
        """Nothing until the next key picture."""
        self.cut += len(self._queue)
        self._queue.clear()
        self._needs_key = True

    def begin(self, pictures: list[_Stamped]) -> None:
        """Show these first, at once: they end with the newest."""
        self._queue = deque(pictures)
        self._needs_key = not pictures
        self._changed.set()

    def repeat(self) -> None:
        """The viewer lost something that could not be sent again: start over from the newest key picture."""
        now_s = self._feed.clock.monotonic_s()
        if now_s - self._repeated_s >= REPEAT_S:
            self._repeated_s = now_s
            self.begin(self._feed.newest())

    async def recv(self) -> "Packet[Stream]":
        """The next picture, packed by aiortc as it is. Raises MediaStreamError when the camera has none any more."""
        while not self._queue:
            if self._feed.ended or self.readyState != "live":
                raise MediaStreamError
            self._changed.clear()
            await self._changed.wait()
        picture = self._queue.popleft()
        if picture.late:
            await sleep_s(CATCH_UP_PAUSE_S)
        return self._packet(picture)

    def stop(self) -> None:
        super().stop()
        self._feed.leave(self)
        self._changed.set()

    def wake(self) -> None:
        """The feed has ended."""
        self._changed.set()

    def _packet(self, picture: _Stamped) -> "Packet[Stream]":
        first = self._first = picture.ticks if self._first is None else self._first
        self._last = max(picture.ticks - first, self._last + CATCH_UP_TICKS)
        packet: Packet[Stream] = Packet(picture.data)
        packet.pts = self._last
        packet.time_base = _TIME_BASE
        return packet


class CameraFeed:
    """What comes from the analyzer for one camera, while it has viewers, and the viewers. sight: what they are shown;
    pictures of anything else are on their way from before or for viewers who come anew.

    `receive` may be called from any thread; everything else belongs to the event loop.
    """

    MOST_RECEIVED = 200

    def __init__(self, camera: str, sight: Sight | None, clock: Clock) -> None:
        self.camera, self.sight = camera, sight
        self.clock = clock
        self.ended = False
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._received: deque[LiveUnits] = deque()
        self._overrun = False
        self._timeline = LiveTimeline()
        self._group = PictureGroup()
        self._sets = b""
        self._newest_ticks = 0
        self._tracks: set[ViewerTrack] = set()

    def join(self) -> ViewerTrack:
        """A track for one viewer more; what is known of the camera since its newest key picture comes at once."""
        track = ViewerTrack(self)
        track.begin(self.newest())
        self._tracks.add(track)
        return track

    def leave(self, track: ViewerTrack) -> None:
        """A viewer less."""
        self._tracks.discard(track)

    def end(self) -> None:
        """The camera is lost, or nobody looks: every track ends."""
        self.ended = True
        for track in self._tracks:
            track.wake()

    def newest(self) -> list[_Stamped]:
        """Everything since the newest key picture, stamped so that it ends now."""
        units = self._group.units
        first = self._newest_ticks - CATCH_UP_TICKS * (len(units) - 1)
        return [
            _Stamped(self._whole(unit), unit.key, first + CATCH_UP_TICKS * number, late=True)
            for number, unit in enumerate(units)
        ]

    def receive(self, message: LiveUnits) -> None:
        """From the supervisor's reader thread. An event loop that is held up loses pictures, not memory."""
        if message.sight != self.sight:
            return
        with self._lock:
            wake = not self._received
            if len(self._received) >= self.MOST_RECEIVED:
                self._received.clear()
                self._overrun = True
            self._received.append(message)
        if wake:
            with contextlib.suppress(RuntimeError):  # the console is just ending
                self._loop.call_soon_threadsafe(self._drain)

    def _drain(self) -> None:
        with self._lock:
            messages, overrun = list(self._received), self._overrun
            self._received.clear()
            self._overrun = False
        if overrun:
            self._group.clear()
            for track in self._tracks:
                track.cut_off()
        for message in messages:
            self._take(message)

    def _take(self, message: LiveUnits) -> None:
        self._sets = message.format.extradata
        for unit in message.units:
            self._newest_ticks = self._timeline.ticks(unit)
            usable = self._group.add(unit)
        if len(message.units) > 1:
            for track in self._tracks:
                track.begin(self.newest())
        elif usable:
            picture = _Stamped(self._whole(unit), unit.key, self._newest_ticks)
            for track in self._tracks:
                track.put(picture)

    def _whole(self, unit: AccessUnit) -> bytes:
        """A key picture with the parameter sets that a decoder needs to start with it."""
        return self._sets + unit.data if unit.key and not parameter_sets(unit.data, "h264") else unit.data
