"""Whether a thing stands still, judged by its boxes, whatever the detector makes of them from look to look.

The box of one standing machine jumps: now the machine, now it with its rider, now the half that a passer-by leaves
visible. Each of these moves an edge or two; only a thing that itself goes somewhere takes opposite edges along.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOVED_SHARE = 0.2
"""A thing that went this share of its box's diagonal from its anchor has moved."""
JITTER_SHARE = 0.05
"""An edge within this share of the diagonal is where it was."""
GROWN = 1.25
"""A box that is this many times as wide and as high (or as small a part) has come nearer or gone farther."""
AWAY_S = 1.0
"""It must be seen elsewhere this long: one odd box in between is the detector's, not a move."""


def moved(anchor: NDArray[np.float32], box: NDArray[np.float32]) -> bool:
    """Whether the thing went from one place to the other. (4,) x1, y1, x2, y2 each, in one and the same unit."""
    step, diagonal = box - anchor, float(np.linalg.norm(anchor[2:] - anchor[:2]))
    across, down = _together(step[0], step[2]), _together(step[1], step[3])
    if float(np.hypot(across, down)) > MOVED_SHARE * diagonal:
        return True
    stays = np.abs(step) <= JITTER_SHARE * diagonal
    if (stays[0] or stays[2]) and (stays[1] or stays[3]):
        return False  # a corner stays where it was: parts are hidden, or come to light
    was, now = np.maximum(anchor[2:] - anchor[:2], 1e-6), np.maximum(box[2:] - box[:2], 1e-6)
    nearer = _together(*np.log(now / was).tolist())
    return abs(nearer) > float(np.log(GROWN))


def _together(a: float, b: float) -> float:
    """What two changes have in common: the lesser one; 0 if they go opposite ways."""
    if a * b <= 0:
        return 0.0
    return float(a if abs(a) < abs(b) else b)


@dataclass(slots=True)
class Standing:
    """Since when a thing has stood at its place.

    anchor: (4,) its box when it came to stand there. since_s: when that was.
    """

    anchor: NDArray[np.float32]
    since_s: float
    _away_s: float | None = None
    _stray: NDArray[np.float32] | None = None
    _stray_s: float = 0.0

    def see(self, box: NDArray[np.float32], now_s: float) -> None:
        """Take in the next sighting."""
        if not moved(self.anchor, box):
            self._away_s = self._stray = None
            return
        if self._away_s is None:
            self._away_s = now_s
        if self._stray is None or moved(self._stray, box):
            self._stray, self._stray_s = box, now_s
        if now_s - self._away_s >= AWAY_S:
            self.anchor, self.since_s = self._stray, self._stray_s
            self._away_s = self._stray = None
