"""Folders of segments whose names tell the time: one recording a camera and day, one event for what stays."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.audit import audit
from alerts.audit.find import find_jobs
from alerts.audit.naming import Naming
from alerts.audit.report_summary import damaged_files
from alerts.audit.results import AuditResult
from alerts.audit.tally import Tally
from alerts.config import load_settings
from alerts.errors import SettingsError
from tests.alerts.audit.killed import written
from tests.alerts.audit.test_naming import SHANGHAI
from tests.alerts.audit.test_resume import Counting, Hurried, shut
from tests.clips import corridor, write_clip
from tests.streams.test_chain import write
from vision.detections import Detections
from vision.jpeg import encode_jpeg
from vision.view import View
from vision.zones import Zone, ZoneType


def run(folder: Path, *overrides: str, forget: bool = False) -> tuple[AuditResult, dict[str, Any], int]:
    """Result, summary and looks of an audit that sees an e-bike in every picture."""
    settings = load_settings(None, ["hazards.ebike.parked_s=6", "analysis.dense=true", *overrides])
    settings = settings.model_copy(update={"hazards": settings.hazards.only({"ebike"})})
    detector = Counting()
    view = View((Zone("hall", ZoneType.CORRIDOR),))
    result = audit([folder / "rec"], settings, folder / "o", view=view, detector=detector, forget=forget)
    return result, json.loads((folder / "o" / "summary.json").read_text("utf-8")), detector.looks


def segments(folder: Path, *times: str, seconds: float = 4) -> list[Path]:
    """Of camera `lift`, on 2 March 2026."""
    there = folder / "rec" / "lift"
    there.mkdir(parents=True, exist_ok=True)
    return [write_clip(there / f"2026-03-02_{time}.mp4", corridor(seconds)) for time in times]


@pytest.mark.parametrize("dense", ["true", "false"])
def test_what_stays_for_three_files_is_one_event(dense: str, tmp_path: Path) -> None:
    segments(tmp_path, "08-00-00", "08-00-04", "08-00-08")
    result, summary, _ = run(tmp_path, f"analysis.dense={dense}")
    [event] = result.events
    assert event["source"] == "2026-03-02_08-00-00.mp4"
    assert event["start_s"] == pytest.approx(0, abs=0.3)
    assert event["end_s"] == pytest.approx(11.9, abs=0.3)
    assert event["raised_s"] == pytest.approx(6, abs=0.5), "no file is that long"
    assert event["segment"] == "2026-03-02_08-00-04.mp4"
    assert event["segment_s"] == pytest.approx(event["raised_s"] - 4)
    raised_at = datetime.fromisoformat(event["at"])
    assert (raised_at - datetime.fromisoformat("2026-03-02T00:00:00+00:00")).total_seconds() == event["raised_s"]
    [source] = summary["sources"]
    assert (source["segments"], source["gaps"], source["damaged"]) == (3, [], [])
    assert source["archive_camera"] == "rec/lift"
    [coverage] = summary["coverage"]
    assert coverage["seen_s"] == pytest.approx(11.9, abs=0.3)


def test_gaps_and_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    paths = segments(tmp_path, "08-00-00", "08-00-04", "08-00-08", "09-00-00")
    paths[1].write_bytes(b"")
    result, summary, _ = run(tmp_path)
    [source] = summary["sources"]
    assert source["damaged"] == [{"segment": paths[1].name, "reason": "the file is empty"}]
    assert [(round(gap["start_s"]), gap["end_s"]) for gap in source["gaps"]] == [(12, 3600.0)]
    assert summary["unreadable"] == [{"source": paths[1].name, "path": str(paths[1]), "reason": "the file is empty"}]
    [gap] = summary["coverage"][0]["gaps"]
    assert gap["until"] == "2026-03-02T01:00:00.000+00:00"
    assert result.failed


def test_one_more_file_has_its_day_looked_through_again_and_no_other(tmp_path: Path) -> None:
    paths = segments(tmp_path, "23-59-50", "23-59-54")
    for path in paths:
        next_day = path.name.replace("2026-03-02", "2026-03-03")
        path.with_name(next_day).write_bytes(path.read_bytes())
    _, summary, looks = run(tmp_path)
    assert len(summary["sources"]) == 2
    assert looks == 2 * 40
    assert run(tmp_path)[2] == 0
    segments(tmp_path, "23-59-45")
    result, _, looks = run(tmp_path)
    assert looks == 60
    assert result.absent == (), "its files are part of a recording that begins earlier"
    assert run(tmp_path, 'archive.time_zone="Europe/Madrid"')[2] == 100, "the days are others then"


def names(folder: Path, *files: str) -> None:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize(
    ("files", "cut", "expected"),
    [
        (("a/2026-03-02_23-00-00.mp4", "a/2026-03-03_00-00-00.mp4"), "day", [1, 1]),
        (("a/2026-03-02_23-00-00.mp4", "a/2026-03-03_00-00-00.mp4"), "never", [2]),
        (("a/2026-03-02_08-00-00.mp4", "b/2026-03-02_09-00-00.mp4"), "day", [1, 1]),
        (("a/2026-03-02_08-00-00.mp4", "a/2026-03-02_08-00-00 (1).mp4", "a/2026-03-02_09-00-00.mp4"), "day", [2, 1]),
        (("a/2026-03-02_09-00-00.mp4", "a/x.mp4", "a/2026-03-02_08-00-00.mp4"), "day", [2, 1]),
        (tuple(f"a/2026-03-02/{hour}/a_20260302_{hour}0000.mp4" for hour in ("08", "09", "10")), "day", [3]),
        (tuple(f"a/2026/03/{day}/a_202603{day}_080000.mp4" for day in ("02", "03")), "never", [2]),
    ],
    ids=["midnight", "over midnight", "two cameras", "two at once", "one that tells nothing", "hours", "days"],
)
def test_which_files_are_one_recording(files: Sequence[str], cut: Any, expected: list[int], tmp_path: Path) -> None:
    names(tmp_path, *files)
    jobs = find_jobs([tmp_path], Naming(None, SHANGHAI), cut)
    assert sorted((max(1, len(job.segments)) for job in jobs), reverse=True) == sorted(expected, reverse=True)
    assert len({job.key for job in jobs}) == len(jobs)


def seen_s(folder: Path) -> float:
    told = json.loads((folder / "o" / "statistics.json").read_text("utf-8"))
    return float(told["whole"]["seen_h"]) * 3600


def test_what_lies_behind_a_break_was_not_seen(tmp_path: Path) -> None:
    """The container still says how long the recording was."""
    (tmp_path / "rec").mkdir()
    clip = write_clip(tmp_path / "rec" / "2026-03-02_08-00-00.mkv", corridor(12))
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    _, summary, _ = run(tmp_path)
    [source] = summary["sources"]
    assert source["duration_s"] == pytest.approx(12, abs=0.3)
    assert not source["complete"]
    assert seen_s(tmp_path) == pytest.approx(6, abs=1.5)
    assert summary["coverage"][0]["seen_s"] == pytest.approx(source["looked_s"])


@pytest.mark.parametrize("name", ["export.mkv", "2026-03-02_08-00-00.mkv"])
@pytest.mark.parametrize("join", ["true", "false"])
def test_each_file_that_is_cut_off_is_listed(name: str, join: str, tmp_path: Path) -> None:
    """Also one whose name tells no time, or is asked for none."""
    (tmp_path / "rec").mkdir()
    clip = write_clip(tmp_path / "rec" / name, corridor(12))
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    _, summary, _ = run(tmp_path, f"archive.join={join}")
    [source] = summary["sources"]
    assert source["damaged"] == [{"segment": name, "reason": source["error"]}]
    [(_, named, reason)] = damaged_files(summary)
    assert (Path(named).name, reason) == (name, source["error"])
    assert "id=damaged" in (tmp_path / "o" / "report.html").read_text("utf-8")


def test_of_a_recording_under_work_what_was_looked_at_was_seen(tmp_path: Path) -> None:
    """Its length is not known yet; nor is a gap a time that was seen."""
    segments(tmp_path, "08-00-00", "08-00-30")

    def stopped(tally: Tally) -> None:
        assert tally.seen_s < 10, "in which nothing was recorded is not seen"
        if tally.seen_s >= 6:
            raise KeyboardInterrupt

    view = View((Zone("hall", ZoneType.CORRIDOR),))
    audit(
        [tmp_path / "rec"], load_settings(None, ["analysis.dense=true"]), tmp_path / "o",
        view=view, detector=Counting(), progress=stopped, clock=Hurried(),
    )  # fmt: skip
    assert seen_s(tmp_path) == pytest.approx(4 + 2, abs=0.5)


def test_files_can_be_left_as_they_are(tmp_path: Path) -> None:
    segments(tmp_path, "08-00-00", "08-00-04")
    result, summary, _ = run(tmp_path, "archive.join=false")
    assert len(summary["sources"]) == 2
    assert result.events == (), "neither is long enough"


def test_a_wrong_pattern_is_told_with_its_key(tmp_path: Path) -> None:
    names(tmp_path / "rec", "hall/2026-03-02_08-00-00.mkv", "hall/2026-03-02_09-00-00.mkv")
    with pytest.raises(
        SettingsError, match=r"archive.name_pattern: \S+ fits the path of none of 2 recordings, such as"
    ):
        run(tmp_path, "archive.name_pattern={camera}-%Y%m%d%H%M")
    with pytest.raises(SettingsError, match=r"archive.name_pattern: .*tells no moment"):
        load_settings(None, ["archive.name_pattern={camera}"])


def test_a_damaged_file_that_was_taken_away_stops_no_later_run(tmp_path: Path) -> None:
    *_, broken = segments(tmp_path, "08-00-00", "08-00-04", "08-00-08")
    broken.write_bytes(b"")
    first, _, _ = run(tmp_path)
    assert first.failed
    broken.unlink()
    second, _, looks = run(tmp_path)
    assert not second.failed and looks > 0


def test_a_folder_that_cannot_be_listed_does_not_undo_what_was_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its hour would be missing from the day, which would be looked through again without it."""
    for hour in ("08", "09"):
        there = tmp_path / "rec" / "2026-03-02" / hour / "lift"
        there.mkdir(parents=True)
        write_clip(there / "00.00.mp4", corridor(4))
    assert run(tmp_path)[2] > 0
    before = written(tmp_path / "o")
    with monkeypatch.context() as patched:
        shut(tmp_path / "rec" / "2026-03-02" / "09", patched)
        result, summary, looks = run(tmp_path)
        assert (looks, result.hidden) == (0, ("rec/2026-03-02/08/lift/00.00.mp4",))
        assert [(one["source"], one["reason"].lower()) for one in summary["unreadable"]] == [
            ("09", "permission denied")
        ]
        assert run(tmp_path, forget=True)[0].hidden == result.hidden
    assert run(tmp_path)[2] == 0
    assert {name: sha for name, sha in written(tmp_path / "o").items() if "09-" not in name} == before


def test_a_ring_writes_over_files_while_another_folder_is_shut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = segments(tmp_path, "08-00-00", "08-00-04", "08-00-08")
    elsewhere = tmp_path / "rec" / "locked"
    elsewhere.mkdir()
    shut(elsewhere, monkeypatch)
    run(tmp_path)
    files[1].unlink()
    result, summary, looks = run(tmp_path)
    assert looks > 0 and result.hidden == ()
    assert summary["sources"][0]["segments"] == 2


def test_pictures_with_times_in_their_names_are_pictures(tmp_path: Path) -> None:
    (tmp_path / "rec").mkdir()
    paths = [tmp_path / "rec" / f"IMG_20250101_12000{second}.jpg" for second in range(2)]
    for path in paths:
        path.write_bytes(encode_jpeg(next(iter(corridor(1))), 90))
    settings = load_settings(None, [])
    result = audit(paths, settings, tmp_path / "o", view=View(()), detector=Counting())
    assert [(source.source, source.error, source.frames_analysed) for source in result.sources] == [
        (path.name, "", 1) for path in paths
    ]


def test_what_was_left_aside_is_not_deleted_with_what_is_gone(tmp_path: Path) -> None:
    put_back(tmp_path)
    gone = write_clip(tmp_path / "rec" / "x.mp4", corridor(2))
    run(tmp_path)
    before = written(tmp_path / "o")
    (tmp_path / "rec" / "empty").mkdir()
    view = View((Zone("hall", ZoneType.CORRIDOR),))
    settings = load_settings(None, ["hazards.ebike.parked_s=6", "analysis.dense=true"])
    settings = settings.model_copy(update={"hazards": settings.hazards.only({"ebike"})})
    both = [tmp_path / "rec", tmp_path / "rec" / "empty"]
    audit(both, settings, tmp_path / "o", view=view, detector=Counting(), forget=True)
    assert run(tmp_path)[2] == 0
    assert before.keys() <= written(tmp_path / "o").keys()
    first, *_ = find_jobs([tmp_path / "rec"], Naming(None, SHANGHAI))
    part = tmp_path / "o" / "parts" / f"{first.key}.jsonl"
    gone.unlink()
    head = json.loads(part.read_text("utf-8").splitlines()[0])
    found_nothing = head["summary"] | {"events": {}, "notices": {}}
    part.write_text(json.dumps(head | {"state": "failed", "summary": found_nothing}) + "\n", "utf-8")

    def fails(self: Counting, image: NDArray[np.uint8], min_score: float | None = None, relax: float = 1.0) -> Any:
        raise RuntimeError

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Counting, "detect", fails)
        result, _, _ = run(tmp_path, forget=True)
    assert [source.failed for source in result.sources] == [True]
    assert result.hidden == ("rec/lift/2026-03-02_08-00-04.mp4",), "named, as it is not in the report"
    assert len(list((tmp_path / "o" / "parts").glob("2026-*-04-*.jsonl"))) == 1, "it is its fault in no way"
    assert not list((tmp_path / "o" / "parts").glob("x-*.jsonl"))


class Twice(Counting):
    """Sees where the picture is dark as well, and keeps how bright the pictures were."""

    def __init__(self) -> None:
        super().__init__()
        self.greys: list[float] = []

    def detect(self, image: NDArray[np.uint8], min_score: float | None = None, relax: float = 1.0) -> Detections:
        self.greys.append(float(image.mean()))
        return super().detect(image, min_score, relax)


def shade(seconds: float, grey: int) -> Iterator[NDArray[np.uint8]]:
    noise = np.random.default_rng(grey)
    for _ in range(round(seconds * 10)):
        yield np.clip(grey + noise.normal(0, 2, (180, 320, 3)), 0, 255).astype(np.uint8)


def put_back(folder: Path) -> None:
    """A recorder whose clock was put back by some seconds: its files of 10 s lie between one another by their names."""
    there = folder / "rec" / "lift"
    there.mkdir(parents=True)
    for grey, seconds in ((60, (0, 10, 20)), (180, (4, 14, 24))):
        for second in seconds:
            write_clip(there / f"2026-03-02_08-00-{second:02}.mp4", shade(10, grey))


@pytest.mark.parametrize("dense", ["true", "false"])
def test_what_a_clock_that_was_put_back_lays_over_each_other_is_all_looked_at(
    dense: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of each file would be passed over."""
    put_back(tmp_path)
    seen = Twice()
    monkeypatch.setattr("tests.alerts.audit.test_archive.Counting", lambda: seen)
    result, summary, _ = run(tmp_path, f"analysis.dense={dense}")
    assert not result.failed
    dark, bright = (sum((grey < 120) is wanted for grey in seen.greys) for wanted in (True, False))
    assert dark == bright >= 3
    if dense == "true":
        assert (dark, bright) == (150, 150)
    first, second = summary["sources"]
    assert (first["source"], second["source"]) == ("2026-03-02_08-00-00.mp4", "2026-03-02_08-00-04.mp4")
    assert (first["segments"], second["segments"]) == (3, 3)
    assert (first["gaps"], second["gaps"]) == ([], [])
    [coverage] = summary["coverage"]
    assert coverage["seen_s"] == pytest.approx(34, abs=0.3), "each moment once"
    assert coverage["passed_over_s"] == 0
    for event in result.events:
        assert event["segment"] in {"2026-03-02_08-00-00.mp4", "2026-03-02_08-00-04.mp4"}
        assert event["segment_s"] == pytest.approx(6, abs=0.5)
    before = written(tmp_path / "o")
    seen.looks = 0
    run(tmp_path, f"analysis.dense={dense}")
    assert seen.looks == 0
    assert written(tmp_path / "o") == before


def test_stopped_between_what_lies_over_each_other_it_goes_on(tmp_path: Path) -> None:
    put_back(tmp_path)
    view = View((Zone("hall", ZoneType.CORRIDOR),))

    def looked(out: str, stops: bool) -> AuditResult:
        def progress(tally: Tally) -> None:
            if stops and tally.done:
                raise KeyboardInterrupt

        settings = load_settings(None, ["analysis.dense=true"])
        return audit(
            [tmp_path / "rec"], settings, tmp_path / out, view=view, detector=Counting(), progress=progress
        )  # fmt: skip

    assert looked("o", stops=True).interrupted
    assert len(looked("o", stops=False).sources) == 2
    looked("fresh", stops=False)
    assert written(tmp_path / "o") == written(tmp_path / "fresh")


def test_what_is_passed_over_is_told(tmp_path: Path) -> None:
    segments(tmp_path, "08-00-00", "08-00-11", seconds=15)
    result, summary, looks = run(tmp_path)
    assert looks == 55 + 75
    [source] = summary["sources"]
    [fault] = source["damaged"]
    assert fault["segment"] == "2026-03-02_08-00-11.mp4"
    assert fault["reason"] == "3.9 s lie before the end of 2026-03-02_08-00-00.mp4 and were not looked at"
    assert source["error"].startswith("1 of 2 files overlap others: 2026-03-02_08-00-11.mp4: 3.9 s lie")
    assert source["passed_over_s"] == summary["coverage"][0]["passed_over_s"] == pytest.approx(3.9)
    page = (tmp_path / "o" / "report.html").read_text("utf-8")
    assert f"<tr><th scope=row>rec/lift<td>{fault['segment']}<td>" in page
    assert result.failed
    assert source["complete"], "the other file shows it"


@pytest.mark.parametrize("dense", ["true", "false"])
def test_a_leap_within_a_single_file_is_a_gap(dense: str, tmp_path: Path) -> None:
    """It says that it is as long as all that, too."""
    (tmp_path / "rec").mkdir()
    write(tmp_path / "rec" / "2026-03-02_08-00-00.mkv", 10, leaps=(4.0, 3600.0))
    _, summary, _ = run(tmp_path, f"analysis.dense={dense}")
    [source] = summary["sources"]
    [gap] = source["gaps"]
    assert (gap["start_s"], gap["end_s"]) == pytest.approx((3.8, 3604.0), abs=1.5)
    assert source["complete"] and source["duration_s"] == pytest.approx(3610, abs=0.5)
    [coverage] = summary["coverage"]
    assert coverage["seen_s"] == pytest.approx(9.6, abs=2)
    assert seen_s(tmp_path) == pytest.approx(9.6, abs=2)


def test_a_single_timed_file_that_is_brief_is_looked_at_closely(tmp_path: Path) -> None:
    segments(tmp_path, "08-00-00", seconds=12)
    view = View((Zone("hall", ZoneType.CORRIDOR),))
    result = audit([tmp_path / "rec"], load_settings(None, []), tmp_path / "o", view=view, detector=Counting())
    assert [(source.frames_analysed, list(source.faults)) for source in result.sources] == [(60, [])]
