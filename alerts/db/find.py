"""Alerts that somebody looks for, from the database. An index leads to the alerts of a hazard, a camera or a place,
newest first; those are looked through for a fraction of a second, so that a page's time depends neither on what is
looked for nor on how much there is. So a page may be short, and not the last.

What has to be equal the database compares; words are compared here, by `Search.says`: SQLite and PostgreSQL do not fold
letters alike, and the same few places, names and reasons stand in a million alerts, so that each is compared once."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, not_, or_, select, true

from alerts.access.principal import Area
from alerts.alert import Alert
from alerts.db import areas, rows
from alerts.db.schema import alerts
from alerts.db.search import IN_EVIDENCE, Search, Standing, Texts
from alerts.ids import first_id
from vision.rule import Severity

AT_ONCE = 1_000
"""Alerts that one query looks through …"""
LOOKS_S = 0.1
"""… and for how long, at most, another one follows; seconds."""
MOST_PARTS = 24
"""Of an area of more cameras and places all alerts are looked through."""
_REMEMBERED = 4_096

_A = alerts.c
_HAS_TEXT = or_(_A.camera == "", _A.severity == Severity.FAULT.value)
"""Reports and troubles of cameras: of all others the evidence is large, and says nothing that people look for."""


def _text(name: str) -> ColumnElement[str]:
    if name not in IN_EVIDENCE:
        return _A[name]
    return func.coalesce(case((_HAS_TEXT, _A.evidence[name].as_string()), else_=""), "")


_TEXTS = tuple(_text(name) for name in Texts.__slots__)


class Reading(Protocol):
    """The part of `alerts.db.store.Store` that is needed here."""

    def reading(self) -> AbstractContextManager[Connection]: ...


def find(
    store: Reading,
    search: Search,
    *,
    before: str | None,
    limit: int,
    area: Area | None,
    now_s: Callable[[], float] = time.monotonic,
) -> tuple[list[Alert], str | None]:
    """Newest first, and before which id to go on; None: there is nothing more. area: only of it. A page may be short,
    or empty, and not the last."""
    until_s = now_s() + LOOKS_S
    says = lru_cache(_REMEMBERED)(lambda *texts: search.says(Texts(*texts)))
    found: list[str] = []
    with store.reading() as connection:
        while True:
            looked = connection.execute(_looked_through(search, before, area)).all()
            for row in looked:
                if row.fits and (not search.reads or says(*row[2:])):
                    found.append(row.id)
                if len(found) == limit:
                    return _whole(connection, found), row.id
            if len(looked) < AT_ONCE:
                return _whole(connection, found), None
            before = looked[-1].id
            if now_s() >= until_s:
                return _whole(connection, found), before


def _whole(connection: Connection, ids: Sequence[str]) -> list[Alert]:
    if not ids:
        return []
    query = select(alerts).where(_A.id.in_(ids)).order_by(_A.id.desc())
    return [rows.to_alert(row) for row in connection.execute(query)]


def _looked_through(search: Search, before: str | None, area: Area | None) -> Select[Any]:
    """The newest alerts that one query looks through: id, whether all fits but the words, and what those are compared
    with."""
    fits = and_(true(), *_wanted(search, area)).label("fits")
    query = select(_A.id, fits, *(_TEXTS if search.reads else ())).order_by(_A.id.desc())
    span: list[ColumnElement[bool]] = []
    if before is not None:
        span.append(_A.id < before)
    if search.since is not None:
        span.append(_A.id >= first_id(search.since))
    if search.until is not None:
        span.append(_A.id < first_id(search.until))
    paths = [one for one in (area, search.inside) if one is not None and areas.parts(one) <= MOST_PARTS]
    if search.camera:
        span.append(_A.camera == search.camera)
    elif paths:
        return query.where(_A.id.in_(areas.newest_ids(span, AT_ONCE, min(paths, key=areas.parts))))
    elif search.hazard:
        span.append(_A.hazard == search.hazard)
    return query.where(*span).limit(AT_ONCE)


def _wanted(search: Search, area: Area | None) -> Sequence[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [areas.within(one) for one in (area, search.inside) if one is not None]
    if search.hazard:
        wanted.append(_A.hazard == search.hazard)
    if search.standing is not None:
        wanted.append(_standing(search.standing))
    return wanted


def _standing(wanted: Standing) -> ColumnElement[bool]:
    """`standing` in SQL."""
    gone, fired, answered = _A.resolved_at.is_not(None), _A.fired_at.is_not(None), _A.acknowledged_at.is_not(None)
    false, closed = _A.false_alarm_at.is_not(None), _A.closed_at.is_not(None)
    logged = and_(not_(false), not_(closed), not_(fired), or_(_A.notice != "", gone))
    by_itself = and_(not_(answered), or_(_A.severity != Severity.FIRE.value, not_(fired)))
    ended = or_(closed, and_(gone, or_(_A.severity == Severity.FAULT.value, by_itself)))
    going_on = and_(not_(false), not_(logged), not_(ended))
    match wanted:
        case Standing.FALSE_ALARM:
            return false
        case Standing.LOGGED:
            return logged
        case Standing.ENDED:
            return and_(not_(false), not_(logged), ended)
        case Standing.IN_HAND:
            return and_(going_on, answered)
        case Standing.WAITING:
            return and_(going_on, not_(answered), fired)
        case Standing.SUSPECTED:
            return and_(going_on, not_(answered), not_(fired))
