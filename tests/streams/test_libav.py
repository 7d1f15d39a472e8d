"""Decoded pictures to BGR."""

import av
import numpy as np
import pytest

from streams.libav import LARGEST_PX, BgrConverter


def checked(width: int, height: int) -> av.VideoFrame:
    """Left half dark, right half light."""
    grey = np.full((height * 3 // 2, width), 128, np.uint8)
    grey[:height, : width // 2], grey[:height, width // 2 :] = 16, 235
    return av.VideoFrame.from_ndarray(grey, format="yuv420p")


@pytest.mark.parametrize(
    ("size", "given"),
    [
        ((640, 360), (640, 360)),
        ((4000, 3000), (4000, 3000)),
        ((7680, 4320), (3840, 2160)),
        ((1022, 16_386), (511, 8193)),
    ],
)
def test_what_is_too_large_to_be_held_is_halved(size: tuple[int, int], given: tuple[int, int]) -> None:
    convert = BgrConverter()
    for frame in (checked(*size), checked(64, 64), checked(*size)):
        image = convert(frame)
        assert image.shape[0] * image.shape[1] <= LARGEST_PX
    assert image.shape == (given[1], given[0], 3)
    middle = given[0] // 2
    assert image[:, : middle - 8].max() <= 2
    assert image[:, middle + 8 :].min() >= 253
