"""Things put into pictures: scooters, flames, and lamps that are no flames. Works on samples, before any
view.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.classes import EBIKE, FLAME
from models.data import Sample
from models.geometry import Floats, Image

COVERED = 0.5  # a box more covered than this is ignored
FAINTEST_FLAME = 45.0  # grey levels; a fainter one nobody would see


@dataclass(frozen=True, slots=True)
class Sprite:
    """colour: (H, W, 3) uint8 BGR; alpha: (H, W) float32 in 0-1."""

    colour: Image
    alpha: Floats


def load_cutouts(data: Path) -> list[Sprite]:
    """The scooters with transparency, cropped to what is visible."""
    sprites = []
    for path in sorted((data / "cutouts").glob("*.png")):
        image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if image is None or image.shape[2] != 4:
            raise ValueError(f"{path.name} has no alpha channel")
        ys, xs = np.nonzero(image[..., 3] > 40)
        part = image[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
        sprites.append(Sprite(np.asarray(part[..., :3], np.uint8), part[..., 3].astype(np.float32) / np.float32(255)))
    return sprites


def cut_flames(samples: Sequence[Sample], least: int = 24) -> list[Sprite]:
    """Flames out of their boxes; what is bright and warm is opaque, the rest fades out."""
    sprites = []
    for sample in samples:
        for class_id, *corners in sample.boxes.tolist():
            x1, y1, x2, y2 = (round(v) for v in corners)
            if int(class_id) != FLAME or min(x2 - x1, y2 - y1) < least:
                continue
            crop = sample.image[y1:y2, x1:x2]
            alpha = flame_alpha(crop)
            if 0.12 < alpha.mean() < 0.85 and warm_share(crop, alpha) > 0.4:
                sprites.append(Sprite(crop.copy(), alpha))
    return sprites


def warm_share(crop: Image, alpha: Floats) -> float:
    """Share of the opaque pixels that are clearly yellow to red: a white patch alone could be anything."""
    excess = crop[..., 2].astype(np.int16) - crop[..., 0]
    return float((excess[alpha > 0.5] > 60).mean()) if (alpha > 0.5).any() else 0.0


def flame_alpha(crop: Image) -> Floats:
    """(H, W) 0-1: brightness and redness, feathered, and zero at the border of the crop."""
    blue, green, red = (crop[..., i].astype(np.float32) for i in range(3))
    warm = ((red - 130) / 90).clip(0, 1) * ((red - blue - 10) / 50).clip(0, 1)
    white = ((np.minimum(green, red) - 200) / 40).clip(0, 1)
    alpha = cv2.GaussianBlur(np.maximum(warm, white), (0, 0), 1.2)
    ramp_y = np.minimum(np.arange(crop.shape[0]), np.arange(crop.shape[0])[::-1]) / max(2.0, crop.shape[0] * 0.08)
    ramp_x = np.minimum(np.arange(crop.shape[1]), np.arange(crop.shape[1])[::-1]) / max(2.0, crop.shape[1] * 0.08)
    return np.asarray(alpha * np.outer(ramp_y.clip(0, 1), ramp_x.clip(0, 1)), np.float32)


def opaque_box(alpha: Floats, left: int, top: int) -> Floats | None:
    """(4,) box of what is at least half opaque, moved by left and top; None where nothing is."""
    ys, xs = np.nonzero(alpha > 0.5)
    if len(ys) < 6:
        return None
    return np.asarray([left + xs.min(), top + ys.min(), left + xs.max() + 1, top + ys.max() + 1], np.float32)


def put(
    sample: Sample, sprite: Sprite, class_id: int, left: int, top: int, *, glow: bool = False, contrast: float = 0.0
) -> Sample:
    """The sample with the sprite blended in and boxed; boxes it covers become ignore boxes.

    contrast: least mean change, in grey levels, of the pixels that it covers; a fainter one is not put there.
    """
    image = sample.image.copy()
    h, w = image.shape[:2]
    sh, sw = sprite.alpha.shape
    x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + sw, w), min(top + sh, h)
    if x2 - x1 < 4 or y2 - y1 < 4:
        return sample
    window = np.s_[y1 - top : y2 - top, x1 - left : x2 - left]
    alpha = sprite.alpha[window]
    box = opaque_box(alpha, x1, y1)
    if box is None:
        return sample
    under = image[y1:y2, x1:x2].astype(np.float32)
    over = sprite.colour[window].astype(np.float32)
    if glow:
        over = np.maximum(over, under)
    if np.abs(over - under)[alpha > 0.5].mean() < contrast:
        return sample
    image[y1:y2, x1:x2] = (under + (over - under) * alpha[..., None]).astype(np.uint8)
    boxes, ignore = uncover(sample.boxes, sample.ignore, box)
    boxes = np.concatenate([boxes, np.asarray([[class_id, *box]], np.float32)])
    return replace(sample, image=image, boxes=boxes, ignore=ignore)


def uncover(boxes: Floats, ignore: Floats, cover: Floats) -> tuple[Floats, Floats]:
    """Move boxes that `cover` (4,) hides by more than half to the ignore boxes."""
    side = np.minimum(boxes[:, 3:5], cover[2:]) - np.maximum(boxes[:, 1:3], cover[:2])
    hidden = side.clip(0).prod(axis=1) / np.maximum((boxes[:, 3:5] - boxes[:, 1:3]).prod(axis=1), 1e-6)
    gone = hidden > COVERED
    return boxes[~gone], np.concatenate([ignore, boxes[gone]])


def resized(sprite: Sprite, height: int, rng: Generator) -> Sprite:
    """Scaled to `height` pixels, stretched a little, mirrored half the time."""
    sh, sw = sprite.alpha.shape
    width = max(4, round(sw * height / sh * float(np.exp(rng.uniform(-0.2, 0.2)))))
    mode = cv2.INTER_AREA if height < sh else cv2.INTER_LINEAR
    colour = cv2.resize(sprite.colour, (width, height), interpolation=mode)
    alpha = cv2.resize(sprite.alpha, (width, height), interpolation=mode)
    if rng.random() < 0.5:
        colour, alpha = colour[:, ::-1], alpha[:, ::-1]
    return Sprite(np.asarray(colour, np.uint8), np.asarray(alpha, np.float32))


def put_flame(
    sample: Sample, sprites: Sequence[Sprite], rng: Generator, night: float = 0.0, pale: float = 0.0
) -> Sample:
    """A flame from a match to a third of the picture, anywhere but mostly in the lower half.

    night: how often the place is dark but for what the flame lights. pale: how often the camera, exposed for the place,
    shows the flame as cream and white with a bloom around.
    """
    h, w = sample.image.shape[:2]
    height = int(np.exp(rng.uniform(np.log(12), np.log(h * 0.35))))
    sprite = resized(sprites[int(rng.integers(len(sprites)))], height, rng)
    left = int(rng.integers(0, max(1, w - sprite.alpha.shape[1])))
    top = int(rng.triangular(0, 0.65 * h, h)) - height // 2
    if night and rng.random() < night:
        centre = (left + sprite.alpha.shape[1] / 2, top + height / 2)
        sample = replace(sample, image=firelit(sample.image, centre, height * rng.uniform(0.8, 2.5), rng))
    elif pale and rng.random() < pale:
        centre = (left + sprite.alpha.shape[1] / 2, top + height / 2)
        sprite = blown_out(sprite, rng)
        sample = replace(sample, image=bloom(sample.image, centre, height * rng.uniform(0.3, 0.8), rng))
    return put(sample, sprite, FLAME, left, top, glow=rng.random() < 0.5, contrast=FAINTEST_FLAME)


def blown_out(sprite: Sprite, rng: Generator) -> Sprite:
    """The flame without most of its colour."""
    cream = np.asarray([rng.uniform(190, 245), rng.uniform(235, 252), 255], np.float32)
    share = np.float32(rng.uniform(0.3, 0.8))
    colour = sprite.colour + (cream - sprite.colour) * share
    return Sprite(np.asarray(colour, np.uint8), sprite.alpha)


def bell(shape: tuple[int, ...], centre: tuple[float, float], reach: float) -> Floats:
    """(H, W, 1) a Gaussian hill of height 1 and standard deviation `reach` pixels."""
    fall_y, fall_x = (
        np.exp(-(((np.arange(n) - c) / reach) ** 2) / 2) for n, c in zip(shape, centre[::-1], strict=False)
    )
    return np.outer(fall_y, fall_x).astype(np.float32)[..., None]


def bloom(image: Image, centre: tuple[float, float], reach: float, rng: Generator) -> Image:
    """Light that spills over in a lens: a whitish haze around `centre`."""
    haze = bell(image.shape, centre, reach) * np.float32(rng.uniform(0.2, 0.7))
    return np.asarray(image + (np.asarray([215, 240, 255], np.float32) - image) * haze, np.uint8)


def at_night(image: Image, rng: Generator) -> Image:
    """The place with little light left, darker in the shadows."""
    tones = np.linspace(0, 1, 256, dtype=np.float32) ** rng.uniform(1.0, 1.6) * rng.uniform(0.18, 0.55) * 255
    return np.asarray(cv2.LUT(image, tones.astype(np.uint8)), np.uint8)


def firelit(image: Image, centre: tuple[float, float], reach: float, rng: Generator) -> Image:
    """The place at night with a fire at `centre` that lights it warmly up to about `reach` pixels around."""
    light = bell(image.shape, centre, reach) * np.float32(rng.uniform(0.2, 0.8))
    warm = np.asarray([0.35, 0.65, 1.0], np.float32)
    lit = at_night(image, rng) + image * light * warm + light * warm * np.float32(rng.uniform(0, 60))
    return np.asarray(lit.clip(0, 255), np.uint8)


def put_scooter(sample: Sample, sprites: Sequence[Sprite], rng: Generator) -> Sample:
    """A scooter standing in the lower part, lit like the place, sometimes cut by the picture's edge."""
    h, w = sample.image.shape[:2]
    height = int(h * rng.uniform(0.2, 0.75))
    sprite = resized(sprites[int(rng.integers(len(sprites)))], height, rng)
    sw = sprite.alpha.shape[1]
    left = int(rng.uniform(-0.3 * sw, w - 0.7 * sw))
    top = int(h * rng.uniform(0.7, 1.1)) - height
    here = sample.image[max(0, top) : max(1, top + height), max(0, left) : max(1, left + sw)]
    gain = float(np.clip((here.mean() + 30) / (sprite.colour[sprite.alpha > 0.5].mean() + 30), 0.35, 1.2))
    if rng.random() < 0.5:
        channels = rng.permutation(3)
        sprite = Sprite(sprite.colour[..., channels], sprite.alpha)
    lit = Sprite(np.asarray((sprite.colour * gain).clip(0, 255), np.uint8), sprite.alpha)
    return put(sample, lit, EBIKE, left, top)


def put_lamps(sample: Sample, rng: Generator, night: float = 0.0) -> Sample:
    """Round, square and long lights with a halo, white to orange: bright and warm, and no flame.

    night: how often the place around them is dark.
    """
    dark = night and rng.random() < night
    image = (at_night(sample.image, rng) if dark else sample.image).astype(np.float32)
    h, w = image.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        size = float(np.exp(rng.uniform(np.log(3), np.log(h * 0.12))))
        centre = (int(rng.uniform(0, w)), int(rng.uniform(0, h * 0.8)))
        if any(
            x1 - size < centre[0] < x2 + size and y1 - size < centre[1] < y2 + size
            for _, x1, y1, x2, y2 in sample.boxes
        ):
            continue
        warm = rng.uniform(0, 1)
        colour = np.asarray([255 - 190 * warm, 255 - 80 * warm, 255], np.float32)
        spread = size * rng.uniform(0.8, 2.5)
        reach = round(3 * spread + 3 * size) + 4  # nothing of the halo is left beyond
        left, top = max(0, centre[0] - reach), max(0, centre[1] - reach)
        near = image[top : centre[1] + reach, left : centre[0] + reach]  # a view: painted in place
        shape = _lamp_shape(near.shape[:2], (centre[0] - left, centre[1] - top), size, rng)
        halo = cv2.GaussianBlur(shape, (0, 0), spread) * rng.uniform(0.3, 0.9)
        core = cv2.GaussianBlur(shape, (0, 0), max(0.6, size * 0.08))
        near += (255 - near) * (halo[..., None] * colour / 255)
        white = colour * 0.35 + 255 * 0.65
        near += (white - near) * core[..., None]
    return replace(sample, image=np.asarray(image.clip(0, 255), np.uint8))


def _lamp_shape(shape: tuple[int, int], centre: tuple[int, int], size: float, rng: Generator) -> NDArray[np.float32]:
    mask = np.zeros(shape, np.float32)
    long, short = max(1, round(size * rng.uniform(1, 3))), max(1, round(size * rng.uniform(0.5, 1)))
    if rng.random() < 0.6:
        cv2.ellipse(mask, centre, (long if rng.random() < 0.3 else short, short), 0, 0, 360, 1.0, -1)
    else:
        corner = (centre[0] + long, centre[1] + short)
        cv2.rectangle(mask, (centre[0] - long, centre[1] - short), corner, 1.0, -1)
    return mask
