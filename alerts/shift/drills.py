"""Fire drills: a person raises an alert that says DRILL wherever it is told, and what came of it is kept.

It is an alert of its own, told by the rules of a real fire, with people's real channels. It is not a silence: a real
fire that begins meanwhile, at the same place even, is an alert of its own too, and is told as real. For the same reason
no drill begins while anything burns or a fire waits to be closed, and a fire that breaks out ends it: its calls in the
transaction that stores the fire (`alerts.desk.changes`), the drill itself within a tick. What a camera sees of the
drill's own alert neither ends it nor makes it real (`Alert.drilled`).
"""

import asyncio
import logging
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update

from alerts.access.principal import Area
from alerts.alert import Alert, fingerprint
from alerts.db.codec import time_text
from alerts.db.schema_shift import drills as table
from alerts.desk import Desk
from alerts.desk.changes import BROKEN_OFF
from alerts.errors import AlertNotFound, AlertRefused, DrillNotFound, DrillRefused, StoreError
from alerts.ids import UlidFactory
from alerts.mute.rules import Muted
from alerts.record.actor import Actor
from alerts.record.chain import Entry
from alerts.record.records import Kind, Transactions, put
from alerts.registry.config import SITE
from alerts.registry.registry import Place
from alerts.routing.people import People
from alerts.shift.score import score_of
from alerts.track.step import StepKind
from streams.clock import Clock, sleep_s
from vision.hazards import RULES
from vision.rule import Severity
from vision.zones import ZoneType

log = logging.getLogger(__name__)

TICK_S = 1.0
OVER = "演练结束。The drill is over."
FIRE = "fire"
HAZARD = next(kind for kind, rule in RULES.items() if rule.severity is Severity.FIRE)
_T = table.c


@dataclass(frozen=True, slots=True)
class Drill:
    """place_id None: the site. ends_at: by itself, at the latest. score: `alerts.shift.score`, once it has ended,
    with `broken_off` and what broke into it: a `FIRE`."""

    id: str
    alert_id: str
    place_id: str | None
    place: str
    note: str
    begun_at: datetime
    begun_by: str
    ends_at: datetime
    ended_at: datetime | None = None
    ended_by: str = ""
    score: Mapping[str, Any] | None = None

    def within(self, area: Area | None) -> bool:
        """Whether it is of somebody's places."""
        return area is None or self.place_id in area.places


@dataclass(frozen=True, slots=True)
class DrillOrder:
    """place: the id of a registered place, or `site`. note: why, for those who read it later. via, account: the door
    and whose."""

    place: str
    note: str
    by: str
    via: str
    account: str = ""


class Drills:
    """Thread-safe; may block on the database. Raises StoreError."""

    def __init__(self, desk: Desk, store: Transactions, clock: Clock) -> None:
        self._desk, self._store, self._clock = desk, store, clock
        self._turn = threading.Lock()
        self._new_id = UlidFactory(random.SystemRandom())

    def begin(self, order: DrillOrder, area: Area | None = None) -> Drill:
        """Call people. Raises DrillRefused: there is no such place in the area; one goes on; it burns; it is muted."""
        with self._turn:
            place = self._place(order.place, area)
            now = self._clock.now()
            if self.running():
                raise DrillRefused("running", "a drill goes on already")
            if self._fires():
                raise DrillRefused("burns", "a fire is open: no drill while anything may burn")
            drill = self._drill(order, place, now)
            alert = _alert_of(drill, place)
            if isinstance(muted := self._desk.decide(alert), Muted):
                raise DrillRefused("muted", f"fires are muted there, so that nobody would be told: {muted.reason}")
            self._put(drill, Kind.BEGAN_DRILL, Actor(order.by, order.via, order.account))
            self._desk.begin_drill(alert)
        log.info("a drill begins at %s, by %s", drill.place, drill.begun_by)
        return drill

    def end(self, name: str, *, by: str, via: str, account: str = "", area: Area | None = None) -> Drill:
        """Keep what came of it, and say that it is over; one that has ended stays as it is. by "": by itself.
        Raises DrillNotFound."""
        with self._turn:
            drill = self._find(name, area)
            if drill.ended_at is not None:
                return drill
            now = self._clock.now()
            score = dict(self._score(drill, min(now, drill.ends_at)))
            if broken_off := self._breaks_off():
                score["broken_off"] = FIRE
            done = replace(drill, ended_at=now, ended_by=by, score=score)
            self._close(drill.alert_id, Actor(by, via, account), BROKEN_OFF if broken_off else OVER)
            self._put(done, Kind.ENDED_DRILL, Actor(by, via, account))
        return done

    def tick(self) -> None:
        """Call it about once a second: ends what has lasted long enough, in an earlier run, too, and what a real fire
        has broken into."""
        for drill in self.running():
            if drill.ends_at <= self._clock.now() or self._breaks_off():
                self.end(drill.id, by="", via="watch")

    async def run(self) -> None:
        """Tick until cancelled; a database that refuses is asked again."""
        while True:
            await sleep_s(TICK_S)
            try:
                await asyncio.to_thread(self.tick)
            except StoreError as error:
                log.warning("drills: %s", error)

    def running(self) -> list[Drill]:
        """Those that have not ended; by their index."""
        query = select(table).where(_T.ended_at.is_(None)).order_by(_T.id)
        with self._store.reading() as connection:
            return [_of(row) for row in connection.execute(query)]

    def find(self, name: str, area: Area | None) -> Drill:
        """With its score, of now while it runs. Raises DrillNotFound."""
        return self._scored(self._find(name, area))

    def page(self, area: Area | None, before: str | None = None, limit: int = 50) -> list[Drill]:
        """Newest first, with their scores."""
        query = select(table).order_by(_T.id.desc()).limit(limit)
        if area is not None:
            query = query.where(_T.place_id.in_(sorted(area.places)))
        if before is not None:
            query = query.where(_T.id < before)
        with self._store.reading() as connection:
            found = [_of(row) for row in connection.execute(query)]
        return [self._scored(one) for one in found]

    def _scored(self, drill: Drill) -> Drill:
        if drill.score is not None:
            return drill
        return replace(drill, score=self._score(drill, min(self._clock.now(), drill.ends_at)))

    def _score(self, drill: Drill, until: datetime) -> Mapping[str, Any]:
        settings = self._desk.settings
        people = People(settings.people, settings.groups)
        names = {one: people[one].shown for one in people.everybody}
        try:
            notices = self._desk.deliveries(drill.alert_id)
            steps = self._desk.track(drill.alert_id)[1].steps
        except AlertNotFound:  # the program was ended before it was raised
            notices, steps = [], ()
        said = [step for step in steps if step.at <= until and step.by]  # people's words
        return score_of(drill.begun_at, until, notices, said, lambda one: names.get(one, one))

    def burns(self) -> bool:
        """Whether a fire is open, so that none may begin; wherever it is."""
        return bool(self._fires())

    def _fires(self) -> list[Alert]:
        """Suspected, burning, or gone and not ended by people."""
        return [one for one in self._desk.open_alerts() + self._desk.unended_alerts(limit=0) if _burns(one)]

    def _breaks_off(self) -> bool:
        """Whether a fire is more than suspected: none was when the drill began."""
        return any(fire.fired_at is not None for fire in self._fires())

    def _close(self, alert_id: str, by: Actor, word: str) -> None:
        """Nobody is called any more, and whoever was called hears that it is over."""
        try:
            for kind in (StepKind.DEALT_WITH, StepKind.CLOSED):
                try:
                    self._desk.step(alert_id, kind, by=by.name, via=by.via, account=by.account, detail={"note": word})
                except AlertRefused as refused:
                    log.debug("drill: %s", refused)  # somebody has ended it, or called it false
                self._desk.clear_drill(alert_id)
        except AlertNotFound:
            log.warning("drill: its alert %s was never raised", alert_id)

    def _place(self, name: str, area: Area | None) -> Place:
        registry = self._desk.registry
        known = (area is None and name == SITE) or (name in registry.places and (area is None or name in area.places))
        if not known:
            raise DrillRefused("no_place", "no such place")
        return registry.place(name)

    def _drill(self, order: DrillOrder, place: Place, now: datetime) -> Drill:
        ends_at = now + timedelta(seconds=self._desk.settings.shifts.drill_s)
        place_id = None if place.id == SITE else place.id
        shown = place.path or place.name or SITE
        return Drill(self._new_id(now), self._new_id(now), place_id, shown, order.note, now, order.by, ends_at)

    def _put(self, drill: Drill, kind: Kind, by: Actor) -> None:
        values = {name: getattr(drill, name) for name in table.c.keys()}  # noqa: SIM118  # columns, not a mapping
        met = {name: value for name, value in (drill.score or {}).items() if name in ("met", "broken_off")}
        detail = {"drill": drill.id, "place": drill.place, "begun_at": time_text(drill.begun_at), **met}
        with self._store.writing() as connection:
            if kind is Kind.BEGAN_DRILL:
                connection.execute(insert(table).values(values))
            else:
                connection.execute(update(table).where(_T.id == drill.id).values(values))
            entry = Entry(kind, drill.alert_id, by.name or "system", by.via, detail, account=by.account)
            put(connection, [entry], self._clock.now())

    def _find(self, name: str, area: Area | None) -> Drill:
        with self._store.reading() as connection:
            row = connection.execute(select(table).where(_T.id == name)).one_or_none()
        found = None if row is None else _of(row)
        if found is None or not found.within(area):
            raise DrillNotFound("no such drill")
        return found


def _of(row: Row[Any]) -> Drill:
    return Drill(**row._mapping)


def _burns(alert: Alert) -> bool:
    return alert.severity is Severity.FIRE and not alert.exercise and not alert.ended


def _alert_of(drill: Drill, place: Place) -> Alert:
    """Of no camera: no picture of it can be taken for a fire, and no look ends it."""
    kinds = {zone.value for zone in ZoneType}
    told = {"begun_by": drill.begun_by, "drill_note": drill.note}
    return Alert(
        id=drill.alert_id,
        fingerprint=fingerprint("", HAZARD, "", f"drill {drill.id}"),
        camera="",
        place=drill.place,
        hazard=HAZARD,
        severity=Severity.FIRE,
        zone="",
        zone_type=place.kind if place.kind in kinds else "",
        started_at=drill.begun_at,
        seen_at=drill.begun_at,
        confidence=0.0,
        box=(0.0, 0.0, 1.0, 1.0),
        fired_at=drill.begun_at,
        evidence={"drill": drill.id, **{key: text for key, text in told.items() if text}},
        place_id=drill.place_id,
        exercise=True,
    )
