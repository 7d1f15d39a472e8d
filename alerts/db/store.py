"""Alerts and the outbox in a database. What is committed here survives a kill or a power cut.

An alert is a committed row before anything is sent: `commit` writes the alerts and, in the same transaction, one
delivery for each notice (`alerts.delivery.outbox`); `alerts.delivery.deliver` sends what it finds there.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from alerts.alert import Alert
from alerts.db import rows, schema
from alerts.db.database import Database
from alerts.db.rows import Delivery
from alerts.db.stored_alerts import StoredAlerts
from alerts.db.stored_deliveries import StoredDeliveries
from alerts.db.track_store import add_step
from alerts.delivery import outbox
from alerts.errors import StaleAlert
from alerts.lifecycle import Change
from alerts.record import records
from alerts.record.chain import Entry
from alerts.record.sealed import entry_of
from alerts.routing.plan import Planner
from alerts.track.answer_links import AnswerLinks

__all__ = ["Delivery", "Store"]

_A = schema.alerts.c


class Store(StoredAlerts, StoredDeliveries):
    """Thread-safe. Every method raises StoreError (one line that names the database) when the database fails."""

    def __init__(self, database: Database, folder: Path, lock: int | None = None) -> None:
        """As `Opened`."""
        super().__init__(database, folder, lock)
        self._on_stored: list[Callable[[Sequence[Change]], None]] = []

    def commit(
        self,
        changes: Sequence[Change],
        planner: Planner,
        at: datetime,
        links: AnswerLinks | None = None,
    ) -> None:
        """All or nothing: the alerts as they are now, people's steps, what of both goes on record, and what the planner
        makes of each change for the outbox.

        at: now, aware UTC. links: makes what the notices may be answered with.
        Raises StaleAlert when the store holds a newer version of one; StoreError when nothing could be written.
        """
        told = 0
        entries: list[Entry] = []
        stored: list[Change] = []
        with self.writing() as connection:
            head = records.begin(connection, at)
            for change in changes:
                new, before = _put(connection, change, changes)
                if not new:
                    continue
                stored.append(change)
                if (entry := entry_of(change, before)) is not None:
                    entries.append(entry)
                if change.step is not None:
                    add_step(connection, change.step)
                told += outbox.write(connection, change, planner, at, self._new_id, links)
            records.append(connection, head, entries, at)
        if told:
            self._call_listeners()
        for call in self._on_stored:
            call(stored)

    def on_stored(self, call: Callable[[Sequence[Change]], None]) -> None:
        """Have it called, in the committing thread, after each commit with what it wrote. It must not block."""
        self._on_stored.append(call)


def _put(connection: Connection, change: Change, together: Sequence[Change]) -> tuple[bool, Alert | None]:
    """Insert the alert, or write over an older version of it; whether that was news, and the older version. It is none
    where it is there already, itself or what a later one of `together` made of it, from a commit that was reported as
    failed. Raises StaleAlert for another newer one."""
    alert = change.alert
    values = rows.from_alert(alert)
    if change.has_to_be_seen:
        values["state_version"] = alert.version
    found = connection.execute(select(schema.alerts).where(_A.id == alert.id)).one_or_none()
    if found is None:
        connection.execute(insert(schema.alerts).values({"state_version": alert.version, **values}))
        return True, None
    held = rows.to_alert(found)
    if held.version < alert.version:
        connection.execute(update(schema.alerts).where(_A.id == alert.id).values(values))
        return True, held
    if all(other.alert != held for other in together):
        raise StaleAlert(held)
    return False, held
