"""The table of silences.

silences   what people have shelved, and drills; a row is never deleted, and changes once: when a person ends it early
"""

from sqlalchemy import Boolean, Column, Index, String, Table, Text

from alerts.db.schema import Ulid, UtcTime, metadata

silences = Table(
    "silences",
    metadata,
    Column("id", Ulid(26), primary_key=True),
    Column("kind", String(16), nullable=False),  # alerts.mute.rules.SilenceKind
    Column("scope_kind", String(16), nullable=False),  # alerts.mute.rules.ScopeKind
    Column("scope", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("begun_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Column("fire", Boolean, nullable=False),  # flames too
    Column("ended_at", UtcTime),  # by a person, before its time
    Column("ended_by", Text, nullable=False),
)
Index("ix_silences_ends_at", silences.c.ends_at)
