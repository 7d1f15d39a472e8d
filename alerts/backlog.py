"""Changes on their way to the store. What the database refuses waits here, in order and bounded, and is tried again."""

import logging
from collections.abc import Mapping, Sequence

from alerts.alert import Alert
from alerts.errors import RowRefused, StaleAlert, StoreError
from alerts.lifecycle import Change, ChangeKind
from alerts.store import Store
from streams.clock import Clock

_log = logging.getLogger(__name__)

MAX_WAITING = 5_000
"""Changes kept while the database refuses them; beyond it a newer picture of an alert is dropped first."""

RETRY_S = 1.0
"""After a refusal the database is left alone for this long, seconds, so that a locked one does not stop the looks."""


class Backlog:
    """Not thread-safe; the desk's lock guards it. `dropped` counts changes that were lost for want of room."""

    def __init__(self, store: Store, channels: Mapping[str, float], clock: Clock) -> None:
        """channels: name → seconds after which a notice is no longer tried."""
        self._store = store
        self._channels = dict(channels)
        self._clock = clock
        self._waiting: list[Change] = []
        self._refused_s: float | None = None
        self.dropped = 0
        self.failures = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def newest(self) -> dict[str, Alert]:
        """Alert id → the alert as it will be stored, for those that wait."""
        return {change.alert.id: change.alert for change in self._waiting}

    def state_version(self, alert_id: str) -> int | None:
        """The version of the last waiting change that is more than a newer picture."""
        return max(
            (
                change.alert.version
                for change in self._waiting
                if change.alert.id == alert_id and change.kind is not ChangeKind.UPDATED
            ),
            default=None,
        )

    def write(self, changes: Sequence[Change] = (), *, now: bool = False) -> bool:
        """Store these after all that wait. False: they wait too, as the database refuses, or did so within the last
        second (`now`: ask it all the same)."""
        self._waiting += changes
        self._make_room()
        if not self._waiting:
            return True
        if not now and self._refused_s is not None and self._clock.monotonic_s() - self._refused_s < RETRY_S:
            return False
        try:
            self._store.commit(self._waiting, self._channels, self._clock.now())
        except (RowRefused, StaleAlert):
            return self._one_by_one()
        except StoreError as error:
            self._refused(error)
            return False
        self._waiting.clear()
        self._refused_s = None
        return True

    def _one_by_one(self) -> bool:
        """One of them cannot be stored, now or later; leave that one out so that it does not hold up the others."""
        while self._waiting:
            try:
                self._store.commit(self._waiting[:1], self._channels, self._clock.now())
            except (RowRefused, StaleAlert) as error:
                self.dropped += 1
                _log.error("a %s change was not stored: %s", self._waiting[0].kind, error)
            except StoreError as error:
                self._refused(error)
                return False
            del self._waiting[0]
        self._refused_s = None
        return True

    def _make_room(self) -> None:
        while len(self._waiting) > MAX_WAITING:
            victim = next((i for i, one in enumerate(self._waiting) if one.kind is ChangeKind.UPDATED), 0)
            del self._waiting[victim]
            self.dropped += 1

    def _refused(self, error: StoreError) -> None:
        self.failures += 1
        self._refused_s = self._clock.monotonic_s()
        _log.error("%d changes wait to be stored (%d dropped so far): %s", len(self._waiting), self.dropped, error)
