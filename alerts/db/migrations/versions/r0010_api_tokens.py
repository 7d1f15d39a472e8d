"""Programs that are let in by a token."""

import sqlalchemy as sa
from alembic import op

from alerts.db.schema import UtcTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """None yet."""
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("places", sa.JSON(none_as_null=True)),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
        sa.Column("last_used_at", UtcTime),
        sa.Column("revoked_at", UtcTime),
    )
