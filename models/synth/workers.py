"""Work spread over processes that are replaced now and then, because Blender's memory grows from scene to scene."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from models.synth.world import SynthError

Job = TypeVar("Job")
Made = TypeVar("Made")


def threads_each(processes: int) -> int:
    """Render threads of one of `processes` workers that share the machine."""
    return max(1, (os.cpu_count() or 1) // processes)


def spread(
    work: Callable[[Job, int], Made], jobs: Sequence[Job], processes: int, lifetime: int
) -> Iterator[tuple[Job, Made]]:
    """(job, work(job, threads)) of every job as it is done, in any order.

    Workers are replaced after `lifetime` jobs each, all together: the executor's own way of replacing them hangs on
    Python 3.11. What a job raises is raised here; SynthError if a worker was killed. The rest is cancelled then, jobs
    in hand too.
    """
    context, threads = multiprocessing.get_context("spawn"), threads_each(processes)
    for start in range(0, len(jobs), processes * lifetime):
        batch = jobs[start : start + processes * lifetime]
        pool = ProcessPoolExecutor(min(processes, len(batch)), context, _obey)
        try:
            running = {pool.submit(work, job, threads): job for job in batch}
            for done in as_completed(running):
                yield running[done], _result(done)
        except BaseException:  # Ctrl-C, or a job that failed: nobody waits for scenes in hand
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _obey() -> None:
    """A worker that is told to end cleans up behind itself, as soon as the rendering in hand is done."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


def _result(done: Future[Made]) -> Made:
    try:
        return done.result()
    except BrokenProcessPool as error:
        raise SynthError("a rendering process was killed (memory?); run it again to go on") from error
