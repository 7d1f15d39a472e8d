"""Which camera is looked at next.

Every camera has a hard floor: `least_looks_per_s`, whatever it shows and whatever it costs. Where something moves or
was just seen there are extra looks, up to `looks_per_s`, as long as the processor time allows. Nothing that a camera
shows, or does not show, takes a look of the floor away.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

BURST_S = 2.0
"""Processor time may be saved up, or owed, for this long: a flame that starts on a quiet site has its looks at once."""


class CpuBudget:
    """Whether there is processor time left for what is not a must. used_s: processor time of this process so far."""

    def __init__(self, cores: float, used_s: Callable[[], float]) -> None:
        self._cores, self._used_s = cores, used_s
        self._saved_s = BURST_S * cores
        self._at_s: float | None = None
        self._had_s = 0.0

    def spare(self, now_s: float) -> bool:
        """now_s: monotonic seconds."""
        used_s = self._used_s()
        if self._at_s is not None:
            gained_s = self._cores * (now_s - self._at_s) - (used_s - self._had_s)
            limit_s = BURST_S * self._cores
            self._saved_s = min(limit_s, max(-limit_s, self._saved_s + gained_s))
        self._at_s, self._had_s = now_s, used_s
        return self._saved_s > 0


@dataclass(slots=True)
class Turns:
    """When a camera is due. floor_s: at the latest; extra_s: at the earliest; served_s: looked at last."""

    floor_s: float = float("-inf")
    extra_s: float = float("-inf")
    served_s: float = float("-inf")


class Waiting(Protocol):
    """A camera as the schedule sees it. full: a frame waits. lively: extra looks may be worth it."""

    @property
    def turns(self) -> Turns: ...
    @property
    def full(self) -> bool: ...
    def lively(self, now_s: float) -> bool: ...


W = TypeVar("W", bound=Waiting)


class Schedule:
    """Deterministic; the time comes as an argument."""

    def __init__(self, least_looks_per_s: float, looks_per_s: float, budget: CpuBudget) -> None:
        """Where `least_looks_per_s` is the larger of the two, it counts."""
        self._floor_s = 1 / least_looks_per_s
        self._extra_s = min(self._floor_s, 1 / looks_per_s)
        self._budget = budget

    def next(self, cameras: Iterable[W], now_s: float) -> W | None:
        """The camera that has waited longest of those whose floor is due; else of those that earn an extra look."""
        ready = [camera for camera in cameras if camera.full]
        due = [camera for camera in ready if camera.turns.floor_s <= now_s]
        if not due:
            spare = [camera for camera in ready if camera.turns.extra_s <= now_s and camera.lively(now_s)]
            due = spare if spare and self._budget.spare(now_s) else []
        return min(due, key=lambda camera: camera.turns.served_s, default=None)

    def served(self, camera: Waiting, now_s: float) -> None:
        """It is being looked at. A rate is kept on average: a look that came late does not move the next one."""
        turns = camera.turns
        turns.served_s = now_s
        turns.floor_s = _after(turns.floor_s, self._floor_s, now_s)
        turns.extra_s = _after(turns.extra_s, self._extra_s, now_s)

    def pause(self, camera: Waiting, until_s: float) -> None:
        """No look at it before then: its looks fail."""
        camera.turns.floor_s = camera.turns.extra_s = until_s


def _after(due_s: float, period_s: float, now_s: float) -> float:
    """The next time of a rhythm. A look before its time begins the rhythm anew, and so does one that came more than a
    beat late.
    """
    following_s = due_s + period_s
    return following_s if due_s <= now_s < following_s else now_s + period_s
