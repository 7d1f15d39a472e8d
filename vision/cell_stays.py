"""For how long each cell of the picture has shown the same thing that is not in the clear reference."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vision.reference import Cells, Mask, difference, relight

PATIENCE_S = 3.0
"""A stay ends when its look is gone for this long in plain view; somebody who passes before it is gone sooner."""
RARE_LOOKS = 2.5
"""With rare looks, at least so many of them."""
FOLLOW_S = 10.0
"""The look of a stay follows slow changes with this time constant."""


@dataclass(frozen=True, slots=True, eq=False)
class CellStays:
    """All arrays (h, w), one cell for each of the working picture; looks (h, w, 3).

    look: of the stay. since_s: when it began, inf where there is none. away_s: time since then in which it was not
    seen: somebody before it. off_s: how long its look has been gone in plain view.
    other, other_since_s: what differs there now, and since when: the next stay, should this one be over.
    """

    look: Cells
    since_s: NDArray[np.float64]
    away_s: Cells
    off_s: Cells
    other: Cells
    other_since_s: NDArray[np.float64]

    @classmethod
    def none(cls, picture: Cells, now_s: float) -> "CellStays":
        """Nothing stays."""
        shape = picture.shape[:2]
        zeros = np.zeros(shape, np.float32)
        return cls(picture, np.full(shape, np.inf), zeros, zeros, picture, np.full(shape, now_s))

    @property
    def alive(self) -> Mask:
        """Where there is a stay."""
        return np.isfinite(self.since_s)

    def age_s(self, now_s: float) -> Cells:
        """Seconds for which each stay was seen; 0 where there is none."""
        return np.where(self.alive, now_s - self.since_s - self.away_s, 0).astype(np.float32)

    def after(
        self, now: Cells, differs: Mask, hidden: Mask, *, same: float, passed_s: float, now_s: float
    ) -> "CellStays":
        """One look later. same: levels within which two looks are one."""
        seen = ~hidden
        alive = self.alive
        # Also where there is no stay: what looks as it did when the light changed has not come since.
        present = seen & differs & (difference(now, self.look) <= same)
        patience_s = max(PATIENCE_S, RARE_LOOKS * passed_s)
        off_s = np.where(present, 0, self.off_s + passed_s * seen)
        fresh = seen & (~differs | (difference(now, self.other) > same))
        other = np.where(fresh[..., None], now, self.other)
        other_since_s = np.where(fresh, now_s, self.other_since_s)
        over = seen & ~present & (~alive | (off_s > patience_s))
        starts = over & differs
        follow = np.float32(1 - np.exp(-passed_s / FOLLOW_S)) * present
        look = self.look + follow[..., None] * (now - self.look)
        return CellStays(
            look=np.where(starts[..., None], other, np.where((over & ~starts)[..., None], now, look)).astype(
                np.float32
            ),
            since_s=np.where(starts, other_since_s, np.where(over, np.inf, self.since_s)),
            away_s=np.where(over, 0, self.away_s + passed_s * (alive & ~present)).astype(np.float32),
            off_s=np.where(over, 0, off_s).astype(np.float32),
            other=other,
            other_since_s=other_since_s,
        )

    def relit(self, now: Cells, hidden: Mask) -> "CellStays":
        """The same stays in the light of the picture at hand; behind somebody their look is guessed."""
        look = np.where(hidden[..., None], relight(self.look, now, ~hidden), now) if hidden.any() else now
        return replace(self, look=look.astype(np.float32), other=now)

    def without(self, where: Mask) -> "CellStays":
        """No stays there."""
        return replace(self, since_s=np.where(where, np.inf, self.since_s)) if where.any() else self
