"""Pictures and clips may be in an object store, too."""

import sqlalchemy as sa
from alembic import op

from alerts.db.schema import Ulid, UtcTime

revision = "0013"
down_revision = "0012"

_KEPT = sa.text("kept_at IS NOT NULL AND going_at IS NULL AND local")
_GOING = sa.text("going_at IS NOT NULL")


def upgrade() -> None:
    """What is in the folder is found there: no row is needed to begin with."""
    op.create_table(
        "media",
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("alert_id", Ulid(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("kept_at", UtcTime),
        sa.Column("local", sa.Boolean, nullable=False),
        sa.Column("going_at", UtcTime),
    )
    op.create_index("ix_media_alert_id", "media", ["alert_id"])
    op.create_index("ix_media_local", "media", ["alert_id"], sqlite_where=_KEPT, postgresql_where=_KEPT)
    op.create_index("ix_media_going", "media", ["going_at"], sqlite_where=_GOING, postgresql_where=_GOING)
