"""Alerts that somebody looks for, among all that ever were. An index leads to the alerts of a hazard, a camera or a
place, newest first; of those only so many are looked through for one page that its time does not depend on what is
looked for, nor on how much there is. So a page may be short, and not the last."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sqlalchemy import ColumnElement, Connection, Select, and_, func, not_, or_, select

from alerts.access.principal import Area
from alerts.alert import Alert
from alerts.db import areas, rows
from alerts.db.schema import alerts
from alerts.ids import first_id
from vision.rule import Severity

AT_ONCE = 4_000
"""Alerts that one query looks through …"""
ROUNDS = 5
"""… and queries, at most, of one page."""

_A = alerts.c
_TEXTS = (_A.place, _A.camera, _A.zone, _A.acknowledged_by, _A.false_alarm_by, _A.false_alarm_reason)


class Standing(StrEnum):
    """Where an alert stands, in the words that people look for; each alert has exactly one."""

    WAITING = "waiting"  # somebody has to say a word
    IN_HAND = "in_hand"  # somebody has, and it is not over
    SUSPECTED = "suspected"  # it may be something; nobody is asked yet
    LOGGED = "logged"  # nobody was asked
    FALSE_ALARM = "false_alarm"
    ENDED = "ended"


def standing(alert: Alert) -> Standing:
    """Of an alert; `_standing` is the same in SQL, and `standing` of the page's `filters.js`."""
    if alert.false_alarm_at is not None:
        return Standing.FALSE_ALARM
    if alert.fired_at is None and alert.closed_at is None and (alert.notice or alert.resolved_at is not None):
        return Standing.LOGGED
    if alert.ended:
        return Standing.ENDED
    if alert.acknowledged_at is not None:
        return Standing.IN_HAND
    return Standing.SUSPECTED if alert.fired_at is None else Standing.WAITING


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; empty: anything. All of it has to hold.

    inside: a place and all within it. who: part of the name of whoever answered or judged it. text: part of its place,
    camera, zone, names or reason; or one of the hazards or places that `hazards` and `places` say are called so.
    since, until: when it was raised, aware.
    """

    hazard: str = ""
    camera: str = ""
    inside: Area | None = None
    standing: Standing | None = None
    who: str = ""
    text: str = ""
    hazards: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    def has(self, alert: Alert) -> bool:
        """Whether an alert is looked for."""
        return (
            self.hazard in ("", alert.hazard)
            and self.camera in ("", alert.camera)
            and (self.inside is None or self.inside.has(alert))
            and (self.standing is None or self.standing is standing(alert))
            and self._by(alert)
            and self._says(alert)
            and (self.since is None or alert.id >= first_id(self.since))
            and (self.until is None or alert.id < first_id(self.until))
        )

    def _by(self, alert: Alert) -> bool:
        return self.who.lower() in alert.acknowledged_by.lower() or self.who.lower() in alert.false_alarm_by.lower()

    def _says(self, alert: Alert) -> bool:
        texts = (getattr(alert, column.name) for column in _TEXTS)
        said = any(self.text.lower() in text.lower() for text in texts)
        return said or alert.hazard in self.hazards or alert.place_id in self.places


class Reading(Protocol):
    """The part of `alerts.db.store.Store` that is needed here."""

    def reading(self) -> AbstractContextManager[Connection]: ...


def find(
    store: Reading, search: Search, *, before: str | None, limit: int, area: Area | None
) -> tuple[list[Alert], str | None]:
    """Newest first, and before which id to go on; None: there is nothing more. area: only of it. A page may be short,
    or empty, and not the last."""
    found: list[Alert] = []
    with store.reading() as connection:
        for _ in range(ROUNDS):
            looked = _looked_through(search, before, area).subquery()
            query = select(alerts).join(looked, looked.c.id == _A.id).where(*_wanted(search, area))
            page = connection.execute(query.order_by(_A.id.desc()).limit(limit - len(found)))
            found += (rows.to_alert(row) for row in page)
            if len(found) == limit:
                return found, found[-1].id
            number, last = connection.execute(select(func.count(), func.min(looked.c.id))).one()
            if number < AT_ONCE:
                return found, None
            before = last
    return found, before


def _looked_through(search: Search, before: str | None, area: Area | None) -> Select[tuple[str]]:
    """The ids of the newest alerts that one query looks through."""
    span: list[ColumnElement[bool]] = []
    if before is not None:
        span.append(_A.id < before)
    if search.since is not None:
        span.append(_A.id >= first_id(search.since))
    if search.until is not None:
        span.append(_A.id < first_id(search.until))
    path = area or search.inside
    if path is not None and not search.camera:
        return areas.newest_ids(span, AT_ONCE, path)
    if search.camera:
        span.append(_A.camera == search.camera)
    elif search.hazard:
        span.append(_A.hazard == search.hazard)
    return select(_A.id).where(*span).order_by(_A.id.desc()).limit(AT_ONCE)


def _wanted(search: Search, area: Area | None) -> Sequence[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [areas.within(one) for one in (area, search.inside) if one is not None]
    if search.hazard:
        wanted.append(_A.hazard == search.hazard)
    if search.camera:
        wanted.append(_A.camera == search.camera)
    if search.standing is not None:
        wanted.append(_standing(search.standing))
    if search.who:
        wanted.append(or_(*(_holds(column, search.who) for column in (_A.acknowledged_by, _A.false_alarm_by))))
    if search.text:
        said = [_holds(column, search.text) for column in _TEXTS]
        wanted.append(or_(*said, _A.hazard.in_(sorted(search.hazards)), _A.place_id.in_(sorted(search.places))))
    return wanted


def _holds(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    return column.icontains(text, autoescape=True)


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
