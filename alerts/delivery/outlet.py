"""Whether a channel answers: when to try it again, and when all that was put off may go. Kept in memory, no I/O.

One notice that fails may be at fault itself: it alone is put off. When a second one fails without a success in
between, the channel is down: then one notice at a time asks whether it is back, and the first success lets all go.
"""

import asyncio
import random

from alerts.notifiers.base import LONGEST_FIRE_WISH_S
from vision.rule import Severity

FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 60.0
LONGEST_FIRE_RETRY_S = 3.0
"""A fire asks this often whether the channel is back, so that the first one is through within 5 s of its return."""
LONGEST_WISH_S = 300.0
"""A receiver's `Retry-After` is honoured up to this, seconds; for a fire up to `LONGEST_FIRE_WISH_S`."""
MOST_FAILING = 8
"""So many of the notices that failed are remembered; two are enough to know that the channel is down."""
JITTER = 0.25
WAKE_EVERY_S = 30.0
"""What was put off is let go at most this often: a channel that fails now and then is not flooded."""
YIELD_S = 10.0
"""One notice waits no longer than this for more urgent ones of its channel."""


def kept_wish_s(severity: Severity, wish_s: float | None) -> float:
    """How long the receiver is left alone that asked for so long, seconds."""
    return min(wish_s or 0.0, LONGEST_FIRE_WISH_S if severity is Severity.FIRE else LONGEST_WISH_S)


def pause_s(failures: int, rng: random.Random, longest_s: float) -> float:
    """Seconds to the next attempt after so many failed ones (≥ 1): doubling, bounded, ± 25 %."""
    plain = min(longest_s, FIRST_RETRY_S * 2.0 ** min(failures - 1, 16))
    return min(longest_s, plain * rng.uniform(1 - JITTER, 1 + JITTER))


def backoff_s(failures: int, rng: random.Random, severity: Severity, wish_s: float | None = None) -> float:
    """The pause of a notice: never shorter than the receiver's wish, as far as that is kept."""
    longest_s = LONGEST_FIRE_RETRY_S if severity is Severity.FIRE else LONGEST_RETRY_S
    return max(pause_s(failures, rng, longest_s), kept_wish_s(severity, wish_s))


class Outlet:
    """One channel. Used in one event loop. Times are monotonic seconds."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._failing: set[str] = set()
        self._failures = 0
        self._probe_s = dict.fromkeys(Severity, 0.0)
        self._full_until_s = dict.fromkeys(Severity, 0.0)
        self._woken_s: float | None = None
        self._wish_until_s = dict.fromkeys(Severity, 0.0)
        self._urgent = dict.fromkeys(Severity, False)
        self.calm = asyncio.Event()

    @property
    def failing(self) -> bool:
        """Whether something was not taken since the last success."""
        return bool(self._failing)

    @property
    def down(self) -> bool:
        """Whether nothing is known to get through."""
        return len(self._failing) > 1

    def shut(self, severity: Severity, now_s: float) -> bool:
        """Whether what was tried before has to wait: the channel is down, and it is not yet time to ask."""
        return self.down and now_s < self._probe_s[severity]

    def full(self, severity: Severity, until_s: float) -> None:
        """Until then it has no room for more of this severity."""
        self._full_until_s[severity] = until_s

    def has_room(self, severity: Severity, now_s: float) -> bool:
        """Whether it may be asked to take one of this severity."""
        return now_s >= self._full_until_s[severity]

    def failed(self, delivery_id: str, now_s: float, wish_s: float | None) -> None:
        """It did not take this one. wish_s: it asked to be left alone for so long."""
        if len(self._failing) < MOST_FAILING:
            self._failing.add(delivery_id)
        for severity, until_s in self._wish_until_s.items():
            self._wish_until_s[severity] = max(until_s, now_s + kept_wish_s(severity, wish_s))
        if self.down:
            self._failures += 1
            for severity in Severity:
                self._probe_s[severity] = now_s + backoff_s(self._failures, self._rng, severity)

    def gave_up(self, delivery_id: str) -> None:
        """This one is not tried again: it says nothing against the channel any more."""
        self._failing.discard(delivery_id)

    def succeeded(self, now_s: float) -> tuple[Severity, ...]:
        """It took one. Of which severities all that was put off shall go now."""
        was_down, self._failures = self.down, 0
        self._failing.clear()
        free = tuple(severity for severity, until_s in self._wish_until_s.items() if now_s >= until_s)
        if not was_down or not free:
            return ()
        if self._woken_s is not None and now_s - self._woken_s < WAKE_EVERY_S:
            return ()
        self._woken_s = now_s
        for severity in free:
            self._urgent[severity] = True  # until each has looked for what may go now
        self.calm.clear()
        return free

    def busy(self, severity: Severity, busy: bool) -> None:
        """Whether there is something of this severity to send now."""
        self._urgent[severity] = busy
        if busy:
            self.calm.clear()
        else:
            self.calm.set()

    def yields(self, severity: Severity) -> bool:
        """Whether something more urgent is to be sent first."""
        order = list(Severity)
        return any(self._urgent[other] for other in order[: order.index(severity)])
