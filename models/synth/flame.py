"""Fire as a small two-dimensional fluid: hot gas rises, curls, cools and glows.

A closed box of gas on a grid (row 0 at the top), marched in semi-Lagrangian steps with buoyancy, swirl confinement
and an exact pressure solve by cosine transform (Stam, Stable Fluids, 1999; Fedkiw, Stam and Jensen, Visual Simulation
of Smoke, 2001).  Everything is seeded: the same seed and the same powers give the same frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""(H, W) float32 on the simulation grid."""


@dataclass(frozen=True, slots=True)
class FireRecipe:
    """A fire. `base` is the burning width and `lift` the flame height at power 1, both as parts of the grid's size;
    `restless` says how much its bed swells and dies."""

    seed: int = 0
    height: int = 288
    width: int = 224
    base: float = 0.32
    lift: float = 0.6
    wind: float = 0.0
    restless: float = 0.25
    substeps: int = 4


@dataclass(frozen=True, slots=True)
class FireFrame:
    """One moment: `glow` (H, W, 3) linear RGB to add to the picture, `smoke` (H, W) opacity 0–1."""

    glow: NDArray[np.float32]
    smoke: Field


class Fire:
    """The fluid's state; `step` advances one frame of 1/10 s."""

    def __init__(self, recipe: FireRecipe) -> None:
        self.recipe = recipe
        self.rng = np.random.default_rng(recipe.seed)
        shape = (recipe.height, recipe.width)
        self.u, self.v = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.fuel, self.smoke = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
        self._x, self._y = x, y
        self._laplace = _eigenvalues(shape)
        edge = np.minimum(np.minimum(x, shape[1] - 1 - x) / (0.12 * shape[1]), y / (0.2 * shape[0]))
        self._calm = 0.6 + 0.4 * np.clip(edge, 0, 1)
        self._tongues = self.rng.uniform(0, 2 * np.pi, (6, 2))
        self._time = 0.0

    def step(self, power: float) -> FireFrame:
        """Advance one frame at a power 0–1 and return how it looks."""
        for _ in range(self.recipe.substeps):
            self._substep(max(0.0, power), 0.1 / self.recipe.substeps)
        return FireFrame(self._glow(), np.clip(self.smoke * 0.9, 0, 0.85).astype(np.float32))

    def _substep(self, power: float, dt: float) -> None:
        h = self.recipe.height
        self._time += dt
        speed = h * 2.6 * self.recipe.lift * np.sqrt(0.25 + 0.75 * power)
        self._feed(power, dt)
        noise = _noise(self.rng, self.fuel.shape, 12) + 0.6 * _noise(self.rng, self.fuel.shape, 26)
        self.v -= np.float32(dt * speed * 3.2) * self.fuel
        self.u += np.float32(dt * speed) * (noise * 2.2 * np.minimum(self.fuel, 1) + self.recipe.wind * self.fuel)
        self._curl(dt, 0.55 * h)
        self.u = np.asarray(cv2.GaussianBlur(self.u, (3, 3), 0.5), np.float32)
        self.v = np.asarray(cv2.GaussianBlur(self.v, (3, 3), 0.5), np.float32)
        self._project()
        self.u *= self._calm
        self.v *= self._calm
        back_x, back_y = self._x - dt * self.u, self._y - dt * self.v
        self.u, self.v = (
            _carry(self.u, back_x, back_y) * np.float32(0.985),
            _carry(self.v, back_x, back_y) * np.float32(0.985),
        )
        self.fuel, self.smoke = _carry(self.fuel, back_x, back_y), _carry(self.smoke, back_x, back_y)
        burnt = self.fuel * np.float32(1 - np.exp(-dt * 3.0)) + np.float32(dt * 0.55)
        burnt = np.minimum(burnt, self.fuel)
        self.fuel = self.fuel - burnt
        self.smoke = (self.smoke + 0.55 * burnt * (self.fuel < 0.35)) * np.float32(np.exp(-dt * 0.5))

    def _feed(self, power: float, dt: float) -> None:
        """Gas comes out along the base in tongues that move, swell and die."""
        r = self.recipe
        half = 0.5 * r.base * r.width * (0.35 + 0.65 * power)
        x = (self._x[0] - r.width / 2) / max(half, 1.0)
        wave = np.zeros_like(x)
        for k, (a, b) in enumerate(self._tongues):
            wave += np.sin(x * (1.6 + 1.3 * k) + a + self._time * (3 + 2.1 * k)) * np.sin(
                b + self._time * (1.7 + 1.9 * k)
            )
        bed = np.exp(-(np.abs(x) ** 3.0)) * np.clip(0.9 + r.restless * wave, 0, 1.6)
        if power <= 0:
            return
        bowl = np.exp(-(((self._y / r.height - 0.95) / 0.022) ** 2) * (1 + np.abs(x) ** 2))
        target = bowl * bed * (0.55 + 0.75 * power) * min(1.0, dt * 40)
        self.fuel = np.maximum(self.fuel, target.astype(np.float32))

    def _curl(self, dt: float, strength: float) -> None:
        """Vorticity confinement: puts back the small swirls that the grid smooths away."""
        # NumPy's stubs give a tuple for every 2-D array, also where one axis is asked for.
        across, down = cast("Field", np.gradient(self.v, axis=1)), cast("Field", np.gradient(self.u, axis=0))
        spin = across - down
        size = np.abs(spin)
        gy, gx = np.gradient(size)
        norm = np.sqrt(gx * gx + gy * gy) + 1e-3
        self.u += (dt * strength * 0.35 * gy / norm * spin).astype(np.float32)
        self.v -= (dt * strength * 0.35 * gx / norm * spin).astype(np.float32)

    def _project(self) -> None:
        """Take the divergence out of the velocity (closed box)."""
        divergence = np.diff(self.u, axis=1, prepend=self.u[:, :1]) + np.diff(self.v, axis=0, prepend=self.v[:1])
        divergence -= np.float32(self.recipe.height * 0.018) * self.fuel  # hot gas expands where it burns
        pressure = cv2.idct(cv2.dct(divergence.astype(np.float32)) / self._laplace)
        self.u -= np.diff(pressure, axis=1, append=pressure[:, -1:])
        self.v -= np.diff(pressure, axis=0, append=pressure[-1:])

    def _glow(self) -> NDArray[np.float32]:
        """Incandescent soot: what a camera that exposes for the room sees."""
        return glow_of(self.fuel)


def glow_of(heat: Field) -> NDArray[np.float32]:
    """(H, W, 3) linear RGB from heat 0–1.5: red-orange edges, yellow body, a core that saturates all channels."""
    t = np.clip(heat, 0, 1.6)
    body = np.clip((t - 0.10) / 0.9, 0, 1.3)
    power = 13.0 * body**1.4
    green = 0.16 + 0.34 * np.clip(body, 0, 1) ** 0.8
    blue = 0.012 + 0.16 * np.clip(body, 0, 1.2) ** 2.2
    return np.asarray(np.stack([power, power * green, power * blue], axis=-1), np.float32)


def _noise(rng: np.random.Generator, shape: tuple[int, ...], cells: int) -> Field:
    """Smooth random field with `cells` lumps along the height, about unit variance."""
    coarse = rng.standard_normal((cells, max(2, cells * shape[1] // shape[0]))).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def _carry(field: Field, back_x: Field, back_y: Field) -> Field:
    """The field carried along the flow (looked up where each cell's gas was)."""
    x, y = back_x.astype(np.float32), back_y.astype(np.float32)
    return np.asarray(cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), np.float32)


def _eigenvalues(shape: tuple[int, int]) -> Field:
    """Eigenvalues of the five-point Laplacian for the cosine transform; the constant mode is left out."""
    ky = 2 * np.cos(np.pi * np.arange(shape[0]) / shape[0])[:, None]
    kx = 2 * np.cos(np.pi * np.arange(shape[1]) / shape[1])[None, :]
    values = ky + kx - 4
    values[0, 0] = 1e12
    return np.asarray(values, np.float32)
