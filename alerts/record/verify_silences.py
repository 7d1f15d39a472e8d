"""Are silences and drills as the record says? What was muted, why, by whom and until when decides whether people were
told; so it has to be as unchangeable as the alerts.

What is held in memory of each silence is its id.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from alerts.db.codec import time_text
from alerts.db.schema_silences import silences
from alerts.record.chain import Fault, Record
from alerts.record.records import Kind, Transactions, oldest

PAGE = 500
_S = silences.c


class SilenceCheck:
    """`page` with each page of the record in its order, then `rest`."""

    def __init__(self, store: Transactions) -> None:
        self._store = store
        self._since: datetime | None = None
        self._begun: set[str] = set()
        self._ended: set[str] = set()
        self.older = 0
        """So many of those that `rest` has looked at began before the record, which does not say how they were."""

    def page(self, page: Sequence[Record]) -> Iterator[Fault]:
        """What is on record beside what is there."""
        if self._since is None and page:
            self._since = page[0].at
        told = self._note(page)
        with self._store.reading() as connection:
            ids = {str(record.detail["silence"]) for record in told}
            rows = {row.id: row for row in connection.execute(select(silences).where(_S.id.in_(ids)))} if ids else {}
        for record in told:
            silence_id = str(record.detail["silence"])
            name, row = f"silence {silence_id}", rows.get(silence_id)
            if row is None:
                yield Fault(name, f"is in record {record.seq} and no longer there")
            elif wrong := [key for key, value in _said(record).items() if _there(row, key) != value]:
                yield Fault(name, f"was changed after record {record.seq}: {', '.join(wrong)}")

    def rest(self, seq: int) -> Iterator[tuple[int, list[Fault]]]:
        """What is there beside what is on record: how many were looked at, and what is wrong. seq: of the newest row of
        the record that `page` has seen. What is older than the record is not asked for."""
        after = ""
        while rows := self._rows(after):
            after = rows[-1].id
            faults = list(self._unsaid(rows))
            if faults:  # perhaps it is merely newer than what was walked through
                self._catch_up(seq)
                faults = list(self._unsaid(rows))
            self.older += sum(row.id not in self._begun and not self._covers(row.begun_at) for row in rows)
            yield len(rows), faults

    def _note(self, page: Sequence[Record]) -> list[Record]:
        told = [record for record in page if record.kind in (Kind.SILENCED, Kind.ENDED_SILENCE)]
        told = [record for record in told if record.detail.get("silence")]
        for record in told:
            seen = self._begun if record.kind == Kind.SILENCED else self._ended
            seen.add(str(record.detail["silence"]))
        return told

    def _catch_up(self, seq: int) -> None:
        while page := oldest(self._store, seq, PAGE):
            self._note(page)
            seq = page[-1].seq

    def _rows(self, after: str) -> Sequence[Row[Any]]:
        query = select(silences).where(_S.id > after).order_by(_S.id).limit(PAGE)
        with self._store.reading() as connection:
            return connection.execute(query).all()

    def _unsaid(self, rows: Sequence[Row[Any]]) -> Iterator[Fault]:
        for row in rows:
            if row.id not in self._begun and self._covers(row.begun_at):
                yield Fault(f"silence {row.id}", "is there and was never put on record")
            elif row.ended_at is not None and row.id not in self._ended and self._covers(row.ended_at):
                yield Fault(f"silence {row.id}", "was ended, and no record says so")

    def _covers(self, at: datetime) -> bool:
        return self._since is not None and at >= self._since


def _said(record: Record) -> Mapping[str, Any]:
    """Columns of the silence that the row of the record tells."""
    if record.kind == Kind.ENDED_SILENCE:
        return {"ended_at": time_text(record.at), "ended_by": record.by}
    told = {key: record.detail.get(key) for key in ("kind", "scope_kind", "scope", "reason", "fire", "ends_at")}
    return {**told, "by": record.by, "begun_at": time_text(record.at)}


def _there(row: Row[Any], key: str) -> Any:
    value = row._mapping[key]
    return time_text(value) if isinstance(value, datetime) else value
