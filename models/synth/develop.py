"""From rendered layers to a finished, labelled picture: light level, fire, lens, mirror, crop, sensor, clock, codec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synth.blaze import Blaze, Layer
from models.synth.camera import Camera, Frame, Lens, Linear, Sensor, metered, monochrome, write_osd
from models.synth.codec import round_trip
from models.synth.labels import Box, fire_boxes, stands_out, visible_boxes
from models.synth.mesh import Points
from models.synth.stage import Shot

LEAST_FLAME_PX, SEEN_FLAME = 40, 0.4
"""A scene's fire is lit only where so many pixels of its flame show, and this share of it: a spark behind a wheel
teaches a detector nothing but noise."""
LEAST_VISIBLE, LEAST_SIDE_PX = 0.25, 16
"""What shows less of itself, or is smaller, has no box in a still: a detector at 320–640 px could only guess."""
FAINT = 2.0
"""A lead that differs less from what is behind it (grey levels, see `stands_out`) has no box."""
Window = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Layers:
    """A scene's renderings: by its lamps, by the fire alone; then by thing number: class, name, silhouette in pixels.

    `infrared`: the camera's own lamp was the only one.
    """

    room: Shot
    lit: tuple[Linear, ...]
    blaze: Blaze | None
    kinds: list[str]
    names: list[str]
    whole_px: list[int]
    infrared: bool


@dataclass(frozen=True, slots=True)
class View:
    """How a rendered picture is shown: through which lens, which window (x1, y1, x2, y2) of it, mirrored or not."""

    lens: Lens
    window: Window
    mirrored: bool
    width: int
    height: int

    def points(self, pixels: Points) -> Points:
        """Pinhole pixels (N, 2) as 0–1 of the finished picture."""
        bent = self.lens.bend_points(pixels, self.width, self.height)
        x1, y1, x2, y2 = self.window
        out = (bent - (x1, y1)) / (x2 - x1, y2 - y1)
        if self.mirrored:
            out[:, 0] = 1 - out[:, 0]
        return np.asarray(out)

    def pinhole_px(self) -> NDArray[np.float32]:
        """(H, W): how many pixels of the pinhole picture each pixel of the finished one shows."""
        map_x, map_y = self.lens.maps(self.width, self.height)
        (x_down, x_right), (y_down, y_right) = np.gradient(map_x), np.gradient(map_y)
        x1, y1, x2, y2 = self.window
        shrunk = (x2 - x1) * (y2 - y1) / (self.width * self.height)
        area = (np.abs(x_right * y_down - x_down * y_right) * shrunk)[y1:y2, x1:x2]
        out = np.asarray(cv2.resize(np.ascontiguousarray(area), (self.width, self.height)), np.float32)
        return np.ascontiguousarray(out[:, ::-1]) if self.mirrored else out

    def show(self, layer: NDArray[np.float32], nearest: bool = False) -> NDArray[np.float32]:
        """A pinhole layer as the finished picture has it, at the same size."""
        out = self.lens.bend(layer, nearest)
        x1, y1, x2, y2 = self.window
        if (x2 - x1, y2 - y1) != (self.width, self.height):
            how = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
            part = np.ascontiguousarray(out[y1:y2, x1:x2])
            out = np.asarray(cv2.resize(part, (self.width, self.height), interpolation=how), np.float32)
        return np.ascontiguousarray(out[:, ::-1]) if self.mirrored else out

    def mask(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A mask (H, W) of the pinhole picture as the finished picture has it."""
        return np.asarray(self.show(mask.astype(np.float32), nearest=True) > 0.5)


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture with its boxes, the view it shows, and how it was made (for the manifest)."""

    frame: Frame
    boxes: list[Box]
    view: View
    notes: dict[str, Any]


def develop(layers: Layers, lens: Lens, rng: np.random.Generator, burning: bool, recorded: float) -> Picture:
    """One finished picture (H, W, 3) uint8 RGB. `recorded` is the chance of a pass through a video encoder."""
    height, width = layers.room.index.shape
    level = float(rng.choice((1.0, 0.7, 0.3, 0.06), p=(0.5, 0.25, 0.15, 0.1)))
    room = _exposed(layers.room.light, 0.30 * level)
    fire: Layer | None = None
    if burning and layers.blaze is not None:
        layer = layers.blaze.mature(float(rng.uniform(0.35, 1.0)), int(rng.integers(1 << 20)))
        if layer.flame.sum() >= max(LEAST_FLAME_PX, SEEN_FLAME * layer.whole_px):
            room, fire = layers.blaze.apply(room, layers.lit, layer), layer
    bright = float(np.minimum(room, 2).mean())
    gain = float(rng.uniform(0.8, 1.25)) * min(3.0, 0.3 / max(bright, 1e-3)) ** 0.5
    view = View(lens, _window(rng, width, height), bool(rng.random() < 0.5), width, height)
    grey = layers.infrared or bool(rng.random() < 0.06)
    linear = lens.shade(view.show(room))
    if grey:
        linear = monochrome(linear)
    sensor = _sensor(rng, gain, grey)
    frame = sensor.develop(np.ascontiguousarray(linear), rng)
    index = view.show(layers.room.index.astype(np.float32), nearest=True).astype(np.int16)
    frame = _smear(frame, index, layers, rng)
    if rng.random() < 0.6:
        frame = write_osd(frame, _stamp(rng), f"CAM {rng.integers(1, 33):02d}")
    notes = {"level": level, "grey": grey, "fire": bool(fire), "recorded": ""}
    if rng.random() < recorded:
        codec, crf = ("h264", "h265")[int(rng.random() < 0.35)], int(rng.integers(24, 40))
        frame, notes["recorded"] = round_trip(frame, crf, codec), f"{codec} crf {crf}"  # type: ignore[arg-type]
    grey_frame = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)
    return Picture(frame, _boxes(layers, index, fire, view, grey_frame), view, notes)


def _exposed(light: Linear, mean: float) -> Linear:
    """Light scaled so that its middle is `mean`: what the camera's iris does."""
    return np.asarray(light * (mean / max(metered(light), 1e-5)))


def _boxes(
    layers: Layers, index: NDArray[np.int16], fire: Layer | None, view: View, grey: NDArray[np.uint8]
) -> list[Box]:
    """All boxes of a finished picture that a person could see; flame and smoke come from what is seen of them."""
    boxes = visible_boxes(
        index,
        layers.kinds,
        layers.whole_px,
        layers.names,
        least_visible=LEAST_VISIBLE,
        least_side_px=LEAST_SIDE_PX,
        pinhole_px=view.pinhole_px(),
    )
    number = {name: k for k, name in enumerate(layers.names)}
    boxes = [box for box in boxes if box.kind != "cable" or stands_out(grey, index == number[box.name]) >= FAINT]
    if fire is not None:
        boxes += fire_boxes(view.mask(fire.flame), view.mask(fire.smoke), least_flame_px=LEAST_FLAME_PX)
    return boxes


def _window(rng: np.random.Generator, width: int, height: int) -> Window:
    """The whole picture or a part of it (≥ 62 % each way, same shape): x1, y1, x2, y2 pixels."""
    if rng.random() < 0.4:
        return 0, 0, width, height
    share = float(rng.uniform(0.62, 0.97))
    w, h = int(width * share), int(height * share)
    x, y = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
    return x, y, x + w, y + h


def _sensor(rng: np.random.Generator, gain: float, grey: bool) -> Sensor:
    balance = (1.0, 1.0, 1.0) if grey else (float(rng.uniform(0.88, 1.12)), 1.0, float(rng.uniform(0.82, 1.15)))
    return Sensor(
        gain=gain,
        balance=balance,
        noise=float(rng.uniform(0.003, 0.02)),
        sharpen=float(rng.uniform(0, 0.9)),
        blur_px=float(rng.uniform(0.3, 1.1)),
        saturation=0.0 if grey else float(rng.uniform(0.65, 1.15)),
    )


def _smear(frame: Frame, index: NDArray[np.int16], layers: Layers, rng: np.random.Generator) -> Frame:
    """Motion blur of a person who walks, in a third of the pictures that have one."""
    walkers = [number for number, kind in enumerate(layers.kinds) if kind == "person"]
    if not walkers or rng.random() > 0.33:
        return frame
    length = int(rng.integers(3, 10)) * 2 + 1
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    angle = float(rng.normal(0, 20))
    kernel = np.asarray(
        cv2.warpAffine(kernel, cv2.getRotationMatrix2D((length // 2, length // 2), angle, 1), (length, length))
    )
    kernel /= max(float(kernel.sum()), 1e-6)
    mask = np.isin(index, walkers).astype(np.float32)
    soft = np.asarray(cv2.blur(mask, (length, 5)), np.float32)[..., None]
    moved = np.asarray(cv2.filter2D(frame, -1, kernel), np.float32)
    return np.asarray(np.clip(frame * (1 - soft) + moved * soft, 0, 255), np.uint8)


def _stamp(rng: np.random.Generator) -> str:
    day, clock = rng.integers((1, 1), (13, 29)), rng.integers((0, 0, 0), (24, 60, 60))
    return f"2026-{day[0]:02d}-{day[1]:02d} {clock[0]:02d}:{clock[1]:02d}:{clock[2]:02d}"


def ground_homography(camera: Camera, view: View, z: float) -> Points:
    """3×3 matrix from the finished picture (0–1) to the floor at height `z` (x, y in metres), best near the middle.

    The lens bends lines, so this is the least-squares plane map over floor points in sight within 9 m.
    """
    x, y = np.meshgrid(np.linspace(-6, 6, 25), np.linspace(-6, 12, 37))
    floor = np.stack([x.ravel(), y.ravel(), np.full(x.size, z)], axis=1)
    pixels, depth = camera.project(floor)
    inside = ((pixels >= 0) & (pixels < (camera.width, camera.height))).all(axis=1)
    seen = inside & (depth > 0.3) & (depth < 9)
    if seen.sum() < 6:
        return np.full((3, 3), np.nan)
    found, _ = cv2.findHomography(view.points(pixels[seen]), floor[seen][:, :2], 0)
    return np.asarray(found if found is not None else np.full((3, 3), np.nan), np.float64)
