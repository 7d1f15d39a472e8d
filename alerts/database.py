"""Opening the database of a store: everything that is SQLite's own is in this file."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError, StatementError

from alerts.errors import RowRefused, StoreError
from alerts.schema import SCHEMA_VERSION, UPGRADES, meta, metadata

DATABASE = "alerts.db"
LOCK = "lock"
BUSY_MS = 1_000
"""How long a statement waits for somebody else's lock (a backup, a curious shell), milliseconds."""


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
        raise StoreError(f"{folder}: in use by another xinan watch (process {owner})") from None
    except OSError as error:
        os.close(handle)
        raise StoreError(f"{path}: cannot be locked: {error.strerror}") from None
    return handle


def open_sqlite(folder: Path) -> Engine:
    """The engine of the folder's database, with its tables. Raises StoreError."""
    path = folder / DATABASE
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))  # for the owner only, from the start
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from None
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_MS / 1000, "check_same_thread": False})
    event.listen(engine, "connect", _set_up)
    try:
        with as_store_error(path):
            create_tables(engine, path)
    except StoreError:
        engine.dispose()
        raise
    return engine


def read_sqlite(folder: Path) -> Engine:
    """The engine of a folder's database, for reading beside whoever writes. Raises StoreError if there is none."""
    path = folder / DATABASE
    if not path.is_file():
        raise StoreError(f"{path}: no such database: nothing was watched with this store.path yet")
    address = f"sqlite:///file:{quote(str(path.resolve()))}?mode=ro&uri=true"
    engine = create_engine(address, connect_args={"timeout": BUSY_MS / 1000, "check_same_thread": False})
    try:
        with as_store_error(path), engine.connect() as connection:
            _check_version(connection, path)
    except StoreError:
        engine.dispose()
        raise
    return engine


def create_tables(engine: Engine, name: Path) -> None:
    """Create what is not there and check the version of what is. Raises StoreError for a newer schema."""
    metadata.create_all(engine)
    with engine.begin() as connection:
        _upgrade(connection)
        found = _check_version(connection, name)
        if found is None:
            connection.execute(insert(meta).values(key="schema_version", value=str(SCHEMA_VERSION)))
        else:  # shows at the start, not at the first alert, that it can be written
            connection.execute(update(meta).where(meta.c.key == "schema_version").values(value=found))
        _check(connection, name)


def _upgrade(connection: Connection) -> None:
    """Bring the tables of an earlier version up to this one."""
    number = meta.c.key == "schema_version"
    while (found := connection.scalar(select(meta.c.value).where(number))) in UPGRADES:
        # The number first: it opens the transaction, which SQLite's driver does not do for a change of tables. A power
        # cut between the two would else leave a column that the next start cannot add, and a watch that never starts.
        connection.execute(update(meta).where(number).values(value=str(int(found) + 1)))
        connection.exec_driver_sql(UPGRADES[found])


def _check_version(connection: Connection, name: Path) -> str | None:
    """The schema's version; None in a new database. Raises StoreError for another one than this program's."""
    found: str | None = connection.scalar(select(meta.c.value).where(meta.c.key == "schema_version"))
    if found not in (None, str(SCHEMA_VERSION)):
        remedy = "; start `xinan watch` once, which brings it up to date" if found in UPGRADES else ""
        raise StoreError(f"{name}: has schema version {found}; this version of xinan reads {SCHEMA_VERSION}{remedy}")
    return found


@contextmanager
def as_store_error(name: Path) -> Iterator[None]:
    """What the database says, as a StoreError of one line, without the statement and its values."""
    try:
        yield
    except SQLAlchemyError as error:
        said = getattr(error, "orig", None) or type(error).__name__
        at_fault = isinstance(error, IntegrityError | DataError) or type(error) is StatementError
        kind = RowRefused if at_fault else StoreError
        raise kind(f"{name}: {' '.join(str(said).split())}") from None


def _set_up(connection: Any, _: Any) -> None:
    """WAL so that readers never wait for the writer; FULL so that a commit outlives a power cut."""
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "journal_size_limit=16777216",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _check(connection: Connection, name: Path) -> None:
    if connection.dialect.name != "sqlite":
        return
    said = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if said != "ok":
        raise StoreError(f"{name}: the database is damaged: {' '.join(str(said).split())}")
