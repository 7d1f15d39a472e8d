"""Changes on their way to the store. What the database refuses waits here, in order and bounded, and is tried again."""

import logging
import threading
from collections import Counter
from collections.abc import Mapping, Sequence

from alerts.alert import Alert
from alerts.db.store import Store
from alerts.errors import RowRefused, StaleAlert, StoreError
from alerts.lifecycle import Change, ChangeKind
from alerts.routing.plan import Planner
from alerts.track.answer_links import AnswerLinks
from alerts.track.step import Step
from streams.clock import Clock
from vision.rule import Severity

_log = logging.getLogger(__name__)

MAX_WAITING = 5_000
"""Changes kept while the database refuses them."""

PICTURES = "pictures"
_URGENCY = list(Severity)


class Backlog:
    """Thread-safe. `failures` counts refusals of the database.

    The order in which changes are handed in is the order in which they are stored.
    """

    def __init__(self, store: Store, planner: Planner, clock: Clock, links: AnswerLinks | None = None) -> None:
        """planner: decides who is told. links: what notices are answered with."""
        self._links = links
        self._store = store
        self.planner = planner
        self._clock = clock
        self._list = threading.Lock()  # of what waits; held for no longer than it takes to look
        self._writer = threading.Lock()  # whoever hands changes to the store
        self._waiting: list[Change] = []
        self._in_flight = 0  # so many of them, from the first, are with the store just now and stay where they are
        self._refused = False
        self._dropped: Counter[str] = Counter()
        self.failures = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def refuses(self) -> bool:
        """Whether the database has refused what waits. What is on its way to it just now has not been refused."""
        with self._list:
            return self._refused and bool(self._waiting)

    @property
    def dropped(self) -> Mapping[str, int]:
        """What was lost, for want of room or because the database will never take it: how many changes of each
        severity (`Severity`), and how many newer `PICTURES` of alerts."""
        with self._list:
            return dict(self._dropped)

    def newest(self) -> dict[str, Alert]:
        """Alert id → the alert as it will be stored, for those that wait."""
        with self._list:
            return {change.alert.id: change.alert for change in self._waiting}

    def steps(self, alert_id: str) -> list[Step]:
        """What people did about an alert and is not stored yet, in order."""
        with self._list:
            waiting = tuple(self._waiting)
        return [change.step for change in waiting if change.step is not None and change.alert.id == alert_id]

    def state_version(self, alert_id: str) -> int | None:
        """The version of the last waiting change that has to be seen (`Change.has_to_be_seen`)."""
        with self._list:
            waiting = tuple(self._waiting)
        return max(
            (change.alert.version for change in waiting if change.alert.id == alert_id and change.has_to_be_seen),
            default=None,
        )

    def write(self, changes: Sequence[Change] = (), *, now: bool = False) -> bool:
        """Store these after all that wait. False: they wait too, as the database refuses, or has refused and was not
        asked since (`now`: ask it all the same)."""
        with self._list:
            self._waiting += changes
            self._make_room()
            if self._refused and not now:
                return False
        return self.retry()

    def retry(self) -> bool:
        """Store what waits. Where the database has refused, call it about once a second, and without a lock that looks
        need: a database that hangs takes seconds to refuse, and nothing else is to wait for it."""
        with self._writer:
            while batch := self._next():
                try:
                    self._commit(batch)
                except (RowRefused, StaleAlert):
                    if not self._one_by_one(batch):
                        return False
                except StoreError as error:
                    self._refuse(error)
                    return False
            return True

    def _next(self) -> list[Change]:
        """What waits, from now on with the store; none: the database takes everything again."""
        with self._list:
            self._in_flight = len(self._waiting)
            self._refused = self._refused and bool(self._waiting)
            return list(self._waiting)

    def _commit(self, batch: Sequence[Change]) -> None:
        self._store.commit(batch, self.planner, self._clock.now(), self._links)
        self._leave(len(batch))

    def _leave(self, number: int) -> None:
        """The first so many are stored, or will never be."""
        with self._list:
            del self._waiting[:number]
            self._in_flight -= number

    def _one_by_one(self, batch: Sequence[Change]) -> bool:
        """One of them cannot be stored, now or later; leave that one out so that it does not hold up the others."""
        for change in batch:
            try:
                self._commit([change])
            except (RowRefused, StaleAlert) as error:
                self._leave(1)
                with self._list:
                    self._dropped[_lost(change)] += 1
                _log.error("a %s change was not stored: %s", change.kind, error)
            except StoreError as error:
                self._refuse(error)
                return False
        return True

    def _make_room(self) -> None:
        """What a later picture replaces goes first, and is not missed; then the least urgent, its pictures before all
        else, the oldest before newer ones: a change of a fire only where nothing else waits."""
        over = len(self._waiting) - MAX_WAITING
        if over <= 0 or self._in_flight:
            return
        last = {change.alert.id: number for number, change in enumerate(self._waiting)}

        def worth(number: int) -> tuple[bool, int, bool, int]:
            change = self._waiting[number]
            picture = change.kind is ChangeKind.UPDATED
            kept = not picture or last[change.alert.id] == number
            return kept, -_URGENCY.index(change.alert.severity), not picture, number

        gone = set(sorted(range(len(self._waiting)), key=worth)[:over])
        lost = [self._waiting[number] for number in sorted(gone) if worth(number)[0]]
        self._waiting = [change for number, change in enumerate(self._waiting) if number not in gone]
        self._dropped.update(_lost(change) for change in lost)
        for change in lost:
            if change.kind is not ChangeKind.UPDATED:
                _log.error("alert %s: no room for a %s change: it is lost", change.alert.id, change.kind)

    def _refuse(self, error: StoreError) -> None:
        with self._list:
            self._in_flight, self._refused = 0, True
            self._make_room()
        self.failures += 1
        lost = sum(self.dropped.values())
        _log.error("%d changes wait to be stored (%d dropped so far): %s", len(self._waiting), lost, error)


def _lost(change: Change) -> str:
    return PICTURES if change.kind is ChangeKind.UPDATED else change.alert.severity.value
