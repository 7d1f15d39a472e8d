"""Muting as it runs: the silences and quiet hours in force, put to the alerts of a desk."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.access.principal import Area
from alerts.alert import Alert
from alerts.config import Settings
from alerts.db.store import Store
from alerts.lifecycle import Change
from alerts.mute.config import MutingConfig, QuietConfig
from alerts.mute.rules import (
    BEGINNINGS,
    Decision,
    Muted,
    Silence,
    Situation,
    decide,
    reviewed,
    settled,
    situation,
    waits,
)
from alerts.mute.silences import Order, Silences, check
from alerts.record.actor import Actor
from alerts.registry.registry import Registry
from streams.clock import Clock


@dataclass(frozen=True, slots=True)
class MutedNow:
    """What is muted at a moment. muted: of open alerts, by their id."""

    silences: tuple[Silence, ...]
    quiet: tuple[tuple[QuietConfig, datetime], ...]
    muted: Mapping[str, Muted]
    limits: MutingConfig


class Muting:
    """Guarded by the desk's lock, but for `begin`, `end` and `silences`, which wait for the database without it."""

    def __init__(self, store: Store, settings: Settings, registry: Registry, clock: Clock) -> None:
        """Raises StoreError."""
        self._clock = clock
        self.silences = Silences(store, clock.now())
        self.follow(settings, registry)

    def follow(self, settings: Settings, registry: Registry) -> None:
        """These are in force from now on. registry: of these settings."""
        self._settings, self._registry = settings, registry

    def decide(self, alert: Alert, open_alerts: Iterable[Alert]) -> Decision:
        """Whether people are told of it now."""
        return decide(alert, self._situation(open_alerts))

    def decided(self, changes: list[Change], open_alerts: Callable[[], Sequence[Alert]]) -> list[Change]:
        """The changes, with what was decided of those that begin something: told, or held back and why."""
        if not any(change.kind in BEGINNINGS for change in changes):
            return changes
        now = self._situation(open_alerts())
        return [settled(change, decide(change.alert, now), now.now) for change in changes]

    def due(self, open_alerts: Sequence[Alert]) -> list[Change]:
        """What has to be told after all, and what people are no longer called for: to be asked for once a second."""
        now = self._situation(open_alerts)
        may_begin = bool(now.silences or now.quiet)
        concerned = (
            alert for alert in open_alerts if waits(alert) and (may_begin or alert.muted is not None or alert.exercise)
        )
        return [change for alert in concerned if (change := reviewed(alert, decide(alert, now), now.now))]

    def of(self, open_alerts: Sequence[Alert], asked: Sequence[Alert]) -> MutedNow:
        """What is muted at this moment, and by what. asked: of the open alerts those that it is asked of."""
        now = self._situation(open_alerts)
        decided = {alert.id: decide(alert, now) for alert in asked if alert.fired_at is not None}
        muted = {name: decision for name, decision in decided.items() if isinstance(decision, Muted)}
        return MutedNow(now.silences, now.quiet, muted, self._settings.muting)

    def begin(self, order: Order, named: Alert | None, area: Area | None = None) -> Silence:
        """named: the alert that its scope names, if it names one. area: it has to lie within it.
        Raises SilenceRefused, BeyondArea, StoreError."""
        check(order, self._settings.muting, self._registry, named, area)
        return self.silences.add(order, self._clock.now())

    def end(self, silence_id: str, by: Actor) -> Silence:
        """Before its time; what it held back is told at the desk's next tick. Raises SilenceNotFound, StoreError."""
        return self.silences.end(silence_id, by, self._clock.now())

    def _situation(self, open_alerts: Iterable[Alert]) -> Situation:
        now = self._clock.now()
        return situation(open_alerts, self.silences.active(now), self._settings, now, self._registry)
