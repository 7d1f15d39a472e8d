"""What the figures are made of, counted by the database: sums, never rows, and by indexes alone
(`alerts.db.schema_shift`). The same in SQLite and PostgreSQL.

An alarm is an alert that fired; one that came back counts once. Drills are not counted.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, case, cast, func, or_, select

from alerts.access.principal import Area
from alerts.db.schema import alerts
from alerts.db.schema_tracks import steps
from alerts.shift.figures import Minute
from alerts.shift.spans import Span
from alerts.track.step import StepKind

_A, _S = alerts.c, steps.c


@dataclass(frozen=True, slots=True)
class Group:
    """Alarms of one hazard, camera and place. judged: said to be real or false; false: said to be false."""

    hazard: str
    camera: str
    place_id: str | None
    alarms: int
    judged: int
    false: int


def minutes(connection: Connection, span: Span, area: Area | None) -> list[Minute]:
    """Alarms by the minute in which they fired."""
    lite = connection.dialect.name == "sqlite"
    # SQLite keeps times as text, of which the first 16 signs are the minute: cutting them off is all it costs.
    at = func.substr(_A.fired_at, 1, 16) if lite else func.date_trunc("minute", _A.fired_at)
    query = select(at, _A.severity, _A.hazard, func.count()).where(*_within(span, area))
    found = connection.execute(query.group_by(at, _A.severity, _A.hazard))
    return [Minute(_moment(when), severity, hazard, number) for when, severity, hazard, number in found]


def _moment(value: Any) -> datetime:
    """Of what `minutes` groups by."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    known: datetime = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return known


def groups(connection: Connection, span: Span, area: Area | None) -> list[Group]:
    """Alarms by hazard, camera and place."""
    false = _A.false_alarm_at.is_not(None)
    judged = false | _A.acknowledged_at.is_not(None)
    query = select(_A.hazard, _A.camera, _A.place_id, func.count(), _number(judged), _number(false)).where(
        *_within(span, area)
    )
    return [Group(*row) for row in connection.execute(query.group_by(_A.hazard, _A.camera, _A.place_id))]


def answered(connection: Connection, span: Span, area: Area | None) -> dict[str, dict[int, int]]:
    """Severity → seconds from the alarm to the first word of a person → how often. Those judged false included, if
    somebody had acknowledged them before."""
    waited = _seconds(connection, _A.fired_at, _A.acknowledged_at)
    query = select(_A.severity, waited, func.count()).where(_A.acknowledged_at.is_not(None), *_within(span, area))
    return _by_severity(connection, query.group_by(_A.severity, waited))


def arrived(connection: Connection, span: Span, area: Area | None) -> dict[str, dict[int, int]]:
    """Severity → seconds from the alarm to the first person there → how often. By the steps: few alarms have any."""
    first = (
        select(_S.alert_id, func.min(_S.at).label("at"))
        .where(_S.kind == StepKind.THERE.value, _S.at >= span.begins)
        .group_by(_S.alert_id)
        .subquery()
    )
    waited = _seconds(connection, _A.fired_at, first.c.at)
    query = select(_A.severity, waited, func.count()).join(first, first.c.alert_id == _A.id)
    return _by_severity(connection, query.where(*_within(span, area)).group_by(_A.severity, waited))


def _within(span: Span, area: Area | None) -> list[ColumnElement[bool]]:
    wanted = [_A.fired_at >= span.begins, _A.fired_at < span.ends, _A.exercise.is_(False)]
    if area is None:
        return wanted
    # As expressions, which no index has: SQLite would look up each camera's rows in the table, which are large.
    camera, place = func.coalesce(_A.camera, ""), func.coalesce(_A.place_id, "")
    return [*wanted, or_(camera.in_(sorted(area.cameras)), place.in_(sorted(area.places)))]


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _seconds(connection: Connection, since: ColumnElement[Any], until: ColumnElement[Any]) -> ColumnElement[int]:
    """Whole seconds between two times, rounded up; never below zero, whatever the clock did."""
    if connection.dialect.name == "sqlite":
        # Milliseconds first: days as a fraction are not exact.
        passed = (func.julianday(until) - func.julianday(since)) * 86_400_000
        whole = (cast(func.round(passed), Integer) + 999) // 1000
        return case((passed <= 0, 0), else_=whole)
    passed = func.extract("epoch", until - since)
    return case((passed <= 0, 0), else_=cast(func.ceil(passed), Integer))


def _by_severity(connection: Connection, query: Any) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    for severity, seconds, number in connection.execute(query):
        found.setdefault(severity, {})[int(seconds)] = number
    return found


def summed(groups: list[Group], key: str) -> Mapping[Any, Counter[str]]:
    """The groups by one of their parts: its value → alarms, judged, false."""
    found: dict[Any, Counter[str]] = {}
    for one in groups:
        found.setdefault(getattr(one, key), Counter()).update(alarms=one.alarms, judged=one.judged, false=one.false)
    return found
