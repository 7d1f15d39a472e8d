"""Delays that grow with each wrong try."""

from dataclasses import dataclass

from alerts.web.tries import TooManyTries
from streams.clock import Clock

FORGET_S = 3600.0
"""Without a try for this long, all are forgotten."""


@dataclass(slots=True)
class _Tried:
    wrong: int
    last_s: float


class Throttle:
    """Counts by key. Used from one event loop, without waiting between `check` and `count`."""

    def __init__(self, clock: Clock, free: int, most_s: float, most_keys: int) -> None:
        """free: tries without a delay; then it doubles from one second to `most_s`. most_keys: then the one that was
        heard of longest ago is forgotten."""
        self._clock, self._free, self._most_s, self._most_keys = clock, free, most_s, most_keys
        self._tried: dict[str, _Tried] = {}

    def check(self, key: str) -> None:
        """Raises TooManyTries while the key has to wait; such a try does not count."""
        tried = self._tried.get(key)
        if tried is None:
            return
        over = tried.wrong - self._free
        delay_s = min(2.0 ** min(over, 32), self._most_s) if over >= 0 else 0.0
        wait_s = tried.last_s + delay_s - self._clock.monotonic_s()
        if wait_s > 0:
            raise TooManyTries(wait_s)

    def count(self, key: str) -> None:
        """A try, wrong until it is known to be right: many at once must not all be free."""
        now_s = self._clock.monotonic_s()
        tried = self._tried.pop(key, None)
        if tried is None or now_s - tried.last_s > FORGET_S:
            tried = _Tried(0, now_s)
        self._tried[key] = _Tried(tried.wrong + 1, now_s)
        while len(self._tried) > self._most_keys:
            del self._tried[next(iter(self._tried))]

    def undo(self, key: str) -> None:
        """The last try was not wrong; those before it were."""
        tried = self._tried.get(key)
        if tried is not None:
            tried.wrong = max(0, tried.wrong - 1)

    def right(self, key: str) -> None:
        """Begin anew."""
        self._tried.pop(key, None)
