"""A simple walking person as meshes: x forward, y left, z up, feet on z = 0; metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.synth.look import Look, Part, Thing, thing
from models.synth.mesh import Mesh, Points, beside, ellipsoid, loft, ring, tube


@dataclass(frozen=True, slots=True)
class PersonRecipe:
    """Clothes and build; colours are linear RGB."""

    height_m: float = 1.72
    jacket: tuple[float, float, float] = (0.06, 0.09, 0.16)
    trousers: tuple[float, float, float] = (0.03, 0.032, 0.04)
    shoes: tuple[float, float, float] = (0.3, 0.3, 0.3)
    hair: tuple[float, float, float] = (0.012, 0.01, 0.009)
    skin: tuple[float, float, float] = (0.45, 0.27, 0.18)


@dataclass(frozen=True, slots=True)
class Pose:
    """A moment of a walk. `phase` is the gait in radians (2π = two steps), `stride` metres, `lean` forward in radians.

    `hands` are left and right targets (3,) in the person's frame for a 1.72 m body, or None to let the arms swing.
    """

    phase: float = 0.0
    stride: float = 0.6
    lean: float = 0.04
    hands: tuple[tuple[float, float, float] | None, tuple[float, float, float] | None] = (None, None)


def bend(root: Points, tip: Points, upper: float, lower: float, towards: Points) -> tuple[Points, Points]:
    """Two-bone limb: (joint, reached tip) from `root` to `tip`; the joint bends `towards` that direction."""
    way = tip - root
    reach = float(np.clip(np.linalg.norm(way), 1e-3, (upper + lower) * 0.999))
    way = way / (np.linalg.norm(way) + 1e-9)
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    off = np.sqrt(max(upper**2 - along**2, 0.0))
    side = towards - way * float(np.dot(towards, way))
    side = side / (np.linalg.norm(side) + 1e-9)
    return root + way * along + side * off, root + way * reach


def _limb(a: Points, b: Points, c: Points, radii: tuple[float, float, float]) -> Mesh:
    """A limb through three joints, rounded at the bend."""
    points = [a, a * 0.6 + b * 0.4, a * 0.1 + b * 0.9, b * 0.9 + c * 0.1, b * 0.55 + c * 0.45, c]
    r = [radii[0], radii[0] * 0.98, radii[1] * 1.03, radii[1], radii[1] * 0.99, radii[2]]
    return tube(np.array(points), r, 14)


def _foot(pose: Pose, side: int) -> Points:
    """Ankle position of one foot in the gait: on the ground for half of it, lifted on the way forward."""
    a = pose.phase + (0 if side > 0 else np.pi)
    lift = 0.09 * max(0.0, float(np.sin(a))) if pose.stride > 0.05 else 0.0
    return np.array((-pose.stride / 2 * np.cos(a), side * 0.09, 0.085 + lift))


def _torso(hip: Points, lean: float) -> tuple[list[Points], Points, Points]:
    """Rings of the trunk, and the shoulder line's middle and the head's middle."""
    up = np.array((np.sin(lean), 0.0, np.cos(lean)))
    rows = [(-0.07, 0.105, 0.155), (0.02, 0.115, 0.165), (0.16, 0.105, 0.15), (0.32, 0.125, 0.175), (0.44, 0.12, 0.195)]
    rows += [(0.51, 0.095, 0.165), (0.55, 0.06, 0.08)]
    forward = np.array((np.cos(lean), 0.0, -np.sin(lean)))
    rings = [ring(tuple(hip + up * z), tuple(forward * d), (0, w, 0), 2.5, 24) for z, d, w in rows]
    return rings, hip + up * 0.46, hip + up * 0.70


def person(name: str, recipe: PersonRecipe, pose: Pose, place: Points | None = None) -> Thing:
    """A person in a pose."""
    hip = np.array((0.0, 0.0, 0.93 - 0.03 * abs(np.cos(pose.phase)) * min(pose.stride / 0.6, 1.0)))
    rings, shoulders, head = _torso(hip, pose.lean)
    jacket, trousers = Look(recipe.jacket, 0.85), Look(recipe.trousers, 0.9)
    skin, shoe = Look(recipe.skin, 0.55), Look(recipe.shoes, 0.6)
    parts = [Part(loft(rings), jacket)]
    ahead = np.array((1.0, 0.0, 0.0))
    for side in (1, -1):
        foot = _foot(pose, side)
        knee, ankle = bend(beside(hip, 0, side * 0.09, -0.02), foot, 0.43, 0.42, ahead)
        parts.append(Part(_limb(beside(hip, 0, side * 0.085), knee, ankle, (0.095, 0.068, 0.055)), trousers))
        parts.append(Part(ellipsoid(beside(ankle, 0.055, 0, -0.045), (0.135, 0.05, 0.045), 14, 8), shoe))
        parts += _arm(recipe, pose, side, shoulders, jacket, skin)
    parts.append(Part(tube([beside(head, -0.01, 0, -0.17), beside(head, 0, 0, -0.06)], 0.052, 12), skin))
    parts.append(Part(ellipsoid(head, (0.098, 0.078, 0.122)), skin))
    parts.append(Part(ellipsoid(beside(head, -0.018, 0, 0.042), (0.102, 0.09, 0.108)), Look(recipe.hair, 0.6)))
    parts.append(Part(ellipsoid(beside(head, 0.1, 0, -0.01), (0.016, 0.014, 0.022), 8, 6), skin))
    grown = recipe.height_m / 1.72
    scaled = [Part(Mesh(p.mesh.vertices * grown, p.mesh.faces), p.look) for p in parts]
    return thing(name, "person", scaled, place)


def _arm(recipe: PersonRecipe, pose: Pose, side: int, shoulders: Points, sleeve: Look, skin: Look) -> list[Part]:
    shoulder = beside(shoulders, 0, side * 0.19)
    target = pose.hands[0 if side > 0 else 1]
    if target is None:
        swing = 0.38 * np.cos(pose.phase + (0 if side > 0 else np.pi)) * min(pose.stride / 0.6, 1.0)
        hand = beside(shoulder, 0.52 * float(np.sin(swing)) + 0.06, side * 0.05, -0.50)
    else:
        hand = np.array(target)
    elbow, wrist = bend(shoulder, hand, 0.28, 0.27, np.array((-0.35, side * 0.2, -1.0)))
    arm = Part(_limb(shoulder, elbow, wrist, (0.062, 0.05, 0.042)), sleeve)
    return [arm, Part(ellipsoid(beside(wrist, 0.02, 0, -0.02), (0.05, 0.035, 0.05), 10, 7), skin)]
