"""The store's database in PostgreSQL, by address. Needs psycopg: the extra `scale`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import URL, Engine, create_engine, event, make_url

from alerts.db import migrations
from alerts.db.database import Database, as_store_error, fill
from alerts.errors import StoreError, StoreInUse

CONNECT_S = 3
"""Give up connecting after this long, seconds, for each address that the host's name stands for."""

_LIMITS = {
    "timezone": "UTC",
    "synchronous_commit": "on",  # a commit outlives a power cut, whatever is usual on that server
    "statement_timeout": "5s",
    "lock_timeout": "1s",
    "idle_in_transaction_session_timeout": "60s",
    # The server gives up a client that vanished, and with it that client's lock, after about 20 s.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
_KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}
_LOCK = int.from_bytes(b"xinn")
_LOCK_NOT_AVAILABLE = "55P03"


def open_postgres(address: SecretStr, folder: Path) -> Database:
    """The database at the address, brought up to date and locked against a second writer. folder: where the store's
    keys lie. Raises StoreError."""
    url = _url(address)
    name = _name(url)
    # The lock belongs to the one connection that writes. So whoever writes holds it, also after the connection was
    # lost and made anew.
    writing = _engine(url, _become_writer(name), pool_size=1, max_overflow=0)
    reading = _engine(url, _set_up)
    database = Database(name, reading, writing)
    with _closed_on_error(database), as_store_error(name), writing.begin() as connection:
        driver: Any = connection.connection.driver_connection
        driver.answer_s = None  # an index on a large table takes its time
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        migrations.upgrade(connection, name, folder)
        del driver.answer_s
        fill(reading)
    return database


def read_postgres(address: SecretStr) -> Database:
    """The database at the address, for reading beside whoever writes it. Raises StoreError."""
    return _beside(address, _set_up_reader)


def beside_postgres(address: SecretStr) -> Database:
    """The same, to write to: for a moment each, without the lock."""
    return _beside(address, _set_up)


def _beside(address: SecretStr, set_up: Any) -> Database:
    url = _url(address)
    name = _name(url)
    engine = _engine(url, set_up)
    database = Database(name, engine, engine)
    with _closed_on_error(database), as_store_error(name), engine.connect() as connection:
        migrations.check(connection, name)
    return database


def _url(address: SecretStr) -> URL:
    return make_url(address.get_secret_value()).set(drivername="postgresql+psycopg")


def _name(url: URL) -> str:
    """For messages: neither the password nor options, which may hold one."""
    host = f"[{url.host}]" if ":" in (url.host or "") else url.host or "local"
    return f"postgresql://{host}{f':{url.port}' if url.port else ''}/{url.database or ''}"


def _engine(url: URL, set_up: Any, **pool: int) -> Engine:
    try:
        from alerts.db.psycopg_connection import PatientConnection
    except ModuleNotFoundError as error:
        raise StoreError(f"store.url needs {error.name}; install it with: pip install 'xinan[scale]'") from None
    engine = create_engine(
        url,
        connect_args={"connect_timeout": CONNECT_S, "application_name": "xinan", **_KEEPALIVE},
        pool_pre_ping=True,
        pool_timeout=CONNECT_S,
        pool_use_lifo=True,
        **pool,
    )
    event.listen(engine, "do_connect", lambda dialect, record, args, named: PatientConnection.connect(*args, **named))
    event.listen(engine, "connect", set_up)
    return engine


@contextmanager
def _closed_on_error(database: Database) -> Iterator[None]:
    try:
        yield
    except BaseException:
        database.close()
        raise


def _set_up(connection: Any, _: Any) -> None:
    """Limits of a new connection, so that a server that hangs is an error."""
    with connection.cursor() as cursor:
        for setting, value in _LIMITS.items():
            cursor.execute("SELECT set_config(%s, %s, false)", (setting, value))
    connection.commit()


def _set_up_reader(connection: Any, record: Any) -> None:
    """For commands that read a lot at once, and hold up nobody."""
    _set_up(connection, record)
    connection.answer_s = None
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        cursor.execute("SET statement_timeout = 0")
    connection.commit()


def _become_writer(name: str) -> Any:
    """What makes a new connection the only one that writes. It raises StoreError when another one does."""

    def set_up(connection: Any, record: Any) -> None:
        try:
            _set_up(connection, record)
            with connection.cursor() as cursor:
                # Waits as long as for any lock: a watch that has just died is noticed by the server a moment later.
                cursor.execute("SELECT pg_advisory_lock(%s, hashtext(current_schema()))", (_LOCK,))
            connection.commit()
        except BaseException as error:
            connection.close()
            if getattr(error, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                raise StoreInUse(f"{name}: in use by another xinan watch") from None
            raise

    return set_up
