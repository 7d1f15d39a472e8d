"""What differs from the clear reference of a camera and does not move.

One picture of the clear place (the reference) is kept, small and grey. Each look is compared with it, after the
exposure of the unchanged part has been matched; a part that differs and keeps its look grows older. No two temporal
buffers are compared with each other.

Light is told from things by structure: a lamp, a shadow or a fire's glow changes how bright a place is, but the
edges in it stay where they were; a thing brings edges of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH = 160
"""Width of the working picture, px; the height follows the picture's shape."""
DIFFERENT = 18.0
"""Grey levels (of 255) by which a cell must differ from the reference."""
SAME = 14.0
"""Grey levels within which a cell counts as unchanged from look to look."""
LEARN_LOOKS = 5
"""The first looks count alike in the reference."""
ADAPT = 0.02
"""Share by which the reference follows the picture, per look, where nothing differs."""
HEAL_S = 3.0
"""What differs for this long without being a thing is taken into the reference."""
RELEARN_SHARE = 0.5
"""When more than this share of the picture differs at once (IR switch, camera turned), learn anew."""
MIN_AREA_FRAC = 0.0025
"""Smallest still thing that is reported, share of the picture."""
WINDOW = 7
"""Side of the window in which structure is compared, cells."""
FLAT = 40.0
"""Variance (grey levels squared) below which a window has no structure: a slope of 3 levels a cell, a step of 13."""
ALIKE = 0.6
"""Correlation from which two windows show the same structure."""
MIN_STRUCTURE = 0.25
"""Share of a still thing that must have changed in structure, not only in brightness."""
MIN_NOVELTY = 0.45
"""Share of the edges, now and in the reference, that must be there now. Less: a thing has gone, not come."""

Grey = NDArray[np.float32]
Unit = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class StillBlob:
    """A connected still thing. box: 0–1. age_s: how long it has been still (median of its cells)."""

    box: Unit
    age_s: float
    area_frac: float


@dataclass(frozen=True, slots=True, eq=False)
class StillMap:
    """All arrays (h, w), one cell for each of the working picture.

    age_s: float32, seconds for which a cell was seen to differ from the reference without moving; 0 elsewhere.
    hidden_s: float32, seconds of that stay for which somebody was before it.
    differs: bool, the cell differs from the reference in this look.
    structure: bool, the cell's surroundings show another structure than in the reference.
    edges, reference_edges: float32, strength of the edges now and in the reference.
    """

    age_s: Grey
    hidden_s: Grey
    differs: NDArray[np.bool_]
    structure: NDArray[np.bool_]
    edges: Grey
    reference_edges: Grey

    @classmethod
    def empty(cls, shape: tuple[int, ...] = (1, 1)) -> "StillMap":
        """Nothing is still."""
        none, no = np.zeros(shape, np.float32), np.zeros(shape, np.bool_)
        return cls(none, none, no, no, none, none)

    def new_share(self, box: Unit) -> float:
        """How much of a box (0–1) differs from the reference, 0–1."""
        height, width = self.differs.shape
        x1, y1, x2, y2 = box
        part = self.differs[int(y1 * height) : int(y2 * height) + 1, int(x1 * width) : int(x2 * width) + 1]
        return float(part.mean())

    def blobs(self, min_age_s: float) -> list[StillBlob]:
        """Connected new things still for at least `min_age_s`, largest first."""
        found = []
        height, width = self.age_s.shape
        for inside, (x, y, w, h) in self._parts(min_age_s):
            cells = int(inside.sum())
            if cells >= MIN_AREA_FRAC * inside.size and self._is_thing(inside) and self._is_seen(inside):
                age_s = float(np.median(self.age_s[inside & (self.age_s > 0)]))
                box = (x / width, y / height, (x + w) / width, (y + h) / height)
                found.append(StillBlob(box, age_s, cells / inside.size))
        return sorted(found, key=lambda blob: -blob.area_frac)

    def _is_seen(self, inside: NDArray[np.bool_]) -> bool:
        """Whether it was in plain view for most of its stay: what is half the time a person is a person."""
        return bool(np.median(self.hidden_s[inside]) <= np.median(self.age_s[inside]))

    def ghosts(self, min_age_s: float) -> NDArray[np.bool_]:
        """Cells that have differed for so long without being a new thing: other light, a gap, a shadow's trace."""
        mask = np.zeros(self.age_s.shape, np.bool_)
        for inside, _ in self._parts(min_age_s):
            if not self._is_thing(inside):
                mask |= inside
        return mask

    def _parts(self, min_age_s: float) -> Iterator[tuple[NDArray[np.bool_], tuple[int, int, int, int]]]:
        """Connected parts of at least this age: mask, and x, y, width, height in cells."""
        mask = (self.age_s >= max(min_age_s, 1e-3)).astype(np.uint8)
        if not mask.any():
            return
        mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        for label in range(1, count):
            x, y, w, h, _ = (int(v) for v in stats[label])
            yield labels == label, (x, y, w, h)

    def _is_thing(self, inside: NDArray[np.bool_]) -> bool:
        """Whether a part of the picture holds something new rather than other light or a gap."""
        now, before = float(self.edges[inside].sum()), float(self.reference_edges[inside].sum())
        return bool(self.structure[inside].mean() >= MIN_STRUCTURE) and now >= MIN_NOVELTY * (now + before)


class Stillness:
    """Keeps the reference and the ages of one camera. Bounded: a few small pictures."""

    def __init__(self) -> None:
        self._state: _State | None = None
        self._newest = StillMap.empty()

    def held(self) -> StillMap:
        """The map of the last look taken in: for looks in which a fire lights the place and nothing can be compared."""
        return self._newest

    def update(self, image: NDArray[np.uint8], explained: Sequence[Unit], now_s: float) -> StillMap:
        """Take in one look. image: (H, W, 3) BGR. explained: boxes (0–1) of people and vehicles, never of the place."""
        self._newest = self._compare(image, explained, now_s)
        return self._newest

    def _compare(self, image: NDArray[np.uint8], explained: Sequence[Unit], now_s: float) -> StillMap:
        grey = _small_grey(image)
        hidden = _mask(grey.shape, explained)
        if self._state is None:
            since_s, none_s = np.full(grey.shape, now_s), np.zeros(grey.shape)
            self._state = _State(grey, grey, now_s, since_s, none_s, ~hidden, ~hidden, 1)
            return StillMap.empty(grey.shape)
        state = self._state
        matched = _match_exposure(grey, state.reference, state.calm & ~hidden)
        differs = (np.abs(matched - state.reference) > DIFFERENT) & ~hidden & state.known
        if differs.mean() > RELEARN_SHARE:
            self._state = None
            return self._compare(image, explained, now_s)
        self._state = state.after(matched, differs, hidden, now_s)
        hidden_s = self._state.hidden_s.astype(np.float32)
        age_s = np.where(differs, now_s - self._state.since_s - hidden_s, 0).astype(np.float32)
        structure = _structure_differs(matched, state.reference)
        still = StillMap(age_s, hidden_s, differs, structure, _edges(matched), _edges(state.reference))
        ghosts = still.ghosts(HEAL_S)
        if ghosts.any():
            self._state = replace(self._state, reference=np.where(ghosts, matched, self._state.reference))
        return still


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """reference: the clear place. last: as last seen. since_s: unmoved since; hidden_s: of that time behind somebody.

    known: was seen with nobody before it. calm: looked like the reference when last seen.
    """

    reference: Grey
    last: Grey
    now_s: float
    since_s: NDArray[np.float64]
    hidden_s: NDArray[np.float64]
    known: NDArray[np.bool_]
    calm: NDArray[np.bool_]
    looks: int

    def after(self, now: Grey, differs: NDArray[np.bool_], hidden: NDArray[np.bool_], now_s: float) -> "_State":
        moved = np.abs(now - self.last) > SAME
        stays = hidden | (differs & ~moved)
        calm = ~differs & ~hidden
        # Early looks are averaged, later ones only nudge the reference; what was never seen is taken as it is.
        share = max(ADAPT, 1 / (self.looks + 1)) if self.looks < LEARN_LOOKS else ADAPT
        reference = np.where(calm, self.reference + share * (now - self.reference), self.reference)
        reference = np.where(~self.known & ~hidden, now, reference)
        return _State(
            reference.astype(np.float32),
            # Behind a passer-by nothing is known: the stay neither starts nor ends, and does not count.
            np.where(hidden, self.last, now),
            now_s,
            np.where(stays, self.since_s, now_s),
            np.where(stays, self.hidden_s + np.where(hidden, now_s - self.now_s, 0), 0),
            self.known | ~hidden,
            np.where(hidden, self.calm, calm),
            self.looks + 1,
        )


def _small_grey(image: NDArray[np.uint8]) -> Grey:
    height, width = image.shape[:2]
    size = WIDTH, min(max(1, round(WIDTH * height / width)), 4 * WIDTH)
    # Taking every n-th pixel first keeps this at a fraction of a millisecond on a full frame.
    step = max(1, width // (WIDTH * 3))
    small = cv2.resize(image[::step, ::step], size, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.float32)


def _mask(shape: tuple[int, ...], boxes: Sequence[Unit]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, np.bool_)
    height, width = shape
    for x1, y1, x2, y2 in boxes:
        mask[int(y1 * height) : int(np.ceil(y2 * height)), int(x1 * width) : int(np.ceil(x2 * width))] = True
    return mask


def _match_exposure(grey: Grey, reference: Grey, calm: NDArray[np.bool_]) -> Grey:
    """The picture with the reference's median and spread in the calm part, so that exposure does not count."""
    if calm.mean() < 0.2:
        return grey
    now, then = grey[calm], reference[calm]
    spread_now, spread_then = (float(np.subtract(*np.percentile(v, (75, 25)))) for v in (now, then))
    gain = float(np.clip(spread_then / spread_now, 0.5, 2.0)) if min(spread_now, spread_then) > 4 else 1.0
    return np.asarray((grey - np.median(now)) * gain + np.median(then), np.float32)


def _structure_differs(now: Grey, reference: Grey) -> NDArray[np.bool_]:
    """Cells whose window correlates badly with the reference's, where at least one of the two has structure."""
    mean_now, mean_then = _mean(now), _mean(reference)
    var_now = np.maximum(_mean(now * now) - mean_now**2, 0)
    var_then = np.maximum(_mean(reference * reference) - mean_then**2, 0)
    shared = _mean(now * reference) - mean_now * mean_then
    correlation = shared / np.sqrt(np.maximum(var_now, FLAT) * np.maximum(var_then, FLAT))
    return np.asarray((np.maximum(var_now, var_then) > FLAT) & (correlation < ALIKE))


def _mean(grey: Grey) -> Grey:
    return np.asarray(cv2.boxFilter(grey, cv2.CV_32F, (WINDOW, WINDOW)), np.float32)


def _edges(grey: Grey) -> Grey:
    return np.asarray(cv2.magnitude(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)), np.float32)
