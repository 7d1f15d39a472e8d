"""Ways over the floor: round corners, steady pace, and where to leave a walk for a spot beside it. Metres."""

from __future__ import annotations

import numpy as np

from models.synth.mesh import Points


class Path:
    """A way over the floor with round corners: points (N, 3) every few centimetres."""

    STEP_M = 0.05

    def __init__(self, corners: Points) -> None:
        corners = np.asarray(corners, float)
        steps = np.linalg.norm(np.diff(corners, axis=0), axis=1)
        ways = np.concatenate([[0.0], np.cumsum(steps)])
        self.length = float(ways[-1])
        count = max(8, round(self.length / self.STEP_M))
        want = np.linspace(0, self.length, count)
        raw = np.stack([np.interp(want, ways, corners[:, k]) for k in range(3)], axis=1)
        self.points = _rounded(raw, max(1, round(0.25 / self.STEP_M)))

    def at(self, way_m: float) -> tuple[Points, float]:
        """Point (3,) and heading after so many metres; beyond the ends, the ends."""
        where = np.clip(way_m / max(self.length, 1e-6), 0, 1) * (len(self.points) - 1)
        low = min(int(where), len(self.points) - 2)
        share = where - low
        point = self.points[low] * (1 - share) + self.points[low + 1] * share
        a, b = max(0, low - 2), min(len(self.points) - 1, low + 3)
        way = self.points[b] - self.points[a]
        return point, float(np.arctan2(way[1], way[0]))


def _rounded(points: Points, sigma: int) -> Points:
    """Points smoothed along the way, the two ends kept."""
    reach = 3 * sigma
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    out = np.empty_like(points)
    for k in range(3):
        first, last = points[0, k], points[-1, k]
        before = 2 * first - points[1 : reach + 1, k][::-1]
        after = 2 * last - points[-reach - 1 : -1, k][::-1]
        before = np.pad(before, (reach - len(before), 0), "edge")
        after = np.pad(after, (0, reach - len(after)), "edge")
        out[:, k] = np.convolve(np.concatenate([before, points[:, k], after]), kernel, "valid")
    return out


def approach(walk: Points, target: Points, short_m: float = 0.0) -> Path:
    """Along a walk (N, 3) to the spot nearest to `target`, then to it; it ends `short_m` before the target."""
    fine = Path(walk).points
    near = int(np.argmin(np.linalg.norm(fine[:, :2] - target[:2], axis=1)))
    turn_off = max(0, near - round(0.7 / Path.STEP_M))
    kept = fine[: turn_off + 1 : 10]
    last = fine[turn_off]
    way = target - last
    far = float(np.linalg.norm(way[:2]))
    end = target - way * min(1.0, short_m / max(far, 1e-6))
    corners = np.vstack([kept, last[None], end[None]])
    return Path(corners[np.r_[True, np.linalg.norm(np.diff(corners, axis=0), axis=1) > 1e-6]])
