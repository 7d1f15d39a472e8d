"""The sending end of a pipe, bounded and never in anybody's way for long: one thread sends, three lanes feed it.

Of what says how things are to be from now on (`keep`) the newest of each type waits. What must arrive (`send`) waits
when its lane is full, and so holds back whoever makes more of it. What may be lost (`offer`) is refused when its lane
is full, and counted. The lanes go in this order.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

log = logging.getLogger(__name__)

MOST_SENT = 64
"""Messages that must arrive and wait to be sent."""
MOST_OFFERED = 64
"""Messages that may be lost and wait to be sent: at 25 pictures a second of eight cameras, a third of a second."""


class Channel:
    """Thread-safe. `on_closed` is called once, from the sending thread, when the other end is gone."""

    def __init__(self, connection: Connection, name: str, on_closed: Callable[[], None] = lambda: None) -> None:
        self._connection, self._on_closed = connection, on_closed
        self._changed = threading.Condition()
        self._kept: dict[type, Any] = {}
        self._sent: deque[Any] = deque()
        self._offered: deque[Any] = deque()
        self._closed = False
        self.lost = 0
        self._thread = threading.Thread(target=self._run, name=f"channel-{name}", daemon=True)
        self._thread.start()

    def keep(self, message: Any) -> None:
        """To be sent in place of an older one of its type that still waits; never waits."""
        with self._changed:
            self._kept[type(message)] = message
            self._changed.notify_all()

    def send(self, message: Any) -> bool:
        """To be sent; waits while the lane is full. False: it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._sent) < MOST_SENT)
            if self._closed:
                return False
            self._sent.append(message)
            self._changed.notify_all()
            return True

    def offer(self, message: Any) -> bool:
        """To be sent if there is room; never waits. False: it is lost."""
        with self._changed:
            if self._closed or len(self._offered) >= MOST_OFFERED:
                self.lost += 1
                return False
            self._offered.append(message)
            self._changed.notify_all()
            return True

    def close(self) -> None:
        """Send no more. What waits is dropped; a message half sent keeps the thread until the pipe is closed."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _run(self) -> None:
        while self._wait():
            with self._changed:
                message = self._next()
                self._changed.notify_all()
            try:
                self._connection.send(message)
            except (OSError, ValueError, TypeError):  # TypeError: our end was closed in the middle of a message
                break
        self.close()
        self._on_closed()

    def _wait(self) -> bool:
        """Until there is something to send; False when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._kept or self._sent or self._offered)
            return not self._closed

    def _next(self) -> Any:
        if self._kept:
            return self._kept.pop(next(iter(self._kept)))
        return (self._sent or self._offered).popleft()
