"""Workers: every job is done although workers are replaced; a killed one is a clear line."""

from __future__ import annotations

import os
import time

import pytest

from models.synth.workers import spread, threads_each
from models.synth.world import SynthError


def _double(job: int, threads: int) -> tuple[int, int]:
    return 2 * job, os.getpid()


def _die(job: int, threads: int) -> int:
    os._exit(9)


def test_all_jobs_are_done_by_more_workers_than_run_at_once() -> None:
    done = dict(spread(_double, range(9), 2, 2))
    assert {job: made for job, (made, _) in done.items()} == {k: 2 * k for k in range(9)}
    assert len({pid for _, pid in done.values()}) >= 3


def test_a_killed_worker_is_one_line() -> None:
    with pytest.raises(SynthError, match=r"^a rendering process was killed \(memory\?\); run it again to go on$"):
        list(spread(_die, [1], 1, 1))


def _linger(job: int, threads: int) -> int:
    time.sleep(600 if job else 0)  # longer than any test may last
    return job


def test_nobody_waits_for_jobs_in_hand_when_the_run_ends_early() -> None:
    with pytest.raises(KeyboardInterrupt):
        for job, _ in spread(_linger, [0, 1], 2, 2):
            assert job == 0
            raise KeyboardInterrupt


def test_threads_are_shared_out() -> None:
    assert threads_each(1) == os.cpu_count()
    assert threads_each(1000) == 1
