"""The picture of a place before a thing came."""

import numpy as np

from vision.before import EVERY_S, Before

RNG = np.random.default_rng(5)
FAR = (0.0, 0.0, 20.0, 20.0)


def test_a_place_that_nothing_covers_is_kept_as_one_that_something_far_off_covers() -> None:
    """Which is the shorter way, and the usual one."""
    free, covered = Before(), Before()
    for number in range(12):
        image = RNG.integers(0, 255, (90, 160, 3), np.uint8)
        free.update(image, [], number * EVERY_S)
        covered.update(image, [FAR] if number in (4, 5) else [], number * EVERY_S)
    box = (60.0, 40.0, 120.0, 80.0)
    kept, beside = free.picture(box), covered.picture(box)
    assert kept is not None and beside is not None
    assert np.array_equal(kept[30:, 30:], beside[30:, 30:])
    assert not np.array_equal(kept[:20, :20], beside[:20, :20])
