"""Where to look twice: small glowing things, enlarged for the detector.

A whole picture is always looked at. At the network's size a small flame is too few pixels, so at most one part of the
picture is looked at once more, enlarged three times. Which part is chosen cheaply: where something glows brighter than
what is around it, warm where the picture has colour, changing where it has none; and first of all where the detector
half sees a flame. A place that showed nothing is left alone for a while, twice as long each time.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike as Mat
from numpy.typing import NDArray

from streams.frame import Frame
from vision import geometry
from vision.detections import Detections
from vision.detector import Detecting

ZOOM = 3
"""A part is this share of the picture's sides, in the picture's shape, so that it costs what a whole look costs.
Measured: flames of 1.6 % of a 1080p picture's width score 0.6 in it (0.15 in the whole); with 2 half of that gain."""
GRID = 12
"""Cells a side that are remembered. A part is four cells wide, so that a flame in any cell is well inside it."""
SMALL_PX = 40 * GRID
"""The picture is scanned at this width: a flame of 1.6 % of it is eight pixels wide. At 324 px a rendered fire is lost
that is found at 480."""
SHARE = 0.125
"""Parts looked at per whole look on average, once for what is suspected and once for what glows: together a quarter,
which is what the second look may cost."""
BURST = 12
"""Parts that may be saved up in each purse: a suspicion is looked at in every look for two seconds at the usual rate,
and a camera's glowing places are gone through soon after its start."""
FRESH_S = 2.5
"""A place that shows a flame is looked at in every look for this long. Then the rule has had its evidence, and a lamp
that looks like a flame must not draw all attention."""
YOUNG_S, MOVES = 0.6, 0.4
"""If it is still (its brightness changes by less than this share of `FULL`), that ends after this long."""
AGED_WAIT_S = 2.0
"""Later it is looked at this often, so that a fire that burns on stays seen."""
FULL = 64
"""Grey levels of brightness, warmth or change from which more makes no difference."""
LEAST_HEAT, MOST_HEAT = 0.1, 2.0
"""Least: a glow of a quarter above its surroundings, warm or changing by as much, is worth a look."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 16.0
"""A place that showed nothing is next looked at after this long, doubling."""
HOTTER = 1.5
"""A place that glows this much more than when it was looked at last is looked at again at once."""
LARGE = 1 / ZOOM / 2
"""A flame that takes up this share of the picture's width or height is large enough as it is."""
RIVAL = 0.5
"""A surer box of another class that shares this much with a flame's is what is really there."""
SAME = 0.6
"""Flames of the two looks that share this much of the smaller one are one."""

Part = tuple[int, int, int, int]
"""x1, y1, x2, y2 in pixels of the picture."""


@dataclass(slots=True)
class _Cells:
    """What is remembered of the places of one camera; all (GRID, GRID).

    heat: at the last look. due_s: when to look next. wait_s: how long was waited for that. fresh_s: since when it
    shows a flame; infinite while it does not.
    """

    heat: NDArray[np.float32]
    due_s: NDArray[np.float64]
    wait_s: NDArray[np.float64]
    fresh_s: NDArray[np.float64]


class Attention:
    """Chooses the part of each look that is looked at twice. One camera; bounded state; deterministic."""

    def __init__(self, flame: int, input_size: int) -> None:
        """flame: the class's id; input_size: the network's long side, px."""
        self._flame, self._input_size = flame, input_size
        self._saved, self._saved_for_glow = float(BURST), float(BURST)
        self._looked_s = float("-inf")
        self._before: NDArray[np.uint8] | None = None
        self._cells = _fresh()
        self._now = self._moves = self._cells.heat

    def look(self, frame: Frame, seen: Detections, detector: Detecting, relax: float) -> Detections:
        """What the whole look saw, with the flames that a second look at a part of the picture adds. May go back in
        time: a flame that was found later is looked for at once, so that its beginning is found.
        """
        if frame.monotonic_s < self._looked_s:
            shown = np.isfinite(self._cells.fresh_s)
            self._cells.fresh_s[shown] = np.minimum(self._cells.fresh_s, frame.monotonic_s)[shown]
            self._cells.due_s[shown] = np.minimum(self._cells.due_s, frame.monotonic_s)[shown]
        self._looked_s = frame.monotonic_s
        part, suspected = self._choose(frame, seen)
        if not self._afford(part, suspected) or part is None:
            return seen
        x1, y1, x2, y2 = part
        found = detector.detect(np.ascontiguousarray(frame.image[y1:y2, x1:x2]), relax=relax)
        flames = self._whole_flames(found, part, frame.size)
        self._learn(part, frame, flames)
        return merged(seen, flames)

    def _afford(self, part: Part | None, suspected: bool) -> bool:
        """Save for one more look, and spend a part's price if there is enough."""
        self._saved = min(float(BURST), self._saved + SHARE)
        self._saved_for_glow = min(float(BURST), self._saved_for_glow + SHARE)
        if part is None:
            return False
        if suspected and self._saved >= 1:
            self._saved -= 1
        elif self._saved_for_glow >= 1:
            self._saved_for_glow -= 1
        else:
            return False
        return True

    def _choose(self, frame: Frame, seen: Detections) -> tuple[Part | None, bool]:
        """The part, and whether a flame is suspected there. None: nothing glows that is due."""
        self._now, self._moves = heat, _ = self._scan(frame)
        cells = self._cells
        # News: as if it had waited longest, and, but where a lamp looks like a flame, had never been looked at.
        news = heat > HOTTER * cells.heat + LEAST_HEAT
        cells.due_s[news] = frame.monotonic_s - LONGEST_WAIT_S
        cells.wait_s[news & np.isinf(cells.fresh_s)] = FIRST_WAIT_S / 2
        # What was suspected for long in vain is no more than a glow.
        suspects = self._suspects(frame, seen) & (cells.wait_s < AGED_WAIT_S)
        # What is suspected comes first, then what glows most and has waited longest.
        overdue_s = np.clip(frame.monotonic_s - cells.due_s, 0, LONGEST_WAIT_S)
        wanted = np.where(heat >= LEAST_HEAT, heat + MOST_HEAT * overdue_s / LONGEST_WAIT_S, 0)
        wanted = np.where(cells.due_s <= frame.monotonic_s, wanted + 3 * MOST_HEAT * suspects, 0)
        if not wanted.any():
            return None, False
        row, column = divmod(int(wanted.argmax()), GRID)
        return self._part(frame.size, (column + 0.5) / GRID, (row + 0.5) / GRID), bool(suspects[row, column])

    def _scan(self, frame: Frame) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(GRID, GRID) each: how much the hottest spot of a cell looks like a small flame (0–2), and changes (0–1)."""
        width, height = frame.size
        size = SMALL_PX, GRID * max(1, round(SMALL_PX * height / width / GRID))
        blue, green, red = cv2.split(cv2.resize(frame.image, size, interpolation=cv2.INTER_NEAREST))
        value = np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)
        if self._before is None or self._before.shape != value.shape:
            self._before, self._cells = value, _fresh()
        reach = max(3, value.shape[1] // 8)
        bright = _capped(cv2.subtract(value, cv2.blur(value, (reach, reach))))
        # Grey pictures know no warmth: there, and beside it, what changes counts.
        warm = _capped(cv2.subtract(red, blue))
        change = _capped(cv2.absdiff(value, self._before))
        self._before = value
        heat, moves = (cv2.multiply(bright, sign, scale=1 / FULL) for sign in (cv2.add(warm, change), change))
        return _pooled(np.asarray(heat, np.uint8)), _pooled(np.asarray(moves, np.uint8))

    def _suspects(self, frame: Frame, seen: Detections) -> NDArray[np.bool_]:
        """(GRID, GRID) where the whole look half sees a flame, or a part showed one of late."""
        fresh_s = self._cells.fresh_s
        cells = np.isfinite(fresh_s) & (frame.monotonic_s - fresh_s <= FRESH_S)
        width, height = frame.size
        for x1, y1, x2, y2 in seen.xyxy[seen.class_id == self._flame]:
            if (x2 - x1) < LARGE * width and (y2 - y1) < LARGE * height:
                cells[_cell((y1 + y2) / 2 / height), _cell((x1 + x2) / 2 / width)] = True
        return np.asarray(cells)

    def _part(self, size: tuple[int, int], x: float, y: float) -> Part:
        """The part around the point (0–1), moved inside the picture."""
        width, height = size
        zoom = max(ZOOM, width / self._input_size, height / self._input_size)
        wide, high = max(1, round(width / zoom)), max(1, round(height / zoom))
        left = min(max(0, round(x * width - wide / 2)), width - wide)
        top = min(max(0, round(y * height - high / 2)), height - high)
        return left, top, left + wide, top + high

    def _whole_flames(self, found: Detections, part: Part, size: tuple[int, int]) -> Detections:
        """The small flames of a part, in pixels of the picture. Left out: what the part's edge cuts, what the whole
        look can judge as well, and what is more surely something else.
        """
        flames, others = found[found.class_id == self._flame], found[found.class_id != self._flame]
        rival = (geometry.iou(flames.xyxy, others.xyxy) >= RIVAL) & (others.confidence > flames.confidence[:, None])
        small = (flames.xyxy[:, 2:] - flames.xyxy[:, :2] < LARGE * np.array(size)).all(axis=1)
        flames = flames[np.asarray(small & ~rival.any(axis=1), bool)]
        x1, y1, x2, y2 = part
        xyxy = np.asarray(flames.xyxy + np.array([x1, y1, x1, y1], np.float32), np.float32)
        edge = np.array([x1 + 1 if x1 else -1, y1 + 1 if y1 else -1], np.float32)
        far = np.array([x2 - 1 if x2 < size[0] else size[0] + 1, y2 - 1 if y2 < size[1] else size[1] + 1], np.float32)
        whole = (xyxy[:, :2] > edge).all(axis=1) & (xyxy[:, 2:] < far).all(axis=1)
        return Detections(xyxy[whole], flames.confidence[whole], flames.class_id[whole])

    def _learn(self, part: Part, frame: Frame, flames: Detections) -> None:
        """Remember what the cells in the middle of the part showed, and every cell with a flame."""
        cells, (width, height), now_s = self._cells, frame.size, frame.monotonic_s
        columns, rows = _inner(part[0], part[2], width), _inner(part[1], part[3], height)
        fresh_s = cells.fresh_s.copy()
        waits = np.clip(2 * cells.wait_s[rows, columns], FIRST_WAIT_S, LONGEST_WAIT_S)
        cells.wait_s[rows, columns], cells.due_s[rows, columns] = waits, now_s + waits
        cells.fresh_s[rows, columns] = np.inf
        cells.heat[rows, columns] = self._now[rows, columns]
        for x1, y1, x2, y2 in flames.xyxy:
            cell = _cell((y1 + y2) / 2 / height), _cell((x1 + x2) / 2 / width)
            since_s = min(now_s, float(fresh_s[cell]))
            for_s = FRESH_S if self._moves[cell] >= MOVES else YOUNG_S
            cells.fresh_s[cell] = since_s
            cells.wait_s[cell] = 0.0 if now_s - since_s <= for_s else AGED_WAIT_S
            cells.due_s[cell] = now_s + cells.wait_s[cell]


def merged(seen: Detections, added: Detections) -> Detections:
    """Both looks as one: of two boxes on one flame the surer stays. Best first."""
    if not len(added):
        return seen
    keep_seen, keep_added = np.ones(len(seen), bool), np.ones(len(added), bool)
    same = (geometry.overlap(seen.xyxy, added.xyxy) >= SAME) & (seen.class_id[:, None] == added.class_id[None])
    for one, other in zip(*np.nonzero(same), strict=True):
        if seen.confidence[one] >= added.confidence[other]:
            keep_added[other] = False
        else:
            keep_seen[one] = False
    first, second = seen[keep_seen], added[keep_added]
    both = Detections(
        np.concatenate((first.xyxy, second.xyxy)),
        np.concatenate((first.confidence, second.confidence)),
        np.concatenate((first.class_id, second.class_id)),
    )
    return both[np.argsort(-both.confidence, kind="stable")]


def _fresh() -> _Cells:
    shape = GRID, GRID
    return _Cells(
        np.zeros(shape, np.float32), np.full(shape, -np.inf), np.full(shape, FIRST_WAIT_S / 2), np.full(shape, np.inf)
    )


def _inner(low: int, high: int, size: int) -> slice:
    """The cells of the middle half of a part's side, and those up to the picture's edge where the part ends there."""
    quarter = (high - low) / 4
    first, last = low and low + quarter, high - quarter if high < size else size
    return slice(_cell(first / size), _cell(last / size) + 1)


def _cell(share: float) -> int:
    return min(GRID - 1, max(0, int(share * GRID)))


def _capped(levels: Mat) -> Mat:
    """Grey levels, no more than `FULL`."""
    return cv2.threshold(levels, FULL, 0, cv2.THRESH_TRUNC)[1]


def _pooled(heat: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(GRID, GRID) the largest of each cell, in `FULL`s. Both sides of `heat` are multiples of GRID."""
    height, width = heat.shape
    rows = heat.reshape(GRID, height // GRID, width).max(axis=1)
    largest = rows.reshape(GRID, GRID, width // GRID).max(axis=2)
    return np.asarray(largest.astype(np.float32) / np.float32(FULL), np.float32)
