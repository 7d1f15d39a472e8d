"""How sure a rule was, and where it saw the hazard, from the first suspicion on: an alert's own story.

Bounded however long the alert lasts: when the trace is full, every second point goes and the pace is halved.
"""

from collections.abc import Sequence

MAX_POINTS = 60
"""Two minutes of history at half a second fill it; a sparkline is hardly wider in pixels."""

Point = tuple[float, float, float, float, float, float]
"""Seconds since the alert began, confidence, x1, y1, x2, y2 (0–1 of the picture)."""


class Trace:
    """The points of one alert, oldest first, at most `MAX_POINTS`. Of the looks between two points the surest counts.

    points: of an earlier run, to be gone on with.
    """

    def __init__(self, points: Sequence[Sequence[float]] = ()) -> None:
        self._points = [_point(values) for values in points if len(values) == 6]
        self._step_s = self._mean_step_s() if len(self._points) > MAX_POINTS // 2 else 0.0
        self._from_s = self._points[-1][0] if self._points else float("-inf")

    def add(self, at_s: float, confidence: float, box: Sequence[float]) -> None:
        """What one look showed. at_s: seconds since the alert began; a step back of the clock stands still."""
        last_s = self._points[-1][0] if self._points else 0.0
        point = _point((max(at_s, last_s), confidence, *box))
        if self._points and point[0] - self._from_s < self._step_s:
            if confidence > self._points[-1][1]:
                self._points[-1] = point
            return
        if len(self._points) == MAX_POINTS:
            self._thin()
        self._points.append(point)
        self._from_s = point[0]

    def points(self) -> list[list[float]]:
        """As JSON values."""
        return [list(point) for point in self._points]

    def _thin(self) -> None:
        """Keep the surer of each pair, and the very first: it says when the suspicion began."""
        first, rest = self._points[0], self._points[1:]
        pairs = (rest[at : at + 2] for at in range(0, len(rest), 2))
        self._points = [first, *(max(pair, key=lambda point: point[1]) for pair in pairs)]
        self._step_s = self._mean_step_s()

    def _mean_step_s(self) -> float:
        return (self._points[-1][0] - self._points[0][0]) / max(1, len(self._points) - 1)


def _point(values: Sequence[float]) -> Point:
    at_s, confidence, x1, y1, x2, y2 = (float(value) for value in values)
    return round(at_s, 2), round(confidence, 3), round(x1, 3), round(y1, 3), round(x2, 3), round(y2, 3)
