"""Ends what stays open longer than the session, or token, that it was opened with: live video, streams of events.

A request is let in or refused when it comes. What stays open has to be asked about again: who logs out is gone at
once, but a session also ends by its time, while nothing comes from it.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from alerts.errors import StoreError
from streams.clock import sleep_s

log = logging.getLogger(__name__)

CHECK_S = 2.0
"""What is over stays open for no longer than this, seconds."""


class Open(Protocol):
    """Things of one kind that stay open. Sessions and tokens are named by their hashes."""

    @property
    def owners(self) -> frozenset[str]:
        """Those that have something open."""

    def close_of(self, owner: str) -> None:
        """End all of one, without waiting."""


class Overstay:
    """Belongs to the event loop. still_in: whether a session or token that was good still is; may raise StoreError."""

    def __init__(self, still_in: Callable[[str], Awaitable[bool]], *kinds: Open) -> None:
        self._still_in, self._kinds = still_in, kinds

    def end(self, owner: str) -> None:
        """Whatever is open for a session or token."""
        for kind in self._kinds:
            kind.close_of(owner)

    async def check(self) -> None:
        """End what is over. Raises StoreError."""
        for owner in frozenset().union(*(kind.owners for kind in self._kinds)):
            if not await self._still_in(owner):
                self.end(owner)

    async def run(self) -> None:
        """Check in time, until cancelled. While the database does not say that a session is over, it is not."""
        while True:
            await sleep_s(CHECK_S)
            try:
                await self.check()
            except StoreError as error:
                log.debug("sessions: %s", error)
