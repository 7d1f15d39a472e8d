"""The tables, in terms that SQLite and PostgreSQL share.

alerts       one row an incident, for ever; its state is derived from its times, so no column holds it
deliveries   the outbox: one row for each notice, channel and person, written in the transaction that writes the alert
sessions     signed-in browsers of the console, by the hash of their cookie
meta         small values of the program itself

Further tables may stand in modules of their own, `alerts/db/schema_*.py`, on the same `metadata`. A change of any table
needs a revision in `alerts/db/migrations/versions` (docs/design/store.md); tests compare the two.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
    text,
)
from sqlalchemy.types import TypeEngine


class Ulid(TypeDecorator[str]):
    """An id that sorts by creation; in every database by its bytes, as in Python, whatever its language is set to."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(String(self.length, collation=collation))


class UtcTime(TypeDecorator[datetime]):
    """Aware UTC on the outside, whatever the database keeps. Raises ValueError for a time without a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value}")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        known: datetime = value
        return known.replace(tzinfo=UTC) if known.tzinfo is None else known.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Of all tables of the store. Constraints have the same names in every database, so that a revision can name them."""

alerts = Table(
    "alerts",
    metadata,
    Column("id", Ulid(64), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("camera", String(64), nullable=False),
    Column("place", Text, nullable=False),
    Column("hazard", String(64), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("zone", Text, nullable=False),
    Column("zone_type", String(32), nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("box", JSON, nullable=False),  # [x1, y1, x2, y2], 0–1
    Column("fired_at", UtcTime),
    Column("resolved_at", UtcTime),
    Column("acknowledged_at", UtcTime),
    Column("acknowledged_by", Text, nullable=False),
    Column("false_alarm_at", UtcTime),
    Column("false_alarm_by", Text, nullable=False),
    Column("false_alarm_reason", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("notice", Text, nullable=False, server_default=""),  # why it is only logged
    Column("place_id", String(64)),  # of the registered place, as it was called when it was raised
    Column("muted", JSON(none_as_null=True)),  # alerts.mute.rules: why its notices are, or were, held back
    Column("exercise", Boolean, nullable=False, server_default=false()),  # raised within a drill
    Column("returns", Integer, nullable=False, server_default="0"),  # how often it came back after it had cleared
    Column("dealt_with_at", UtcTime),  # this, closed_at, acknowledged and false_alarm repeat the steps, to search by
    Column("closed_at", UtcTime),
    Column("reopened_at", UtcTime),  # since when people are called anew; null: since it fired
    # The version of the last change that was more than a newer picture; a writer who has seen it is up to date.
    Column("state_version", Integer, nullable=False),
)
Index("ix_alerts_resolved_at", alerts.c.resolved_at, alerts.c.id)
UNENDED = text(
    "fired_at IS NOT NULL AND resolved_at IS NOT NULL AND closed_at IS NULL AND false_alarm_at IS NULL "
    "AND severity <> 'fault' AND (acknowledged_at IS NOT NULL OR severity = 'fire')"
)
"""Of what is gone, as far as the camera can tell: not `Alert.ended`. As text, so that SQLite knows it for its index."""
Index("ix_alerts_unended", alerts.c.id, sqlite_where=UNENDED, postgresql_where=UNENDED)
UNENDED_FIRE = text(
    "fired_at IS NOT NULL AND resolved_at IS NOT NULL AND closed_at IS NULL AND false_alarm_at IS NULL "
    "AND severity = 'fire'"
)
"""Of these the fires, which are found however many others there are."""
NO_FIRE = text("severity <> 'fire'")
Index("ix_alerts_unended_fire", alerts.c.id, sqlite_where=UNENDED_FIRE, postgresql_where=UNENDED_FIRE)
Index("ix_alerts_place_id", alerts.c.place_id, alerts.c.id)
Index("ix_alerts_hazard", alerts.c.hazard, alerts.c.id)
# For whoever is limited to cameras and places (alerts.db.areas).
Index("ix_alerts_camera", alerts.c.camera, alerts.c.id)
Index("ix_alerts_unended_camera", alerts.c.camera, alerts.c.id, sqlite_where=UNENDED, postgresql_where=UNENDED)
Index("ix_alerts_unended_place", alerts.c.place_id, alerts.c.id, sqlite_where=UNENDED, postgresql_where=UNENDED)
Index(
    "ix_alerts_unended_fire_camera",
    alerts.c.camera,
    alerts.c.id,
    sqlite_where=UNENDED_FIRE,
    postgresql_where=UNENDED_FIRE,
)
Index(
    "ix_alerts_unended_fire_place",
    alerts.c.place_id,
    alerts.c.id,
    sqlite_where=UNENDED_FIRE,
    postgresql_where=UNENDED_FIRE,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Ulid(26), primary_key=True),  # the receiver's idempotency key
    Column("alert_id", Ulid(64), ForeignKey("alerts.id"), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("kind", String(16), nullable=False),  # alerts.lifecycle.ChangeKind
    Column("priority", Integer, nullable=False),  # 0 fire, 1 violation, 2 fault of a camera
    Column("payload", JSON, nullable=False),  # the alert as it was at created_at
    Column("created_at", UtcTime, nullable=False),
    Column("next_try_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("delivered_at", UtcTime),
    Column("dead_at", UtcTime),  # given up: expired or rejected; kept for the record
    Column("person", String(64), nullable=False, server_default=""),  # id; "": whoever reads the channel
    Column("rung", Integer, nullable=False, server_default="0"),  # 0: told of everything at once
    Column("reason", Text, nullable=False, server_default=""),  # why this row exists
    Column("not_before", UtcTime),  # next_try_at of the first attempt
    Column("group_key", Text),  # those of one group that wait together are sent as one
    Column("repeat_s", Float),  # told again so long after it has arrived, until somebody answers
    Column("also", JSON(none_as_null=True)),  # the alerts of those that it tells, too; fixed at the first attempt
    Column("superseded_at", UtcTime),  # no longer needed, for superseded_reason
    Column("superseded_by", Ulid(26)),  # the row that tells it, too
    Column("superseded_reason", Text, nullable=False, server_default=""),
)
_WAITING = deliveries.c.delivered_at.is_(None) & deliveries.c.dead_at.is_(None) & deliveries.c.superseded_at.is_(None)
Index(
    "ix_deliveries_waiting",
    deliveries.c.channel,
    deliveries.c.priority,
    deliveries.c.next_try_at,
    deliveries.c.id,
    sqlite_where=_WAITING,
    postgresql_where=_WAITING,
)
Index("ix_deliveries_alert", deliveries.c.alert_id, deliveries.c.channel, deliveries.c.id)
Index(
    "ix_deliveries_group",
    deliveries.c.group_key,
    deliveries.c.delivered_at,
    sqlite_where=deliveries.c.group_key.is_not(None),
    postgresql_where=deliveries.c.group_key.is_not(None),
)
Index(
    "ix_deliveries_superseded_by",
    deliveries.c.superseded_by,
    sqlite_where=deliveries.c.superseded_by.is_not(None),
    postgresql_where=deliveries.c.superseded_by.is_not(None),
)
Index(
    "ix_deliveries_dead",
    deliveries.c.dead_at,
    deliveries.c.id,
    sqlite_where=deliveries.c.dead_at.is_not(None),
    postgresql_where=deliveries.c.dead_at.is_not(None),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("account", String(32), nullable=False, server_default=""),  # "": came by a link of no account
    # Of such a link; whoever has an account may at any time do what the account may.
    Column("role", String(16), nullable=False, server_default="admin"),
    Column("places", JSON(none_as_null=True)),
    Column("agent", Text, nullable=False, server_default=""),  # what the browser calls itself
)
Index("ix_sessions_expires_at", sessions.c.expires_at)
Index("ix_sessions_account", sessions.c.account)

meta = Table("meta", metadata, Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))
