"""Boxes and polygons. Boxes are xyxy; arrays are float32; coordinates are pixels or 0–1 as the caller says.

One box is a `Box` of plain numbers, many are `Boxes`, an array.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2."""

Polygon = tuple[tuple[float, float], ...]
"""K ≥ 3 points (x, y)."""

Boxes = NDArray[np.float32]


def area(xyxy: Boxes) -> Boxes:
    """(N,) areas of (N, 4) boxes; a box turned inside out has area 0."""
    return np.asarray(np.clip(xyxy[:, 2] - xyxy[:, 0], 0, None) * np.clip(xyxy[:, 3] - xyxy[:, 1], 0, None), np.float32)


def intersection(a: Boxes, b: Boxes) -> Boxes:
    """(N, M) shared areas of (N, 4) and (M, 4) boxes."""
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    side = np.clip(bottom_right - top_left, 0, None)
    return np.asarray(side[..., 0] * side[..., 1], np.float32)


def iou(a: Boxes, b: Boxes) -> Boxes:
    """(N, M) intersection over union of (N, 4) and (M, 4) boxes; 0 where both are empty."""
    shared = intersection(a, b)
    union = area(a)[:, None] + area(b)[None, :] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0), np.float32)


def coverage(a: Boxes, b: Boxes) -> Boxes:
    """(N, M) share of each box of `a` that lies in each box of `b`."""
    shared = intersection(a, b)
    own = area(a)[:, None]
    return np.asarray(np.divide(shared, own, out=np.zeros_like(shared), where=own > 0), np.float32)


def overlap(a: Boxes, b: Boxes) -> Boxes:
    """(N, M) share of the smaller of two boxes that lies in the larger."""
    return np.asarray(np.maximum(coverage(a, b), coverage(b, a).T), np.float32)


def covered(box: Box, others: Sequence[Box]) -> float:
    """The largest share of a box that lies in one of the others; 0 where there are none."""
    if not others:
        return 0.0
    return float(coverage(np.array([box], np.float32), np.array(others, np.float32)).max())


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds them all."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def grown(box: Box, share: float) -> Box:
    """A box with this share of its sides more on every side."""
    x1, y1, x2, y2 = box
    dx, dy = share * (x2 - x1), share * (y2 - y1)
    return x1 - dx, y1 - dy, x2 + dx, y2 + dy


def unit_box(xyxy: Sequence[float], size: tuple[int, int]) -> Box:
    """A box in pixels of a picture of this size (width, height) as 0–1 of it, clipped to it."""
    width, height = size
    x1, y1, x2, y2 = (float(v) for v in xyxy)
    return (
        min(max(x1 / width, 0.0), 1.0),
        min(max(y1 / height, 0.0), 1.0),
        min(max(x2 / width, 0.0), 1.0),
        min(max(y2 / height, 0.0), 1.0),
    )


def gap(a: Boxes, b: Boxes) -> Boxes:
    """(N, M) straight distance between the nearest edges of (N, 4) and (M, 4) boxes; 0 where they touch."""
    apart = np.maximum(a[:, None, :2] - b[None, :, 2:], b[None, :, :2] - a[:, None, 2:])
    return np.asarray(np.linalg.norm(np.clip(apart, 0, None), axis=-1), np.float32)


def inside(points: Boxes, polygon: Boxes) -> NDArray[np.bool_]:
    """(N,) whether each of (N, 2) points lies in the (K, 2) polygon: even-odd rule, ray casting."""
    x, y = points[:, 0, None], points[:, 1, None]
    start, end = polygon, np.roll(polygon, -1, axis=0)
    crosses = (start[None, :, 1] > y) != (end[None, :, 1] > y)
    rise = end[:, 1] - start[:, 1]
    slope = np.divide(end[:, 0] - start[:, 0], rise, out=np.zeros_like(rise), where=rise != 0)
    left = x < slope[None] * (y - start[None, :, 1]) + start[None, :, 0]
    return np.asarray((crosses & left).sum(axis=1) % 2 == 1)


def inside_any(points: Boxes, polygons: Sequence[Polygon]) -> NDArray[np.bool_]:
    """(N,) whether each of (N, 2) points lies in at least one of the polygons."""
    within = np.zeros(len(points), np.bool_)
    for polygon in polygons:
        within |= inside(points, np.array(polygon, np.float32))
    return within


def polygon_area(polygon: Boxes) -> float:
    """Area of a simple (K, 2) polygon: shoelace formula."""
    x, y = polygon[:, 0], polygon[:, 1]
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def cut_off(polygon: Boxes) -> float:
    """Area of the largest part that the sides of a (K, 2) polygon in units of the picture cut off by crossing each
    other; 0 where none cross. Sides that touch or run along each other do not cross.

    At a crossing the way round falls into two rounds: the area of the smaller is what is cut off.
    """
    corners = _corners(np.asarray(polygon, np.float64))
    following = np.roll(corners, -1, axis=0)
    side = following - corners
    wedges = _turn(corners, following)
    before = np.concatenate([[0.0], np.cumsum(wedges)])
    largest = 0.0
    for at in range(len(corners) - 2):
        others = np.arange(at + 2, len(corners) - (at == 0))  # neither neighbour of the side
        near, far = (_turn(side[at], ends[others] - corners[at]) for ends in (corners, following))
        back, forth = (_turn(side[others], end - corners[others]) for end in (corners[at], following[at]))
        met = _apart(near, far) & _apart(back, forth)
        crossing, near, far = others[met], near[met], far[met]
        point = corners[crossing] + (near / (near - far))[:, None] * side[crossing]
        round_ = before[crossing] - before[at + 1] + _turn(corners[crossing], point) + _turn(point, following[at])
        smaller = np.minimum(np.abs(round_), np.abs(before[-1] - round_)) / 2
        largest = max(largest, float(smaller.max(initial=0.0)))
    return largest


def is_flat(polygon: Boxes, least: float) -> bool:
    """Whether the points of a (K, 2) polygon lie on one line, or so near each other that no two sides from the first
    of them span an area of `least` together, in whatever order they come."""
    arms = np.asarray(polygon, np.float64)[1:] - np.asarray(polygon, np.float64)[0]
    return bool(np.abs(_turn(arms[:-1], arms[1:])).sum() / 2 < least)


_STRAIGHT = 1e-9
"""Twice the area of a triangle, in units of the picture, below which its points lie on a line."""


def _turn(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Twice the signed area between vectors (…, 2)."""
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])


def _apart(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether two turns go to different sides, and neither is none."""
    return np.asarray((np.minimum(np.abs(a), np.abs(b)) > _STRAIGHT) & ((a > 0) != (b > 0)))


def _corners(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without points that are repeated, or lie on the way from one neighbour to the other: a side that is crossed
    there is crossed."""
    points = points[(points != np.roll(points, 1, axis=0)).any(axis=1)]
    come, go = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    straight = (np.abs(_turn(come, go)) <= _STRAIGHT) & ((come * go).sum(axis=1) > 0)
    return np.asarray(points[~straight])


def near_polygon(point: tuple[float, float], polygon: Polygon, reach: float) -> bool:
    """Whether a point lies in a polygon or at most `reach` beside its edge, in the units of both."""
    x, y = point
    corners = np.array(polygon, np.float32)
    if inside(np.array([[x, y]], np.float32), corners)[0]:
        return True
    start, end = corners, np.roll(corners, -1, axis=0)
    way = end - start
    share = ((x - start[:, 0]) * way[:, 0] + (y - start[:, 1]) * way[:, 1]) / np.maximum((way**2).sum(axis=1), 1e-12)
    foot = start + np.clip(share, 0, 1)[:, None] * way
    return bool(np.hypot(foot[:, 0] - x, foot[:, 1] - y).min() <= reach)


def is_convex(polygon: Boxes) -> bool:
    """Whether a (K, 2) polygon turns the same way at each of its corners, and nowhere goes straight on."""
    side = np.roll(polygon, -1, axis=0) - polygon
    following = np.roll(side, -1, axis=0)
    turn = side[:, 0] * following[:, 1] - side[:, 1] * following[:, 0]
    return bool((turn > 1e-6).all() or (turn < -1e-6).all())
