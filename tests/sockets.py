"""Sockets of small servers that tests write for themselves."""

import contextlib
import socket
from collections.abc import Iterable


def shut(sockets: Iterable[socket.socket]) -> None:
    """Close them; whoever waits at one of them, in whichever thread, is woken. May be called twice."""
    for each in sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
