"""The audit as a library: what it finds and how it counts, without the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.audit import audit
from alerts.audit.clips import FOLDER as CLIPS
from alerts.audit.find import OF_A_REPORT, find_jobs, find_recordings
from alerts.audit.found import SourceSummary
from alerts.audit.report_live import FOLDER as LIVE
from alerts.audit.results import AuditResult
from alerts.audit.tally import Tally
from alerts.config import load_settings
from tests.clips import write_clip
from tests.vision.camera_health.scenes import noisy, place
from tests.vision.script import MODEL, Seen
from vision.detections import Detections
from vision.detector import Detector
from vision.view import View
from vision.zones import Zone, ZoneType


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def test_folders_are_searched_and_files_taken_as_they_are(tmp_path: Path) -> None:
    touch(tmp_path, "a/2.mp4", "a/10.MKV", "a/readme.txt", "a/deep/x.avi", "stills/1.jpg", "stills/2.png", "odd.bin")
    found = [
        str(p.relative_to(tmp_path))
        for p in find_recordings([tmp_path / "a", tmp_path / "stills", tmp_path / "odd.bin"])
    ]
    assert found == ["a/2.mp4", "a/10.MKV", "a/deep/x.avi", "stills", "odd.bin"]


def test_pictures_beside_recordings_are_not_a_recording(tmp_path: Path) -> None:
    touch(tmp_path, "clip.mp4", "thumbnail.jpg")
    assert list(find_recordings([tmp_path])) == [tmp_path / "clip.mp4"]


def test_a_folder_without_recordings_is_reported_itself(tmp_path: Path) -> None:
    assert list(find_recordings([tmp_path])) == [tmp_path]


@pytest.mark.parametrize(("error", "failed"), [("", False), ("truncated: 3 s of 9 s could be read", True)])
def test_a_run_fails_when_a_source_cannot_be_read_to_its_end(error: str, failed: bool) -> None:
    assert AuditResult((SourceSummary("a", "a", error=error),), {}, Path()).failed is failed


def test_an_earlier_report_is_no_recording(tmp_path: Path) -> None:
    pictures = [f"rec/report/{folder}/1.jpg" for folder in (*OF_A_REPORT, CLIPS, LIVE)]
    touch(tmp_path, "rec/a.mp4", "rec/report/events.jsonl", *pictures)
    assert list(find_recordings([tmp_path / "rec"])) == [tmp_path / "rec" / "a.mp4"]


def test_what_cannot_be_read_is_a_recording_too(tmp_path: Path) -> None:
    """Else it would be missing without a word."""
    touch(tmp_path, "a.mp4")
    (tmp_path / "loop.mp4").symlink_to("loop.mp4")
    (tmp_path / "gone.mp4").symlink_to("nowhere.mp4")
    found = list(find_recordings([tmp_path]))
    assert found == [tmp_path / "a.mp4", tmp_path / "gone.mp4", tmp_path / "loop.mp4"]


def test_a_recordings_key_hangs_on_no_other_recording(tmp_path: Path) -> None:
    touch(tmp_path, "cam1/06.mp4", "cam1/08.mp4", "cam2/06.mp4")
    before = find_jobs([tmp_path])
    touch(tmp_path, "cam1/05.mp4", "cam0/06.mp4")
    after = {job.path: job.key for job in find_jobs([tmp_path])}
    assert [after[job.path] for job in before] == [job.key for job in before]
    assert len(set(after.values())) == len(after) == 5


@pytest.mark.parametrize("given", [["cam1", "cam2"], ["cam1/06.mp4", "cam2/06.mp4"], ["cam2", "cam1/06.mp4", "cam1"]])
def test_however_it_is_given_a_recording_has_the_same_key(given: list[str], tmp_path: Path) -> None:
    touch(tmp_path, "cam1/06.mp4", "cam2/06.mp4")
    jobs = find_jobs([tmp_path / path for path in given])
    assert {job.name for job in jobs} == {"cam1/06.mp4", "cam2/06.mp4"}
    assert len({job.key for job in jobs}) == len(jobs) == 2


def test_two_folders_of_one_name_are_told_apart(tmp_path: Path) -> None:
    touch(tmp_path, "a/rec/1.mp4", "b/rec/1.mp4")
    jobs = find_jobs([tmp_path / "a" / "rec", tmp_path / "b" / "rec"])
    assert len({job.key for job in jobs}) == 2


def test_ctrl_c_between_two_recordings_leaves_valid_files(tmp_path: Path) -> None:
    """What was done before it is in the report."""
    clips = [
        Path(__file__).parents[2] / "scenarios" / "ebike_lift_day.mp4",
        write_clip(tmp_path / "next.mp4", (noisy(place(), index) for index in range(3)), 5),
    ]

    def stopped(tally: Tally) -> None:
        if tally.done:
            raise KeyboardInterrupt

    view = View((Zone("lift", ZoneType.LIFT),))
    result = audit(
        clips, load_settings(None, []), tmp_path / "o", view=view, detector=Detector.load(), progress=stopped
    )
    assert result.interrupted
    assert [source.complete for source in result.sources] == [True]
    written = [json.loads(line) for line in (tmp_path / "o" / "events.jsonl").read_text("utf-8").splitlines()]
    assert written == list(result.events) != []
    summary = json.loads((tmp_path / "o" / "summary.json").read_text("utf-8"))
    assert (summary["interrupted"], summary["recordings"], summary["waiting"]) == (True, 2, 1)


class Scripted(Detector):
    """Sees an e-bike pass in the first 8 s, and one that stands from 12 s on, at five looks a second."""

    def __init__(self) -> None:
        self.info = MODEL
        self._looks = 0

    def detect(self, image: NDArray[np.uint8], min_score: float | None = None, relax: float = 1.0) -> Detections:
        at_s = self._looks / 5
        self._looks += 1
        seen: list[Seen] = []
        if at_s < 8:
            seen = [("ebike", 0.7, (at_s * 0.08, 0.4, at_s * 0.08 + 0.3, 0.9))]
        elif at_s >= 12:
            seen = [("ebike", 0.9, (0.1, 0.1, 0.3, 0.4))]
        height, width = image.shape[:2]
        boxes = np.array([box for _, _, box in seen], np.float32).reshape(-1, 4) * (width, height, width, height)
        scores = np.array([score for _, score, _ in seen], np.float32)
        return Detections(boxes.astype(np.float32), scores, np.zeros(len(seen), np.int64))


def test_what_is_only_logged_is_written_apart(tmp_path: Path) -> None:
    clip = Path(__file__).parents[2] / "scenarios" / "ebike_lift_day.mp4"
    settings = load_settings(None, ["hazards.ebike.parked_s=6", "analysis.dense=true"])
    settings = settings.model_copy(update={"hazards": settings.hazards.only({"ebike"})})
    result = audit([clip], settings, tmp_path, view=View((Zone("hall", ZoneType.LOBBY),)), detector=Scripted())
    read = {
        name: [json.loads(line) for line in (tmp_path / name).read_text("utf-8").splitlines()]
        for name in ("events.jsonl", "notices.jsonl")
    }
    assert read == {"events.jsonl": list(result.events), "notices.jsonl": list(result.notices)}
    [event], [notice] = result.events, result.notices
    assert "notice" not in event
    assert notice.keys() == event.keys() | {"notice"}
    assert notice["notice"] == "passing"
    assert notice["end_s"] < event["start_s"] < event["raised_s"]
    assert (tmp_path / notice["snapshot"]).is_file()
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert (summary["counts"]["ebike"], summary["notices"]["ebike"]) == (1, 1)
    assert summary["sources"][0]["notices"]["ebike"] == 1
    report = (tmp_path / "report.html").read_text("utf-8")
    assert event["snapshot"] in report
    assert notice["snapshot"] not in report
    [page] = (path.read_text("utf-8") for path in (tmp_path / "pages").iterdir())
    assert page.index(event["snapshot"]) < page.rindex("<h2>") < page.index(notice["snapshot"])


def test_the_summary_says_when_the_camera_was_in_trouble_and_the_events_do_not(tmp_path: Path) -> None:
    own = place()
    pictures = (noisy(own * (not 40 <= index < 120), index) for index in range(160))
    clip = write_clip(tmp_path / "black.mp4", pictures, 5)
    audit([clip], load_settings(), tmp_path / "out", view=View(()), detector=Scripted())
    summary = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    [span] = summary["sources"][0]["camera"]
    assert span["cause"] == "black"
    assert span["start_s"] == pytest.approx(8, abs=1)
    assert span["end_s"] == pytest.approx(24, abs=7), "until it was seen well for as long as it took to be told"
    assert (tmp_path / "out" / "events.jsonl").read_text("utf-8") == ""
