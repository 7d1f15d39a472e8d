"""Who tries too often: a bounded count of what each client did within a short time."""

from collections import deque

from streams.clock import Clock

MAX_TRIES = 10
TRIES_WINDOW_S = 60.0
MAX_CLIENTS = 1024


class TooManyTries(Exception):
    """They came too fast. retry_s: when to try again."""

    def __init__(self, retry_s: float) -> None:
        self.retry_s = retry_s
        super().__init__(f"too many tries; try again in {retry_s:.0f} s")


class Tries:
    """Counts by client, so that nobody can lock out somebody else. Used from one event loop."""

    def __init__(self, clock: Clock, most: int = MAX_TRIES, window_s: float = TRIES_WINDOW_S) -> None:
        """most: tries of one client within `window_s` seconds."""
        self._clock, self._most, self._window_s = clock, most, window_s
        self._tries: dict[str, deque[float]] = {}

    def check(self, client: str) -> None:
        """Raises TooManyTries when this client has used up its tries."""
        tries, now_s = self._tries.get(client, deque()), self._clock.monotonic_s()
        if len(tries) == self._most and now_s - tries[0] < self._window_s:
            raise TooManyTries(self._window_s - (now_s - tries[0]))

    def count(self, client: str) -> None:
        """One more. The client that was heard of longest ago is forgotten first."""
        tries = self._tries.pop(client, None) or deque(maxlen=self._most)
        tries.append(self._clock.monotonic_s())
        self._tries[client] = tries
        while len(self._tries) > MAX_CLIENTS:
            del self._tries[next(iter(self._tries))]
