"""When alerts were raised stands in one index: `ix_alerts_figures` begins with it."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """What asks for a span of time finds it there; each new alert writes one index less."""
    op.drop_index("ix_alerts_fired_at", "alerts")
