"""Live pictures by WebRTC: a camera's coded pictures handed to each viewer as they are, signalled by WHEP.

WHEP (draft-ietf-wish-whep): the browser POSTs an SDP offer and gets an answer; DELETE on its location ends it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from aiortc import RTCRtpSender

from alerts.live import LiveCameras
from alerts.web.freshness import Freshness
from alerts.web.live_feed import CameraFeed, ViewerTrack
from alerts.web.peer import Peer
from streams.clock import Clock, sleep_s
from vision.look import LiveUnits

WATCH_S = 0.25
IDLE_S = 3.0
"""A viewer that has not come within this gives his place to one for whom there is none. A browser comes within one."""


class TooManyViewers(Exception):
    """Every viewer's place is taken."""


class Viewer:
    """One viewer's connection. owner: hash of the session or token that opened it. allowed: whether he still may."""

    def __init__(
        self,
        camera: str,
        owner: str,
        track: ViewerTrack,
        clock: Clock,
        gone: Callable[[str], None],
        allowed: Callable[[], bool] = lambda: True,
    ) -> None:
        self.camera = camera
        self.owner = owner
        self.allowed = allowed
        self.since_s = clock.monotonic_s()
        self._track = track
        self._peer = Peer(lambda: gone(self.id))
        self.id = self._peer.id
        track.on("ended", lambda: gone(self.id))
        transceiver = self._peer.connection.addTransceiver(track, direction="sendonly")
        transceiver.setCodecPreferences(h264())
        on_lost_pictures(transceiver.sender, track.repeat)

    @property
    def came(self) -> bool:
        """The browser has come for its pictures."""
        return self._peer.connected

    async def answer(self, offer: str, host: str) -> str:
        """The answering SDP. Raises OfferError; NoCodec: the browser does not offer to decode H.264, and nothing is
        coded again for one viewer.
        """
        return await self._peer.answer(offer, host)

    async def close(self) -> None:
        """End it; may be called twice."""
        await self._peer.close()
        self._track.stop()


def h264() -> list[Any]:
    """The codecs to be agreed on: H.264 in one of the profiles that every browser offers, with retransmission.

    What is sent may be of a higher profile: the stream's parameter sets say so, and browsers' decoders go by those.
    """
    wanted = ("video/h264", "video/rtx")
    return [codec for codec in RTCRtpSender.getCapabilities("video").codecs if codec.mimeType.lower() in wanted]


def on_lost_pictures(sender: RTCRtpSender, call: Callable[[], None]) -> None:
    """Have `call` called when the browser says that it lost pictures (PLI, FIR). aiortc only asks its own encoder."""
    requests: Any = sender
    requests._send_keyframe = call


class LiveVideo:
    """All viewers of all cameras. Bounded: at most `limit` viewers, one feed a camera.

    on_viewed: told of the names of cameras that have viewers, each time they change.
    """

    def __init__(
        self,
        live: LiveCameras,
        freshness: Freshness,
        clock: Clock,
        host: str,
        *,
        limit: int,
        on_viewed: Callable[[frozenset[str]], None] = lambda cameras: None,
    ) -> None:
        self._live, self._freshness, self._clock = live, freshness, clock
        self._host, self._limit, self._on_viewed = host, limit, on_viewed
        self._viewers: dict[str, Viewer] = {}
        self._feeds: dict[str, CameraFeed] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = False
        live.on_units(self._receive)

    @property
    def count(self) -> int:
        """Viewers now."""
        return len(self._viewers)

    @property
    def owners(self) -> frozenset[str]:
        """The sessions and tokens that look, by their hashes."""
        return frozenset(viewer.owner for viewer in self._viewers.values())

    async def open(
        self, camera: str, owner: str, offer: str, allowed: Callable[[], bool] = lambda: True
    ) -> tuple[str, str]:
        """A new viewer's id and the answering SDP. allowed: asked again for as long as the viewer looks.

        Raises TooManyViewers, OfferError, NoCodec.
        """
        if len(self._viewers) >= self._limit:
            await self._end_idle()
        if self._ended or len(self._viewers) >= self._limit:
            raise TooManyViewers(f"{self._limit} viewers are served already")
        viewer = Viewer(camera, owner, self._feed(camera).join(), self._clock, self._drop, allowed)
        self._viewers[viewer.id] = viewer
        try:
            return viewer.id, await viewer.answer(offer, self._host)
        except BaseException:
            await self.close(viewer.id)
            raise

    async def close(self, viewer_id: str, owner: str | None = None) -> bool:
        """End a viewer; whether there was one (of this owner, if given)."""
        viewer = self._viewers.get(viewer_id)
        if viewer is None or (owner is not None and viewer.owner != owner):
            return False
        del self._viewers[viewer_id]
        if all(other.camera != viewer.camera for other in self._viewers.values()):
            self._end_feed(viewer.camera)
        await viewer.close()
        return True

    def close_of(self, owner: str) -> None:
        """End all viewers of a session or token, without waiting."""
        for viewer in [viewer for viewer in self._viewers.values() if viewer.owner == owner]:
            self._drop(viewer.id)

    async def close_all(self) -> None:
        """End everything, wait for it, and take nobody any more."""
        self._ended = True
        await asyncio.gather(*(self.close(viewer_id) for viewer_id in list(self._viewers)))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _end_idle(self) -> None:
        """Of those who took an answer and never came the one who has been waited for longest makes room."""
        late_s = self._clock.monotonic_s() - IDLE_S
        idle = [viewer for viewer in self._viewers.values() if not viewer.came and viewer.since_s <= late_s]
        if idle:
            await self.close(min(idle, key=lambda viewer: viewer.since_s).id)

    def _receive(self, message: LiveUnits) -> None:
        """From the supervisor's reader thread."""
        feed = self._feeds.get(message.camera)
        if feed is not None:
            feed.receive(message)

    def _feed(self, camera: str) -> CameraFeed:
        feed, config = self._feeds.get(camera), self._live.cameras.get(camera)
        sight = config.sight if config is not None else None
        if feed is None or feed.ended or feed.sight != sight:
            feed = self._feeds[camera] = CameraFeed(camera, sight, self._clock)
            self._start(self._watch(feed), f"live feed {camera}")
            self._on_viewed(frozenset(self._feeds))
        return feed

    async def _watch(self, feed: CameraFeed) -> None:
        """End the feed when the camera has no live picture any more, or is set anew: it may have masks now. Let go of
        viewers who may not look any more: the camera, or a place around it, has been moved away from theirs."""
        config = self._live.cameras.get(feed.camera)
        while not feed.ended and self._live.cameras.get(feed.camera) == config:
            if self._freshness.picture(feed.camera)[0] is None:
                break
            for viewer in [one for one in self._viewers.values() if one.camera == feed.camera and not one.allowed()]:
                self._drop(viewer.id)
            await sleep_s(WATCH_S)
        feed.end()

    def _end_feed(self, camera: str) -> None:
        feed = self._feeds.pop(camera, None)
        if feed is not None:
            feed.end()
            self._on_viewed(frozenset(self._feeds))

    def _drop(self, viewer_id: str) -> None:
        async def close() -> None:
            await self.close(viewer_id)

        self._start(close(), "close viewer")

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
