"""Pictures and clips as the settings want them: in the folder, or in an object store as well."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from alerts.config import StoreConfig
from alerts.errors import MediaAway, MediaRefused
from alerts.evidence.media import MediaStore
from alerts.evidence.media_rows import MediaRows
from alerts.evidence.objects import Objects, Stored
from alerts.record.records import Transactions

log = logging.getLogger(__name__)


class Absent:
    """An object store that cannot be used from here, and why. See `alerts.evidence.objects.Objects`."""

    def __init__(self, place: str, reason: str) -> None:
        self.place, self._reason = place, reason

    def check(self) -> Sequence[str]:
        """Raises MediaAway, as all of these."""
        raise MediaAway(self._reason)

    def put(self, files: Sequence[tuple[str, Path]]) -> list[Stored | MediaRefused | OSError]:
        """Nothing."""
        raise MediaAway(self._reason)

    def stat(self, name: str) -> Stored | None:
        """Nothing."""
        raise MediaAway(self._reason)

    def read(self, name: str, start: int, end: int) -> bytes:
        """Nothing."""
        raise MediaAway(self._reason)

    def delete(self, name: str) -> bool:
        """Nothing."""
        raise MediaAway(self._reason)

    def names(self) -> Iterator[Stored]:
        """Nothing."""
        raise MediaAway(self._reason)


def objects_of(config: StoreConfig) -> Objects | None:
    """None: no object store is configured. Asks nothing of it. A watch must not depend on a bucket: one that cannot be
    used is an `Absent`, and files stay in the folder.
    """
    if (place := config.media_place) is None:
        return None
    from alerts.evidence.s3 import S3Objects, missing

    return Absent(str(place), reason) if (reason := missing()) else S3Objects(place, config)


def media_of(config: StoreConfig, store: Transactions) -> MediaStore:
    """Says in the log what lies in an object store that is not configured any more. Raises StoreError."""
    objects, rows = objects_of(config), MediaRows(store)
    if objects is None and (place := rows.place()):
        log.warning("media: what lies only in %s is not shown, nor deleted: store.media_url is not set", place)
    return MediaStore(config.path, rows, objects)
