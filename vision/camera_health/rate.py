"""How many pictures a second a camera sends."""

from collections import deque

WINDOW_S = 12.0
"""Counted over this long: two pictures of a camera that sends one in 5 s."""
LEAST_S = 8.0
SPACING_S = 0.9


class RateMeter:
    """Fed with a count that only grows. Bounded; one thread."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque()

    def update(self, count: int, at_s: float) -> float | None:
        """Pictures a second over the last seconds; None until it is known. count: pictures since the start."""
        while len(self._counts) > 1 and at_s - self._counts[1][0] >= WINDOW_S:
            self._counts.popleft()
        if not self._counts or at_s - self._counts[-1][0] >= SPACING_S:
            self._counts.append((at_s, count))
        first_s, first = self._counts[0]
        return (count - first) / (at_s - first_s) if at_s - first_s >= LEAST_S else None

    def reset(self) -> None:
        """Begin anew: the camera was away."""
        self._counts.clear()
