"""The one door to the alerts, for `watch`, `demo` and the console: looks in, alerts and events out."""

import logging
import random
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from alerts.alert import Alert, AlertState, fingerprint
from alerts.backlog import Backlog
from alerts.camera_watch import CAMERA
from alerts.config import Settings
from alerts.db.rows import Delivery
from alerts.db.store import Store
from alerts.errors import AlertNotFound, AlertRefused, StaleAlert, StoreError
from alerts.events import Event, EventHub, Subscription
from alerts.evidence.snapshot import Snapshot, SnapshotStore, draw
from alerts.ids import UlidFactory
from alerts.lifecycle import Change, ChangeKind, Lifecycle
from alerts.mute.muting import MutedNow, Muting
from alerts.mute.rules import Decision, Scope, ScopeKind, Silence
from alerts.mute.silences import Order
from alerts.registry.registry import Place, Registry
from alerts.routing.route import planner_of
from alerts.track.answer_links import AnswerLinks
from alerts.track.fold import Track, track
from alerts.track.rules import Refusal, Taken, take
from alerts.track.step import CONSOLE, StepKind, first_word
from alerts.track.step_book import StepBook
from streams.clock import Clock
from vision.config import CameraConfig
from vision.geometry import Box
from vision.hazards import RULES
from vision.look import Look
from vision.rule import Finding
from vision.zones import Zone

__all__ = ["Desk", "Event", "Subscription"]

_log = logging.getLogger(__name__)
_PICTURED = frozenset({ChangeKind.OPENED, ChangeKind.FIRED, ChangeKind.REOPENED})
_EARLIER_PICTURES = 4
_LONGEST_REOPEN = timedelta(days=2)


class Desk:
    """Thread-safe. All methods but `subscribe` may block on the disk: from a coroutine use `asyncio.to_thread`.

    An alert never waits for its picture or for the database: without the one it is raised bare, without the other it
    is kept in memory (bounded), shown to the console, and stored as soon as the database takes it.

    registry: what lies where, by the settings in force. Replaced as a whole, never changed.
    muting: what holds notices back, and the silences of people.
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
        people_now: Callable[[str], tuple[Box, ...]] = lambda camera: (),
    ) -> None:
        """links: what notices are answered with. picture_now: a camera's newest live picture as JPEG, if there is one.
        people_now: who is seen in it, 0–1.
        """
        self._picture_now, self._people_now = picture_now, people_now
        self._store = store
        self._snapshots = snapshots
        self._clock = clock
        self._lock = threading.RLock()
        self.registry = settings.registry()
        self.muting = Muting(store, settings, self.registry, clock)
        self._zones = _zones_by_camera(settings.cameras)
        self._backlog = Backlog(store, planner_of(settings, self._places_around), clock, links)
        self._steps = StepBook(store, self._backlog)
        self._events = EventHub(first_id=int(clock.now().timestamp() * 1000))
        left = store.open_alerts() + store.resolved_since(clock.now() - _LONGEST_REOPEN)
        new_id = UlidFactory(random.SystemRandom())
        places, ids = _places_of(self.registry), _place_ids_of(self.registry)
        self._lifecycle = Lifecycle(
            (alert for alert in left if alert.hazard != CAMERA),
            clear_s={kind: params.clear_s for kind, params in settings.hazards.by_kind.items()},
            new_id=new_id,
            place_of=places,
            place_id_of=ids,
        )
        # Apart: a look that tells of a camera's trouble says nothing of what the camera watches.
        self._troubles = Lifecycle(
            (alert for alert in left if alert.hazard == CAMERA),
            clear_s={CAMERA: settings.health.clear_s},
            new_id=new_id,
            place_of=places,
            place_id_of=ids,
        )
        self.lost_pictures = 0

    # From the cameras

    def receive(self, look: Look) -> list[Change]:
        """What the look changes: life cycle, picture, store, then the console. Looks of a camera come in order."""
        with self._lock:
            decided = self._decided(self._lifecycle.observe(look))
            changes = [self._picture(change, look) for change in decided]
            self._settle(changes)
        return changes

    def receive_health(self, look: Look) -> list[Change]:
        """What a camera's troubles change. look: of `CameraWatch.looks`, once a second."""
        with self._lock:
            changes = self._decided(self._troubles.observe(look))
            if any(change.kind in _PICTURED for change in changes):
                # What it shows now, without marks: the trouble is of the whole picture.
                picture, people = self._picture_now(look.camera), self._people_now(look.camera)
                shown = replace(look, findings=(), picture=picture, people=people)
                changes = [self._picture(change, shown) for change in changes]
            self._settle(changes)
        return changes

    def tick(self) -> None:
        """Call it about once a second: tells people of what was held back once nothing holds it any more, and tries
        again to write what the database refused. Nothing else waits for the latter."""
        with self._lock:
            self._review()
        self._backlog.retry()

    def follow(self, settings: Settings) -> None:
        """These are the cameras and places from now on. Open alerts of a camera that is gone stay until somebody
        judges them, and alerts keep the place that they were raised with."""
        with self._lock:
            self.registry = settings.registry()
            self.muting.follow(settings, self.registry)
            self._zones = _zones_by_camera(settings.cameras)
            for lifecycle in (self._lifecycle, self._troubles):
                lifecycle.place_of, lifecycle.place_id_of = _places_of(self.registry), _place_ids_of(self.registry)

    # For people

    def alert(self, alert_id: str) -> Alert:
        """The newest state of one alert. Raises AlertNotFound."""
        with self._lock:
            held = self._lifecycle.find(alert_id) or self._troubles.find(alert_id)
            held = held or self._backlog.newest().get(alert_id)
        found = held or self._store.alert(alert_id)
        if found is None:
            raise AlertNotFound(f"no alert {alert_id[:64]}")
        return found

    def alerts(
        self,
        *,
        before: str | None = None,
        limit: int = 50,
        states: Sequence[AlertState] | None = None,
        fired_only: bool = False,
    ) -> list[Alert]:
        """Newest first. before: the id of the last one of the page before. states: None means all.

        fired_only: leave out what was never more than a suspicion.
        """
        waiting = self._backlog.newest()
        stored = self._store.alerts(before=before, limit=limit + len(waiting), states=states, fired_only=fired_only)
        page = [
            alert
            for alert in _newest_of(stored, waiting)
            if (before is None or alert.id < before)
            and (states is None or alert.state in states)
            and (alert.fired_at is not None or not fired_only)
        ]
        return sorted(page, key=lambda alert: alert.id, reverse=True)[:limit]

    def open_alerts(self) -> list[Alert]:
        """All that are not resolved, oldest first: pending, firing, acknowledged, and false alarms still in view."""
        with self._lock:
            both = self._lifecycle.open_alerts() + self._troubles.open_alerts()
        return sorted(both, key=lambda alert: alert.id)

    def unended_alerts(self, limit: int = 100) -> list[Alert]:
        """Gone, as far as the camera can tell, and not ended by people: the newest of them."""
        waiting = self._backlog.newest()
        known = _newest_of(self._store.unended_alerts(limit + len(waiting)), waiting)
        left = [alert for alert in known if not alert.open and not alert.ended]
        return sorted(left, key=lambda alert: alert.id, reverse=True)[:limit]

    def track(self, alert_id: str) -> tuple[Alert, Track]:
        """An alert and where it stands, of the same moment. Raises AlertNotFound."""
        self.alert(alert_id)  # a database that hangs is met here, without the lock that looks need
        with self._lock:
            alert = self.alert(alert_id)
            return alert, track(alert, self._steps.of(alert_id))

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
        detail: Mapping[str, Any] | None = None,
        version: int | None = None,
        round: int | None = None,
    ) -> tuple[Alert, Track]:
        """Somebody did something; the alert and where it stands then. Saying the same again changes nothing.

        version: what the caller has seen; round: `Track.round`, which is all that somebody on the way has to have seen.
        Raises AlertNotFound; StaleAlert when its state has changed since (a newer peak or last sight does not count);
        AlertRefused when the step may not follow.
        """
        self.alert(alert_id)
        with self._lock:
            before, now = self.track(alert_id)
            if not self._has_seen(before, now, version, round):
                raise StaleAlert(before, now)
            done = take(before, now.steps, kind, by=by, via=via, at=self._clock.now(), detail=detail)
            if isinstance(done, Refusal):
                raise AlertRefused(before, done.reason, done.code, now)
            if done is not None:
                self._adopt(done.alert)
                self._settle(self._decided([Change(_change_kind(before, done), done.alert, done.step)]))
            return self.track(alert_id)

    def acknowledge(self, alert_id: str, *, by: str, version: int | None = None) -> Alert:
        """Somebody has it in hand: the first word that its track knows. Raises as `step` does."""
        with self._lock:
            return self.step(alert_id, first_word(self.alert(alert_id)), by=by, version=version)[0]

    def mark_false_alarm(self, alert_id: str, *, by: str, reason: str, version: int | None = None) -> Alert:
        """Nothing was there. Raises as `step` does."""
        return self.step(alert_id, StepKind.FALSE_ALARM, by=by, detail={"reason": reason}, version=version)[0]

    def attach_clip(self, alert_id: str, clip: Mapping[str, Any]) -> Alert:
        """Put what became of an alert's clip into its evidence (`alerts.evidence.clips`). Raises AlertNotFound."""
        with self._lock:
            alert = self.alert(alert_id)
            changed = replace(alert, evidence={**alert.evidence, "clip": dict(clip)}, version=alert.version + 1)
            self._adopt(changed)
            self._settle([Change(ChangeKind.UPDATED, changed)])
        return changed

    def deliveries(self, alert_id: str) -> list[Delivery]:
        """All notices of an alert, in order: who was told, when and why, or why not. Raises AlertNotFound."""
        self.alert(alert_id)
        return self._store.deliveries_of(alert_id)

    def dead_letters(self, limit: int) -> list[Delivery]:
        """Notices that were given up, newest first."""
        return self._store.dead(limit)

    def resend(self, delivery_ids: Sequence[str]) -> int:
        """Try dead letters again; how many there were."""
        return self._store.resend(delivery_ids, self._clock.now())

    def where(self, alert: Alert) -> Place:
        """The registered place of an alert, with what is at hand there; the site if it has none. Never blocks."""
        return self.registry.where(alert.place_id, alert.camera)

    def silence(self, order: Order) -> Silence:
        """Begin a silence. Raises SilenceRefused, StoreError."""
        return self.muting.begin(order, self._named(order.scope))

    def decide(self, alert: Alert) -> Decision:
        """Whether people are told of it now."""
        with self._lock:
            return self.muting.decide(alert, self.open_alerts())

    def muted_now(self) -> MutedNow:
        """What is muted at this moment, and by what."""
        with self._lock:
            return self.muting.of(self.open_alerts())

    def subscribe(self, last_event_id: int | None = None) -> Subscription:
        """Changes from now on, or from after that event. Call it in the event loop that will read it."""
        return self._events.subscribe(last_event_id)

    @property
    def waiting(self) -> int:
        """How many changes wait for the database. Never blocks."""
        return len(self._backlog)

    def status(self) -> dict[str, int]:
        """Counts that should stay at zero: waiting, dropped, write_failures, lost_pictures, refused, overflows."""
        with self._lock:
            return {
                "waiting": len(self._backlog),
                "dropped": self._backlog.dropped,
                "write_failures": self._backlog.failures,
                "lost_pictures": self.lost_pictures,
                "refused": self._lifecycle.refused + self._troubles.refused,
                "overflows": self._events.overflows,
            }

    def close(self) -> None:
        """Write what is left and end the subscriptions. The store stays open."""
        with self._lock:
            self._backlog.write(now=True)
        self._events.close()

    def _places_around(self, alert: Alert) -> frozenset[str]:
        place = self.where(alert)
        return frozenset((place.id, *place.parents, alert.camera))

    def _named(self, scope: Scope) -> Alert | None:
        """The alert that a scope names. None: it names none, or one that is not there."""
        if scope.kind is not ScopeKind.ALERT:
            return None
        try:
            return self.alert(scope.value)
        except AlertNotFound:
            return None

    def _decided(self, changes: list[Change]) -> list[Change]:
        decided = self.muting.decided(changes, self.open_alerts)
        for change in decided:
            self._adopt(change.alert)
        return decided

    def _review(self) -> None:
        due = self.muting.due(self.open_alerts())
        for change in due:
            self._adopt(change.alert)
        self._settle(due)

    def _has_seen(self, alert: Alert, now: Track, version: int | None, round: int | None) -> bool:
        if round is not None and round != now.round:
            return False
        if version is None or version == alert.version:
            return True
        needed = self._backlog.state_version(alert.id) or self._store.state_version(alert.id) or 0
        return needed <= version <= alert.version

    def _adopt(self, alert: Alert) -> None:
        """Whichever life cycle has it."""
        self._lifecycle.adopt(alert)
        self._troubles.adopt(alert)

    def _settle(self, changes: list[Change]) -> None:
        """Store, then publish; a change that could not be stored yet is shown all the same."""
        self._steps.note(changes)
        if changes or len(self._backlog):
            self._backlog.write(changes)
        for change in changes:
            self._events.publish(change.kind, change.alert)

    def _picture(self, change: Change, look: Look) -> Change:
        """The change with the look's picture kept, if it has one and the disk takes it."""
        if change.kind is ChangeKind.RESOLVED and pictured_after(change.alert) and change.alert.snapshot:
            return self._picture_after(change, look)
        if look.picture is None or change.kind not in _PICTURED:
            return change
        alert = change.alert
        try:
            snapshot = self._save(alert, look, look.picture)
        except (StoreError, ValueError) as error:
            self.lost_pictures += 1
            _log.error("alert %s is raised without its picture: %s", alert.id, error)
            return change
        evidence = snapshot.evidence() | _boxes_in(look, alert)
        if "snapshot" in alert.evidence:
            old = dict(alert.evidence["snapshot"])
            evidence["earlier"] = [*old.pop("earlier", ()), old][-_EARLIER_PICTURES:]
        pictured = replace(alert, snapshot=snapshot.key, evidence={**alert.evidence, "snapshot": evidence})
        self._adopt(pictured)
        return Change(change.kind, pictured)

    def _picture_after(self, change: Change, look: Look) -> Change:
        """The change with a picture of the place as it is now that the thing is gone."""
        alert, picture = change.alert, self._picture_now(look.camera)
        if picture is None:
            return change
        try:
            drawn = draw(picture, zones=self._zones_of(alert), people=self._people_now(look.camera))
            after = self._snapshots.save(alert.id, drawn, taken_at=look.at)
        except (StoreError, ValueError) as error:
            self.lost_pictures += 1
            _log.error("alert %s is resolved without a picture of the clear place: %s", alert.id, error)
            return change
        pictured = replace(alert, evidence={**alert.evidence, "snapshot_after": after.evidence()})
        self._adopt(pictured)
        return Change(change.kind, pictured)

    def _zones_of(self, alert: Alert) -> list[Zone]:
        return [zone for zone in self._zones.get(alert.camera, ()) if zone.name == alert.zone]

    def _save(self, alert: Alert, look: Look, picture: bytes) -> Snapshot:
        findings = [finding for finding in look.findings if _is_about(finding, alert)]
        zones = self._zones_of(alert)
        drawn = draw(picture, boxes=look.boxes, findings=findings, zones=zones, people=look.people)
        return self._snapshots.save(alert.id, drawn, taken_at=look.at)


def _newest_of(stored: Iterable[Alert], waiting: Mapping[str, Alert]) -> Iterable[Alert]:
    """What is stored and what was about to be when the store was asked; of an alert in both, the newer one."""
    known = {alert.id: alert for alert in stored}
    for alert in waiting.values():
        if alert.id not in known or alert.version > known[alert.id].version:
            known[alert.id] = alert
    return known.values()


def _change_kind(before: Alert, done: Taken) -> ChangeKind:
    """What a step is to those who are told of changes."""
    match done.step.kind:
        case StepKind.FALSE_ALARM:
            return ChangeKind.FALSE_ALARM
        case StepKind.REOPENED:
            return ChangeKind.REOPENED
    first = before.acknowledged_at is None and done.alert.acknowledged_at is not None
    return ChangeKind.ACKNOWLEDGED if first else ChangeKind.STEPPED


def _zones_by_camera(cameras: Sequence[CameraConfig]) -> dict[str, tuple[Zone, ...]]:
    return {camera.name: tuple(zone.zone() for zone in camera.zones) for camera in cameras}


def _places_of(registry: Registry) -> dict[str, str]:
    return {camera: registry.text_of(camera) for camera in registry.cameras}


def _place_ids_of(registry: Registry) -> dict[str, str]:
    return {camera: place.id for camera in registry.cameras if (place := registry.place_of(camera))}


def pictured_after(alert: Alert) -> bool:
    """Whether the alert's place is pictured again once it is clear: before and after."""
    rule = RULES.get(alert.hazard)
    return rule is not None and rule.pictured_after


def _is_about(finding: Finding, alert: Alert) -> bool:
    """By place and kind: the key is not kept in the alert, and a neighbour's box does no harm."""
    return (finding.hazard, finding.zone) == (alert.hazard, alert.zone)


def _boxes_in(look: Look, alert: Alert) -> dict[str, Any]:
    """Where the alert's thing is in this very picture: "box". The alert's own box moves on to its peak."""
    for finding in look.findings:
        if fingerprint(look.camera, finding.hazard, finding.zone, finding.key) == alert.fingerprint:
            return {"box": [float(value) for value in finding.box]}
    return {}
