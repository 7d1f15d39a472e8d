"""The record as a chain: each row is sealed by a SHA-256 over itself and the seal of the row before it. No I/O.

What that proves: a row that was changed, taken out, put in or moved is found and named, by whoever can read the table.
What it cannot prove by itself: that the newest rows were not cut off, or that somebody did not write the whole chain
anew. For that, `Head`s are noted elsewhere (alerts.record.anchor): a chain that has them as they were noted is the
same up to there.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from alerts.db.codec import plain, time_text


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain goes: the number and the seal of its newest row."""

    seq: int
    hash: str


EMPTY = Head(0, "0" * 64)
"""Of a chain without rows; the first row is number 1."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to go on record.

    kind: a word of `alerts.record.records.Kind`. subject: the alert's id or the camera's name it is about, "" for
    neither. by: who; "system" for the program. via: by which door: console, terminal or watch. detail: plain JSON
    values. at: when, aware UTC; None: when it is written down. account: the id of the account that did it; "" of none.
    """

    kind: str
    subject: str = ""
    by: str = "system"
    via: str = "watch"
    detail: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    account: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A row of the record. at: aware UTC. prev_hash: seal of the row before it. hash: its own seal, hex."""

    seq: int
    at: datetime
    by: str
    via: str
    kind: str
    subject: str
    detail: Mapping[str, Any]
    prev_hash: str
    hash: str
    account: str = ""

    @property
    def head(self) -> Head:
        """The chain up to this row."""
        return Head(self.seq, self.hash)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was recorded. where: "record 12", "alert 01J…" or a file's name. what: one line.

    expected, found: hashes or numbers, "" where there is none.
    """

    where: str
    what: str
    expected: str = ""
    found: str = ""

    def __str__(self) -> str:
        compared = f" (expected {self.expected or 'nothing'}, found {self.found or 'nothing'})"
        return f"{self.where}: {self.what}{compared if self.expected or self.found else ''}"


def canonical(value: Any) -> bytes:
    """JSON of which there is only one form: keys in order, no spaces, UTF-8, what JSON does not know as text."""
    text = json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "backslashreplace")


def digest(value: Any) -> str:
    """Hex SHA-256 of its canonical form."""
    return hashlib.sha256(canonical(value)).hexdigest()


def seal_of(record: Record) -> str:
    """What the row's `hash` must be. No account is left out, as it was before rows knew of accounts."""
    account = {"account": record.account} if record.account else {}
    return digest(
        {
            **account,
            "seq": record.seq,
            "at": time_text(record.at),
            "by": record.by,
            "via": record.via,
            "kind": record.kind,
            "subject": record.subject,
            "detail": record.detail,
            "prev_hash": record.prev_hash,
        }
    )


def seal(entry: Entry, at: datetime, head: Head) -> Record:
    """The row that comes after `head`."""
    detail: dict[str, Any] = plain(entry.detail)
    said = (entry.by, entry.via, entry.kind, entry.subject, detail)
    bare = Record(head.seq + 1, at, *said, head.hash, "", entry.account)
    return replace(bare, hash=seal_of(bare))


class Walk:
    """Checks a chain row by row, in the order of `seq`; a fault does not end it, so that one change names one row.

    start: what stood before the first row (`EMPTY`, or where older rows were deleted). noted: heads noted elsewhere.
    """

    def __init__(self, start: Head = EMPTY, noted: Iterable[Head] = ()) -> None:
        self.head = start
        self._noted = {head.seq: head.hash for head in noted if head.seq > start.seq}

    def step(self, record: Record) -> Iterator[Fault]:
        """The next row."""
        before, self.head = self.head, record.head
        name = f"record {record.seq}"
        skipped = record.seq - before.seq - 1
        if skipped < 0:
            yield Fault(name, "its number does not come next", str(before.seq + 1), str(record.seq))
        elif skipped:
            first, last = before.seq + 1, record.seq - 1
            gone = f"record {first}" if skipped == 1 else f"records {first} to {last}"
            yield Fault(gone, "missing", str(skipped), "0")
        own = seal_of(record)
        if own != record.hash:
            yield Fault(name, "was changed after it was sealed", record.hash, own)
        elif record.prev_hash != before.hash and not skipped:
            what = f"was sealed anew: record {record.seq} follows another one"
            yield Fault(f"record {before.seq}", what, record.prev_hash, before.hash)
        known = self._noted.pop(record.seq, record.hash)
        if known != record.hash:
            yield Fault(name, "was noted elsewhere with another hash: the chain was written anew", known, record.hash)

    def end(self) -> Iterator[Fault]:
        """After the last row."""
        for seq, known in sorted(self._noted.items()):
            if seq > self.head.seq:
                what = "noted elsewhere and no longer there: the end of the record was cut off"
                yield Fault(f"record {seq}", what, known, "")


def check(records: Iterable[Record], start: Head = EMPTY, noted: Iterable[Head] = ()) -> Iterator[Fault]:
    """All faults of a chain."""
    walk = Walk(start, noted)
    for record in records:
        yield from walk.step(record)
    yield from walk.end()
