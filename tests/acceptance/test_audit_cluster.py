"""`xinan audit --ray` on a real cluster of two nodes: the bytes of a local run, also when a node dies in the middle."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.alerts.audit.killed import start, wait_for_end, written
from tests.clips import corridor, write_clip
from tests.ray_nodes import Nodes, ray_nodes
from vision.jpeg import encode_jpeg

SITE = """
[[cameras]]
name = "lift"
url = "x"
masks = [[[0.6, 0], [1, 0], [1, 1], [0.6, 1]]]
zones = [{ name = "梯厅", type = "lobby" }]
[[cameras]]
name = "gate"
url = "x"
"""
OPTIONS = [
    *("-c", "site.toml", "--out", "o", "--hazards", "clutter"),
    *("--set", "hazards.clutter.dwell_s=2", "--set", "detector.input_size=320"),
]
RECORDINGS = 4
LOOKING = "ray::Placed.more"
"""How Ray names a process that is at work on a recording."""


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In each something is put down; one is broken, one is of two files, with a gap, under which lies a third, and one
    of pictures.
    """
    folder = tmp_path_factory.mktemp("recordings")
    for second, thing_from_s in ((0, 1.0), (1, 0.0), (4, 0.0)):
        write_clip(folder / f"lift_2026-03-02_17-00-0{second}.mkv", corridor(3, thing_from_s=thing_from_s))
    (folder / "pictures").mkdir()
    for index, picture in enumerate(corridor(0.5)):
        (folder / "pictures" / f"{index}.jpg").write_bytes(encode_jpeg(picture, 90))
    for number in range(RECORDINGS):
        write_clip(folder / f"cam{number}.mp4", corridor(6, thing_from_s=0.5 + number / 4))
    (folder / "broken.mp4").write_bytes(b"no film")
    return folder


@pytest.fixture(autouse=True)
def site(tmp_path: Path) -> None:
    """Of two cameras, one of which took recordings."""
    (tmp_path / "site.toml").write_text(SITE, "utf-8")


@pytest.fixture(scope="module")
def undisturbed(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a run of this machine's processes writes."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "site.toml").write_text(SITE, "utf-8")
    run(start([recordings, *OPTIONS], folder))
    found = written(folder / "o")
    assert len([name for name in found if name.endswith(".jpg")]) >= 2 * RECORDINGS
    assert [name for name in found if name.startswith("parts/lift_2026-03-02_17-00-01-")]
    events = [json.loads(line) for line in (folder / "o" / "events.jsonl").read_text("utf-8").splitlines()]
    assert {(event.get("camera"), event["zone"]) for event in events} == {("lift", "梯厅"), (None, "corridor")}
    return found


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with ray_nodes("second") as cluster:
        yield cluster


def run(process: subprocess.Popen[str], code: int = 1) -> str:
    """To its end; code: 1, as one of the recordings is broken. Returns what it said."""
    _, said = process.communicate(timeout=240)
    assert process.returncode == code, said
    assert "Traceback" not in said
    return said


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def keys(folder: Path, pattern: str) -> set[str]:
    return {path.stem for path in folder.glob(f"o/{pattern}")}


def test_a_node_that_dies_in_the_middle_costs_another_try_and_nothing_else(
    nodes: Nodes, recordings: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """It is killed while it looks through a recording: something was found by then, and most is not done."""
    process = start([recordings, "--ray", nodes.address, *OPTIONS], tmp_path)
    wait_until(lambda: nodes.hosting(LOOKING) == "second" and keys(tmp_path, "snapshots/*") != set())
    nodes.kill("second")
    assert len(keys(tmp_path, "parts/cam*.jsonl")) < RECORDINGS
    run(process)
    assert written(tmp_path / "o") == undisturbed
    nodes.add("second")


def test_told_to_stop_it_leaves_a_valid_report_and_goes_on_elsewhere(
    nodes: Nodes, recordings: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """Begun on the cluster, gone on with by processes of this machine, and again on the cluster: nothing is left."""
    process = start([recordings, "--ray", nodes.address, *OPTIONS], tmp_path)
    wait_until(lambda: len(keys(tmp_path, "parts/cam*.jsonl")) > 0)
    os.killpg(process.pid, signal.SIGTERM)
    assert "interrupted" in run(process)
    wait_for_end(process.pid)
    assert json.loads((tmp_path / "o" / "summary.json").read_text("utf-8"))["interrupted"] is True
    run(start([recordings, *OPTIONS], tmp_path))
    assert written(tmp_path / "o") == undisturbed
    run(start([recordings, "--ray", nodes.address, *OPTIONS], tmp_path))
    assert written(tmp_path / "o") == undisturbed
