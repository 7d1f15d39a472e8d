"""Pictures are sorted by their light, and imitations change it."""

import numpy as np
import pytest

from models.geometry import Image
from models.lights import VIEWS, darkened, light_of, turned_grey


def room(level: int, tint: int) -> Image:
    """A noisy picture of that mean blue level, its red channel `tint` above it."""
    noise = np.random.default_rng(5).integers(-10, 11, (40, 60, 1))
    return np.asarray(np.full((40, 60, 3), (level, level, level + tint)) + noise, np.uint8)


@pytest.mark.parametrize(
    ("level", "tint", "light"),
    [(120, 40, "day"), (30, 40, "night"), (120, 2, "grey"), (30, 0, "grey"), (55, 30, "day"), (40, 30, "night")],
)
def test_light_is_told_by_colour_and_brightness(level: int, tint: int, light: str) -> None:
    assert light_of(room(level, tint)) == light


def test_grey_is_grey_and_as_bright() -> None:
    image = room(120, 60)
    grey = turned_grey(image)
    assert light_of(grey) == "grey"
    luma = image.astype(float) @ (0.114, 0.587, 0.299)
    np.testing.assert_allclose(grey, luma[..., None].repeat(3, axis=2), atol=0.6)


def test_dark_follows_its_curve() -> None:
    """255 · 0.5 · (110 / 255) ** 1.6 is 33.2."""
    flat = np.full((200, 300, 3), 110, np.uint8)
    dark = darkened(flat)
    assert dark.mean() == pytest.approx(33.2, abs=0.3)
    assert dark.std() == pytest.approx(5, abs=0.3)
    assert light_of(darkened(room(120, 40))) == "night"


@pytest.mark.parametrize("view", VIEWS)
def test_views_are_repeatable_and_leave_the_picture_alone(view: str) -> None:
    image = room(120, 40)
    before = image.copy()
    np.testing.assert_array_equal(VIEWS[view](image), VIEWS[view](image))
    np.testing.assert_array_equal(image, before)
    assert VIEWS[view](image).shape == image.shape
