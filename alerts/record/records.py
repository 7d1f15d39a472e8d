"""The record in the database: who saw, did and changed what.

Rows are written in the transaction of what they tell of, or, of what was merely looked at, by `alerts.record.recorder`.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import Connection, Row, Select, func, insert, select

from alerts.db.schema import alerts
from alerts.db.schema_records import records
from alerts.record.chain import EMPTY, Entry, Head, Record, seal

_R = records.c


class Kind(StrEnum):
    """What can be on record. The first ones carry the settled state of an alert (alerts.record.sealed)."""

    FIRED = "fired"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"
    FALSE_ALARM = "false_alarm"
    STEPPED = "stepped"
    MUTED = "muted"
    UPDATED = "updated"
    FILED = "filed"
    BEGAN = "began"
    SAW_PICTURE = "saw_picture"
    SAW_CLEAR_PICTURE = "saw_clear_picture"
    SAW_CLIP = "saw_clip"
    SAW_LIVE = "saw_live"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGN_IN_REFUSED = "sign_in_refused"
    MADE_LINK = "made_link"
    MADE_TOKEN = "made_token"
    REVOKED_TOKEN = "revoked_token"
    ADDED_ACCOUNT = "added_account"
    CHANGED_ACCOUNT = "changed_account"
    REMOVED_ACCOUNT = "removed_account"
    SET_PASSWORD = "set_password"
    ENDED_SESSIONS = "ended_sessions"
    CHANGED_SETTINGS = "changed_settings"
    SET_UP = "set_up"
    TRIED_CHANNEL = "tried_channel"
    TRIED_CAMERA = "tried_camera"
    TRIED_RULES = "tried_rules"
    CHANGED_PLAN = "changed_plan"
    SILENCED = "silenced"
    ENDED_SILENCE = "ended_silence"
    ADDED_PHONE = "added_phone"
    REMOVED_PHONE = "removed_phone"
    DISABLED_PHONE = "disabled_phone"
    RESENT = "resent"
    EXPORTED = "exported"
    HELD = "held"
    RELEASED = "released"
    SIGNED_SHEET = "signed_sheet"
    COUNTERSIGNED = "countersigned"
    BEGAN_DRILL = "began_drill"
    ENDED_DRILL = "ended_drill"
    DELETED = "deleted"
    SHORTENED = "shortened"


SEALING = (
    Kind.FIRED,
    Kind.REOPENED,
    Kind.RESOLVED,
    Kind.ACKNOWLEDGED,
    Kind.FALSE_ALARM,
    Kind.STEPPED,
    Kind.MUTED,
    Kind.UPDATED,
    Kind.FILED,
)
"""Kinds that carry an alert's settled state."""


class Transactions(Protocol):
    """The part of `alerts.db.store.Store` that is needed here."""

    def writing(self) -> AbstractContextManager[Connection]: ...
    def reading(self) -> AbstractContextManager[Connection]: ...


def begin(connection: Connection, at: datetime) -> Head:
    """How far the record goes. Call it first in a transaction that appends: of an empty record it writes the first row,
    which says up to which alert nothing can be on record, as the record is younger than they.
    """
    found = connection.execute(_newest()).one_or_none()
    if found is not None:
        return Head(found.seq, found.hash)
    before = connection.scalar(select(func.max(alerts.c.id))) or ""
    return append(connection, EMPTY, [Entry(Kind.BEGAN, detail={"alerts_before": before})], at)


def append(connection: Connection, head: Head, entries: Sequence[Entry], at: datetime) -> Head:
    """Write them after `head`, in the connection's transaction; the new head. at: for entries without a time."""
    rows: list[dict[str, Any]] = []
    for entry in entries:
        row = seal(entry, entry.at or at, head)
        rows.append({name: getattr(row, name) for name in _COLUMNS})
        head = row.head
    if rows:
        connection.execute(insert(records), rows)
    return head


def put(connection: Connection, entries: Sequence[Entry], at: datetime) -> None:
    """Write them at the end of the record, in the connection's transaction: what they tell of is none of an alert's
    own changes, for which `begin` comes first."""
    if entries:
        append(connection, begin(connection, at), entries, at)


def head_of(store: Transactions) -> Head:
    """Of the record as it is."""
    with store.reading() as connection:
        found = connection.execute(_newest()).one_or_none()
    return EMPTY if found is None else Head(found.seq, found.hash)


def newest(
    store: Transactions,
    *,
    before: int | None = None,
    limit: int = 50,
    subject: str | None = None,
    kinds: Sequence[str] | None = None,
) -> list[Record]:
    """Newest first. before: the number of the last one of the page before. kinds: only these."""
    query = select(records).order_by(_R.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(_R.seq < before)
    if subject is not None:
        query = query.where(_R.subject == subject)
    if kinds is not None:
        query = query.where(_R.kind.in_(kinds))
    return _fetch(store, query)


def oldest(store: Transactions, after: int, limit: int) -> list[Record]:
    """In the order of the chain, from the row after number `after`."""
    return _fetch(store, select(records).where(_R.seq > after).order_by(_R.seq).limit(limit))


def begun_at(store: Transactions) -> datetime | None:
    """When the oldest row that is kept was written; None while there is none. Nothing was watched here before, or it is
    no longer on record."""
    first = oldest(store, 0, 1)
    return first[0].at if first else None


def _newest() -> Select[Any]:
    return select(_R.seq, _R.hash).order_by(_R.seq.desc()).limit(1)


def _fetch(store: Transactions, query: Select[Any]) -> list[Record]:
    with store.reading() as connection:
        return [to_record(row) for row in connection.execute(query)]


def to_record(row: Row[Any]) -> Record:
    """From a row of `records`."""
    return Record(**row._mapping)


_COLUMNS = tuple(records.c.keys())
