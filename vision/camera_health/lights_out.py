"""Places whose light goes out wholly: a lift that stands, a store, a cellar at night. Without a lamp of its own their
camera sees nothing then, and no picture tells that from a cap on the lens. What tells is that it ends by itself.

The first times are told like any black picture. Once a camera has come out of the dark by itself, showing its usual
view, that is its habit: the next time it is given as long again as the longest.
"""

from collections import deque

LEAST_SPELLS = 2
"""Spells that make a habit."""
KEPT_SPELLS = 16
MOST_PATIENCE_S = 16 * 3600.0
"""The longest night, and some more, seconds."""


class LightsOut:
    """Fed with each look that was judged. Bounded; asks no clock. Not thread-safe.

    least_s: a spell is one that lasted so long: what is shorter would not have been told.
    """

    def __init__(self, least_s: float) -> None:
        self._least_s = least_s
        self._spells: deque[float] = deque(maxlen=KEPT_SPELLS)
        self._begun_s: float | None = None
        self._dark_s = 0.0

    def update(self, *, dark: bool, at_home: bool, now_s: float) -> None:
        """dark: no light at all. at_home: the usual view is seen, and nothing is wrong with it. now_s: monotonic."""
        if dark:
            self._begun_s = now_s if self._begun_s is None else self._begun_s
            self._dark_s = now_s - self._begun_s
        elif at_home and self._begun_s is not None:
            if self._dark_s >= self._least_s:
                self._spells.append(self._dark_s)
            self._begun_s, self._dark_s = None, 0.0

    @property
    def usual(self) -> bool:
        """It is dark, and that is this place's habit so far."""
        if self._begun_s is None or len(self._spells) < LEAST_SPELLS:
            return False
        return self._dark_s <= min(MOST_PATIENCE_S, 2 * max(self._spells))
