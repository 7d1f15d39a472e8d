"""Averages of weights. Needs torch."""

import importlib.util

import numpy as np
import pytest

from models.classes import CLASSES, EBIKE, FLAME
from models.soup import mean, toward

if importlib.util.find_spec("torch") is None:
    pytest.skip("torch is not installed (the train extra)", allow_module_level=True)

ROWS = "model.23.cv3.0.2.weight"


def test_a_soup_is_the_mean_and_keeps_counters() -> None:
    import torch

    states = [{"w": torch.full((2,), value), "n": torch.tensor(3)} for value in (1.0, 2.0, 6.0)]
    soup = mean(states)
    assert soup["w"].tolist() == [3.0, 3.0]
    assert int(soup["n"]) == 3


def test_halves_round_to_single_precision_before_they_are_added() -> None:
    import torch

    soup = mean([{"w": torch.full((1,), 60000.0, dtype=torch.half)}] * 2)
    assert soup["w"].dtype == torch.float32
    assert float(soup["w"]) == 60000.0 - 60000.0 % 32


def test_classes_without_a_start_stay_as_learnt() -> None:
    import torch

    start = {"w": torch.zeros(1), ROWS: torch.zeros(len(CLASSES), 4)}
    tuned = {"w": torch.ones(1), ROWS: torch.ones(len(CLASSES), 4)}
    mixed = toward(start, tuned, 0.25)
    assert float(mixed["w"]) == 0.25
    np.testing.assert_array_equal(mixed[ROWS][EBIKE], np.full(4, 0.25))
    np.testing.assert_array_equal(mixed[ROWS][FLAME], np.ones(4))
