"""Workers: every job is done although workers are replaced; a killed one is a clear line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.synth.workers import alone, spread, threads_each
from models.synth.world import SynthError

ROOT = Path(__file__).parents[3]


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


ORPHANS = """
from models.synth.workers import spread
from tests.models.synth.test_workers import _report
if __name__ == "__main__":
    list(spread(_report, [1, 2], 2, 1))
"""


def _report(job: int, threads: int) -> None:
    print(os.getpid(), flush=True)
    time.sleep(600)


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    program = tmp_path / "orphans.py"
    program.write_text(ORPHANS)
    command, paths = [sys.executable, str(program)], {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=paths, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = [int(parent.stdout.readline()) for _ in range(2)]
        parent.kill()
        assert parent.stdout.read() == ""  # the pipe ends when the last worker has gone
    assert len(set(workers)) == 2


def test_a_folder_is_made_by_one_run_at_a_time(tmp_path: Path) -> None:
    said = "another run makes pictures there already"
    with alone(tmp_path, "pictures"), pytest.raises(SynthError, match=said), alone(tmp_path, "pictures"):
        pass
    with alone(tmp_path, "pictures"):
        pass


def test_threads_are_shared_out() -> None:
    assert threads_each(1) == os.cpu_count()
    assert threads_each(1000) == 1
