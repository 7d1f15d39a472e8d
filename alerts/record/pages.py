"""The record a page at a time, of what somebody looks for in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, or_, select

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

    A subject has an index, and days are gone to at once; all else is looked for in some rows at once, so that a page
    may be short, or empty, and not the last.
    """
    conditions, days = list(_conditions(area, wanted)), list(_days(wanted))
    with store.reading() as connection:
        first, end = _span(connection, days, before)
        floor = first
        if conditions and not wanted.subject:
            floor = max(first, end - AT_ONCE)
        if wanted.subject:
            conditions.append(_R.subject == wanted.subject)
        query = (
            select(records)
            .where(_R.seq >= floor, _R.seq < end, *days, *conditions)
            .order_by(_R.seq.desc())
            .limit(limit)
        )
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


def _days(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.since is not None:
        yield _R.at >= wanted.since
    if wanted.until is not None:
        yield _R.at < wanted.until


def _span(connection: Connection, days: list[ColumnElement[bool]], before: int | None) -> tuple[int, int]:
    """Numbers of the first row of these days, and of the one after the last that comes before `before`. Rows between
    them may be of other days: a clock is set, and what an outage held back is written late, in its own time."""
    of_days = select(_R.seq).where(*days).limit(1)
    earlier = of_days if before is None else of_days.where(_R.seq < before)
    first = connection.scalar(of_days.order_by(_R.seq)) or 1
    last = connection.scalar(earlier.order_by(_R.seq.desc()))
    return first, first if last is None else last + 1
