"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

from alerts.db.schema import Ulid, UtcTime

revision = "0001"
down_revision = None

_WAITING = sa.text("delivered_at IS NULL AND dead_at IS NULL")
_DEAD = sa.text("dead_at IS NOT NULL")


def upgrade() -> None:
    """From nothing."""
    _alerts()
    _deliveries()
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    meta = op.create_table(
        "meta", sa.Column("key", sa.String(64), primary_key=True), sa.Column("value", sa.Text, nullable=False)
    )
    op.bulk_insert(meta, [{"key": "schema_version", "value": "1"}])


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", Ulid(64), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("camera", sa.String(64), nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("hazard", sa.String(64), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("zone_type", sa.String(32), nullable=False),
        sa.Column("started_at", UtcTime, nullable=False),
        sa.Column("seen_at", UtcTime, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("box", sa.JSON, nullable=False),
        sa.Column("fired_at", UtcTime),
        sa.Column("resolved_at", UtcTime),
        sa.Column("acknowledged_at", UtcTime),
        sa.Column("acknowledged_by", sa.Text, nullable=False),
        sa.Column("false_alarm_at", UtcTime),
        sa.Column("false_alarm_by", sa.Text, nullable=False),
        sa.Column("false_alarm_reason", sa.Text, nullable=False),
        sa.Column("snapshot", sa.Text, nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state_version", sa.Integer, nullable=False),
    )
    op.create_index("ix_alerts_resolved_at", "alerts", ["resolved_at", "id"])
    op.create_index("ix_alerts_fired_at", "alerts", ["fired_at"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", Ulid(26), primary_key=True),
        sa.Column("alert_id", Ulid(64), sa.ForeignKey("alerts.id"), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("next_try_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("delivered_at", UtcTime),
        sa.Column("dead_at", UtcTime),
    )
    op.create_index(
        "ix_deliveries_waiting",
        "deliveries",
        ["channel", "priority", "next_try_at", "id"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.create_index("ix_deliveries_alert", "deliveries", ["alert_id", "channel", "id"])
    op.create_index("ix_deliveries_dead", "deliveries", ["dead_at"], sqlite_where=_DEAD, postgresql_where=_DEAD)
