"""Day, night and infrared: a rule that sorts pictures by their light, and imitations of the lights that are rare.

Nobody labelled the light. The imitations change pixels only, so the same boxes stay true: they tell how much a
detector leans on colour and brightness, not how it does on a real night camera (no infrared glow, no headlights).
"""

import zlib
from collections.abc import Callable
from typing import Final, Literal

import cv2
import numpy as np

from models.geometry import Image

Light = Literal["day", "night", "grey"]
LIGHTS: Final[tuple[Light, ...]] = ("day", "night", "grey")

#: Mean over the picture of (largest - smallest channel), grey levels: grey cameras stay below 1 after compression, the
#: palest colour pictures gathered here begin at 4.
GREY_SPREAD: Final = 3.0
#: Mean luma (BT.601, 0-255). Rooms in dim light begin at about 60, burning rooms at night lie between 20 and 55.
NIGHT_LUMA: Final = 60.0

#: The darkened view: output = 255 · DARK_GAIN · (input / 255) ** DARK_GAMMA, then Gaussian noise of a raised gain.
#: White keeps half of its grey level, middle grey a third, shadows a sixth.
DARK_GAMMA: Final = 1.6
DARK_GAIN: Final = 0.5
DARK_NOISE: Final = 5.0  # standard deviation, grey levels


def light_of(image: Image) -> Light:
    """The light of an (H, W, 3) BGR picture: grey before night, night before day."""
    spread = cv2.subtract(image.max(axis=2), image.min(axis=2)).mean()
    if spread < GREY_SPREAD:
        return "grey"
    return "night" if cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).mean() < NIGHT_LUMA else "day"


def turned_grey(image: Image) -> Image:
    """The picture without colour, as an infrared camera shows it."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def darkened(image: Image) -> Image:
    """The picture in poor light with the noise that comes with it; the noise is seeded by the picture."""
    tones = 255 * DARK_GAIN * (np.arange(256, dtype=np.float32) / 255) ** DARK_GAMMA
    noise = np.random.default_rng(zlib.crc32(image.tobytes())).standard_normal(image.shape, np.float32)
    return np.asarray((tones[image] + DARK_NOISE * noise).clip(0, 255).round(), np.uint8)


#: Name of the view -> imitation.
VIEWS: Final[dict[str, Callable[[Image], Image]]] = {"turned grey": turned_grey, "darkened": darkened}
