"""What is thin and long and no lead, painted as negatives: pipes, rails, conduits, tile joints, frames, shadows."""

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np

from models.leads.courses import Points
from models.leads.paint import Image, Stroke, paint

Painter = Callable[[Image, np.random.Generator], None]


def distract(image: Image, rng: np.random.Generator) -> None:
    """A few of them."""
    for _ in range(int(rng.integers(0, 5))):
        SORTS[int(rng.integers(len(SORTS)))](image, rng)


def _grey(rng: np.random.Generator) -> tuple[float, float, float]:
    tint = rng.uniform(0.05, 0.95) + rng.normal(0, 0.05, 3)
    b, g, r = np.clip(tint, 0.02, 1)
    return float(b), float(g), float(r)


def _stroke(rng: np.random.Generator, least: float, most: float) -> Stroke:
    thick = float(np.exp(rng.uniform(np.log(least), np.log(most))))
    return Stroke((thick, thick * rng.uniform(0.8, 1.25)), _grey(rng), rng.uniform(0, 0.8), rng.uniform(0, 0.4))


def _straight(a: Points, b: Points, count: int) -> Points:
    return np.asarray(a + np.linspace(0, 1, count)[:, None] * (b - a))


def _direction(rng: np.random.Generator) -> Points:
    """Upright, level, or towards a vanishing point."""
    angle = (np.pi / 2, 0.0, rng.uniform(-0.7, 0.7))[int(rng.integers(3))] + rng.normal(0, 0.02)
    return np.array((np.cos(angle), np.sin(angle)))


def _pipes(image: Image, rng: np.random.Generator) -> None:
    """One to four side by side, across the picture or to a wall, with brackets."""
    height, width = image.shape[:2]
    way, stroke = _direction(rng), _stroke(rng, 1.0, 16.0)
    across = np.array((-way[1], way[0])) * max(stroke.width) * rng.uniform(1.2, 4.0)
    middle = rng.uniform(0, 1, 2) * (width, height)
    back, forth = rng.uniform(0.2, 1.5, 2) * max(height, width) * np.where(rng.random(2) < 0.7, 1.0, 0.3)
    starts = [middle + number * across for number in range(int(rng.integers(1, 5)))]
    paint(image, [_straight(at - back * way, at + forth * way, 2) for at in starts], stroke, rng)
    if rng.random() < 0.4:
        spots = [middle + (share - 0.5) * forth * way for share in rng.uniform(0, 1, int(rng.integers(1, 4)))]
        bracket = Stroke((2.0, 2.0), _grey(rng), 0.2, 0.2)
        paint(image, [_straight(spot - 1.5 * across, spot + 4 * across, 2) for spot in spots], bracket, rng)


def _conduit(image: Image, rng: np.random.Generator) -> None:
    """A straight run with square turns on a wall, from box to box."""
    height, width = image.shape[:2]
    stroke = _stroke(rng, 0.8, 6.0)
    at = rng.uniform(0, 1, 2) * (width, height)
    level = rng.random() < 0.5
    path = [at]
    slant = rng.uniform(-0.35, 0.35)
    for _ in range(int(rng.integers(2, 5))):
        step = rng.uniform(0.1, 0.7) * max(height, width) * (1 if rng.random() < 0.5 else -1)
        at = at + (np.array((step, slant * step)) if level else np.array((0.0, step)))
        level = not level
        path.append(at)
    paint(image, [_straight(a, b, 2) for a, b in pairwise(path)], stroke, rng)
    for spot in (path[0], path[-1]):
        half = rng.uniform(2, 10)
        low, high = (spot - half).astype(int), (spot + half).astype(int)
        cv2.rectangle(image, low.tolist(), high.tolist(), _grey(rng), -1)


def _rail(image: Image, rng: np.random.Generator) -> None:
    """A handrail or a fence: one or two runners and many posts."""
    height, width = image.shape[:2]
    slope = rng.uniform(-0.8, 0.8)
    way = np.array((1.0, slope)) / np.hypot(1, slope)
    a = np.array((rng.uniform(-0.3, 0.6) * width, rng.uniform(0, 1) * height))
    length = rng.uniform(0.4, 1.6) * width
    drop = np.array((0.0, rng.uniform(0.1, 0.45) * height))
    runner, post = _stroke(rng, 1.5, 9.0), _stroke(rng, 0.8, 4.0)
    feet = [a + share * length * way for share in np.linspace(0, 1, int(rng.integers(3, 16)))]
    posts = [_straight(foot, foot + drop, 2) for foot in feet]
    if rng.random() < 0.6:
        posts.append(_straight(a + drop, a + drop + length * way, 2))
    paint(image, posts, post, rng)
    paint(image, [_straight(a, a + length * way, 2)], runner, rng)


def _tiles(image: Image, rng: np.random.Generator) -> None:
    """Joints of a floor or a wall in perspective."""
    height, width = image.shape[:2]
    far = np.array((rng.uniform(-0.5, 1.5) * width, rng.uniform(-0.6, 0.5) * height))
    thick = float(rng.uniform(0.4, 1.5))
    stroke = Stroke((thick, thick), _grey(rng), 0.0, 0.0)
    top = rng.uniform(0.3, 0.8) * height
    patch = image.copy()
    runs = np.linspace(-width, 2 * width, int(rng.integers(8, 30)))
    rows = top + (1.2 * height - top) * np.geomspace(1, 0.15, int(rng.integers(4, 14)))
    lines = [_straight(np.array((x, 1.2 * height)), far, 2) for x in runs]
    lines += [_straight(np.array((-10.0, y)), np.array((width + 10.0, y + rng.normal(0, 2))), 2) for y in rows]
    paint(patch, lines, stroke, rng)
    image[int(top) :] = patch[int(top) :]


def _frame(image: Image, rng: np.random.Generator) -> None:
    """A door, a window, a cabinet, a notice: closed outlines."""
    height, width = image.shape[:2]
    x, y = rng.uniform(-0.1, 0.9) * width, rng.uniform(-0.2, 0.7) * height
    w, h = rng.uniform(0.08, 0.5) * width, rng.uniform(0.1, 0.8) * height
    lean = rng.uniform(-0.15, 0.15) * w
    corners = np.array(((x, y), (x + w, y + lean), (x + w, y + h - lean), (x, y + h)))
    if rng.random() < 0.6:
        cv2.fillPoly(image, [corners.astype(np.int32)], _grey(rng), cv2.LINE_AA)
    stroke = _stroke(rng, 0.6, 5.0)
    sides = zip(corners, np.roll(corners, -1, axis=0), strict=True)
    paint(image, [_straight(a, b, 2) for a, b in sides], stroke, rng)


def _shadow(image: Image, rng: np.random.Generator) -> None:
    """A soft band of less light."""
    height, width = image.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    a, b = (rng.uniform(-0.3, 1.3, 2) * (width, height) for _ in range(2))
    cv2.line(mask, a.astype(int).tolist(), b.astype(int).tolist(), 255, int(rng.integers(2, 30)), cv2.LINE_AA)
    soft = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), float(rng.uniform(1.0, 6.0)))
    image *= (1 - rng.uniform(0.1, 0.6) * soft)[..., None].astype(np.float32)


def _markings(image: Image, rng: np.random.Generator) -> None:
    """Painted bays and arrows on a floor: straight bands that meet at corners, in the floor's perspective."""
    height, width = image.shape[:2]
    far = np.array((rng.uniform(-0.8, 1.8) * width, rng.uniform(-0.8, 0.2) * height))
    tint = ((0.1, 0.75, 0.85), (0.85, 0.85, 0.85), (0.2, 0.2, 0.75))[int(rng.integers(3))]
    b, g, r = (np.array(tint) * rng.uniform(0.5, 1.1)).tolist()
    thick = float(rng.uniform(0.8, 7.0))
    stroke = Stroke((thick, thick * rng.uniform(0.6, 1.0)), (b, g, r), 0.0, 0.0)
    near, back = (rng.uniform(0.4, 1.0) * height, rng.uniform(0.05, 0.6))
    slope = rng.uniform(-0.6, 0.6)
    feet = [np.array((x, near + slope * x)) for x in np.linspace(-0.2, 1.2, int(rng.integers(2, 9))) * width]
    heads = [foot + back * (far - foot) for foot in feet]
    lines = [_straight(foot, head, 2) for foot, head in zip(feet, heads, strict=True)]
    lines.append(_straight(feet[0], feet[-1], 2))
    if rng.random() < 0.5:
        lines.append(_straight(heads[0], heads[-1], 2))
    paint(image, lines, stroke, rng)


SORTS: tuple[Painter, ...] = (_pipes, _conduit, _rail, _tiles, _tiles, _frame, _shadow, _markings, _markings)
