"""Is there room on the disk, and does the database take what is raised? Said on the console; nothing waits for it."""

import logging
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from alerts.db.store import Store
from alerts.errors import StoreError
from alerts.evidence.snapshot import LEAST_FREE
from streams.clock import Clock

log = logging.getLogger(__name__)

RESERVE_EVERY_S = 60.0
"""The database's own room is looked at this often, seconds, and filled up only while the disk has plenty."""


class DiskRoom:
    """`tick` is called by one thread about once a second; `said` may be read from any.

    refused: whether the database has refused changes, which wait. free: free bytes of a folder's disk; for tests.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        refused: Callable[[], bool],
        clock: Clock,
        *,
        free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._store, self._folder, self._refused, self._clock, self._free = store, folder, refused, clock, free
        self._lock = threading.Lock()
        self._full = False
        self._reserved_s = float("-inf")
        self._filling: Iterator[None] = iter(())

    def said(self) -> Mapping[str, Any]:
        """disk: "full" while there is no room for pictures. store: "refuses" while changes wait that the
        database has refused: what is merely on its way for a while is no trouble."""
        with self._lock:
            full = self._full
        return {"disk": "full" if full else "", "store": "refuses" if self._refused() else ""}

    def tick(self) -> None:
        """Look at the disk; while it has room, see that the database keeps enough of its own."""
        try:
            free = self._free(self._folder)
        except OSError as error:
            log.error("%s: %s", self._folder, error.strerror)
            return
        full = free < LEAST_FREE
        with self._lock:
            before, self._full = self._full, full
        if full and not before:
            log.error("%s: the disk is full: alerts are raised and sent, without pictures and clips", self._folder)
        elif before and not full:
            log.warning("%s: there is room on the disk again", self._folder)
        if free > 2 * LEAST_FREE:
            self._reserve()

    def _reserve(self) -> None:
        """A piece more."""
        try:
            for _ in self._filling:
                return
            now_s = self._clock.monotonic_s()
            if now_s - self._reserved_s >= RESERVE_EVERY_S:
                self._reserved_s = now_s
                self._filling = self._store.keep_reserve()
        except StoreError as error:
            log.error("the database could not be given room of its own: %s", error)
