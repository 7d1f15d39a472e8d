"""Training views of a sample: crops at camera scales, mosaics, bad cameras. Geometry always carries the
ignore boxes.

A `View` is a canvas with boxes and ignore boxes, both (N, 5) float32 [class, x1, y1, x2, y2] in canvas
pixels. A class nobody labelled is an ignore box over the whole picture it came from, so that mosaics need no
common denominator.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.classes import CLASSES, FLAME
from models.data import Sample
from models.geometry import Floats, Image

GREY = (114, 114, 114)
MIN_SIDE = 4.0  # pixels; smaller boxes are ignored rather than learnt
LONGEST = 760.0  # pixels; the run time sees every picture at 640


@dataclass(frozen=True, slots=True)
class View:
    """image: (H, W, 3) uint8 BGR."""

    image: Image
    boxes: Floats
    ignore: Floats


def affine_boxes(boxes: Floats, matrix: Floats) -> Floats:
    """Boxes under a 2x3 affine map. A rotated box is taken as its inscribed ellipse: corners would grow
    it.
    """
    if not len(boxes):
        return boxes.copy()
    centre = (boxes[:, 1:3] + boxes[:, 3:5]) / 2
    half = (boxes[:, 3:5] - boxes[:, 1:3]) / 2
    moved = centre @ matrix[:, :2].T + matrix[:, 2]
    reach = np.sqrt((half**2) @ (matrix[:, :2] ** 2).T)
    return np.column_stack([boxes[:, :1], moved - reach, moved + reach]).astype(np.float32)


def clip_boxes(boxes: Floats, width: float, height: float, least_visible: float = 0.3) -> tuple[Floats, Floats]:
    """Split into boxes still worth learning and slivers to ignore, both clipped to the canvas."""
    clipped = boxes.copy()
    clipped[:, [1, 3]] = clipped[:, [1, 3]].clip(0, width)
    clipped[:, [2, 4]] = clipped[:, [2, 4]].clip(0, height)
    side = clipped[:, 3:5] - clipped[:, 1:3]
    area = (boxes[:, 3:5] - boxes[:, 1:3]).prod(axis=1)
    visible = side.clip(0).prod(axis=1) / np.maximum(area, 1e-6)
    seen = (side > 0).all(axis=1)
    good = seen & (visible >= least_visible) & (side >= MIN_SIDE).all(axis=1)
    return clipped[good], clipped[seen & ~good]


def unknown_boxes(sample: Sample, extent: Floats) -> Floats:
    """One ignore box over `extent` (x1, y1, x2, y2) for every class that has no background in this
    picture.
    """
    rows = [[c, *extent.tolist()] for c in range(len(CLASSES)) if c not in sample.known]
    return np.asarray(rows, np.float32).reshape(-1, 5)


def view(sample: Sample, width: int, height: int, long_side: float, rng: Generator) -> View:
    """Scale, turn, flip and place one picture on a canvas; what does not fit is cut off around one of its
    boxes.
    """
    image = sample.image
    h, w = image.shape[:2]
    scale = long_side / max(h, w)
    stretch = float(np.exp(rng.uniform(-0.15, 0.15)))
    if scale < 1:
        image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    shrunk_x, shrunk_y = image.shape[1] / w, image.shape[0] / h
    linear = _linear(scale / shrunk_x * stretch, scale / shrunk_y / stretch, rng)
    matrix = _placed(linear, image.shape[1], image.shape[0], width, height, sample, (shrunk_x, shrunk_y), rng)
    canvas = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=GREY)
    whole = matrix.copy()
    whole[:, 0] *= shrunk_x
    whole[:, 1] *= shrunk_y
    boxes, slivers = clip_boxes(affine_boxes(sample.boxes, whole), width, height)
    ignored = np.concatenate(clip_boxes(affine_boxes(sample.ignore, whole), width, height))
    extent = np.asarray([0, 0, width, height], np.float32)
    ignore = np.concatenate([ignored, slivers, unknown_boxes(sample, extent)])
    return View(np.asarray(canvas, np.uint8), boxes, ignore)


def _linear(scale_x: float, scale_y: float, rng: Generator) -> Floats:
    """2x2: scale, mirror, and now and then a tilt as of a badly hung camera."""
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    tilt = rng.choice([0.0, 6.0, 16.0], p=[0.5, 0.38, 0.12])  # a lift's corner camera sees the world askew
    angle = np.deg2rad(rng.normal(0, tilt)) if tilt else 0.0
    shear = rng.normal(0, 0.06) if rng.random() < 0.3 else 0.0
    turn = np.asarray([[np.cos(angle), -np.sin(angle) + shear], [np.sin(angle), np.cos(angle)]])
    return np.asarray(turn @ np.diag([scale_x * mirror, scale_y]), np.float32)


def _placed(
    linear: Floats,
    w: int,
    h: int,
    width: int,
    height: int,
    sample: Sample,
    shrunk: tuple[float, float],
    rng: Generator,
) -> Floats:
    """Add a translation: inside the canvas where the picture is smaller, around a box where it is larger."""
    corners = np.asarray([[0, 0], [w, 0], [0, h], [w, h]], np.float32) @ linear.T
    low, high = corners.min(axis=0), corners.max(axis=0)
    offset = np.zeros(2)
    anchor = (low + high) / 2
    if len(sample.boxes) and rng.random() < 0.8:
        x1, y1, x2, y2 = sample.boxes[int(rng.integers(len(sample.boxes))), 1:]
        point = np.asarray([(x1 + x2) / 2 * shrunk[0], (y1 + y2) / 2 * shrunk[1]])
        anchor = linear @ point
    for axis, room in enumerate((width, height)):
        size = high[axis] - low[axis]
        if size <= room:
            offset[axis] = rng.uniform(0, room - size) - low[axis]
        else:
            wanted = rng.uniform(0.2, 0.8) * room - anchor[axis]
            offset[axis] = float(np.clip(wanted, room - high[axis], -low[axis]))
    return np.column_stack([linear, offset]).astype(np.float32)


def mosaic(samples: Sequence[Sample], size: int, rng: Generator) -> View:
    """Four pictures around a random cross; each quarter keeps its own idea of what is labelled."""
    cross_x, cross_y = (round(size * rng.uniform(0.35, 0.65)) for _ in range(2))
    canvas = np.full((size, size, 3), 114, np.uint8)
    boxes: list[Floats] = []
    ignore: list[Floats] = []
    places = (
        (0, 0, cross_x, cross_y),
        (cross_x, 0, size, cross_y),
        (0, cross_y, cross_x, size),
        (cross_x, cross_y, size, size),
    )
    for sample, (x1, y1, x2, y2) in zip(samples, places, strict=True):
        long_side = float(np.exp(rng.uniform(np.log(160), np.log(520))))
        tile = view(sample, x2 - x1, y2 - y1, long_side, rng)
        canvas[y1:y2, x1:x2] = tile.image
        shift = np.asarray([0, x1, y1, x1, y1], np.float32)
        boxes.append(tile.boxes + shift)
        ignore.append(tile.ignore + shift)
    return View(canvas, np.concatenate(boxes), np.concatenate(ignore))


def colours(image: Image, rng: Generator, *, keep_hue: bool) -> Image:
    """Hue, saturation, brightness and colour temperature; a flame keeps its hue."""
    hue = rng.uniform(-0.015, 0.015) * (0.3 if keep_hue else 1.0)
    value = np.arange(256, dtype=np.float32)
    table = np.empty((256, 1, 3), np.uint8)
    table[:, 0, 0] = (value + hue * 180) % 180
    table[:, 0, 1] = (value * rng.uniform(0.5, 1.5)).clip(0, 255)
    table[:, 0, 2] = (value * rng.uniform(0.6, 1.35)).clip(0, 255)
    out = cv2.cvtColor(cv2.LUT(cv2.cvtColor(image, cv2.COLOR_BGR2HSV), table), cv2.COLOR_HSV2BGR)
    if rng.random() < 0.25:
        warmth = rng.uniform(-0.15, 0.15)
        gains = np.asarray([1 - warmth, 1, 1 + warmth], np.float32)
        out = cv2.LUT(out, (value[:, None, None] * gains).clip(0, 255).astype(np.uint8))
    return np.asarray(out, np.uint8)


def curve(image: Image, values: NDArray[Any]) -> Image:
    """A tone curve: (256,) output for each input, clipped to 0-255."""
    return np.asarray(cv2.LUT(image, values.clip(0, 255).astype(np.uint8)), np.uint8)


def bad_camera(image: Image, rng: Generator, *, grey: float, blown: float = 0.1) -> Image:
    """Night, infrared, dirt, cheap sensors and codecs. `grey` is the probability of an infrared-like picture,
    `blown` of highlights without colour.
    """
    tones = np.arange(256, dtype=np.float32)
    out = image
    if rng.random() < grey:
        one = cv2.cvtColor(out, cv2.COLOR_BGR2GRAY)
        out = np.asarray(cv2.cvtColor(one, cv2.COLOR_GRAY2BGR), np.uint8)
    if rng.random() < 0.15:
        out = curve(out, (tones / 255) ** rng.uniform(1.2, 2.2) * rng.uniform(0.5, 1.0) * 255)
    if rng.random() < blown:  # flames and lamps turn white
        out = curve(out, tones * rng.uniform(1.3, 2.0))
    if rng.random() < 0.15:
        factor = rng.uniform(0.35, 0.8)
        small = cv2.resize(out, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        out = np.asarray(cv2.resize(small, (out.shape[1], out.shape[0])), np.uint8)
    if rng.random() < 0.08:
        length = int(rng.integers(3, 8))
        kernel = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1 / length
        out = np.asarray(cv2.filter2D(out, -1, kernel), np.uint8)
    if rng.random() < 0.15:
        noise = rng.standard_normal(out.shape, np.float32) * np.float32(rng.uniform(3, 14))
        out = np.asarray((out + noise).clip(0, 255), np.uint8)
    if rng.random() < 0.3:
        ok, data = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 75))])
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR) if ok else None
        out = out if decoded is None else np.asarray(decoded, np.uint8)
    return out


@dataclass(frozen=True, slots=True)
class Camera:
    """How bad the cameras are. faults: share of the views seen through a bad one. grey_flames, blown_flames: share of
    the burning ones without colour, and with white highlights.
    """

    faults: float = 1.0
    grey_flames: float = 0.07
    blown_flames: float = 0.1


def photometric(item: View, rng: Generator, camera: Camera) -> View:
    """Everything that changes pixels and no box."""
    burning = bool((item.boxes[:, 0] == FLAME).any())
    image = colours(item.image, rng, keep_hue=burning)
    if rng.random() < camera.faults:
        grey, blown = (camera.grey_flames, camera.blown_flames) if burning else (0.12, 0.1)
        image = bad_camera(image, rng, grey=grey, blown=blown)
    return View(image, item.boxes, item.ignore)


def training_view(draw: Sequence[Sample], size: int, rng: Generator, camera: Camera) -> View:
    """One training picture of size x size: a large view of one sample, or four smaller ones in a mosaic."""
    if len(draw) == 4:
        item = mosaic(draw, size, rng)
    else:
        long_side = float(np.exp(rng.uniform(np.log(0.75 * size), np.log(max(LONGEST, 1.15 * size)))))
        item = view(draw[0], size, size, long_side, rng)
    return photometric(item, rng, camera)
