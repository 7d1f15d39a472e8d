"""Puts on record what is not part of a change of an alert: who looked at what, signed in, kept or deleted something."""

import hashlib
import logging
import threading
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

from alerts.errors import StoreError
from alerts.record.actor import Actor
from alerts.record.anchor import Anchor
from alerts.record.chain import Entry
from alerts.record.records import Kind, Transactions, head_of, put
from streams.clock import Clock

log = logging.getLogger(__name__)

MAX_WAITING = 5_000
"""Entries kept in memory while the database refuses them; beyond it the newest are lost, and counted."""
SAME_S = 600.0
"""Who goes on looking at the same thing is put on record anew after a pause of this length, seconds, …"""
LONG_S = 3_600.0
"""… and after this long in any case."""
MAX_SEEN = 4_096


class Recorder:
    """Thread-safe. Nothing is raised: what the database refuses waits, and what was looked at is not kept from whoever
    needs it in an emergency. `dropped` counts what was lost for want of room.
    """

    def __init__(self, store: Transactions, anchor: Anchor, clock: Clock) -> None:
        self._store, self._anchor, self._clock = store, anchor, clock
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._waiting: list[Entry] = []
        self._seen: OrderedDict[tuple[str, str, Actor, str], tuple[float, float]] = OrderedDict()
        self.dropped = 0

    def note(self, entry: Entry) -> None:
        """Put it on record now; may block on the disk."""
        self._wait(entry)
        self._write()

    def saw(self, kind: Kind, subject: str, by: Actor, address: str = "") -> None:
        """Somebody looks at it. Never blocks: `tick` writes it down, once for a stretch of looking. address: from
        where, if that is to be known."""
        now_s = self._clock.monotonic_s()
        name = (kind.value, subject, by, address)
        with self._lock:
            last_s, noted_s = self._seen.pop(name, (float("-inf"), float("-inf")))
            known = now_s - last_s < SAME_S and now_s - noted_s < LONG_S
            self._seen[name] = now_s, noted_s if known else now_s
            while len(self._seen) > MAX_SEEN:
                self._seen.popitem(last=False)
        if not known:
            detail = {"address": address} if address else {}
            self._wait(Entry(kind, subject, by.name, by.via, detail, account=by.account))

    def deleting(self, alert_id: str, path: Path) -> None:
        """A picture or clip of an alert is about to be deleted to make room. May block on the disk.

        On a full disk the row may have to wait for the room that the deletion makes.
        """
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            found = ""
        name = "/".join(path.parts[-5:])  # folder of the store, year, month, day, file
        self.note(Entry(Kind.DELETED, alert_id, detail={"reason": "room", "files": {name: found}}))

    def tick(self) -> None:
        """Call it about once a second: writes what waits, and notes how far the record goes. May block on the disk."""
        self._write()
        try:
            self._anchor.note(head_of(self._store), self._clock.now())
        except (OSError, StoreError) as error:
            log.debug("the head of the record is not noted: %s", error)

    def _wait(self, entry: Entry) -> None:
        with self._lock:
            if len(self._waiting) >= MAX_WAITING:
                self.dropped += 1
                return
            self._waiting.append(replace(entry, at=entry.at or self._clock.now()))

    def _write(self) -> None:
        with self._turn:
            with self._lock:
                entries = tuple(self._waiting)
            if not entries:
                return
            now = self._clock.now()
            try:
                with self._store.writing() as connection:
                    put(connection, entries, now)
            except StoreError as error:
                log.error("%d entries of the record wait to be stored: %s", len(entries), error)
                return
            with self._lock:
                del self._waiting[: len(entries)]
