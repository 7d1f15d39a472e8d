"""push_devices: browsers that asked to be told of alerts, one row each; their queues are rows of `deliveries`."""

from sqlalchemy import Column, String, Table, Text

from alerts.db.schema import UtcTime, metadata

push_devices = Table(
    "push_devices",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False),  # as its owner calls it
    Column("owner", Text, nullable=False),  # who was signed in when it subscribed
    Column("account", String(64), nullable=False, server_default=""),  # whose it is; "": of whoever came by a link
    Column("language", String(2), nullable=False),
    Column("endpoint", String(1024), nullable=False, unique=True),
    Column("p256dh", Text, nullable=False),  # sealed, as `auth`: alerts.access.secret_box
    Column("auth", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("last_success_at", UtcTime),
    Column("disabled_at", UtcTime),
    Column("disabled_reason", Text, nullable=False, server_default=""),
)
