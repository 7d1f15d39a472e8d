"""Alerts and the outbox in a database. What is committed here survives a kill or a power cut.

An alert is a committed row before anything is sent: `commit` writes the alerts and, in the same transaction, one
delivery for each notice (`alerts.delivery.outbox`); `alerts.delivery.deliver` sends what it finds there.
"""

import os
import random
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from pydantic import SecretStr
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from alerts.access.principal import Area
from alerts.alert import Alert, AlertState
from alerts.db import areas, rows, schema
from alerts.db.database import Database, as_store_error, prepare_folder, take_lock
from alerts.db.postgres import beside_postgres, open_postgres, read_postgres
from alerts.db.reserve import filled_up
from alerts.db.rows import Delivery
from alerts.db.schema_tracks import steps
from alerts.db.sqlite import beside_sqlite, open_sqlite, read_sqlite
from alerts.db.track_store import add_step
from alerts.delivery import outbox
from alerts.delivery.replan import fires_anew, strays_anew
from alerts.errors import RowRefused, StaleAlert, StoreError
from alerts.ids import UlidFactory
from alerts.lifecycle import Change, ChangeKind
from alerts.notifiers.base import Missed
from alerts.notifiers.channel_base import PUSH_PREFIX
from alerts.record import records
from alerts.record.actor import Actor
from alerts.record.chain import Entry
from alerts.record.records import Kind
from alerts.record.sealed import entry_of
from alerts.routing.plan import Planner
from alerts.routing.recipient import Recipient
from alerts.track.answer_links import AnswerLinks
from alerts.track.step import LOOKED
from vision.rule import Severity

__all__ = ["Delivery", "Store"]

_CLOSED = {AlertState.RESOLVED, AlertState.FALSE_ALARM, AlertState.CLOSED, AlertState.LOGGED}
_A, _D = schema.alerts.c, schema.deliveries.c


class Store:
    """Thread-safe. Every method raises StoreError (one line that names the database) when the database fails."""

    def __init__(self, database: Database, lock: int | None = None) -> None:
        """lock: the open lock file, closed with the store."""
        self._database = database
        self._lock_file = lock
        self._turn = threading.Lock()
        self._failures = 0
        self._listeners: list[Callable[[], None]] = []
        self._on_stored: list[Callable[[Sequence[Change]], None]] = []
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
            return cls(open_sqlite(folder) if url is None else open_postgres(url, folder), lock)
        except BaseException:
            os.close(lock)
            raise

    @classmethod
    def read(cls, folder: Path, url: SecretStr | None = None) -> Self:
        """The store of a folder or address for reading only, without a lock: also while `xinan watch` writes it.

        Raises StoreError: there is none, it is damaged, or of another version; and later where anything is written.
        """
        return cls(read_sqlite(folder) if url is None else read_postgres(url))

    @classmethod
    def beside(cls, folder: Path, url: SecretStr | None = None) -> Self:
        """The store of a folder or address, while `xinan watch` runs. Without the lock: write only tables of which the
        watch expects that (alerts.db.accounts).

        Raises StoreError: there is none, it is damaged, or of another version.
        """
        return cls(beside_sqlite(folder) if url is None else beside_postgres(url))

    def close(self) -> None:
        """Release the database and the lock; harmless twice."""
        self._database.close()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    # For the tables of other modules

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

    # Writing alerts

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

    def listen(self, callback: Callable[[], None]) -> None:
        """Have it called, in the committing thread, after each commit that made deliveries. It must not block."""
        self._listeners.append(callback)

    def unlisten(self, callback: Callable[[], None]) -> None:
        """Undo `listen`."""
        self._listeners.remove(callback)

    def _call_listeners(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    # Reading alerts

    def open_alerts(self) -> list[Alert]:
        """Not resolved, oldest first."""
        return self._alerts(select(schema.alerts).where(_A.resolved_at.is_(None)).order_by(_A.id))

    def unended_alerts(self, limit: int, area: Area | None = None) -> list[Alert]:
        """Gone, as far as the camera can tell, and not ended by people; newest first. area: only of it."""
        return self._newest([schema.UNENDED], limit, area)

    def resolved_since(self, since: datetime) -> list[Alert]:
        """Resolved at or after `since`, oldest first."""
        # Sorted here: asked for an order, SQLite goes through all alerts in that order.
        found = self._alerts(select(schema.alerts).where(_A.resolved_at >= since))
        return sorted(found, key=lambda alert: alert.id)

    def judged(self) -> list[Alert]:
        """Called a false alarm, or real by somebody who looked, newest first. Who merely goes there has not looked."""
        looked = exists().where(steps.c.alert_id == _A.id, steps.c.kind.in_(LOOKED))
        given = or_(_A.false_alarm_at.is_not(None), and_(_A.acknowledged_at.is_not(None), looked))
        return self._alerts(select(schema.alerts).where(given).order_by(_A.id.desc()))

    def alert(self, alert_id: str) -> Alert | None:
        """By its id."""
        return next(iter(self._alerts(select(schema.alerts).where(_A.id == alert_id))), None)

    def of_camera(self, camera: str, fingerprint: str) -> Alert | None:
        """A camera's newest alert with this fingerprint; goes through all of the camera's."""
        wanted = (_A.camera == camera, _A.fingerprint == fingerprint)
        found = self._alerts(select(schema.alerts).where(*wanted).order_by(_A.id.desc()).limit(1))
        return found[0] if found else None

    def state_version(self, alert_id: str) -> int | None:
        """The version of its last change that was more than a newer picture."""
        with self.reading() as connection:
            return connection.scalar(select(_A.state_version).where(_A.id == alert_id))

    def alerts(
        self,
        *,
        before: str | None = None,
        limit: int = 50,
        states: Sequence[AlertState] | None = None,
        fired_only: bool = False,
        area: Area | None = None,
    ) -> list[Alert]:
        """Newest first. before: the id of the last one of the page before. states: None means all.

        fired_only: leave out what was never more than a suspicion. area: only of it.
        """
        wanted: list[ColumnElement[bool]] = []
        if before is not None:
            wanted.append(_A.id < before)
        if states is not None:
            wanted.append(_state().in_([state.value for state in states]))
            if not _CLOSED & set(states):
                wanted.append(_A.resolved_at.is_(None))  # the same rows, by an index
        if fired_only:
            wanted.append(_A.fired_at.is_not(None))
        return self._newest(wanted, limit, area)

    # The outbox

    def due(self, channel: str, now: datetime, limit: int, severity: Severity | None = None) -> list[Delivery]:
        """What to try now on a channel: fire first, then what has waited longest for its turn. See `outbox.due`."""
        return self._deliveries(outbox.due(channel, now, severity).limit(limit))

    def take(self, channel: str, now: datetime, severity: Severity, *, fresh: bool = False) -> Delivery | None:
        """The most urgent one that is due, with those of its group that are told by it. fresh: not tried before."""
        with self.reading() as connection:
            found = connection.execute(outbox.due(channel, now, severity, fresh=fresh).limit(1)).one_or_none()
        if found is None:
            return None
        delivery = rows.to_delivery(found)
        if delivery.group_key is None or delivery.also is not None:
            return delivery
        with self.writing() as connection:
            return replace(delivery, also=outbox.gather(connection, found, now))

    def mark_delivered(
        self,
        delivery_id: str,
        at: datetime,
        links: AnswerLinks | None = None,
        missed: Mapping[int, Missed] = MappingProxyType({}),
    ) -> None:
        """It arrived. links: for the notices that follow from it. missed: of several receivers those whom it did not
        reach; each is told by a notice of its own, or is a dead letter of its own."""
        with self.writing() as connection:
            if missed:
                outbox.set_apart(connection, delivery_id, missed, at, links)
            more = outbox.arrived(connection, delivery_id, at, self._new_id, links)
        if more:
            self._call_listeners()

    def mark_failed(self, delivery_id: str, error: str, next_try_at: datetime | None, at: datetime) -> None:
        """One more failed attempt. Without `next_try_at` it is given up: dead, and kept for the record."""
        when: dict[str, Any] = {"dead_at": at} if next_try_at is None else {"next_try_at": next_try_at}
        with self.writing() as connection:
            outbox.failed(connection, delivery_id, {"last_error": error[:500], **when})

    def wake_channel(self, channel: str, severities: Collection[Severity], now: datetime) -> None:
        """It answers again: what of these was put off is due now."""
        with self.writing() as connection:
            outbox.wake(connection, channel, severities, now)

    def resend(self, delivery_ids: Sequence[str], at: datetime, by: Actor) -> int:
        """Try these again that were given up; how many there were."""
        with self.writing() as connection:
            found = outbox.resend(connection, delivery_ids, at)
            told = [
                Entry(Kind.RESENT, alert, by.name, by.via, {"deliveries": ids}, account=by.account)
                for alert, ids in found.items()
            ]
            records.put(connection, told, at)
        self._call_listeners()
        return sum(len(ids) for ids in found.values())

    def spread(
        self, delivery_id: str, told: Mapping[str, Recipient], at: datetime, links: AnswerLinks | None = None
    ) -> None:
        """Tell these channels what one delivery tells, each by a delivery of its own; doing it again adds nothing.

        told: channel → in whose name its notice is answered. Listeners are not called: whoever spreads knows whom to
        wake.
        """
        with self.writing() as connection:
            outbox.spread(connection, delivery_id, told, at, links)

    def abandon(self, channel: str, reason: str, at: datetime) -> None:
        """Give up all that waits for a channel."""
        with self.writing() as connection:
            connection.execute(
                update(schema.deliveries)
                .where(_D.channel == channel, outbox.WAITING)
                .values(dead_at=at, last_error=reason[:500])
            )

    def abandon_others(self, channels: Collection[str], at: datetime) -> int:
        """Give up what waits for none of these channels, nor for a phone: how many. Nobody would ever send it."""
        gone = and_(_D.channel.not_in(channels), ~_D.channel.startswith(PUSH_PREFIX, autoescape=True))
        with self.writing() as connection:
            return connection.execute(
                update(schema.deliveries)
                .where(gone, outbox.WAITING)
                .values(dead_at=at, last_error="the channel is no longer in the settings")
            ).rowcount

    def replan_fires(self, planner: Planner, at: datetime, links: AnswerLinks | None = None) -> int:
        """Fit fires that nobody has answered to the settings of that planner; how many notices were dropped, moved or
        made."""
        with self.writing() as connection:
            changed = fires_anew(connection, planner, at, self._new_id, links)
        self._call_listeners()
        return changed

    def replan_strays(self, planner: Planner, at: datetime, links: AnswerLinks | None = None) -> int:
        """The same of the next few alerts of which a notice waits that nobody would get: a piece at a time, so that
        nobody who writes waits long. 0: none is left."""
        with self.writing() as connection:
            changed = strays_anew(connection, planner, at, self._new_id, links)
        self._call_listeners()
        return changed

    def delivery(self, delivery_id: str) -> Delivery | None:
        """By its id."""
        return next(iter(self._deliveries(select(schema.deliveries).where(_D.id == delivery_id))), None)

    def deliveries_of(self, alert_id: str) -> list[Delivery]:
        """All notices of one alert, in order: who was told what, and when."""
        return self._deliveries(select(schema.deliveries).where(_D.alert_id == alert_id).order_by(_D.id))

    def deliveries_in(self, area: Area, delivery_ids: Sequence[str]) -> list[str]:
        """Those of them that tell of alerts of an area."""
        query = select(_D.id).where(_D.id.in_(delivery_ids), areas.is_of(_D.alert_id, area))
        with self.reading() as connection:
            return list(connection.scalars(query))

    def dead(self, limit: int = 50, area: Area | None = None) -> list[Delivery]:
        """Deliveries given up, newest first. area: only of its alerts."""
        query = select(schema.deliveries).where(_D.dead_at.is_not(None))
        if area is not None:
            query = query.where(areas.is_of(_D.alert_id, area))
        return self._deliveries(query.order_by(_D.dead_at.desc(), _D.id.desc()).limit(limit))

    def delivery_counts(self) -> dict[str, dict[str, int]]:
        """channel → {"waiting": n, "delivered": n, "dead": n}; what is no longer needed is left out."""
        stage = case((_D.dead_at.is_not(None), "dead"), (_D.delivered_at.is_not(None), "delivered"), else_="waiting")
        needed = or_(_D.superseded_at.is_(None), _D.delivered_at.is_not(None))
        counts: dict[str, dict[str, int]] = {}
        with self.reading() as connection:
            for channel, name, number in connection.execute(
                select(_D.channel, stage, func.count()).where(needed).group_by(_D.channel, stage)
            ):
                counts.setdefault(channel, {"waiting": 0, "delivered": 0, "dead": 0})[name] = number
        return counts

    def queues(self, now: datetime) -> dict[Severity, tuple[int, datetime]]:
        """Of what is due and not delivered: how many, and since when the oldest is due. It costs as much as waits."""
        since = func.coalesce(_D.not_before, _D.created_at)
        query = select(_D.channel, _D.priority, func.count(), func.min(since)).where(outbox.WAITING, since <= now)
        found: dict[Severity, tuple[int, datetime]] = {}
        with self.reading() as connection:
            # By channel, too: in the order of the index.
            for _, priority, number, oldest in connection.execute(query.group_by(_D.channel, _D.priority)):
                severity = rows.SEVERITIES[priority]
                before, first = found.get(severity, (0, oldest))
                found[severity] = before + number, min(first, oldest)
        return found

    def dead_count(self) -> int:
        """How many were given up; by the index of those."""
        with self.reading() as connection:
            return connection.scalar(select(func.count()).where(_D.dead_at.is_not(None))) or 0

    # Small values

    def meta(self, key: str) -> str | None:
        """A small value that the program keeps for itself."""
        with self.reading() as connection:
            return connection.scalar(select(schema.meta.c.value).where(schema.meta.c.key == key))

    def set_meta(self, key: str, value: str) -> None:
        """Keep it in place of the older one."""
        with self.writing() as connection:
            connection.execute(delete(schema.meta).where(schema.meta.c.key == key))
            connection.execute(insert(schema.meta).values(key=key, value=value))

    def _newest(self, wanted: areas.Wanted, limit: int, area: Area | None) -> list[Alert]:
        with self.reading() as connection:
            if area is not None:
                ids = list(connection.scalars(areas.among_newest(wanted, limit, area)))
                if len(ids) < limit:
                    ids = list(connection.scalars(areas.newest_ids(wanted, limit, area)))
                wanted = [_A.id.in_(ids)]
            query = select(schema.alerts).where(*wanted).order_by(_A.id.desc()).limit(limit)
            return [rows.to_alert(row) for row in connection.execute(query)]

    def _alerts(self, query: Select[Any]) -> list[Alert]:
        with self.reading() as connection:
            return [rows.to_alert(row) for row in connection.execute(query)]

    def _deliveries(self, query: Select[Any]) -> list[Delivery]:
        with self.reading() as connection:
            return [rows.to_delivery(row) for row in connection.execute(query)]


def _put(connection: Connection, change: Change, together: Sequence[Change]) -> tuple[bool, Alert | None]:
    """Insert the alert, or write over an older version of it; whether that was news, and the older version. It is none
    where it is there already, itself or what a later one of `together` made of it, from a commit that was reported as
    failed. Raises StaleAlert for another newer one."""
    alert = change.alert
    values = rows.from_alert(alert)
    if change.kind is not ChangeKind.UPDATED:
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


def _state() -> ColumnElement[str]:
    """`Alert.state` in SQL."""
    return case(
        (_A.false_alarm_at.is_not(None), AlertState.FALSE_ALARM.value),
        (_A.closed_at.is_not(None), AlertState.CLOSED.value),
        (and_(_A.fired_at.is_(None), _A.notice != ""), AlertState.LOGGED.value),
        (_A.resolved_at.is_not(None), AlertState.RESOLVED.value),
        (_A.acknowledged_at.is_not(None), AlertState.ACKNOWLEDGED.value),
        (_A.fired_at.is_not(None), AlertState.FIRING.value),
        else_=AlertState.PENDING.value,
    )
