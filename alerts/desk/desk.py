"""Looks in, alerts and events out; what people order is carried out here."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from alerts.access.principal import Area
from alerts.alert import Alert, AlertState
from alerts.backlog import Backlog
from alerts.config import Settings
from alerts.db.rows import Delivery
from alerts.db.search import Search
from alerts.db.store import Store
from alerts.desk.book import Book
from alerts.desk.changes import broken_off, change_kind, fire_breaks_out
from alerts.desk.known import Known
from alerts.desk.photos import MOST_PHOTOS, Added, find_sent, photos_of, shown_clear, with_photo
from alerts.desk.pictures import PICTURED, Pictures
from alerts.desk.reported import Report, as_people_see_it
from alerts.errors import AlertNotFound, AlertRefused, ReportRefused, StaleAlert, StoreError
from alerts.events import EventHub, Subscription
from alerts.evidence.kept import mark_of
from alerts.evidence.snapshot import SnapshotStore
from alerts.lifecycle import Change, ChangeKind
from alerts.mute.muting import MutedNow, Muting
from alerts.mute.reach import Reach
from alerts.mute.rules import Decision, Scope, ScopeKind, Silence, SilenceKind
from alerts.mute.silences import Order, check_end
from alerts.record.actor import Actor
from alerts.registry.config import SITE
from alerts.registry.registry import Place
from alerts.routing.plan import Planner
from alerts.routing.route import planner_of
from alerts.track.answer_links import AnswerLinks
from alerts.track.fold import Track, track
from alerts.track.rules import REASONS, Refusal, Taken, take
from alerts.track.step import CONSOLE, STEPS_OF, StepKind, first_word
from streams.clock import Clock
from vision.blur import NOTHING_PRIVATE, Private
from vision.look import Look
from vision.rule import Severity


class Desk:
    """Thread-safe. All methods but `subscribe` may block on the disk: from a coroutine use `asyncio.to_thread`.

    An alert never waits for its picture or for the database: without the one it is raised bare, without the other it
    is kept in memory (bounded), shown to the console, and stored as soon as the database takes it.

    settings: those in force. registry: what lies where, by them. Replaced as a whole, never changed.
    muting: what holds notices back, and the silences of people.

    area: the part of the site to which whoever asks is limited, None for all of it. What lies elsewhere is not there.
    """

    def __init__(
        self,
        store: Store,
        snapshots: SnapshotStore,
        settings: Settings,
        clock: Clock,
        *,
        links: AnswerLinks | None = None,
        picture_now: Callable[[str], bytes | None] = lambda camera: None,
        private_now: Callable[[str], Private] = lambda camera: NOTHING_PRIVATE,
        private_in: Callable[[bytes], Private | None] = lambda jpeg: None,
    ) -> None:
        """links: what notices are answered with. picture_now: a camera's newest live picture as JPEG, if there is one.
        private_now: what is seen in it that must be hidden. private_in: likewise in a photo that somebody has
        sent; None: not known. It may block for seconds.
        """
        self._store = store
        self._clock = clock
        self.registry = settings.registry()
        self.settings = settings
        self.muting = Muting(store, settings, self.registry, clock)
        self._pictures = Pictures(snapshots, settings.cameras, picture_now, private_now, private_in)
        self._backlog = Backlog(store, planner_of(settings, self._places_around), clock, links)
        self._book = Book(store, self._backlog, settings, self.registry, clock.now())
        self._lock = self._book.lock
        self._reporting = threading.Lock()
        self._events = EventHub(first_id=int(clock.now().timestamp() * 1000))

    # From the cameras

    def receive(self, look: Look) -> list[Change]:
        """What the look changes: life cycle, picture, store, then the console. Looks of a camera come in order. One
        that was on its way when the camera was given another address or other masks changes nothing: what it saw is not
        at this place, or is nobody's to see any more."""
        with self._lock:
            camera = self.registry.cameras.get(look.camera)
            if look.sight is not None and (camera is None or look.sight != camera.sight):
                return []
            changes = self._decided(self._book.see(look))
            return self._settle([self._pictured(change, look) for change in changes])

    def receive_health(self, look: Look) -> list[Change]:
        """What a camera's troubles change. look: of `CameraWatch.looks`, once a second."""
        with self._lock:
            changes = self._decided(self._book.see_trouble(look))
            if any(change.kind in PICTURED for change in changes):
                shown = self._pictures.bare(look)
                changes = [self._pictured(change, shown) for change in changes]
            return self._settle(changes)

    def tick(self) -> None:
        """Call it about once a second: tells people of what was held back once nothing holds it any more, ends
        suspicions of cameras that are gone, and tries again to write what the database refused. Nothing else waits for
        the latter."""
        with self._lock:
            self._review()
            if over := self._book.unwatched(self._clock.now(), self._clock.monotonic_s()):
                self._settle(over)
        self._backlog.retry()

    def follow(self, settings: Settings) -> None:
        """These are the cameras and places, and the rules by which people are told, from now on. Open alerts of a
        camera that is gone stay until somebody judges them, and alerts keep the place that they were raised with."""
        with self._lock:
            self._backlog.planner = planner_of(settings, self._places_around)
            self.settings = settings
            self.registry = settings.registry()
            self.muting.follow(settings, self.registry)
            self._pictures.follow(settings.cameras)
            self._book.follow(self.registry)

    # For people

    def alert(self, alert_id: str, area: Area | None = None) -> Alert:
        """The newest state of one alert. Raises AlertNotFound."""
        return self._book.alert(alert_id, area)

    def alerts(
        self,
        *,
        before: str | None = None,
        limit: int = 50,
        states: Sequence[AlertState] | None = None,
        fired_only: bool = False,
        area: Area | None = None,
    ) -> list[Alert]:
        """Newest first. before: the id of the last one of the page before. states: None means all.

        fired_only: leave out what was never more than a suspicion.
        """
        return self._book.alerts(before, limit, states, area, fired_only=fired_only)

    def history(
        self, search: Search, *, before: str | None = None, limit: int = 50, area: Area | None = None
    ) -> tuple[list[Alert], str | None]:
        """What is looked for among all that ever were, newest first, and before which id to go on; None: that was all.

        A page may be short, or empty, and not the last.
        """
        return self._book.history(search, before, limit, area)

    def open_alerts(self, area: Area | None = None) -> list[Alert]:
        """All that are not resolved, oldest first: pending, firing, acknowledged, and false alarms still in view."""
        return self._book.open_alerts(area)

    def unended_alerts(self, limit: int = 100, area: Area | None = None) -> list[Alert]:
        """Gone, as far as the camera can tell, and not ended by people. Fires first, all of them (of more than
        `alerts.db.stored_alerts.MOST_FIRES` the newest), then so many of the others; of both the newest first."""
        return self._book.unended_alerts(limit, area)

    def track(self, alert_id: str) -> tuple[Alert, Track]:
        """An alert and where it stands, of the same moment. Raises AlertNotFound."""
        with self._book.holding(alert_id) as known:
            return known.alert, track(known.alert, known.steps)

    def going(self, alert: Alert) -> tuple[tuple[str, str], ...] | None:
        """Who goes there as of now, and how far each is; None when that cannot be told."""
        try:
            _, now = self.track(alert.id)
        except (AlertNotFound, StoreError):
            return None
        return tuple((one.name, one.progress.value) for one in now.said.responders.values())

    def step(
        self,
        alert_id: str,
        kind: StepKind,
        *,
        by: str,
        via: str = CONSOLE,
        account: str = "",
        detail: Mapping[str, Any] | None = None,
        version: int | None = None,
        round: int | None = None,
    ) -> tuple[Alert, Track]:
        """Somebody did something; the alert and where it stands then. Saying the same again changes nothing.

        version: what the caller has seen; round: `Track.round`, which is all that somebody on the way has to have seen.
        Raises AlertNotFound; StaleAlert when somebody else has acted since, or it fired (what else the camera sees does
        not count); AlertRefused when the step may not follow.
        """
        with self._book.holding(alert_id) as known:
            before, now = known.alert, track(known.alert, known.steps)
            if not _has_seen(known, now, kind, version, round):
                raise StaleAlert(before, now)
            at = self._clock.now()
            shown = self._shown(before, detail, at, now)
            return self._said(
                known, take(shown, now.steps, kind, by=by, via=via, at=at, detail=detail, account=account)
            )

    def add_photo(self, alert_id: str, added: Added) -> tuple[Alert, bool]:
        """A photo of the place, as a step of whoever took it; and whether it is new. The same sent again is the same.
        Raises AlertNotFound; AlertRefused where this kind of alert has none; PhotoRefused, StoreError."""
        with self._reporting:  # one after the other: of two that are the same the second finds the first
            alert, now = self.track(alert_id)
            if find_sent(alert, added.key) is not None:
                return alert, False
            if StepKind.PHOTO not in STEPS_OF[now.kind]:
                raise AlertRefused(alert, REASONS["other_track"], "other_track", now)
            if len(photos_of(alert)) >= MOST_PHOTOS:
                raise ReportRefused("too_many_photos", f"an alert has at most {MOST_PHOTOS} photos")
            kept = self._pictures.of_photo(alert_id, added.photo, added.taken_at)
            detail = {"mark": mark_of(kept.key), **({"note": added.note} if added.note else {})}
            who = {"by": added.by, "via": added.via, "account": added.account}
            with self._book.holding(alert_id) as known:
                shown, at = with_photo(known.alert, kept, added), self._clock.now()
                done = take(shown, known.steps, StepKind.PHOTO, at=at, detail=detail, **who)
                return self._said(known, done)[0], True

    def _said(self, known: Known, done: Taken | Refusal | None) -> tuple[Alert, Track]:
        """What a person has said, stored and told. known: held, as it was before. Raises AlertRefused."""
        before = known.alert
        if isinstance(done, Refusal):
            raise AlertRefused(before, done.reason, done.code, track(before, known.steps))
        if done is None:
            return before, track(before, known.steps)
        done = replace(done, alert=as_people_see_it(done.alert))
        self._book.adopt(done.alert)
        [change] = self._settle(self._decided([Change(change_kind(before, done), done.alert, done.step)]))
        return change.alert, track(change.alert, (*known.steps, done.step))

    def report(self, report: Report) -> tuple[Alert, bool]:
        """What somebody has seen on patrol becomes a case; and whether it is new. The same report sent again is the
        same case, whatever became of it. Raises ReportRefused, StoreError."""
        with self._reporting:  # one after the other: of two that are the same the second finds the first
            if (known := self._book.reported(report.fingerprint)) is not None:
                return known, False
            at = self._clock.now()
            place_id = report.place.id if report.place.id in self.registry.places else None
            if self._book.reports.full:
                raise ReportRefused("too_many", "too many reports wait for somebody; deal with some first")
            alert = self._pictures.of_report(report.alert(self._book.new_id(at), at, place_id), report)
            with self._lock:
                self._book.adopt(alert)
                [change] = self._settle(self._decided([Change(ChangeKind.FIRED, alert)]))
            return change.alert, True

    def acknowledge(
        self, alert_id: str, *, by: str, via: str = CONSOLE, account: str = "", version: int | None = None
    ) -> Alert:
        """Somebody has it in hand: the first word that its track knows. Raises as `step` does."""
        said = first_word(self.alert(alert_id))
        return self.step(alert_id, said, by=by, via=via, account=account, version=version)[0]

    def mark_false_alarm(
        self,
        alert_id: str,
        *,
        by: str,
        via: str = CONSOLE,
        account: str = "",
        reason: str,
        version: int | None = None,
    ) -> Alert:
        """Nothing was there. Raises as `step` does."""
        why, kind = {"reason": reason}, StepKind.FALSE_ALARM
        return self.step(alert_id, kind, by=by, via=via, account=account, detail=why, version=version)[0]

    def begin_drill(self, alert: Alert) -> Alert:
        """Call people as if it burnt, with every notice marked as a drill. alert: `drilled`, fired just now.

        It is told by the rules of a real fire, but holds nothing back, and no camera ends it.
        """
        with self._lock:
            self._book.adopt(alert)
            [change] = self._settle(self._decided([Change(ChangeKind.FIRED, alert)]))
        return change.alert

    def clear_drill(self, alert_id: str) -> None:
        """The drill is over: what a camera says of a fire that has gone. Raises AlertNotFound, StoreError."""
        with self._book.holding(alert_id) as known:
            alert = known.alert
            if not (alert.drilled and alert.open):
                return
            cleared = replace(alert, resolved_at=self._clock.now(), version=alert.version + 1)
            self._book.adopt(cleared)
            self._settle([Change(ChangeKind.RESOLVED, cleared)])

    def attach_clip(self, alert_id: str, clip: Mapping[str, Any]) -> Alert:
        """Put what became of an alert's clip into its evidence (`alerts.evidence.clips`). Raises AlertNotFound."""
        return self._file(alert_id, "clip", dict(clip))

    def attach_film(self, alert_id: str, film: Sequence[Mapping[str, Any]]) -> Alert:
        """Likewise the pictures of what led to it (`alerts.evidence.film`). Raises AlertNotFound."""
        return self._file(alert_id, "film", [dict(picture) for picture in film])

    def deliveries(self, alert_id: str) -> list[Delivery]:
        """All notices of an alert, in order: who was told, when and why, or why not. Raises AlertNotFound."""
        self.alert(alert_id)
        return self._store.deliveries_of(alert_id)

    def dead_letters(
        self, limit: int, area: Area | None = None, before: tuple[datetime, str] | None = None
    ) -> list[Delivery]:
        """Notices that were given up, newest first."""
        return self._store.dead(limit, area, before=before)

    def resend(self, delivery_ids: Sequence[str], by: Actor, area: Area | None = None) -> int:
        """Try dead letters again; how many there were."""
        own = delivery_ids if area is None else self._store.deliveries_in(area, delivery_ids)
        return self._store.resend(own, self._clock.now(), by)

    def where(self, alert: Alert) -> Place:
        """The registered place of an alert, with what is at hand there; the site if it has none. Never blocks."""
        return self.registry.where(alert.place_id, alert.camera)

    def silence(self, order: Order, area: Area | None = None) -> Silence:
        """Begin a silence. Raises SilenceRefused, StoreError; BeyondArea where it is not within the area."""
        return self.muting.begin(order, self._named(order.scope, area), area)

    def end_silence(self, silence_id: str, by: Actor, area: Area | None = None) -> Silence:
        """Before its time. Raises SilenceNotFound, StoreError; BeyondArea where it is not within the area."""
        if area is not None:
            scope = self.muting.silences.find(silence_id).scope
            check_end(scope, area, self.registry, self._named(scope, area))
        return self.muting.end(silence_id, by)

    def silences(self, before: str | None, limit: int, area: Area | None = None) -> list[Silence]:
        """All that ever reached the area, the newest first. before: the id of the last one of the page."""
        return self.muting.silences.page(before, limit, None if area is None else Reach(area, self.registry))

    def silences_of(self, alert: Alert) -> list[Silence]:
        """Those that were about this alert while it went on: drills, and shelves that could hold it back."""
        place = self.where(alert)
        scopes = {
            Scope(ScopeKind.ALERT, alert.id),
            Scope(ScopeKind.CAMERA, alert.camera),
            Scope(ScopeKind.HAZARD, alert.hazard),
            *(Scope(ScopeKind.PLACE, name) for name in (place.id, *place.parents, SITE)),
        }
        until = max(filter(None, (alert.closed_at, alert.resolved_at)), default=None) if not alert.open else None
        found = self.muting.silences.about(scopes, alert.started_at, until or self._clock.now())
        fire = alert.severity is Severity.FIRE
        return [one for one in found if one.kind is SilenceKind.DRILL or one.fire or not fire]

    def decide(self, alert: Alert) -> Decision:
        """Whether people are told of it now."""
        with self._lock:
            return self.muting.decide(alert, self.open_alerts())

    def muted_now(self, area: Area | None = None) -> MutedNow:
        """What is muted at this moment, and by what; of silences and quiet hours those that reach the area."""
        with self._lock:
            now = self.muting.of(self.open_alerts(), self.open_alerts(area))
        if area is None:
            return now
        reach = Reach(area, self.registry)
        silences = (one for one in now.silences if reach.has(one.scope, self._named(one.scope, area)))
        quiet = ((hours, ends) for hours, ends in now.quiet if reach.has_any(hours.places))
        return replace(now, silences=tuple(silences), quiet=tuple(quiet))

    @property
    def run(self) -> int:
        """`EventHub.run`."""
        return self._events.run

    def subscribe(self, last_event_id: int | None = None) -> Subscription:
        """Changes from now on, or from after that event. Call it in the event loop that will read it."""
        return self._events.subscribe(last_event_id)

    @property
    def waiting(self) -> int:
        """How many changes wait for the database. Never blocks."""
        return len(self._backlog)

    @property
    def refused(self) -> bool:
        """Whether changes wait because the database has refused them. Never blocks."""
        return self._backlog.refuses

    def status(self) -> dict[str, int]:
        """Counts that should stay at zero: waiting, dropped, write_failures, lost_pictures, refused, overflows."""
        with self._lock:
            return {
                "waiting": len(self._backlog),
                "dropped": sum(self._backlog.dropped.values()),
                "write_failures": self._backlog.failures,
                "lost_pictures": self._pictures.lost,
                "refused": self._book.refused,
                "overflows": self._events.overflows,
            }

    def whose(self, alert: Alert) -> str:
        """Whose business it is, by the settings in force. Never blocks."""
        return self.settings.routing.whose(alert.zone_type, alert.hazard)

    @property
    def call_119_s(self) -> float | None:
        """Seconds after which a fire that nobody has answered asks to call the fire brigade; None: never."""
        return self.settings.routing.fire.call_119_s

    @property
    def planner(self) -> Planner:
        """Decides who is told, by the settings in force."""
        return self._backlog.planner

    @property
    def dropped(self) -> Mapping[str, int]:
        """What was lost on the way to the database: see `Backlog.dropped`. Never blocks."""
        return self._backlog.dropped

    def close(self) -> None:
        """Write what is left and end the subscriptions. The store stays open."""
        with self._lock:
            self._backlog.write(now=True)
        self._events.close()

    def _file(self, alert_id: str, name: str, value: Any) -> Alert:
        with self._book.holding(alert_id) as known:
            alert = known.alert
            changed = replace(alert, evidence={**alert.evidence, name: value}, version=alert.version + 1)
            self._book.adopt(changed)
            self._settle([Change(ChangeKind.UPDATED, changed)])
        return changed

    def _shown(self, alert: Alert, detail: Mapping[str, Any] | None, at: datetime, now: Track) -> Alert:
        """With the picture of its place that a step brings as proof: the camera's of now, or a photo that somebody has
        added. Raises AlertRefused where there is none."""
        given = detail or {}
        if mark := given.get("mark"):
            shown, missing = shown_clear(alert, str(mark)), "photo_gone"
        elif given.get("picture"):
            shown, missing = self._pictures.shown_now(alert, at), "no_picture"
        else:
            return alert
        if shown is None:
            raise AlertRefused(alert, REASONS[missing], missing, now)
        return shown

    def _places_around(self, alert: Alert) -> frozenset[str]:
        place = self.where(alert)
        return frozenset((place.id, *place.parents, alert.camera))

    def _named(self, scope: Scope, area: Area | None) -> Alert | None:
        """The alert that a scope names. None: it names none, or one that is not there."""
        if scope.kind is not ScopeKind.ALERT:
            return None
        try:
            return self.alert(scope.value, area)
        except AlertNotFound:
            return None

    def _decided(self, changes: list[Change]) -> list[Change]:
        decided = self.muting.decided(changes, self.open_alerts)
        for change in decided:
            self._book.adopt(change.alert)
        return decided

    def _review(self) -> None:
        due = self.muting.due(self.open_alerts())
        for change in due:
            self._book.adopt(change.alert)
        self._settle(due)

    def _pictured(self, change: Change, look: Look) -> Change:
        pictured = self._pictures.added(change, look)
        if pictured is not change:
            self._book.adopt(pictured.alert)
        return pictured

    def _settle(self, changes: list[Change]) -> list[Change]:
        """Store, then publish; a change that could not be stored yet is shown all the same.

        With a real fire goes what ends the calls of a drill: none of them is sent once the fire is stored.
        """
        more = broken_off(self._book.drilled(), self._clock.now()) if fire_breaks_out(changes) else []
        for change in more:
            self._book.adopt(change.alert)
        settled = [*changes, *more]
        self._book.note(settled)
        if settled or len(self._backlog):
            self._backlog.write(settled)
        for change in settled:
            self._events.publish(change.kind, change.alert)
        return changes


def _has_seen(known: Known, now: Track, kind: StepKind, version: int | None, round: int | None) -> bool:
    """Whether somebody who saw that version, or that round, saw the alert as it is."""
    if round is not None and not now.is_answered(kind, round):
        return False
    return version is None or known.state_version <= version <= known.alert.version
