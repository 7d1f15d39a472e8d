"""One analyzer with many cameras: the product's schedule and purse, recorded durations of looks, a simulated clock.

An analyzer has one core, as on a box that gives each its own: what decoding takes of it slows its looks down.
"""

import itertools
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from streams.clock import SimulatedClock
from vision.analyzer import IDLE_S
from vision.config import AnalysisConfig
from vision.schedule import CpuBudget, Schedule, Turns

FPS = 25.0
LIVELY_S, CALM_S = 6.0, 34.0
"""Somebody is in the picture for so long, then nobody: 15 % of the time, as in `benchmarks.scan`."""


@dataclass(slots=True)
class Camera:
    """As the schedule sees it. phase_s: when it sends its first picture. times_s: when it was looked at."""

    phase_s: float
    clock: SimulatedClock
    lively_from_s: float
    turns: Turns = field(default_factory=Turns)
    times_s: list[float] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """A picture has come since the last look."""
        now_s = self.clock.monotonic_s()
        newest_s = self.phase_s + int((now_s - self.phase_s) * FPS) / FPS
        return now_s >= self.phase_s and newest_s > self.turns.served_s

    def lively(self, now_s: float) -> bool:
        return (now_s + self.lively_from_s) % (LIVELY_S + CALM_S) < LIVELY_S


@dataclass(frozen=True, slots=True)
class Served:
    """looks_per_s: least and mean of a camera. gap_s: the longest between two looks. busy: share of the core."""

    cameras: int
    least_looks_per_s: float
    mean_looks_per_s: float
    gap_s: float
    busy: float


def served(cameras: int, looks_s: Sequence[float], decode_s: float, *, seconds: float = 120.0, seed: int = 1) -> Served:
    """looks_s: recorded, processor seconds. decode_s: of one second of one camera."""
    rng, clock, config = random.Random(seed), SimulatedClock(), AnalysisConfig()
    left = 1.0 - min(0.999, cameras * decode_s)
    used_s = 0.0
    budget = CpuBudget(0.75, lambda: used_s + cameras * decode_s * clock.monotonic_s())
    schedule = Schedule(config.least_looks_per_s, config.looks_per_s, budget)
    cycle_s = LIVELY_S + CALM_S
    seen = [Camera(rng.random() / FPS, clock, rng.random() * cycle_s) for _ in range(cameras)]
    while (now_s := clock.monotonic_s()) < seconds:
        camera = schedule.next(seen, now_s)
        if camera is None:
            clock.step(IDLE_S)
            continue
        schedule.served(camera, now_s)
        camera.times_s.append(now_s)
        took_s = rng.choice(looks_s)
        used_s += took_s
        clock.step(took_s / left)
    rates = [len(one.times_s) / seconds for one in seen]
    marks = ([0.0, *one.times_s, seconds] for one in seen)
    gaps = [later - sooner for times in marks for sooner, later in itertools.pairwise(times)]
    busy = used_s / seconds + cameras * decode_s
    return Served(cameras, min(rates), statistics.fmean(rates), max(gaps), min(1.0, busy))


def most_cameras(looks_s: Sequence[float], decode_s: float, *, least_share: float = 0.9) -> list[Served]:
    """More and more cameras, until the floor is no longer kept: the last row is the one that breaks it."""
    rows: list[Served] = []
    floor = AnalysisConfig().least_looks_per_s
    for number in (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64):
        rows.append(served(number, looks_s, decode_s))
        if rows[-1].least_looks_per_s < least_share * floor:
            break
    return rows
