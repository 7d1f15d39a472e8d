"""api_tokens: what lets programs in, by the hash of their secret."""

from sqlalchemy import JSON, Column, String, Table, Text

from alerts.db.schema import UtcTime, metadata

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),  # what the records call whoever came by it
    Column("sha256", String(64), nullable=False, unique=True),  # hex, of the secret, which is kept nowhere
    Column("role", String(16), nullable=False),  # alerts.access.roles.Role
    Column("scopes", JSON, nullable=False),  # of alerts.access.roles.Permission
    Column("places", JSON(none_as_null=True)),  # ids of places and names of cameras; NULL: the whole site
    Column("created_by", Text, nullable=False),
    Column("account", String(32), nullable=False, server_default=""),  # of the maker; "": of none, it is the site's
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("last_used_at", UtcTime),  # written at most once an hour
    Column("revoked_at", UtcTime),
)
