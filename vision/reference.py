"""The clear place of one camera: how it looks with nothing left in it, in each light it has been seen in.

Every light (day, lamps, infrared) has a small picture of its own. When the light changes at once, the picture that
fits the new light is taken from the shelf; if there is none, a new one begins with the picture at hand. What stands
or passes there at that moment must not become part of the clear place: behind it the clear place is *relit*, that is
guessed from the picture in the other light and from how the rest of the place has changed (a locally affine fit, the
guided filter of He, Sun and Tang, 2010).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.clear_route import ClearRoute
from vision.geometry import Box

WIDTH = 160
"""Width of the working picture, cells; the height follows the picture's shape."""
CHROMA = 2.0
"""Weight of the two colour channels: between things they differ by about half as much as brightness does."""
LEARN_LOOKS = 9
"""The first looks at a cell count alike in the reference."""
ADAPT_S = 60.0
"""Later the reference follows the picture with this time constant, where nothing differs: dusk, not an hour's visit."""
OTHER_LIGHT = 0.4
"""When more than this share of the picture differs at once, it is another light (or another place)."""
SAME_PLACE = 0.3
"""Share of the structure that must agree for another light to be one of the same place."""
MAX_LIGHTS = 4
FIT_WINDOW = 31
"""Side of the window of the relighting fit, cells: much larger than a bag, smaller than a lamp's reach."""
FIT_FLAT = 100.0
"""Variance (levels squared) below which a window of the fit is one shade."""
WINDOW = 7
"""Side of the window in which structure is compared, cells."""
FLAT = 40.0
"""Variance (levels squared) below which a window has no structure: a slope of 3 levels a cell, a step of 13."""
ALIKE = 0.6
"""Correlation from which two windows show the same structure."""
MOST_GAIN = 2.5
"""Exposure is matched up to this factor; beyond it the noise would be raised to things."""
MOST_SHIFT = 4.0
"""A camera on a pole shakes by less than this many cells (2.5 % of the picture); more is a turned camera."""
LEAST_SHIFT = 0.15
"""Shifts below this are noise of the estimate, cells."""

Cells = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """The clear place in one light.

    picture: (h, w, 3) float32, Y and weighted Cr, Cb. known: (h, w) seen or guessed; guessed: from another light, to be
    trusted for its structure only. looks: (h, w) how many looks it was learnt from. approved: by a person.
    used: a count that grows with use.
    """

    picture: Cells
    known: Mask
    guessed: Mask
    looks: Cells
    approved: bool = False
    used: int = 0

    def learn(self, now: Cells, calm: Mask, hidden: Mask, passed_s: float) -> "Light":
        """Follow the picture where it is calm; what was never seen is taken as it is."""
        slow = 1 - np.exp(-passed_s / ADAPT_S)
        share = np.where(self.looks < LEARN_LOOKS, np.maximum(slow, 1 / (self.looks + 1)), slow) * calm
        first = (~self.known & ~hidden) | (self.guessed & calm)
        share = np.where(first, 1.0, share).astype(np.float32)
        return replace(
            self,
            picture=self.picture + share[..., None] * (now - self.picture),
            known=self.known | first,
            guessed=self.guessed & ~first,
            looks=np.minimum(self.looks + (calm | first), LEARN_LOOKS),
        )

    def healed(self, now: Cells, where: Mask) -> "Light":
        """The place has changed here for good."""
        if not where.any():
            return self
        looks = np.where(where, 1, self.looks).astype(np.float32)
        picture = np.where(where[..., None], now, self.picture)
        return replace(self, picture=picture, guessed=self.guessed & ~where, looks=looks)

    @classmethod
    def seen(cls, now: Cells, where: Mask, *, approved: bool = False, looks: int = 1) -> "Light":
        """As in this picture, where it can be seen."""
        return cls(now, where, np.zeros_like(where), looks * where.astype(np.float32), approved)


class ClearPlace:
    """The lights of one camera. Bounded: at most `MAX_LIGHTS`, approved ones last to go."""

    def __init__(self, clear: ClearRoute | None = None) -> None:
        self._lights: list[Light] = []
        self._ticket = count(1)
        if clear is not None:
            picture = shrink(clear.picture)
            seen = np.ones(picture.shape[:2], np.bool_)
            self._lights = [Light.seen(picture, seen, approved=True, looks=LEARN_LOOKS)]
        self._active = 0

    @property
    def begun(self) -> bool:
        """Whether there is anything to compare with."""
        return bool(self._lights)

    @property
    def light(self) -> Light:
        """The one in use."""
        return self._lights[self._active]

    @light.setter
    def light(self, light: Light) -> None:
        self._lights[self._active] = light

    def begin(self, now: Cells, hidden: Mask) -> None:
        """Take the first look as clear, as far as it can be seen."""
        self._add(Light.seen(now, ~hidden))

    def fitting(self, now: Cells, hidden: Mask, differing: float) -> Light | None:
        """Another light on the shelf that fits the picture clearly better than `differing`, the share of now."""
        others = [light for light in self._lights if light is not self.light]
        shares = [differing_share(now, light, hidden) for light in others]
        if not shares or min(shares) > min(OTHER_LIGHT, 0.7 * differing):
            return None
        self._active = next(i for i, light in enumerate(self._lights) if light is others[int(np.argmin(shares))])
        self.light = replace(self.light, used=next(self._ticket))
        return self.light

    def relit(self, now: Cells, hidden: Mask, suspect: Mask) -> Light:
        """A new light, begun with the picture at hand; behind what hides the place, or may be a thing, it is guessed.

        suspect: cells where something seems to stand.
        """
        old = self.light
        other, textured = structure_of(now, old.picture)
        other, textured = other[..., 0] & ~hidden, textured[..., 0] & ~hidden
        if other.sum() > (1 - SAME_PLACE) * max(1, textured.sum()):
            self._lights = [light for light in self._lights if light.approved]
            self._add(Light.seen(now, ~hidden))
            return self.light
        # A learnt reference is worth less than what stands unmoved in plain view; an approved one is worth more.
        suspect = suspect | other if old.approved else suspect
        behind = (hidden | suspect) & old.known
        guess = relight(old.picture, now, ~(hidden | suspect))
        picture = np.where(behind[..., None], guess, now)
        # Where a thing was known to stand the guess counts in full: it must not be taken for the place by and by.
        self._add(Light(picture, ~hidden | behind, behind & ~suspect, (~hidden).astype(np.float32)))
        return self.light

    def _add(self, light: Light) -> None:
        if len(self._lights) >= MAX_LIGHTS:
            self._lights.remove(min(self._lights, key=lambda one: (one.approved, one.used)))
        self._lights.append(replace(light, used=next(self._ticket)))
        self._active = len(self._lights) - 1


def shrink(image: NDArray[np.uint8]) -> Cells:
    """(h, w, 3) float32: brightness and the two weighted colour differences of a BGR picture, `WIDTH` cells wide."""
    height, width = image.shape[:2]
    size = WIDTH, min(max(1, round(WIDTH * height / width)), 4 * WIDTH)
    # Taking every n-th pixel first keeps this at a fraction of a millisecond on a full frame.
    step = max(1, width // (WIDTH * 3))
    small = cv2.resize(image[::step, ::step], size, interpolation=cv2.INTER_AREA)
    cells = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2YCrCb), (3, 3), 0)
    return np.asarray(cells * np.array([1, CHROMA, CHROMA], np.float32), np.float32)


def aligned(now: Cells, reference: Cells) -> Cells:
    """The picture moved back onto the reference if the camera has shaken: phase correlation of the edges."""
    height, width = now.shape[:2]
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    (dx, dy), _ = cv2.phaseCorrelate(edges(reference[..., :1]), edges(now[..., :1]), window)
    if not LEAST_SHIFT <= max(abs(dx), abs(dy)) <= MOST_SHIFT:
        return now
    back = np.array([[1, 0, -dx], [0, 1, -dy]], np.float32)
    moved = np.asarray(cv2.warpAffine(now, back, (width, height), borderMode=cv2.BORDER_REPLICATE), np.float32)
    # A person who crosses the picture may win the correlation; the place itself then fits worse, not better.
    before, after = (float(np.median(np.abs(one[..., 0] - reference[..., 0]))) for one in (now, moved))
    return moved if after < before else now


def match_exposure(now: Cells, reference: Cells, calm: Mask) -> Cells:
    """The picture with the reference's medians and its spread of brightness in the calm part, so that exposure and
    white balance do not count.
    """
    if calm.mean() < 0.2:
        return now
    cells = np.flatnonzero(calm)[::3]
    ours, theirs = now.reshape(-1, 3)[cells], reference.reshape(-1, 3)[cells]
    spread_now, spread_then = (float(np.subtract(*np.percentile(v[:, 0], (75, 25)))) for v in (ours, theirs))
    bright = (
        float(np.clip(spread_then / spread_now, 1 / MOST_GAIN, MOST_GAIN)) if min(spread_now, spread_then) > 4 else 1.0
    )
    gain = np.array([bright, 1, 1], np.float32)
    return np.asarray((now - np.median(ours, axis=0)) * gain + np.median(theirs, axis=0), np.float32)


def difference(now: Cells, reference: Cells) -> Cells:
    """(h, w) the largest difference of any channel, levels."""
    return strongest(np.abs(now - reference))


def strongest(cells: Cells) -> Cells:
    """(h, w) the largest of the three channels. (A numpy reduction over so short an axis takes ten times as long.)"""
    return np.asarray(np.maximum(np.maximum(cells[..., 0], cells[..., 1]), cells[..., 2]), np.float32)


def differing_share(now: Cells, light: Light, hidden: Mask, levels: float = 18.0) -> float:
    """Share of the picture that differs from a light after exposure is matched."""
    seen = light.known & ~hidden
    if not seen.any():
        return 0.0
    return float((difference(match_exposure(now, light.picture, seen), light.picture)[seen] > levels).mean())


def structure_of(now: Cells, reference: Cells) -> tuple[Mask, Mask]:
    """(h, w, 3) twice: windows that correlate badly though one of the two has structure, and those that have it."""
    mean_now, mean_then = _mean(now), _mean(reference)
    var_now = np.maximum(_mean(now * now) - mean_now**2, 0)
    var_then = np.maximum(_mean(reference * reference) - mean_then**2, 0)
    shared = _mean(now * reference) - mean_now * mean_then
    textured = np.maximum(var_now, var_then) > FLAT
    correlation = shared / np.sqrt(np.maximum(var_now, FLAT) * np.maximum(var_then, FLAT))
    return textured & (correlation < ALIKE), textured


def edges(cells: Cells) -> Cells:
    """(h, w) strength of the strongest edge of any channel."""
    across, down = cv2.Sobel(cells, cv2.CV_32F, 1, 0), cv2.Sobel(cells, cv2.CV_32F, 0, 1)
    strength = np.asarray(cv2.magnitude(across, down), np.float32)
    return strength if strength.ndim == 2 else strongest(strength)


def relight(old: Cells, now: Cells, trusted: Mask) -> Cells:
    """How the place of `old` looks in the light of `now`, judged by the trusted cells around each cell."""
    weight = trusted.astype(np.float32)[..., None]
    total = np.maximum(_fit_mean(weight), 1e-3)[..., None]
    mean_old, mean_now = _fit_mean(old * weight) / total, _fit_mean(now * weight) / total
    variance = np.maximum(_fit_mean(old * old * weight) / total - mean_old**2, 0)
    shared = _fit_mean(old * now * weight) / total - mean_old * mean_now
    slope = shared / (variance + FIT_FLAT)
    shift = mean_now - slope * mean_old
    gain, lift = _fit_mean(slope.astype(np.float32)), _fit_mean(shift.astype(np.float32))
    return np.asarray(gain * old + lift, np.float32)


def mask_of(shape: Sequence[int], boxes: Sequence[Box]) -> Mask:
    """(h, w) True within any of the boxes (0–1), which may reach beyond the picture."""
    mask = np.zeros(shape[:2], np.bool_)
    height, width = mask.shape
    for x1, y1, x2, y2 in boxes:
        rows = slice(max(0, int(y1 * height)), max(0, int(np.ceil(y2 * height))))
        mask[rows, max(0, int(x1 * width)) : max(0, int(np.ceil(x2 * width)))] = True
    return mask


def _mean(cells: Cells) -> Cells:
    return np.asarray(cv2.boxFilter(cells, cv2.CV_32F, (WINDOW, WINDOW)), np.float32)


def _fit_mean(cells: Cells) -> Cells:
    return np.asarray(cv2.boxFilter(cells, cv2.CV_32F, (FIT_WINDOW, FIT_WINDOW)), np.float32)
