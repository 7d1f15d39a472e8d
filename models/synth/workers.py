"""Work spread over processes that are replaced now and then, because Blender's memory grows from scene to scene."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import connection
from pathlib import Path
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
    in hand too. Workers end with their parent, and what they left in the temporary folder goes.
    """
    context, threads = multiprocessing.get_context("spawn"), threads_each(processes)
    with tempfile.TemporaryDirectory(prefix="xinan-synth-", ignore_cleanup_errors=True) as scratch:
        for start in range(0, len(jobs), processes * lifetime):
            batch = jobs[start : start + processes * lifetime]
            pool = ProcessPoolExecutor(min(processes, len(batch)), context, _begin, (scratch,))
            try:
                running = {pool.submit(work, job, threads): job for job in batch}
                for done in as_completed(running):
                    yield running[done], _result(done)
            except BaseException:  # Ctrl-C, or a job that failed: nobody waits for scenes in hand
                for worker in multiprocessing.active_children():
                    worker.kill()  # Blender swallows gentler signals
                raise
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


def _begin(scratch: str) -> None:
    """What a worker does first: leave Ctrl-C to the parent, end with it, keep temporary files where it clears up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["TMPDIR"] = tempfile.tempdir = scratch
    threading.Thread(target=_follow_parent, args=(scratch,), daemon=True).start()


def _follow_parent(scratch: str) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        shutil.rmtree(scratch, ignore_errors=True)
        os._exit(1)


def _result(done: Future[Made]) -> Made:
    try:
        return done.result()
    except BrokenProcessPool as error:
        raise SynthError("a rendering process was killed (memory?); run it again to go on") from error


@contextmanager
def alone(folder: Path, what: str) -> Iterator[None]:
    """Hold a folder's lock file. SynthError: another run that makes `what` there has it."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SynthError(f"{folder}: another run makes {what} there already") from None
        yield
