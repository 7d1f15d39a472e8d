"""A picture of a moment out of a stream that is kept and not decoded."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from streams.ring import UnitRing
from tests.streams.make_media import scene
from tests.streams.test_clip import B_PICTURES, coded
from tests.streams.test_tap import X264, X265
from vision.native import MOST_PX, picture_at


def ring_of(folder: Path, encoder: str = "libx264", options: dict[str, str] | None = None, **more: int) -> UnitRing:
    """100 pictures, 25 a second, from second 50 on; a key picture each second."""
    ring = UnitRing(keep_s=10.0, most_bytes=16 << 20)
    told = None
    for given, unit in coded(folder, encoder, options):
        told = told or replace(given, **more)  # type: ignore[arg-type]
        ring.put(told, unit)
    return ring


def nearest(image: NDArray[np.uint8]) -> int:
    """Which of the 100 drawn pictures it shows: a disc moves through them."""
    return int(np.argmin([np.abs(image.astype(int) - scene(160, 120, index)).sum() for index in range(100)]))


@pytest.mark.parametrize(
    ("encoder", "options", "off"),
    [("libx264", X264, 0), ("libx265", X265, 0), ("libx264", B_PICTURES, 3)],
    ids=["h264", "h265", "h264 with B"],
)
@pytest.mark.parametrize("index", [0, 24, 25, 37, 99])
def test_it_is_the_picture_of_that_moment(
    tmp_path: Path, encoder: str, options: dict[str, str], off: int, index: int
) -> None:
    image = picture_at(ring_of(tmp_path, encoder, options), 50 + index / 25 + 0.01)
    assert image is not None
    assert image.shape == (120, 160, 3)
    assert abs(nearest(image) - index) <= off


@pytest.mark.parametrize("at_s", [49.9, 55.0], ids=["nothing yet", "long ago"])
def test_no_picture_of_another_moment(tmp_path: Path, at_s: float) -> None:
    assert picture_at(ring_of(tmp_path), at_s) is None


def test_not_what_takes_too_long(tmp_path: Path) -> None:
    """The 25th after a key picture, of a stream that says that it is so large; the key picture itself is to be had."""
    ring = ring_of(tmp_path, width=MOST_PX // 2000, height=1000)
    assert picture_at(ring, 51.9) is None
    assert picture_at(ring, 51.01) is not None


def test_what_cannot_be_decoded_is_no_picture(tmp_path: Path) -> None:
    ring = UnitRing(keep_s=10.0, most_bytes=16 << 20)
    for given, unit in coded(tmp_path)[:3]:
        ring.put(given, replace(unit, data=b"\0\0\0\1\x65 rubbish"))
    assert picture_at(ring, 50.05) is None
