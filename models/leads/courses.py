"""How a lead runs in the picture, from where it comes to the machine: curves as points in pixels."""

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""(N, 2) x, y in pixels."""
Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels: the machine."""

STYLES = ("taut", "slack", "floor", "over", "wander", "coil")


def course(rng: np.random.Generator, bike: Box) -> Points:
    """A lead that ends somewhere on the machine and comes from beside, above or before it."""
    x1, y1, x2, y2 = bike
    size = max(x2 - x1, y2 - y1)
    port = np.array((rng.uniform(x1 + 0.1 * (x2 - x1), x2 - 0.1 * (x2 - x1)), rng.uniform(y1 + 0.25 * (y2 - y1), y2)))
    start = _origin(rng, bike, size)
    floor_y = y2 + rng.uniform(-0.15, 0.25) * size
    style = STYLES[int(rng.integers(len(STYLES)))]
    points = _run(rng, start, port, style, size, floor_y)
    wobble = rng.normal(0, 0.004 * size, (max(3, len(points) // 12), 2))
    points = _rounded(points) + _smooth(wobble, len(points))
    return points[::-1] if rng.random() < 0.5 else points


def _origin(rng: np.random.Generator, bike: Box, size: float) -> Points:
    x1, y1, x2, y2 = bike
    side = -1 if rng.random() < 0.5 else 1
    beside = (x2 if side > 0 else x1) + side * rng.uniform(0.1, 1.5) * size
    where = rng.random()
    if where < 0.3:  # a window, a landing above, a ceiling light
        return np.array((rng.uniform(x1 - 0.8 * size, x2 + 0.8 * size), y1 - rng.uniform(0.2, 1.6) * size))
    if where < 0.75:  # a wall socket, a door, a meter box
        return np.array((beside, rng.uniform(y1 - 0.6 * size, y2)))
    return np.array((beside, y2 + rng.uniform(-0.2, 0.3) * size))  # a strip on the floor


def _run(rng: np.random.Generator, start: Points, port: Points, style: str, size: float, floor_y: float) -> Points:
    if style == "taut":
        return _hang(start, port, rng.uniform(0.005, 0.08) * size)
    if style == "slack":
        return _lie(_hang(start, port, rng.uniform(0.1, 0.8) * size), floor_y, rng)
    if style == "over":
        across = rng.uniform(*sorted((start[0], port[0])))
        top = np.array((across, min(start[1], port[1]) - rng.uniform(0.05, 0.5) * size))
        sag = rng.uniform(0.01, 0.15, 2) * size
        return np.concatenate([_hang(start, top, sag[0]), _hang(top, port, sag[1])])
    if style == "wander":
        knots = np.linspace(0, 1, int(rng.integers(4, 8)))[:, None] * (port - start) + start
        knots[1:-1] += rng.normal(0, 0.14 * size, (len(knots) - 2, 2))
        return _smooth(knots, 120)
    foot = np.array((start[0] + rng.normal(0, 0.04) * size, max(floor_y, start[1] + 0.02 * size)))
    legs = [_hang(start, foot, rng.uniform(0, 0.03) * size)]
    if style == "coil":
        legs.append(_coil(rng, foot, size))
    legs.append(_wander(rng, legs[-1][-1], np.array((port[0], floor_y)), size))
    legs.append(_hang(legs[-1][-1], port, rng.uniform(0, 0.1) * size))
    return np.concatenate(legs)


def _hang(a: Points, b: Points, sag: float, count: int = 60) -> Points:
    """A hanging curve: for small sags a parabola is what a chain hangs in."""
    t = np.linspace(0, 1, count)[:, None]
    return a + t * (b - a) + np.array((0.0, 4 * sag)) * t * (1 - t)


def _lie(points: Points, floor_y: float, rng: np.random.Generator) -> Points:
    """What would hang below the floor lies on it, in bends."""
    low = points[:, 1] > floor_y
    bend = np.sin(np.linspace(0, rng.uniform(2, 9), len(points)) + rng.uniform(0, 6)) * rng.uniform(1, 6)
    points = points.copy()
    points[low, 1] = floor_y + bend[low]
    return points


def _wander(rng: np.random.Generator, a: Points, b: Points, size: float) -> Points:
    """Along the floor, seen at a slant: bends are wide, not high."""
    t = np.linspace(0, 1, 80)[:, None]
    swing = np.sin(2 * np.pi * t * rng.uniform(0.5, 2.5) + rng.uniform(0, 6)) * np.sin(np.pi * t)
    return np.asarray(a + t * (b - a) + swing * np.array((rng.normal(0, 0.08), rng.normal(0, 0.08))) * size)


def _coil(rng: np.random.Generator, at: Points, size: float) -> Points:
    turns = np.linspace(0, 2 * np.pi * rng.uniform(1.2, 4), 90)
    radius = rng.uniform(0.03, 0.12) * size * (1 + 0.1 * np.sin(turns * 1.3))
    drift = np.linspace(0, rng.uniform(-0.03, 0.03) * size, 90)
    up = rng.uniform(0.25, 0.7) * radius * (np.cos(turns) - 1)
    return np.asarray(at + np.stack((radius * np.sin(turns) + drift, up), 1))


def _rounded(points: Points) -> Points:
    """No cable turns a sharp corner: each point becomes the mean of its neighbours, the ends stay."""
    padded = np.concatenate([np.repeat(points[:1], 4, 0), points, np.repeat(points[-1:], 4, 0)])
    return np.stack([np.convolve(padded[:, axis], np.full(9, 1 / 9), "valid") for axis in (0, 1)], 1)


def _smooth(knots: Points, count: int) -> Points:
    """A smooth curve through or near a few points: linear samples, averaged along the way."""
    at = np.linspace(0, len(knots) - 1, count + 24)
    dense = np.stack([np.interp(at, np.arange(len(knots)), knots[:, axis]) for axis in (0, 1)], 1)
    kernel = np.hanning(27)[1:-1]
    kernel /= kernel.sum()
    return np.stack([np.convolve(dense[:, axis], kernel, "valid") for axis in (0, 1)], 1)
