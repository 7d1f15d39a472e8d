"""Tables of the record and of what is held back from deletion.

records   who saw, did and changed what: a chain (alerts.record.chain), only appended to, shortened at its old end alone
holds     alerts that a person keeps beyond their time, with a reason
"""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from alerts.db.schema import Ulid, UtcTime, metadata

records = Table(
    "records",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3 … without a gap
    Column("at", UtcTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("via", String(64), nullable=False),  # console, watch, or the channel of a notice
    Column("kind", String(32), nullable=False),  # alerts.record.records.Kind
    Column("subject", Text, nullable=False),  # an alert's id, a camera's name, or ""
    Column("detail", JSON, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("account", String(32), nullable=False, server_default=""),  # that did it; "": none did
)
Index("ix_records_subject", records.c.subject, records.c.seq)

holds = Table(
    "holds",
    metadata,
    Column("alert_id", Ulid(64), ForeignKey("alerts.id"), primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
