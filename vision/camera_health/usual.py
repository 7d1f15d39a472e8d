"""The usual view of a camera, slowly learnt, and how much of it a picture still shows."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.camera_health.glimpse import COLUMNS, HEIGHT, ROWS, WIDTH, Glimpse, Plane

LEARNT_S = 8.0
"""A view is known once it was looked at for this long, seconds."""
LEARNT_LOOKS = 8
MEMORY_S = 120.0
"""Time constant with which the usual view follows, seconds: slower than people and vans, faster than a day."""
RECENT_S = 3.0
"""Time constant of the recent view: what passes is blurred away in it."""
STEADY_EDGE = 0.45
"""Length of a mean edge from which it is part of the view: it was there in most looks."""
FEW_EDGES = 12
"""Cells with such edges that a block (of 400 cells) needs to be judged by them."""
SEEN = 0.35
"""Share of a block's edges from which the block still shows its view."""

Blocks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A picture beside the usual view. Block arrays are (ROWS, COLUMNS).

    judged: bool, has edges enough to be judged by. seen: float32, share of the usual edges that are there, about 0–1.
    block_edges: float32, amount of edges of any kind, usual = 1. edges: the same of the whole picture.
    layout: correlation of bright and dark blocks with the usual ones, -1–1. steady: likeness of the recent looks, 0–1.
    """

    judged: Blocks
    seen: Plane
    block_edges: Plane
    edges: float
    layout: float
    steady: float

    @property
    def shown(self) -> float:
        """Share of the usual edges that are there, mean of the judged blocks; 1 if there are none."""
        return float(self.seen[self.judged].mean()) if self.judged.any() else 1.0

    @property
    def kept(self) -> float:
        """Share of the judged blocks that still show their view; 1 if there are none."""
        return float((self.seen[self.judged] >= SEEN).mean()) if self.judged.any() else 1.0


class UsualView:
    """Bounded: two fields of edges, a few blocks. Not thread-safe."""

    def __init__(self) -> None:
        self._usual = np.zeros((2, HEIGHT, WIDTH), np.float32)
        self._recent = np.zeros((2, HEIGHT, WIDTH), np.float32)
        self.light = np.zeros((ROWS, COLUMNS), np.float32)
        self.detail = np.zeros((ROWS, COLUMNS), np.float32)
        self.colour = 0.0
        self._looks, self._learnt_s = 0, 0.0

    @property
    def known(self) -> bool:
        """It was looked at long enough."""
        return self._looks >= LEARNT_LOOKS and self._learnt_s >= LEARNT_S

    @property
    def usual(self) -> Plane:
        """The mean edges, as `Glimpse.edges`."""
        return self._usual

    @property
    def recent(self) -> Plane:
        """The mean edges of the last seconds."""
        return self._recent

    def compare(self, now: Glimpse, passed_s: float) -> Compared:
        """With the usual view as it is; the recent one is brought up to date."""
        share = 1.0 if self._looks == 0 else _share(passed_s, RECENT_S)
        self._recent += share * (now.edges - self._recent)
        usual, length = self._usual, cv2.magnitude(self._usual[0], self._usual[1])
        steady_edges = (length >= STEADY_EDGE).astype(np.float32)
        present = (usual * now.edges).sum(0) * steady_edges
        amount = _sums(length * length * steady_edges)
        judged = _sums(steady_edges) >= FEW_EDGES
        seen = _sums(present) / np.maximum(amount, 1e-6)
        ours = cv2.magnitude(now.edges[0], now.edges[1])
        there = _sums(np.where(ours >= STEADY_EDGE, ours, np.float32(0)))
        expected = _sums(length * steady_edges)
        return Compared(
            judged=judged,
            seen=seen.astype(np.float32),
            block_edges=np.asarray(there / np.maximum(expected, 1e-6), np.float32),
            edges=float(there.sum()) / max(float(expected.sum()), 1e-6),
            layout=_correlation(now.light, self.light),
            steady=float((self._recent * now.edges).sum()) / max(float((now.edges * now.edges).sum()), 1e-6),
        )

    def learn(self, now: Glimpse, passed_s: float) -> None:
        """Take a look into the usual view: the first ones in equal parts, later ones by the time that passed."""
        self._looks += 1
        self._learnt_s += min(passed_s, 2.0)
        share = max(1.0 / self._looks if not self.known else 0.0, _share(passed_s, MEMORY_S))
        self._usual += share * (now.edges - self._usual)
        self.light += share * (now.light - self.light)
        self.detail += share * (now.detail - self.detail)
        self.colour += share * (now.colour - self.colour)


def _share(passed_s: float, memory_s: float) -> float:
    return float(1.0 - np.exp(-min(passed_s, 2.0) / memory_s))


def _sums(plane: Plane) -> Plane:
    """(HEIGHT, WIDTH) → sum of each block."""
    sums = plane.reshape(ROWS, HEIGHT // ROWS, COLUMNS, WIDTH // COLUMNS).sum((1, 3), dtype=np.float32)
    return np.asarray(sums, np.float32)


def _correlation(one: Plane, other: Plane) -> float:
    """Of two block arrays; 0 if one of them has no contrast."""
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 1.0 else 0.0
