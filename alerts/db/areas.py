"""An area in SQL: which alerts are of it, and the newest of them by an index, however many lie elsewhere."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, TextClause, exists, false, or_, select, union_all

from alerts.access.principal import Area
from alerts.db.schema import alerts

AT_FIRST = 2_000
"""So many of the newest that are wanted are gone through first: a large area has a page of its own among them. Whose
cameras and places together give no more is looked up at once."""
MOST_PARTS = 200
"""Cameras and places that are looked up one by one, else; for an area of more, all alerts are gone through."""

_A = alerts.c
Wanted = Sequence[ColumnElement[bool] | TextClause]
"""Conditions that an alert has to meet, all of them."""


def within(area: Area) -> ColumnElement[bool]:
    """Of an alert: `Area.has`."""
    return or_(_A.camera.in_(sorted(area.cameras)), _A.place_id.in_(sorted(area.places)))


def is_of(alert_id: ColumnElement[Any], area: Area) -> ColumnElement[bool]:
    """Of a row that names an alert: whether that is of the area."""
    return exists(select(_A.id).where(_A.id == alert_id, within(area)))


def newest(connection: Connection, wanted: Wanted, limit: int, area: Area) -> list[str]:
    """The ids that `newest_ids` asks for. Those of a large area are first looked for among the newest of all."""
    if parts(area) * limit > AT_FIRST:
        ids = list(connection.scalars(_among_newest(wanted, limit, area)))
        if len(ids) == limit:
            return ids
    return list(connection.scalars(newest_ids(wanted, limit, area)))


def parts(area: Area) -> int:
    """Cameras and places that are looked up one by one."""
    return len(area.cameras) + len(area.places)


def _among_newest(wanted: Wanted, limit: int, area: Area) -> Select[Any]:
    first = select(_A.id, _A.camera, _A.place_id).where(*wanted).order_by(_A.id.desc()).limit(AT_FIRST).subquery()
    own = or_(first.c.camera.in_(sorted(area.cameras)), first.c.place_id.in_(sorted(area.places)))
    return select(first.c.id).where(own).order_by(first.c.id.desc()).limit(limit)


def newest_ids(wanted: Wanted, limit: int, area: Area) -> Select[Any]:
    """The ids of the newest alerts of an area that are wanted, newest first.

    Each camera and each place gives its own newest, by its index; so it does not matter how old those are. They are
    joined without being compared, so that PostgreSQL merges them as they come and reads no more than it tells of:
    compared (`UNION`), it read the whole page of each. An alert of both is there twice until the end.
    """
    if not parts(area):
        return select(_A.id).where(false())
    if parts(area) > MOST_PARTS:
        return select(_A.id).where(within(area), *wanted).order_by(_A.id.desc()).limit(limit)
    each = union_all(*_parts(wanted, limit, area)).subquery()
    twice = 2 if area.cameras and area.places else 1
    found = select(each.c.id).order_by(each.c.id.desc()).limit(twice * limit).subquery()
    return select(found.c.id).distinct().order_by(found.c.id.desc()).limit(limit)


def _parts(wanted: Wanted, limit: int, area: Area) -> Iterator[Select[Any]]:
    for column, values in ((_A.camera, area.cameras), (_A.place_id, area.places)):
        for value in sorted(values):
            part = select(_A.id).where(column == value, *wanted).order_by(_A.id.desc()).limit(limit)
            yield select(part.subquery().c.id)
