"""A simple walking person as meshes: x forward, y left, z up, feet on z = 0; metres."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.synth.look import Look, Part, Thing, thing
from models.synth.mesh import Mesh, Points, beside, ellipsoid, loft, ring, shift, tube

WHEELED_BEHIND = ("wheelchair", "pram", "trolley")
"""Things that are pushed from behind; everything else with wheels is led by its handlebar."""
SIDE_M, BEHIND_M = 0.46, 0.62


@dataclass(frozen=True, slots=True)
class PersonRecipe:
    """Clothes and build; colours are linear RGB."""

    height_m: float = 1.72
    jacket: tuple[float, float, float] = (0.06, 0.09, 0.16)
    trousers: tuple[float, float, float] = (0.03, 0.032, 0.04)
    shoes: tuple[float, float, float] = (0.3, 0.3, 0.3)
    hair: tuple[float, float, float] = (0.012, 0.01, 0.009)
    skin: tuple[float, float, float] = (0.45, 0.27, 0.18)
    girth: float = 1.0
    coat: bool = False
    headgear: str = ""  # "", "cap", "helmet" or "long hair"
    backpack: bool = False


@dataclass(frozen=True, slots=True)
class Pose:
    """A moment of a walk. `phase` is the gait in radians (2π = two steps), `stride` metres, `lean` forward in radians.

    `hands` are left and right targets (3,) in the person's frame for a 1.72 m body, or None to let the arms swing.
    """

    phase: float = 0.0
    stride: float = 0.6
    lean: float = 0.04
    hands: tuple[tuple[float, float, float] | None, tuple[float, float, float] | None] = (None, None)
    hip_m: float = 0.93
    feet: tuple[tuple[float, float, float], tuple[float, float, float]] | None = None


def walking(phase: float, speed: float = 1.2) -> Pose:
    """A moment of a walk at `speed` m/s."""
    return Pose(phase, float(np.clip(0.5 * speed, 0.05, 0.75)), 0.03 + 0.02 * speed)


def standing() -> Pose:
    """At rest, arms down."""
    return Pose(0.0, 0.05, 0.02)


def pushing(phase: float, speed: float = 1.0) -> Pose:
    """Both hands on a handlebar ahead and to the left, at 1.05 m; at rest with `speed` 0."""
    return Pose(phase, 0.6 if speed > 0 else 0.12, 0.14, ((0.32, 0.75, 1.06), (0.30, 0.12, 1.06)))


def beside_machine(what: str, side: int) -> Points:
    """Where the person walks, seen from the thing that they push: on its left (1) or right (-1), or behind it; 4×4."""
    return shift(-BEHIND_M) if what in WHEELED_BEHIND else shift(-0.04, side * SIDE_M)


def holding(what: str, side: int, phase: float, speed: float) -> Pose:
    """How a person holds what they push; people lead a machine on its right (-1) unless they cannot."""
    if what in WHEELED_BEHIND:
        return carrying(phase, speed)
    pose = pushing(phase, speed)
    if side < 0:
        return pose
    left, right = pose.hands
    return replace(pose, hands=(_across(right), _across(left)))


def _across(hand: tuple[float, float, float] | None) -> tuple[float, float, float] | None:
    return None if hand is None else (hand[0], -hand[1], hand[2])


def carrying(phase: float, speed: float = 1.1) -> Pose:
    """A load held before the belly with both hands."""
    return Pose(phase, float(np.clip(0.5 * speed, 0.05, 0.6)), -0.04, ((0.36, 0.17, 1.02), (0.36, -0.17, 1.02)))


def crouching() -> Pose:
    """On the heels, hands near the ground ahead."""
    feet = ((0.12, 0.13, 0.085), (0.02, -0.13, 0.085))
    return Pose(0.0, 0.0, 0.55, ((0.55, 0.14, 0.35), (0.55, -0.12, 0.35)), 0.42, feet)


def seated() -> Pose:
    """On a seat 0.45–0.75 m high: thighs level, hands ahead."""
    feet = ((0.45, 0.14, 0.22), (0.45, -0.14, 0.22))
    return Pose(0.0, 0.0, 0.08, ((0.42, 0.24, 0.95), (0.42, -0.24, 0.95)), 0.66, feet)


def random_person(rng: np.random.Generator) -> PersonRecipe:
    """Somebody: tall or small, in any clothes; nobody in particular."""
    child, old = rng.random() < 0.1, rng.random() < 0.3
    height = float(rng.uniform(1.1, 1.4)) if child else float(rng.normal(1.64 if not old else 1.58, 0.08))
    bright = float(rng.choice((0.05, 0.2, 0.5)))
    jacket, trousers = rng.uniform(0.01, bright + 0.1, 3), rng.uniform(0.01, 0.12, 3)
    tone = float(rng.uniform(0.45, 1.15))
    hair = (0.4, 0.4, 0.4) if old and rng.random() < 0.6 else (0.012, 0.01, 0.009)
    return PersonRecipe(
        height_m=float(np.clip(height, 1.05, 1.9)),
        jacket=_colour(jacket),
        trousers=_colour(trousers),
        shoes=_colour(rng.uniform(0.01, 0.6) * np.ones(3)),
        hair=hair,
        skin=(0.45 * tone, 0.28 * tone, 0.19 * tone),
        girth=float(rng.uniform(0.88, 1.3)),
        coat=bool(rng.random() < 0.3),
        headgear=str(rng.choice(("", "cap", "helmet", "long hair"), p=(0.55, 0.15, 0.12, 0.18))),
        backpack=bool(rng.random() < 0.12),
    )


def _colour(values: Points) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


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
    """Ankle position of one foot: where the pose wants it, or in the gait (on the ground for half of it)."""
    if pose.feet is not None:
        return np.array(pose.feet[0 if side > 0 else 1])
    a = pose.phase + (0 if side > 0 else np.pi)
    lift = 0.09 * max(0.0, float(np.sin(a))) if pose.stride > 0.05 else 0.0
    return np.array((-pose.stride / 2 * np.cos(a), side * 0.09, 0.085 + lift))


def _torso(hip: Points, lean: float, girth: float = 1.0) -> tuple[list[Points], Points, Points]:
    """Rings of the trunk, and the shoulder line's middle and the head's middle."""
    up = np.array((np.sin(lean), 0.0, np.cos(lean)))
    rows = [(-0.07, 0.105, 0.155), (0.02, 0.115, 0.165), (0.16, 0.105, 0.15), (0.32, 0.125, 0.175), (0.44, 0.12, 0.195)]
    rows += [(0.51, 0.095, 0.165), (0.55, 0.06, 0.08)]
    forward = np.array((np.cos(lean), 0.0, -np.sin(lean)))
    rings = [ring(tuple(hip + up * z), tuple(forward * d * girth), (0, w * girth, 0), 2.5, 24) for z, d, w in rows]
    return rings, hip + up * 0.46, hip + up * 0.70


def person(name: str, recipe: PersonRecipe, pose: Pose, place: Points | None = None) -> Thing:
    """A person in a pose."""
    hip = np.array((0.0, 0.0, pose.hip_m - 0.03 * abs(np.cos(pose.phase)) * min(pose.stride / 0.6, 1.0)))
    rings, shoulders, head = _torso(hip, pose.lean, recipe.girth)
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
    parts += _extras(recipe, pose, hip, shoulders, head, jacket)
    grown = recipe.height_m / 1.72
    scaled = [Part(Mesh(p.mesh.vertices * grown, p.mesh.faces), p.look) for p in parts]
    return thing(name, "person", scaled, place)


def _extras(recipe: PersonRecipe, pose: Pose, hip: Points, shoulders: Points, head: Points, jacket: Look) -> list[Part]:
    """Coat tails, headgear, backpack."""
    parts = []
    if recipe.coat and pose.feet is None:
        rows = [(-0.42, 0.15, 0.2), (-0.2, 0.14, 0.19), (0.02, 0.12, 0.172)]
        tails = [
            ring(tuple(beside(hip, 0, 0, z)), (d * recipe.girth, 0, 0), (0, w * recipe.girth, 0), 2.4, 24)
            for z, d, w in rows
        ]
        parts.append(Part(loft(tails), jacket))
    if recipe.headgear == "cap":
        parts.append(Part(ellipsoid(beside(head, 0.0, 0, 0.07), (0.11, 0.095, 0.075)), jacket))
        parts.append(Part(ellipsoid(beside(head, 0.12, 0, 0.05), (0.07, 0.07, 0.01), 10, 6), jacket))
    elif recipe.headgear == "helmet":
        parts.append(
            Part(ellipsoid(beside(head, -0.01, 0, 0.05), (0.135, 0.12, 0.125)), Look(recipe.shoes, 0.25, coat=0.6))
        )
    elif recipe.headgear == "long hair":
        parts.append(Part(ellipsoid(beside(head, -0.06, 0, -0.06), (0.075, 0.1, 0.17)), Look(recipe.hair, 0.6)))
    if recipe.backpack:
        sack = ellipsoid(beside(shoulders, -0.2, 0, -0.16), (0.1, 0.15, 0.22))
        parts.append(Part(sack, Look(recipe.trousers, 0.7)))
    return parts


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
