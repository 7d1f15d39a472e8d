"""Settings that are changed while the watch runs: the file itself and those that it includes."""

import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path

from alerts.config import Settings, load_settings
from alerts.errors import Problem, SettingsError
from alerts.include import Read, matching, patterns_in, read_toml

log = logging.getLogger(__name__)

Stamp = tuple[int, int, int]

LIVE = (
    *("site", "cameras", "places", "muting", "tracks", "retention"),
    *("people", "groups", "rota", "routing", "channels", "webhooks"),
)
"""The parts of the settings that take effect at once."""

_OURS = ("include", *LIVE)
"""What a change of these does is seen in `LIVE`."""


class SettingsFile:
    """Notices that a file has changed, has come or has gone, and reads them all anew. Not thread-safe.

    problem: why the newest content is not in force, one line; "" if it is. problems: the same piece by piece, where
    that is known. waiting: parts of the settings that were changed and are in force only from the next start.
    """

    def __init__(self, file: Path, overrides: Sequence[str] = ()) -> None:
        """overrides: of the command line, which hold over whatever the file says."""
        self._file, self._overrides = file, tuple(overrides)
        self._patterns: tuple[str, ...] = ()
        self._main: Stamp | None = None
        self._gone: frozenset[Path] = frozenset()
        self._stamps = self._stamps_now()
        self.problem = ""
        self.problems: tuple[Problem, ...] = ()
        self.waiting: tuple[str, ...] = ()

    def newer(self, settings: Settings, *, force: bool = False) -> Settings | None:
        """The settings if a file was changed since the last call (or in any case) and what is `LIVE` differs from
        `settings`; None if there is nothing to do. What cannot be used is told in the log and in `problem`, and the
        old settings stay in force. What is not live waits for the next start, and that is told too.
        """
        stamps = self._stamps_now()
        if self._file not in stamps or self._just_being_written(stamps):
            return None  # the next call sees it
        if stamps == self._stamps and not force:
            return None
        self._stamps = stamps
        try:
            fresh = self.load()
            if settings.cameras and not fresh.cameras:  # a file that was emptied by mistake must blind nobody
                raise SettingsError(f"{self._file}: no cameras")
        except SettingsError as error:
            self.problem, self.problems = str(error), error.problems
            log.error("settings: %s; the old ones stay in force", error)
            return None
        self.problem, self.problems = "", ()
        self.waiting = tuple(
            one for one in Settings.model_fields if one not in _OURS and _differs(settings, fresh, one)
        )
        if self.waiting:
            log.warning("settings: %s: changed, in force from the next start", ", ".join(self.waiting))
        return fresh if any(_differs(settings, fresh, name) for name in LIVE) else None

    def load(self, read: Read | None = None) -> Settings:
        """The settings as the files have them now; from any thread. read: how a file is read, if not from the disk.

        Raises SettingsError.
        """
        return load_settings(self._file, self._overrides, read)

    @property
    def path(self) -> Path:
        """The main file."""
        return self._file

    def refuse(self, reason: str) -> None:
        """What `newer` has returned cannot be used after all: the old settings stay in force as a whole."""
        self.problem, self.problems = f"{self._file}: {reason}", ()
        log.error("settings: %s; the old ones stay in force", self.problem)

    def _just_being_written(self, stamps: dict[Path, Stamp]) -> bool:
        """Whether a file was there before and is not now: many editors take it away for a moment. Twice is gone."""
        gone = frozenset(self._stamps.keys() - stamps.keys())
        known, self._gone = self._gone, gone
        return bool(gone) and gone != known

    def _stamps_now(self) -> dict[Path, Stamp]:
        """Of every file that is there. What is included is read where the main file has changed."""
        main = _stamp(self._file)
        if main != self._main:
            self._main = main
            with contextlib.suppress(SettingsError):  # told when the settings are loaded
                self._patterns = patterns_in(read_toml(self._file), self._file)
        files = [self._file, *(file for pattern in self._patterns for file in matching(self._file, pattern))]
        return {file: stamp for file in files if (stamp := _stamp(file)) is not None}


def _stamp(file: Path) -> Stamp | None:
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _differs(old: Settings, new: Settings, name: str) -> bool:
    # The engine is the one that was found to run, not the one that was asked for.
    if name == "detector":
        return bool(old.detector != new.detector.model_copy(update={"backend": old.detector.backend}))
    return bool(getattr(old, name) != getattr(new, name))
