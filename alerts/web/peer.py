"""A WebRTC connection that a browser or a phone asks for by HTTP (WHEP, WHIP): an offer in, an answer out, and its end.

Media sockets listen where the console listens (alerts/web/ice.py).
"""

import asyncio
import secrets
from collections.abc import Callable

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError

from alerts.web.ice import listen_on, without_candidates

BAD_OFFER = (
    ValueError,
    LookupError,
    AssertionError,
    AttributeError,
    RuntimeError,
    InvalidAccessError,
    InvalidStateError,
)
"""What aiortc lets out on an offer it did not expect; RuntimeError is a StopIteration in a coroutine."""

CONNECT_TIMEOUT_S = 15.0
"""Who has an answer and does not come is forgotten after this long."""


class OfferError(Exception):
    """The offer cannot be used."""


class NoCodec(OfferError):
    """It names no codec that is known here, or wanted."""


class Peer:
    """One connection. Say what is to be sent, or listen for tracks, at `connection` before the offer is answered.

    gone: called when it fails or ends, or nobody comes; perhaps more than once.
    """

    def __init__(self, gone: Callable[[], None]) -> None:
        self.id = secrets.token_urlsafe(16)
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.connection.on("connectionstatechange", self._changed)
        self._gone = gone
        self._timeout: asyncio.TimerHandle | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def connected(self) -> bool:
        """The other side has come."""
        return self.connection.connectionState == "connected"

    async def answer(self, offer: str, host: str) -> str:
        """The answering SDP to an offer of one video. host: where the console listens. Raises OfferError."""
        async with self._one_at_a_time:
            try:
                sdp = await self._negotiate(offer, host)
            except OperationError:
                raise NoCodec("no codec that both sides have") from None
            except BAD_OFFER as error:
                raise OfferError(type(error).__name__) from None
            self._timeout = asyncio.get_running_loop().call_later(CONNECT_TIMEOUT_S, self._give_up)
            return sdp

    async def close(self) -> None:
        """End it; may be called twice. Waits for an answer that is being made, whose sockets would be left open."""
        async with self._one_at_a_time:
            if self._timeout:
                self._timeout.cancel()
            await self.connection.close()

    async def _negotiate(self, offer: str, host: str) -> str:
        peer = self.connection
        await peer.setRemoteDescription(RTCSessionDescription(sdp=without_candidates(offer), type="offer"))
        if [offered.mid is not None and offered.kind for offered in peer.getTransceivers()] != ["video"]:
            raise OfferError("expected one video")
        listen_on(peer, host)
        await peer.setLocalDescription(await peer.createAnswer())
        return str(peer.localDescription.sdp)

    def _give_up(self) -> None:
        if not self.connected:
            self._gone()

    def _changed(self) -> None:
        if self.connection.connectionState in ("failed", "closed", "disconnected"):
            self._gone()
