"""Movement: noise is none, a small flame is."""

import numpy as np
import pytest
from numpy.typing import NDArray

from vision.motion import Motion

SIZES = [(1080, 1920), (576, 704), (180, 320)]


def noisy(size: tuple[int, int], seed: int) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).normal(110, 5, (*size, 3))
    return np.clip(noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("size", SIZES)
def test_noise_is_no_movement_and_a_small_flame_is(size: tuple[int, int]) -> None:
    motion = Motion()
    assert motion.moved(noisy(size, 0)), "the first frame is always looked at"
    for seed in range(1, 20):
        assert not motion.moved(noisy(size, seed))
    burning = noisy(size, 20)
    side = round(0.016 * size[1])
    burning[100 : 100 + side, 50 : 50 + side] = (40, 160, 250)
    assert motion.moved(burning)


def test_another_size_is_movement() -> None:
    motion = Motion()
    motion.moved(noisy(SIZES[0], 0))
    assert motion.moved(noisy(SIZES[1], 0))
