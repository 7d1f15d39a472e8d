"""What an account did is on record with its id, beside the name."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Of what was done before nobody knows more than the name: empty, which no seal counts in."""
    for table in ("records", "steps", "waiting_records"):
        op.add_column(table, sa.Column("account", sa.String(32), nullable=False, server_default=""))
