"""The sending end of a pipe, bounded and never in anybody's way for long: one thread sends, two lanes feed it.

What must arrive (`send`) waits when its lane is full, and so holds back whoever makes more of it. What may be lost
(`offer`) is refused when its lane is full, and counted. The first lane goes first.
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
        self._sent: deque[Any] = deque()
        self._offered: deque[Any] = deque()
        self._closed = False
        self.lost = 0
        self._thread = threading.Thread(target=self._run, name=f"channel-{name}", daemon=True)
        self._thread.start()

    def send(self, message: Any, timeout_s: float | None = None) -> bool:
        """To be sent; waits while the lane is full, up to `timeout_s`. False: it is still full, or closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._sent) < MOST_SENT, timeout_s)
            if self._closed or len(self._sent) >= MOST_SENT:
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
                message = (self._sent or self._offered).popleft()
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
            self._changed.wait_for(lambda: self._closed or self._sent or self._offered)
            return not self._closed
