"""Notices are for somebody, have a time and a reason, and may be taken back."""

import sqlalchemy as sa
from alembic import op

from alerts.db.schema import Ulid, UtcTime

revision = "0009"
down_revision = "0008"

_WAITING = sa.text("delivered_at IS NULL AND dead_at IS NULL AND superseded_at IS NULL")
_GROUPED = sa.text("group_key IS NOT NULL")
_TOLD_BY = sa.text("superseded_by IS NOT NULL")


def upgrade() -> None:
    """Notices of before were for whoever reads the channel, and due at once."""
    for column in (
        sa.Column("person", sa.String(64), nullable=False, server_default=""),
        sa.Column("rung", sa.Integer, nullable=False, server_default="0"),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("not_before", UtcTime),
        sa.Column("group_key", sa.Text),
        sa.Column("repeat_s", sa.Float),
        sa.Column("also", sa.JSON(none_as_null=True)),
        sa.Column("superseded_at", UtcTime),
        sa.Column("superseded_by", Ulid(26)),
        sa.Column("superseded_reason", sa.Text, nullable=False, server_default=""),
    ):
        op.add_column("deliveries", column)
    op.execute(sa.text("UPDATE deliveries SET not_before = created_at"))
    op.drop_index("ix_deliveries_waiting", "deliveries")
    op.create_index(
        "ix_deliveries_waiting",
        "deliveries",
        ["channel", "priority", "next_try_at", "id"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.create_index(
        "ix_deliveries_group",
        "deliveries",
        ["group_key", "delivered_at"],
        sqlite_where=_GROUPED,
        postgresql_where=_GROUPED,
    )
    op.create_index(
        "ix_deliveries_superseded_by",
        "deliveries",
        ["superseded_by"],
        sqlite_where=_TOLD_BY,
        postgresql_where=_TOLD_BY,
    )
