"""The fire is a seeded fluid: same seed, same flames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.synth.flame import Fire, FireFrame, FireRecipe, glow_of

SMALL = FireRecipe(seed=3, height=96, width=72)


def burn(recipe: FireRecipe, powers: Sequence[float]) -> list[FireFrame]:
    fire = Fire(recipe)
    return [fire.step(power) for power in powers]


def mature(recipe: FireRecipe, power: float, frames: int) -> FireFrame:
    return burn(recipe, [power] * frames)[-1]


def test_shapes_and_ranges() -> None:
    frame = mature(SMALL, 1.0, 12)
    assert frame.glow.shape == (96, 72, 3)
    assert frame.smoke.shape == (96, 72)
    assert frame.glow.dtype == frame.smoke.dtype == np.float32
    assert np.isfinite(frame.glow).all()
    assert frame.glow.min() >= 0
    assert 0 <= frame.smoke.min() <= frame.smoke.max() <= 0.85


def test_same_seed_same_fire() -> None:
    a, b = mature(SMALL, 1.0, 8), mature(SMALL, 1.0, 8)
    assert np.array_equal(a.glow, b.glow)
    other = mature(FireRecipe(seed=4, height=96, width=72), 1.0, 8)
    assert not np.array_equal(a.glow, other.glow)


def test_no_power_stays_dark() -> None:
    assert mature(SMALL, 0.0, 6).glow.max() == 0


def test_goes_out_when_the_gas_stops() -> None:
    frames = burn(SMALL, [1.0] * 10 + [0.0] * 30)
    assert frames[9].glow.sum() > 50 * frames[-1].glow.sum()


def test_more_power_more_light_and_it_moves() -> None:
    weak, strong = burn(SMALL, [0.2] * 14), burn(SMALL, [1.0] * 14)
    assert strong[-1].glow.sum() > 1.5 * weak[-1].glow.sum()
    assert np.abs(strong[-1].glow - strong[-2].glow).mean() > 0.05 * strong[-1].glow.mean()


def test_colour_runs_from_red_to_a_saturated_core() -> None:
    edge, body, core = glow_of(np.array([[0.2, 0.6, 1.3]], np.float32))[0]
    assert edge[0] > 3 * edge[1] > 3 * edge[2]
    assert body[1] > edge[1]
    assert core.min() > 1.0
