"""Alerts as they are in the database: what there is, by every question that is asked."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, or_, select

from alerts.access.principal import Area
from alerts.alert import Alert, AlertState
from alerts.db import areas, rows, schema
from alerts.db.opened import Opened
from alerts.db.schema_tracks import steps
from alerts.track.step import LOOKED
from vision.rule import Severity

_CLOSED = {AlertState.RESOLVED, AlertState.FALSE_ALARM, AlertState.CLOSED, AlertState.LOGGED}
_A = schema.alerts.c

MOST_FIRES = 200
"""Of the fires that people have not ended, the newest that are told of at once: all, on any site that ends its cases.
(A thousand make every first page four times as slow.)"""


class StoredAlerts(Opened):
    """To be read. What writes them is `alerts.db.store`."""

    def open_alerts(self) -> list[Alert]:
        """Not resolved, oldest first."""
        return self._alerts(select(schema.alerts).where(_A.resolved_at.is_(None)).order_by(_A.id))

    def unended_alerts(self, limit: int, area: Area | None = None, *, most_fires: int = MOST_FIRES) -> list[Alert]:
        """Gone, as far as the camera can tell, and not ended by people: the newest fires, then the newest others, at
        most `limit` of these. area: only of it."""
        fires = self._newest([schema.UNENDED_FIRE], most_fires, area)
        return fires + self._newest([schema.UNENDED, schema.NO_FIRE], limit, area)

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
        """The version of its last change that has to be seen (`Change.has_to_be_seen`)."""
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

    def _newest(self, wanted: areas.Wanted, limit: int, area: Area | None) -> list[Alert]:
        with self.reading() as connection:
            if area is not None:
                wanted = [_A.id.in_(areas.newest(connection, wanted, limit, area))]
            query = select(schema.alerts).where(*wanted).order_by(_A.id.desc()).limit(limit)
            return [rows.to_alert(row) for row in connection.execute(query)]

    def _alerts(self, query: Select[Any]) -> list[Alert]:
        with self.reading() as connection:
            return [rows.to_alert(row) for row in connection.execute(query)]


def fires_first(alerts: Iterable[Alert], limit: int) -> list[Alert]:
    """In the order of `unended_alerts`, and no more of them than that has."""
    newest = sorted(alerts, key=lambda alert: alert.id, reverse=True)
    fires = [alert for alert in newest if alert.severity is Severity.FIRE]
    others = [alert for alert in newest if alert.severity is not Severity.FIRE]
    return fires[:MOST_FIRES] + others[:limit]


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
