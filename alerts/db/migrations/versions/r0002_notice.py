"""Why an alert is only logged."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Alerts of before were all meant to be told."""
    op.add_column("alerts", sa.Column("notice", sa.Text, nullable=False, server_default=""))
