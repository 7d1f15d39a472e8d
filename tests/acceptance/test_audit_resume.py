"""`xinan audit` killed, stopped and robbed of its processes: run again it writes what an undisturbed run writes."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.alerts.audit.killed import killed_after, start, wait_for_end, written
from tests.clips import corridor, write_clip

OPTIONS = ["--out", "o", "--hazards", "clutter", "--set", "hazards.clutter.dwell_s=3"]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three, and in each something is put down."""
    folder = tmp_path_factory.mktemp("recordings")
    for number in range(3):
        write_clip(folder / f"cam{number}.mp4", corridor(6, thing_from_s=0.5 + number / 2))
    return folder


@pytest.fixture(scope="module")
def undisturbed(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is written when nothing happens."""
    folder = tmp_path_factory.mktemp("undisturbed")
    run = start([recordings, *OPTIONS], folder)
    _, said = run.communicate(timeout=240)
    assert run.returncode == 0, said
    found = written(folder / "o")
    assert [name for name in found if name.endswith(".jpg")]
    return found


def parts_of(folder: Path) -> int:
    return len(list(folder.glob("o/parts/[a-z]*.jsonl")))


def wait_for_parts(folder: Path, number: int) -> None:
    until = time.monotonic() + 120
    while parts_of(folder) < number and time.monotonic() < until:
        time.sleep(0.02)


def test_killed_at_any_moment_and_run_again_it_writes_the_same_bytes(
    recordings: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """Before anything is done, and with one recording done."""
    for number in range(2):
        run = start([recordings, "--jobs", "1", *OPTIONS], tmp_path)
        wait_for_parts(tmp_path, number)
        assert killed_after(run, 0.2), "it was done before it could be killed"
    run = start([recordings, *OPTIONS], tmp_path)
    _, said = run.communicate(timeout=240)
    assert run.returncode == 0, said
    assert written(tmp_path / "o") == undisturbed


def test_a_process_that_dies_costs_its_recording_another_try_and_nothing_else(
    recordings: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    run = start([recordings, "--jobs", "2", *OPTIONS], tmp_path)
    wait_for_parts(tmp_path, 1)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    workers = [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(workers[0], signal.SIGKILL)
    _, said = run.communicate(timeout=240)
    assert run.returncode == 0, said
    assert written(tmp_path / "o") == undisturbed


def test_told_to_stop_it_leaves_valid_files_and_no_process(recordings: Path, tmp_path: Path) -> None:
    run = start([recordings, "--jobs", "1", *OPTIONS], tmp_path)
    wait_for_parts(tmp_path, 1)
    os.killpg(run.pid, signal.SIGTERM)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "interrupted" in said
    assert "Traceback" not in said
    wait_for_end(run.pid)
    assert json.loads((tmp_path / "o" / "summary.json").read_text("utf-8"))["interrupted"] is True
