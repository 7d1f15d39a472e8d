"""Pixel measures: flames are restless, things are not, whatever the camera does."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from vision.fires import RESTLESS, STILL
from vision.flicker import Flicker, Measure

BOX = np.array([140, 100, 180, 160], np.float32)

Draw = Callable[[int], NDArray[np.float32]]


def textured() -> NDArray[np.float32]:
    """A thing with edges, and a wall with some."""
    picture = np.full((260, 320, 3), 60, np.float32)
    picture[::16] += 25
    cv2.ellipse(picture, (160, 130), (14, 24), 0, 0, 360, (60, 180, 240), -1)
    cv2.ellipse(picture, (160, 135), (6, 12), 0, 0, 360, (190, 240, 250), -1)
    return picture


def burning(index: int) -> NDArray[np.float32]:
    picture, rng = np.full((260, 320, 3), 60, np.float32), np.random.default_rng(index)
    picture[::16] += 25
    for _ in range(5):
        centre = 160 + int(rng.normal(0, 6)), 130 + int(rng.normal(0, 10))
        cv2.ellipse(picture, centre, (int(rng.uniform(4, 10)), int(rng.uniform(8, 20))), 0, 0, 360, (60, 180, 240), -1)
    return picture


def still(index: int) -> NDArray[np.float32]:
    return textured()


def brighter(index: int) -> NDArray[np.float32]:
    return textured() * (0.7 + 0.1 * (index % 4))


def shaking(index: int) -> NDArray[np.float32]:
    shift = np.array([[1, 0, (0, 1.5, -0.6, 0.9)[index % 4]], [0, 1, (0, -1.2, 0.7, 0.4)[index % 4]]], np.float32)
    return np.asarray(cv2.warpAffine(textured(), shift, (320, 260), borderMode=cv2.BORDER_REPLICATE), np.float32)


def blinking(index: int) -> NDArray[np.float32]:
    picture = textured()
    if index % 3 == 0:
        cv2.rectangle(picture, (150, 115), (170, 145), (0, 0, 255), -1)
    return picture


def measures(draw: Draw, noise: float, looks: int = 16, every_s: float = 0.2, scale: float = 1) -> list[Measure]:
    flicker, measured = Flicker(), []
    for index in range(looks):
        grain = np.random.default_rng(index).normal(0, noise, (260, 320, 3))
        image = np.clip(draw(index) + grain, 0, 255).astype(np.uint8)
        image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        measured.append(flicker.look(image, BOX * np.float32(scale), index * every_s, None))
    return measured


def restless(measured: list[Measure]) -> float:
    """0–1, as the rule smooths it; the first looks, of which some repeat nothing yet, left out."""
    values = [min(1.0, one.unrest / RESTLESS) for one in measured[6:] if one.unrest is not None]
    return float(np.mean(values))


@pytest.mark.parametrize("scale", [0.4, 1, 3])
@pytest.mark.parametrize("noise", [0, 4, 10])
@pytest.mark.parametrize("draw", [still, brighter, shaking, blinking])
def test_things_are_still(draw: Draw, noise: float, scale: float) -> None:
    assert restless(measures(draw, noise, scale=scale)) <= STILL


@pytest.mark.parametrize("scale", [0.4, 1, 3])
@pytest.mark.parametrize("every_s", [0.125, 0.2, 1.0])
@pytest.mark.parametrize("noise", [0, 4, 10])
def test_flames_are_restless(noise: float, every_s: float, scale: float) -> None:
    assert restless(measures(burning, noise, every_s=every_s, scale=scale)) >= 0.9


def test_what_cannot_be_known_is_not_made_up() -> None:
    plain = measures(lambda index: np.full((260, 320, 3), 128, np.float32), 0)
    assert {one.unrest for one in plain} == {None}
    assert {one.warm for one in plain} == {None}
    assert measures(burning, 2, looks=1)[0].unrest is None
    assert {one.flicker_hz for one in measures(burning, 2, every_s=1.0)} == {None}


def test_the_picture_before_serves_where_the_place_is_new() -> None:
    flicker = Flicker()
    before, now = (np.clip(burning(index), 0, 255).astype(np.uint8) for index in (1, 2))
    assert (flicker.look(now, BOX, 0.2, before).unrest or 0) > RESTLESS
    elsewhere = np.array([150, 105, 158, 125], np.float32)
    assert flicker.look(before, elsewhere, 0.4, now).unrest is not None


def test_flicker_is_counted_in_reversals() -> None:
    def pulsing(index: int) -> NDArray[np.float32]:
        picture = textured()
        picture[100:160, 140:180] *= (1.0, 0.6)[index % 2]
        return picture

    hz = measures(pulsing, 0, looks=20, every_s=0.1)[-1].flicker_hz
    assert hz is not None
    assert 4 <= hz <= 5


@pytest.mark.parametrize(
    ("colour", "least", "most"),
    [((40, 140, 250), 0.9, 1), ((30, 30, 250), 0, 0.1), ((250, 160, 40), 0, 0.1), ((60, 250, 60), 0, 0.1)],
)
def test_warm_is_between_red_and_yellow(colour: tuple[int, int, int], least: float, most: float) -> None:
    def lit(index: int) -> NDArray[np.float32]:
        picture = np.full((260, 320, 3), 60, np.float32)
        picture[100:160, 140:180] = colour
        return picture

    warm = measures(lit, 0, looks=1)[0].warm
    assert warm is not None
    assert least <= warm <= most


def test_a_box_at_the_edge_or_of_no_size_is_measured() -> None:
    image = np.clip(burning(0), 0, 255).astype(np.uint8)
    flicker = Flicker()
    for box in ([0, 0, 1, 1], [319, 259, 320, 260], [0, 0, 320, 260], [10, 10, 10, 10]):
        flicker.look(image, np.array(box, np.float32), 0.0, None)
    assert flicker.region is not None
