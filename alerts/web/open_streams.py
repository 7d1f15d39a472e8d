"""Streams that are open now, by whose they are, so that they can be ended from outside."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class OpenStreams:
    """Belongs to the event loop. A shutdown need not wait for those at the other end to leave."""

    def __init__(self) -> None:
        self._open: dict[asyncio.Event, str] = {}
        self._closed = False

    @property
    def count(self) -> int:
        """Streams now."""
        return len(self._open)

    @property
    def owners(self) -> frozenset[str]:
        """The sessions and tokens that have one open, by their hashes."""
        return frozenset(self._open.values())

    def close_of(self, owner: str) -> None:
        """End those of a session or a token, by its hash."""
        for ending, whose in self._open.items():
            if whose == owner:
                ending.set()

    def close(self) -> None:
        """End every stream, also those that are asked for from now on."""
        self._closed = True
        for ending in self._open:
            ending.set()

    @contextmanager
    def _opened(self, owner: str) -> Iterator[asyncio.Event]:
        """One more, for as long as the block lasts. The event: it is to end."""
        ending = asyncio.Event()
        self._open[ending] = owner
        if self._closed:
            ending.set()
        try:
            yield ending
        finally:
            del self._open[ending]
