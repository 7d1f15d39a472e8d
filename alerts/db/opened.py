"""An open database of the store: who may write it, its transactions, and the small values that the program keeps."""

import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from pydantic import SecretStr
from sqlalchemy import Connection, delete, insert, select

from alerts.db import schema
from alerts.db.database import Database, as_store_error, prepare_folder, take_lock
from alerts.db.postgres import beside_postgres, open_postgres, read_postgres
from alerts.db.reserve import filled_up
from alerts.db.sqlite import beside_sqlite, open_sqlite, read_sqlite
from alerts.errors import RowRefused, StoreError
from alerts.ids import UlidFactory


class Opened:
    """Thread-safe. Every method raises StoreError (one line that names the database) when the database fails."""

    def __init__(self, database: Database, folder: Path, lock: int | None = None) -> None:
        """folder: where pictures and keys lie. lock: the open lock file, closed with the store."""
        self._database, self.folder = database, folder
        self._lock_file = lock
        self._turn = threading.Lock()
        self._failures = 0
        self._listeners: list[Callable[[], None]] = []
        self._new_id = UlidFactory(random.SystemRandom())

    @classmethod
    def open(cls, folder: Path, url: SecretStr | None = None) -> Self:
        """The store of a folder, which is created if need be and locked against a second process.

        url: of a PostgreSQL database, which is locked too; None: SQLite in the folder.
        Raises StoreError: not a folder, not writable, in use, damaged, written by a newer version; for PostgreSQL also
        not reached, refused, or psycopg is missing.
        """
        prepare_folder(folder)
        lock = take_lock(folder)
        try:
            return cls(open_sqlite(folder) if url is None else open_postgres(url, folder), folder, lock)
        except BaseException:
            os.close(lock)
            raise

    @classmethod
    def read(cls, folder: Path, url: SecretStr | None = None) -> Self:
        """The store of a folder or address for reading only, without a lock: also while `xinan watch` writes it.

        Raises StoreError: there is none, it is damaged, or of another version; and later where anything is written.
        """
        return cls(read_sqlite(folder) if url is None else read_postgres(url), folder)

    @classmethod
    def beside(cls, folder: Path, url: SecretStr | None = None) -> Self:
        """The store of a folder or address, while `xinan watch` runs. Without the lock: write only tables of which the
        watch expects that (alerts.db.beside).

        Raises StoreError: there is none, it is damaged, or of another version.
        """
        return cls(beside_sqlite(folder) if url is None else beside_postgres(url), folder)

    def close(self) -> None:
        """Release the database and the lock; harmless twice."""
        self._database.close()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, committed at the end of the block; one at a time, so that no second writer is refused.

        Whoever waits for a turn while the database fails the one before is refused with it: a database that hangs
        takes seconds to fail, and those must not add up.
        """
        failures = self._failures
        with self._turn:
            if failures != self._failures:
                raise StoreError(f"{self._database.name}: it does not answer")
            try:
                with as_store_error(self._database.name), self._database.writing.begin() as connection:
                    yield connection
            except RowRefused:
                raise
            except StoreError:
                self._failures += 1
                raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read by, beside the writer."""
        with as_store_error(self._database.name), self._database.reading.connect() as connection:
            yield connection

    def keep_reserve(self) -> Iterator[None]:
        """See that the database has room of its own, for when the disk is full: a piece for each step, so that nobody
        who writes waits long. Of PostgreSQL its server takes care."""
        if self._database.writing.dialect.name == "sqlite":
            yield from filled_up(self._database, self._turn)

    def listen(self, callback: Callable[[], None]) -> None:
        """Have it called, in the committing thread, after each commit that made deliveries. It must not block."""
        self._listeners.append(callback)

    def unlisten(self, callback: Callable[[], None]) -> None:
        """Undo `listen`."""
        self._listeners.remove(callback)

    def _call_listeners(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    def meta(self, key: str) -> str | None:
        """A small value that the program keeps for itself."""
        with self.reading() as connection:
            return connection.scalar(select(schema.meta.c.value).where(schema.meta.c.key == key))

    def set_meta(self, key: str, value: str) -> None:
        """Keep it in place of the older one."""
        with self.writing() as connection:
            connection.execute(delete(schema.meta).where(schema.meta.c.key == key))
            connection.execute(insert(schema.meta).values(key=key, value=value))
