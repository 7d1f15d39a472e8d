"""Phones that are told by Web Push."""

import sqlalchemy as sa
from alembic import op

from alerts.db.schema import UtcTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """None yet."""
    op.create_table(
        "push_devices",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("endpoint", sa.String(1024), nullable=False, unique=True),
        sa.Column("p256dh", sa.String(100), nullable=False),
        sa.Column("auth", sa.String(40), nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("last_success_at", UtcTime),
        sa.Column("disabled_at", UtcTime),
        sa.Column("disabled_reason", sa.Text, nullable=False, server_default=""),
    )
