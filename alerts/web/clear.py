"""Who may see an alert's clear pictures and its clip just now: whoever has said why."""

from collections import OrderedDict

from streams.clock import Clock

LIFE_S = 900.0
"""A reason holds for so long, seconds."""
MAX_KEPT = 1_024


class ClearViews:
    """Used from one event loop. After a restart everybody is asked again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until_s: OrderedDict[tuple[str, str], float] = OrderedDict()

    def allow(self, session: str, alert_id: str) -> None:
        """session: its hash."""
        self._until_s[session, alert_id] = self._clock.monotonic_s() + LIFE_S
        self._until_s.move_to_end((session, alert_id))
        while len(self._until_s) > MAX_KEPT:
            self._until_s.popitem(last=False)

    def allowed(self, session: str, alert_id: str) -> bool:
        """Whether this session has said why, and not too long ago."""
        return self._until_s.get((session, alert_id), float("-inf")) > self._clock.monotonic_s()
