"""The outbox in the database, on a connection of `Store.writing` or `Store.reading`: what is told, to whom, and why.

A row is one notice. It waits from `not_before` on until it is delivered, superseded (no longer needed, with the
reason) or dead (given up). What follows from an arrival, a repetition or the news that the alert was answered
meanwhile, is written in the transaction that takes the arrival down: so a kill loses no step of a ladder.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    insert,
    null,
    or_,
    select,
    true,
    update,
)

from alerts.alert import Alert
from alerts.db import rows, schema
from alerts.db.codec import from_json, to_json
from alerts.db.track_store import keep_link
from alerts.delivery.follow import after_call, told_since
from alerts.ids import ulid_tail
from alerts.lifecycle import Change, ChangeKind
from alerts.notifiers.base import Missed
from alerts.routing.plan import (
    AT_ONCE,
    CALLS,
    Ended,
    History,
    Planned,
    Planner,
    TakeBack,
    Told,
    concerns,
    no_longer,
)
from alerts.routing.recipient import EVERYBODY, Recipient
from alerts.track.answer_links import ANSWERED, AnswerLinks
from vision.rule import Severity

_A, _D = schema.alerts.c, schema.deliveries.c
WAITING = and_(_D.delivered_at.is_(None), _D.dead_at.is_(None), _D.superseded_at.is_(None))

MAX_BACKOFF = timedelta(minutes=10)
"""No retry is put off longer. A delivery whose turn lies farther ahead shows that the wall clock was set back."""

SET_BACK = timedelta(seconds=5)
"""A row made farther in the future shows the same; less may be a worker that asked for the time before it was made."""

MOST_TOGETHER = 50
"""So many further alerts stand in one notice; it says how many more there are by standing for them all the same."""

APART_AFTER = timedelta(seconds=60)
"""A receiver whom a notice did not reach with the others is told again after this."""

GATHER_AHEAD = timedelta(minutes=5)
"""What would be told within this time anyway is told together; a repetition in hours is not."""

_UNSEEN_AT_ONCE = and_(_D.rung == AT_ONCE, _D.kind == ChangeKind.RESOLVED.value)
"""That a fire is out of sight, to a channel that is told of everything: the only notice that it is told late."""

NewId = Callable[[datetime], str]


# Making notices


def write(
    connection: Connection,
    change: Change,
    planner: Planner,
    at: datetime,
    new_id: NewId,
    links: AnswerLinks | None,
) -> int:
    """Carry out what follows from a change; how many notices were made. In the transaction that writes its alert."""
    if not concerns(change):
        return 0
    history = history_of(connection, change.alert, planner.group_of(change.alert))
    plan = planner.plan(change, history, at)
    if plan.take_back is not None:
        _take_back(connection, change.alert.id, plan.take_back, at)
    for planned in plan.notices:
        add(connection, change.alert, planned, at, new_id, links)
    return len(plan.notices)


def add(
    connection: Connection, alert: Alert, planned: Planned, at: datetime, new_id: NewId, links: AnswerLinks | None
) -> None:
    """One notice, with what it may be answered with."""
    row = _new_row(alert, planned, at, new_id)
    connection.execute(insert(schema.deliveries).values(row))
    if links is not None and planned.kind in ANSWERED:
        whom = Recipient(planned.person, planned.name)
        since = max(at, planned.not_before)
        keep_link(connection, links.row(row["id"], alert, whom, planned.channel, since), at)


def history_of(connection: Connection, alert: Alert, group: str) -> History:
    """What became of the alert's notices so far, and when people were last called for its group."""
    about = (_D.channel, _D.person, _D.rung, _D.kind)
    query = select(*about, func.sum(_one_if(WAITING)), func.max(_D.delivered_at)).where(_D.alert_id == alert.id)
    told = tuple(
        Told(channel, person, rung, last is not None, bool(more), ChangeKind(kind), last)
        for channel, person, rung, kind, more, last in connection.execute(query.group_by(*about))
    )
    if not group:
        return History(told)
    called = and_(_D.group_key == group, _D.kind.in_([kind.value for kind in CALLS]))
    return History(told, connection.scalar(select(func.max(_D.delivered_at)).where(called)))


def _take_back(connection: Connection, alert_id: str, back: TakeBack, at: datetime) -> None:
    mine = and_(_D.alert_id == alert_id, WAITING)
    sent_no_more = and_(_D.kind == ChangeKind.DISPATCHED.value, _D.person.in_(back.unsent))
    kinds = or_(_D.kind.in_([kind.value for kind in back.kinds]), sent_no_more)
    unsettled = and_(_UNSEEN_AT_ONCE, _D.not_before > at) if back.at_once else false()
    taken = or_(and_(_D.rung > back.above, kinds), unsettled)
    late = true() if back.after is None else _D.not_before >= back.after
    taken = and_(mine, taken, late)
    heads = connection.scalars(select(_D.id).where(taken)).all()
    supersede(connection, heads, back.reason, at)
    if back.above > AT_ONCE and back.after is None:
        kept = and_(mine, _D.rung > AT_ONCE, _D.repeat_s.is_not(None))
        connection.execute(update(schema.deliveries).where(kept).values(repeat_s=0.0))


def supersede(connection: Connection, heads: Sequence[str], reason: str, at: datetime) -> None:
    """They are no longer sent, and what they would have told, too, is told by itself."""
    connection.execute(
        update(schema.deliveries).where(_D.id.in_(heads)).values(superseded_at=at, superseded_reason=reason[:500])
    )
    _let_go(connection, heads, at)


def _let_go(connection: Connection, heads: Sequence[str], at: datetime) -> None:
    """What was to be told by these is told by itself, where nobody has answered it and it is still there."""
    asked = select(_A.id).where(_A.acknowledged_at.is_(None), _A.false_alarm_at.is_(None), _A.resolved_at.is_(None))
    connection.execute(
        update(schema.deliveries)
        .where(_D.superseded_by.in_(heads), _D.delivered_at.is_(None), _D.alert_id.in_(asked))
        .values(superseded_at=None, superseded_by=None, superseded_reason="", next_try_at=at)
    )


def _new_row(alert: Alert, planned: Planned, at: datetime, new_id: NewId) -> dict[str, Any]:
    return {
        "id": new_id(at),
        "alert_id": alert.id,
        "channel": planned.channel,
        "person": planned.person,
        "kind": planned.kind.value,
        "priority": rows.PRIORITIES[alert.severity],
        "payload": to_json(alert)
        | ({"sent": dict(planned.sent)} if planned.sent else {})
        | ({"unseen_s": planned.unseen_s} if planned.unseen_s and alert.severity is Severity.FIRE else {}),
        "created_at": at,
        "not_before": planned.not_before,
        "next_try_at": planned.not_before,
        "expires_at": planned.expires_at,
        "attempts": 0,
        "last_error": "",
        "rung": planned.rung,
        "reason": planned.reason,
        "group_key": planned.group or None,
        "repeat_s": planned.repeat_s,
    }


# Sending notices


def due(channel: str, now: datetime, severity: Severity | None, *, fresh: bool = False) -> Select[Any]:
    """What to try now on a channel: fire first, then what has waited longest for its turn.

    The notices of one alert to one person stay in order: a later one is not due while an earlier one waits, unless
    that one's time has not come yet. fresh: only what was not tried before.
    A row of the future was made before the clock was set back; it is due.
    """
    earlier = schema.deliveries.alias()
    blocked = exists().where(
        earlier.c.alert_id == _D.alert_id,
        earlier.c.channel == _D.channel,
        earlier.c.person == _D.person,
        earlier.c.id < _D.id,
        earlier.c.not_before <= now,
        earlier.c.delivered_at.is_(None),
        earlier.c.dead_at.is_(None),
        earlier.c.superseded_at.is_(None),
    )
    first = and_(_D.attempts == 0, or_(_D.not_before <= now, _D.created_at > now + SET_BACK))
    again = and_(_D.attempts > 0, or_(_D.next_try_at <= now, _D.next_try_at > now + MAX_BACKOFF))
    query = select(schema.deliveries).where(_D.channel == channel, WAITING, first if fresh else or_(first, again))
    if severity is not None:
        query = query.where(_D.priority == rows.PRIORITIES[severity])
    return query.where(~blocked).order_by(_D.priority, _D.next_try_at, _D.id)


def gather(connection: Connection, head: Row[Any], at: datetime) -> list[Mapping[str, Any]]:
    """Let the notices that wait together with this one be told by it, once and for all; their alerts.

    What is gathered is fixed before the first attempt, so that a notice that is sent again after a kill says the same.
    """
    waiting = (
        select(schema.deliveries)
        .where(
            WAITING,
            _D.group_key == head.group_key,
            _D.kind == head.kind,
            _D.channel == head.channel,
            _D.person == head.person,
            _D.not_before <= at + GATHER_AHEAD,
            _D.attempts == 0,
            _D.also.is_(None),
            _D.id != head.id,
            _D.alert_id != head.alert_id,
        )
        .order_by(_D.id)
    )
    found = connection.execute(waiting).all()
    also: list[Mapping[str, Any]] = [dict(row.payload) for row in found[:MOST_TOGETHER]]
    connection.execute(update(schema.deliveries).where(_D.id == head.id).values(also=also))
    if found:
        connection.execute(
            update(schema.deliveries)
            .where(_D.id.in_([row.id for row in found]))
            .values(superseded_at=at, superseded_by=head.id, superseded_reason=no_longer(Ended.TOGETHER))
        )
    return also


def arrived(connection: Connection, delivery_id: str, at: datetime, new_id: NewId, links: AnswerLinks | None) -> int:
    """Take down that a notice was delivered, and with it those that it told, too; how many new ones follow from it."""
    head = connection.execute(select(schema.deliveries).where(_D.id == delivery_id)).one_or_none()
    if head is None or head.delivered_at is not None or head.dead_at is not None:
        return 0
    done = {"delivered_at": at, "last_error": "", "attempts": _D.attempts + 1}
    connection.execute(update(schema.deliveries).where(_D.id == delivery_id).values(done))
    told = [head]
    if head.group_key is not None:
        by_it = _D.superseded_by == delivery_id
        told += connection.execute(select(schema.deliveries).where(by_it)).all()
        connection.execute(update(schema.deliveries).where(by_it).values(delivered_at=at))
    return sum(_follow(connection, row, at, new_id, links) for row in told)


def _follow(connection: Connection, row: Row[Any], at: datetime, new_id: NewId, links: AnswerLinks | None) -> int:
    """Whoever was called hears what happened while the call was on its way, or is called again."""
    unseen = row.kind == ChangeKind.RESOLVED.value
    if row.repeat_s is None and not (unseen and row.priority == rows.PRIORITIES[Severity.FIRE]):
        return 0
    alert = rows.to_alert(connection.execute(select(schema.alerts).where(_A.id == row.alert_id)).one())
    planned = _after_unseen(connection, row, alert, at) if unseen else after_call(connection, row, alert, at)
    for one in planned:
        add(connection, alert, one, at, new_id, links)
    return len(planned)


def _after_unseen(connection: Connection, row: Row[Any], alert: Alert, at: datetime) -> list[Planned]:
    """Somebody has heard that a fire is out of sight: with that its calls end, for all. Where it came back while that
    was on its way, they hear so."""
    if alert.out_of_sight and row.rung > AT_ONCE:
        calls = _D.kind.in_([kind.value for kind in CALLS])
        waits = select(_D.id).where(_D.alert_id == alert.id, WAITING, _D.rung > AT_ONCE, calls)
        supersede(connection, connection.scalars(waits).all(), no_longer(Ended.UNSEEN), at)
    back = alert.open and not alert.ended and alert.severity is Severity.FIRE
    if not back or told_since(connection, row, ChangeKind.REOPENED):
        return []
    life, why = row.expires_at - row.not_before, "happened while the call was on its way"
    return [Planned(ChangeKind.REOPENED, row.channel, row.person, at, at + life, row.rung, why)]


def spread(
    connection: Connection, delivery_id: str, told: Mapping[str, Recipient], at: datetime, links: AnswerLinks | None
) -> None:
    """Copies of a notice for other channels: told: channel → in whose name it is answered there."""
    _copy(connection, delivery_id, {channel: (whom, {"channel": channel}) for channel, whom in told.items()}, at, links)


def set_apart(
    connection: Connection, delivery_id: str, missed: Mapping[int, Missed], at: datetime, links: AnswerLinks | None
) -> None:
    """A copy of a notice for each receiver whom it did not reach, to be tried by itself, or dead from the start."""
    copies: dict[str, tuple[Recipient, Mapping[str, Any]]] = {}
    for number, one in missed.items():
        whom, reason = Recipient.one_of(number), f"receiver {number} did not get it with the others"
        given = {"person": whom.person, "attempts": 1, "last_error": one.reason[:500], "reason": reason}
        when = {"dead_at": at} if one.for_good else {"next_try_at": at + APART_AFTER}
        copies[whom.person] = EVERYBODY, {**given, **when}
    _copy(connection, delivery_id, copies, at, links)


def _copy(
    connection: Connection,
    delivery_id: str,
    copies: Mapping[str, tuple[Recipient, Mapping[str, Any]]],
    at: datetime,
    links: AnswerLinks | None,
) -> None:
    """Notices of their own with the words of another; nothing follows from them. None is made that is there already.

    copies: what tells one from the others → in whose name it is answered, and the columns that differ.
    """
    row = connection.execute(select(schema.deliveries).where(_D.id == delivery_id)).one()
    ids = {_id_of_copy(delivery_id, what): what for what in copies}
    there = set(connection.scalars(select(_D.id).where(_D.id.in_(ids))))
    fresh = {"next_try_at": at, "attempts": 0, "last_error": "", "delivered_at": None, "dead_at": None}
    fresh |= {"repeat_s": None, "group_key": None, "superseded_at": None, "superseded_by": None}
    alert = from_json(row.payload)
    for new_id in ids.keys() - there:
        whom, given = copies[ids[new_id]]
        values = {**row._mapping, **fresh, **given, "id": new_id}
        connection.execute(insert(schema.deliveries).values(values))
        if links is not None and row.kind in ANSWERED:
            keep_link(connection, links.row(new_id, alert, whom, row.channel, at), at)


def _id_of_copy(delivery_id: str, what: str) -> str:
    """Of the same millisecond, and always the same for the same two."""
    return delivery_id[:10] + ulid_tail(hashlib.sha256(f"{delivery_id} {what}".encode()).digest())


def failed(connection: Connection, delivery_id: str, values: Mapping[str, Any]) -> None:
    """One more attempt that did not arrive."""
    connection.execute(
        update(schema.deliveries).where(_D.id == delivery_id, WAITING).values(**values, attempts=_D.attempts + 1)
    )


def wake(connection: Connection, channel: str, severities: Collection[Severity], now: datetime) -> None:
    """The channel answers again: what of these was put off is due."""
    priorities = [rows.PRIORITIES[severity] for severity in severities]
    connection.execute(
        update(schema.deliveries)
        .where(_D.channel == channel, WAITING, _D.priority.in_(priorities), _D.attempts > 0, _D.next_try_at > now)
        .values(next_try_at=now)
    )


def resend(connection: Connection, delivery_ids: Sequence[str], at: datetime) -> dict[str, list[str]]:
    """Try these again that were given up, under their old ids and for as long as at first: alert id → theirs."""
    found = connection.execute(
        select(_D.id, _D.alert_id, _D.expires_at, _D.not_before)
        .where(_D.id.in_(delivery_ids), _D.dead_at.is_not(None))
        .order_by(_D.id)
    ).all()
    resent: dict[str, list[str]] = {}
    for row in found:
        resent.setdefault(row.alert_id, []).append(row.id)
        life = row.expires_at - row.not_before
        connection.execute(
            update(schema.deliveries)
            .where(_D.id == row.id)
            .values(dead_at=null(), attempts=0, not_before=at, next_try_at=at, expires_at=at + life)
        )
    return resent


def _one_if(true: ColumnElement[bool]) -> ColumnElement[int]:
    return case((true, 1), else_=0)
