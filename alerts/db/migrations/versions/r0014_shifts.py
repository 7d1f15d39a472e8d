"""Hand-overs and drills; figures of a time are read from indexes alone."""

import sqlalchemy as sa
from alembic import op

from alerts.db.schema import Ulid, UtcTime

revision = "0014"
down_revision = "0013"

_FALSE = sa.text("false_alarm_at IS NOT NULL")
_CLOSED = sa.text("closed_at IS NOT NULL")
_RUNNING = sa.text("ended_at IS NULL")
_SIGNED_IN = sa.text("kind = 'signed_in'")


def upgrade() -> None:
    """On a large database the indexes take their time: about a minute for a million alerts."""
    op.create_table(
        "hand_overs",
        sa.Column("id", Ulid(26), primary_key=True),
        sa.Column("begins_at", UtcTime, nullable=False),
        sa.Column("ends_at", UtcTime, nullable=False),
        sa.Column("places", sa.JSON(none_as_null=True)),
        sa.Column("sheet", sa.JSON, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("left_by", sa.Text, nullable=False),
        sa.Column("left_account", sa.String(32), nullable=False),
        sa.Column("left_at", UtcTime, nullable=False),
        sa.Column("came_by", sa.Text, nullable=False, server_default=""),
        sa.Column("came_account", sa.String(32), nullable=False, server_default=""),
        sa.Column("came_at", UtcTime),
        sa.Column("came_notes", sa.Text, nullable=False, server_default=""),
    )
    op.create_index("ix_hand_overs_begins_at", "hand_overs", ["begins_at"])
    op.create_table(
        "drills",
        sa.Column("id", Ulid(26), primary_key=True),
        sa.Column("alert_id", Ulid(64), nullable=False),
        sa.Column("place_id", sa.String(64)),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("begun_at", UtcTime, nullable=False),
        sa.Column("begun_by", sa.Text, nullable=False),
        sa.Column("ends_at", UtcTime, nullable=False),
        sa.Column("ended_at", UtcTime),
        sa.Column("ended_by", sa.Text, nullable=False, server_default=""),
        sa.Column("score", sa.JSON(none_as_null=True)),
        sa.UniqueConstraint("alert_id", name="uq_drills_alert_id"),
    )
    op.create_index("ix_drills_running", "drills", ["id"], sqlite_where=_RUNNING, postgresql_where=_RUNNING)
    figures = ["fired_at", "hazard", "severity", "camera", "place_id", "exercise", "acknowledged_at", "false_alarm_at"]
    op.create_index("ix_alerts_figures", "alerts", figures)
    op.create_index("ix_alerts_false", "alerts", ["id"], sqlite_where=_FALSE, postgresql_where=_FALSE)
    op.create_index("ix_alerts_false_camera", "alerts", ["camera", "id"], sqlite_where=_FALSE, postgresql_where=_FALSE)
    op.create_index("ix_alerts_closed_at", "alerts", ["closed_at"], sqlite_where=_CLOSED, postgresql_where=_CLOSED)
    op.create_index("ix_steps_at", "steps", ["at", "kind", "alert_id", "by"])
    op.create_index("ix_records_signed_in", "records", ["at"], sqlite_where=_SIGNED_IN, postgresql_where=_SIGNED_IN)
