"""Tables of accounts and log-ins; that of the sessions is in `alerts.db.schema`.

users             accounts, one row each
sign_in_links     one-time links to enter by, by the hash of their token; one an account, and one of no account
waiting_records   what a command put down beside a running watch; the watch, which alone writes the record, takes it in
"""

from sqlalchemy import JSON, Column, Integer, String, Table, Text

from alerts.db.schema import UtcTime, metadata

users = Table(
    "users",
    metadata,
    Column("id", String(32), primary_key=True),  # alerts.access.accounts.account_id
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),  # alerts.access.roles.Role
    Column("places", JSON(none_as_null=True)),  # ids of places, names of cameras; null: the whole site
    Column("password_hash", Text),  # PHC string, argon2id; null: no log-in by password
    Column("totp_secret", Text),  # sealed: alerts.access.secret_box; null: no second step
    Column("totp_step", Integer),  # the last one whose code was used
    Column("language", String(2)),
    Column("created_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),  # hex SHA-256
    Column("account", String(32), nullable=False),  # "": whoever has it, with this role
    Column("role", String(16), nullable=False),
    Column("places", JSON(none_as_null=True)),
    Column("expires_at", UtcTime, nullable=False),
)

waiting_records = Table(
    "waiting_records",
    metadata,
    Column("id", Integer, primary_key=True),  # in the order in which they came
    Column("at", UtcTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("via", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("account", String(32), nullable=False, server_default=""),
)
