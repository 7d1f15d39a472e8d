"""What is known of alerts beside their row: what people did, and when more than the picture changed last."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from alerts.alert import Alert
from alerts.backlog import Backlog
from alerts.db.store import Store
from alerts.db.track_store import steps_of
from alerts.errors import AlertNotFound
from alerts.lifecycle import Change, ChangeKind
from alerts.track.step import Step

MAX_KEPT = 1024
"""Alerts that are kept; those not asked for the longest are forgotten first, and read again when asked for."""
MAX_OVER = 64
"""Of those, the ones that the camera no longer sees: 20 kB each with its trace, and hardly asked for."""


@dataclass(frozen=True, slots=True)
class Known:
    """An alert at one moment. steps: in order, stored or not. state_version: `alerts.db.store.Store.state_version`."""

    alert: Alert
    steps: tuple[Step, ...]
    state_version: int


class KnownAlerts:
    """Kept in memory: they are there while the database is not. Only what this process writes may change them.

    `read` waits for the database and needs no lock; all else never waits, and the desk's lock guards it. missed: grows
    with each change of an alert that is not kept: what was read before that is out of date.
    """

    def __init__(self, store: Store, backlog: Backlog) -> None:
        self._store = store
        self._backlog = backlog
        self._kept: OrderedDict[str, Known] = OrderedDict()
        self.missed = 0

    def get(self, alert_id: str) -> Known | None:
        """As it is now, if it is kept."""
        return self._kept.get(alert_id)

    def keep(self, known: Known) -> None:
        """Use what was read, or made."""
        self._kept[known.alert.id] = known
        self._kept.move_to_end(known.alert.id)
        self._trim()

    def read(self, alert_id: str, alert: Alert | None) -> Known:
        """From the database, with what waits for it. alert: if it is at hand. Raises AlertNotFound, StoreError."""
        waiting = self._backlog.steps(alert_id)  # first: what is stored meanwhile is then found twice, not missed
        version = self._backlog.state_version(alert_id)
        alert = alert or self._store.alert(alert_id)
        if alert is None:
            raise AlertNotFound(f"no alert {alert_id[:64]}")
        with self._store.reading() as connection:
            stored = steps_of(connection, alert_id)
        steps = (*stored, *(step for step in waiting if step.seq > len(stored)))
        return Known(alert, steps, version or self._store.state_version(alert_id) or 0)

    def note(self, changes: Sequence[Change]) -> None:
        """A new alert has no steps yet; a step is added to those before it."""
        for change in changes:
            alert, kept = change.alert, self._kept.get(change.alert.id)
            if alert.version == 1:
                self.keep(Known(alert, (), 1))
            elif kept is None:
                self.missed += change.kind is not ChangeKind.UPDATED
            else:
                version = alert.version if change.has_to_be_seen else kept.state_version
                steps = kept.steps if change.step is None else (*kept.steps, change.step)
                self._kept[alert.id] = replace(kept, alert=alert, steps=steps, state_version=version)
                if not alert.open:
                    self._trim()

    def _trim(self) -> None:
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        over = [name for name, known in self._kept.items() if not known.alert.open]
        for name in over[:-MAX_OVER]:
            del self._kept[name]
