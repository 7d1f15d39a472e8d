"""Areas and lines of the world as a finished picture shows them, cut at its edges."""

from __future__ import annotations

import cv2
import numpy as np

from models.synth.camera import Camera
from models.synth.develop import View
from models.synth.mesh import Points

NEAR_M = 0.1
"""What is nearer to the lens than this is cut off."""


def area_in_picture(corners: Points, camera: Camera, view: View) -> list[list[float]]:
    """A flat area (N, 3) metres as the finished picture shows it: 0–1, cut at its edges; [] when out of sight."""
    depth = (corners - camera.at) @ camera.forward
    front = cut(corners, depth - NEAR_M)
    if len(front) < 3:
        return []
    pixels, _ = camera.project(front)
    for axis, sign, limit in ((0, 1, 0), (0, -1, -(view.width - 1)), (1, 1, 0), (1, -1, -(view.height - 1))):
        pixels = cut(pixels, sign * pixels[:, axis] - limit)
        if len(pixels) < 3:
            return []
    shown = view.points(_dense(pixels, 24.0))
    for axis, sign, limit in ((0, 1, 0), (0, -1, -1), (1, 1, 0), (1, -1, -1)):
        shown = cut(shown, sign * shown[:, axis] - limit)
        if len(shown) < 3:
            return []
    slim = cv2.approxPolyDP((shown * 4096).astype(np.int32), 12, True)[:, 0, :] / 4096
    if len(slim) < 3:
        return []
    return [[float(x), float(y)] for x, y in slim.round(4)]


def cut(points: Points, inside: Points) -> Points:
    """The part of a polygon (N, k) where a linear function (N,) of its corners is ≥ 0 (Sutherland and Hodgman)."""
    kept = []
    for k in range(len(points)):
        a, b, fa, fb = points[k - 1], points[k], inside[k - 1], inside[k]
        if (fa >= 0) != (fb >= 0):
            kept.append(a + (b - a) * fa / (fa - fb))
        if fb >= 0:
            kept.append(b)
    return np.array(kept).reshape(-1, points.shape[1])


def _dense(points: Points, step: float) -> Points:
    """A closed outline (N, 2) with a point at least every `step`."""
    out = []
    for k in range(len(points)):
        a, b = points[k - 1], points[k]
        count = max(1, int(np.linalg.norm(b - a) / step))
        out += [a + (b - a) * (j + 1) / count for j in range(count)]
    return np.array(out)


def path_in_picture(path: Points, camera: Camera, view: View) -> list[list[float]]:
    """A line (N, 3) metres as the finished picture shows it, or would show it just outside its edges: 0–1."""
    pixels, depth = camera.project(path)
    near = (pixels > (-view.width, -view.height)).all(axis=1) & (pixels < (2 * view.width, 2 * view.height)).all(axis=1)
    return [[float(x), float(y)] for x, y in view.points(pixels[(depth > NEAR_M) & near]).round(4)]
