"""The steps of the alerts that people are at, in memory: they are there while the database is not."""

from collections import OrderedDict
from collections.abc import Sequence

from alerts.backlog import Backlog
from alerts.db.store import Store
from alerts.db.track_store import steps_of
from alerts.lifecycle import Change
from alerts.track.step import Step

MAX_KEPT = 1024
"""Alerts whose steps are kept; those not asked for the longest are forgotten first, and read again when asked for."""


class StepBook:
    """Not thread-safe; the desk's lock guards it. Only what this process writes may change the steps."""

    def __init__(self, store: Store, backlog: Backlog) -> None:
        self._store = store
        self._backlog = backlog
        self._kept: OrderedDict[str, tuple[Step, ...]] = OrderedDict()

    def of(self, alert_id: str) -> tuple[Step, ...]:
        """All steps of an alert, in order, stored or not. Raises StoreError if they have to be read and cannot be."""
        kept = self._kept.get(alert_id)
        if kept is None:
            waiting = self._backlog.steps(alert_id)  # first: what is stored meanwhile is then found twice, not missed
            with self._store.reading() as connection:
                stored = steps_of(connection, alert_id)
            kept = (*stored, *(step for step in waiting if step.seq > len(stored)))
        self._keep(alert_id, kept)
        return kept

    def note(self, changes: Sequence[Change]) -> None:
        """A new alert has none yet; a step is added to those before it. Call it before they are stored."""
        for change in changes:
            if change.alert.version == 1:
                self._keep(change.alert.id, ())
            elif change.step is not None:
                self._keep(change.alert.id, (*self.of(change.alert.id), change.step))

    def _keep(self, alert_id: str, steps: tuple[Step, ...]) -> None:
        self._kept[alert_id] = steps
        self._kept.move_to_end(alert_id)
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
