"""Alembic knows a database's version from here on. The number that earlier releases look at stays at one which they
refuse to open: they would take the tables for theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """No table changes."""
    op.execute(sa.text("UPDATE meta SET value = '3' WHERE key = 'schema_version'"))
