"""What was found stands until a newer look at the same recording is finished, whatever happens to file, disk or run."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.audit.find import find_jobs
from alerts.audit.found import SourceSummary, State, source_json
from alerts.audit.review import Told
from alerts.audit.run import _Run
from alerts.audit.standing import gives_way
from alerts.audit.tally import Tally
from streams.clock import SystemClock
from streams.errors import SourceUnreadable
from streams.video_file import VideoFileSource
from tests.alerts.audit.killed import written
from tests.alerts.audit.test_archive import run as run_archive
from tests.alerts.audit.test_archive import segments
from tests.alerts.audit.test_resume import Archive, Counting, Hurried
from tests.alerts.audit.test_resume import archive as archive
from tests.clips import corridor, write_clip


def manifest(out: Path) -> dict[str, tuple[str, str]]:
    entries = map(json.loads, (out / "manifest.jsonl").read_text("utf-8").splitlines())
    return {entry["name"]: (entry["state"], entry["reason"]) for entry in entries if "reason" in entry}


def told(out: Path) -> dict[str, str]:
    """All that was written, but for when files were changed last, which to move one changes."""
    return {name: sha for name, sha in written(out).items() if not name.startswith("parts/")}


def gone(path: Path) -> None:
    path.rename(path.with_suffix(".away"))


def dangling(path: Path) -> None:
    gone(path)
    path.symlink_to("nowhere.mp4")


def loop(path: Path) -> None:
    gone(path)
    path.symlink_to(path.name)


def folder(path: Path) -> None:
    gone(path)
    path.mkdir()


def emptied(path: Path) -> None:
    """As a file system leaves it that was not taken away properly."""
    path.with_suffix(".away").write_bytes(path.read_bytes())
    path.write_bytes(b"")


@pytest.mark.parametrize("how", [gone, dangling, loop, folder, emptied])
def test_what_cannot_be_read_now_keeps_its_events_and_is_named(how: Callable[[Path], None], archive: Archive) -> None:
    path = archive.rec / "a.mp4"
    archive.more = [path]  # given by name, so that one that is gone is asked for all the same
    first, _ = archive.run()
    before = told(archive.out)
    how(path)
    for _ in range(2):
        result, looks = archive.run()
        assert looks == 0
        assert result.events == first.events
        assert result.failed and result.absent == ()
        [named] = [source for source in result.sources if source.error]
        assert named.source == "a.mp4"
        assert "cannot be read now" in named.error and "is kept" in named.error
        assert manifest(archive.out)["rec/a.mp4"] == (State.KEPT, named.error)
        summary = json.loads((archive.out / "summary.json").read_text("utf-8"))
        assert [one["path"] for one in summary["unreadable"]] == [str(path)]
        assert all((archive.out / event["snapshot"]).is_file() for event in result.events)
        assert "cannot be read now" in (archive.out / "report.html").read_text("utf-8")
    if path.is_dir():
        path.rmdir()
    path.unlink(missing_ok=True)
    path.with_suffix(".away").rename(path)
    result, looks = archive.run()
    assert (looks, result.failed) == (0, False), "it is the same as then"
    assert told(archive.out) == before


def test_it_is_looked_through_once_it_is_back_and_another(archive: Archive) -> None:
    path = archive.rec / "a.mp4"
    archive.more = [path]
    archive.run()
    gone(path)
    archive.overrides = ["hazards.ebike.parked_s=2"]
    result, looks = archive.run()
    assert (looks, len(result.events)) == (20, 2), "the other one was judged anew"
    write_clip(path, corridor(4, thing_from_s=2))
    result, looks = archive.run()
    assert (looks, result.failed) == (20, False)
    assert {state for state, _ in manifest(archive.out).values()} == {State.DONE}


def test_a_day_of_which_a_file_cannot_be_read_is_left_as_it_is(tmp_path: Path) -> None:
    """To look through it again without this file would undo what was done."""
    paths = segments(tmp_path, "08-00-00", "08-00-04", "08-00-08")
    first, _, _ = run_archive(tmp_path)
    before = told(tmp_path / "o")
    loop(paths[1])
    result, summary, looks = run_archive(tmp_path)
    assert (looks, result.events) == (0, first.events)
    assert [one["path"] for one in summary["unreadable"]] == [str(paths[1])]
    assert result.sources[0].error.startswith(f"1 of 3 files cannot be read now: {paths[1].name}: too many levels")
    one_more = segments(tmp_path, "08-00-12")
    result, summary, looks = run_archive(tmp_path)
    assert (looks, result.events, len(summary["unreadable"])) == (0, (), 1), "its files lie otherwise now"
    assert len(list((tmp_path / "o" / "parts").iterdir())) == 1
    one_more[0].unlink()
    paths[1].unlink()
    paths[1].with_suffix(".away").rename(paths[1])
    assert run_archive(tmp_path)[2] == 0
    assert told(tmp_path / "o") == before


def test_a_file_that_never_could_be_read_keeps_nobody_from_looking_again(tmp_path: Path) -> None:
    paths = segments(tmp_path, "08-00-00", "08-00-04", "08-00-08")
    loop(paths[1])
    _, _, looks = run_archive(tmp_path)
    result, _, again = run_archive(tmp_path, "hazards.ebike.parked_s=7")
    assert (again, result.sources[0].unread) == (looks, ())


def test_a_disk_that_is_not_there_while_files_lie_otherwise_costs_nothing(tmp_path: Path) -> None:
    """One run with another time zone, stopped at once, was a month to be looked through again."""
    segments(tmp_path, "23-59-50", "23-59-54")
    run_archive(tmp_path)
    before = written(tmp_path / "o")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Counting, "detect", interrupted)
        result, summary, _ = run_archive(tmp_path, 'archive.time_zone="Europe/Madrid"')
        assert (result.interrupted, result.events, summary["sources"]) == (True, (), [])
    assert run_archive(tmp_path)[2] == 0
    assert written(tmp_path / "o") == before


def interrupted(self: Counting, image: NDArray[np.uint8], min_score: Any = None, relax: Any = 1.0) -> Any:
    raise KeyboardInterrupt


@pytest.mark.parametrize("times", [1, 30])
def test_what_was_found_stands_until_the_new_look_is_finished(times: int, archive: Archive) -> None:
    first, _ = archive.run()
    before = written(archive.out)
    overrides, archive.overrides = archive.overrides, ["hazards.ebike.parked_s=2"]
    asked = 0

    def stopped(tally: Tally) -> None:
        nonlocal asked
        asked += 1
        if asked > times:  # in the first recording, and in the second
            raise KeyboardInterrupt

    result, _ = archive.run(progress=stopped, clock=Hurried())
    assert result.interrupted
    assert len(result.events) == len(first.events)
    assert all((archive.out / event["snapshot"]).is_file() for event in result.events)
    archive.overrides = overrides
    assert archive.run()[1] == (0 if times == 1 else 20)
    assert written(archive.out) == before


@pytest.mark.parametrize("step", ["rename", "replace"])
def test_a_kill_while_the_new_look_takes_the_place_is_made_good(
    step: str, archive: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    archive.run()
    archive.overrides = ["hazards.ebike.parked_s=2"]

    class Killed(BaseException):
        pass

    whole: Callable[[Any, Any], Any] = getattr(os, step)

    def killed(here: Any, there: Any) -> Any:
        if os.fspath(here).endswith(".new"):
            raise Killed
        return whole(here, there)

    with monkeypatch.context() as patched:
        patched.setattr(os, step, killed)
        with pytest.raises(Killed):
            archive.run()
    assert list((archive.out / "parts").glob("a-*.new"))
    assert archive.run()[1] == 20, "of the first one all was written"
    here, archive.out = archive.out, tmp_path / "fresh"
    archive.run()
    assert written(here) == written(archive.out)


@pytest.mark.parametrize("anew", [False, True])
def test_a_process_that_dies_in_a_recording_costs_nothing_of_what_was_found_in_it(anew: bool, archive: Archive) -> None:
    first, _ = archive.run()
    before = written(archive.out)

    def lost(run: _Run, one: Told, whole: Callable[[_Run, Told], None] = _Run._take) -> None:
        if one.over and one.job.path.name == "a.mp4":
            one = Told(one.job, one.step, over=True, lost="the process that read it was killed by SIGKILL, 2 times")
            if not anew:  # it died before it could write anything
                run.parts.start(one.job.key)
        whole(run, one)

    overrides = archive.overrides
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_Run, "_take", lost)
        if anew:
            archive.overrides = ["hazards.ebike.parked_s=2"]
        (archive.rec / "a.mp4").touch()
        result, _ = archive.run(full_hash=True)
    assert len(result.events) == len(first.events)
    state, reason = manifest(archive.out)["rec/a.mp4"]
    assert state == State.KEPT
    assert reason.startswith("could not be looked through again: the process that read it was killed by SIGKILL")
    assert json.loads((archive.out / "summary.json").read_text("utf-8"))["unreadable"] == []
    archive.overrides = overrides
    archive.run()
    assert archive.run()[0].events == first.events
    assert set(written(archive.out)) == set(before)


def test_a_fault_of_the_program_in_a_new_look_is_the_fault_of_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not of the first one, which is sound."""
    segments(tmp_path, "08-00-00", "08-00-04", "08-00-08")
    first, _, _ = run_archive(tmp_path)

    def fails(self: Counting, image: NDArray[np.uint8], min_score: Any = None, relax: Any = 1.0) -> Any:
        raise RuntimeError("of the network")

    with monkeypatch.context() as patched:
        patched.setattr(Counting, "detect", fails)
        result, summary, _ = run_archive(tmp_path, "hazards.ebike.parked_s=7")
    assert result.events == first.events
    [source] = result.sources
    assert source.error == (
        "could not be looked through again: internal error: RuntimeError: of the network; what was found before is kept"
    )
    assert (source.unread, source.readable, summary["unreadable"]) == ((), True, [])
    assert [state for state, _ in manifest(tmp_path / "o").values()] == [State.KEPT]
    assert "没能重新看完" in (tmp_path / "o" / "report.html").read_text("utf-8")
    result, _, looks = run_archive(tmp_path, "hazards.ebike.parked_s=7")
    assert looks > 0 and not result.failed, "it is tried again"


def test_what_a_lost_process_had_found_stays_when_its_recording_is_gone(archive: Archive) -> None:
    archive.run()
    [job, _] = find_jobs([archive.rec])
    part = archive.out / "parts" / f"{job.key}.jsonl"
    part.write_text(part.read_text("utf-8").replace('"state": "done"', '"state": "failed"'), "utf-8")
    (archive.rec / "a.mp4").unlink()
    assert archive.run()[0].absent == ("rec/a.mp4",)
    assert part.is_file()
    archive.run(forget=True)
    assert not part.exists()


def head(state: State, frames: int, looked_s: float | None, events: int) -> dict[str, Any]:
    summary = SourceSummary(
        "a", "a", frames_analysed=frames, looked_s=looked_s, events={"ebike": events}, notices={"ebike": 0}
    )
    return {"state": state, "summary": source_json(summary)}


@pytest.mark.parametrize(
    ("before", "now", "gives"),
    [
        ((State.DONE, 9, 9.0, 1), (State.DONE, 9, 9.0, 0), True),
        ((State.DONE, 9, 9.0, 0), (State.UNDER_WORK, 99, 99.0, 5), False),
        ((State.DONE, 9, 9.0, 0), (State.UNREADABLE, 0, None, 0), False),
        ((State.UNREADABLE, 0, None, 0), (State.UNREADABLE, 0, None, 0), True),
        ((State.UNDER_WORK, 9, 9.0, 0), (State.UNDER_WORK, 1, 1.0, 0), True),
        ((State.UNDER_WORK, 9, 9.0, 2), (State.UNDER_WORK, 1, 1.0, 0), False),
        ((State.UNDER_WORK, 9, 9.0, 2), (State.FAILED, 10, 10.0, 2), True),
        ((State.FAILED, 1, None, 2), (State.UNREADABLE, 0, None, 0), False),
    ],
)
def test_which_look_takes_the_place_of_which(before: Any, now: Any, gives: bool) -> None:
    assert gives_way(head(*before), head(*now)) is gives


@pytest.mark.parametrize(("looked_s", "gives"), [(1.0, False), (95.0, True)])
def test_a_first_look_that_its_disk_broke_off_gives_way_to_a_longer_one(looked_s: float, gives: bool) -> None:
    broken = {"content": {}, "unread": [{"index": 0, "reason": "gone"}]}
    before, now = head(State.DONE, 9, 9.0, 1) | broken, head(State.DONE, 99, looked_s, 1) | broken
    assert gives_way(before, now) is gives
    assert not gives_way(before | {"content": {"a": "b"}}, now), "that one was finished"


def test_a_file_in_a_folder_that_may_not_be_entered_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, **_: Any) -> os.stat_result:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", refused)
    with pytest.raises(SourceUnreadable, match="permission denied"):
        VideoFileSource(tmp_path / "a.mp4", camera="a", clock=SystemClock())


def test_only_pictures_that_an_audit_has_made_are_tidied_away(archive: Archive) -> None:
    archive.run()
    snapshots = archive.out / "snapshots"
    old = ["001-ebike-000001.jpg", "12-flying_lead-000012-after.clean.jpg"]
    foreign = ["2026-03-02.jpg", "2026-03-02-lift.jpg", "1-ebike-000001.png"]
    for name in (*old, *foreign):
        (snapshots / name).touch()
    archive.run()
    assert [name for name in (*old, *foreign) if (snapshots / name).exists()] == foreign


def finished(content: str, looked_s: float, *faults: dict[str, Any], error: str = "") -> dict[str, Any]:
    """The head of a look that was finished and found something."""
    summary = head(State.DONE, 9, looked_s, 1)["summary"]
    told = {"faults": list(faults), "error": error, "complete": not (faults or error)}
    return {"state": State.DONE, "content": {"sampled": content}, "summary": summary | told}


@pytest.mark.parametrize(("content", "looked_s", "gives"), [("a", 40.0, False), ("a", 95.0, True), ("b", 40.0, True)])
def test_a_look_that_its_disk_broke_off_takes_no_place(content: str, looked_s: float, gives: bool) -> None:
    """As much of it could be read as its first hour; the files are the same."""
    assert gives_way(finished("a", 100.0), finished(content, looked_s)) is gives


ENDED = "truncated: reading ended at 30.0 s (input/output error)"
REFUSED = {"index": 1, "reason": ENDED, "lost": False, "overlap": False, "refused": True}
LOST = REFUSED | {"reason": "input/output error", "lost": True, "refused": False}
CUT_OFF = REFUSED | {"reason": "truncated: 30.0 s of 60.0 s could be read", "refused": False}
CORRUPT = CUT_OFF | {"reason": "corrupt: 3 damaged packets or pictures were left out"}
OVERLAP = CUT_OFF | {"reason": "6.0 s lie before the end of a.mp4 and were not looked at", "overlap": True}
EARLIER = {"index": 1, "reason": ENDED, "lost": False, "overlap": False}
"""Of a version that did not know why reading ended."""


@pytest.mark.parametrize(
    ("before", "now", "gives"),
    [
        ([], REFUSED, False),
        ([OVERLAP], REFUSED, False),
        ([CORRUPT], REFUSED, False),
        ([CUT_OFF], REFUSED, False),
        ([REFUSED | {"index": 0}], REFUSED, False),
        ([REFUSED], REFUSED, True),
        ([EARLIER], REFUSED, True),
        ([OVERLAP, REFUSED], REFUSED, True),
        ([LOST], REFUSED, True),
        ([LOST], LOST, True),
        ([REFUSED], LOST, False),
        ([CORRUPT], LOST, False),
        ([], CORRUPT, True),
        ([], OVERLAP, True),
    ],
)
def test_a_look_takes_no_place_if_it_saw_less_of_a_file(
    before: list[dict[str, Any]], now: dict[str, Any], gives: bool
) -> None:
    """What was wrong with that file before counts only where it hid as much of it."""
    assert gives_way(finished("a", 100.0, *before), finished("a", 100.0, now)) is gives


@pytest.mark.parametrize(
    ("error", "gives"), [(ENDED, True), (CORRUPT["reason"], False), ("a network gave no answer", False)]
)
def test_the_only_file_was_as_bad_where_an_earlier_version_said_so_of_the_whole(error: str, gives: bool) -> None:
    """It kept no faults of one file whose name tells no time, which would be looked through in each run."""
    now = finished("a", 30.0, REFUSED | {"index": 0}, error=ENDED)
    assert gives_way(finished("a", 30.0, error=error), now) is gives
