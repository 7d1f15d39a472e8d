"""What waits in the outbox fitted to other settings: who was removed is replaced, who has come is called.

On a connection of `Store.writing`. Done once at the start and once after each change of who is told.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, select, update

from alerts.alert import Alert
from alerts.db import rows, schema
from alerts.delivery import outbox
from alerts.lifecycle import ChangeKind
from alerts.routing.plan import AT_ONCE, Planner, Waiting
from alerts.track.answer_links import AnswerLinks
from vision.rule import Severity

_A, _D = schema.alerts.c, schema.deliveries.c

MOST_ROUNDS = 5
"""What was to be told together with a notice that is dropped waits by itself then, and is looked at, too."""


def replan(
    connection: Connection, planner: Planner, at: datetime, new_id: outbox.NewId, links: AnswerLinks | None
) -> int:
    """How many notices were dropped, moved or added."""
    done = 0
    for _ in range(MOST_ROUNDS):
        changed = sum(
            _alert_anew(connection, planner, alert, waiting, at, new_id, links)
            for alert, waiting in _concerned(connection, planner)
        )
        if not changed:
            break
        done += changed
    return done


def _concerned(connection: Connection, planner: Planner) -> list[tuple[Alert, list[Waiting]]]:
    """Alerts with a notice that nobody would get, and fires that nobody has answered; each with what waits of it."""
    query = (
        select(_D.id, _D.alert_id, _D.kind, _D.channel, _D.person, _D.rung, _D.created_at, _D.not_before)
        .where(outbox.WAITING, _D.rung > AT_ONCE)
        .order_by(_D.alert_id, _D.id)
    )
    found = {
        alert_id: [_waiting(row) for row in group]
        for alert_id, group in groupby(connection.execute(query).all(), lambda row: str(row.alert_id))
    }
    burning = select(_A.id).where(
        _A.severity == Severity.FIRE.value,
        _A.fired_at.is_not(None),
        _A.acknowledged_at.is_(None),
        _A.resolved_at.is_(None),
        _A.false_alarm_at.is_(None),
    )
    strays = [
        alert_id
        for alert_id, waiting in found.items()
        if any(not planner.reaches(one.person, one.channel) for one in waiting)
    ]
    wanted = dict.fromkeys([*strays, *(connection.scalars(burning) if planner.asks else ())])
    return [(alert, found.get(alert.id, [])) for alert in _alerts(connection, list(wanted))]


def _alerts(connection: Connection, ids: Sequence[str]) -> list[Alert]:
    size = 500  # what a database takes in one question
    return [
        rows.to_alert(row)
        for begin in range(0, len(ids), size)
        for row in connection.execute(select(schema.alerts).where(_A.id.in_(ids[begin : begin + size])))
    ]


def _waiting(row: Row[*tuple[Any, ...]]) -> Waiting:
    when = row.not_before or row.created_at
    return Waiting(row.id, ChangeKind(row.kind), row.channel, row.person, row.rung, row.created_at, when)


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
    for row_id, planned in plan.move.items():
        times = {"not_before": planned.not_before, "next_try_at": planned.not_before, "expires_at": planned.expires_at}
        connection.execute(
            update(schema.deliveries).where(_D.id == row_id).values(**times, rung=planned.rung, reason=planned.reason)
        )
    for planned in plan.add:
        outbox.add(connection, alert, planned, at, new_id, links)
    return len(plan.drop) + len(plan.move) + len(plan.add)
