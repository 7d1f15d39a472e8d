"""The table of pictures and clips that are, or are to be, in an object store (alerts.evidence.media_rows).

No row refers to an alert by a key of its own: what is to be deleted there is known after the alert's row is gone.
"""

import sqlalchemy as sa

from alerts.db.schema import Ulid, UtcTime, metadata

_KEPT = sa.text("kept_at IS NOT NULL AND going_at IS NULL AND local")
_GOING = sa.text("going_at IS NOT NULL")

media = sa.Table(
    "media",
    metadata,
    # As in the store's folder and on record: "clips/2026/01/31/<alert id>-….mp4".
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("alert_id", Ulid(64), nullable=False),
    # Of what was sent; 0 and "" before the first time.
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    # When the object store was found to hold it; NULL: it is being sent, or was when the watch was killed.
    sa.Column("kept_at", UtcTime),
    # Whether a copy is still in the folder.
    sa.Column("local", sa.Boolean, nullable=False),
    # Since when it is to be deleted there.
    sa.Column("going_at", UtcTime),
    sa.Index("ix_media_alert_id", "alert_id"),
    sa.Index("ix_media_local", "alert_id", sqlite_where=_KEPT, postgresql_where=_KEPT),
    sa.Index("ix_media_going", "going_at", sqlite_where=_GOING, postgresql_where=_GOING),
)
