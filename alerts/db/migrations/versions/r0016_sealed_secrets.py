"""The secrets of the second step are sealed with a key that lies beside the database."""

import sqlalchemy as sa
from alembic import context, op

from alerts.access.secret_box import box_of

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Nobody has to set up anything anew. What SQLite had in the clear is written over."""
    connection = op.get_bind()
    users = sa.table("users", sa.column("id"), sa.column("totp_secret"))
    found = connection.execute(sa.select(users).where(users.c.totp_secret.is_not(None))).all()
    if not found:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    box = box_of(context.config.attributes["folder"])
    for account, secret in found:
        sealed = box.seal(account, secret)
        connection.execute(sa.update(users).where(users.c.id == account).values(totp_secret=sealed))
