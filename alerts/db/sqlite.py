"""The store's database as one file of SQLite in the store's folder."""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from alerts.db import migrations
from alerts.db.database import Database, as_store_error, fill
from alerts.errors import StoreError

FILE = "alerts.db"
BUSY_MS = 1_000
"""How long a statement waits for somebody else's lock (a backup, a curious shell), milliseconds."""

CHECK_S = 2.0
"""A database is looked through for damage for this long when it is opened, seconds: about 1 GB that is cached. Nobody
watches meanwhile."""

_log = logging.getLogger(__name__)


def open_sqlite(folder: Path) -> Database:
    """The folder's database, created or brought up to date if need be. The folder is locked. Raises StoreError."""
    path = folder / FILE
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))  # for the owner only, from the start
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from None
    engine = _engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _set_up)
    with _closed_on_error(engine), as_store_error(str(path)):
        with changing_tables(engine) as connection:
            if migrations.upgrade(connection, str(path), folder):
                _check_references(connection, str(path))
        with engine.connect() as connection:
            _check(connection, str(path))
        fill(engine)
    return Database(str(path), engine, engine)


def read_sqlite(folder: Path) -> Database:
    """A folder's database, to read beside whoever writes it. Raises StoreError: there is none, of another version."""
    path = there(folder)
    return _checked(path, _engine(f"sqlite:///file:{quote(str(path.resolve()))}?mode=ro&uri=true"))


def beside_sqlite(folder: Path) -> Database:
    """The same, to write to: for a moment each, while others wait."""
    path = there(folder)
    engine = _engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _set_up)
    return _checked(path, engine)


def there(folder: Path) -> Path:
    """The file of a folder's database. Raises StoreError where nothing made one yet, and says how to name another."""
    path = folder.absolute() / FILE
    if not path.is_file():
        raise StoreError(
            f"{path}: no such database: nothing was watched with this store.path yet; name another by -c FILE or --set "
            "store.path=FOLDER. A demo has a store of its own, and prints the link to it when it starts"
        )
    return path


def _checked(path: Path, engine: Engine) -> Database:
    with _closed_on_error(engine), as_store_error(str(path)), engine.connect() as connection:
        migrations.check(connection, str(path))
    return Database(str(path), engine, engine)


def _engine(address: str) -> Engine:
    return create_engine(
        address, connect_args={"timeout": BUSY_MS / 1000, "check_same_thread": False}, pool_use_lifo=True
    )


@contextmanager
def _closed_on_error(engine: Engine) -> Iterator[None]:
    try:
        yield
    except BaseException:
        engine.dispose()
        raise


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


@contextmanager
def changing_tables(engine: Engine) -> Iterator[Connection]:
    """A transaction for statements that change tables: all of them or, after a power cut too, none."""
    with engine.connect() as connection:
        # A table that is rebuilt is dropped for a moment, under the rows that refer to it.
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver opens one for changes of rows only
        yield connection
        connection.commit()
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection, name: str) -> None:
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise StoreError(f"{name}: rows of {broken[0]} refer to what is not there")


def _check(connection: Connection, name: str) -> None:
    """As much as can be looked at in `CHECK_S`."""
    driver: Any = connection.connection.driver_connection
    enough = threading.Timer(CHECK_S, driver.interrupt)
    enough.start()
    try:
        said = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    except OperationalError as error:
        if str(error.orig) != "interrupted":
            raise
        _log.info("%s: too large to be checked as a whole when it is opened", name)
        return
    finally:
        enough.cancel()
    if said != "ok":
        raise StoreError(f"{name}: the database is damaged: {' '.join(str(said).split())}")
