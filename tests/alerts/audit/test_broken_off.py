"""A look that its disk breaks off is none: it is made again, and nothing is lost or told twice."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.audit.found import State
from tests.alerts.audit.killed import ROOT, written
from tests.alerts.audit.test_archive import run, segments
from tests.alerts.audit.test_resume import Counting
from tests.alerts.audit.test_standing import manifest
from tests.clips import corridor, write_clip
from tests.failing_disk import FILE, FROM, HANDLES, TO, failing_disk

SETTING = "hazards.ebike.parked_s=5"
TIMES = "08-00-00", "08-00-04", "08-00-08"

_RUN = f"""
import os, sys
from pathlib import Path
from tests.alerts.audit import test_archive

class Breaking(test_archive.Counting):
    def detect(self, *given, **more):
        if self.looks == 3:
            os.environ["{FILE}"] = sys.argv[2]
        return super().detect(*given, **more)

test_archive.Counting = Breaking
print(test_archive.run(Path(sys.argv[1]), *sys.argv[3:])[2])
"""


def run_on_failing_disk(folder: Path, file: Path, handles: int, *overrides: str, until: float = 0.8) -> int:
    """The same audit, in a process of its own, under which the second half of a file cannot be read from the fourth
    look on; looks. handles: so many open files break, then the disk is back.
    until: share of the file, as the index of an MP4 lies at its end.
    """
    size = file.stat().st_size
    asked = {FROM: str(size // 2), TO: str(round(size * until)), HANDLES: str(handles)}
    done = subprocess.run(
        [sys.executable, "-c", _RUN, folder, file.name, *overrides],
        cwd=ROOT,
        env=failing_disk(folder) | asked | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def told(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "o" / "summary.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize(("which", "before"), [(1, True), (1, False), (2, True)])
def test_a_file_that_its_disk_breaks_off_is_asked_for_again_though_the_disk_is_back_at_once(
    which: int, before: bool, tmp_path: Path
) -> None:
    paths = segments(tmp_path, *TIMES)
    first = run(tmp_path)[0] if before else None
    looks = run_on_failing_disk(tmp_path, paths[which], 1, SETTING)
    assert 40 <= looks < 60, "what follows was looked at"
    [source] = told(tmp_path)["sources"]
    assert source["error"] == (
        f"1 of 3 files cannot be read now: {paths[which].name}: its disk was away for a moment; "
        "what was found before is kept"
    )
    assert [state for state, _ in manifest(tmp_path / "o").values()] == [State.KEPT]
    assert first is None or [event["end_s"] for event in first.events] == [
        json.loads(line)["end_s"] for line in (tmp_path / "o" / "events.jsonl").read_text("utf-8").splitlines()
    ]
    result, _, looks = run(tmp_path, SETTING)
    assert (looks, result.failed, len(result.events)) == (60, False, 1)
    assert run(tmp_path, SETTING)[2] == 0
    here = (tmp_path / "o").rename(tmp_path / "here")
    run(tmp_path, SETTING)
    assert written(here) == written(tmp_path / "o"), "as if nothing had been"


@pytest.mark.parametrize("name", ["export.mp4", "2026-03-02_08-00-00.mkv"])
def test_a_recording_of_one_file_that_its_disk_breaks_off_is_looked_through_again(name: str, tmp_path: Path) -> None:
    """Its first look ended early, and nothing says how long it would have been."""
    (tmp_path / "rec").mkdir()
    path = write_clip(tmp_path / "rec" / name, corridor(12))
    assert 0 < run_on_failing_disk(tmp_path, path, 1, SETTING) < 60
    [source] = told(tmp_path)["sources"]
    assert source["error"].startswith("cannot be read now: its disk was away for a moment")
    result, _, looks = run(tmp_path, SETTING)
    assert (looks, result.failed, len(result.events)) == (60, False, 1)
    assert run(tmp_path, SETTING)[2] == 0


def test_a_file_that_could_not_even_be_opened_for_a_moment_is_asked_for_again(tmp_path: Path) -> None:
    """Its index could not be had, as of one that was cut off."""
    paths = segments(tmp_path, *TIMES)
    assert run_on_failing_disk(tmp_path, paths[1], 1, SETTING, until=1.0) == 40
    assert "its disk was away for a moment" in told(tmp_path)["sources"][0]["error"]
    assert run(tmp_path, SETTING)[2] == 60
    assert run(tmp_path, SETTING)[2] == 0


def test_a_place_of_the_disk_that_can_never_be_read_is_damage_and_not_looked_at_each_time(tmp_path: Path) -> None:
    paths = segments(tmp_path, *TIMES)
    looks = run_on_failing_disk(tmp_path, paths[1], -1, SETTING)
    assert 40 <= looks < 60
    [source] = told(tmp_path)["sources"]
    assert source["error"].startswith(f"1 of 3 files are damaged: {paths[1].name}: ")
    assert run(tmp_path, SETTING)[2] == 0


def test_a_disk_that_goes_while_a_file_is_asked_for_again_ends_no_other_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rec").mkdir()
    (tmp_path / "rec" / "a.mp4").write_bytes(b"no video" * 100)
    write_clip(tmp_path / "rec" / "b.mp4", corridor(12))
    whole, opened = Path.open, []

    def going(path: Path, mode: str = "r", buffering: int = -1, **more: Any) -> Any:
        if path.name == "a.mp4" and buffering:
            opened.append(path)
            if len(opened) > 1:
                raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return whole(path, mode, buffering, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", going)
        result, _, looks = run(tmp_path)
    assert len(opened) == 2, "once by the look, once to ask again"
    assert (looks, len(result.events)) == (60, 1)
    assert manifest(tmp_path / "o")["rec/a.mp4"] == (State.UNREADABLE, "not a video, or damaged beyond reading")


def test_a_place_of_the_disk_that_can_be_read_no_more_costs_nothing_of_what_was_found_there(tmp_path: Path) -> None:
    paths = segments(tmp_path, *TIMES)
    run(tmp_path)
    before = (tmp_path / "o" / "events.jsonl").read_bytes()
    run_on_failing_disk(tmp_path, paths[1], -1, SETTING)
    [source] = told(tmp_path)["sources"]
    assert source["error"].startswith(f"1 of 3 files cannot be read now: {paths[1].name}: ")
    assert (tmp_path / "o" / "events.jsonl").read_bytes() == before
    assert run(tmp_path, SETTING)[2] == 60, "the disk was mended"


@pytest.mark.parametrize("before", [True, False])
def test_a_look_that_its_disk_breaks_off_is_no_finished_one(
    before: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files are there again the next time, and as they were: they would never be looked through again."""
    paths = segments(tmp_path, "08-00-00", "08-00-04", "08-00-08")
    first = run(tmp_path)[0] if before else None
    with monkeypatch.context() as patched:
        patched.setattr(Counting, "detect", leaving(paths[0].parent, Counting.detect))
        result, summary, looks = run(tmp_path, "hazards.ebike.parked_s=5")
    assert looks == 40, "the file that was open was read to its end"
    [source] = result.sources
    reason = f"1 of 3 files cannot be read now: {paths[2].name}: no such file or directory; what was found before "
    assert source.error == f"{reason}is kept"
    assert [one["path"] for one in summary["unreadable"]] == [str(paths[2])]
    assert first is None or result.events == first.events
    (tmp_path / "away").rename(paths[0].parent)
    result, _, looks = run(tmp_path, "hazards.ebike.parked_s=5")
    assert (looks, result.failed) == (60, False)
    assert run(tmp_path, "hazards.ebike.parked_s=5")[2] == 0


def leaving(
    folder: Path, whole: Callable[..., Any], after: int = 30, more: Callable[[], None] = lambda: None
) -> Callable[..., Any]:
    """A network under which the disk goes after so many looks."""
    looks = 0

    def detect(self: Counting, image: NDArray[np.uint8], min_score: Any = None, relax: Any = 1.0) -> Any:
        nonlocal looks
        looks += 1
        if looks == after:
            more()
            folder.rename(folder.parents[1] / "away")
        return whole(self, image, min_score, relax)

    return detect


def test_a_file_that_is_cut_off_by_its_disk_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = tmp_path / "rec" / "lift"
    there.mkdir(parents=True)
    path = write_clip(there / "export.mkv", corridor(40))
    whole = path.read_bytes()

    def cut() -> None:
        os.truncate(path, len(whole) // 2)

    with monkeypatch.context() as patched:
        patched.setattr(Counting, "detect", leaving(there, Counting.detect, 3, cut))
        result, _, looks = run(tmp_path)
    [source] = result.sources
    assert 0 < looks < 150
    assert source.error == "cannot be read now: no such file or directory; what was found before is kept"
    (tmp_path / "away").rename(there)
    path.write_bytes(whole)
    result, _, looks = run(tmp_path)
    assert (looks, result.failed) == (200, False)
