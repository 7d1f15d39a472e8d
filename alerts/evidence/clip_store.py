"""The clips of alerts on disk, by day, within a budget; and what is deleted when the disk fills up: video first."""

import logging
import shutil
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path

from alerts.errors import StoreError
from alerts.evidence.media import MediaStore
from alerts.evidence.names import CLIP_SUFFIX, PICTURE_SUFFIX, alert_of, clip_file, key_stem
from alerts.evidence.snapshot import LEAST_FREE
from streams.clip import PART, Clip, salvaged

log = logging.getLogger(__name__)

LOW_WATER = 512 << 20
"""Bytes that clips leave free on the disk, for alerts and their pictures. Pictures go on down to their own limit."""


class ClipStore:
    """Clips below one folder, written by the analyzers. Thread-safe.

    most_bytes: all clips together. free: free bytes of the disk; for tests.
    """

    def __init__(
        self,
        folder: Path,
        snapshots: Path,
        *,
        most_bytes: int,
        low_water: int = LOW_WATER,
        least_free: int = LEAST_FREE,
        free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
        held: Callable[[], Collection[str]] = lambda: (),
        deleting: Callable[[str, Path], None] = lambda alert_id, path: None,
        media: MediaStore | None = None,
    ) -> None:
        """snapshots: the folder whose pictures are deleted when no clip is left to delete; down to `least_free`.

        held: ids of alerts of which nothing is deleted. deleting: told of each file right before it goes, and whose.
        media: knows what an object store holds: of that only the copy goes, and of what is still to be sent there
        nothing goes merely for the budget.
        """
        self._media = media
        self._held, self._deleting = held, deleting
        self.folder, self._snapshots = folder.absolute(), snapshots
        self._most_bytes, self._low_water, self._least_free, self._free = most_bytes, low_water, least_free, free

    def new_key(self, alert_id: str, at: datetime) -> str:
        """For a clip of a moment, aware UTC: relative, "2026/01/31/<alert id>-<hhmmssmmm UTC>-1"."""
        return f"{key_stem(alert_id, at)}-1"

    def path(self, key: str) -> Path:
        """The file of a key, whether it is there or not. Raises StoreError for a key that this store does not make."""
        return self.folder / clip_file(key)

    def room(self) -> bool:
        """Whether another clip may be cut. Raises StoreError when the disk does not answer."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            return self._free(self.folder) > self._low_water
        except OSError as error:
            raise StoreError(f"{self.folder}: {error.strerror}") from None

    def left_behind(self) -> Iterator[tuple[str, str, Clip]]:
        """(alert id, key, clip) of what an earlier run had not finished; what of it cannot be shown is deleted.

        Call it before anything is cut.
        """
        for part in sorted(self.folder.rglob(f"*{CLIP_SUFFIX}{PART}")):
            path = part.with_name(part.name.removesuffix(PART))
            clip = salvaged(path)
            log.warning("evidence: %s was not finished; %s", path.name, "what there is is kept" if clip else "deleted")
            if clip is not None:
                yield alert_of(path.name), path.relative_to(self.folder).as_posix().removesuffix(CLIP_SUFFIX), clip

    def make_room(self, open_alerts: Collection[str]) -> int:
        """Delete what is over the budget or below the low water; how many files. Oldest first, of alerts that are
        closed before those that are not; clips before pictures; pictures only of closed alerts, and only when the disk
        is so full that new ones are refused.
        """
        held = self._held()
        deleted = self._drop_clips(open_alerts, held)
        return deleted + self._drop_pictures({*open_alerts, *held})

    def _drop_clips(self, open_alerts: Collection[str], held: Collection[str]) -> int:
        sizes = {path: path.stat().st_size for path in self.folder.rglob(f"*{CLIP_SUFFIX}")}
        total, deleted = sum(sizes.values()), 0
        if not sizes or (total <= self._most_bytes and not self._full()):
            return 0
        elsewhere = self._elsewhere(sizes)
        copies = self._picture_copies(open_alerts) if elsewhere is not None and self._full() else set()
        known = copies | (elsewhere or set())
        for path in sorted([*sizes, *copies], key=lambda path: _worth(path, known, open_alerts)):
            full = self._full()
            if total <= self._most_bytes and not full:
                break
            to_be_sent = elsewhere is not None and path not in known
            if alert_of(path.name) not in held and (full or (not to_be_sent and path not in copies)):
                total -= sizes.get(path, 0)
                deleted += self._drop(path, copy=path in known)
        return deleted

    def _picture_copies(self, open_alerts: Collection[str]) -> set[Path]:
        """Of closed alerts, in an object store too: they go before a clip that is nowhere else."""
        pictures = [path.absolute() for path in self._snapshots.rglob(f"*{PICTURE_SUFFIX}")]
        return self._elsewhere([path for path in pictures if alert_of(path.name) not in open_alerts]) or set()

    def _full(self) -> bool:
        return self._free(self.folder) <= self._low_water

    def _elsewhere(self, paths: Collection[Path]) -> set[Path] | None:
        """Those that an object store holds; None: there is none. Raises StoreError: what is not known stays."""
        if self._media is None:
            return None
        names = {path.relative_to(self._media.folder.absolute()).as_posix(): path for path in paths}
        found = self._media.elsewhere(names)
        return None if found is None else {names[name] for name in found}

    def _drop_pictures(self, open_alerts: Collection[str]) -> int:
        deleted = 0
        if not self._snapshots.is_dir() or self._free(self._snapshots) > 2 * self._least_free:
            return 0
        pictures = [path.absolute() for path in self._snapshots.rglob(f"*{PICTURE_SUFFIX}")]
        elsewhere = self._elsewhere(pictures) or set()
        for path in sorted(pictures, key=lambda path: _worth(path, elsewhere, ())):
            if self._free(self._snapshots) > 2 * self._least_free:
                break
            if alert_of(path.name) not in open_alerts:
                deleted += self._drop(path, copy=path in elsewhere)
        return deleted

    def _drop(self, path: Path, *, copy: bool) -> bool:
        """copy: an object store holds the file: nothing is lost, and nothing goes on record."""
        if not copy:
            self._deleting(alert_of(path.name), path)
        try:
            path.unlink()
        except OSError as error:
            log.error("evidence: %s cannot be deleted: %s", path.name, error.strerror)
            return False
        log.warning("evidence: %s deleted to make room%s", path.name, "; the object store holds it" if copy else "")
        return True


def _worth(path: Path, elsewhere: Collection[Path], open_alerts: Collection[str]) -> tuple[bool, bool, bool, str]:
    """What goes first when room is made: what an object store holds, then of what is closed, then clips, then what is
    old."""
    return path not in elsewhere, alert_of(path.name) in open_alerts, path.suffix != CLIP_SUFFIX, str(path)
