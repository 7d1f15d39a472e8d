"""Pictures and clips by name, wherever they lie: the one door by which they are read, compared and deleted.

They are written by `alerts.evidence.snapshot` and, in the analyzers, by `streams.clip`: always to the store's folder.
"""

import hashlib
from pathlib import Path

from alerts.errors import MediaGone, StoreError


class MediaStore:
    """Everything below one folder. Thread-safe; blocks on the disk. Names are those of `alerts.evidence.names`."""

    def __init__(self, folder: Path) -> None:
        """folder: of the store."""
        self._folder = folder

    def path(self, name: str) -> Path:
        """The local file of a name, whether it is there or not. Raises StoreError when it leads out of the folder."""
        path = self._folder / name
        try:
            if path.resolve().is_relative_to(self._folder.resolve()):
                return path
        except (OSError, ValueError):
            pass
        raise StoreError(f"{name[:200]!r}: not a file of the store")

    def local(self, name: str) -> Path | None:
        """The local file, if it is there and can be asked for."""
        try:
            path = self.path(name)
            return path if path.is_file() else None
        except (OSError, StoreError):
            return None

    def read(self, name: str) -> bytes:
        """The whole file. Raises MediaGone: it is not, or no longer, kept."""
        try:
            return self.path(name).read_bytes()
        except (OSError, StoreError):
            raise MediaGone(f"{name[:200]}: no longer kept") from None

    def fingerprint(self, name: str) -> str:
        """Hex SHA-256; "" where there is no such file."""
        try:
            with self.path(name).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, StoreError):
            return ""

    def delete(self, name: str) -> None:
        """Gone, or was not there. Raises OSError: it is still there."""
        try:
            path = self.path(name)
        except StoreError:
            return  # of no file of ours
        path.unlink(missing_ok=True)
