"""The database of a store, whichever it is: SQLite in the store's folder, or PostgreSQL at an address."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, QueuePool
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError, StatementError

from alerts.errors import RowRefused, StoreError, StoreInUse

LOCK = "lock"

logging.getLogger("sqlalchemy").setLevel(logging.WARNING)  # below that it logs every row, those with keys too


@dataclass(frozen=True, slots=True)
class Database:
    """Open, with its tables.

    name: for messages, without a password. reading: any number of connections. writing: as many as the database can
    use; `alerts.db.store.Store` holds one at a time.
    """

    name: str
    reading: Engine
    writing: Engine

    def close(self) -> None:
        """Let go of all connections; harmless twice."""
        self.writing.dispose()
        self.reading.dispose()


def prepare_folder(folder: Path) -> None:
    """Create it if need be; raises StoreError when it is no folder or cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise StoreError(f"{folder}: not a folder") from None
    except OSError as error:
        raise StoreError(f"{folder}: cannot be created: {error.strerror}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreError(f"{folder}: not writable")


def take_lock(folder: Path) -> int:
    """The open, exclusively locked lock file of the folder; closing it (or dying) releases the lock."""
    path = folder / LOCK
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError:
        owner = os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(handle)
        raise StoreInUse(f"{folder}: in use by another xinan watch (process {owner})") from None
    except OSError as error:
        os.close(handle)
        raise StoreError(f"{path}: cannot be locked: {error.strerror}") from None
    return handle


def fill(engine: Engine) -> None:
    """Make the connections that its pool keeps: a process that has them from the start grows by nothing but a leak.
    Those lent last are lent first (`pool_use_lifo`), so that the others cost a file handle and no cache."""
    pool = engine.pool
    if isinstance(pool, QueuePool):
        with ExitStack() as stack:
            for _ in range(pool.size()):
                stack.enter_context(engine.connect())


@contextmanager
def as_store_error(name: str) -> Iterator[None]:
    """What the database says, as a StoreError of one line, without the statement and its values."""
    try:
        yield
    except SQLAlchemyError as error:
        at_fault = isinstance(error, IntegrityError | DataError) or type(error) is StatementError
        kind = RowRefused if at_fault else StoreError
        raise kind(f"{name}: {_said(error)}") from None


def _said(error: SQLAlchemyError) -> str:
    """One line. PostgreSQL quotes values in the lines below the first."""
    said = str(getattr(error, "orig", None) or type(error).__name__)
    first = next((line for line in said.splitlines() if line.strip()), type(error).__name__)
    return " ".join(first.split())
