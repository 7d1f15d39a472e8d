"""Who really asks, behind reverse proxies. Pure.

`X-Forwarded-For` and `X-Forwarded-Proto` are what a proxy that is named in `console.trusted_proxies` says of the
request that it hands on. From anybody else they say nothing: whoever asks could write them as he likes.
"""

import ipaddress
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from starlette.datastructures import Headers
from starlette.types import Scope

Network = IPv4Network | IPv6Network


class Proxies:
    """Those that are believed."""

    def __init__(self, trusted: Sequence[Network] = ()) -> None:
        self._trusted = tuple(trusted)

    def look_through(self, scope: Scope, headers: Headers) -> None:
        """Put the address of who asks into the scope, and how he reached the proxy: "https", if it says so."""
        peer = scope["client"][0] if scope.get("client") else ""
        if not self._believes(_address(peer)):
            return
        scope["client"] = (self._client(peer, headers.getlist("x-forwarded-for")), 0)
        said = ",".join(headers.getlist("x-forwarded-proto")).rpartition(",")[2]
        if said.strip().lower() in ("http", "https"):
            scope["scheme"] = said.strip().lower()

    def _client(self, peer: str, forwarded: Sequence[str]) -> str:
        """Each proxy adds behind what it was handed whom it got the request from. So the last one that is no proxy of
        ours is who asks; what stands before it he may have written himself."""
        client = peer
        for said in reversed(",".join(forwarded).split(",")):
            address = _address(said)
            if address is None:
                break
            client = str(address)
            if not self._believes(address):
                break
        return client

    def _believes(self, address: IPv4Address | IPv6Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it, perhaps with a port; None: it is none."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
