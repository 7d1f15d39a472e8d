"""A picture that comes again and again: frames arrive, and what they show is none of now.

A sensor's noise never repeats, but an encoder can hide it: between two key pictures it may skip every block of a still
scene, so that the decoded pictures are equal to the last bit. Hence a picture is compared with one from before the
last key picture (`GAP_S`): after a key picture a living scene comes with other noise, a frozen one with the same
content. Between the two nothing may have moved but a clock that the camera writes over the top or the bottom.
"""

from collections import deque

import numpy as np

from vision.camera_health.glimpse import SAMPLE, Levels

GAP_S = 10.5
"""Between the two pictures compared: more than the usual longest distance of key pictures, 10 s."""
KEPT_S = 13.0
"""Older ones are forgotten."""
SPACING_S = 0.35
"""Between two pictures kept: bounds them to about 40 for any rate of looks."""
MOVED_LEVELS = 12
"""More than compression changes of a still picture at a key picture; what moves changes more, somewhere."""
MOVED_FRAC = 0.1
"""Share of a tile's pixels that must have changed so much."""
DIFFERENT_LEVELS = 2
"""Within these two codings of one picture agree."""
DIFFERENT_FRAC = 0.02
"""Share of the pixels that may differ by more."""
NOISELESS_FRAC = 0.1
"""Share of the pixels that change by anything at all when something moves before a camera without noise: a rendered
picture, or one whose noise is filtered away. Its place can stand still to the last bit."""
MOST_PATIENCE_S = 120.0
"""Longest time that a camera without noise is given."""
TILES = 8
CLOCK_TILES = 8
"""Tiles, of 64, that a clock may fill: half of the width at the top and at the bottom."""


class StandStill:
    """Keeps the pictures of the last seconds, reduced. Bounded, not thread-safe."""

    def __init__(self) -> None:
        self._kept: deque[tuple[float, Levels]] = deque()
        self._last: Levels | None = None
        self._since_s = 0.0
        self._needed_s = GAP_S

    def update(self, sample: Levels, at_s: float) -> float:
        """How long the picture has been standing still, seconds; 0 while it lives, or it is not known yet.

        sample: `Glimpse.sample`. at_s: monotonic seconds of the look.
        """
        if self._last is None or _moved(sample, self._last):
            self._learn(sample, at_s)
            self._kept.clear()
            self._since_s = at_s
        self._last = sample
        while self._kept and at_s - self._kept[0][0] > KEPT_S:
            self._kept.popleft()
        old = [kept for kept_s, kept in self._kept if at_s - kept_s >= GAP_S]
        if not self._kept or at_s - self._kept[-1][0] >= SPACING_S:
            self._kept.append((at_s, sample))
        # The oldest, the newest and one between: a key picture of other quality may lie at one of them.
        if old and not any(_equal(sample, one) for one in (old[0], old[len(old) // 2], old[-1])):
            self._since_s = max(self._since_s, at_s - GAP_S)
            return 0.0
        still_s = at_s - self._since_s
        return still_s if old and still_s >= self._needed_s else 0.0

    def _learn(self, sample: Levels, at_s: float) -> None:
        """A stand that ended with movement and without noise was no fault: the next one is given longer."""
        still_s = at_s - self._since_s
        if self._last is not None and still_s >= GAP_S and float((sample != self._last).mean()) < NOISELESS_FRAC:
            self._needed_s = min(MOST_PATIENCE_S, max(self._needed_s, 2 * still_s))


def _tiles(mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """(rows, columns) → share of each of TILES × TILES."""
    rows, columns = SAMPLE
    shares: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = mask.reshape(
        TILES, rows // TILES, TILES, columns // TILES
    ).mean((1, 3))
    return shares


def _outside_clock(changed: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
    """Changed tiles that cannot be a clock's; all of them if there are too many for a clock."""
    inner = int(changed[1:-1].sum())
    return inner if int(changed.sum()) - inner <= CLOCK_TILES else int(changed.sum())


def _moved(one: Levels, other: Levels) -> bool:
    distance = np.abs(one.astype(np.int16) - other)
    return _outside_clock(_tiles(distance > MOVED_LEVELS) >= MOVED_FRAC) > 0


def _equal(one: Levels, other: Levels) -> bool:
    differs = np.abs(one.astype(np.int16) - other) > DIFFERENT_LEVELS
    inner = differs[SAMPLE[0] // TILES : -(SAMPLE[0] // TILES)]
    return float(inner.mean()) <= DIFFERENT_FRAC and _outside_clock(_tiles(differs) >= MOVED_FRAC) <= 1
