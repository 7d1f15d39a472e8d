"""What a command may change beside a running watch: who may come in, by accounts and by tokens.

Each change begins by writing `access.version`, so that those of several processes come one after the other, and whoever
knows an older version reads all anew. The record has one writer, whoever holds the store's lock: a command beside it
leaves its entries in `waiting_records`, which the watch takes in.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from alerts.db.schema import meta
from alerts.db.schema_access import waiting_records
from alerts.record import records
from alerts.record.chain import Entry
from alerts.record.records import Transactions

_VERSION = "access.version"
_W = waiting_records.c

Put = Callable[[Connection, Sequence[Entry], datetime], None]
"""Puts entries on record in a transaction."""


def in_chain(connection: Connection, entries: Sequence[Entry], at: datetime) -> None:
    """Right away; for whoever holds the store's lock."""
    records.append(connection, records.begin(connection, at), entries, at)


def in_waiting(connection: Connection, entries: Sequence[Entry], at: datetime) -> None:
    """For the watch to take in."""
    for entry in entries:
        connection.execute(insert(waiting_records).values(asdict(entry) | {"at": entry.at or at}))


def version(store: Transactions) -> str:
    """Another one after every change. May block; raises StoreError."""
    with store.reading() as connection:
        return connection.scalar(select(meta.c.value).where(meta.c.key == _VERSION)) or ""


@contextmanager
def changing(store: Transactions) -> Iterator[Connection]:
    """A transaction, committed at the end of the block; nobody else changes anything of it meanwhile."""
    with store.writing() as connection:
        connection.execute(update(meta).where(meta.c.key == _VERSION).values(value=secrets.token_hex(8)))
        yield connection


def take_in(store: Transactions, at: datetime) -> None:
    """Put on record what commands left. For whoever holds the store's lock."""
    with store.reading() as connection:
        found = connection.execute(select(waiting_records).order_by(_W.id)).all()
    if not found:
        return
    entries = [Entry(row.kind, row.subject, row.by, row.via, row.detail, row.at, row.account) for row in found]
    with store.writing() as connection:
        connection.execute(delete(waiting_records).where(_W.id.in_([row.id for row in found])))
        in_chain(connection, entries, at)
