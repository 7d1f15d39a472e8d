"""Where media packets of WebRTC go and come from: what a browser offers is not trusted, and we listen no wider than the
console does.

The browser's own candidates are left out of the offer before it is used: the browser comes to us, and is learned
from its first check. So no mDNS name has to be resolved, and no offer can make us send packets to a third address.
aioice never offers 127.0.0.1, so each connection's own `get_component_candidates` is given the addresses to use;
nothing is changed for others in the process.
"""

from typing import Any

from aiortc import RTCPeerConnection

from alerts.web.hosts import is_loopback, is_wildcard


def without_candidates(offer: str) -> str:
    """The offer without the browser's addresses and without the word that there are no more to come."""
    kept = [line for line in offer.splitlines() if not line.startswith(("a=candidate:", "a=end-of-candidates"))]
    return "\r\n".join(kept) + "\r\n"


def listen_on(peer: RTCPeerConnection, host: str) -> None:
    """Open the media sockets only where the console listens: loopback, one address, or all of them and loopback."""
    for transceiver in peer.getTransceivers():
        connection: Any = transceiver.sender.transport.transport.iceGatherer._connection
        gather = connection.get_component_candidates

        async def gather_here(
            component: int, addresses: list[str], *args: Any, gather: Any = gather, **kwargs: Any
        ) -> Any:
            return await gather(component, media_addresses(host, addresses), *args, **kwargs)

        connection.get_component_candidates = gather_here


def media_addresses(host: str, found: list[str]) -> list[str]:
    """Where media may listen, given where the console listens and what addresses the machine has."""
    if is_loopback(host):
        return ["::1"] if host == "::1" else ["127.0.0.1"]
    if is_wildcard(host):
        return [*found, "127.0.0.1"]
    return [address for address in found if address == host] or found
