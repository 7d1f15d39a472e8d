"""Addresses that a browser gave: they may lead to a public push service, and nowhere into the own network."""

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

from alerts.errors import PushRefused

MOST_CHARACTERS = 1024
OWN_NETWORK = (".local", ".localhost", ".internal", ".lan", ".home.arpa")


def check_endpoint(url: str, *, allow_private: bool) -> None:
    """Raises PushRefused unless it is https to a public name or address; allow_private: http and any address too."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise PushRefused("endpoint: not an address") from None
    if len(url) > MOST_CHARACTERS or not url.isascii() or not url.isprintable() or " " in url:
        raise PushRefused("endpoint: not an address")
    if not host or parts.username is not None or parts.fragment:
        raise PushRefused("endpoint: not an address")
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise PushRefused("endpoint: must be https")
    if not allow_private and (_address(host) or "." not in host or host.endswith(OWN_NETWORK)):
        raise PushRefused("endpoint: must be the name of a public push service")


async def public_address(host: str, port: int) -> str:
    """One address of that name, once all of them are public. Raises PushRefused, OSError.

    To be connected to as it is: asked again, the name could lead elsewhere.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        parsed = _address(address)
        if parsed is None or not parsed.is_global or parsed.is_multicast:
            raise PushRefused("endpoint: leads into a private network")
    return addresses[0]


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """If it is one. An address of the old world within the new counts as what it maps to."""
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed
