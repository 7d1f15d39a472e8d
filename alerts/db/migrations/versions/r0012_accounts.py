"""Accounts, one-time links in a table of their own, and sessions that know whose they are."""

import sqlalchemy as sa
from alembic import op

from alerts.db.schema import UtcTime

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Whoever is signed in goes on as before: may do everything, and belongs to no account. A link that was not used
    yet is void; the watch prints a new one when it starts."""
    op.create_table(
        "users",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("places", sa.JSON(none_as_null=True)),
        sa.Column("password_hash", sa.Text),
        sa.Column("totp_secret", sa.Text),
        sa.Column("totp_step", sa.Integer),
        sa.Column("language", sa.String(2)),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("changed_at", UtcTime, nullable=False),
        sa.Column("disabled_at", UtcTime),
    )
    op.create_table(
        "sign_in_links",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("places", sa.JSON(none_as_null=True)),
        sa.Column("expires_at", UtcTime, nullable=False),
    )
    op.create_table(
        "waiting_records",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("via", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
    )
    for column in (
        sa.Column("account", sa.String(32), nullable=False, server_default=""),
        sa.Column("role", sa.String(16), nullable=False, server_default="admin"),
        sa.Column("places", sa.JSON(none_as_null=True)),
        sa.Column("agent", sa.Text, nullable=False, server_default=""),
    ):
        op.add_column("sessions", column)
    op.create_index("ix_sessions_account", "sessions", ["account"])
    op.execute(sa.text("DELETE FROM meta WHERE key = 'console.link'"))
    op.execute(sa.text("INSERT INTO meta (key, value) VALUES ('access.version', '0')"))
