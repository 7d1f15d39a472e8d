"""The program's own keys and those of phones are sealed with a key that lies beside the database. Dead letters are
paged through by an index."""

from pathlib import Path

import sqlalchemy as sa
from alembic import context, op

from alerts.access.secret_box import store_box_of

revision = "0020"
down_revision = "0019"

_OWN = ("push.vapid", "access.device_key")
_OF_PHONES = ("p256dh", "auth")
_DEAD = sa.text("dead_at IS NOT NULL")


def upgrade() -> None:
    """Nobody has to register a phone anew. What SQLite had in the clear is written over."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    with op.batch_alter_table("push_devices") as batch:
        for name, length in zip(_OF_PHONES, (100, 40), strict=True):
            batch.alter_column(name, existing_type=sa.String(length), type_=sa.Text, existing_nullable=False)
    _seal(connection, context.config.attributes["folder"])
    op.drop_index("ix_deliveries_dead", "deliveries")
    op.create_index("ix_deliveries_dead", "deliveries", ["dead_at", "id"], sqlite_where=_DEAD, postgresql_where=_DEAD)


def _seal(connection: sa.Connection, folder: Path) -> None:
    meta = sa.table("meta", sa.column("key"), sa.column("value"))
    phones = sa.table("push_devices", sa.column("id"), *(sa.column(name) for name in _OF_PHONES))
    own = connection.execute(sa.select(meta).where(meta.c.key.in_(_OWN))).all()
    devices = connection.execute(sa.select(phones)).all()
    if not (own or devices):
        return
    box = store_box_of(folder)
    for key, value in own:
        connection.execute(sa.update(meta).where(meta.c.key == key).values(value=box.seal(key, value)))
    for device in devices:
        sealed = {name: box.seal(f"{device.id}.{name}", getattr(device, name)) for name in _OF_PHONES}
        connection.execute(sa.update(phones).where(phones.c.id == device.id).values(sealed))
