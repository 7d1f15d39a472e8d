"""People: feet on the ground, limbs of constant length, everybody different."""

from __future__ import annotations

import numpy as np
import pytest

from models.synth.people import (
    PersonRecipe,
    Pose,
    bend,
    carrying,
    crouching,
    person,
    pushing,
    random_person,
    seated,
    standing,
    walking,
)
from tests.models.synth.meshes import check_sound


@pytest.mark.parametrize("phase", [0.0, 1.5, 3.1, 4.6])
def test_walkers_have_feet_on_the_ground(phase: float) -> None:
    item = person("someone", PersonRecipe(), walking(phase))
    check_sound(item)
    assert item.points()[:, 2].min() == pytest.approx(0.0, abs=0.06)
    assert 1.6 < item.points()[:, 2].max() < 1.85


@pytest.mark.parametrize(
    ("pose", "low", "high"),
    [(standing(), 1.65, 1.85), (pushing(1.0), 1.6, 1.85), (carrying(1.0), 1.65, 1.9), (crouching(), 0.9, 1.35)],
)
def test_poses_have_their_heights(pose: Pose, low: float, high: float) -> None:
    item = person("someone", PersonRecipe(), pose)
    assert item.points()[:, 2].min() == pytest.approx(0.0, abs=0.08)
    assert low < item.points()[:, 2].max() < high


def test_the_seated_sit() -> None:
    item = person("someone", PersonRecipe(), seated())
    assert 1.2 < item.points()[:, 2].max() < 1.6


def test_everybody_is_different_and_repeats() -> None:
    people = [random_person(np.random.default_rng(seed)) for seed in range(12)]
    assert len({p.height_m for p in people}) == 12
    assert people[3] == random_person(np.random.default_rng(3))
    for recipe in people:
        check_sound(person("someone", recipe, walking(0.7)))
        assert 1.0 < recipe.height_m < 1.95


def test_two_bone_limb_keeps_its_lengths() -> None:
    root, tip = np.zeros(3), np.array((0.3, 0.0, -0.6))
    joint, reached = bend(root, tip, 0.43, 0.42, np.array((1.0, 0.0, 0.0)))
    assert reached == pytest.approx(tip)
    assert np.linalg.norm(joint) == pytest.approx(0.43)
    assert np.linalg.norm(reached - joint) == pytest.approx(0.42)
    assert joint[0] > 0.15
