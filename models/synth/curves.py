"""Hanging and lying leads: catenaries and loose floor curves, in metres."""

from __future__ import annotations

import numpy as np

from models.synth.mesh import Points


def catenary(start: Points, end: Points, slack: float, n: int = 48) -> Points:
    """(n, 3) points of a lead from `start` to `end`, longer than the straight line by the share `slack` (> 0).

    The length is `(1 + slack) * |end - start|`.  The parameter is found by bisection of
    sqrt(length² − rise²) = 2 a sinh(span / 2a).
    """
    if slack <= 0:
        raise ValueError(f"slack must be > 0, got {slack}")
    a_point, b_point = np.asarray(start, float), np.asarray(end, float)
    flat = b_point[:2] - a_point[:2]
    span, rise = float(np.hypot(*flat)), float(b_point[2] - a_point[2])
    length = (1 + slack) * float(np.linalg.norm(b_point - a_point))
    s = np.linspace(0.0, 1.0, n)
    if span < 1e-6:
        return _plumb(a_point, b_point, length, s)
    a = _parameter(span, float(np.sqrt(length**2 - rise**2)))
    shift = span / 2 - a * np.arctanh(rise / length)
    z = a * (np.cosh((s * span - shift) / a) - np.cosh(shift / a))
    points = np.empty((n, 3))
    points[:, :2] = a_point[:2] + np.outer(s, flat)
    points[:, 2] = a_point[2] + z
    points[-1] = b_point
    return points


def _parameter(span: float, chord: float) -> float:
    """The catenary's `a` (metres) for a horizontal span and sqrt(length² − rise²)."""
    low, high = span / 600, span * 1e4
    for _ in range(200):
        a = float(np.sqrt(low * high))
        if 2 * a * np.sinh(span / (2 * a)) > chord:
            low = a
        else:
            high = a
    return float(np.sqrt(low * high))


def _plumb(start: Points, end: Points, length: float, s: Points) -> Points:
    """Both ends on one vertical: the lead falls straight down and comes back up."""
    lowest = (start[2] + end[2] - length) / 2
    z = np.where(s < 0.5, start[2] + (lowest - start[2]) * 2 * s, lowest + (end[2] - lowest) * (2 * s - 1))
    return np.column_stack([np.full_like(s, start[0]), np.full_like(s, start[1]), z])


def rest_on_floor(points: Points, radius: float, seed: int, wander: float = 0.06) -> Points:
    """The curve with everything below the floor laid on it, wandering sideways by about `wander` metres."""
    rng = np.random.default_rng(seed)
    out = points.copy()
    lying = np.clip((0.12 - out[:, 2]) / 0.12, 0.0, 1.0)
    t = np.linspace(0, 1, len(out))
    for axis in (0, 1):
        wave = sum(rng.normal() * np.sin(np.pi * k * t) / k for k in (1, 2, 3, 5))
        out[:, axis] += lying * wander * wave
    out[:, 2] = np.maximum(out[:, 2], radius)
    return out
