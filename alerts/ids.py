"""Identifiers that sort by creation: ULIDs (https://github.com/ulid/spec), 26 characters of Crockford's base 32."""

import random
import threading
from datetime import UTC, datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 26
_RANDOM_BITS = 80
_LAST_MS = (1 << 48) - 1


class UlidFactory:
    """Makes ULIDs that strictly grow, even within one millisecond and when the wall clock steps back. Thread-safe."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._lock = threading.Lock()
        self._last = -1

    def __call__(self, at: datetime) -> str:
        """at: aware; its milliseconds are the first 10 characters, unless an id of a later time was made before."""
        ms = _ms(at)
        with self._lock:
            value = (ms << _RANDOM_BITS) | self._rng.getrandbits(_RANDOM_BITS - 1)
            self._last = value if value > self._last else self._last + 1
            return _encode(self._last)


def first_id(at: datetime) -> str:
    """No id of this time or later sorts before it, and every earlier one does. at: aware."""
    return _encode(_ms(at) << _RANDOM_BITS)


def made_at(ulid: str) -> datetime | None:
    """When an id was made, to the millisecond; None of what is no such id."""
    if len(ulid) != _LENGTH or any(letter not in _ALPHABET for letter in ulid):
        return None
    value = 0
    for letter in ulid[:10]:
        value = value * 32 + _ALPHABET.index(letter)
    return datetime.fromtimestamp(value / 1000, UTC)


def ulid_tail(data: bytes) -> str:
    """The last 16 characters of an id, from at least ten bytes instead of chance."""
    return _encode(int.from_bytes(data[:10], "big"))[10:]


def _ms(at: datetime) -> int:
    return min(max(0, int(at.timestamp() * 1000)), _LAST_MS)


def _encode(value: int) -> str:
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))
