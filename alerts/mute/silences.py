"""What people have silenced: checked, stored before it holds, never deleted."""

import random
import threading
from collections.abc import Collection, Container
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, func, insert, or_, select, update

from alerts.access.principal import Area
from alerts.alert import Alert
from alerts.db.codec import time_text
from alerts.db.schema_silences import silences as table
from alerts.db.store import Store
from alerts.errors import BeyondArea, SilenceNotFound, SilenceRefused
from alerts.ids import UlidFactory
from alerts.mute.config import MutingConfig
from alerts.mute.reach import Reach
from alerts.mute.rules import Scope, ScopeKind, Silence, SilenceKind
from alerts.record.actor import Actor
from alerts.record.chain import Entry
from alerts.record.records import Kind, put
from alerts.registry.config import SITE
from alerts.registry.registry import Registry
from alerts.track.step import CONSOLE
from alerts.words import words_of
from vision.hazards import RULES
from vision.rule import Severity

MOST_ACTIVE = 500
"""Silences at a time; more are nobody's wish."""
AGAIN = timedelta(minutes=10)
"""So long ago an order without an answer may have been taken; what is older was another wish."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a person wants silenced. lasts: from now on. via, account: the door and whose, for the record. again: the
    same had no answer: if it was taken, it is not taken twice."""

    kind: SilenceKind
    scope: Scope
    reason: str
    by: str
    lasts: timedelta
    fire: bool = False
    via: str = CONSOLE
    account: str = ""
    again: bool = False

    def is_of(self, silence: Silence) -> bool:
        """Whether it says the same."""
        mine = (self.kind, self.scope, self.reason, self.by, self.lasts, self.fire)
        lasts = silence.ends_at - silence.begun_at
        return mine == (silence.kind, silence.scope, silence.reason, silence.by, lasts, silence.fire)


def check(
    order: Order, config: MutingConfig, registry: Registry, alert: Alert | None, area: Area | None = None
) -> None:
    """alert: the one that the scope names, if it names one. area: the silence has to lie within it; what lies elsewhere
    is not there. Raises SilenceRefused, BeyondArea: one line."""
    if not order.by.strip():
        raise SilenceRefused("name_needed", "say who you are")
    if not order.reason.strip():
        raise SilenceRefused("reason_needed", "say why")
    _check_scope(order.scope, registry, alert, area)
    about_fire = _is_fire(order.scope, alert)
    if order.kind is SilenceKind.SHELF and about_fire and not order.fire:
        raise SilenceRefused("flame_unnamed", "a flame is muted only where flames are named")
    limits = {SilenceKind.DRILL: config.longest_drill_h, SilenceKind.SHELF: config.longest_h}
    longest_h = limits[order.kind]
    if order.kind is SilenceKind.SHELF and order.fire:
        longest_h = min(longest_h, config.longest_fire_h)
    if not timedelta() < order.lasts <= timedelta(hours=longest_h):
        said = f"it may last {longest_h:g} h at most, and has to last some time"
        raise SilenceRefused("too_long", said, hours=longest_h)


def check_end(scope: Scope, area: Area, registry: Registry, alert: Alert | None) -> None:
    """Whether somebody who is limited to an area may end a silence. alert: the one of the area that its scope names.

    Raises SilenceNotFound: of those that do not reach the area nothing is known there; BeyondArea.
    """
    reach = Reach(area, registry)
    if not reach.has(scope, alert):
        raise SilenceNotFound("no silence of this area")
    if not reach.holds(scope, alert):
        raise BeyondArea("beyond_end", "it reaches beyond your places: somebody else has to end it")


def _check_scope(scope: Scope, registry: Registry, alert: Alert | None, area: Area | None) -> None:
    known: Container[str]
    if area is not None and (scope.kind is ScopeKind.HAZARD or scope == Scope(ScopeKind.PLACE, SITE)):
        raise BeyondArea("beyond", "it would reach beyond your places: name one of them, a camera or an alert")
    match scope.kind:
        case ScopeKind.PLACE:
            known = {SITE, *registry.places} if area is None else registry.places.keys() & area.places
        case ScopeKind.CAMERA:
            known = _cameras(registry, area)
        case ScopeKind.HAZARD:
            known = words_of()
        case ScopeKind.CAMERA_HAZARD:
            known = {f"{hazard}@{camera}" for hazard in words_of() for camera in _cameras(registry, area)}
        case ScopeKind.ALERT:
            known = () if alert is None else (alert.id,)
    if scope.value not in known:
        raise SilenceRefused("no_scope", f"there is no {scope.kind} {scope.value[:64]}")


def _cameras(registry: Registry, area: Area | None) -> Collection[str]:
    return registry.cameras.keys() if area is None else registry.cameras.keys() & area.cameras


def _is_fire(scope: Scope, alert: Alert | None) -> bool:
    if scope.kind in (ScopeKind.HAZARD, ScopeKind.CAMERA_HAZARD):
        hazard, _ = scope.hazard_and_camera
        return hazard in RULES and RULES[hazard].severity is Severity.FIRE
    return scope.kind is ScopeKind.ALERT and alert is not None and alert.severity is Severity.FIRE


class Silences:
    """Thread-safe. Those in force are in memory, so that no alert waits for the database to know whether it is muted:
    `active` never blocks, all else may.

    changes: grows with each silence that begins or is ended by a person.
    """

    def __init__(self, store: Store, now: datetime) -> None:
        """Reads those in force. Raises StoreError."""
        self._store = store
        self._turn = threading.Lock()
        self._new_id = UlidFactory(random.SystemRandom())
        query = select(table).where(table.c.ends_at > now, table.c.ended_at.is_(None)).order_by(table.c.id)
        with store.reading() as connection:
            self._active = tuple(_of(row) for row in connection.execute(query))  # replaced, never changed
        self.changes = 0

    def active(self, now: datetime) -> tuple[Silence, ...]:
        """In force at this time, the oldest first."""
        return tuple(one for one in self._active if one.active(now))

    def add(self, order: Order, now: datetime) -> Silence:
        """In force once it is stored; of an order that was taken before, that one. order: checked.

        Raises StoreError; SilenceRefused if there are too many.
        """
        ends_at = now + order.lasts
        silence = Silence(
            self._new_id(now), order.kind, order.scope, order.reason, order.by, now, ends_at, fire=order.fire
        )
        with self._turn:
            kept = [one for one in self._active if one.ends_at > now]
            before = [one for one in kept if order.is_of(one) and one.begun_at >= now - AGAIN] if order.again else []
            if before:
                return before[-1]
            if len(kept) >= MOST_ACTIVE:
                said = f"{MOST_ACTIVE} silences are in force; end some of them first"
                raise SilenceRefused("too_many_silences", said)
            with self._store.writing() as connection:
                connection.execute(insert(table).values(_columns(silence)))
                put(connection, [_entry(Kind.SILENCED, silence, Actor(order.by, order.via, order.account))], now)
            self._active = (*kept, silence)
            self.changes += 1
        return silence

    def end(self, silence_id: str, by: Actor, now: datetime) -> Silence:
        """Before its time. One that has ended stays as it is. Raises SilenceNotFound, StoreError."""
        with self._turn:
            silence = self.find(silence_id)
            if not silence.active(now):
                return silence
            ended = replace(silence, ended_at=now, ended_by=by.name)
            with self._store.writing() as connection:
                values = {"ended_at": now, "ended_by": by.name}
                connection.execute(update(table).where(table.c.id == silence_id).values(values))
                put(connection, [_entry(Kind.ENDED_SILENCE, ended, by)], now)
            self._active = tuple(one for one in self._active if one.id != silence_id)
            self.changes += 1
        return ended

    def page(self, before: str | None = None, limit: int = 50, reach: Reach | None = None) -> list[Silence]:
        """All that ever were, the newest first. before: the id of the last one of the page before. reach: only what
        reaches an area."""
        query = select(table).order_by(table.c.id.desc()).limit(limit)
        if reach is not None:
            query = query.where(reach.rows())
        if before is not None:
            query = query.where(table.c.id < before)
        with self._store.reading() as connection:
            return [_of(row) for row in connection.execute(query)]

    def about(self, scopes: Collection[Scope], begun: datetime, until: datetime) -> list[Silence]:
        """Those of one of these scopes that were in force within this time, the oldest first; at most `MOST_ACTIVE`."""
        named = or_(*(and_(table.c.scope_kind == one.kind.value, table.c.scope == one.value) for one in scopes))
        ended = func.coalesce(table.c.ended_at, table.c.ends_at)
        query = select(table).where(named, table.c.begun_at <= until, ended >= begun).order_by(table.c.id)
        with self._store.reading() as connection:
            return [_of(row) for row in connection.execute(query.limit(MOST_ACTIVE))]

    def find(self, silence_id: str) -> Silence:
        """By its id, also one that has ended. Raises SilenceNotFound, StoreError."""
        held = next((one for one in self._active if one.id == silence_id), None)
        if held is not None:
            return held
        with self._store.reading() as connection:
            row = connection.execute(select(table).where(table.c.id == silence_id)).one_or_none()
        if row is None:
            raise SilenceNotFound(f"no silence {silence_id[:64]}")
        return _of(row)


def _subject(scope: Scope) -> str:
    """What the record can be asked about."""
    match scope.kind:
        case ScopeKind.ALERT | ScopeKind.CAMERA:
            return scope.value
        case ScopeKind.CAMERA_HAZARD:
            return scope.hazard_and_camera[1]
    return ""


def _entry(kind: Kind, silence: Silence, by: Actor) -> Entry:
    said = {"silence": silence.id, "kind": silence.kind.value, "reason": silence.reason, "fire": silence.fire}
    scope = {"scope_kind": silence.scope.kind.value, "scope": silence.scope.value}
    detail = {**said, **scope, "ends_at": time_text(silence.ends_at)}
    return Entry(kind, _subject(silence.scope), by.name, by.via, detail, account=by.account)


def _columns(silence: Silence) -> dict[str, Any]:
    return {
        "id": silence.id,
        "kind": silence.kind.value,
        "scope_kind": silence.scope.kind.value,
        "scope": silence.scope.value,
        "reason": silence.reason,
        "by": silence.by,
        "begun_at": silence.begun_at,
        "ends_at": silence.ends_at,
        "fire": silence.fire,
        "ended_at": silence.ended_at,
        "ended_by": silence.ended_by,
    }


def _of(row: Row[Any]) -> Silence:
    values = dict(row._mapping)
    scope = Scope(ScopeKind(values.pop("scope_kind")), values.pop("scope"))
    return Silence(**{**values, "kind": SilenceKind(values["kind"]), "scope": scope})
