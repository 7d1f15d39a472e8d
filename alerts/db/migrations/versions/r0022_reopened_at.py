"""Alerts know since when people are called for them anew; those of before keep the time at which they fired."""

import sqlalchemy as sa
from alembic import op

from alerts.db.schema import UtcTime

revision = "0022"
down_revision = "0021"

_FIGURES = (
    "fired_at",
    "hazard",
    "severity",
    "camera",
    "place_id",
    "exercise",
    "acknowledged_at",
    "false_alarm_at",
    "reopened_at",
)


def upgrade() -> None:
    """Nothing is filled in: a value would break the seals of what is on record."""
    op.add_column("alerts", sa.Column("reopened_at", UtcTime))
    op.drop_index("ix_alerts_figures", "alerts")
    op.create_index("ix_alerts_figures", "alerts", list(_FIGURES))
