"""What the address that the console listens on means."""

import ipaddress
from urllib.parse import urlsplit

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def is_address(name: str) -> bool:
    """Whether it is an IP address, not a name."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reachable from this machine only."""
    return ipaddress.ip_address(host).is_loopback if is_address(host) else host == "localhost"


def is_wildcard(host: str) -> bool:
    """Whether an address to listen on means every interface."""
    return host in ("", "0.0.0.0", "::")


def answers_to(host_header: str, listening_on: str, public: str = "") -> bool:
    """Whether a request's Host header names this console. public: the host by which people reach it, if set.

    Against DNS rebinding, where a foreign name is made to point here: only the configured hosts and this machine's
    own names are answered to. On every interface any IP address will do, since an address cannot be rebound.
    """
    try:
        name = (urlsplit(f"//{host_header}").hostname or "").lower()
    except ValueError:
        return False
    if not name:
        return False
    configured = {listening_on.lower(), public.lower()}
    return name in _LOOPBACK_NAMES or name in configured or (is_wildcard(listening_on) and is_address(name))
