"""Room of its own within the SQLite file, for when the disk is full."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from alerts.db.database import Database, as_store_error

RESERVE = 32 << 20
"""Bytes that lie free inside the file: on a full disk they are the database's own, enough for the rows of some thousand
alerts."""
LOG = 8 << 20
"""Its log (WAL) is as long at least: twice what it takes until its pages are moved into the file."""
PIECE = 2 << 20
"""Bytes that are written in one turn: whoever has an alert to store waits no longer than for these."""

_PAGES_IN_LOG = 1_000  # SQLite's own: after so many its pages are moved into the file by whoever commits


def filled_up(database: Database, turn: AbstractContextManager[object]) -> Iterator[None]:
    """Have `RESERVE` free bytes within the file, if less than half of them are left; a piece for each step.

    turn: of whoever writes; taken for each piece anew. Raises StoreError: no room.
    The filler is committed before it is dropped: pages that are freed in the transaction which took them are never
    written, and a file with holes has no room of its own.
    """
    if _enough(database):
        return
    _write(database, turn, "CREATE TABLE IF NOT EXISTS reserve (filler BLOB)")
    yield from _emptied(database, turn)  # what a kill left of it
    for number in range(RESERVE // PIECE):
        _write(database, turn, f"INSERT INTO reserve VALUES (zeroblob({PIECE}))")
        if (number + 1) % (LOG // PIECE) == 0:
            _move_log(database)
        yield
    yield from _emptied(database, turn)
    _write(database, turn, "DROP TABLE reserve")


def _enough(database: Database) -> bool:
    with as_store_error(database.name), database.reading.connect() as connection:
        free = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
        size = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    log = Path(f"{database.name}-wal")
    return free * size >= RESERVE // 2 and log.exists() and log.stat().st_size >= LOG // 2


def _emptied(database: Database, turn: AbstractContextManager[object]) -> Iterator[None]:
    while _write(database, turn, "DELETE FROM reserve WHERE rowid = (SELECT max(rowid) FROM reserve)"):
        yield


def _write(database: Database, turn: AbstractContextManager[object], statement: str) -> int:
    """How many rows it was. The log is left to grow, so that it becomes `LOG` long, and nobody moves it in his turn."""
    with as_store_error(database.name), database.writing.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_autocheckpoint=0")
        try:
            with turn:
                rows = connection.exec_driver_sql(statement).rowcount
                connection.commit()
        finally:
            connection.rollback()
            connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint={_PAGES_IN_LOG}")
    return max(0, rows)


def _move_log(database: Database) -> None:
    """Move the log's pages into the file, beside whoever writes."""
    with as_store_error(database.name), database.writing.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").all()
