"""Belief in one fire over time, by looks whose pixels are told instead of measured."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from vision.fires import Fire, Sight
from vision.flicker import Flicker, Measure

IMAGE = np.zeros((4, 4, 3), np.uint8)
BOX = (0.4, 0.4, 0.45, 0.45)


@dataclass
class Told(Flicker):
    """Measures what it is told."""

    unrest: float = 0.0

    def look(self, image: object, xyxy: object, now_s: float, before: object) -> Measure:
        return Measure(self.unrest, 0.6, None)


def belief(unrest: dict[float, float], strength: float) -> float:
    """The most that is believed while these looks (when, s → unrest) come, missed five times a second in between."""
    fire = Fire("a", None, 0.0, 0.0, BOX)
    fire.start(0.0)
    fire._flicker = told = Told()
    most = 0.0
    for (since_s, _), (now_s, told.unrest) in pairwise([(0.0, 0.0), *unrest.items()]):
        for missed_s in np.arange(since_s + 0.2, now_s - 0.1, 0.2):
            fire.miss(float(missed_s), 2.0)
        sight = Sight(BOX, np.zeros(4, np.float32), 0.5, strength, smoke=False, worn=False, attended=False)
        fire.see(IMAGE, None, sight, now_s, 2.0)
        fire.decide(allowed=False)
        most = max(most, 1.0 if fire.confirmed else fire.belief)
    return most


@pytest.mark.parametrize("passer_by", [0.15, 0.8])
def test_one_odd_look_after_a_long_while_is_no_flame(passer_by: float) -> None:
    """A lamp that is seldom looked at, and once with somebody's arm before it."""
    still = dict.fromkeys((0.1, 0.4, 2.4, 2.5, 4.0), 0.0)
    assert belief({**still, 10.7: passer_by, **dict.fromkeys((11.0, 11.1, 11.4, 11.6), 0.0)}, 4.0) < 1.0


def test_what_begins_to_burn_after_a_long_while_is_a_flame() -> None:
    still = dict.fromkeys((0.1, 0.4, 2.4, 2.5, 4.0), 0.0)
    assert belief({**still, **dict.fromkeys((10.7, 11.0, 11.2, 11.4, 11.6), 0.4)}, 4.0) == 1.0
