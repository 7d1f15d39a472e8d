"""Faults of a camera, put into real footage: what the picture is from some moment on."""

from collections.abc import Callable
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.camera_health.trouble import Cause

Picture = NDArray[np.uint8]
Fault = Callable[[Picture, float, np.random.Generator], Picture]
"""(picture, seconds since the fault began, noise) → picture."""


def _noisy(image: NDArray[Any], rng: np.random.Generator, sigma: float) -> Picture:
    return np.clip(image + rng.normal(0, sigma, (*image.shape[:2], 1)), 0, 255).astype(np.uint8)


def black(picture: Picture, _: float, rng: np.random.Generator) -> Picture:
    """No light: what is left is the sensor's noise."""
    return _noisy(np.zeros(picture.shape), rng, 2.0)


def white(picture: Picture, _: float, rng: np.random.Generator) -> Picture:
    """Exposure opened far too wide."""
    return _noisy(picture.astype(np.float32) * 4 + 120, rng, 2.0)


def hand(picture: Picture, _: float, rng: np.random.Generator) -> Picture:
    """A hand on the lens: dark, reddish, without any edge."""
    height, width = picture.shape[:2]
    glow = cv2.resize(
        np.array([[30, 50, 40], [20, 35, 60]], np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    return _noisy(glow[..., None] * np.array([0.6, 0.7, 1.6], np.float32), rng, 3.0)


def bag(picture: Picture, _: float, rng: np.random.Generator) -> Picture:
    """A thin bag over the camera: light comes through, and nothing that could be recognised."""
    blurred = cv2.GaussianBlur(picture, (0, 0), picture.shape[1] / 12).astype(np.float32)
    return _noisy(0.25 * blurred + 120, rng, 2.0)


def cloth(picture: Picture, _: float, rng: np.random.Generator) -> Picture:
    """A woven cloth some way before the lens, so that its weave is seen."""
    height, width = picture.shape[:2]
    weave: NDArray[Any] = np.random.default_rng(7).normal(0, 1, (height // 6 + 1, width // 6 + 1)).astype(np.float32)
    weave = cv2.GaussianBlur(cv2.resize(weave, (width, height), interpolation=cv2.INTER_CUBIC), (0, 0), 2)
    return _noisy((90 + 18 * weave)[..., None] * np.array([0.8, 0.9, 1.0], np.float32), rng, 2.5)


def spray(picture: Picture, _: float, rng: np.random.Generator) -> Picture:
    """Paint on most of the dome, soft at its rim."""
    height, width = picture.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    away = np.hypot((columns / width - 0.4) / 0.42, (rows / height - 0.5) / 0.5)
    cover = np.clip((1.15 - away) / 0.3, 0, 1)[..., None]
    return _noisy(picture * (1 - cover) + np.array([60, 60, 70], np.float32) * cover, rng, 2.0)


def blur(strength: float) -> Fault:
    """Out of focus: strength is the disc's radius, share of the width."""

    def fault(picture: Picture, _: float, rng: np.random.Generator) -> Picture:
        return _noisy(cv2.GaussianBlur(picture, (0, 0), strength * picture.shape[1]).astype(np.float32), rng, 2.0)

    return fault


def moved(shift: tuple[float, float] = (0.0, 0.0), degrees: float = 0.0, zoom: float = 1.0) -> Fault:
    """The view shifted (share of its size), turned and zoomed; what comes into it is mirrored from inside."""

    def fault(picture: Picture, _: float, rng: np.random.Generator) -> Picture:
        height, width = picture.shape[:2]
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, zoom)
        turn[:, 2] += shift[0] * width, shift[1] * height
        other = cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REFLECT)
        return _noisy(other.astype(np.float32), rng, 1.5)

    return fault


class Frozen:
    """The picture of the moment it began, again and again; with a clock, if told so."""

    def __init__(self, clock: bool) -> None:
        self._clock = clock
        self._picture: Picture | None = None

    def __call__(self, picture: Picture, at_s: float, _: np.random.Generator) -> Picture:
        if self._picture is None:
            self._picture = picture.copy()
        shown = self._picture.copy()
        if self._clock:
            cv2.putText(
                shown, f"2026-01-01 12:00:{int(at_s):02d}", (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255,) * 3, 2
            )
        return shown


FAULTS: Final[dict[str, tuple[frozenset[Cause], float, Callable[[], Fault]]]] = {
    # name: what may be told of it, within how many seconds, how it is made
    "black": (frozenset({Cause.BLACK}), 10, lambda: black),
    "over-exposed": (frozenset({Cause.OVEREXPOSED}), 10, lambda: white),
    "hand": (frozenset({Cause.COVERED, Cause.BLACK}), 10, lambda: hand),
    "bag": (frozenset({Cause.COVERED}), 10, lambda: bag),
    "cloth": (frozenset({Cause.COVERED}), 10, lambda: cloth),
    "spray": (frozenset({Cause.SPRAYED, Cause.COVERED}), 10, lambda: spray),
    "blur 0.5 %": (frozenset({Cause.OUT_OF_FOCUS}), 60, lambda: blur(0.005)),
    "blur 1 %": (frozenset({Cause.OUT_OF_FOCUS}), 60, lambda: blur(0.01)),
    "blur 2 %": (frozenset({Cause.OUT_OF_FOCUS, Cause.COVERED}), 60, lambda: blur(0.02)),
    "shift 5 %": (frozenset({Cause.MOVED}), 60, lambda: moved((0.05, 0.0))),
    "shift 8 %, down 5 %": (frozenset({Cause.MOVED}), 60, lambda: moved((0.08, 0.05))),
    "shift 20 %": (frozenset({Cause.MOVED}), 60, lambda: moved((0.2, 0.05))),
    "shift 40 %": (frozenset({Cause.MOVED}), 60, lambda: moved((0.4, 0.0))),
    "turn 5°": (frozenset({Cause.MOVED}), 60, lambda: moved(degrees=5)),
    "turn 20°": (frozenset({Cause.MOVED}), 60, lambda: moved(degrees=20)),
    "zoom 5 %": (frozenset({Cause.MOVED}), 60, lambda: moved(zoom=1.05)),
    "zoom 20 %": (frozenset({Cause.MOVED}), 60, lambda: moved(zoom=1.2)),
    "zoom 40 %": (frozenset({Cause.MOVED}), 60, lambda: moved(zoom=1.4)),
    "frozen": (frozenset({Cause.FROZEN}), 15, lambda: Frozen(False)),
    "frozen, clock runs": (frozenset({Cause.FROZEN}), 15, lambda: Frozen(True)),
}
