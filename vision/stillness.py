"""What differs from the clear reference of a camera and does not move.

One picture of the clear place (the reference) is kept, small and grey. Each look is compared with it after the
brightness of the whole has been matched; a part that differs and keeps its look grows older. No two temporal buffers
are compared with each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH = 160
"""Width of the working picture, px; the height follows the picture's shape."""
DIFFERENT = 22.0
"""Grey levels (of 255) by which a pixel must differ from the reference."""
SAME = 14.0
"""Grey levels within which a pixel counts as unchanged from look to look."""
LEARN_LOOKS = 5
"""The first looks count alike in the reference."""
RELEARN_SHARE = 0.5
"""When more than this share of the picture differs at once (lights, IR switch, camera turned), learn anew."""
ADAPT = 0.02
"""Share by which the reference follows the picture, per look, where nothing differs."""
MIN_AREA_FRAC = 0.004
"""Smallest still thing that is reported, share of the picture."""


@dataclass(frozen=True, slots=True)
class StillBlob:
    """A connected still thing. box: 0–1. age_s: how long it has been still (of its older half)."""

    box: tuple[float, float, float, float]
    age_s: float
    area_frac: float


@dataclass(frozen=True, slots=True, eq=False)
class StillMap:
    """age_s: (h, w) float32, seconds for which a cell has differed from the reference without moving; 0 elsewhere."""

    age_s: NDArray[np.float32] = field(default_factory=lambda: np.zeros((1, 1), np.float32))

    def blobs(self, min_age_s: float) -> list[StillBlob]:
        """Connected things still for at least `min_age_s`, largest first."""
        mask = (self.age_s >= max(min_age_s, 1e-3)).astype(np.uint8)
        mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        height, width = mask.shape
        found = []
        for label in range(1, count):
            x, y, w, h, cells = (int(v) for v in stats[label])
            if cells >= MIN_AREA_FRAC * mask.size:
                age_s = float(np.median(self.age_s[(labels == label) & (self.age_s > 0)]))
                box = (x / width, y / height, (x + w) / width, (y + h) / height)
                found.append(StillBlob(box, age_s, cells / mask.size))
        return sorted(found, key=lambda blob: -blob.area_frac)


class Stillness:
    """Keeps the reference and the ages of one camera. Bounded: a few small pictures."""

    def __init__(self) -> None:
        self._state: _State | None = None

    def update(
        self, image: NDArray[np.uint8], people: Sequence[tuple[float, float, float, float]], now_s: float
    ) -> StillMap:
        """Take in one look. image: (H, W, 3) BGR. people: boxes 0–1 that are never part of the place."""
        grey = _small_grey(image)
        hidden = _mask(grey.shape, people)
        if self._state is None:
            self._state = _State(grey, grey, np.full(grey.shape, now_s), ~hidden, 1)
            return StillMap(np.zeros(grey.shape, np.float32))
        state = self._state
        matched = _match_brightness(grey, state.reference, hidden | ~state.known)
        differs = (np.abs(matched - state.reference) > DIFFERENT) & ~hidden & state.known
        if differs.mean() > RELEARN_SHARE:
            self._state = None
            return self.update(image, people, now_s)
        self._state = state.after(matched, differs, hidden, now_s)
        return StillMap(np.where(differs, now_s - self._state.since_s, 0).astype(np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """reference: the clear place. last: as last seen. since_s: unmoved since. known: seen with nobody before it."""

    reference: NDArray[np.float32]
    last: NDArray[np.float32]
    since_s: NDArray[np.float64]
    known: NDArray[np.bool_]
    looks: int

    def after(
        self, now: NDArray[np.float32], differs: NDArray[np.bool_], hidden: NDArray[np.bool_], now_s: float
    ) -> "_State":
        moved = np.abs(now - self.last) > SAME
        calm = ~differs & ~hidden
        # Early looks are averaged, later ones only nudge the reference; what was never seen is taken as it is.
        share = max(ADAPT, 1 / (self.looks + 1)) if self.looks < LEARN_LOOKS else ADAPT
        reference = np.where(calm, self.reference + share * (now - self.reference), self.reference)
        reference = np.where(~self.known & ~hidden, now, reference)
        return _State(
            reference.astype(np.float32),
            # Under a passer-by nothing is known: the age goes on, it neither starts nor ends.
            np.where(hidden, self.last, now),
            np.where(hidden | (differs & ~moved), self.since_s, now_s),
            self.known | ~hidden,
            self.looks + 1,
        )


def _small_grey(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    size = WIDTH, max(1, round(WIDTH * height / width))
    # Halving by nearest pixel first keeps this at a fraction of a millisecond on a full frame.
    step = max(1, width // (WIDTH * 3))
    small = cv2.resize(image[::step, ::step], size, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.float32)


def _mask(shape: tuple[int, ...], boxes: Sequence[tuple[float, float, float, float]]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, np.bool_)
    height, width = shape
    for x1, y1, x2, y2 in boxes:
        mask[int(y1 * height) : int(np.ceil(y2 * height)), int(x1 * width) : int(np.ceil(x2 * width))] = True
    return mask


def _match_brightness(
    grey: NDArray[np.float32], reference: NDArray[np.float32], hidden: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """The picture with the reference's median and spread (of what is not hidden), so that exposure does not count."""
    seen = ~hidden
    if seen.mean() < 0.2:
        return grey
    now, then = grey[seen], reference[seen]
    spread_now, spread_then = (float(np.subtract(*np.percentile(v, (75, 25)))) for v in (now, then))
    gain = float(np.clip(spread_then / spread_now, 0.5, 2.0)) if min(spread_now, spread_then) > 4 else 1.0
    return np.asarray((grey - np.median(now)) * gain + np.median(then), np.float32)
