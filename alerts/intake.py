"""Looks on their way from the analyzers to the desk: a slow disk holds back alerts' pictures, not live pictures."""

import logging
import queue
import threading
from collections.abc import Callable

from vision.look import Look

log = logging.getLogger(__name__)

MOST_WAITING = 128
"""Looks that may wait: three seconds of eight cameras. Then the analyzers wait too, and their slots drop frames."""


class Intake:
    """One thread that hands looks on in the order in which they came. Bounded.

    failures: looks that could not be taken.
    """

    def __init__(self, take: Callable[[Look], None]) -> None:
        self._take = take
        self._looks: queue.Queue[Look | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
        self.failures = 0

    def start(self) -> None:
        """Begin to hand on."""
        self._thread.start()

    def put(self, look: Look) -> None:
        """To be handed on; waits while there are too many."""
        self._looks.put(look)

    def stop(self) -> None:
        """Hand on what is there, then end. Nothing may be put in any more."""
        self._looks.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (look := self._looks.get()) is not None:
            try:
                self._take(look)
            except Exception:  # one look's trouble must not stop the others
                self.failures += 1
                log.exception("%s: a look could not be taken", look.camera)
