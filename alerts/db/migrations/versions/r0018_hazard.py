"""Alerts of a hazard are found by an index, newest first."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """However many others there are."""
    op.create_index("ix_alerts_hazard", "alerts", ["hazard", "id"])
