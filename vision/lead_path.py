"""From a map of where a lead may be to the lead: one line that begins at the machine and leads away from it."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.geometry import Box

MAYBE = 0.25
"""Cells from this probability on may belong to a lead."""
SURELY = 0.5
"""A lead has cells from this probability on."""
BRIDGED = 0.03
"""Gaps up to this share of the machine's longer side are bridged: a bracket, a shadow, a bar before it."""
AT_BIKE = 0.05
"""A line that comes this close to the machine's box, share of its longer side, ends at the machine."""
LEAST_LENGTH = 0.3
"""A shorter piece beside the machine, share of its longer side, may be a mirror, a stand or a strap."""

LEAST_CELLS = 4
"""A line of fewer cells is a speck."""

Map = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class LeadPath:
    """points: (N, 2) float32 x, y in cells of the map, from the machine outwards. score: mean probability on it.

    length: outside the machine's box; far: how far from the box it ends; both in longer sides of the box.
    """

    points: Map
    score: float
    length: float
    far: float


def find_paths(probability: Map, bike: Box) -> list[LeadPath]:
    """Lines that begin at the machine's box (cells of the map) and end away from it, surest first."""
    x1, y1, x2, y2 = bike
    longer = max(x2 - x1, y2 - y1)
    inside = _box_mask(probability.shape, bike, AT_BIKE * longer)
    paths = [_trace(part, probability, inside, bike) for part in _parts(probability, BRIDGED * longer)]
    found = [path for path in paths if path is not None and path.length >= LEAST_LENGTH]
    return sorted(found, key=lambda path: -path.score * min(path.length, 2.0))


def _box_mask(shape: tuple[int, ...], box: Box, margin: float) -> NDArray[np.uint8]:
    mask = np.zeros(shape, np.uint8)
    x1, y1, x2, y2 = box
    rows = slice(max(0, int(y1 - margin)), max(0, int(np.ceil(y2 + margin))))
    mask[rows, max(0, int(x1 - margin)) : max(0, int(np.ceil(x2 + margin)))] = 1
    return mask


def _parts(probability: Map, gap: float) -> Iterator[NDArray[np.uint8]]:
    """Connected parts, small gaps bridged, that have something sure in them."""
    maybe = (probability >= MAYBE).astype(np.uint8)
    reach = 2 * max(1, round(gap / 2)) + 1
    maybe = np.asarray(cv2.morphologyEx(maybe, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8)), np.uint8)
    count, labels = cv2.connectedComponents(maybe, connectivity=8)
    for label in range(1, count):
        part = labels == label
        if probability[part].max() >= SURELY:
            yield part.astype(np.uint8)


def _trace(part: NDArray[np.uint8], probability: Map, inside: NDArray[np.uint8], bike: Box) -> LeadPath | None:
    """The way from the machine to the farthest point of the part, measured along the part."""
    steps = _steps_from(part & inside, part)
    if steps is None:
        return None
    far = int(steps.argmax())
    point = (far // steps.shape[1], far % steps.shape[1])
    cells = [point]
    while steps[point] > 0:
        point = _previous(steps, point)
        cells.append(point)
    way = np.array(cells[::-1], np.float32)[:, ::-1]
    if len(way) < LEAST_CELLS:
        return None
    near = np.asarray(cv2.dilate(probability, np.ones((3, 3), np.uint8)), np.float32)
    score = float(near[way[1:, 1].astype(int), way[1:, 0].astype(int)].mean())
    longer = max(bike[2] - bike[0], bike[3] - bike[1])
    points = _thinned(way)
    length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum()) / longer
    return LeadPath(points, score, length, _distance(points[-1], bike) / longer)


def _distance(point: Map, box: Box) -> float:
    """From a point to the nearest edge of a box; 0 inside it."""
    x1, y1, x2, y2 = box
    x, y = point.tolist()
    return float(np.hypot(max(x1 - x, 0.0, x - x2), max(y1 - y, 0.0, y - y2)))


def _steps_from(seeds: NDArray[np.uint8], part: NDArray[np.uint8]) -> NDArray[np.int32] | None:
    """(h, w) steps from the seeds within the part, -1 where there is no way; None without seeds."""
    if not seeds.any():
        return None
    steps = np.full(part.shape, -1, np.int32)
    reached = seeds.copy()
    steps[seeds > 0] = 0
    kernel = np.ones((3, 3), np.uint8)
    for step in range(1, sum(part.shape) * 2):
        grown = np.asarray(cv2.dilate(reached, kernel), np.uint8) & part
        fresh = (grown > 0) & (steps < 0)
        if not fresh.any():
            break
        steps[fresh] = step
        reached = grown
    return steps


def _previous(steps: NDArray[np.int32], point: tuple[int, int]) -> tuple[int, int]:
    """A neighbour one step nearer to the machine."""
    row, column = point
    wanted = steps[row, column] - 1
    for r in range(max(0, row - 1), min(steps.shape[0], row + 2)):
        for c in range(max(0, column - 1), min(steps.shape[1], column + 2)):
            if steps[r, c] == wanted:
                return r, c
    raise AssertionError("every reached cell has a neighbour one step nearer")


def _thinned(way: Map, most: int = 24) -> Map:
    """At most so many points of a line, its ends among them."""
    keep = np.unique(np.linspace(0, len(way) - 1, min(most, len(way))).round().astype(int))
    return np.asarray(way[keep], np.float32)
