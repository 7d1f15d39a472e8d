"""Is a zip that was taken out of the console still as it was made? Needs nothing but the zip.

Every file is compared with the list of fingerprints, every row of the record with its own seal, and every picture and
clip with what the rows say of it. Whoever writes all of these anew is found by nothing in the zip: for that, the
rows' numbers and seals are compared with the whole record (`xinan verify --head`).
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

from alerts.dossier.bundle import ROWS, SUMS
from alerts.errors import SettingsError
from alerts.line import counted
from alerts.record.chain import Fault, Record, seal_of

BLOCK = 1 << 20
MOST_TEXT = 64 << 20
"""Bytes of a list or of the rows: more is none of ours."""


@dataclass(slots=True)
class Checked:
    """What was gone through."""

    files: int = 0
    rows: int = 0
    heads: tuple[str, ...] = ()
    faults: list[Fault] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The result in words, without the faults."""
        faults = counted(len(self.faults), "fault") if self.faults else "no faults"
        yield f"{counted(self.files, 'file')}, {counted(self.rows, 'row')} of the record: {faults}"


def check(path: Path) -> Checked:
    """Raises SettingsError: it is no such zip, or cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _checked(path, archive)
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {' '.join(str(error).split())[:200]}") from None


def _checked(path: Path, archive: zipfile.ZipFile) -> Checked:
    names = [name for name in archive.namelist() if not name.endswith("/")]
    lists = [name for name in names if PurePosixPath(name).name == SUMS]
    if len(lists) != 1:
        raise SettingsError(f"{path}: not an export of an alert: it has no {SUMS}")
    folder = lists[0].removesuffix(SUMS)
    found = Checked()
    known = dict(_sums(_text(archive, lists[0])))
    there: dict[str, str] = {}
    for name in names:
        if name != lists[0]:
            with archive.open(name) as file:
                there[name.removeprefix(folder)] = _digest(file)
    found.files = len(there)
    found.faults += _compared(known, there)
    rows = f"{folder}{ROWS}"
    if rows in names:
        _rows(_text(archive, rows), there, found)
    return found


def _sums(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        value, _, name = line.partition("  ")
        if name:
            yield name, value


def _compared(known: Mapping[str, str], there: Mapping[str, str]) -> Iterator[Fault]:
    for name in sorted(known.keys() | there.keys()):
        expected, found = known.get(name, ""), there.get(name, "")
        if expected != found:
            what = "is not in the list" if not expected else "is missing" if not found else "was changed"
            yield Fault(name, what, expected, found)


def _rows(text: str, there: Mapping[str, str], found: Checked) -> None:
    heads: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        found.rows += 1
        try:
            said = json.loads(line)
            row = Record(**{**said, "at": datetime.fromisoformat(said["at"])})
            own = seal_of(row)
        except (TypeError, ValueError, KeyError, AttributeError):
            found.faults.append(Fault(f"{ROWS}: line {number}", "is no row of a record"))
            continue
        heads.append(f"{row.seq}:{row.hash}")
        if own != row.hash:
            found.faults.append(Fault(f"record {row.seq}", "was changed after it was sealed", row.hash, own))
        named = row.detail.get("files") if isinstance(row.detail, Mapping) else None
        for name, expected in (named if isinstance(named, Mapping) else {}).items():
            if name in there and there[name] != expected:
                found.faults.append(Fault(str(name), f"is not what record {row.seq} says", str(expected), there[name]))
    found.heads = tuple(heads)


def _text(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as file:
        return file.read(MOST_TEXT).decode()


def _digest(file: IO[bytes]) -> str:
    found = hashlib.sha256()
    while block := file.read(BLOCK):
        found.update(block)
    return found.hexdigest()
