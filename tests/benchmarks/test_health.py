"""Faults that are put into footage, and what the benchmark makes of them."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.health.faults import FAULTS
from benchmarks.health.run import fault_run, healthy_run, there_and_back
from tests.clips import write_clip
from tests.vision.camera_health.scenes import noisy, place


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_changes_the_picture_and_nothing_else(name: str) -> None:
    picture = noisy(place(), 0)
    _, _, make = FAULTS[name]
    fault, rng = make(), np.random.default_rng(1)
    fault(picture, 0.0, rng)
    later = fault(noisy(place(), 1), 3.0, rng)
    assert later.shape == picture.shape and later.dtype == np.uint8
    assert np.abs(later.astype(int) - noisy(place(), 1)).max() > 0


def test_a_run_says_what_was_found_and_when(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "shed.mp4", (noisy(place(), index) for index in range(20)), 5)
    found = fault_run(clip, "black")
    assert found["found"] and 3 <= found["delay_s"] <= 10 and found["wrong"] == ""
    told, watched_s = healthy_run(there_and_back(clip, 0.4), 0.4, 30)
    assert not told and watched_s >= 30
