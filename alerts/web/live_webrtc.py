"""Live pictures by WebRTC: one decoded source a camera, one track a viewer, signalled by WHEP.

WHEP (draft-ietf-wish-whep): the browser POSTs an SDP offer and gets an answer; DELETE on its location ends it.

Media sockets listen where the console listens (alerts/web/ice.py).
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from fractions import Fraction

import cv2
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.exceptions import InvalidAccessError, InvalidStateError
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame
from numpy.typing import NDArray

from alerts.web.freshness import Freshness
from alerts.web.ice import listen_on, without_candidates
from streams.clock import Clock, sleep_s

log = logging.getLogger(__name__)

MAX_VIEWERS = 8
CONNECT_TIMEOUT_S = 15.0
POLL_S = 0.04
_VIDEO_CLOCK = 90_000
_BAD_OFFER = (  # what aiortc lets out on an offer it did not expect; RuntimeError is a StopIteration in a coroutine
    ValueError,
    LookupError,
    AssertionError,
    AttributeError,
    RuntimeError,
    InvalidAccessError,
    InvalidStateError,
)


class OfferError(Exception):
    """The browser's offer cannot be used."""


class TooManyViewers(Exception):
    """Every viewer's place is taken."""


class CameraFeed:
    """Decodes the newest preview of one camera for all its viewers, while it has any.

    `picture` is I420: (H * 3 / 2, W) uint8, even H and W. It is never shared as a bgr24 frame: converting one frame
    from several encoders at once ends the process.
    """

    def __init__(self, camera: str, freshness: Freshness) -> None:
        self.camera = camera
        self.index = -1
        self.picture: NDArray[np.uint8] | None = None
        self.ended = False
        self._freshness = freshness
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name=f"live feed {camera}")

    async def after(self, index: int) -> tuple[int, NDArray[np.uint8]]:
        """The first picture newer than `index`. Raises MediaStreamError when the camera has none any more."""
        while not self.ended:
            if self.picture is not None and self.index != index:
                return self.index, self.picture
            await self._changed.wait()
        raise MediaStreamError

    async def stop(self) -> None:
        """End it and wait until it has ended."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while True:
                preview, _ = self._freshness.picture(self.camera)
                if preview is None:
                    return
                if preview.index != self.index:
                    picture = await asyncio.to_thread(decode_i420, preview.jpeg)
                    self.index = preview.index
                    if picture is not None:
                        self.picture = picture
                        self._wake()
                await sleep_s(POLL_S)
        finally:
            self.ended = True
            self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def decode_i420(jpeg: bytes) -> NDArray[np.uint8] | None:
    """A JPEG as I420, (H * 3 / 2, W) uint8, cropped to even sides; None if it cannot be decoded."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if image is None or min(image.shape[:2]) < 2:
        return None
    height, width = image.shape[0] & ~1, image.shape[1] & ~1
    return np.asarray(cv2.cvtColor(image[:height, :width], cv2.COLOR_BGR2YUV_I420), np.uint8)


class ViewerTrack(MediaStreamTrack):
    """One viewer's pictures: always the newest, each once, in a frame of its own."""

    kind = "video"

    def __init__(self, feed: CameraFeed, clock: Clock) -> None:
        super().__init__()
        self._feed = feed
        self._clock = clock
        self._index = -1
        self._start_s = clock.monotonic_s()

    async def recv(self) -> VideoFrame:
        self._index, picture = await self._feed.after(self._index)
        frame = VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = int((self._clock.monotonic_s() - self._start_s) * _VIDEO_CLOCK)
        frame.time_base = Fraction(1, _VIDEO_CLOCK)
        return frame


class Viewer:
    """One peer connection. `owner`: the digest of the session that opened it."""

    def __init__(self, camera: str, owner: str, gone: Callable[[str], None]) -> None:
        self.id = secrets.token_urlsafe(16)
        self.camera = camera
        self.owner = owner
        self._gone = gone
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._timeout: asyncio.TimerHandle | None = None
        self._one_at_a_time = asyncio.Lock()

    async def answer(self, offer: str, track: ViewerTrack, host: str) -> str:
        """The answering SDP. Raises OfferError."""
        async with self._one_at_a_time:
            try:
                sdp = await self._negotiate(offer, track, host)
            except _BAD_OFFER as error:
                raise OfferError(type(error).__name__) from None
            self._timeout = asyncio.get_running_loop().call_later(CONNECT_TIMEOUT_S, self._give_up)
            return sdp

    async def _negotiate(self, offer: str, track: ViewerTrack, host: str) -> str:
        peer = self._peer
        peer.on("connectionstatechange", self._changed)
        track.on("ended", lambda: self._gone(self.id))
        await peer.setRemoteDescription(RTCSessionDescription(sdp=without_candidates(offer), type="offer"))
        if [transceiver.kind for transceiver in peer.getTransceivers()] != ["video"]:
            raise OfferError("expected one video")
        peer.addTrack(track)
        listen_on(peer, host)
        await peer.setLocalDescription(await peer.createAnswer())
        return str(peer.localDescription.sdp)

    async def close(self) -> None:
        """End it; may be called twice. Waits for an answer that is being made, whose sockets would be left open."""
        async with self._one_at_a_time:
            if self._timeout:
                self._timeout.cancel()
            await self._peer.close()

    def _give_up(self) -> None:
        if self._peer.connectionState != "connected":
            self._gone(self.id)

    def _changed(self) -> None:
        if self._peer.connectionState in ("failed", "closed", "disconnected"):
            self._gone(self.id)


class LiveVideo:
    """All viewers of all cameras. Bounded: at most `limit` viewers, one feed a camera."""

    def __init__(self, freshness: Freshness, clock: Clock, host: str, limit: int = MAX_VIEWERS) -> None:
        self._freshness = freshness
        self._clock = clock
        self._host = host
        self._limit = limit
        self._viewers: dict[str, Viewer] = {}
        self._feeds: dict[str, CameraFeed] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._ended = False

    @property
    def count(self) -> int:
        """Viewers now."""
        return len(self._viewers)

    async def open(self, camera: str, owner: str, offer: str) -> tuple[str, str]:
        """A new viewer's id and the answering SDP. Raises TooManyViewers, OfferError."""
        if self._ended or len(self._viewers) >= self._limit:
            raise TooManyViewers(f"{self._limit} viewers are served already")
        viewer = Viewer(camera, owner, self._drop)
        self._viewers[viewer.id] = viewer
        try:
            return viewer.id, await viewer.answer(offer, ViewerTrack(self._feed(camera), self._clock), self._host)
        except BaseException:
            await self.close(viewer.id)
            raise

    async def close(self, viewer_id: str, owner: str | None = None) -> bool:
        """End a viewer; whether there was one (of this owner, if given)."""
        viewer = self._viewers.get(viewer_id)
        if viewer is None or (owner is not None and viewer.owner != owner):
            return False
        del self._viewers[viewer_id]
        await viewer.close()
        if all(other.camera != viewer.camera for other in self._viewers.values()):
            feed = self._feeds.pop(viewer.camera, None)
            if feed:
                await feed.stop()
        return True

    def close_of(self, owner: str) -> None:
        """End all viewers of a session, without waiting."""
        for viewer in [viewer for viewer in self._viewers.values() if viewer.owner == owner]:
            self._drop(viewer.id)

    async def close_all(self) -> None:
        """End everything, wait for it, and take nobody any more."""
        self._ended = True
        await asyncio.gather(*(self.close(viewer_id) for viewer_id in list(self._viewers)))
        await asyncio.gather(*self._closing, return_exceptions=True)

    def _feed(self, camera: str) -> CameraFeed:
        feed = self._feeds.get(camera)
        if feed is None or feed.ended:
            feed = self._feeds[camera] = CameraFeed(camera, self._freshness)
        return feed

    def _drop(self, viewer_id: str) -> None:
        async def close() -> None:
            await self.close(viewer_id)

        task = asyncio.create_task(close(), name="close viewer")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
