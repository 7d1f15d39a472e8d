"""The tables of the tracks.

steps          what people did about an alert, one row a step, only ever added; the key refuses a second step of the
               same number, whoever was faster
answer_links   what the link of a notice may say: of which alert, in whose name, until when; by the hash of its token
"""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from alerts.db.schema import Ulid, UtcTime, metadata

steps = Table(
    "steps",
    metadata,
    Column("alert_id", Ulid(64), ForeignKey("alerts.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3 … within the alert
    Column("at", UtcTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("via", String(64), nullable=False),  # console, or the channel whose notice was answered
    Column("kind", String(32), nullable=False),  # alerts.track.step.StepKind
    Column("detail", JSON, nullable=False),
    Column("returns", Integer, nullable=False),  # of the alert when it was said
    Column("account", String(32), nullable=False, server_default=""),  # whose step it is; "": of no account
)

answer_links = Table(
    "answer_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),  # hex SHA-256
    Column("alert_id", Ulid(64), ForeignKey("alerts.id"), nullable=False),
    Column("person", Text, nullable=False),  # in whose name; "": whoever reads the channel says who it is
    Column("via", String(64), nullable=False),
    Column("allowed", JSON, nullable=False),  # alerts.track.step.ANSWERS
    Column("expires_at", UtcTime, nullable=False),
)
Index("ix_answer_links_expires_at", answer_links.c.expires_at)
Index("ix_answer_links_alert_id", answer_links.c.alert_id)
