"""The only place that asks for the time.

Timers and watchdogs use `monotonic_s`; records use `now`. Tests step a `SimulatedClock`.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Two readings: wall time for records, a monotonic count of seconds for everything that waits."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        return time.monotonic()


class SimulatedClock:
    """A clock that moves only when told to."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime(2026, 1, 1, tzinfo=UTC)
        self._monotonic_s = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def step(self, seconds: float) -> None:
        """Let `seconds` pass on both readings."""
        if seconds < 0:
            raise ValueError(f"time does not go back: {seconds} s")
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward or back, as time servers and summer time do; the monotonic count goes on."""
        self._now += timedelta(seconds=seconds)


def cpu_s() -> float:
    """Processor time of this process since it began, all its threads together, seconds."""
    return time.process_time()


async def sleep_s(seconds: float) -> None:
    """Asynchronous wait, kept here so that waiting and clocks stay in one file."""
    await asyncio.sleep(max(0.0, seconds))
