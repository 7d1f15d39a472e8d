"""Laying a fire over a rendered picture: sprite, occlusion, smoke and the light it throws on the room."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synth.camera import Linear
from models.synth.flame import Field, FireFrame
from models.synth.stage import Lamp

FIRE_COLOUR = (1.0, 0.40, 0.10)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a fire stands in the pinhole picture: `x`, `y` pixels of its foot, `scale` pixels per grid cell, `depth_m`
    its distance from the camera."""

    x: float
    y: float
    scale: float
    depth_m: float


def fire_lamps(at: NDArray[np.float64], size_m: float, watts: float = 60.0) -> list[Lamp]:
    """Two balls of fire light above the point `at` (3,) for a flame `size_m` high."""
    low = (float(at[0]), float(at[1]), float(at[2] + 0.25 * size_m))
    high = (float(at[0]), float(at[1]), float(at[2] + 0.7 * size_m))
    return [Lamp(low, (0.12, 0.0), 0.6 * watts, FIRE_COLOUR), Lamp(high, (0.1, 0.0), 0.4 * watts, FIRE_COLOUR)]


def spread(frame: FireFrame, spot: Spot, shape: tuple[int, int]) -> tuple[Linear, Field]:
    """The sprite's glow (H, W, 3) and smoke (H, W) on a whole picture of `shape` (H, W)."""
    rows, columns = frame.smoke.shape
    foot = np.array((columns / 2, rows * 0.95))
    matrix = np.array([[spot.scale, 0, spot.x - spot.scale * foot[0]], [0, spot.scale, spot.y - spot.scale * foot[1]]])
    glow, smoke = frame.glow, frame.smoke
    if spot.scale < 0.9:  # area-like reduction, so that fine tongues do not alias
        sigma = 0.42 / spot.scale
        glow = np.asarray(cv2.GaussianBlur(glow, (0, 0), sigma), np.float32)
        smoke = np.asarray(cv2.GaussianBlur(smoke, (0, 0), sigma), np.float32)
    size = (shape[1], shape[0])
    wide = cv2.warpAffine(glow, matrix, size, flags=cv2.INTER_LINEAR)
    grey = cv2.warpAffine(smoke, matrix, size, flags=cv2.INTER_LINEAR)
    return np.asarray(wide, np.float32), np.asarray(grey, np.float32)


def add_fire(
    room: Linear, frame: FireFrame, spot: Spot, distance: Field, hide: float = 1.0
) -> tuple[Linear, Field, Field]:
    """The picture with the fire in it; also the visible glow (H, W) and smoke (H, W) for truth boxes.

    `room` is already lit by the fire; `distance` (H, W) metres tells what stands before the fire; `hide` (0–1) is how
    far such things cover it.
    """
    shape = room.shape[:2]
    glow, smoke = spread(frame, spot, (shape[0], shape[1]))
    before = (distance < spot.depth_m - 0.10).astype(np.float32)
    seen = (1 - hide * cv2.GaussianBlur(before, (0, 0), 0.7))[..., None]
    soot = np.array((0.03, 0.027, 0.025), np.float32) + 0.15 * room.mean(axis=(0, 1))
    veil = smoke[..., None] * (0.35 + 0.65 * seen)
    picture = room * (1 - veil) + soot * veil + glow * seen
    return picture.astype(np.float32), (glow[..., 0] * seen[..., 0]).astype(np.float32), veil[..., 0].astype(np.float32)


def ceiling_haze(shape: tuple[int, int], time_s: float, amount: float, seed: int, low: float = 0.36) -> Field:
    """Opacity (H, W) of the smoke under the ceiling: densest at the top, drifting, gone below `low` of the height."""
    rng = np.random.default_rng(seed)
    height, width = shape
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    layer = np.zeros(shape, np.float32)
    for cells, speed in ((3, 0.05), (6, 0.11), (12, 0.2)):
        grid = rng.standard_normal((cells, cells * 4)).astype(np.float32)
        x = np.linspace(0, cells * 2.4, width, dtype=np.float32)[None, :] + speed * cells * time_s * 0.4
        map_x = np.broadcast_to(x % (cells * 4 - 1), shape).astype(np.float32)
        map_y = np.broadcast_to(y * (cells - 1), shape).astype(np.float32)
        layer += cv2.remap(grid, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT) / cells**0.5
    edge = np.clip((low - y + 0.06 * layer) / low, 0, 1)
    return np.asarray(np.clip(amount * edge * (0.8 + 0.25 * layer), 0, 0.9), np.float32)
