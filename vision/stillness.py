"""What differs from the clear reference of a camera and does not move.

Each look is compared with the reference (`vision.reference`), after the camera's shake and the exposure of the
unchanged part have been matched; a part that differs and keeps its look grows older (`vision.cell_stays`). No two
temporal buffers are compared with each other.

Light is told from things by structure: a lamp, a shadow or a fire's glow changes how bright a place is, but the
edges in it stay where they were; a thing brings edges of its own. A thing that has gone is told from one that has
come by its outline: it is in the reference, not in the picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.cell_stays import CellStays
from vision.clear_route import ClearRoute
from vision.geometry import Box
from vision.reference import (
    OTHER_LIGHT,
    WINDOW,
    Cells,
    ClearPlace,
    Mask,
    aligned,
    difference,
    edges,
    mask_of,
    match_exposure,
    shrink,
    structure_of,
)

DIFFERENT = 18.0
"""Levels (of 255) by which some cell of a thing must differ from the reference."""
SLIGHT = 10.0
"""Levels by which the cells around it must differ to be part of it."""
SAME = 14.0
"""Levels within which a cell counts as unchanged from look to look."""
NOISES = 5.0
"""None of these is less than so many standard deviations of the camera's noise."""
HEAL_S = 3.0
"""What differs for this long without being a thing is taken into the reference."""
MIN_AREA_FRAC = 0.0025
"""Smallest still thing that is reported, share of the picture."""
MIN_STRUCTURE = 0.6
"""Share of the rim of a still thing that must have changed in structure, not only in brightness."""
NO_STRUCTURE = 0.3
"""Below this it is other light. Between the two nothing is said, and the reference is left alone."""
MIN_INNER = 0.1
"""Share that must have changed within the rim: a patch of sun has a new outline and nothing within."""
RIM = 4
"""Width of the rim, cells: as far as a structure window at the edge reaches in."""
INNER_CELLS = 30
"""Less than this within says nothing."""
SHINES_THROUGH = 0.75, 0.9
"""Correlation of a part with the reference from which the old surface is still seen, in a light of the same and of
another colour: nothing stands before it."""
COLOURED = 6.0
"""Levels of colour difference from which a part has another colour."""
PATTERN = 3.0
"""Standard deviation of the reference, levels, below which it has nothing that could be recognised."""
MIN_HALF_WIDTH = 2.3
"""Cells. What is thinner is a cable, a cord, a crack of light or an edge that has shifted, and no obstacle."""
CORE = 5
"""Diameter of the smallest disc that is not thinner, cells."""
MOST = 0.5
"""A part of which this share is not thin is a thing with cords to it, and judged without them."""
COME = 0.52
"""Share of the edges on its outline, now and in the reference, from which a thing has come."""
GONE = 0.45
"""Below this it has gone. Between the two nothing is said, and the reference is left alone."""


class Kind(StrEnum):
    """What a part of the picture that differs and stays may be."""

    THING = "thing"
    LIGHT = "light"
    GAP = "gap"
    THIN = "thin"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class StillBlob:
    """A connected still thing. box: 0–1. age_s: how long it has been seen at rest (median of its cells).

    settled: how much of all that differs and hangs together here is at rest, 0–1: of somebody who stands, the trunk is
    and the rest is not.
    """

    box: Box
    age_s: float
    area_frac: float
    settled: float = 1.0


class _Part(NamedTuple):
    """A connected part within its bounding box: where that is, cells; and (h, w) which of it."""

    window: tuple[slice, slice]
    inside: Mask
    cells: int


@dataclass(frozen=True, slots=True, eq=False)
class StillMap:
    """All arrays (h, w), one cell for each of the working picture.

    age_s: float32, seconds for which a cell was seen to differ from the reference without moving; 0 elsewhere.
    differs: bool, the cell differs from the reference in this look. hidden: somebody is before it.
    structure: bool, the cell's surroundings show another structure than in the reference.
    now, reference: (h, w, 3) float32, the picture with the reference's exposure, and the reference.
    edges, reference_edges: float32, strength of the edges in them.
    """

    age_s: Cells
    differs: Mask
    hidden: Mask
    structure: Mask
    now: Cells
    reference: Cells
    edges: Cells
    reference_edges: Cells
    _found: dict[float, list[StillBlob]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def empty(cls, shape: tuple[int, ...] = (1, 1)) -> "StillMap":
        """Nothing is still."""
        none, no = np.zeros(shape, np.float32), np.zeros(shape, np.bool_)
        black = np.zeros((*shape, 3), np.float32)
        return cls(none, no, no, no, black, black, none, none)

    def new_share(self, box: Box) -> float:
        """How much of a box (0–1) shows another structure than the reference, 0–1."""
        return self._share((self.differs | (self.age_s > 0)) & self.structure, box)

    def hidden_share(self, box: Box) -> float:
        """How much of a box (0–1) somebody stands before, 0–1."""
        return self._share(self.hidden, box)

    def blobs(self, min_age_s: float) -> list[StillBlob]:
        """Connected new things still for at least `min_age_s`, largest first. A map is asked again in every look for
        which it is held.
        """
        if min_age_s not in self._found:
            self._found[min_age_s] = self._find(min_age_s)
        return self._found[min_age_s]

    def _find(self, min_age_s: float) -> list[StillBlob]:
        height, width = self.age_s.shape
        found = []
        for part in map(_without_cords, self._parts(min_age_s)):
            if self._kind(part) is Kind.THING:
                rows, columns = part.window
                box = (columns.start / width, rows.start / height, columns.stop / width, rows.stop / height)
                ages = self.age_s[part.window][part.inside]
                age_s = float(np.median(ages[ages > 0]))
                found.append(StillBlob(box, age_s, part.cells / self.age_s.size, self._settled(part)))
        return sorted(found, key=lambda blob: -blob.area_frac)

    def ghosts(self, min_age_s: float) -> Mask:
        """Cells that have differed for so long without being a new thing: other light, a gap, a shadow's trace."""
        mask = np.zeros(self.age_s.shape, np.bool_)
        for part in self._parts(min_age_s, least=1):
            if self._kind(_without_cords(part)) in (Kind.LIGHT, Kind.GAP):
                mask[part.window] |= part.inside
        return mask

    def _share(self, mask: Mask, box: Box) -> float:
        height, width = mask.shape
        x1, y1, x2, y2 = box
        part = mask[int(y1 * height) : int(y2 * height) + 1, int(x1 * width) : int(x2 * width) + 1]
        return float(part.mean())

    def _parts(self, min_age_s: float, least: int | None = None) -> list[_Part]:
        """Connected parts of at least this age and size (cells; default: of a thing that is reported)."""
        mask = (self.age_s >= max(min_age_s, 1e-3)).astype(np.uint8)
        if not mask.any():
            return []
        least = round(MIN_AREA_FRAC * mask.size) if least is None else least
        mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        parts = []
        for label, (x, y, w, h, cells) in enumerate(stats.tolist()):
            if label and cells >= least:
                window = slice(y, y + h), slice(x, x + w)
                parts.append(_Part(window, labels[window] == label, cells))
        return parts

    def _kind(self, part: _Part) -> Kind:
        """Whether a part of the picture holds something new rather than other light or a gap."""
        structure, inner = self.structure[part.window], _eroded(part.inside, RIM)
        rim = float(structure[part.inside & ~inner].mean())
        plain = inner.sum() >= INNER_CELLS and structure[inner].mean() < MIN_INNER
        if rim < NO_STRUCTURE or plain or self._shines_through(part):
            return Kind.LIGHT
        if _half_width(part.inside) < MIN_HALF_WIDTH:
            return Kind.THIN
        window, outline = self._outline(part)
        now, before = float(self.edges[window][outline].sum()), float(self.reference_edges[window][outline].sum())
        come = now / max(now + before, 1e-6)
        if come < GONE:
            return Kind.GAP
        return Kind.THING if come >= COME and rim >= MIN_STRUCTURE else Kind.UNCLEAR

    def _shines_through(self, part: _Part) -> bool:
        """Whether the surface of the reference is still seen there, in another light."""
        within = _eroded(part.inside, 1)
        now, before = self.now[part.window][within], self.reference[part.window][within]
        if len(now) < WINDOW or min(now[:, 0].std(), before[:, 0].std()) < PATTERN:
            return False
        coloured = float(np.median(np.abs(now - before)[:, 1:].max(axis=1))) >= COLOURED
        return float(np.corrcoef(now[:, 0], before[:, 0])[0, 1]) >= SHINES_THROUGH[coloured]

    def _outline(self, part: _Part) -> tuple[tuple[slice, slice], Mask]:
        """The cells on both sides of the part's edge, in a window one cell larger."""
        height, width = self.age_s.shape
        rows, columns = part.window
        top, left = max(0, rows.start - 1), max(0, columns.start - 1)
        window = slice(top, min(height, rows.stop + 1)), slice(left, min(width, columns.stop + 1))
        inside = np.zeros((window[0].stop - top, window[1].stop - left), np.uint8)
        inside[rows.start - top :, columns.start - left :][: part.inside.shape[0], : part.inside.shape[1]] = part.inside
        grown = cv2.dilate(inside, np.ones((3, 3), np.uint8))
        return window, (grown > 0) & ~_eroded(inside > 0, 1)

    def _settled(self, part: _Part) -> float:
        youngest_s = 0.5 * float(np.median(self.age_s[part.window][part.inside]))
        around = _connected(self.differs & ~self.hidden, part)
        return float((self.age_s[around] >= youngest_s).mean()) if around.any() else 1.0


class Stillness:
    """Keeps the reference and the ages of one camera. Bounded: a few small pictures.

    clear: an approved picture of the clear place; without one it is learnt from the first looks.
    """

    def __init__(self, clear: ClearRoute | None = None) -> None:
        self._place = ClearPlace(clear)
        self._now_s: float | None = None
        self._newest = StillMap.empty()
        self._noise = 0.0
        self._last: Cells | None = None
        self._stays: CellStays | None = None
        self._calm: Mask | None = None

    def held(self) -> StillMap:
        """The map of the last look taken in: for looks in which a fire lights the place and nothing can be compared."""
        return self._newest

    def update(self, image: NDArray[np.uint8], explained: Sequence[Box], now_s: float) -> StillMap:
        """Take in one look. image: (H, W, 3) BGR. explained: boxes (0–1) of people and vehicles, never of the place."""
        now = shrink(image)
        hidden = mask_of(now.shape, explained)
        if not self._place.begun:
            self._place.begin(now, hidden)
        passed_s = 0.0 if self._now_s is None else now_s - self._now_s
        self._now_s = now_s
        self._newest = self._compare(now, hidden, now_s, passed_s)
        return self._newest

    def _compare(self, now: Cells, hidden: Mask, now_s: float, passed_s: float) -> StillMap:
        now = aligned(now, self._place.light.picture)
        if self._stays is None or self._calm is None:
            self._stays, self._calm = CellStays.none(self._place.light.picture, now_s), ~hidden
        matched = match_exposure(now, self._place.light.picture, self._calm & ~hidden)
        structure, differs = self._differences(matched, hidden)
        if differs.mean() > OTHER_LIGHT:
            matched = self._another_light(now, hidden, float(differs.mean()))
            structure, differs = self._differences(matched, hidden)
        self._hear_noise(matched)
        self._stays = self._stays.after(
            matched, differs, hidden, same=max(SAME, NOISES * self._noise), passed_s=passed_s, now_s=now_s
        )
        still = self._map(matched, differs, hidden, structure, now_s)
        ghosts = still.ghosts(HEAL_S)
        self._stays = self._stays.without(ghosts)
        calm = ~differs & ~hidden & ~self._stays.alive & ~still.structure
        light = self._place.light.learn(matched, calm, hidden, passed_s)
        self._place.light = light.healed(matched, ghosts & ~hidden)
        self._calm = np.where(hidden, self._calm, calm)
        return still

    def _map(self, matched: Cells, differs: Mask, hidden: Mask, structure: Mask, now_s: float) -> StillMap:
        assert self._stays is not None
        reference = self._place.light.picture
        return StillMap(
            self._stays.age_s(now_s),
            differs,
            hidden,
            structure,
            matched,
            reference,
            edges(matched),
            edges(reference),
        )

    def _differences(self, matched: Cells, hidden: Mask) -> tuple[Mask, Mask]:
        """Cells around which the structure differs; and cells that differ slightly and hang together with some that
        differ clearly. Where the reference is guessed only structure counts.
        """
        light = self._place.light
        other, _ = structure_of(matched, light.picture)
        structure = other[..., 0] | other[..., 1] | other[..., 2]
        compared = light.known & ~hidden & (~light.guessed | structure)
        by = np.where(compared, difference(matched, light.picture), 0)
        least = NOISES * self._noise
        clear, slight = by > max(DIFFERENT, least), by > max(SLIGHT, least)
        _, labels = cv2.connectedComponents(slight.astype(np.uint8), connectivity=8)
        held = np.zeros(int(labels.max()) + 1, np.bool_)
        held[labels[clear]] = True
        held[0] = False
        return structure, np.asarray(held[labels])

    def _another_light(self, now: Cells, hidden: Mask, differing: float) -> Cells:
        assert self._stays is not None
        first = self._last is None and not self._stays.alive.any()
        light = self._place.fitting(now, hidden, differing)
        if light is None:
            light = self._place.relit(now, hidden, self._stays.alive)
        matched = match_exposure(now, light.picture, light.known & ~hidden)
        # At the first look an approved picture is all there is to tell what has come.
        self._stays = replace(self._stays, look=light.picture) if first else self._stays.relit(matched, hidden)
        self._last = None
        return matched

    def _hear_noise(self, matched: Cells) -> None:
        """The camera's noise from look to look, levels (standard deviation): half the cells show nothing else."""
        if self._last is not None:
            # 1.48: from the median of |x| to the deviation; the difference of two looks has √2 of one look's noise.
            noise = 1.48 / np.sqrt(2) * float(np.median(difference(matched, self._last)[::2, ::2]))
            self._noise += 0.1 * (noise - self._noise)
        self._last = matched


def _without_cords(part: _Part) -> _Part:
    """The part without the cables and edges that hang from it: they would move its box and its foot."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (CORE, CORE))
    core = np.asarray(cv2.morphologyEx(np.pad(part.inside, CORE).astype(np.uint8), cv2.MORPH_OPEN, disc), np.bool_)
    core = core[CORE:-CORE, CORE:-CORE]
    cells = int(core.sum())
    if not MOST * part.cells <= cells < part.cells:
        return part
    rows, columns = (np.flatnonzero(core.any(axis=axis)).tolist() for axis in (1, 0))
    within = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    top, left = part.window[0].start, part.window[1].start
    window = slice(top + within[0].start, top + within[0].stop), slice(left + within[1].start, left + within[1].stop)
    return _Part(window, core[within], cells)


def _half_width(mask: Mask) -> float:
    """Of the thickest place, cells."""
    return float(cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3).max())


def _eroded(mask: Mask, by: int) -> Mask:
    # The picture's edge counts as outside.
    side = 2 * by + 1
    return np.asarray(
        cv2.erode(
            mask.astype(np.uint8), np.ones((side, side), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=(0.0,)
        )
        > 0
    )


def _connected(mask: Mask, part: _Part) -> Mask:
    """The cells of `mask` that hang together with the part."""
    whole = mask.astype(np.uint8)
    whole[part.window] |= part.inside
    whole = np.asarray(cv2.morphologyEx(whole, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), np.uint8)
    _, labels = cv2.connectedComponents(whole, connectivity=8)
    row, column = (int(v[0]) for v in np.nonzero(part.inside))
    return np.asarray(labels == labels[part.window[0].start + row, part.window[1].start + column])
