"""The record of who saw, did and changed what, and alerts that are kept beyond their time."""

import sqlalchemy as sa
from alembic import op

from alerts.db.schema import Ulid, UtcTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """The record begins with the first thing that is put on it."""
    op.create_table(
        "records",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("via", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_index("ix_records_subject", "records", ["subject", "seq"])
    op.create_table(
        "holds",
        sa.Column("alert_id", Ulid(64), sa.ForeignKey("alerts.id"), primary_key=True),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
