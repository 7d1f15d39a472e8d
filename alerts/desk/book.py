"""The alerts as they are now: those that cameras still see, those that wait for the database, those that are stored."""

import random
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from alerts.access.principal import Area
from alerts.alert import Alert, AlertState
from alerts.backlog import Backlog
from alerts.camera_watch import CAMERA
from alerts.config import Settings
from alerts.db.find import find
from alerts.db.search import Search
from alerts.db.store import Store
from alerts.db.stored_alerts import MOST_FIRES, fires_first
from alerts.desk.known import Known, KnownAlerts
from alerts.desk.reported import NO_CAMERA, Reports, is_report
from alerts.errors import AlertNotFound
from alerts.ids import UlidFactory
from alerts.lifecycle import Change, Lifecycle
from alerts.registry.registry import Registry
from vision.look import Look

_LONGEST_REOPEN = timedelta(days=2)


class Book:
    """Thread-safe, but for what says that the caller holds `lock`: nobody waits for the database while he holds it."""

    def __init__(self, store: Store, backlog: Backlog, settings: Settings, registry: Registry, now: datetime) -> None:
        """Takes up what an earlier run left. Raises StoreError."""
        self.lock = threading.RLock()
        self._store = store
        self._backlog = backlog
        self._known = KnownAlerts(store, backlog)
        stored = store.open_alerts() + store.resolved_since(now - _LONGEST_REOPEN)
        # No look says anything of these: neither that they are still there, nor that they have gone.
        self._drilled = {alert.id: alert for alert in stored if alert.drilled and alert.open}
        left = [alert for alert in stored if not alert.drilled]
        self.new_id = new_id = UlidFactory(random.SystemRandom())
        places, ids = _places_of(registry), _place_ids_of(registry)
        self._hazards = Lifecycle(
            (alert for alert in left if alert.hazard != CAMERA and not is_report(alert)),
            clear_s={kind: params.clear_s for kind, params in settings.hazards.by_kind.items()},
            anew_s={kind: params.anew_s for kind, params in settings.hazards.by_kind.items()},
            new_id=new_id,
            place_of=places,
            place_id_of=ids,
            people_end=True,
        )
        # Apart: a look that tells of a camera's trouble says nothing of what the camera watches.
        self._troubles = Lifecycle(
            (alert for alert in left if alert.hazard == CAMERA),
            clear_s={CAMERA: settings.health.clear_s},
            new_id=new_id,
            place_of=places,
            place_id_of=ids,
        )

        self.reports = Reports(alert for alert in left if is_report(alert) and alert.open)

    # The caller holds the lock

    def see(self, look: Look) -> list[Change]:
        """What a look changes."""
        return self._hazards.observe(look)

    def see_trouble(self, look: Look) -> list[Change]:
        """What a camera's troubles change."""
        return self._troubles.observe(look)

    def unwatched(self, at: datetime, now_s: float) -> list[Change]:
        """Suspicions that end, as their cameras give no looks: `Lifecycle.unwatched`."""
        return self._hazards.unwatched(at, now_s)

    def adopt(self, alert: Alert) -> None:
        """It was changed, or begun, by other than a look."""
        if alert.drilled:
            if alert.open:
                self._drilled[alert.id] = alert
            else:
                self._drilled.pop(alert.id, None)
            return
        self._hazards.adopt(alert)
        self._troubles.adopt(alert)
        self.reports.adopt(alert)

    def note(self, changes: Sequence[Change]) -> None:
        """These are about to be stored."""
        self._known.note(changes)

    def drilled(self) -> list[Known]:
        """The drills that go on, of which all is kept: nobody waits for the database."""
        return [known for name in self._drilled if (known := self._now(name)) is not None]

    def follow(self, registry: Registry) -> None:
        """New alerts lie where this says. Those that there are keep the place that they were raised with."""
        for lifecycle in (self._hazards, self._troubles):
            lifecycle.place_of, lifecycle.place_id_of = _places_of(registry), _place_ids_of(registry)

    # Anybody

    @property
    def refused(self) -> int:
        """Findings without room."""
        return self._hazards.refused + self._troubles.refused

    @contextmanager
    def holding(self, alert_id: str) -> Iterator[Known]:
        """The lock, and the alert as it is while it is held. What has to be read is read before that; again, if
        somebody changed it meanwhile. Do not hold the lock when you call it. Raises AlertNotFound, StoreError.
        """
        while True:
            with self.lock:
                missed, read = self._known.missed, self._known.get(alert_id)
            if read is None or self._in_memory(alert_id) is None:
                read = self._known.read(alert_id, self._in_memory(alert_id))
            with self.lock:
                if self._known.get(alert_id) is None and missed == self._known.missed:
                    self._known.keep(read)
                if (known := self._now(alert_id)) is not None:
                    yield known
                    return

    def alert(self, alert_id: str, area: Area | None = None) -> Alert:
        """The newest state of one alert. area: one that lies elsewhere is not there. Raises AlertNotFound."""
        found = self._in_memory(alert_id) or self._store.alert(alert_id)
        if found is None or not _is_in(found, area):
            raise AlertNotFound(f"no alert {alert_id[:64]}")
        return found

    def reported(self, mark: str) -> Alert | None:
        """The report with this fingerprint, if it was made before; newest state. Raises StoreError."""
        with self.lock:
            held = self.reports.same(mark) or next(
                (alert for alert in self._backlog.newest().values() if alert.fingerprint == mark), None
            )
        return held or self._store.of_camera(NO_CAMERA, mark)

    def alerts(
        self,
        before: str | None,
        limit: int,
        states: Sequence[AlertState] | None,
        area: Area | None,
        *,
        fired_only: bool,
    ) -> list[Alert]:
        """As `alerts.desk.Desk.alerts`."""
        waiting = self._waiting(area)
        stored = self._store.alerts(
            before=before, limit=limit + len(waiting), states=states, fired_only=fired_only, area=area
        )
        page = [
            alert
            for alert in _newest_of(stored, waiting)
            if (before is None or alert.id < before)
            and (states is None or alert.state in states)
            and (alert.fired_at is not None or not fired_only)
        ]
        return sorted(page, key=lambda alert: alert.id, reverse=True)[:limit]

    def history(
        self, search: Search, before: str | None, limit: int, area: Area | None
    ) -> tuple[list[Alert], str | None]:
        """As `alerts.desk.Desk.history`."""
        waiting = self._waiting(area)
        stored, after = find(self._store, search, before=before, limit=limit, area=area)
        page = [
            alert
            for alert in _newest_of(stored, waiting)
            if search.has(alert) and (before is None or alert.id < before) and (after is None or alert.id >= after)
        ]
        return sorted(page, key=lambda alert: alert.id, reverse=True), after

    def open_alerts(self, area: Area | None = None) -> list[Alert]:
        """As `alerts.desk.Desk.open_alerts`."""
        with self.lock:
            known = self._hazards.open_alerts() + self._troubles.open_alerts() + self.reports.open_alerts()
            known += self._drilled.values()
        return sorted((alert for alert in known if _is_in(alert, area)), key=lambda alert: alert.id)

    def unended_alerts(self, limit: int, area: Area | None) -> list[Alert]:
        """As `alerts.desk.Desk.unended_alerts`."""
        waiting = self._waiting(area)
        more = len(waiting)
        stored = self._store.unended_alerts(limit + more, area, most_fires=MOST_FIRES + more)
        left = [alert for alert in _newest_of(stored, waiting) if not alert.open and not alert.ended]
        return fires_first(left, limit)

    def _waiting(self, area: Area | None) -> dict[str, Alert]:
        """What the database has yet to take, by id."""
        return {name: alert for name, alert in self._backlog.newest().items() if _is_in(alert, area)}

    def _in_memory(self, alert_id: str) -> Alert | None:
        with self.lock:
            held = self._hazards.find(alert_id) or self._troubles.find(alert_id) or self._drilled.get(alert_id)
            held = held or self.reports.find(alert_id)
            return held or self._backlog.newest().get(alert_id)

    def _now(self, alert_id: str) -> Known | None:
        known = self._known.get(alert_id)
        if known is None:
            return None
        self._known.keep(known)  # asked for just now
        alert = self._in_memory(alert_id) or known.alert
        return Known(alert, known.steps, known.state_version)


def _is_in(alert: Alert, area: Area | None) -> bool:
    return area is None or area.has(alert)


def _newest_of(stored: Iterable[Alert], waiting: Mapping[str, Alert]) -> Iterable[Alert]:
    """What is stored and what was about to be when the store was asked; of an alert in both, the newer one."""
    known = {alert.id: alert for alert in stored}
    for alert in waiting.values():
        if alert.id not in known or alert.version > known[alert.id].version:
            known[alert.id] = alert
    return known.values()


def _places_of(registry: Registry) -> dict[str, str]:
    return {camera: registry.text_of(camera) for camera in registry.cameras}


def _place_ids_of(registry: Registry) -> dict[str, str]:
    return {camera: place.id for camera in registry.cameras if (place := registry.place_of(camera))}
