"""The history of the tables: each revision in `versions/` brings a database one step on.

How to add one: docs/design/store.md. Nothing here is for the user to call: opening a store brings it up to date.
"""

import logging
import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, update

from alerts.db.schema import meta
from alerts.errors import StoreError

_BEFORE_ALEMBIC = {"1": "0001", "2": "0002"}
"""`schema_version` in the table `meta`, by which releases before Alembic knew a database → its revision."""

_log = logging.getLogger(__name__)
logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of every connection

_one_at_a_time = threading.Lock()  # Alembic's `op` and `context` are of the whole process


def scripts() -> ScriptDirectory:
    """The revisions that this program knows."""
    return ScriptDirectory.from_config(_config())


def upgrade(connection: Connection, name: str, folder: Path) -> bool:
    """Bring the database up to date, in the transaction that the connection is in. False: it was already.

    name: for messages. folder: the store's, where its keys lie. Raises StoreError when a newer version of the program
    wrote it.
    """
    with _one_at_a_time:
        known = scripts()
        config = _config()
        config.attributes |= {"connection": connection, "folder": folder}
        found = _revision(connection)
        _refuse_unknown(known, found, name)
        if found is not None and MigrationContext.configure(connection).get_current_revision() is None:
            command.stamp(config, found)
        if found != (head := known.get_current_head()):
            if found is not None:
                _log.info("%s: bringing its tables from version %s to %s", name, found, head)
            command.upgrade(config, "head")
        # Shows at the start, not at the first alert, that it can be written.
        connection.execute(update(meta).where(meta.c.key == "schema_version").values(value=meta.c.value))
        return found != head


def check(connection: Connection, name: str) -> None:
    """Raises StoreError unless the database is of this very version of the program."""
    known = scripts()
    found = _revision(connection)
    _refuse_unknown(known, found, name)
    if found != (head := known.get_current_head()):
        raise StoreError(
            f"{name}: has schema version {found or 0}; this version of xinan reads {head}; "
            "start `xinan watch` once, which brings it up to date"
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "alerts.db:migrations")
    return config


def _revision(connection: Connection) -> str | None:
    """Of the tables that are there; None: there are none."""
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None or not inspect(connection).has_table(meta.name):
        return found
    version = connection.scalar(select(meta.c.value).where(meta.c.key == "schema_version"))
    return None if version is None else _BEFORE_ALEMBIC.get(version, version)


def _refuse_unknown(known: ScriptDirectory, found: str | None, name: str) -> None:
    if found is not None and found not in {script.revision for script in known.walk_revisions()}:
        raise StoreError(
            f"{name}: has schema version {found}; this version of xinan reads {known.get_current_head()}: "
            "a newer one wrote it"
        )
