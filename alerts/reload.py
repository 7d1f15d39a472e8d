"""A settings file that is changed while the watch runs."""

import logging
from collections.abc import Callable
from pathlib import Path

from alerts.config import Settings
from alerts.errors import SettingsError

log = logging.getLogger(__name__)

Load = Callable[[], Settings]

LIVE = "cameras"
"""The part of the settings that takes effect at once."""


class SettingsFile:
    """Notices that the file has changed and reads it anew. Not thread-safe.

    problem: why the newest content is not in force, one line; "" if it is.
    """

    def __init__(self, file: Path, load: Load) -> None:
        """load: reads the file as at the start, overrides included. Raises SettingsError."""
        self._file, self._load = file, load
        self._stamp = self._stamp_now()
        self.problem = ""

    def newer(self, settings: Settings, *, force: bool = False) -> Settings | None:
        """The settings if the file was changed since the last call (or in any case) and the cameras differ from
        `settings`; None if there is nothing to do. What cannot be used is told in the log and in `problem`, and the
        old settings stay in force. What is not about cameras waits for the next start, and that is told too.
        """
        stamp = self._stamp_now()
        if stamp is None or (stamp == self._stamp and not force):
            return None  # None: just being written; the next call sees it
        self._stamp = stamp
        try:
            fresh = self._load()
            if not fresh.cameras:
                raise SettingsError(f"{self._file}: no cameras")
        except SettingsError as error:
            self.problem = str(error)
            log.error("settings: %s; the old ones stay in force", error)
            return None
        waiting = [name for name in Settings.model_fields if name != LIVE and _differs(settings, fresh, name)]
        self.problem = f"{', '.join(waiting)}: changed, in force from the next start" if waiting else ""
        if waiting:
            log.warning("settings: %s", self.problem)
        return fresh if fresh.cameras != settings.cameras else None

    def _stamp_now(self) -> tuple[int, int, int] | None:
        try:
            stat = self._file.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _differs(old: Settings, new: Settings, name: str) -> bool:
    # The engine is the one that was found to run, not the one that was asked for.
    if name == "detector":
        return bool(old.detector != new.detector.model_copy(update={"backend": old.detector.backend}))
    return bool(getattr(old, name) != getattr(new, name))
