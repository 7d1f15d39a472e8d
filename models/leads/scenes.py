"""Training pictures of the lead network: a place, a two-wheeler, painted leads and what looks like them, a camera.

A sample is an (S, S, 3) BGR uint8 picture and an (S/2, S/2) float32 mask of the leads, share of each cell covered.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.errors import WorkshopError
from models.leads.clutter import distract
from models.leads.courses import Box, Points, course
from models.leads.paint import Image, Mask, lead_stroke, paint

SIDE = 384
"""Side of a training picture, px."""
LEADS = 0.65
"""Share of the pictures with a lead."""
DRAWN_ROOM = 0.25
"""Share of the places that are drawn: flat walls and a floor, as simple renderings look."""
CAPTION = 0.3
"""Share of the pictures with writing in them."""
STRONG = 2.5
"""A half-size cell that a lead covers by 1 / STRONG is lead wholly."""

NOISE = np.random.default_rng(0).normal(0, 1, (SIDE + 256, SIDE + 256, 3)).astype(np.float32)

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Base:
    """A real or rendered picture without leads. bikes: the two-wheelers in it, px."""

    image: Picture
    bikes: tuple[Box, ...]


class Bases:
    """Pictures to paint on. `folder` holds NAME.jpg with NAME.txt (x1 y1 x2 y2 in px, one line a two-wheeler), and
    `cutouts/NAME.png`: two-wheelers on transparent ground. Raises WorkshopError: one of the kinds is missing."""

    def __init__(self, folder: Path) -> None:
        self.with_bikes: list[Base] = []
        self.places: list[Base] = []
        for path in sorted(folder.glob("*.jpg")):
            text = path.with_suffix(".txt")
            rows = text.read_text("utf-8").split("\n") if text.exists() else []
            bikes = tuple(_box(row) for row in rows if row.strip())
            base = Base(np.asarray(cv2.imread(str(path)), np.uint8), bikes)
            (self.with_bikes if bikes else self.places).append(base)
        cutouts = (cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sorted(folder.glob("cutouts/*.png")))
        self.cutouts = [np.asarray(cut, np.uint8) for cut in cutouts]
        if not (self.with_bikes and self.places and self.cutouts):
            raise WorkshopError(f"{folder}: needs pictures with two-wheelers, pictures without, and cutouts/*.png")


def _box(row: str) -> Box:
    x1, y1, x2, y2 = (float(value) for value in row.split())
    return x1, y1, x2, y2


def sample(bases: Bases, rng: np.random.Generator) -> tuple[Picture, Mask]:
    """One training picture and its mask."""
    image, bike = _with_bike(bases, rng) if rng.random() < 0.6 else _pasted(bases, rng)
    distract(image, rng)
    mask = np.zeros((SIDE, SIDE), np.float32)
    if rng.random() < LEADS:
        for _ in range(1 if rng.random() < 0.8 else 2):
            points = _partly_hidden(course(rng, bike), bike, rng)
            if len(points) > 3:
                size = max(bike[2] - bike[0], bike[3] - bike[1])
                np.maximum(mask, paint(image, [points], lead_stroke(rng, size), rng), out=mask)
    seen = _camera(image, rng)
    half = cv2.resize(mask, (SIDE // 2, SIDE // 2), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        seen, half = seen[:, ::-1], half[:, ::-1]
    return np.ascontiguousarray(seen), np.ascontiguousarray(np.minimum(1, STRONG * half).astype(np.float32))


def _with_bike(bases: Bases, rng: np.random.Generator) -> tuple[Image, Box]:
    """A square around a two-wheeler; what lies outside its picture is another place."""
    base = bases.with_bikes[int(rng.integers(len(bases.with_bikes)))]
    x1, y1, x2, y2 = base.bikes[int(rng.integers(len(base.bikes)))]
    size = max(x2 - x1, y2 - y1, 24.0)
    side = size * rng.uniform(1.3, 3.4)
    left, top = ((low + high) / 2 - side / 2 + rng.normal(0, 0.12) * side for low, high in ((x1, x2), (y1, y2)))
    scale = SIDE / side
    move = np.array(((scale, 0, -left * scale), (0, scale, -top * scale)), np.float64)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    place = _place(bases, rng)
    # warpAffine knows no area interpolation: shrink beforehand, so that thin things stay thin instead of broken.
    image, move = _shrunk(base.image, move, scale)
    cv2.warpAffine(
        image, move, (SIDE, SIDE), dst=place, flags=how if scale >= 1 else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_TRANSPARENT,
    )  # fmt: skip
    box = tuple(float(v) for v in ((x1 - left) * scale, (y1 - top) * scale, (x2 - left) * scale, (y2 - top) * scale))
    return _as_float(place), (box[0], box[1], box[2], box[3])


def _as_float(image: Picture) -> Image:
    return np.asarray(image.astype(np.float32) / 255, np.float32)


def _shrunk(image: Picture, move: NDArray[np.float64], scale: float) -> tuple[Picture, NDArray[np.float64]]:
    if scale >= 0.75:
        return image, move
    height, width = image.shape[:2]
    size = max(2, round(width * scale)), max(2, round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    move = move.copy()
    move[:, 0] *= width / size[0]
    move[:, 1] *= height / size[1]
    return np.asarray(small, np.uint8), move


def _pasted(bases: Bases, rng: np.random.Generator) -> tuple[Image, Box]:
    """A cut-out in a place; now and then an empty place and a lead all the same."""
    image = _as_float(_place(bases, rng))
    cut = bases.cutouts[int(rng.integers(len(bases.cutouts)))]
    size = SIDE * rng.uniform(0.3, 0.75)
    scale = size / max(cut.shape[:2])
    w, h = max(8, round(cut.shape[1] * scale)), max(8, round(cut.shape[0] * scale))
    x, y = int(rng.integers(0, SIDE - w + 1)), int(rng.integers(0, SIDE - h + 1))
    if rng.random() < 0.85:
        small = cv2.resize(cut, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        if rng.random() < 0.5:
            small = small[:, ::-1]
        alpha = small[..., 3:]
        body = np.clip(small[..., :3] * rng.uniform(0.5, 1.3) + rng.normal(0, 0.04, 3), 0, 1)
        part = image[y : y + h, x : x + w]
        part += alpha * (body.astype(np.float32) - part)
    return image, (float(x), float(y), float(x + w), float(y + h))


def _place(bases: Bases, rng: np.random.Generator) -> Picture:
    if rng.random() < DRAWN_ROOM:
        return _room(rng)
    image = bases.places[int(rng.integers(len(bases.places)))].image
    height, width = image.shape[:2]
    side = int(min(height, width) * rng.uniform(0.5, 1.0))
    top, left = int(rng.integers(0, height - side + 1)), int(rng.integers(0, width - side + 1))
    return np.asarray(cv2.resize(image[top : top + side, left : left + side], (SIDE, SIDE)), np.uint8)


def _room(rng: np.random.Generator) -> Picture:
    """Walls and a floor as flat polygons with soft light."""
    tones = rng.uniform(40, 230, 3)[:, None] + rng.normal(0, 12, (3, 3))
    image = np.empty((SIDE, SIDE, 3), np.float32)
    image[:] = tones[0]
    corner = int(rng.uniform(-0.2, 1.2) * SIDE)
    floor = rng.uniform(0.35, 0.9) * SIDE
    tilt = rng.uniform(-0.3, 0.3, 2) * SIDE
    right = np.array(((corner, -10), (SIDE + 10, -10), (SIDE + 10, SIDE + 10), (corner, SIDE + 10)), np.int32)
    cv2.fillPoly(image, [right], tones[1].tolist(), cv2.LINE_AA)
    low = np.array(
        (
            (-10, floor + tilt[0]),
            (corner, floor),
            (SIDE + 10, floor + tilt[1]),
            (SIDE + 10, SIDE + 10),
            (-10, SIDE + 10),
        )
    )
    cv2.fillPoly(image, [low.astype(np.int32)], tones[2].tolist(), cv2.LINE_AA)
    light = cv2.resize(rng.uniform(0.6, 1.2, (3, 3)).astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    grain = cv2.resize(rng.normal(0, 1, (SIDE // 4, SIDE // 4)).astype(np.float32), (SIDE, SIDE)) * rng.uniform(0, 8)
    return np.clip(image * light[..., None] + grain[..., None], 0, 255).astype(np.uint8)


def _partly_hidden(points: Points, bike: Box, rng: np.random.Generator) -> Points:
    """The machine hides part of a lead's way over it."""
    x1, y1, x2, y2 = bike
    inside = (points[:, 0] > x1) & (points[:, 0] < x2) & (points[:, 1] > y1) & (points[:, 1] < y2)
    if rng.random() < 0.4 or not inside.any():
        return points
    hidden = np.flatnonzero(inside)
    keep = rng.random()
    if inside[0]:
        return points[hidden[int((1 - keep) * (len(hidden) - 1))] :]
    return points[: hidden[int(keep * (len(hidden) - 1))] + 1]


def _caption(image: Picture, rng: np.random.Generator) -> None:
    """Date, time and the camera's name, as recorders write them in."""
    if rng.random() > CAPTION:
        return
    text = "".join(rng.choice(list("0123456789:-/ABCDEF "), int(rng.integers(4, 20))))
    ink = 255 if rng.random() < 0.7 else int(rng.integers(0, 256))
    spot = int(rng.integers(0, SIDE)), int(rng.integers(10, SIDE))
    size, face = float(rng.uniform(0.3, 0.9)), int(rng.choice((cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_PLAIN)))
    cv2.putText(image, text, spot, face, size, (ink, ink, ink), int(rng.integers(1, 3)), cv2.LINE_AA)


def _camera(image: Image, rng: np.random.Generator) -> Picture:
    """Low light, infrared grey, softness, sensor noise, few pixels, compression."""
    gain = rng.uniform(0.12, 0.7) if rng.random() < 0.3 else 1.0
    curve = (np.linspace(0, 1, 256) * gain) ** rng.uniform(0.7, 1.4)
    whole = cv2.convertScaleAbs(image, alpha=255)
    seen = np.asarray(cv2.LUT(whole, np.round(255 * curve).astype(np.uint8)), np.uint8)
    _caption(seen, rng)
    if rng.random() < 0.25:
        grey = cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY)
        seen = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
    if rng.random() < 0.4:
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), float(rng.uniform(0.3, 1.1))), np.uint8)
    if rng.random() < 0.25:
        share = rng.uniform(0.5, 0.9)
        small = cv2.resize(seen, (round(SIDE * share),) * 2, interpolation=cv2.INTER_AREA)
        seen = np.asarray(cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.uint8)
    if rng.random() < 0.7:
        seen = _noisy(seen, rng)
    if rng.random() < 0.6:
        quality = int(rng.integers(35, 95))
        _, data = cv2.imencode(".jpg", seen, (cv2.IMWRITE_JPEG_QUALITY, quality))
        seen = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return seen


def _noisy(image: Picture, rng: np.random.Generator) -> Picture:
    """A piece of one large field of noise: drawing it anew takes longer than all the rest."""
    y, x = rng.integers(0, NOISE.shape[0] - SIDE, 2)
    noise = NOISE[y : y + SIDE, x : x + SIDE]
    if rng.random() < 0.5:
        noise = 1.5 * cv2.GaussianBlur(noise, (0, 0), 0.7)
    return np.asarray(cv2.convertScaleAbs(cv2.add(image, noise * rng.uniform(0, 8), dtype=cv2.CV_32F)), np.uint8)
