"""False alarms: what they were, why they were false, and what the detector can learn from each.

What a verdict teaches is decided in one place, `alerts.verdicts`: `xinan verdicts` copies those pictures (of the list
that is exported here: `--false-alarms`), and `xinan models site` makes a detector that has learnt them
(docs/guide/site-learning.md). Nothing learns by itself.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from alerts.access.principal import Area
from alerts.alert import Alert
from alerts.db import areas
from alerts.db.codec import time_text
from alerts.db.rows import to_alert
from alerts.db.schema import alerts
from alerts.evidence.names import picture_name
from alerts.record.sealed import files_of
from alerts.verdicts import NotTaught, verdict_of

MOST_EXPORTED = 2_000
"""Lines of one export, the newest; more are asked for by `before`."""
AT_ONCE = 200

CLASSES = ("ebike", "flame", "clutter")
"""Hazards that are classes of the shipped detector; the others are concluded, or seen by a network of their own."""

_A = alerts.c
_FALSE = _A.false_alarm_at.is_not(None)


def false_alarms(
    connection: Connection, area: Area | None, *, camera: str = "", before: str | None = None, limit: int = 50
) -> list[Alert]:
    """Newest first; drills are none. camera: only of it."""
    wanted: list[ColumnElement[bool]] = [_FALSE, _A.exercise.is_(False)]
    if camera:
        wanted.append(_A.camera == camera)
    if before is not None:
        wanted.append(_A.id < before)
    return [to_alert(row) for row in connection.execute(_query(connection, wanted, limit, area))]


def _query(connection: Connection, wanted: list[ColumnElement[bool]], limit: int, area: Area | None) -> Select[Any]:
    if area is not None:
        wanted = [_A.id.in_(list(connection.scalars(areas.newest_ids(wanted, limit, area))))]
    return select(alerts).where(*wanted).order_by(_A.id.desc()).limit(limit)


def by_camera(connection: Connection, area: Area | None) -> dict[str, int]:
    """Camera → its false alarms, for a choice of one; by the index of those."""
    query = (
        select(_A.camera, func.count().label("number"))
        .where(_FALSE, _A.camera != "")
        .group_by(_A.camera)
        .order_by(_A.camera)
    )
    if area is not None:
        query = query.where(areas.within(area))
    return {row.camera: row.number for row in connection.execute(query)}


def teaches(alert: Alert) -> str:
    """ "" where a false alarm teaches the detector something, else a word for why not: `no_picture`, or the code of an
    `alerts.verdicts.NotTaught`."""
    if not alert.snapshot:
        return "no_picture"
    try:
        verdict_of(alert, CLASSES)
    except NotTaught as why:
        return why.code
    return ""


def lesson(alert: Alert) -> dict[str, Any]:
    """A line of the export: what a person who trains a detector needs. No name of a person, no place.

    picture: name of the clear picture in the store's folder, of which `sha256` is the fingerprint; box: x1, y1, x2, y2,
    0–1 of it.
    """
    picture = picture_name(alert.snapshot, "clean") if alert.snapshot else ""
    stored = alert.evidence.get("snapshot") or {}
    return {
        "alert": alert.id,
        "camera": alert.camera,
        "hazard": alert.hazard,
        "fired_at": None if alert.fired_at is None else time_text(alert.fired_at),
        "judged_at": None if alert.false_alarm_at is None else time_text(alert.false_alarm_at),
        "reason": alert.false_alarm_reason,
        "picture": picture,
        "sha256": files_of(alert).get(picture, ""),
        "box": [float(value) for value in stored.get("box", alert.box)],
        "confidence": alert.confidence,
        "teaches": not (why := teaches(alert)),
        "why_not": why,
    }


def lessons(
    connection: Connection, area: Area | None, *, camera: str = "", before: str | None = None
) -> Iterator[dict[str, Any]]:
    """The newest `MOST_EXPORTED`, a page at a time."""
    for _ in range(MOST_EXPORTED // AT_ONCE):
        page = false_alarms(connection, area, camera=camera, before=before, limit=AT_ONCE)
        yield from (lesson(alert) for alert in page)
        if len(page) < AT_ONCE:
            return
        before = page[-1].id
