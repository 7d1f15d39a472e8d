"""Whether anything grows: memory, open files and threads of each process over time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.load.processes import Cost

LONG_S = 600.0
"""A process that lived for less says nothing about an hour."""
LEAST_SAMPLES = 6


@dataclass
class Life:
    """One process from its start to its end. samples: (monotonic s, cost)."""

    role: str
    samples: list[tuple[float, Cost]] = field(default_factory=list)

    def settled(self, warm_s: float) -> list[tuple[float, Cost]]:
        """The samples after its warm-up."""
        return [(at_s, cost) for at_s, cost in self.samples if at_s - self.samples[0][0] >= warm_s]

    def told(self, warm_s: float) -> dict[str, Any]:
        """For a result file. A slope of less than a few samples is None."""
        settled = self.settled(warm_s)
        last = self.samples[-1]
        return {
            "role": self.role,
            "minutes": round((last[0] - self.samples[0][0]) / 60, 1),
            "rss_mb": {"first": _mb(self.samples[0][1]), "last": _mb(last[1])},
            "rss_slope_mb_per_h": slope_mb_per_h(settled),
            "fds": _first_and_last([cost.fds for _, cost in settled]),
            "threads": _first_and_last([cost.threads for _, cost in settled]),
        }


class Lives:
    """All processes that were seen. A new process of a known role is a new life."""

    def __init__(self) -> None:
        self._by_pid: dict[int, Life] = {}

    def see(self, now_s: float, cost: Cost, role: str) -> None:
        """One process now. role: what it does, as far as is known by now."""
        life = self._by_pid.setdefault(cost.pid, Life(role))
        life.role = role
        life.samples.append((now_s, cost))

    @property
    def all(self) -> list[Life]:
        """In order of their first sample."""
        return list(self._by_pid.values())

    def long(self, warm_s: float) -> list[Life]:
        """Those that lived long enough to say whether they grow; in a short run, the longest of each role."""
        longest = {life.role: life for life in sorted(self.all, key=lambda life: len(life.settled(warm_s)))}
        found = [life for life in self.all if _lasted_s(life.settled(warm_s)) >= LONG_S]
        return found or [life for life in longest.values() if len(life.settled(warm_s)) >= LEAST_SAMPLES]


def slope_mb_per_h(samples: Sequence[tuple[float, Cost]]) -> float | None:
    """Least squares of the resident memory over time; None with too few samples."""
    if len(samples) < LEAST_SAMPLES:
        return None
    hours = np.array([at_s for at_s, _ in samples]) / 3600
    mb = np.array([cost.rss for _, cost in samples]) / 1e6
    hours -= hours.mean()
    return round(float((hours * (mb - mb.mean())).sum() / (hours**2).sum()), 2)


def leak(counts: Sequence[int]) -> int:
    """By how much the least of the last quarter is above the least of the first: what comes and goes is no leak."""
    quarter = max(1, len(counts) // 4)
    return min(counts[-quarter:]) - min(counts[:quarter]) if counts else 0


def _first_and_last(counts: Sequence[int]) -> dict[str, int]:
    return {"first": counts[0], "last": counts[-1], "leaked": leak(counts)} if counts else {}


def _lasted_s(samples: Sequence[tuple[float, Cost]]) -> float:
    return samples[-1][0] - samples[0][0] if samples else 0.0


def _mb(cost: Cost) -> float:
    return round(cost.rss / 1e6, 1)
