"""Phones as cameras: one peer connection each, whose newest picture becomes a JPEG for the analyzer.

WHIP (RFC 9725): the phone POSTs an SDP offer and gets an answer; DELETE on its location ends it.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from typing import Any

import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame
from av.video.reformatter import VideoReformatter
from pydantic import SecretStr

from alerts.live import LiveCameras
from alerts.web.peer import OfferError, Peer
from streams.clock import Clock, sleep_s
from streams.pushed import PushedPicture
from vision.jpeg import encode_jpeg
from vision.orders import PushPicture

log = logging.getLogger(__name__)

LONG_SIDE = 1280
"""Pixels; a larger picture is made smaller."""
LEAST_PAUSE_S = 0.1
"""At most ten pictures a second."""
QUALITY = 85

Push = Callable[[PushPicture], object]


def as_jpeg(frame: VideoFrame, reformatter: VideoReformatter) -> bytes:
    """The picture as JPEG, its long side LONG_SIDE at most."""
    scale = min(1.0, LONG_SIDE / max(frame.width, frame.height))
    width, height = (max(2, int(side * scale) // 2 * 2) for side in (frame.width, frame.height))
    small = reformatter.reformat(frame, width=width, height=height, format="bgr24", threads=1)
    return encode_jpeg(np.asarray(small.to_ndarray(), np.uint8), QUALITY)


class Phone:
    """One sender. may_send: asked before each picture. gone: called with its id when it is to be ended."""

    def __init__(
        self, camera: str, clock: Clock, push: Push, may_send: Callable[[], bool], gone: Callable[[str], None]
    ) -> None:
        self.camera = camera
        self._clock, self._push, self._may_send = clock, push, may_send
        self._peer = Peer(self._end)
        self.id = self._peer.id
        self._gone = gone
        self._peer.connection.on("track", self._begin)
        self._reformatter = VideoReformatter()
        self._newest: VideoFrame | None = None
        self._came = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def answer(self, offer: str, host: str) -> str:
        """The answering SDP. Raises OfferError."""
        return await self._peer.answer(offer, host)

    async def close(self) -> None:
        """End it and say so to the analyzer; may be called twice."""
        await self._peer.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tell(b"")

    def _end(self) -> None:
        self._gone(self.id)

    def _begin(self, track: MediaStreamTrack) -> None:
        """Called for every track of an offer, before it is known whether the offer can be used."""
        self._tasks += [
            asyncio.create_task(self._receive(track), name=f"phone {self.camera}"),
            asyncio.create_task(self._pass_on(), name=f"phone pictures {self.camera}"),
        ]

    async def _receive(self, track: MediaStreamTrack) -> None:
        """Takes every frame, since aiortc keeps what nobody takes; only the newest stays."""
        with contextlib.suppress(MediaStreamError):
            while True:
                frame: Any = await track.recv()
                self._newest = frame
                self._came.set()
        self._end()

    async def _pass_on(self) -> None:
        while True:
            await self._came.wait()
            self._came.clear()
            if not self._may_send():
                return self._end()
            frame, self._newest = self._newest, None
            if frame is not None:
                try:
                    self._tell(await asyncio.to_thread(as_jpeg, frame, self._reformatter))
                except (ValueError, OSError) as error:  # av.error.FFmpegError is a ValueError or an OSError
                    log.warning("%s: a phone's picture is left out: %s", self.camera, type(error).__name__)
            await sleep_s(LEAST_PAUSE_S)

    def _tell(self, jpeg: bytes) -> None:
        picture = PushedPicture(jpeg, self._clock.now(), self._clock.monotonic_s())
        self._push(PushPicture(self.camera, picture))


class Phones:
    """All senders, one for each camera at most: who comes later takes the place, as a phone does that lost its way.

    A sender ends when its camera's token or address is changed in the settings.
    """

    def __init__(self, live: LiveCameras, clock: Clock, host: str, push: Push) -> None:
        self._live, self._clock, self._host, self._push = live, clock, host, push
        self._phones: dict[str, Phone] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = False

    @property
    def count(self) -> int:
        """Phones now."""
        return len(self._phones)

    async def open(self, camera: str, offer: str) -> tuple[str, str]:
        """A new sender's id and the answering SDP. Raises OfferError."""
        if self._ended:
            raise OfferError("the watch ends")
        let_in = self._key(camera)
        phone = Phone(camera, self._clock, self._push, lambda: self._key(camera) == let_in, self._drop)
        try:
            sdp = await phone.answer(offer, self._host)
            if self._ended:  # meanwhile: nobody would close this one
                raise OfferError("the watch ends")
        except BaseException:
            await phone.close()
            raise
        before = self._phones.get(camera)
        self._phones[camera] = phone
        if before is not None:
            await before.close()
        log.info("%s: a phone sends", camera)
        return phone.id, sdp

    async def close(self, camera: str, phone_id: str) -> None:
        """End a sender, if it is the camera's."""
        phone = self._phones.get(camera)
        if phone is not None and secrets.compare_digest(phone.id.encode(), phone_id.encode()):
            del self._phones[camera]
            await phone.close()
            log.info("%s: the phone has ended", camera)

    async def close_all(self) -> None:
        """End everything, wait for it, and take nobody any more."""
        self._ended = True
        await asyncio.gather(*(self.close(phone.camera, phone.id) for phone in list(self._phones.values())))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _key(self, camera: str) -> tuple[SecretStr, SecretStr | None] | None:
        """What lets a phone in."""
        config = self._live.cameras.get(camera)
        return None if config is None else (config.url, config.token)

    def _drop(self, phone_id: str) -> None:
        phone = next((phone for phone in self._phones.values() if phone.id == phone_id), None)
        if phone is not None:
            task = asyncio.create_task(self.close(phone.camera, phone_id), name="close phone")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
