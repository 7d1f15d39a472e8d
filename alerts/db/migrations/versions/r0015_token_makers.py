"""Tokens know whose account made them, so that they end with its right to make them."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Of those that there are, the maker is told by the name, if the account is the older one of the two."""
    op.add_column("api_tokens", sa.Column("account", sa.String(32), nullable=False, server_default=""))
    op.execute(
        sa.text(
            "UPDATE api_tokens SET account = (SELECT users.id FROM users WHERE users.name = api_tokens.created_by) "
            "WHERE EXISTS (SELECT 1 FROM users WHERE users.name = api_tokens.created_by "
            "AND users.created_at <= api_tokens.created_at)"
        )
    )
