"""A pipe to a process on another machine: the same two ends as `multiprocessing` gives, over TCP.

Whoever is to come in is sent an invitation by a way of his own; nothing that he sends is read as a message before he
has shown it. What goes through is not encrypted: it is for machines among themselves.
"""

import hmac
import secrets
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from streams.clock import Clock

SECRET_BYTES = 32
CLOCKS = struct.Struct("!dd")
"""Monotonic seconds and seconds since 1970, as the door has them."""
ASK_S = 0.25
SHOW_S = 5.0
"""Whoever comes in has shown his invitation within this time."""
LOST_S = 10.0
"""A machine that does not confirm what it was sent for so long is gone."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where to knock, and what to show. Picklable."""

    host: str
    port: int
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ShiftedClock:
    """A machine's clocks, set by those of another one: monotonic seconds of two machines have nothing in common."""

    clock: Clock
    monotonic_shift_s: float
    shift: timedelta

    def now(self) -> datetime:
        """Aware UTC."""
        return self.clock.now() + self.shift

    def monotonic_s(self) -> float:
        """As the other machine counts."""
        return self.clock.monotonic_s() + self.monotonic_shift_s


class Door:
    """Listens for one other end. host: the address of this machine by which the other one reaches it."""

    def __init__(self, host: str) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self.invitation = Invitation(host, self._listener.getsockname()[1], secrets.token_bytes(SECRET_BYTES))

    def admitted(self, clock: Clock, within_s: float, awaited: Callable[[], bool]) -> socket.socket:
        """Who has shown the invitation; others are sent away. Raises OSError when nobody comes in time, or nobody is
        awaited any more.
        """
        until_s = clock.monotonic_s() + within_s
        while clock.monotonic_s() < until_s and awaited():
            self._listener.settimeout(ASK_S)
            try:
                guest, _ = self._listener.accept()
            except TimeoutError:
                continue
            if self._shown(guest):
                guest.sendall(CLOCKS.pack(clock.monotonic_s(), clock.now().timestamp()))
                return settled(guest)
            guest.close()
        raise OSError(0, "it did not come")

    def close(self) -> None:
        """Listen no more. Whoever is in stays."""
        self._listener.close()

    def _shown(self, guest: socket.socket) -> bool:
        guest.settimeout(SHOW_S)
        try:
            shown = guest.recv(SECRET_BYTES, socket.MSG_WAITALL)
        except OSError:
            return False
        return hmac.compare_digest(shown, self.invitation.secret)


def come_in(invitation: Invitation, clock: Clock) -> tuple[socket.socket, ShiftedClock]:
    """The other end, and the clocks of who has sent the invitation. Raises OSError."""
    ours = socket.create_connection((invitation.host, invitation.port), SHOW_S)
    try:
        asked_s = clock.monotonic_s()
        ours.sendall(invitation.secret)
        told = ours.recv(CLOCKS.size, socket.MSG_WAITALL)
        if len(told) < CLOCKS.size:
            raise OSError(0, "the invitation was not taken")
        now_s, now = clock.monotonic_s(), clock.now()
    except BaseException:
        ours.close()
        raise
    half_s = (now_s - asked_s) / 2
    their_s, their_time = CLOCKS.unpack(told)
    shift = datetime.fromtimestamp(their_time, UTC) + timedelta(seconds=half_s) - now
    return settled(ours), ShiftedClock(clock, their_s + half_s - now_s, shift)


def settled(end: socket.socket) -> socket.socket:
    """Set for messages: sent at once, and given up when the other machine is silent."""
    end.setblocking(True)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(LOST_S * 1000))
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, round(LOST_S))
    return end
