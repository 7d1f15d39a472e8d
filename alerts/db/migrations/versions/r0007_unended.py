"""What people still have to end is found by an index. What had been acknowledged and was gone before there were tracks
is closed: it was over then."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from alerts.db.schema import Ulid, UtcTime

revision = "0007"
down_revision = "0006"

_UNENDED = sa.text(
    "fired_at IS NOT NULL AND resolved_at IS NOT NULL AND closed_at IS NULL AND false_alarm_at IS NULL "
    "AND severity <> 'fault' AND (acknowledged_at IS NOT NULL OR severity = 'fire')"
)
_PAGE = 1000
_REASON = {"reason": "gone and acknowledged before cases were kept"}


def upgrade() -> None:
    """A fire that nobody acknowledged still waits for somebody."""
    alerts = sa.table(
        "alerts",
        sa.column("id", Ulid(64)),
        sa.column("severity", sa.String),
        sa.column("acknowledged_at", UtcTime),
        sa.column("false_alarm_at", UtcTime),
        sa.column("resolved_at", UtcTime),
        sa.column("closed_at", UtcTime),
    )
    steps = sa.table(
        "steps",
        *(sa.column(name, kind) for name, kind in (("alert_id", Ulid(64)), ("seq", sa.Integer), ("at", UtcTime))),
        *(sa.column(name, sa.String) for name in ("by", "via", "kind")),
        *(sa.column(name, kind) for name, kind in (("detail", sa.JSON), ("returns", sa.Integer))),
    )
    over = sa.and_(
        alerts.c.acknowledged_at.is_not(None),
        alerts.c.resolved_at.is_not(None),
        alerts.c.false_alarm_at.is_(None),
        alerts.c.closed_at.is_(None),
    )
    connection = op.get_bind()
    query = sa.select(alerts).where(over).order_by(alerts.c.id).limit(_PAGE)
    while page := list(connection.execute(query)):
        theirs = steps.c.alert_id.in_([row.id for row in page])
        last = sa.select(steps.c.alert_id, sa.func.max(steps.c.seq)).where(theirs).group_by(steps.c.alert_id)
        numbers = {row[0]: row[1] for row in connection.execute(last)}
        op.bulk_insert(steps, [_closed(row, numbers.get(row.id, 0) + 1) for row in page])
        for row in page:
            at = max(row.resolved_at, row.acknowledged_at)
            connection.execute(sa.update(alerts).where(alerts.c.id == row.id).values(closed_at=at))
    op.create_index("ix_alerts_unended", "alerts", ["id"], sqlite_where=_UNENDED, postgresql_where=_UNENDED)


def _closed(row: Any, seq: int) -> dict[str, Any]:
    said = {"by": "", "via": "system", "kind": "closed", "detail": _REASON, "returns": 0}
    return said | {"alert_id": row.id, "seq": seq, "at": max(row.resolved_at, row.acknowledged_at)}
