"""A fire in a rendered picture: several small fluids at their own depths, their smoke, and the light they give.

All light is linear. Sizes are metres, places world metres; pictures are (H, W, 3) float32, masks (H, W).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synth.camera import Camera, Linear
from models.synth.flame import Field, Fire, FireFrame, FireRecipe
from models.synth.look import Lamp
from models.synth.mesh import Points
from models.synth.world import SynthError

FIRE_COLOUR = (1.0, 0.40, 0.10)
GROWN = 0.36
"""Height of a grown flame as a part of its grid's height (measured on the fluid with `LIFT` at power 1)."""
BASE, LIFT = 0.36, 0.38
FLAME_LIGHT, SMOKE_VEIL = 0.45, 0.35
"""A pixel belongs to the flame from this added light (white = 1), to the smoke from this opacity after a blur."""
STEP_S, STEPS_TO_MATURE = 0.1, 16
"""Time of one fluid step; after so many a fire has grown."""


@dataclass(frozen=True, slots=True)
class FireSort:
    """One sort of fire. `size_m` is the range of flame heights at full power, `tongues` how many fluids burn side by
    side, `width` the bed's width beside the flame's height, `smoke` opacity factors from–to, `albedo` how bright the
    smoke is (0.03 soot … 0.8 white), `light` how strongly it lights the room, `haze` the smoke under the ceiling."""

    size_m: tuple[float, float]
    tongues: int = 1
    width: float = 0.5
    smoke: tuple[float, float] = (0.2, 1.2)
    albedo: tuple[float, float] = (0.03, 0.3)
    light: float = 1.0
    haze: float = 0.0


FIRES: dict[str, FireSort] = {
    "lighter": FireSort((0.025, 0.05), smoke=(0.0, 0.1), light=0.03),
    "candle": FireSort((0.02, 0.04), smoke=(0.0, 0.1), light=0.03),
    "paper": FireSort((0.15, 0.5), 2, 0.6, (0.3, 1.5), (0.2, 0.6), 0.6),
    "joss": FireSort((0.25, 0.7), 2, 0.55, (0.5, 2.0), (0.2, 0.6), 0.8),
    "pan": FireSort((0.3, 0.8), 1, 0.7, (0.5, 2.0), (0.03, 0.2), 0.9),
    "bag": FireSort((0.4, 1.0), 3, 0.6, (0.8, 2.5), (0.02, 0.15), 1.0, 0.15),
    "cartons": FireSort((0.5, 1.5), 4, 0.6, (0.4, 2.0), (0.1, 0.5), 1.2, 0.2),
    "battery": FireSort((0.25, 0.8), 2, 0.7, (2.0, 4.0), (0.3, 0.8), 1.0, 0.3),
    "bike": FireSort((0.9, 2.2), 5, 0.5, (1.5, 4.0), (0.01, 0.1), 1.6, 0.45),
}


@dataclass(frozen=True, slots=True)
class Layer:
    """One moment of a fire over one picture: `glow` (H, W, 3) visible light to add, `veil` (H, W) smoke opacity,
    `light` the factor of the room lit by this fire, `flame` and `smoke` masks of what is seen of them, `whole_px` the
    size of the flame if nothing stood before it."""

    glow: Linear
    veil: Field
    light: float
    flame: NDArray[np.bool_]
    smoke: NDArray[np.bool_]
    whole_px: int


@dataclass
class _Tongue:
    """One fluid and where its foot stands in the pinhole picture: pixels, pixels a grid cell, metres from the lens."""

    fire: Fire
    x: float
    y: float
    scale: float
    depth_m: float


def fire_sort(name: str) -> FireSort:
    """A sort by name; SynthError: one line that names the known ones."""
    if name not in FIRES:
        raise SynthError(f"there is no fire {name!r}; known: {', '.join(FIRES)}")
    return FIRES[name]


def fire_seed(world: int, number: int) -> int:
    """Number of the fire of scene `number` in a world."""
    return world * 1_000_003 + number


class Blaze:
    """A fire of a `sort` at `foot` (3,), spread along the vector `extent` (3,), seen by `camera`.

    `distance` (H, W) metres from the lens tells what stands before it. Everything follows from `seed`.
    """

    def __init__(
        self, sort: str, seed: int, foot: Points, camera: Camera, distance: Field, extent: Points | None = None
    ) -> None:
        self.sort, self.foot, self.distance = fire_sort(sort), np.asarray(foot, float), distance
        rng = np.random.default_rng((seed, 77))
        low, high = self.sort.size_m
        self.size_m = float(np.exp(rng.uniform(np.log(low), np.log(high))))
        self._bright = float(np.exp(rng.uniform(-0.5, 0.9)))
        self._tint = np.array((1.0, rng.uniform(0.75, 1.25), rng.uniform(0.5, 1.8)), np.float32)
        self._smoke = float(rng.uniform(*self.sort.smoke))
        self._albedo = float(rng.uniform(*self.sort.albedo))
        self._wind = float(rng.normal(0, 0.14))
        self._seed, self._camera = seed, camera
        self._extent = np.zeros(3) if extent is None else np.asarray(extent, float)
        self._tongues = self._light_up(seed)
        self._steps, self._looks = 0, list[FireFrame]()

    def _light_up(self, seed: int) -> list[_Tongue]:
        """The tongues, the farthest first, each on a grid about as fine as the picture."""
        rng = np.random.default_rng((seed, 78))
        tongues = []
        for k in range(self.sort.tongues):
            share = (k + 0.5) / self.sort.tongues - 0.5
            aside = rng.normal(0, 0.12, 3) * self.size_m * (1, 1, 0.4) * (self.sort.tongues > 1)
            at = self.foot + self._extent * share + aside
            xy, depth = self._camera.project(at[None])
            tall_m = self.size_m * float(rng.uniform(0.55, 1.0) if k else 1.0)
            tall_px = tall_m * self._camera.focal_px / max(float(depth[0]), 0.3)
            rows = int(np.clip(1.1 * tall_px / GROWN, 40, 240)) // 8 * 8
            columns = int(rows * (0.55 + 0.4 * self.sort.width)) // 8 * 8
            recipe = FireRecipe(int(rng.integers(1 << 30)), rows, columns, BASE, LIFT, self._wind)
            away = float(np.linalg.norm(at - self._camera.at)) - 0.25 * self.size_m
            tongues.append(_Tongue(Fire(recipe), float(xy[0, 0]), float(xy[0, 1]), tall_px / (GROWN * rows), away))
        return sorted(tongues, key=lambda tongue: -tongue.depth_m)

    def lamps(self, watts: float = 60.0) -> list[Lamp]:
        """Two balls of fire light over the foot, for rendering the room as this fire lights it."""
        spots = ((0.3, 0.6, 0.16), (0.8, 0.4, 0.12))
        x, y, z = (float(v) for v in self.foot)
        reach = max(self.size_m, 0.25)
        return [Lamp((x, y, z + up * reach), (ball, 0.0), part * watts, FIRE_COLOUR) for up, part, ball in spots]

    def frame(self, time_s: float, power: float) -> Layer:
        """The moment `time_s` after the fire began, later than the last one, at a power 0–1."""
        while self._steps < time_s / STEP_S + 0.5 or not self._looks:
            self._looks = [tongue.fire.step(power) for tongue in self._tongues]
            self._steps += 1
        return self._layer(self._looks, power, time_s)

    def mature(self, power: float, variant: int) -> Layer:
        """A grown fire at one moment, another one for each `variant`."""
        self._tongues = self._light_up(self._seed + 1 + variant)
        for _ in range(STEPS_TO_MATURE):
            looks = [tongue.fire.step(power) for tongue in self._tongues]
        return self._layer(looks, power, float(variant % 60))

    def _layer(self, looks: Sequence[FireFrame], power: float, time_s: float) -> Layer:
        shape = (self._camera.height, self._camera.width)
        glow, veil = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
        bare = np.zeros(shape, np.float32)
        for tongue, look in zip(self._tongues, looks, strict=True):
            light, grey = _spread(look, tongue, shape)
            before = (self.distance < tongue.depth_m - 0.05).astype(np.float32)
            seen = 1 - cv2.GaussianBlur(before, (0, 0), 0.7)
            thick = np.clip(grey * self._smoke, 0, 0.92) * (0.3 + 0.7 * seen)
            glow = glow * (1 - 0.6 * thick)[..., None] + light * (self._bright * self._tint * seen[..., None])
            veil = 1 - (1 - veil) * (1 - thick)
            bare += light[..., 0] * (self._bright * self._tint[0])
        if self.sort.haze:
            grown = min(1.0, time_s / 20) * power * self.sort.haze
            veil = 1 - (1 - veil) * (1 - _ceiling_haze(shape, time_s, grown, self._seed))
        lit = (
            self.sort.light
            * (0.35 + 0.65 * power)
            * float(np.mean([look.glow[..., 0].mean() for look in looks]))
            / 0.12
        )
        flame, whole_px = glow[..., 0] > FLAME_LIGHT, int((bare > FLAME_LIGHT).sum())
        smoke = (np.asarray(cv2.blur(veil, (7, 7))) > SMOKE_VEIL) & ~flame
        return Layer(
            glow, np.asarray(veil, np.float32), float(min(lit, 3.0)) if power > 0 else 0.0, flame, smoke, whole_px
        )

    def apply(self, room: Linear, lit: Sequence[Linear], layer: Layer) -> Linear:
        """The picture: `room` plus its `lit` renderings (averaged) times the fire's light, smoke, then the flame."""
        out = room
        if lit:
            out = room + np.mean(lit, axis=0) * layer.light
        around = cv2.blur(np.asarray(out, np.float32), (61, 61))
        smoke = self._albedo * (0.35 * around + 0.65 * float(out.mean()))
        cover = layer.veil[..., None]
        return np.asarray(out * (1 - cover) + smoke * cover + layer.glow, np.float32)


def _spread(look: FireFrame, tongue: _Tongue, shape: tuple[int, int]) -> tuple[Linear, Field]:
    """A fluid's glow (H, W, 3) and smoke (H, W) on the whole picture."""
    rows, columns = look.smoke.shape
    scale = tongue.scale
    matrix = np.array(
        [[scale, 0, tongue.x - scale * columns / 2], [0, scale, tongue.y - scale * rows * 0.95]], np.float64
    )
    glow, smoke = look.glow, look.smoke
    if scale < 0.9:  # area-like reduction, so that fine tongues do not alias
        sigma = 0.42 / scale
        glow = np.asarray(cv2.GaussianBlur(glow, (0, 0), sigma), np.float32)
        smoke = np.asarray(cv2.GaussianBlur(smoke, (0, 0), sigma), np.float32)
    size = (shape[1], shape[0])
    wide = cv2.warpAffine(glow, matrix, size, flags=cv2.INTER_LINEAR)
    grey = cv2.warpAffine(smoke, matrix, size, flags=cv2.INTER_LINEAR)
    return np.asarray(wide, np.float32), np.asarray(grey, np.float32)


def _ceiling_haze(shape: tuple[int, int], time_s: float, amount: float, seed: int, low: float = 0.4) -> Field:
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
