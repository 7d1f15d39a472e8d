"""What waits in the outbox fitted to other settings: who was removed is replaced, who has come is called.

On a connection of `Store.writing`. Done once at the start and once after each change of who is told; in pieces, so that
an alert that is raised meanwhile does not wait.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from alerts.alert import Alert
from alerts.db import rows, schema
from alerts.delivery import outbox
from alerts.lifecycle import ChangeKind
from alerts.routing.plan import AT_ONCE, Planner, Waiting
from alerts.track.answer_links import AnswerLinks
from vision.rule import Severity

log = logging.getLogger(__name__)
_A, _D = schema.alerts.c, schema.deliveries.c
_ON_A_RUNG = and_(outbox.WAITING, _D.rung > AT_ONCE)

A_PIECE = 50
"""Alerts that are planned anew in one transaction: some 0.1 s."""
MOST_PAIRS = 50
"""Of people and channels that are looked for at once."""


def fires_anew(
    connection: Connection, planner: Planner, at: datetime, new_id: outbox.NewId, links: AnswerLinks | None
) -> int:
    """Fires that nobody has answered; how many notices were dropped, moved or added."""
    burning = select(_A.id).where(
        _A.severity == Severity.FIRE.value,
        _A.fired_at.is_not(None),
        _A.acknowledged_at.is_(None),
        _A.resolved_at.is_(None),
        _A.false_alarm_at.is_(None),
    )
    return _anew(connection, connection.scalars(burning).all(), planner, at, new_id, links)


def strays_anew(
    connection: Connection, planner: Planner, at: datetime, new_id: outbox.NewId, links: AnswerLinks | None
) -> int:
    """The next few alerts of which a notice waits that nobody would get, fires first. As `fires_anew`; 0: none is
    left."""
    pairs = connection.execute(select(_D.channel, _D.person).where(_ON_A_RUNG).distinct())
    gone = [(channel, person) for channel, person in pairs if not planner.reaches(person, channel)][:MOST_PAIRS]
    if not gone:
        return 0
    stray = or_(*(and_(_D.channel == channel, _D.person == person) for channel, person in gone))
    ids = select(_D.alert_id).where(_ON_A_RUNG, stray).group_by(_D.alert_id)
    ids = ids.order_by(func.min(_D.priority), _D.alert_id).limit(A_PIECE)
    return _anew(connection, connection.scalars(ids).all(), planner, at, new_id, links)


def _anew(
    connection: Connection,
    ids: Sequence[str],
    planner: Planner,
    at: datetime,
    new_id: outbox.NewId,
    links: AnswerLinks | None,
) -> int:
    waiting: dict[str, list[Waiting]] = {}
    sent = _D.payload["sent"].label("sent")
    query = select(_D.alert_id, _D.id, _D.kind, _D.channel, _D.person, _D.rung, _D.created_at, _D.not_before, sent)
    for part in _parts(ids):
        for row in connection.execute(query.where(_ON_A_RUNG, _D.alert_id.in_(part)).order_by(_D.id)):
            waiting.setdefault(row.alert_id, []).append(_waiting(row))
    return sum(
        _alert_anew(connection, planner, alert, waiting.get(alert.id, []), at, new_id, links)
        for alert in _alerts(connection, ids)
    )


def _alerts(connection: Connection, ids: Sequence[str]) -> list[Alert]:
    return [
        rows.to_alert(row)
        for part in _parts(ids)
        for row in connection.execute(select(schema.alerts).where(_A.id.in_(part)))
    ]


def _parts(ids: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    """What a database takes in one question."""
    for begin in range(0, len(ids), size):
        yield ids[begin : begin + size]


def _waiting(row: Row[*tuple[Any, ...]]) -> Waiting:
    when = row.not_before or row.created_at
    return Waiting(row.id, ChangeKind(row.kind), row.channel, row.person, row.rung, row.created_at, when, row.sent)


def _alert_anew(
    connection: Connection,
    planner: Planner,
    alert: Alert,
    waiting: Sequence[Waiting],
    at: datetime,
    new_id: outbox.NewId,
    links: AnswerLinks | None,
) -> int:
    history = outbox.history_of(connection, alert, planner.group_of(alert))
    plan = planner.replan(alert, waiting, history, at)
    for row_id, reason in plan.drop.items():
        outbox.supersede(connection, [row_id], reason, at)
    for row_id, reason in plan.lost.items():
        log.warning("notice %s of alert %s reaches nobody any more: %s", row_id, alert.id, reason)
        dead = {"dead_at": at, "last_error": reason[:500]}
        connection.execute(update(schema.deliveries).where(_D.id == row_id).values(dead))
    for row_id, planned in plan.move.items():
        times = {"not_before": planned.not_before, "next_try_at": planned.not_before, "expires_at": planned.expires_at}
        connection.execute(
            update(schema.deliveries).where(_D.id == row_id).values(**times, rung=planned.rung, reason=planned.reason)
        )
    for planned in plan.add:
        outbox.add(connection, alert, planned, at, new_id, links)
    return len(plan.drop) + len(plan.lost) + len(plan.move) + len(plan.add)
