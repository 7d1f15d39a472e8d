"""What people do about an alert, as steps; and what the links of notices may say. What was said before become steps."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from alerts.db.schema import Ulid, UtcTime

revision = "0005"
down_revision = "0004"

_PAGE = 1000


def upgrade() -> None:
    """Acknowledgements and false alarms stay on the alerts too, to search by."""
    op.add_column("alerts", sa.Column("returns", sa.Integer, nullable=False, server_default="0"))
    op.add_column("alerts", sa.Column("dealt_with_at", UtcTime))
    op.add_column("alerts", sa.Column("closed_at", UtcTime))
    steps = op.create_table(
        "steps",
        sa.Column("alert_id", Ulid(64), sa.ForeignKey("alerts.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("via", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("returns", sa.Integer, nullable=False),
    )
    op.create_table(
        "answer_links",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("alert_id", Ulid(64), sa.ForeignKey("alerts.id"), nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("via", sa.String(64), nullable=False),
        sa.Column("allowed", sa.JSON, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
    )
    op.create_index("ix_answer_links_expires_at", "answer_links", ["expires_at"])
    op.create_index("ix_answer_links_alert_id", "answer_links", ["alert_id"])
    for page in _judged():
        op.bulk_insert(steps, [step for row in page for step in _steps(row)])


def _judged() -> Iterator[list[Any]]:
    """What people said of the alerts so far."""
    alerts = sa.table(
        "alerts",
        sa.column("id", Ulid(64)),
        sa.column("severity", sa.String),
        sa.column("acknowledged_at", UtcTime),
        sa.column("acknowledged_by", sa.Text),
        sa.column("false_alarm_at", UtcTime),
        sa.column("false_alarm_by", sa.Text),
        sa.column("false_alarm_reason", sa.Text),
    )
    given = sa.or_(alerts.c.acknowledged_at.is_not(None), alerts.c.false_alarm_at.is_not(None))
    query, last = sa.select(alerts).where(given).order_by(alerts.c.id).limit(_PAGE), ""
    while page := list(op.get_bind().execute(query.where(alerts.c.id > last))):
        yield page
        last = page[-1].id


def _steps(row: Any) -> Iterator[dict[str, Any]]:
    """Of one alert. To acknowledge a violation was to say that it is one."""
    both = {"alert_id": row.id, "via": "console", "returns": 0}
    if row.acknowledged_at is not None:
        kind = "verified" if row.severity == "violation" else "acknowledged"
        yield both | {"seq": 1, "at": row.acknowledged_at, "by": row.acknowledged_by, "kind": kind, "detail": {}}
    if row.false_alarm_at is not None:
        seq, detail = 1 if row.acknowledged_at is None else 2, {"reason": row.false_alarm_reason}
        said = {"at": row.false_alarm_at, "by": row.false_alarm_by, "kind": "false_alarm"}
        yield both | said | {"seq": seq, "detail": detail}
