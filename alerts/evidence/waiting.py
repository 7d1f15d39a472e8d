"""Which files of the folder are still to be sent to the object store: found by looking, so that a kill forgets none.

Files lie by day. A folder of a day in which nothing waits is looked into again only when it has changed.
"""

import os
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from alerts.evidence.names import CLIPS, SNAPSHOTS, is_name

Unsent = Callable[[Collection[str]], list[str]]
"""Which of these names are to be sent, in their order."""


class Waiting:
    """Not thread-safe; blocks on the disk, and raises what `unsent` raises."""

    def __init__(self, folder: Path, unsent: Unsent) -> None:
        """folder: of the store."""
        self._folder, self._unsent = folder, unsent
        self._queue: deque[str] = deque()
        self._seen: dict[Path, int] = {}
        self._settled: dict[Path, int] = {}

    def next(self, most: int, without: Collection[str] = ()) -> list[str]:
        """Names that are to be sent, of the newest day first. without: leave these out for now."""
        found = self._take(most, without)
        if not found:
            for day in self._days():
                self._queue.extend(self._look(day))
                found += self._take(most - len(found), without)
                if len(found) >= most:
                    break
        return found

    def everything(self) -> Iterator[str]:
        """All that is to be sent."""
        for day in self._days():
            yield from self._unsent(_files(self._folder, day))

    def again(self) -> None:
        """Look into every folder again: what was sent may not have arrived, and an alert may have been stored late."""
        self._queue.clear()
        self._settled.clear()

    def _take(self, most: int, without: Collection[str]) -> list[str]:
        found: list[str] = []
        while self._queue and len(found) < most:
            name = self._queue.popleft()
            if name not in without:
                found.append(name)
        return found

    def _days(self) -> list[Path]:
        """Newest first."""
        pattern = "[0-9]*/[0-9]*/[0-9]*"
        found = [path for kind in (SNAPSHOTS, CLIPS) for path in (self._folder / kind).glob(pattern)]
        return sorted(found, key=lambda path: path.parts[-3:], reverse=True)

    def _look(self, day: Path) -> Sequence[str]:
        try:
            changed = day.stat().st_mtime_ns
        except OSError:
            return ()
        if self._settled.get(day) == changed:
            return ()
        unsent = self._unsent(_files(self._folder, day))
        # Twice, as a file may come within the same tick of the file system's clock.
        if not unsent and self._seen.get(day) == changed:
            self._settled[day] = changed
        self._seen[day] = changed
        return unsent


def _files(folder: Path, day: Path) -> list[str]:
    """The finished pictures and clips of a day, newest first."""
    above = day.relative_to(folder).as_posix()
    try:
        names = [f"{above}/{name}" for name in sorted(os.listdir(day), reverse=True)]  # ids sort by time
    except OSError:
        return []
    return [name for name in names if is_name(name)]
