"""Whether what is in a box behaves like a flame: pixel measures on a small patch, over the looks at one place.

A flame never takes a shape twice. A lamp keeps its shape, a sign or a tail light blinks between a few, a light switch
or the camera's exposure scales brightness, a shaking camera shifts it. So each look is explained by the earlier ones:
shifted by up to `MAX_SHIFT` pixels, scaled, made brighter, moved by a fraction of a pixel. What no earlier look
explains, over the camera's noise and as a share of the patch's contrast, is the unrest of this look.

It needs no look rate: at one look a second a flame has another shape every time, too.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

Patch = NDArray[np.float32]

SIDE = 64
"""A region is shrunk to at most this many pixels a side: enough for tongues, little enough for every look."""
MARGIN = 0.5
"""The region reaches this share of the box beyond it, for the surroundings that the noise is measured in."""
LEAST_MARGIN = 4
LEAST_SIDE = 4
"""A box smaller than this in the patch is measured as if it were so large."""
KEPT = 8
KEEP_EVERY_S = 0.18
"""Earlier looks that are remembered reach back more than a second, a full period of a blinking sign."""
MAX_SHIFT = 2
"""Patch pixels: how far a shaking camera may move a thing between looks."""
FLOOR = 1.5
"""Grey levels: rounding and video coding leave this much where nothing happens."""
LEAST_CONTRAST = 16.0
"""Grey levels: contrast below this counts as this, so that the noise of a plain wall is no unrest."""
VISIBLE = 3.0
"""Grey levels: a box with less contrast than this shows nothing that could be judged."""
COLOURED = 6.0
"""Grey levels between a patch's strongest and weakest channel, on average, from which the picture has colour."""
GLOWS = 120
"""Brightest channel of a pixel that may be part of a flame."""
BLOWN = 235
"""Weakest channel from which a pixel is white for every camera, and so tells no colour."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One look at one place. None: cannot be known.

    unrest: what no earlier look explains, as a share of the contrast; flames 0.05–0.8, things 0.
    warm: share of the glowing pixels between red and yellow, as flames are and red lamps are not.
    flicker_hz: reversals of brightness, at most half the look rate.
    """

    unrest: float | None
    warm: float | None
    flicker_hz: float | None


@dataclass(frozen=True, slots=True)
class _Kept:
    """An earlier look: its patch, and what is reckoned of it once. All (h, w), grey levels.

    smooth: without its grain. slopes: of `smooth`, along x and y.
    """

    at_s: float
    grey: Patch
    smooth: Patch
    slopes: tuple[Patch, Patch]

    @classmethod
    def of(cls, at_s: float, grey: Patch) -> "_Kept":
        smooth = _smooth(grey)
        slope_y, slope_x = (np.asarray(slope, np.float32) for slope in np.gradient(smooth))
        return cls(at_s, grey, smooth, (slope_x, slope_y))


@dataclass(slots=True)
class Flicker:
    """The patch history of one place. Bounded: `KEPT` small patches. region: px of the picture, xyxy."""

    region: tuple[int, int, int, int] | None = None
    size: tuple[int, int] = (0, 0)
    _patches: deque[_Kept] = field(default_factory=lambda: deque(maxlen=KEPT))
    _levels: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=4 * KEPT))

    def look(
        self, image: NDArray[np.uint8], xyxy: NDArray[np.float32], now_s: float, before: NDArray[np.uint8] | None
    ) -> Measure:
        """Measure the box (px) in an (H, W, 3) BGR picture. before: the picture of the look before, if it is kept."""
        height, width = image.shape[:2]
        if self.region is None or self.size != (width, height) or not _holds(self.region, xyxy):
            # Another place, or grown out of the old one: the pixels of the old one say nothing of it.
            self.region, self.size = _around(xyxy, width, height), (width, height)
            self._patches.clear()
            self._levels.clear()
            if before is not None and before.shape == image.shape:
                self._patches.append(_Kept.of(-np.inf, np.asarray(_patch(before, self.region)[:, :, 1], np.float32)))
        colour = _patch(image, self.region)
        # One channel that is not blown out before the others: a flame's green tells orange from yellow from white.
        grey = np.asarray(colour[:, :, 1], np.float32)
        inner = _inner(xyxy, self.region, grey.shape)
        unrest = _unrest(grey, self._patches, inner)
        self._levels.append((now_s, float(grey[inner].mean()) - float(np.median(grey))))
        if not self._patches or now_s - self._patches[-1].at_s >= KEEP_EVERY_S:
            self._patches.append(_Kept.of(now_s, grey))
        return Measure(unrest, _warm(colour[inner]), self._hz())

    def _hz(self) -> float | None:
        """Reversals of brightness per two seconds; None below three looks a second, where it would mean nothing."""
        times = np.array([at_s for at_s, _ in self._levels])
        if len(times) < 2 * 3 or np.median(np.diff(times)) > 1 / 3:
            return None
        steps = np.diff([level for _, level in self._levels])
        steps = steps[np.abs(steps) > 2 * FLOOR]
        reversals = int((np.sign(steps[1:]) != np.sign(steps[:-1])).sum())
        return reversals / 2 / float(times[-1] - times[0])


def _holds(region: tuple[int, int, int, int], xyxy: NDArray[np.float32]) -> bool:
    """Whether the box still fits the region: inside it but for a tenth, and not lost in it."""
    x1, y1, x2, y2 = region
    slack_x, slack_y = (x2 - x1) / 10, (y2 - y1) / 10
    inside = x1 - slack_x <= xyxy[0] and y1 - slack_y <= xyxy[1] and xyxy[2] <= x2 + slack_x and xyxy[3] <= y2 + slack_y
    return bool(inside and (xyxy[2] - xyxy[0]) * (xyxy[3] - xyxy[1]) >= (x2 - x1) * (y2 - y1) / 64)


def _around(xyxy: NDArray[np.float32], width: int, height: int) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = (float(v) for v in xyxy)
    dx, dy = MARGIN * (x2 - x1) + LEAST_MARGIN, MARGIN * (y2 - y1) + LEAST_MARGIN
    left, top = max(0, int(x1 - dx)), max(0, int(y1 - dy))
    return left, top, max(left + 1, min(width, int(x2 + dx) + 1)), max(top + 1, min(height, int(y2 + dy) + 1))


def _patch(image: NDArray[np.uint8], region: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """(h, w, 3) the region, shrunk to at most `SIDE`, never enlarged."""
    x1, y1, x2, y2 = region
    scale = min(1.0, SIDE / max(x2 - x1, y2 - y1))
    size = max(1, round((x2 - x1) * scale)), max(1, round((y2 - y1) * scale))
    return np.asarray(cv2.resize(image[y1:y2, x1:x2], size, interpolation=cv2.INTER_AREA), np.uint8)


def _inner(xyxy: NDArray[np.float32], region: tuple[int, int, int, int], shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of the box in the patch."""
    spans = []
    for low, high, start, end, length in (
        (xyxy[1], xyxy[3], region[1], region[3], shape[0]),
        (xyxy[0], xyxy[2], region[0], region[2], shape[1]),
    ):
        scale = length / (end - start)
        first = min(max(0, int((low - start) * scale)), max(0, length - LEAST_SIDE))
        last = max(first + LEAST_SIDE, int(np.ceil((high - start) * scale)))
        spans.append(slice(first, min(length, last)))
    return spans[0], spans[1]


def _smooth(patch: Patch) -> Patch:
    return np.asarray(cv2.blur(patch, (3, 3)), np.float32)


def _unrest(now: Patch, before: Collection[_Kept], inner: tuple[slice, slice]) -> float | None:
    """The smallest share of the box's contrast that an earlier look leaves unexplained."""
    smooth = _smooth(now)
    contrast = float(smooth[inner].std())
    if not before or contrast < VISIBLE or min(smooth[inner].shape) < LEAST_SIDE:
        return None
    left = np.inf
    for old in before:
        left = min(left, _unexplained(now, smooth, old, inner))
        if left == 0:
            break
    return float(np.sqrt(left)) / max(contrast, LEAST_CONTRAST)


def _unexplained(now: Patch, smooth: Patch, old: _Kept, inner: tuple[slice, slice]) -> float:
    """Mean square, in grey levels, of what the old patch does not explain, less what noise explains.

    smooth: of `now`.
    """
    # Fine grain is noise whatever moves; the median keeps the flame itself out of it.
    noise = 1.48 * float(np.median(np.abs((now - smooth) - (old.grey - old.smooth))))
    target = smooth[inner]
    where = _shifted(old.smooth, target, inner)
    planes = [plane[where].ravel() for plane in (old.smooth, *old.slopes)]
    basis = np.stack([*planes, np.ones_like(planes[0])]).astype(np.float64)
    wanted = target.ravel().astype(np.float64)
    # A ridge of one grey level keeps flat patches solvable and lets noise fit nothing.
    weights = np.linalg.solve(basis @ basis.T + np.eye(4), basis @ wanted)
    rest = wanted - weights @ basis
    return max(0.0, float(rest @ rest) / target.size - noise**2 - FLOOR**2)


def _shifted(old: Patch, target: Patch, inner: tuple[slice, slice]) -> tuple[slice, slice]:
    """Where in the old patch the target lies, at most `MAX_SHIFT` pixels away."""
    top, left = max(0, inner[0].start - MAX_SHIFT), max(0, inner[1].start - MAX_SHIFT)
    around = old[top : inner[0].stop + MAX_SHIFT, left : inner[1].stop + MAX_SHIFT]
    if float(around.std()) < VISIBLE:
        return inner
    likeness = cv2.matchTemplate(np.ascontiguousarray(around), np.ascontiguousarray(target), cv2.TM_CCOEFF_NORMED)
    row, column = divmod(int(np.argmax(likeness)), likeness.shape[1])
    return slice(top + row, top + row + target.shape[0]), slice(left + column, left + column + target.shape[1])


def _warm(colour: NDArray[np.uint8]) -> float | None:
    """Share of the glowing pixels whose hue is a flame's; None in a grey picture, or where nothing tells a colour."""
    pixels = colour.reshape(-1, 3).astype(np.int16)
    blue, green, red = pixels[:, 0], pixels[:, 1], pixels[:, 2]
    strongest, weakest = pixels.max(axis=1), pixels.min(axis=1)
    telling = (strongest >= GLOWS) & (weakest < BLOWN)
    if float((strongest - weakest).mean()) < COLOURED or not telling.any():
        return None
    # A red lamp has as much blue as green; a flame's green runs ahead of its blue.
    return float(((red > green) & (green > blue + COLOURED))[telling].mean())
