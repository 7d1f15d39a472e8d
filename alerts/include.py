"""The files of the settings: the main one, and those that it includes for its places and cameras."""

import glob
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alerts.errors import Problem, SettingsError
from alerts.whereabouts import fault_at, is_placed, not_closed, opened_before

INCLUDED = ("cameras", "places")
"""The lists that may go on in further files. All else stands in the main file, where it is looked for."""

Read = Callable[[Path], dict[str, Any]]
"""What one file says. Raises SettingsError."""

_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Joined:
    """What stands in all files together.

    origins: list → for each of its entries that came from a further file, (index, file, index there).
    """

    raw: dict[str, Any]
    origins: Mapping[str, Sequence[tuple[int, Path, int]]] = field(default_factory=dict)

    def origin(self, loc: Sequence[int | str]) -> tuple[Path | None, tuple[int | str, ...]]:
        """Where a key was written: the file (None: the main one) and the key as it is counted there."""
        for index, file, there in self.origins.get(str(loc[0]), ()) if len(loc) > 1 else ():
            if index == loc[1]:
                return file, (loc[0], there, *loc[2:])
        return None, tuple(loc)


def read_joined(main: Path, read: Read | None = None) -> Joined:
    """The main file with the entries of the further ones behind its own. read: instead of `read_toml`.

    Raises SettingsError naming the file.
    """
    read = read or read_toml
    raw = read(main)
    origins: dict[str, list[tuple[int, Path, int]]] = {}
    for file in included_files(main, patterns_in(raw, main)):
        for key, entries in _entries(file, read(file)).items():
            held = raw.setdefault(key, [])
            if not isinstance(held, list):
                continue  # the main file has something else under this name: its validation says so
            origins.setdefault(key, []).extend((len(held) + at, file, at) for at in range(len(entries)))
            held.extend(entries)
    return Joined(raw, origins)


def patterns_in(raw: Mapping[str, Any], main: Path) -> tuple[str, ...]:
    """What the main file includes. Raises SettingsError."""
    patterns = raw.get("include", ())
    if not isinstance(patterns, list | tuple) or not all(isinstance(one, str) and one for one in patterns):
        raise SettingsError(f'{main}: include: expected a list of files, such as ["places/*.toml"]')
    return tuple(patterns)


def included_files(main: Path, patterns: Sequence[str]) -> list[Path]:
    """The files that the patterns name, seen from the main file's folder, in order, each once.

    Raises SettingsError where one names nothing: cameras and places would be missing without a word.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        files = matching(main, pattern)
        if not files:
            raise SettingsError(f"{main}: include: {pattern}: no such file")
        found.update(dict.fromkeys(files))
    return list(found)


def matching(main: Path, pattern: str) -> list[Path]:
    """The files of one pattern by name; the main file itself is none of them."""
    folder = main.parent
    named = [pattern] if not _WILD & set(pattern) else sorted(glob.glob(pattern, root_dir=folder, recursive=True))
    files = [folder / name for name in named]
    return [file for file in files if file.is_file() and not (main.exists() and os.path.samefile(file, main))]


def read_toml(path: Path) -> dict[str, Any]:
    """One file. Raises SettingsError: one line that names it."""
    return parse_toml(path, read_bytes(path))


def read_bytes(path: Path) -> bytes:
    """What stands in one file. Raises SettingsError: one line that names it."""
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            raise SettingsError(f"{path}: not a regular file")
        return path.read_bytes()
    except FileNotFoundError:
        raise _of_file(path, "file_missing", "no such file") from None
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror or error}") from None


def parse_toml(path: Path, content: bytes) -> dict[str, Any]:
    """What one file says. Raises SettingsError: one line that names it."""
    try:
        text = text_of(content)
    except UnicodeDecodeError:
        raise _of_file(path, "file_not_text", "not a text file in UTF-8") from None
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise SettingsError(f"{path}: nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        fault = " ".join(str(error).split())
        code, where = _where(text, fault)
        raise _of_file(path, code, f"{fault}{not_closed(text, fault)}", **where) from None


def _where(text: str, fault: str) -> tuple[str, dict[str, str]]:
    """Code and values of a fault of TOML. Only where the text ends before a bracket is closed it is the bracket for
    certain; elsewhere the fault's own place comes first, and the bracket is a guess."""
    line, column = (str(one) for one in fault_at(text, fault))
    opened = opened_before(text, fault)
    if opened is None:
        return "file_fault", {"line": line, "column": column}
    begun = {"sign": opened[0], "begun_line": str(opened[1]), "begun_column": str(opened[2])}
    return ("file_doubt", {"line": line, "column": column, **begun}) if is_placed(fault) else ("file_open", begun)


def _of_file(path: Path, code: str, message: str, **values: str) -> SettingsError:
    """What is wrong with a file as a whole."""
    return SettingsError(f"{path}: {message}", [Problem((), code, message, {"file": path.name, **values})])


def text_of(content: bytes) -> str:
    """Without the byte-order mark that some editors put before the text. Raises UnicodeDecodeError."""
    return content.decode("utf-8-sig")


def _entries(file: Path, raw: dict[str, Any]) -> dict[str, list[Any]]:
    if unknown := sorted(raw.keys() - set(INCLUDED)):
        raise SettingsError(
            f"{file}: unknown key {unknown[0]}; an included file may hold [[cameras]] and [[places]] only"
        )
    for key, entries in raw.items():
        if not isinstance(entries, list):
            raise SettingsError(f"{file}: {key}: expected [[{key}]], a list of tables")
    return raw
