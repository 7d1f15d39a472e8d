"""More of what people leave on escape routes (label class clutter), and the burn drum. Local frame, metres."""

from __future__ import annotations

import numpy as np

from models.synth.look import PLASTIC, STEEL, Look, Part, Thing, thing
from models.synth.mesh import Points, box, card, ellipsoid, join, lathe, shift, soft_box, tube, turn
from models.synth.pictures import cardboard, woven
from models.synth.things.household import bags, carton, carton_pile, chair, shelf
from models.synth.world import Colour

WOODS: tuple[Colour, ...] = (
    (0.22, 0.1, 0.04),
    (0.36, 0.2, 0.09),
    (0.5, 0.36, 0.2),
    (0.62, 0.6, 0.55),
    (0.1, 0.06, 0.04),
)


def _wood(rng: np.random.Generator) -> Look:
    return Look(WOODS[int(rng.integers(len(WOODS)))], float(rng.uniform(0.35, 0.7)))


def _cloth(rng: np.random.Generator) -> Look:
    r, g, b = (float(v) for v in rng.uniform(0.03, 0.55, 3))
    return Look((r, g, b), 0.9)


def stool(rng: np.random.Generator, place: Points) -> Thing:
    """A plastic or wooden stool."""
    look = _cloth(rng) if rng.random() < 0.6 else _wood(rng)
    legs = [tube([(x, y, 0), (0.75 * x, 0.75 * y, 0.44)], 0.022, 7) for x in (-0.16, 0.16) for y in (-0.16, 0.16)]
    return thing("stool", "clutter", [Part(join([*legs, soft_box((0, 0, 0.45), (0.16, 0.16, 0.02), 5)]), look)], place)


def cabinet(rng: np.random.Generator, place: Points) -> Thing:
    """An old cupboard or wardrobe with doors, perhaps with things on top."""
    w, d, h = (float(v) for v in rng.uniform((0.6, 0.35, 0.8), (1.0, 0.5, 1.9)))
    wood, dark = _wood(rng), Look((0.04, 0.03, 0.025), 0.6)
    parts = [Part(box((-w / 2, -d / 2, 0), (w / 2, d / 2, h)), wood, False)]
    parts.append(Part(box((-0.004, -d / 2 - 0.003, 0.06), (0.004, -d / 2, h - 0.04)), dark, False))
    if rng.random() < 0.5:
        parts.append(Part(box((-w / 2, -d / 2 - 0.003, 0.4 * h), (w / 2, -d / 2, 0.4 * h + 0.008)), dark, False))
    for side in (-1, 1):
        knob = tube([(side * 0.05, -d / 2 - 0.02, 0.55 * h), (side * 0.05, -d / 2 - 0.02, 0.63 * h)], 0.008, 6)
        parts.append(Part(knob, STEEL))
    if rng.random() < 0.5 and h < 1.5:
        parts += carton((0.4, 0.3, 0.25), int(rng.integers(999)), shift(float(rng.uniform(-0.1, 0.1)), 0, h))
    return thing("cabinet", "clutter", parts, place)


def sofa(rng: np.random.Generator, place: Points) -> Thing:
    """A worn two-seater, x along its width."""
    cloth = _cloth(rng)
    parts = [Part(soft_box((0, 0, 0.24), (0.75, 0.38, 0.2), 7, 0.2), cloth)]
    parts.append(Part(soft_box((0, 0.32, 0.55), (0.75, 0.12, 0.3), 6, 0.3), cloth))
    for side in (-1, 1):
        parts.append(Part(soft_box((side * 0.72, 0, 0.38), (0.1, 0.38, 0.24), 6, 0.3), cloth))
        parts.append(
            Part(
                soft_box((side * 0.33, -0.04, 0.45), (0.3, 0.3, 0.07), 5, 0.5),
                _cloth(rng) if rng.random() < 0.3 else cloth,
            )
        )
    return thing("sofa", "clutter", parts, place)


def mattress(rng: np.random.Generator, place: Points) -> Thing:
    """A mattress that leans on a wall at its back."""
    w, h = float(rng.uniform(0.9, 1.3)), float(rng.uniform(1.5, 1.95))
    lean = shift(0, -0.12, 0.0) @ turn("x", -float(rng.uniform(0.08, 0.2)))
    body = soft_box((0, 0.1, h / 2), (w / 2, 0.1, h / 2), 9, 0.05).moved(lean)
    stripes = [
        box((x - 0.02, -0.004, 0.05), (x + 0.02, 0.0, h - 0.05)).moved(lean)
        for x in np.linspace(-w / 2 + 0.1, w / 2 - 0.1, 6)
    ]
    parts = [Part(body, Look((0.62, 0.6, 0.55), 0.9)), Part(join(stripes), _cloth(rng), False)]
    return thing("mattress", "clutter", parts, place)


def _plant(rng: np.random.Generator, x: float, y: float) -> list[Part]:
    size = float(rng.uniform(0.1, 0.2))
    clay = ((0.35, 0.13, 0.06), (0.55, 0.55, 0.52), (0.05, 0.05, 0.055), (0.1, 0.2, 0.4))[int(rng.integers(4))]
    pot = lathe([(0.0, 0.0), (0.7 * size, 0.0), (size, 1.6 * size), (0.85 * size, 1.6 * size), (0.0, 1.4 * size)], 16)
    parts = [Part(pot.moved(shift(x, y)), Look(clay, 0.6))]
    green = Look((0.03, float(rng.uniform(0.08, 0.2)), 0.02), 0.8)
    leaves = []
    for _ in range(int(rng.integers(7, 14))):
        turned = turn("z", float(rng.uniform(0, 6.3))) @ turn("y", float(rng.uniform(-1.0, -0.2)))
        long = float(rng.uniform(0.15, 0.45))
        leaf = ellipsoid((0.5 * long, 0, 0), (0.5 * long, 0.12 * long, 0.01), 8, 5)
        leaves.append(leaf.moved(shift(x, y, 1.5 * size) @ turned))
    return [*parts, Part(join(leaves), green)]


def planters(rng: np.random.Generator, place: Points) -> Thing:
    """A row of potted plants."""
    count = int(rng.integers(2, 5))
    parts = [p for k in range(count) for p in _plant(rng, 0.36 * (k - (count - 1) / 2), float(rng.normal(0, 0.05)))]
    return thing("planters", "clutter", parts, place)


def bucket_mops(rng: np.random.Generator, place: Points) -> Thing:
    """A bucket with mops and brooms in it."""
    pail = lathe([(0.0, 0.0), (0.12, 0.0), (0.15, 0.28), (0.14, 0.28), (0.11, 0.02)], 18)
    parts = [Part(pail, _cloth(rng))]
    for _ in range(int(rng.integers(1, 4))):
        a, b = rng.normal(0, 0.08, 2), rng.normal(0, 0.2, 2)
        high = float(rng.uniform(1.1, 1.4))
        parts.append(Part(tube([(a[0], a[1], 0.1), (b[0], b[1], high)], 0.011, 6), _wood(rng)))
        if rng.random() < 0.5:
            parts.append(Part(ellipsoid((b[0], b[1], high), (0.12, 0.06, 0.08), 10, 6), _cloth(rng)))
    return thing("bucket and mops", "clutter", parts, place)


def boards(rng: np.random.Generator, place: Points) -> Thing:
    """Boards, an old door or a ladder that lean on a wall at their back."""
    parts: list[Part] = []
    for k in range(int(rng.integers(1, 5))):
        w, h = float(rng.uniform(0.25, 0.9)), float(rng.uniform(0.9, 2.0))
        lean = shift(float(rng.normal(0, 0.15)), -0.05 * k - 0.1) @ turn("x", -float(rng.uniform(0.1, 0.25)))
        if rng.random() < 0.2:
            rails = [box((x - 0.02, 0, 0), (x + 0.02, 0.05, h)) for x in (-0.2, 0.2)]
            rails += [box((-0.2, 0.01, z), (0.2, 0.04, z + 0.035)) for z in np.arange(0.2, h, 0.3)]
            parts.append(Part(join(rails).moved(lean), STEEL, False))
        else:
            parts.append(Part(box((-w / 2, 0, 0), (w / 2, 0.03, h)).moved(lean), _wood(rng), False))
    return thing("boards", "clutter", parts, place)


def recyclables(rng: np.random.Generator, place: Points) -> Thing:
    """Flattened cartons in a bundle, and sacks of bottles."""
    parts: list[Part] = []
    for k in range(int(rng.integers(3, 9))):
        spot = shift(-0.2 + float(rng.normal(0, 0.03)), float(rng.normal(0, 0.03)), 0.04 * k) @ turn(
            "z", float(rng.normal(0, 0.1))
        )
        flat = box((-0.35, -0.25, 0), (0.35, 0.25, 0.035)).moved(spot)
        parts.append(Part(flat, Look((0.34, 0.22, 0.11), 0.85), False))
        top = card((-0.35, -0.25, 0.0352), (0.7, 0, 0), (0, 0.5, 0)).moved(spot)
        parts.append(Part(top, Look(picture=cardboard(int(rng.integers(999))), rough=0.85), False))
    for _ in range(int(rng.integers(1, 3))):
        size = float(rng.uniform(0.2, 0.3))
        sack = ellipsoid((0.4, float(rng.uniform(-0.2, 0.2)), size), (size, size, size), 14, 9)
        parts.append(
            Part(sack, Look((0.5, 0.55, 0.6), 0.25) if rng.random() < 0.5 else Look(picture=woven(3), rough=0.7))
        )
    return thing("recyclables", "clutter", parts, place)


def foam_boxes(rng: np.random.Generator, place: Points) -> Thing:
    """White foam boxes, some with earth and vegetables in them."""
    parts, z = [], 0.0
    for k in range(int(rng.integers(1, 4))):
        h = float(rng.uniform(0.2, 0.3))
        spot = shift(float(rng.normal(0, 0.04)), float(rng.normal(0, 0.03)), z)
        parts.append(Part(box((-0.28, -0.19, 0), (0.28, 0.19, h)).moved(spot), Look((0.8, 0.8, 0.78), 0.9), False))
        z += h + 0.002 * (k + 1)
    if rng.random() < 0.4:
        parts += [p for x in (-0.12, 0.12) for p in _raised(_plant(rng, x, 0.0), z - 0.18)]
    return thing("foam boxes", "clutter", parts, place)


def _raised(parts: list[Part], z: float) -> list[Part]:
    return [Part(part.mesh.moved(shift(z=z)), part.look, part.smooth) for part in parts]


def pile(rng: np.random.Generator, place: Points) -> Thing:
    """A heap that grew over weeks: cartons, bags, a chair or shoe rack, something leaning."""
    makers = (
        lambda m: carton_pile(int(rng.integers(1 << 20)), m, int(rng.integers(3, 6))).parts,
        lambda m: bags(int(rng.integers(1 << 20)), m).parts,
        lambda m: chair(int(rng.integers(1 << 20)), m).parts,
        lambda m: shelf(int(rng.integers(1 << 20)), m).parts,
        lambda m: tuple(_set(foam_boxes(rng, np.eye(4)), m)),
        lambda m: tuple(_set(bucket_mops(rng, np.eye(4)), m)),
        lambda m: tuple(_set(recyclables(rng, np.eye(4)), m)),
    )
    parts: list[Part] = []
    for k, number in enumerate(rng.choice(len(makers), int(rng.integers(2, 4)), replace=False)):
        spot = shift(0.42 * k + float(rng.normal(0, 0.05)), float(rng.normal(0, 0.12))) @ turn(
            "z", float(rng.normal(0, 0.3))
        )
        parts += makers[int(number)](spot)
    low = min(float(part.mesh.vertices[:, 2].min()) for part in parts)
    points = np.concatenate([part.mesh.vertices[:, :2] for part in parts])
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    centred = shift(-float(middle[0]), -float(middle[1]), -low)
    return thing("pile", "clutter", [Part(p.mesh.moved(centred), p.look, p.smooth) for p in parts], place)


def _set(item: Thing, matrix: Points) -> list[Part]:
    return [Part(part.mesh.moved(matrix), part.look, part.smooth) for part in item.parts]


def parcel(rng: np.random.Generator, place: Points) -> Thing:
    """One closed carton, 0.3–0.5 m."""
    x, y, z = (float(v) for v in rng.uniform((0.3, 0.22, 0.18), (0.5, 0.4, 0.38)))
    return thing("parcel", "clutter", carton((x, y, z), int(rng.integers(1 << 20)), np.eye(4)), place)


def drum(rng: np.random.Generator, place: Points) -> Thing:
    """A rusty steel drum or basin to burn paper in, open on top (no label class)."""
    r, h = float(rng.uniform(0.2, 0.28)), float(rng.uniform(0.42, 0.7))
    wall = lathe(
        [(r, 0.0), (r, 0.48 * h), (1.03 * r, 0.5 * h), (r, 0.52 * h), (r, h), (0.94 * r, h), (0.94 * r, 0.05)], 26
    )
    rust = Look((float(rng.uniform(0.08, 0.2)), 0.06, 0.03), 0.9, 0.3, pattern="concrete")
    ash = lathe([(0.0, 0.3 * h), (0.93 * r, 0.28 * h)], 20)
    return thing(
        "drum",
        "",
        [
            Part(wall, rust),
            Part(ash, Look((0.05, 0.05, 0.05), 0.95)),
            Part(lathe([(0.0, 0.0), (r, 0.0), (r, 0.02)], 20), PLASTIC),
        ],
        place,
    )
