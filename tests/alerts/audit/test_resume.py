"""An audit that is run again: what is done stays done, and what changed is done anew."""

import ast
import errno
import itertools
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.audit import audit
from alerts.audit.extras import Reporting
from alerts.audit.find import Job, find_jobs
from alerts.audit.found import EPOCH
from alerts.audit.judged import FILE
from alerts.audit.parts import Parts
from alerts.audit.recording import Networks, Terms
from alerts.audit.results import AuditResult
from alerts.audit.review import Reviewer
from alerts.audit.run import Work, _Run
from alerts.audit.site import Site
from alerts.audit.stamp import CODE, PACKAGES, TREE, Stamp, Stamps, _versions
from alerts.audit.tally import Tally
from alerts.audit.views import Views
from alerts.config import load_settings
from alerts.errors import AlertsError
from streams.chain import Segment
from streams.clock import SystemClock
from tests.alerts.audit.killed import written
from tests.alerts.audit.month import event_of, write_part
from tests.clips import corridor, write_clip
from tests.vision.script import MODEL
from vision.detections import Detections
from vision.detector import Detector
from vision.view import View
from vision.zones import Zone, ZoneType


class Counting(Detector):
    """Sees an e-bike wherever it looks, and counts."""

    def __init__(self) -> None:
        self.info = MODEL
        self.looks = 0

    def detect(self, image: NDArray[np.uint8], min_score: float | None = None, relax: float = 1.0) -> Detections:
        self.looks += 1
        return Detections(np.array([[30, 20, 90, 70]], np.float32), np.array([0.9], np.float32), np.zeros(1, np.int64))


class Hurried(SystemClock):
    """A minute passes whenever it is asked, so that each look is written."""

    def __init__(self) -> None:
        self._minutes = itertools.count()

    def monotonic_s(self) -> float:
        return next(self._minutes) * 60.0


class Archive:
    """Two recordings of 4 s, and a run over them."""

    def __init__(self, folder: Path) -> None:
        self.rec, self.out = folder / "rec", folder / "o"
        self.rec.mkdir()
        for name in ("a.mp4", "b.mp4"):
            write_clip(self.rec / name, corridor(4))
        self.overrides = ["hazards.ebike.parked_s=1"]
        self.more: list[Path] = []

    def run(self, **options: Any) -> tuple[AuditResult, int]:
        """What came of it, and how many looks it took."""
        settings = load_settings(None, self.overrides)
        settings = settings.model_copy(update={"hazards": settings.hazards.only({"ebike"})})
        detector = Counting()
        view = View((Zone("hall", ZoneType.CORRIDOR),))
        result = audit([self.rec, *self.more], settings, self.out, view=view, detector=detector, **options)
        return result, detector.looks


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Not yet looked through."""
    return Archive(tmp_path)


def test_what_is_done_is_not_done_again(archive: Archive) -> None:
    first, looks = archive.run()
    assert looks == 40
    assert first.counts["ebike"] == 2
    before = written(archive.out)
    second, looks = archive.run()
    assert looks == 0
    assert written(archive.out) == before
    assert second == first


def other_setting(archive: Archive) -> None:
    archive.overrides = ["hazards.ebike.parked_s=2"]


def other_recording(archive: Archive) -> None:
    write_clip(archive.rec / "b.mp4", corridor(4, thing_from_s=2))


def grown(archive: Archive) -> None:
    with (archive.rec / "b.mp4").open("ab") as file:
        file.write(b"\0\0\0\x08free")


def one_more(archive: Archive) -> None:
    write_clip(archive.rec / "0.mp4", corridor(4))


def renamed(archive: Archive) -> None:
    (archive.rec / "b.mp4").rename(archive.rec / "c.mp4")


def only_a_live_setting(archive: Archive) -> None:
    archive.overrides.append("analysis.least_looks_per_s=1")


def touched(archive: Archive) -> None:
    os.utime(archive.rec / "b.mp4", (1, 1))


def moved(archive: Archive) -> None:
    archive.rec = archive.rec.rename(archive.rec.parent / "else" / "rec")


@pytest.mark.parametrize(
    ("change", "looks"),
    [
        (other_setting, 40),
        (other_recording, 20),
        (grown, 20),
        (one_more, 20),
        (renamed, 20),
        (only_a_live_setting, 0),
        (touched, 0),
        (moved, 0),
    ],
)
def test_only_what_changed_is_done_again(
    change: Callable[[Archive], None], looks: int, archive: Archive, tmp_path: Path
) -> None:
    (tmp_path / "else").mkdir()
    archive.run()
    change(archive)
    result, taken = archive.run(forget=True)
    assert taken == looks
    assert sorted(event["path"] for event in result.events) == sorted(map(str, archive.rec.iterdir()))
    again = written(archive.out)
    archive.out = tmp_path / "fresh"
    archive.run()
    there = {name: sha for name, sha in written(archive.out).items() if not name.startswith("parts/")}
    assert {name: sha for name, sha in again.items() if not name.startswith("parts/")} == there


def test_what_vanished_leaves_the_report_and_is_kept_until_it_is_told_to_go(archive: Archive) -> None:
    archive.run()
    gone = (archive.rec / "a.mp4").rename(archive.rec.parent / "a.mp4")
    result, looks = archive.run()
    assert looks == 0
    assert result.absent == ("rec/a.mp4",)
    assert [source.source for source in result.sources] == ["b.mp4"]
    assert "a.mp4" not in (archive.out / "report.html").read_text("utf-8")
    gone.rename(archive.rec / "a.mp4")
    result, looks = archive.run()
    assert (result.absent, looks, len(result.sources)) == ((), 0, 2)
    (archive.rec / "a.mp4").unlink()
    result, looks = archive.run(forget=True)
    assert (result.absent, looks) == (("rec/a.mp4",), 0)
    assert not [name for name in written(archive.out) if "a-" in name]
    assert archive.run()[0].absent == ()


def test_one_of_two_disks_that_is_not_mounted_costs_nothing_that_was_done(archive: Archive) -> None:
    other = archive.rec.with_name("disk2")
    other.mkdir()
    write_clip(other / "c.mp4", corridor(4))
    archive.more = [other]
    assert archive.run()[1] == 60
    before = written(archive.out)
    away = other.rename(other.with_name("away"))
    for mount_point in (False, True):
        if mount_point:
            other.mkdir()
        result, looks = archive.run()
        assert (looks, result.absent) == (0, ("disk2/c.mp4",))
        assert [source.source for source in result.sources if source.error] == ["disk2"]
        with pytest.raises(AlertsError, match="disk2: no recording is there; is its disk mounted"):
            archive.run(forget=True)
    other.rmdir()
    away.rename(other)
    assert archive.run()[1] == 0
    assert written(archive.out) == before


def test_a_ring_that_has_written_over_all_that_was_done_is_looked_through(archive: Archive) -> None:
    archive.run()
    for name in ("a.mp4", "b.mp4"):
        (archive.rec / name).unlink()
    write_clip(archive.rec / "c.mp4", corridor(4))
    result, looks = archive.run()
    assert (looks, result.absent) == (20, ("rec/a.mp4", "rec/b.mp4"))
    assert not result.failed


def test_a_folder_that_cannot_be_listed_is_not_taken_for_gone(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = archive.rec / "cam2"
    inner.mkdir()
    write_clip(inner / "c.mp4", corridor(4))
    archive.run()
    before = written(archive.out)
    with monkeypatch.context() as patched:
        shut(inner, patched)
        assert archive.run()[0].absent == ("rec/cam2/c.mp4",)
        with pytest.raises(AlertsError, match=r"cam2: no recording is there; .* may its folder be listed"):
            archive.run(forget=True)
    assert archive.run()[1] == 0
    assert written(archive.out) == before
    with monkeypatch.context() as patched:  # nothing is gone: nobody is to mend it first
        shut_too = archive.rec / "lost+found"
        shut_too.mkdir()
        shut(shut_too, patched)
        result, looks = archive.run(forget=True)
        assert (looks, result.failed) == (0, False)


def shut(folder: Path, patched: pytest.MonkeyPatch) -> None:
    """Nobody may list it; root, who runs tests, may list everything."""
    for name in ("scandir", "listdir"):
        whole = getattr(os, name)

        def refused(path: Any = ".", whole: Callable[..., Any] = whole) -> Any:
            if not isinstance(path, int) and os.fspath(path) == str(folder):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
            return whole(path)

        patched.setattr(os, name, refused)


@pytest.mark.parametrize("found", [True, False])
def test_what_was_only_begun_in_a_recording_that_is_gone_goes_unless_it_found_something(
    found: bool, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not found:
        monkeypatch.setattr(Counting, "detect", lambda *_, **__: Detections.empty())

    def stopped(tally: Tally) -> None:
        if tally.seen_s > 1.5:
            raise KeyboardInterrupt

    archive.run(progress=stopped, clock=Hurried())
    assert len(list((archive.out / "parts").iterdir())) == 1
    (archive.rec / "a.mp4").unlink()
    assert archive.run()[0].absent == (("rec/a.mp4",) if found else ())
    assert sorted(path.stem[0] for path in (archive.out / "parts").iterdir()) == (["a", "b"] if found else ["b"])
    archive.run(forget=True)
    assert [path.stem[0] for path in (archive.out / "parts").iterdir()] == ["b"]


def test_the_manifest_says_what_became_of_each(archive: Archive) -> None:
    (archive.rec / "text.mp4").write_text("no film")
    (archive.rec / "loop.mp4").symlink_to("loop.mp4")
    archive.run()
    entries = [json.loads(line) for line in (archive.out / "manifest.jsonl").read_text("utf-8").splitlines()]
    assert {entry["name"]: entry["state"] for entry in entries} == {
        "rec/a.mp4": "done",
        "rec/b.mp4": "done",
        "rec/loop.mp4": "unreadable",
        "rec/text.mp4": "unreadable",
    }
    assert "symbolic links" in entries[2]["reason"]
    done = entries[0]
    assert done["bytes"] == (archive.rec / "a.mp4").stat().st_size
    assert done["content"].keys() == {"sampled"}
    assert all(done[by] for by in ("model", "settings", "code", "model_version"))


def test_two_audits_do_not_write_in_one_folder(archive: Archive) -> None:
    def second(tally: object) -> None:
        with pytest.raises(AlertsError, match="another audit"):
            archive.run()

    archive.run(progress=second)


def imported(path: Path) -> set[str]:
    """Names of the modules that a file imports, also within its functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def test_the_stamp_has_all_code_and_packages_that_decide_what_is_found() -> None:
    """What looking through a recording imports, but for what says only which there are and how they are judged."""
    elsewhere = {"alerts.config", "alerts.errors", "alerts.audit.find"}  # the settings, words, the part's `line`
    found: set[str] = set()
    left = ["alerts.audit.recording"]
    while left:
        name = left.pop()
        path = TREE.joinpath(*name.split(".")).with_suffix(".py")
        if name in found or not path.is_file():
            continue
        found.add(name)
        left += imported(path) - elsewhere
    stamped = {file for pattern in CODE for file in TREE.glob(pattern)}
    assert {TREE.joinpath(*name.split(".")).with_suffix(".py") for name in found} <= stamped
    alerts = {file.relative_to(TREE).with_suffix("").as_posix().replace("/", ".") for file in stamped}
    assert {name for name in alerts if name.startswith("alerts.")} <= found, "no recording hangs on it"
    packages = {name.partition(".")[0] for file in stamped for name in imported(file)}
    packages -= {*sys.stdlib_module_names, "streams", "vision", "alerts"}
    packages -= {"httpx", "pydantic", "pydantic_core"}  # decide nothing
    assert packages == {"av", "cv2", "numpy", "openvino"}
    decide = {"opencv-python" if package == "cv2" else package for package in packages} | {"onnxruntime"}
    assert decide <= set(PACKAGES)
    assert all(
        any(told.startswith(f"{name} ") for told in _versions()) for name in ("av", "onnxruntime", "opencv-python")
    )


def test_a_disk_that_is_not_mounted_costs_nothing_that_was_done(archive: Archive) -> None:
    archive.run()
    before = written(archive.out)
    away = archive.rec.rename(archive.rec.with_name("away"))
    archive.rec.mkdir()
    with pytest.raises(AlertsError, match=r"rec: no recording is there; is its disk mounted.* tells of 2 recordings"):
        archive.run()
    archive.rec.rmdir()
    away.rename(archive.rec)
    assert archive.run()[1] == 0
    assert written(archive.out) == before


def test_long_before_the_first_look_there_are_signs_of_life(archive: Archive) -> None:
    """Whoever waits for one gives a process up that is silent, and a month of one-minute files is 43,200."""
    paths = [archive.rec / f"{number}.mp4" for number in range(50)]
    for path in paths:
        path.write_bytes(b"no film")
    segments = tuple(Segment(path, 60.0 * number) for number, path in enumerate(paths))
    job = Job(paths[0], "0", "0-0123456789", "hall", EPOCH, segments)
    terms = Terms.of(load_settings())
    reviewer = Reviewer(terms, Networks(Counting(), None), Stamp("", "", ""), Parts(archive.out), SystemClock())
    told = list(reviewer.told(job, View(())))
    assert len(told) >= 2 * len(paths), "one to ask for it, and one to read it"
    assert [one.over for one in told] == [False] * (len(told) - 1) + [True]
    assert reviewer.parts.head(job.key) is not None


def test_nobody_writes_any_more_when_the_last_report_is_made(archive: Archive) -> None:
    """A process that is ended by Ctrl-C may be in the middle of a part."""
    settings = load_settings(None, archive.overrides)
    parts, reporting = Parts(archive.out), Reporting(Site.of(settings), settings.hazards)
    jobs = find_jobs([archive.rec])
    stamps = Stamps(Stamp("", "", ""), Views(settings))
    run = _Run(jobs, parts, stamps, reporting, SystemClock(), full_hash=False)

    def working(left: Sequence[Job]) -> Work:
        try:
            yield None
            raise AssertionError
        finally:
            write_part(parts, left[0], [event_of(left[0], "ebike", 1.0)], view=stamps.of(left[0]).view)

    def stopped(tally: Tally) -> None:
        raise KeyboardInterrupt

    result = run.through(working, stopped, forget=False)
    assert result.interrupted
    assert result.counts["ebike"] == len(result.events) == len(parts.found(jobs[0].key).events) == 1


def test_a_head_and_its_lines_are_read_of_one_part(archive: Archive) -> None:
    """Also while a process puts another in its place."""
    [job, _] = find_jobs([archive.rec])
    parts = Parts(archive.out)
    write_part(parts, job, [event_of(job, "ebike", 1.0)])
    part = parts.read(job.key)
    assert part is not None
    head, lines = part
    write_part(parts, job, [])
    assert head["summary"]["events"]["ebike"] == len(list(lines)) == 1
    parts.drop(job.key)
    assert parts.read(job.key) is None


def test_verdicts_that_are_being_written_end_no_audit(archive: Archive) -> None:
    archive.out.mkdir()
    verdicts = archive.out / FILE

    def slip(_: Tally) -> None:
        verdicts.write_text("event,verdict\na,may", "utf-8")

    with pytest.raises(AlertsError, match="no such verdict: may"):
        archive.run(progress=slip)  # said at its end, when all is done
    verdicts.unlink()
    assert archive.run()[1] == 0
