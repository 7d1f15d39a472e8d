"""Pictures and clips by name, wherever they lie: the one door by which they are read, compared and deleted.

They are written by `alerts.evidence.snapshot` and, in the analyzers, by `streams.clip`: always to the store's folder.
With an object store they are copied there later (alerts.evidence.uploader), and read from there once the folder has no
copy any more.
"""

import hashlib
import logging
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from alerts.errors import MediaAway, MediaGone, StoreError
from alerts.evidence.media_rows import MediaRows
from alerts.evidence.names import is_name
from alerts.evidence.objects import Objects, Stored, blocks

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Hex SHA-256 of the copy in the folder, "" where there is none, and of the object: "" where one is missing, None
    where none is looked for. unread: there should be one, and it was not asked for."""

    local: str
    remote: str | None = None
    unread: bool = False


class MediaStore:
    """Everything below one folder, and in the object store that goes with it. Thread-safe; blocks on the disk, and on
    the network where a docstring says MediaAway. Names are those of `alerts.evidence.names`.
    """

    def __init__(self, folder: Path, rows: MediaRows | None = None, objects: Objects | None = None) -> None:
        """folder: of the store. rows: what is in an object store; None: nothing. objects: None: none is configured."""
        self.folder, self.rows, self.objects = folder, rows, objects

    def path(self, name: str) -> Path:
        """The local file of a name, whether it is there or not. Raises StoreError when it leads out of the folder."""
        path = self.folder / name
        try:
            if path.resolve().is_relative_to(self.folder.resolve()):
                return path
        except (OSError, ValueError):
            pass
        raise StoreError(f"{name[:200]!r}: not a file of the store")

    def find(self, name: str) -> Path | Stored | None:
        """The local file; else what the object store holds of it; None: it is not, or no longer, kept."""
        try:
            path = self.path(name)
            if path.is_file():
                return path
        except (OSError, StoreError):
            return None
        return self._kept(name)

    def read(self, name: str) -> bytes:
        """The whole file, as it was sent there. Raises MediaGone, MediaAway."""
        try:
            return self.path(name).read_bytes()
        except (OSError, StoreError):
            kept = self._kept(name)
        if kept is None:
            raise MediaGone(f"{name[:200]}: no longer kept")
        content = self.part(kept, 0, kept.size)
        if hashlib.sha256(content).hexdigest() != kept.sha256:
            raise MediaGone(f"{name}: was changed in the object store")
        return content

    def part(self, kept: Stored, start: int, end: int) -> bytes:
        """Of what the object store holds. Raises MediaGone, MediaAway."""
        content = self._remote().read(kept.name, start, end)
        if len(content) != end - start:
            raise MediaGone(f"{kept.name}: was changed in the object store")
        return content

    def fingerprints(self, name: str, *, remote: bool = True) -> Fingerprints:
        """Of every copy; reads them whole, a block at a time. remote: ask the object store. Raises MediaAway."""
        local = self._local_fingerprint(name)
        kept = self._kept(name)
        if kept is None or not remote:
            return Fingerprints(local, None, kept is not None)
        found = hashlib.sha256()
        try:
            for block in blocks(self._remote(), name, 0, kept.size + 1):  # what was appended is a change, too
                found.update(block)
        except MediaGone:
            return Fingerprints(local, "")
        return Fingerprints(local, found.hexdigest())

    def delete(self, name: str) -> None:
        """From the folder; gone, or was not there. Raises OSError: it is still there."""
        try:
            path = self.path(name)
        except StoreError:
            return  # of no file of ours
        path.unlink(missing_ok=True)

    def elsewhere(self, names: Collection[str]) -> set[str] | None:
        """Those that the object store holds; None: there is none. Raises StoreError."""
        return None if self.rows is None or self.objects is None else self.rows.kept_of(names)

    def drop_copy(self, name: str) -> None:
        """Of a file that the object store holds. Raises OSError."""
        self.delete(name)
        if self.rows is not None:
            try:
                self.rows.dropped([name])
            except StoreError as error:  # counted as a copy until it is dropped again
                log.warning("media: %s: %s", name, error)

    def _local_fingerprint(self, name: str) -> str:
        try:
            with self.path(name).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, StoreError):
            return ""

    def _kept(self, name: str) -> Stored | None:
        return self.rows.kept(name) if self.rows is not None and is_name(name) else None

    def _remote(self) -> Objects:
        if self.objects is None:
            raise MediaAway("it lies in an object store that is not set any more: store.media_url")
        return self.objects
