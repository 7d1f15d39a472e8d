"""How far the record went, noted in a file beside the database: what finds an end that was cut off.

Whoever can write both the database and this file can still write the whole record anew. `xinan verify` therefore prints
the newest head: kept elsewhere (on paper, in a mail), it proves the record up to there to anybody.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from alerts.errors import SettingsError, StoreError
from alerts.record.chain import EMPTY, Head
from streams.disk import replace_text

FILE = "records.heads"
MOST_DAYS = 400


class Anchor:
    """One line for each day, "2026-01-31 <number>:<hash>": the head that was the newest when it was last noted."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._noted = EMPTY

    def heads(self) -> list[Head]:
        """All that are noted, oldest first; lines that are none are left out. Raises StoreError."""
        try:
            return list(self._days().values())
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{self._path}: cannot be read: {error}") from None

    def note(self, head: Head, at: datetime) -> None:
        """Put it down for this day, if it is news. Raises OSError; the next call tries again."""
        if head == self._noted or head == EMPTY:
            return
        days = self._days() | {f"{at:%Y-%m-%d}": head}
        kept = sorted(days.items())[-MOST_DAYS:]
        replace_text(self._path, "".join(f"{day} {text(one)}\n" for day, one in kept))
        self._noted = head

    def _days(self) -> dict[str, Head]:
        try:
            lines = self._path.read_text("utf-8").split("\n")
        except FileNotFoundError:
            return {}
        pairs = (line.split(" ", 1) for line in lines if " " in line)
        return {day: head for day, said in pairs if (head := _parsed(said)) is not None}


def text(head: Head) -> str:
    """As it is printed and noted."""
    return f"{head.seq}:{head.hash}"


def parse(said: Iterable[str]) -> list[Head]:
    """Heads that a person gives. Raises SettingsError."""
    heads: list[Head] = []
    for one in said:
        head = _parsed(one)
        if head is None:
            raise SettingsError(f"--head {one[:80]}: expected NUMBER:HASH as `xinan verify` prints it")
        heads.append(head)
    return heads


def _parsed(said: str) -> Head | None:
    seq, _, value = said.strip().partition(":")
    return Head(int(seq), value) if seq.isascii() and seq.isdecimal() and len(value) == 64 else None
