"""The shared encode of live view."""

from datetime import UTC, datetime

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from streams.access_unit import AccessUnit
from streams.annex_b import nal_units, parameter_sets
from streams.encoder import KEY_EVERY_S, LIVE, Encoder
from tests.streams.make_media import scene


def encoded(encoder: Encoder, image: NDArray[np.uint8], at_s: float) -> AccessUnit | None:
    return encoder.encode(image, pts_s=at_s, at=datetime.now(UTC), monotonic_s=at_s)


@pytest.mark.parametrize("size", [(640, 360), (32, 18), (160, 120)])
def test_each_picture_comes_out_at_once_and_can_be_decoded(size: tuple[int, int]) -> None:
    encoder = Encoder(size, 8.0, LIVE)
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    keys = []
    for number in range(40):
        at_s = 100.0 + number / 8
        image = scene(*size, number)
        unit = encoded(encoder, image, at_s)
        assert unit is not None
        assert (unit.monotonic_s, unit.pts_s) == (at_s, at_s)
        assert bool(parameter_sets(unit.data, "h264")) == unit.key
        if unit.key:
            keys.append(number)
        (picture,) = decoder.decode(av.Packet(unit.data))
        assert (picture.width, picture.height) == size
        assert abs(float(picture.to_ndarray(format="bgr24").mean()) - float(image.mean())) < 8
    assert keys == [0, round(8 * KEY_EVERY_S), round(16 * KEY_EVERY_S)]


def test_it_is_of_the_profile_that_every_browser_decodes() -> None:
    image = np.zeros((120, 160, 3), np.uint8)
    unit = encoded(Encoder((160, 120), 8.0, LIVE), image, 0.0)
    assert unit is not None
    sps = next(nal for nal in nal_units(unit.data) if nal[0] & 0x1F == 7)
    assert sps[1] == 0x42 and sps[2] & 0x40, "constrained baseline (profile_idc 66, constraint_set1)"


def test_frames_with_the_same_stamp_are_no_trouble() -> None:
    encoder = Encoder((160, 120), 8.0, LIVE)
    image = scene(160, 120)
    assert all(encoded(encoder, image, 5.0) for _ in range(3))


def test_a_clock_that_jumps_back_holds_up_no_key_picture() -> None:
    encoder = Encoder((160, 120), 8.0, LIVE)
    units = [encoded(encoder, scene(160, 120), at_s) for at_s in (9000.0, 9000.5, 5.0, 5.5, 7.0)]
    assert [unit.key for unit in units if unit] == [True, False, True, False, True]
