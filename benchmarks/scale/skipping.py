"""A simulated clock for real code: what is computed takes its time, and what is only waited for takes none.

An event loop whose clock jumps to the next timer as soon as nothing is left to do. So ten minutes of a delivery worker
pass in the seconds that its database work needs, and a queue is as long as it would have been in ten minutes.
"""

import asyncio
import selectors
import time
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, TypeVarTuple, Unpack

Given = TypeVarTuple("Given")
Found = TypeVar("Found")

START = datetime(2026, 1, 1, tzinfo=UTC)


class SkippingClock:
    """A `streams.clock.Clock`: real time, and what was skipped."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self.skipped_s = 0.0

    def monotonic_s(self) -> float:
        """From 0 on."""
        return time.monotonic() - self._began_s + self.skipped_s

    def now(self) -> datetime:
        """From `START` on."""
        return START + timedelta(seconds=self.monotonic_s())

    def skip(self, seconds: float) -> None:
        """Let them pass."""
        self.skipped_s += max(0.0, seconds)


class SkippingLoop(asyncio.SelectorEventLoop):
    """Skips where it would sleep, unless threads are at work for it: then their time is real."""

    def __init__(self, clock: SkippingClock) -> None:
        self._skipping = clock
        self._at_work = 0
        super().__init__(_Selector(self._passes))

    def time(self) -> float:
        return self._skipping.monotonic_s()

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Given]], Found], *args: *Given
    ) -> asyncio.Future[Found]:
        future = super().run_in_executor(executor, func, *args)
        self._at_work += 1
        future.add_done_callback(self._done)
        return future

    def _done(self, future: asyncio.Future[Any]) -> None:
        self._at_work -= 1

    def _passes(self, timeout: float | None) -> bool:
        """Whether the time was skipped; else it has to be waited for."""
        if self._at_work or timeout is None or timeout <= 0:
            return False
        self._skipping.skip(timeout)
        return True


class _Selector(selectors.DefaultSelector):
    """passes: asked before it would block."""

    def __init__(self, passes: Callable[[float | None], bool]) -> None:
        super().__init__()
        self._passes = passes

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or self._passes(timeout):
            return ready
        return super().select(timeout)
