"""Fires that people have not ended are found by indexes of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_UNENDED_FIRE = sa.text(
    "fired_at IS NOT NULL AND resolved_at IS NOT NULL AND closed_at IS NULL AND false_alarm_at IS NULL "
    "AND severity = 'fire'"
)


def upgrade() -> None:
    """However many other cases nobody has ended."""
    for name, columns in (("", ["id"]), ("_camera", ["camera", "id"]), ("_place", ["place_id", "id"])):
        index = f"ix_alerts_unended_fire{name}"
        op.create_index(index, "alerts", columns, sqlite_where=_UNENDED_FIRE, postgresql_where=_UNENDED_FIRE)
