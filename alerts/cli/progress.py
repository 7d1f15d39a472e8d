"""How far an audit is: a bar in a terminal, and elsewhere a line now and then, as a log or cron keeps it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from alerts.terminal import err, may_be_unheard, out
from streams.clock import Clock, SystemClock

if TYPE_CHECKING:
    from alerts.audit.tally import Tally

LINE_S = 60.0
"""A line is written this often."""
DONE_S = 15.0
"""Sooner than that where a recording was finished, once a line was written, and no sooner than this."""


@contextmanager
def audit_progress() -> Iterator[Callable[["Tally"], None]]:
    """Over all recordings: how many are done, how long what was seen is, how much faster than real time, time left."""
    if not err.is_terminal:
        yield Lines(_tell, SystemClock())
        return
    columns = (
        TextColumn("{task.fields[done]}/{task.fields[of]} recordings"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[seen]}  {task.fields[factor]:.1f}×"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, redirect_stdout=out.is_terminal) as bar:
        task = bar.add_task("audit", total=None, done=0, of=0, seen=_seen(0.0), factor=0.0)

        def on_tally(tally: "Tally") -> None:
            bar.update(
                task,
                completed=tally.done_bytes,
                total=max(tally.left_bytes, 1),
                done=tally.done,
                of=tally.total,
                seen=_seen(tally.seen_s),
                factor=tally.factor,
            )

        yield on_tally


class Lines:
    """Writes a line when one is due. Not thread-safe."""

    def __init__(self, tell: Callable[[str], None], clock: Clock) -> None:
        self._tell, self._clock = tell, clock
        self._told_s, self._done = clock.monotonic_s(), 0
        self._long = False

    def __call__(self, tally: "Tally") -> None:
        """It is so far."""
        now_s = self._clock.monotonic_s()
        finished = self._long and tally.done > self._done
        if now_s - self._told_s < (DONE_S if finished else LINE_S):
            return
        self._told_s, self._done, self._long = now_s, tally.done, True
        share = min(1.0, tally.done_bytes / max(tally.left_bytes, 1))
        self._tell(
            f"{tally.done} of {tally.total} recordings done, {share:.0%} of what is to be looked through; "
            f"{_seen(tally.seen_s)} seen, {tally.factor:.1f}× as fast as they last"
        )


def _tell(line: str) -> None:
    with may_be_unheard(err):
        err.print(f"xinan: {line}", markup=False)


def _seen(seconds: float) -> str:
    """In the unit that moves."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"
