"""How long to wait before trying again."""

import random


class Backoff:
    """Exponential with full jitter: the n-th wait is uniform in 0…min(longest, first · 2ⁿ) seconds, unless told else.

    Full jitter keeps many cameras behind one dead switch from coming back in step (AWS Architecture Blog,
    "Exponential Backoff And Jitter", 2015).
    """

    def __init__(
        self,
        rng: random.Random,
        *,
        first_s: float = 1.0,
        longest_s: float = 30.0,
        growth: float = 2.0,
        least_share: float = 0.0,
    ) -> None:
        """growth: instead of 2. least_share: a wait is at least this share of its most."""
        if not 0 < first_s <= longest_s:
            raise ValueError(f"need 0 < first_s <= longest_s, not {first_s} and {longest_s}")
        self._rng = rng
        self._first_s, self._longest_s = first_s, longest_s
        self._growth, self._least_share = growth, least_share
        self._ceiling_s = first_s

    @property
    def ceiling_s(self) -> float:
        """The most that the next wait can be, seconds."""
        return self._ceiling_s

    def next_s(self) -> float:
        """The next wait in seconds."""
        wait_s = self._rng.uniform(self._least_share * self._ceiling_s, self._ceiling_s)
        self._ceiling_s = min(self._longest_s, self._ceiling_s * self._growth)
        return wait_s

    def reset(self) -> None:
        """It works again: the next wait is short."""
        self._ceiling_s = self._first_s
