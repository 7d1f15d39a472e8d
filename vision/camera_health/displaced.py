"""Whether a view has been displaced: shifted, turned or zoomed by little, so that it still overlaps its usual self."""

import cv2
import numpy as np

from vision.camera_health.glimpse import COLUMNS, HEIGHT, WIDTH, Plane
from vision.camera_health.usual import Blocks

REACH = 16
"""Cells (of 160) in each direction within which a block is looked for: a tenth of the picture."""
BLOCK = WIDTH // COLUMNS
MATCHED = 0.55
"""Correlation from which a block is found again."""
RIVAL = 0.06
"""How much better it must be found elsewhere than where it was: along a straight edge all places are alike."""
ONE_WAY = 0.8
"""Share of a block's edges in one direction from which it is a straight edge, and cannot tell how far it went."""
LEAST_BLOCKS = 5
AGREE = 0.6
"""Share of the blocks found that must have gone the same way: a van or a door takes a few of them along, not these."""
NEAR = 1.5
"""Cells within which a block has gone the same way."""


def displacement(usual: Plane, recent: Plane, judged: Blocks) -> float:
    """How far the corners of the view have gone, share of the picture's width; 0 if it stands, or cannot be told."""
    padded = np.pad(recent, ((0, 0), (REACH, REACH), (REACH, REACH))).transpose(1, 2, 0)
    found: list[tuple[tuple[float, float], tuple[float, float]]] = []
    for row, column in np.argwhere(judged):
        top, left = int(row) * BLOCK, int(column) * BLOCK
        block = usual[:, top : top + BLOCK, left : left + BLOCK]
        shift = _shift(block, padded[top : top + BLOCK + 2 * REACH, left : left + BLOCK + 2 * REACH])
        if shift is not None:
            centre = left + BLOCK / 2, top + BLOCK / 2
            found.append((centre, (centre[0] + shift[0], centre[1] + shift[1])))
    if len(found) < LEAST_BLOCKS:
        return 0.0
    return _common_way(np.array([a for a, _ in found], np.float32), np.array([b for _, b in found], np.float32))


def _shift(block: Plane, around: Plane) -> tuple[int, int] | None:
    """Where the block went, cells; None if it cannot be told."""
    length = float(np.hypot(block[0], block[1]).sum())
    if length == 0 or float(np.hypot(*block.sum((1, 2)))) > ONE_WAY * length:
        return None
    scores = cv2.matchTemplate(
        np.ascontiguousarray(around), np.ascontiguousarray(block.transpose(1, 2, 0)), cv2.TM_CCORR_NORMED
    )
    _, best, _, (x, y) = cv2.minMaxLoc(scores)
    if best < MATCHED:
        return None
    return (x - REACH, y - REACH) if best > scores[REACH, REACH] + RIVAL else (0, 0)


def _common_way(before: Plane, after: Plane) -> float:
    cv2.setRNGSeed(0)  # the search tries pairs at random: the same pictures are to give the same answer
    turn, same = cv2.estimateAffinePartial2D(before, after, method=cv2.RANSAC, ransacReprojThreshold=NEAR)
    if turn is None or float(same.mean()) < AGREE or int(same.sum()) < LEAST_BLOCKS:
        return 0.0
    corners = np.array([[0, 0, 1], [WIDTH, 0, 1], [0, HEIGHT, 1], [WIDTH, HEIGHT, 1]], np.float32)
    gone = corners @ turn.T.astype(np.float32) - corners[:, :2]
    return float(np.hypot(gone[:, 0], gone[:, 1]).max()) / WIDTH
