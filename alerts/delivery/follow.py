"""What follows from a call that has arrived: what happened meanwhile, and the call again (`alerts.delivery.outbox`)."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, select

from alerts.alert import Alert
from alerts.db import schema
from alerts.db.codec import from_json
from alerts.lifecycle import ChangeKind
from alerts.routing.plan import Planned, unseen_at

_D = schema.deliveries.c


def after_call(connection: Connection, row: Row[Any], alert: Alert, at: datetime) -> list[Planned]:
    """What happened while the call was on its way; else the call again. Of a fire that is out of sight both: that is
    told once it has been so for a while, and until then it is called for as if it were seen."""
    outcome, life = _outcome(alert), row.expires_at - row.not_before
    planned: list[Planned] = []
    news = outcome is not None and outcome is not _outcome(from_json(row.payload))
    lost, when = outcome is ChangeKind.RESOLVED and alert.out_of_sight, at
    if lost:
        when = unseen_at(alert, at, float(row.payload.get("unseen_s") or 0.0))
    if outcome is not None and news and not told_since(connection, row, outcome):
        why = "happened while the call was on its way"
        planned.append(Planned(outcome, row.channel, row.person, when, when + life, row.rung, why))
    again_at = at + timedelta(seconds=row.repeat_s)
    wanted = row.superseded_at is None or row.superseded_by is not None
    if row.repeat_s and wanted and not alert.ended and (not news or (lost and again_at < when)):
        planned.append(
            Planned(
                ChangeKind(row.kind),
                row.channel,
                row.person,
                again_at,
                again_at + life,
                row.rung,
                f"again after {row.repeat_s:g} s: nobody has answered",
                row.group_key or "",
                row.repeat_s,
                sent=row.payload.get("sent"),
                unseen_s=row.payload.get("unseen_s"),
            )
        )
    return planned


def told_since(connection: Connection, row: Row[Any], kind: ChangeKind) -> bool:
    """Whether a later notice there tells of that."""
    mine = and_(_D.alert_id == row.alert_id, _D.channel == row.channel, _D.person == row.person)
    later = and_(mine, _D.kind == kind.value, _D.id > row.id)
    return bool(connection.scalar(select(exists().where(later))))


def _outcome(alert: Alert) -> ChangeKind | None:
    """How it stands, as a kind of notice; None: it burns, or lies there, and nobody has said a word."""
    if alert.false_alarm_at is not None:
        return ChangeKind.FALSE_ALARM
    if alert.resolved_at is not None:
        return ChangeKind.RESOLVED
    return None if alert.acknowledged_at is None else ChangeKind.ACKNOWLEDGED
