"""The settings file as a book that is read and written page by page, beside whoever edits it by hand.

A change is tried as a whole first: the files as they would be, by the same models and the same order as at the start.
Only what the watch would take is written; the live reload (`alerts.reload`) then takes it.
"""

import hashlib
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from alerts.config import Settings
from alerts.errors import InvalidSettings, Problem, SettingsError, SetupRefused
from alerts.include import Joined, parse_toml, read_bytes, read_joined, text_of
from alerts.reload import SettingsFile
from alerts.setup.document import plain, with_entry, with_table, without_entry
from alerts.setup.parts import PARTS, Part
from alerts.setup.secrets import masked, unmasked
from alerts.setup.writing import write_with_backup
from streams.misfit import MISFITS, listed

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One part as it stands. entries: without secrets; a part of one table has one or none. files: beside each entry
    that stands in an included file, its name; "" for the main one."""

    entries: tuple[dict[str, Any], ...]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """All parts. version: of all files together. problem: why they cannot be used, one line; problems: the same, piece
    by piece, where that is known."""

    version: str
    pages: Mapping[str, Page]
    problem: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """part: of `PARTS`. key: of the entry that is changed; None: a new one. value: None takes the entry out."""

    part: str
    key: str | None
    value: Entry | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A change that the settings would take. keys: of the entry, those that differ. kind: added, changed or removed.
    path: of the entry that was tried, among all settings together."""

    change: Change
    name: str
    kind: str
    keys: tuple[str, ...]
    file: Path
    text: str
    settings: Settings


class Book:
    """Thread-safe; every call may block on the disk.

    fits: what else must be possible with such settings (channels that can be built); raises SettingsError.
    limited: who may see nothing but some places and cameras: name → their ids.
    """

    def __init__(
        self,
        file: SettingsFile,
        fits: Callable[[Settings], None] = lambda settings: None,
        limited: Callable[[], Mapping[str, Collection[str]]] = dict,
    ) -> None:
        self._file, self._fits, self._limited = file, fits, limited
        self._lock = threading.Lock()

    @property
    def path(self) -> Path:
        """The main file."""
        return self._file.path

    def read(self) -> Sheet:
        """As the files are, once no change is on its way any more: whoever gave up waiting for one asks here what
        became of it. Of files that cannot be read, none."""
        with self._lock:
            return self._read()

    def _read(self) -> Sheet:
        files = _Files(self.path)
        try:
            joined = files.joined()
        except SettingsError as error:
            return Sheet(files.version(), {}, str(error), error.problems)
        pages = {name: _page(joined, name, part) for name, part in PARTS.items()}
        try:
            self._file.load()
        except SettingsError as error:
            return Sheet(files.version(), pages, str(error), error.problems)
        return Sheet(files.version(), pages)

    def settings(self) -> Settings:
        """As the files have them now. Raises SetupRefused."""
        try:
            return self._file.load()
        except SettingsError as error:
            raise SetupRefused("unreadable", str(error)) from None

    def draft(self, change: Change, version: str | None = None) -> Draft:
        """Try a change. version: of the files that it was thought of. Raises SetupRefused."""
        files = _Files(self.path)
        joined = _readable(files)
        if version is not None and version != files.version():
            raise SetupRefused("changed_meanwhile", "the settings file was changed meanwhile; read it again")
        part, at = PARTS[change.part], _found(joined, change)
        old = _entry(joined, change.part, at)
        value = None if change.value is None else _whole(change.value, old, part)
        file, number = _where(joined, change.part, at, self.path)
        text = _edited(text_of(files.content(file)), change.part, number, value)
        content = text.encode()

        def read(path: Path) -> dict[str, Any]:
            return parse_toml(path, content if path == file else files.content(path))

        settings = self._taken(read, change.part, _number(joined, change, at), value, part)
        if change.part in {"places", "cameras"}:
            _require_free(joined, settings, self._limited(), part.key)
        name = str((value or old).get(part.key, "")) if part.key else ""
        kind = "removed" if value is None else "added" if not old and part.key else "changed"
        keys = tuple(key for key in {**old, **(value or {})} if plain(old.get(key)) != plain((value or {}).get(key)))
        return Draft(change, name, kind, keys, file, text, settings)

    def write(self, change: Change, version: str) -> Draft:
        """Try it and write it, if the files are still those of this version. Raises SetupRefused, and then nothing has
        changed."""
        with self._lock:
            draft = self.draft(change, version)
            files = _Files(self.path)
            files.joined()
            if files.version() != version:
                raise SetupRefused("changed_meanwhile", "the settings file was changed meanwhile; read it again")
            try:
                write_with_backup(draft.file, draft.text)
            except OSError as error:
                detail = f"{draft.file}: cannot be written: {(error.strerror or str(error)).lower()}"
                raise SetupRefused("not_written", detail) from None
        return draft

    def _taken(self, read: Any, name: str, at: int | None, value: Entry | None, part: Part) -> Settings:
        try:
            settings = self._file.load(read)
            if name == "cameras" and value is None and not settings.cameras:
                raise SetupRefused("last_camera", "the last camera stays: a watch without any would see nothing")
            self._fits(settings)
        except InvalidSettings as error:
            raise SetupRefused("invalid", str(error), _within(error, name, at, value, part)) from None
        except SettingsError as error:
            raise SetupRefused("invalid", str(error)) from None
        return settings


class _Files:
    """The bytes of all files, each read once, so that what is shown, tried and compared is the same."""

    def __init__(self, main: Path) -> None:
        self._main = main
        self._contents: dict[Path, bytes] = {}

    def content(self, path: Path) -> bytes:
        """Raises SettingsError."""
        if path not in self._contents:
            self._contents[path] = read_bytes(path)
        return self._contents[path]

    def joined(self) -> Joined:
        """Raises SettingsError."""
        return read_joined(self._main, lambda path: parse_toml(path, self.content(path)))

    def version(self) -> str:
        """Of what was read so far: all of it, once `joined` was called."""
        whole = hashlib.sha256()
        for path, content in sorted(self._contents.items()):
            whole.update(f"{path}\0{len(content)}\0".encode())
            whole.update(content)
        return whole.hexdigest()[:32]


def _readable(files: _Files) -> Joined:
    try:
        return files.joined()
    except SettingsError as error:
        raise SetupRefused("unreadable", str(error)) from None


def _page(joined: Joined, name: str, part: Part) -> Page:
    entries = _entries(joined, name)
    found = tuple(plain(masked(entry, part.fields(entry), part.shown)) for entry in entries)
    origins = (joined.origin((name, at))[0] for at in range(len(entries)))
    return Page(found, tuple("" if file is None else file.name for file in origins))


def _entries(joined: Joined, name: str) -> list[Entry]:
    held = joined.raw.get(name, [])
    return [one if isinstance(one, Mapping) else {} for one in (held if isinstance(held, list) else [held])]


def _found(joined: Joined, change: Change) -> int | None:
    """Which entry is meant; None: a new one. Raises SetupRefused."""
    part = PARTS[change.part]
    if not part.key:
        return 0 if change.part in joined.raw else None
    if change.key is None:
        if change.value is None:
            raise SetupRefused("gone", "nothing is named that could be taken out")
        return None
    for at, entry in enumerate(_entries(joined, change.part)):
        if entry.get(part.key) == change.key:
            return at
    raise SetupRefused("gone", f"{change.part}: {change.key} is not there any more")


def _entry(joined: Joined, name: str, at: int | None) -> Entry:
    return {} if at is None else _entries(joined, name)[at]


def _require_free(joined: Joined, after: Settings, limited: Mapping[str, Collection[str]], key: str) -> None:
    """A camera whose place went would keep its id as free text, and be nobody's who is limited to the place; who is
    limited to what went would see nothing, and not know why. joined: as the files were. Raises SetupRefused."""
    try:
        before = Settings.model_validate(joined.raw)
    except ValueError:
        return  # they were of no use, and now they are
    gone = _known(before) - _known(after)
    if used := [camera for camera in after.cameras if camera.place in gone]:
        names, cameras = sorted({camera.place for camera in used}), (camera.name for camera in used)
        raise _in_use("place_in_use", key, names=listed(names), cameras=listed(cameras))
    if held := {who: gone.intersection(ids) for who, ids in limited.items() if gone.intersection(ids)}:
        names = sorted(set().union(*held.values()))
        raise _in_use("limited_to_it", key, who=listed(sorted(held)), names=listed(names))


def _known(settings: Settings) -> set[str]:
    """What somebody may be limited to."""
    return {*settings.registry().places, *(camera.name for camera in settings.cameras)}


def _in_use(code: str, key: str, **values: str) -> SetupRefused:
    detail = MISFITS[code].format(**values)
    return SetupRefused("invalid", detail, [Problem(("", key), code, detail, values)])


def _whole(given: Entry, old: Entry, part: Part) -> dict[str, Any]:
    return unmasked(given, old, part.fields(given))


def _where(joined: Joined, name: str, at: int | None, main: Path) -> tuple[Path, int | None]:
    """In which file an entry stands, and as which there."""
    if at is None:
        return main, None
    file, loc = joined.origin((name, at, ""))
    return file or main, int(loc[1])


def _number(joined: Joined, change: Change, at: int | None) -> int | None:
    """As which the entry is counted in all files together, once the change is made; None: it is not there."""
    if change.value is None:
        return None
    if at is not None:
        return at
    return len(_entries(joined, change.part)) - len(joined.origins.get(change.part, ()))


def _edited(text: str, name: str, number: int | None, value: Entry | None) -> str:
    if not PARTS[name].key:
        if value is None:
            raise SetupRefused("invalid", f"{name}: a table that there is once is changed, not taken out")
        return with_table(text, name, value)
    if value is None:
        assert number is not None
        return without_entry(text, name, number)
    return with_entry(text, name, number, value)


def _within(error: InvalidSettings, name: str, at: int | None, value: Entry | None, part: Part) -> list[Any]:
    """The problems, those of the entry that was tried with the key's way within it."""
    found = []
    for problem in error.problems:
        start = (name, at) if part.key else (name,)
        if at is None or problem.loc[: len(start)] != start:
            found.append(problem)
            continue
        way = problem.loc[len(start) :]
        if part.tag and way and value is not None and way[0] == value.get(part.tag):
            way = way[1:]
        found.append(replace(problem, loc=("", *way)))
    return found
