"""Alerts know their registered place, why nobody was told of them, and whether they belong to a drill; silences."""

import sqlalchemy as sa
from alembic import op

from alerts.db.schema import Ulid, UtcTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Alerts of before have no registered place, and were all told."""
    op.add_column("alerts", sa.Column("place_id", sa.String(64)))
    op.add_column("alerts", sa.Column("muted", sa.JSON(none_as_null=True)))
    op.add_column("alerts", sa.Column("exercise", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("ix_alerts_place_id", "alerts", ["place_id", "id"])
    op.create_table(
        "silences",
        sa.Column("id", Ulid(26), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("scope_kind", sa.String(16), nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("begun_at", UtcTime, nullable=False),
        sa.Column("ends_at", UtcTime, nullable=False),
        sa.Column("fire", sa.Boolean, nullable=False),
        sa.Column("ended_at", UtcTime),
        sa.Column("ended_by", sa.Text, nullable=False),
    )
    op.create_index("ix_silences_ends_at", "silences", ["ends_at"])
