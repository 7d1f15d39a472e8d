"""The sheet of a shift: what happened in it, what is open, which cameras failed, what is silenced, who was there.

Plain JSON values, as the page shows them and as they are kept once somebody signs. It says how things stand when it is
made; of a shift long past, how they stood at its end, as far as the times of its alerts still tell.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, union

from alerts.access.principal import Area
from alerts.alert import Alert
from alerts.camera_watch import CAMERA
from alerts.config import Settings
from alerts.db import areas
from alerts.db.codec import time_text
from alerts.db.rows import to_alert
from alerts.db.schema import UNENDED, alerts, deliveries
from alerts.db.schema_records import records
from alerts.db.schema_silences import silences
from alerts.db.schema_tracks import steps
from alerts.mute.reach import Reach
from alerts.mute.rules import MutedBy
from alerts.record.records import Kind
from alerts.registry.registry import Registry
from alerts.routing.people import People
from alerts.shift.spans import Span
from vision.rule import Severity

MOST = 300
"""Alerts of one list; the sheet says how many it leaves out."""
MOST_NAMES = 60

_A, _S, _R, _Q = alerts.c, steps.c, records.c, silences.c
_RANKS = {one.value: rank for rank, one in enumerate(Severity)}
_RANK = case(_RANKS, value=_A.severity, else_=len(_RANKS)).label("rank")


def sheet_of(
    connection: Connection, span: Span, now: datetime, settings: Settings, registry: Registry, area: Area | None
) -> dict[str, Any]:
    """span: the shift. now: aware UTC. area: the part of the site that it is about; None: all of it."""
    until = max(span.begins, min(now, span.ends))
    so_far = Span(span.begins, until)
    own = [] if area is None else [areas.within(area)]
    began = and_(_A.fired_at >= span.begins, _A.fired_at < span.ends, *own)
    still_open = _open_at(until, own)
    return {
        "begins_at": time_text(span.begins),
        "ends_at": time_text(span.ends),
        "made_at": time_text(now),
        "counts": _counts(connection, began),
        "happened": _alerts(connection, select(_A.id, _RANK).where(began)),
        "open": _alerts(connection, still_open),
        "owed": _owed(connection, still_open),
        "cameras": _alerts(connection, _troubles(span, own)),
        "silences": _silences(connection, so_far, area, registry),
        "duty": _duty(so_far, settings, registry, area),
        "acted": _acted(connection, span, area),
        # What is of the whole site, and says nothing of one place.
        "signed_in": _signed_in(connection, span) if area is None else [],
        "undelivered": _undelivered(connection, span) if area is None else None,
    }


def brief(alert: Alert) -> dict[str, Any]:
    """An alert in one line of a list."""
    times = ("fired_at", "resolved_at", "acknowledged_at", "false_alarm_at", "dealt_with_at", "closed_at")
    return {
        **{name: getattr(alert, name) for name in ("id", "hazard", "camera", "place", "zone", "exercise")},
        **{name: None if (at := getattr(alert, name)) is None else time_text(at) for name in times},
        "severity": alert.severity.value,
        "state": alert.state.value,
        "open": alert.open,
        "cause": str(alert.evidence.get("cause", "")) if alert.hazard == CAMERA else "",
        "reopened_at": None if alert.reopened_at is None else time_text(alert.reopened_at),
        "answered_s": alert.answered_s,
        "muted": alert.muted is not None and not alert.muted.get("told_at") and alert.muted["by"] != MutedBy.INHIBITED,
        "acknowledged_by": alert.acknowledged_by,
        "false_alarm_by": alert.false_alarm_by,
        "false_alarm_reason": alert.false_alarm_reason,
    }


def _counts(connection: Connection, began: ColumnElement[bool]) -> dict[str, Any]:
    """Severity → alarms, and how many of them were acknowledged, false, muted without anybody being told; drills apart.

    What is an alarm: `alerts.shift.counted`. What stands back behind a more urgent one nobody has muted.
    """
    of_them = {
        "acknowledged": _A.acknowledged_at.is_not(None),
        "false": _A.false_alarm_at.is_not(None),
        "muted": _A.muted.is_not(None)
        & _A.muted["told_at"].as_string().is_(None)
        & (_A.muted["by"].as_string() != MutedBy.INHIBITED.value),
    }
    numbers = [func.sum(case((one, 1), else_=0)) for one in of_them.values()]
    query = select(_A.severity, _A.exercise, func.count(), *numbers).where(began).group_by(_A.severity, _A.exercise)
    found: dict[str, Any] = {one.value: {"alarms": 0, **dict.fromkeys(of_them, 0)} for one in Severity}
    found["drills"] = 0
    for severity, exercise, number, *parts in connection.execute(query):
        if exercise:
            found["drills"] += number
        else:
            found[severity] = {"alarms": number, **dict(zip(of_them, map(int, parts), strict=True))}
    return found


def _owed(connection: Connection, still_open: Any) -> dict[str, Any]:
    """What whoever comes takes over: how much is open, of it fires, and alarms that nobody has answered. mark: another
    one whenever any of it has changed."""
    among = still_open.subquery()
    fire, silent = _A.severity == Severity.FIRE.value, _A.acknowledged_at.is_(None)
    numbers = [func.coalesce(func.sum(case((one, 1), else_=0)), 0) for one in (fire, silent)]
    query = select(func.count(), *numbers, func.coalesce(func.sum(_A.state_version), 0), func.max(_A.id))
    row = connection.execute(query.join(among, among.c.id == _A.id)).one()
    number, fires, unanswered, versions, newest = row
    mark = f"{number}-{int(versions)}-{newest or ''}"
    return {"open": number, "fires": int(fires), "unanswered": int(unanswered), "mark": mark}


def _alerts(connection: Connection, ranked: Any) -> dict[str, Any]:
    """The worst first, then the newest. ranked: ids with their rank. left_out: how many there are beyond these."""
    among = ranked.subquery()
    first = select(among.c.id, among.c.rank, func.count().over().label("of"))
    page = first.order_by(among.c.rank, among.c.id.desc()).limit(MOST).subquery()
    query = select(alerts, page.c.of).join(page, page.c.id == _A.id).order_by(page.c.rank, _A.id.desc())
    rows = connection.execute(query).all()
    return {"alerts": [brief(to_alert(row)) for row in rows], "left_out": rows[0].of - len(rows) if rows else 0}


def _open_at(at: datetime, own: Sequence[ColumnElement[bool]]) -> Any:
    """What was not over at a time: each part by an index of its own."""
    began = and_(_A.fired_at <= at, *own)
    waits = and_(_A.severity != Severity.FAULT.value, or_(_A.acknowledged_at <= at, _A.severity == Severity.FIRE.value))
    false_later = or_(_A.false_alarm_at.is_(None), _A.false_alarm_at > at)
    closed_later = or_(_A.closed_at.is_(None), _A.closed_at > at)
    not_over = and_(began, false_later, closed_later)
    return union(
        select(_A.id, _RANK).where(_A.resolved_at.is_(None), not_over),
        select(_A.id, _RANK).where(_A.resolved_at > at, not_over),
        select(_A.id, _RANK).where(UNENDED, not_over, waits),
        select(_A.id, _RANK).where(_A.closed_at > at, not_over, waits),
    )


def _troubles(span: Span, own: Sequence[ColumnElement[bool]]) -> Any:
    """Camera faults that lasted into the shift, or began in it."""
    of_cameras = and_(_A.hazard == CAMERA, _A.fired_at < span.ends, *own)
    return union(
        select(_A.id, _RANK).where(_A.resolved_at.is_(None), of_cameras),
        select(_A.id, _RANK).where(_A.resolved_at > span.begins, of_cameras),
    )


def _silences(connection: Connection, span: Span, area: Area | None, registry: Registry) -> list[dict[str, Any]]:
    """In force in the shift; in_force: still, at its end or now."""
    in_it = and_(_Q.begun_at < span.ends, _Q.ends_at > span.begins)
    query = select(silences).where(in_it, or_(_Q.ended_at.is_(None), _Q.ended_at > span.begins))
    if area is not None:
        query = query.where(Reach(area, registry).rows())
    names = ("id", "kind", "scope_kind", "scope", "reason", "by", "fire", "ended_by")
    return [
        {
            **{name: getattr(row, name) for name in names},
            "begun_at": time_text(row.begun_at),
            "ends_at": time_text(row.ends_at),
            "ended_at": None if row.ended_at is None else time_text(row.ended_at),
            "in_force": (row.ended_at or row.ends_at) > span.ends,
        }
        for row in connection.execute(query.order_by(_Q.id.desc()).limit(MOST))
    ]


def _duty(span: Span, settings: Settings, registry: Registry, area: Area | None) -> list[dict[str, Any]]:
    """Who was to be called, by the rota as it is set now. area: of those who are told of anything in it."""
    people = People(settings.people, settings.groups)
    around = None if area is None else Reach(area, registry).around | area.cameras
    return [
        {"begins_at": time_text(turn.begins), "ends_at": time_text(turn.ends), "people": _names(people, who, around)}
        for turn, who in settings.duty().turns(span.begins, span.ends)
        if who
    ]


def _names(people: People, who: Iterable[str], around: frozenset[str] | None) -> list[str]:
    told = who if around is None else people.of_place(who, around)
    return [people[one].shown for one in told]


def _acted(connection: Connection, span: Span, area: Area | None) -> list[dict[str, Any]]:
    """Who did something about an alert: how often, and last when. Drills count."""
    query = select(_S.by, func.count(), func.max(_S.at)).where(_S.at >= span.begins, _S.at < span.ends, _S.by != "")
    if area is not None:
        query = query.where(areas.is_of(_S.alert_id, area))
    found = connection.execute(query.group_by(_S.by).order_by(func.count().desc(), _S.by).limit(MOST_NAMES))
    return [{"name": name, "steps": number, "last_at": time_text(last)} for name, number, last in found]


def _signed_in(connection: Connection, span: Span) -> list[dict[str, Any]]:
    """Who logged in to the console, and when first."""
    query = select(_R.by, func.min(_R.at)).where(
        _R.kind == Kind.SIGNED_IN.value, _R.at >= span.begins, _R.at < span.ends
    )
    found = connection.execute(query.group_by(_R.by).order_by(func.min(_R.at)).limit(MOST_NAMES))
    return [{"name": name, "at": time_text(at)} for name, at in found]


def _undelivered(connection: Connection, span: Span) -> int:
    """Notices that were given up."""
    dead = deliveries.c.dead_at
    return connection.scalar(select(func.count()).where(dead >= span.begins, dead < span.ends)) or 0
