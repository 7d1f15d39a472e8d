"""The record a page at a time, of what somebody looks for in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select

from alerts.access.principal import Area
from alerts.db import areas
from alerts.db.schema import alerts
from alerts.db.schema_records import records
from alerts.record.chain import Record
from alerts.record.records import Transactions, to_record

_R = records.c

AT_ONCE = 5_000
"""Rows that are looked through for one page, where no index knows what is wanted."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; empty: anything. All of it has to hold.

    subject: an alert or camera. inside: of the alerts and cameras of a place. hazard: of alerts of it. who: part of the
    name or account of whoever did it. since, until: when, aware.
    """

    subject: str = ""
    inside: Area | None = None
    hazard: str = ""
    who: str = ""
    since: datetime | None = None
    until: datetime | None = None


ANYTHING = Wanted()


def page(
    store: Transactions,
    area: Area | None,
    wanted: Wanted = ANYTHING,
    *,
    before: int | None = None,
    limit: int = 50,
) -> tuple[list[Record], int | None]:
    """Newest first, and before which number to go on; None: there is no more. area: only of its alerts and cameras.

    A subject has an index, and times are found by halving; all else is looked for in some rows at once, so that a page
    may be short, or empty, and not the last.
    """
    conditions = list(_conditions(area, wanted))
    with store.reading() as connection:
        first, end = _span(connection, wanted, before)
        floor = first
        if conditions and not wanted.subject:
            floor = max(first, end - AT_ONCE)
        if wanted.subject:
            conditions.append(_R.subject == wanted.subject)
        query = select(records).where(_R.seq >= floor, _R.seq < end, *conditions).order_by(_R.seq.desc()).limit(limit)
        found = [to_record(row) for row in connection.execute(query)]
    if len(found) == limit:
        return found, found[-1].seq
    return found, floor if floor > first else None


def _conditions(area: Area | None, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    for one in (area, wanted.inside):
        if one is not None:
            yield or_(_R.subject.in_(sorted(one.cameras)), areas.is_of(_R.subject, one))
    if wanted.hazard:
        yield exists(select(alerts.c.id).where(alerts.c.id == _R.subject, alerts.c.hazard == wanted.hazard))
    if wanted.who:
        yield or_(*(column.icontains(wanted.who, autoescape=True) for column in (_R.by, _R.account)))


def _span(connection: Connection, wanted: Wanted, before: int | None) -> tuple[int, int]:
    """Numbers of the first row that counts, and of the first that does not any more."""
    ends = connection.execute(select(func.min(_R.seq), func.max(_R.seq))).one()
    first, end = ends[0] or 1, (ends[1] or 0) + 1
    lower = first if wanted.since is None else _since(connection, wanted.since, first, end)
    upper = end if wanted.until is None else _since(connection, wanted.until, first, end)
    return lower, min(upper, end if before is None else before)


def _since(connection: Connection, at: datetime, first: int, end: int) -> int:
    """The number of the first row of this time or later; rows have numbers without a gap, in the order of time."""
    while first < end:
        middle = (first + end) // 2
        when = connection.scalar(select(_R.at).where(_R.seq == middle))
        if when is None or when >= at:
            end = middle
        else:
            first = middle + 1
    return first
