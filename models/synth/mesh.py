"""Small solid-modelling kit in plain numpy: everything in the synthetic world is made of these few shapes.

Lengths are metres, angles radians; x right, y forward, z up unless a function says otherwise.  No Blender here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""(N, 3) float64, metres."""
Vector = Sequence[float] | Points
"""x, y, z."""


@dataclass(frozen=True, slots=True)
class Mesh:
    """Polygons over shared vertices: `vertices` (N, 3) metres, `faces` tuples of vertex numbers, counter-clockwise."""

    vertices: Points
    faces: tuple[tuple[int, ...], ...]

    def moved(self, matrix: Points) -> Mesh:
        """The mesh under a 4×4 transform."""
        return Mesh(apply(matrix, self.vertices), self.faces)


def apply(matrix: Points, points: Points) -> Points:
    """Points (N, 3) under a 4×4 transform."""
    return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])


def beside(point: Points, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Points:
    """The point (3,) so many metres away."""
    return np.asarray(point + np.array((x, y, z)))


def shift(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Points:
    """4×4 translation, metres."""
    matrix = np.eye(4)
    matrix[:3, 3] = (x, y, z)
    return matrix


def turn(axis: str, angle: float) -> Points:
    """4×4 right-handed rotation about one of the axes "x", "y", "z"; angle in radians."""
    i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(4)
    matrix[i, i] = matrix[j, j] = np.cos(angle)
    matrix[i, j], matrix[j, i] = -np.sin(angle), np.sin(angle)
    return matrix


def join(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh out of several."""
    vertices: list[Points] = []
    faces: list[tuple[int, ...]] = []
    start = 0
    for mesh in meshes:
        vertices.append(mesh.vertices)
        faces.extend(tuple(i + start for i in face) for face in mesh.faces)
        start += len(mesh.vertices)
    return Mesh(np.concatenate(vertices), tuple(faces))


def box(low: Vector, high: Vector) -> Mesh:
    """Axis-aligned box between two corners."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    corners = [(x0, y0, z0), (x1, y0, z0), (x1, y1, z0), (x0, y1, z0), (x0, y0, z1), (x1, y0, z1), (x1, y1, z1)]
    corners.append((x0, y1, z1))
    faces = ((3, 2, 1, 0), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))
    return Mesh(np.array(corners, float), faces)


def card(origin: Vector, right: Vector, up: Vector) -> Mesh:
    """One quadrilateral that carries a picture: lower-left corner and its two edge vectors."""
    o, r, u = (np.array(v, float) for v in (origin, right, up))
    return Mesh(np.stack([o, o + r, o + r + u, o + u]), ((0, 1, 2, 3),))


def ring(centre: Vector, u: Vector, v: Vector, power: float = 2.0, n: int = 28) -> Points:
    """Super-ellipse (N, 3) around `centre` with half-axes `u` and `v`; power 2 = ellipse, 6 = nearly a rectangle."""
    t = np.linspace(0, 2 * np.pi, n, endpoint=False)
    c, s = np.cos(t), np.sin(t)
    a = np.sign(c) * np.abs(c) ** (2 / power)
    b = np.sign(s) * np.abs(s) ** (2 / power)
    return np.asarray(np.array(centre, float) + np.outer(a, u) + np.outer(b, v))


def loft(rings: Sequence[Points], closed: bool = False) -> Mesh:
    """Skin over rings of equal length; the ends are capped unless `closed` joins the last ring to the first."""
    n, count = len(rings[0]), len(rings)
    faces: list[tuple[int, ...]] = []
    for k in range(count if closed else count - 1):
        a, b = k * n, ((k + 1) % count) * n
        faces += [(a + i, a + (i + 1) % n, b + (i + 1) % n, b + i) for i in range(n)]
    if not closed:
        faces.append(tuple(range(n - 1, -1, -1)))
        faces.append(tuple((count - 1) * n + i for i in range(n)))
    return Mesh(np.concatenate(list(rings)), tuple(faces))


def tube(path: Points | Sequence[Vector], radius: float | Sequence[float], n: int = 8) -> Mesh:
    """Round tube along a polyline; `radius` is one number or one per point."""
    points = np.asarray(path, float)
    radii = np.broadcast_to(np.asarray(radius, float), (len(points),))
    tangents = np.gradient(points, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True) + 1e-12
    side = np.cross(tangents[0], (0.0, 0.0, 1.0) if abs(tangents[0][2]) < 0.9 else (1.0, 0.0, 0.0))
    rings = []
    for point, tangent, r in zip(points, tangents, radii, strict=True):
        side = side - tangent * np.dot(side, tangent)
        side /= np.linalg.norm(side) + 1e-12
        rings.append(ring(point, tuple(side * r), tuple(np.cross(tangent, side) * r), n=n))
    return loft(rings)


def lathe(profile: Sequence[tuple[float, float]], n: int = 28, closed: bool = False) -> Mesh:
    """Turn a profile of (radius, z) around the z axis."""
    rings = [ring((0, 0, z), (max(r, 1e-4), 0, 0), (0, max(r, 1e-4), 0), n=n) for r, z in profile]
    return loft(rings, closed)


def torus(radius: float, thickness: float, n: int = 40, m: int = 12, squash: float = 1.0) -> Mesh:
    """Torus around z: `radius` to the middle of the tube, `thickness` the tube's radius, `squash` its height factor."""
    angles = np.linspace(0, 2 * np.pi, m, endpoint=False)
    profile = [(radius + thickness * float(np.cos(a)), thickness * squash * float(np.sin(a))) for a in angles]
    return lathe(profile, n, closed=True)


def ellipsoid(centre: Vector, half: Vector, n: int = 20, m: int = 11) -> Mesh:
    """Ellipsoid with half-axes along x, y, z."""
    rings = []
    for a in np.linspace(-np.pi / 2 + 0.02, np.pi / 2 - 0.02, m):
        c, s = float(np.cos(a)), float(np.sin(a))
        middle = (centre[0], centre[1], centre[2] + half[2] * s)
        rings.append(ring(middle, (half[0] * c, 0, 0), (0, half[1] * c, 0), n=n))
    return loft(rings)


def soft_box(centre: Vector, half: Vector, power: float = 6.0, edge: float = 0.15) -> Mesh:
    """Box with rounded edges; `edge` is the rounding as a part of the half-height (along z)."""
    levels = [
        (-1.0, 0.82),
        (-1 + edge * 0.4, 0.95),
        (-1 + edge, 1.0),
        (1 - edge, 1.0),
        (1 - edge * 0.4, 0.95),
        (1.0, 0.82),
    ]
    rings = [
        ring((centre[0], centre[1], centre[2] + half[2] * z), (half[0] * f, 0, 0), (0, half[1] * f, 0), power)
        for z, f in levels
    ]
    return loft(rings)


def arc_strip(
    radius: float, start: float, stop: float, half_width: float, thickness: float = 0.012, n: int = 14
) -> Mesh:
    """Mudguard: a strip bent around the y axis at `radius`, angles `start` to `stop` (0 = forward, up is positive)."""
    rings = []
    for a in np.linspace(start, stop, n):
        out = np.array((np.cos(a), 0.0, np.sin(a)))
        r = ring(tuple(out * radius), tuple(out * thickness), (0, half_width, 0), 3.0, n=16)
        bow = (np.abs(r[:, 1]) / half_width) ** 2
        rings.append(r - np.outer(bow * half_width * 0.35, out))
    return loft(rings)
