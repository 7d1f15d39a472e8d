"""The camera: where a point lands in the picture, and what a cheap network camera does to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synth.mesh import Points

Linear = NDArray[np.float32]
"""(H, W, 3) float32 linear RGB, 1.0 = display white before exposure."""
Frame = NDArray[np.uint8]
"""(H, W, 3) uint8 RGB."""
TO_GREY = np.array(((0.4,), (0.35,), (0.25,)), np.float32)


@dataclass(frozen=True)
class Camera:
    """A pinhole at `at` (metres) looking at `target`, with a horizontal field of view in degrees."""

    at: Points
    target: Points
    fov_deg: float = 80.0
    width: int = 848
    height: int = 480
    roll_deg: float = 0.0

    @cached_property
    def forward(self) -> Points:
        """Unit vector (3,) along the optical axis."""
        d = np.asarray(self.target, float) - np.asarray(self.at, float)
        return np.asarray(d / np.linalg.norm(d))

    @cached_property
    def _level_right(self) -> Points:
        r = np.cross(self.forward, (0.0, 0.0, 1.0))
        return np.asarray(r / np.linalg.norm(r))

    @cached_property
    def right(self) -> Points:
        """Unit vector (3,) towards larger picture x."""
        a = np.radians(self.roll_deg)
        return np.asarray(np.cos(a) * self._level_right + np.sin(a) * np.cross(self.forward, self._level_right))

    @cached_property
    def down(self) -> Points:
        """Unit vector (3,) towards larger picture y."""
        return np.asarray(np.cross(self.forward, self.right))

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return self.width / 2 / float(np.tan(np.radians(self.fov_deg) / 2))

    def project(self, points: Points) -> tuple[Points, NDArray[np.float64]]:
        """(N, 2) pixel positions and (N,) depths along the axis in metres (≤ 0: behind the camera)."""
        d = np.asarray(points, float) - np.asarray(self.at, float)
        depth = d @ self.forward
        safe = np.where(np.abs(depth) < 1e-6, 1e-6, depth)
        x = self.width / 2 + self.focal_px * (d @ self.right) / safe
        y = self.height / 2 + self.focal_px * (d @ self.down) / safe
        return np.stack([x, y], axis=1), depth

    def rays(self, step: int = 1) -> Points:
        """(H/step, W/step, 3) unit view rays through pixel centres."""
        x = (np.arange(0, self.width, step) + step / 2 - self.width / 2) / self.focal_px
        y = (np.arange(0, self.height, step) + step / 2 - self.height / 2) / self.focal_px
        rays = self.forward + x[None, :, None] * self.right + y[:, None, None] * self.down
        return np.asarray(rays / np.linalg.norm(rays, axis=2, keepdims=True))


@dataclass(frozen=True)
class Lens:
    """Picture faults of the lens. The picture's corners stay where the pinhole's are; the middle grows.

    `barrel` is the first radial term (0.05–0.15 looks like a CCTV wide lens). With `fisheye_deg`, the horizontal field
    of view of the pinhole picture in degrees, the lens is an equidistant fisheye instead (radius = focal length × angle
    off the axis: Kannala and Brandt, 2006, its first term).
    """

    barrel: float = 0.09
    vignette: float = 0.35
    fisheye_deg: float = 0.0

    def maps(self, width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Where each bent pixel comes from in the pinhole picture: two (H, W) float32 maps, corners kept inside."""
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        u, v = (x - (width - 1) / 2) / (width / 2), (y - (height - 1) / 2) / (width / 2)
        factor = self._straighten(np.sqrt(u * u + v * v), float(np.hypot(1, height / width)))
        map_x = u * factor * (width / 2) + (width - 1) / 2
        map_y = v * factor * (width / 2) + (height - 1) / 2
        return map_x.astype(np.float32), map_y.astype(np.float32)

    def _straighten(self, radius: NDArray[np.float32], corner: float) -> NDArray[np.float32]:
        """Pinhole radius over bent radius, for bent radii in half picture widths; 1 at the `corner`."""
        if not self.fisheye_deg:
            return np.asarray((1 + self.barrel * radius**2) / (1 + self.barrel * corner**2), np.float32)
        slope = np.tan(np.radians(self.fisheye_deg) / 2)
        angle = np.maximum(radius, 1e-6) / corner * np.arctan(slope * corner)
        return np.asarray(np.tan(angle) / slope / np.maximum(radius, 1e-6), np.float32)

    def bend(self, picture: NDArray[np.float32], nearest: bool = False) -> NDArray[np.float32]:
        """A pinhole picture as the lens shows it."""
        map_x, map_y = self.maps(picture.shape[1], picture.shape[0])
        how = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
        return np.asarray(cv2.remap(picture, map_x, map_y, how, borderMode=cv2.BORDER_REPLICATE), np.float32)

    def bend_points(self, points: Points, width: int, height: int) -> Points:
        """Pinhole pixel positions (N, 2) as the lens shows them (the inverse of `maps`, by fixed-point steps)."""
        centre = np.array([(width - 1) / 2, (height - 1) / 2])
        q = (points - centre) / (width / 2)
        corner = float(np.hypot(1, height / width))
        if self.fisheye_deg:
            slope = np.tan(np.radians(self.fisheye_deg) / 2)
            radius = np.maximum(np.linalg.norm(q, axis=1, keepdims=True), 1e-9)
            p = q / radius * np.arctan(radius * slope) / np.arctan(slope * corner) * corner
            return np.asarray(p * (width / 2) + centre)
        p = q.copy()
        for _ in range(12):
            p = q * (1 + self.barrel * corner**2) / (1 + self.barrel * (p * p).sum(1, keepdims=True))
        return np.asarray(p * (width / 2) + centre)

    def shade(self, picture: Linear) -> Linear:
        """Darker corners."""
        height, width = picture.shape[:2]
        y, x = np.mgrid[0:height, 0:width]
        r2 = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) * 2
        return np.asarray(picture * (1 - self.vignette * r2)[..., None], np.float32)


def metered(light: Linear) -> float:
    """The middle brightness that an iris goes by; lamps in the picture count little."""
    return float(np.minimum(light, 4 * np.median(light) + 1e-6).mean())


def monochrome(light: Linear) -> Linear:
    """What a camera sees that has swung its infrared filter away: the same grey in all three channels."""
    return np.repeat(light @ TO_GREY, 3, axis=2)


@dataclass(frozen=True)
class Sensor:
    """Exposure, colour and noise.

    `gain` is the exposure factor, `balance` RGB factors, `noise` the standard deviation at black in display units 0–1,
    `sharpen` the strength of the halos that cameras add.
    """

    gain: float = 1.0
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    noise: float = 0.012
    sharpen: float = 0.5
    blur_px: float = 0.6
    saturation: float = 0.9

    def develop(self, linear: Linear, rng: np.random.Generator) -> Frame:
        """Linear light to the 8-bit picture before compression."""
        light = linear * np.array(self.balance, np.float32) * self.gain
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), self.blur_px), np.float32)
        picture = tone(light + 0.03 * _glare(light))
        grey = picture.mean(axis=2, keepdims=True)
        picture = grey + (picture - grey) * self.saturation
        picture = picture + self._grain(picture, rng)
        soft = np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.1), np.float32)
        picture = picture + self.sharpen * (picture - soft)
        return np.asarray(np.clip(picture * 255 + 0.5, 0, 255), np.uint8)

    def _grain(self, picture: Linear, rng: np.random.Generator) -> Linear:
        """Fine luma noise plus coarse colour blotches, stronger in the dark."""
        height, width = picture.shape[:2]
        level = self.noise * (1.4 - picture.mean(axis=2, keepdims=True))
        luma = rng.standard_normal((height, width, 1), np.float32)
        colour = rng.standard_normal((height // 3 + 1, width // 3 + 1, 3), np.float32)
        blotches = cv2.resize(colour, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(level * (luma + 0.6 * blotches), np.float32)


def _glare(light: Linear) -> Linear:
    """Light scattered in the lens: a wide blur, made on a quarter of the size."""
    height, width = light.shape[:2]
    small = cv2.resize(np.minimum(light, 12.0), (width // 4, height // 4), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), width / 240)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def tone(light: Linear) -> Linear:
    """Camera curve: near-linear, soft shoulder from 0.7, channel by channel (so that fire goes yellow, then white)."""
    light = np.maximum(light, 0)
    shoulder = 0.7 + 0.3 * (1 - np.exp(-(np.maximum(light, 0.7) - 0.7) / 0.5))
    squeezed = np.where(light < 0.7, light, shoulder)
    return np.asarray(
        np.where(squeezed < 0.0031308, squeezed * 12.92, 1.055 * squeezed ** (1 / 2.4) - 0.055), np.float32
    )


def write_osd(frame: Frame, clock: str, name: str) -> Frame:
    """On-screen text as recorders print it: clock top left, camera name bottom right, white with a dark rim."""
    out = frame.copy()
    height, width = out.shape[:2]
    scale = width / 848 * 0.62
    font = cv2.FONT_HERSHEY_DUPLEX
    (w, _), _ = cv2.getTextSize(name, font, scale, 1)
    for text, at in ((clock, (int(14 * width / 848), int(28 * width / 848))), (name, (width - w - 16, height - 16))):
        cv2.putText(out, text, at, font, scale, (12, 12, 12), 3, cv2.LINE_AA)
        cv2.putText(out, text, at, font, scale, (235, 235, 235), 1, cv2.LINE_AA)
    return out
