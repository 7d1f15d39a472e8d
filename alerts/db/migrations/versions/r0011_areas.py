"""Alerts of a camera or a place are found by an index, newest first; and whose phone a device is."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_UNENDED = sa.text(
    "fired_at IS NOT NULL AND resolved_at IS NOT NULL AND closed_at IS NULL AND false_alarm_at IS NULL "
    "AND severity <> 'fault' AND (acknowledged_at IS NOT NULL OR severity = 'fire')"
)


def upgrade() -> None:
    """Of phones that there are nobody knows more than the name."""
    op.create_index("ix_alerts_camera", "alerts", ["camera", "id"])
    for column, name in (("camera", "ix_alerts_unended_camera"), ("place_id", "ix_alerts_unended_place")):
        op.create_index(name, "alerts", [column, "id"], sqlite_where=_UNENDED, postgresql_where=_UNENDED)
    op.add_column("push_devices", sa.Column("account", sa.String(64), nullable=False, server_default=""))
