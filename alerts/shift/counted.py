"""What the figures are made of, counted by the database: sums, never rows, and by indexes alone
(`alerts.db.schema_shift`). The same in SQLite and PostgreSQL.

The one definition, for figures and sheet (docs/guide/shift.md): an alarm is an alert that fired, muted or not; one that
came back counts once, when it first fired. Drills are not counted. Its time to answer runs from the last call for it
(`Alert.called_at`: it fired, or came back after people were done, or was opened again) to the first acknowledgement
after that call, as `Alert.answered_s` has it; likewise its time until somebody was there.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, case, cast, func, literal_column, or_, select

from alerts.access.principal import Area
from alerts.db.schema import alerts
from alerts.db.schema_tracks import steps
from alerts.shift.figures import WINDOW, Slot
from alerts.shift.spans import Span, floor_to
from alerts.track.step import StepKind

_A, _S = alerts.c, steps.c
_CALLED_AT = case((_A.reopened_at > _A.fired_at, _A.reopened_at), else_=_A.fired_at)


@dataclass(frozen=True, slots=True)
class Group:
    """Alarms of one hazard, camera and place. judged: said to be real or false; false: said to be false."""

    hazard: str
    camera: str
    place_id: str | None
    alarms: int
    judged: int
    false: int


def slots(connection: Connection, span: Span, area: Area | None) -> list[Slot]:
    """Alarms by the ten minutes in which they fired; by the minute where the site's clock is apart from UTC by other
    than tens of minutes, so that a slot is always within one hour of it."""
    tens = floor_to(span.begins, WINDOW) == span.begins and floor_to(span.ends, WINDOW) == span.ends
    at: ColumnElement[Any]
    if connection.dialect.name == "sqlite":
        # Times are text, "2026-03-01 08:15:…": cutting off its end is all it costs.
        at = func.substr(_A.fired_at, 1, 15 if tens else 16)
    else:
        step: ColumnElement[Any] = literal_column("interval '10 minutes'" if tens else "interval '1 minute'")
        at = func.date_bin(step, _A.fired_at, literal_column("timestamptz '1970-01-01 00:00:00+00'"))
    query = select(at, _A.severity, func.count()).where(*_within(span, area)).group_by(at, _A.severity)
    return [Slot(_moment(when), severity, number) for when, severity, number in connection.execute(query)]


def _moment(value: Any) -> datetime:
    """Of what `slots` groups by."""
    if isinstance(value, str):
        return datetime.fromisoformat(f"{value:0<16}").replace(tzinfo=UTC)
    known: datetime = value.astimezone(UTC)
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
    """Severity → seconds from the call to the first word of a person → how often. Those judged false included, if
    somebody had acknowledged them before."""
    waited = _seconds(connection, _CALLED_AT, _A.acknowledged_at)
    query = select(_A.severity, waited, func.count()).where(_A.acknowledged_at.is_not(None), *_within(span, area))
    return _by_severity(connection, query.group_by(_A.severity, waited))


def arrived(connection: Connection, span: Span, area: Area | None) -> dict[str, dict[int, int]]:
    """Severity → seconds from the call to the first person there → how often. By the steps: few alarms have any."""
    first = (
        select(_S.alert_id, func.min(_S.at).label("at"))
        .join(alerts, _A.id == _S.alert_id)
        .where(_S.kind == StepKind.THERE.value, _S.at >= span.begins, _S.at >= _CALLED_AT)
        .group_by(_S.alert_id)
        .subquery()
    )
    waited = _seconds(connection, _CALLED_AT, first.c.at)
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
