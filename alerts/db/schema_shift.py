"""Tables of the shifts, and the indexes by which figures are read.

hand_overs   a sheet that whoever left a shift has signed, and whoever came has countersigned; changes once, by that
drills       fire drills that were begun by a person: when, where, by whom, and what came of them
"""

from sqlalchemy import JSON, Column, Index, String, Table, Text

from alerts.db.schema import Ulid, UtcTime, alerts, metadata
from alerts.db.schema_records import records
from alerts.db.schema_tracks import steps

hand_overs = Table(
    "hand_overs",
    metadata,
    Column("id", Ulid(26), primary_key=True),
    Column("begins_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Column("places", JSON(none_as_null=True)),  # what it is limited to, as its signer was; null: the whole site
    Column("sheet", JSON, nullable=False),  # alerts.shift.sheet, as it was when it was signed
    Column("notes", Text, nullable=False),
    Column("left_by", Text, nullable=False),
    Column("left_account", String(32), nullable=False),
    Column("left_at", UtcTime, nullable=False),
    Column("came_by", Text, nullable=False, server_default=""),
    Column("came_account", String(32), nullable=False, server_default=""),
    Column("came_at", UtcTime),
    Column("came_notes", Text, nullable=False, server_default=""),
)
Index("ix_hand_overs_begins_at", hand_overs.c.begins_at)

drills = Table(
    "drills",
    metadata,
    Column("id", Ulid(26), primary_key=True),
    # No foreign key: what came of a drill outlives its alert.
    Column("alert_id", Ulid(64), nullable=False, unique=True),
    Column("place_id", String(64)),
    Column("place", Text, nullable=False),  # in human words, as it was called then
    Column("note", Text, nullable=False),
    Column("begun_at", UtcTime, nullable=False),
    Column("begun_by", Text, nullable=False),
    Column("ends_at", UtcTime, nullable=False),  # by itself, at the latest
    Column("ended_at", UtcTime),
    Column("ended_by", Text, nullable=False, server_default=""),
    Column("score", JSON(none_as_null=True)),  # alerts.shift.score, once it has ended
)
_RUNNING = drills.c.ended_at.is_(None)
Index("ix_drills_running", drills.c.id, sqlite_where=_RUNNING, postgresql_where=_RUNNING)

_A = alerts.c
# All that the figures of a time are made of, so that no row of the table itself is read: those are large.
Index(
    "ix_alerts_figures",
    _A.fired_at,
    _A.hazard,
    _A.severity,
    _A.camera,
    _A.place_id,
    _A.exercise,
    _A.acknowledged_at,
    _A.false_alarm_at,
    _A.reopened_at,
)
_FALSE = _A.false_alarm_at.is_not(None)
Index("ix_alerts_false", _A.id, sqlite_where=_FALSE, postgresql_where=_FALSE)
Index("ix_alerts_false_camera", _A.camera, _A.id, sqlite_where=_FALSE, postgresql_where=_FALSE)
_CLOSED = _A.closed_at.is_not(None)  # or it would be asked for what is not closed: nearly all
Index("ix_alerts_closed_at", _A.closed_at, sqlite_where=_CLOSED, postgresql_where=_CLOSED)
Index("ix_steps_at", steps.c.at, steps.c.kind, steps.c.alert_id, steps.c.by)
_SIGNED_IN = records.c.kind == "signed_in"
Index("ix_records_signed_in", records.c.at, sqlite_where=_SIGNED_IN, postgresql_where=_SIGNED_IN)
