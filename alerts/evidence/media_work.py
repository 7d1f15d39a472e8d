"""What `xinan media` does: how things stand, what waits sent now, and everything looked for where it should be."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from alerts.config import Settings
from alerts.errors import MediaAway, MediaRefused, SettingsError, StoreError
from alerts.evidence.media import MediaStore
from alerts.evidence.media_rows import MediaRows
from alerts.evidence.media_setup import media_of
from alerts.evidence.objects import Objects
from alerts.evidence.uploader import Uploader
from alerts.evidence.waiting import Waiting
from alerts.record.records import Transactions
from streams.clock import Clock


@dataclass(frozen=True, slots=True)
class Parts:
    """What all of it works on."""

    media: MediaStore
    rows: MediaRows
    objects: Objects

    @classmethod
    def of(cls, settings: Settings, store: Transactions) -> "Parts":
        """Raises SettingsError: no object store is configured."""
        media = media_of(settings.store, store)
        if media.rows is None or media.objects is None:
            raise SettingsError("no object store is set: store.media_url; pictures and clips are in store.path only")
        return cls(media, media.rows, media.objects)


def status_lines(parts: Parts) -> Iterator[str]:
    """How things stand. Raises StoreError."""
    try:
        notes = parts.objects.check()
        yield f"{parts.objects.place}: answers; files can be put, read and deleted"
        yield from notes
    except (MediaAway, MediaRefused) as error:
        yield str(error)
    counts, waiting, size = parts.rows.counts(), 0, 0
    for name in Waiting(parts.media.folder, parts.rows.to_send).everything():
        waiting += 1
        size += _size(parts.media, name)
    yield f"there: {counts.kept} files, {_megabytes(counts.kept_bytes)}"
    yield f"with a copy in {parts.media.folder}: {counts.local} files, {_megabytes(counts.local_bytes)}"
    yield f"to be sent: {waiting} files, {_megabytes(size)}"
    yield f"to be deleted there: {counts.going} files"


class Sync:
    """Sends everything that waits, now. With the store open for writing: not beside a watch, which does it itself."""

    def __init__(self, parts: Parts, clock: Clock) -> None:
        never = 1 << 62  # copies are dropped by the watch, which knows what is open
        self._uploader = Uploader(
            parts.media, parts.rows, parts.objects, clock, random.Random(), cache_bytes=never, stay=tuple
        )

    def size(self) -> int:
        """Files that `steps` will send. Raises StoreError."""
        return sum(1 for _ in self._uploader.waiting())

    def steps(self) -> Iterator[int]:
        """Yields how many files were done since. Raises MediaAway: what was sent until then stays sent."""
        while tried := self._uploader.send():
            yield tried

    @property
    def refused(self) -> int:
        """Files that were not taken; the log says why."""
        return self._uploader.refused


class Check:
    """Looks for every file that should be in the object store, by its size and what its metadata say; reads none."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.problems: list[str] = []
        self.seen = self.strays = 0

    def size(self) -> int:
        """Steps, about. Raises StoreError."""
        return self._parts.rows.counts().kept

    def steps(self) -> Iterator[int]:
        """Yields after each file. Raises MediaAway, StoreError."""
        for kept in self._parts.rows.all_kept():
            found = self._parts.objects.stat(kept.name)
            if found is None:
                self.problems.append(f"{kept.name}: is not there")
            elif found != kept:
                self.problems.append(f"{kept.name}: is not what was sent")
            self.seen += 1
            yield 1
        self.strays = sum(1 for one in self._parts.objects.names() if not self._parts.rows.known(one.name))


def _size(media: MediaStore, name: str) -> int:
    try:
        return media.path(name).stat().st_size
    except (OSError, StoreError):  # deleted meanwhile
        return 0


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
