"""HTTP connections to the console: those that ask nothing are closed, so that they take nobody's place."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 256
"""Beyond them everybody is answered 503."""
IDLE_S = 10.0
"""A connection on which no request has arrived whole for this long, twice at most, is closed. uvicorn itself waits for
ever for the first one, and for one that comes a byte at a time."""


class ConsoleConnection(H11Protocol):
    """uvicorn's. An answer that is being sent, however long it takes, is not touched."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._before: Any = None
        self._check_later()

    def connection_lost(self, exc: Exception | None) -> None:
        self._check.cancel()
        super().connection_lost(exc)

    def _check_later(self) -> None:
        self._check = self.loop.call_later(IDLE_S, self._close_if_idle)

    def _close_if_idle(self) -> None:
        request = self.cycle
        if request is self._before and (request is None or request.response_complete):
            self.transport.close()
            return
        self._before = request
        self._check_later()
