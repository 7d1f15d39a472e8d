"""Deletes what has served its time, slowly, and puts on record what was deleted and why.

In three steps, so that a kill at any moment leaves nothing half known: first the record says what will go, with its
fingerprints; then the files go; then the rows. The next sweep finishes what is on record and still there. What of the
files is in an object store is marked with the same stroke: the uploader deletes it there and says on record when it is
gone.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, or_, select, tuple_

from alerts.alert import Alert
from alerts.config import RetentionConfig
from alerts.db.codec import time_text
from alerts.db.rows import to_alert
from alerts.db.schema import alerts, metadata
from alerts.db.schema_records import holds, records
from alerts.evidence.media import MediaStore
from alerts.evidence.media_rows import doom
from alerts.record.chain import Entry, Head
from alerts.record.records import SEALING, Kind, Transactions, append, begin
from alerts.record.sealed import files_of, on_record, state_hash
from streams.clock import Clock
from vision.rule import Severity

log = logging.getLogger(__name__)

BATCH = 20
"""Alerts of one step: small, so that nobody who writes waits long."""
RECORDS_BATCH = 1_000
REST_S = 3_600.0
"""Between two rounds through all alerts, seconds."""
REASON = "retention"

_A, _R = alerts.c, records.c
_Place = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class _Doomed:
    """An alert whose time is up. files: name in the store's folder → SHA-256, of all that was ever on record of it.

    known: it is on record. proven: that it will be deleted is, too.
    """

    alert: Alert
    files: Mapping[str, str]
    known: bool
    proven: bool


class Retention:
    """`tick` is called by one thread. Raises StoreError; the next call goes on where this one failed."""

    def __init__(self, store: Transactions, media: MediaStore, config: RetentionConfig, clock: Clock) -> None:
        self._store, self._media, self._config, self._clock = store, media, config, clock
        self._after: _Place | None = None
        self._rest_until_s = float("-inf")
        self.deleted = 0

    def follow(self, config: RetentionConfig) -> None:
        """These are the times from now on: the next round begins at once. From any thread."""
        if config != self._config:
            self._config, self._rest_until_s = config, float("-inf")

    def tick(self) -> None:
        """Call it about once a second: looks at one batch, or rests until the next round."""
        if self._clock.monotonic_s() < self._rest_until_s:
            return
        if not self._sweep():
            self._shorten()
            self._rest_until_s = self._clock.monotonic_s() + REST_S

    def _sweep(self) -> bool:
        """One batch. False: the round is through."""
        with self._store.reading() as connection:
            page = connection.execute(self._due()).all()
        if not page:
            self._after = None
            return False
        self._after = (page[-1].resolved_at, page[-1].id)
        doomed = self._prove([row.id for row in page])
        if gone := [one.alert.id for one in doomed if self._unlink(one)]:
            self._forget(gone)
        return True

    def _due(self) -> Any:
        """Alerts that are over for longer than their class is kept, in order of their end."""
        now, kept = self._clock.now(), self._config
        days = {
            _A.fired_at.is_(None): kept.unconfirmed_days,
            and_(_A.fired_at.is_not(None), _A.severity == Severity.FIRE.value): kept.fire_days,
            and_(_A.fired_at.is_not(None), _A.severity == Severity.VIOLATION.value): kept.violation_days,
            and_(_A.fired_at.is_not(None), _A.severity == Severity.FAULT.value): kept.fault_days,
        }
        over = or_(*(and_(whose, _A.resolved_at < now - timedelta(days=number)) for whose, number in days.items()))
        newest = now - timedelta(days=min(days.values()))
        query = select(_A.id, _A.resolved_at).where(_A.resolved_at < newest, over)
        if self._after is not None:
            query = query.where(tuple_(_A.resolved_at, _A.id) > self._after)
        return query.order_by(_A.resolved_at, _A.id).limit(BATCH)

    def _prove(self, ids: Sequence[str]) -> list[_Doomed]:
        """Put on record what will be deleted, once; what is held, or not over, stays."""
        now = self._clock.now()
        with self._store.writing() as connection:
            head = begin(connection, now)
            kept = set(connection.scalars(select(holds.c.alert_id).where(holds.c.alert_id.in_(ids))))
            found = [to_alert(row) for row in connection.execute(select(alerts).where(_A.id.in_(ids)))]
            gone = [one for one in found if one.id not in kept and one.ended and not one.open]
            doomed = [self._doomed(connection, one) for one in gone]
            self._append(connection, head, [one for one in doomed if not one.proven], now)
        return doomed

    def _doomed(self, connection: Connection, alert: Alert) -> _Doomed:
        files, known, proven = files_of(alert), on_record(alert), False
        for kind, detail in connection.execute(
            select(_R.kind, _R.detail).where(_R.subject == alert.id, _R.kind.in_((*SEALING, Kind.DELETED)))
        ):
            known = known or kind in SEALING
            proven = proven or (kind == Kind.DELETED and detail.get("reason") == REASON)
            files |= detail.get("files", {}) if kind in SEALING else {}
        return _Doomed(alert, files, known, proven)

    def _append(self, connection: Connection, head: Head, doomed: Sequence[_Doomed], now: datetime) -> None:
        entries = [_proof(one) for one in doomed if one.known]
        if quiet := [one.alert.id for one in doomed if not one.known]:
            detail = {"reason": REASON, "unconfirmed": len(quiet), "first": min(quiet), "last": max(quiet)}
            entries.append(Entry(Kind.DELETED, detail=detail))
        append(connection, head, entries, now)

    def _unlink(self, doomed: _Doomed) -> bool:
        """Whether all its files are gone; else its row stays, and the next round tries again."""
        gone = True
        for name in doomed.files:
            try:
                self._media.delete(name)
            except OSError as error:
                log.error("retention: %s cannot be deleted: %s", name, error.strerror)
                gone = False
        return gone

    def _forget(self, ids: Sequence[str]) -> None:
        """The rows, and those of every table that refers to them."""
        with self._store.writing() as connection:
            for table in reversed(metadata.sorted_tables):
                for key in table.foreign_keys:
                    if key.column is _A.id:
                        connection.execute(delete(table).where(key.parent.in_(ids)))
            doom(connection, ids, self._clock.now())
            connection.execute(delete(alerts).where(_A.id.in_(ids)))
        self.deleted += len(ids)
        log.info("retention: %d alerts deleted, %s to %s", len(ids), min(ids), max(ids))

    def _shorten(self) -> None:
        """Take away the oldest rows of the record, as far back as no alert that is still there is spoken of."""
        now = self._clock.now()
        cut = now - timedelta(days=self._config.records_days)
        with self._store.writing() as connection:
            head = begin(connection, now)
            needed = connection.scalar(
                select(_R.seq).join(alerts, _A.id == _R.subject).where(_R.kind.in_(SEALING)).order_by(_R.seq).limit(1)
            )
            query = select(_R.seq, _R.hash).where(_R.at < cut, _R.seq < (needed or head.seq))
            last = connection.execute(query.order_by(_R.seq.desc()).limit(1)).one_or_none()
            if last is None:
                return
            said = select(_R.detail).where(_R.kind.in_((Kind.BEGAN, Kind.SHORTENED))).order_by(_R.seq.desc()).limit(1)
            before = (connection.scalar(said) or {}).get("alerts_before", "")
            detail = {"seq": last.seq, "hash": last.hash, "reason": REASON, "alerts_before": before}
            append(connection, head, [Entry(Kind.SHORTENED, detail=detail)], now)
            connection.execute(delete(records).where(_R.seq <= last.seq))


def _proof(doomed: _Doomed) -> Entry:
    """What stays known of it: which hazard, when, and the fingerprints of what was there."""
    alert = doomed.alert
    fired = None if alert.fired_at is None else time_text(alert.fired_at)
    detail = {"reason": REASON, "hazard": alert.hazard, "fired_at": fired, "state": state_hash(alert)}
    return Entry(Kind.DELETED, alert.id, detail={**detail, "files": dict(doomed.files)})
