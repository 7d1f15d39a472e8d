"""`xinan audit` and `xinan detect` as a user runs them: the files that others read, and bad input."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from alerts.db.store import Store
from tests.acceptance.cli import COMMAND, assert_one_line, run
from tests.alerts.making import alert, at
from tests.alerts.shift.test_counted import put
from tests.clips import corridor, write_clip
from tests.shared import shared_file

HAZARDS = {"flame", "ebike", "flying_lead", "clutter"}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A thing is put down at 3 s."""
    return write_clip(tmp_path_factory.mktemp("clip") / "走廊 1.mp4", corridor(12, thing_from_s=3))


def events_of(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "events.jsonl").read_text("utf-8").splitlines()]


def summary_of(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "summary.json").read_text("utf-8"))
    return found


def check_event(event: dict[str, Any], out: Path, duration_s: float) -> None:
    """The fixed form of a line of events.jsonl."""
    assert event["hazard"] in HAZARDS
    assert 0 <= event["start_s"] <= event["raised_s"] <= event["end_s"] <= duration_s + 1
    assert 0 < event["confidence"] <= 1
    x1, y1, x2, y2 = event["box"]
    assert 0 <= x1 < x2 <= 1
    assert 0 <= y1 < y2 <= 1
    assert cv2.imread(str(out / event["snapshot"])) is not None
    assert isinstance(event["zone"], str)


@pytest.mark.parametrize("dense", [False, True])
def test_a_left_thing_becomes_an_event(clip: Path, tmp_path: Path, dense: bool) -> None:
    settings = ["--set", "hazards.clutter.dwell_s=4", "--set", f"analysis.dense={str(dense).lower()}"]
    done = run("audit", clip, "--out", "o", "--hazards", "clutter", *settings, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (event,) = events_of(tmp_path / "o")
    check_event(event, tmp_path / "o", 12)
    assert event["source"] == clip.name
    assert event["zone"] == "corridor"
    assert 6.5 <= event["raised_s"] <= 8.5
    source = summary_of(tmp_path / "o")["sources"][0]
    if dense:
        assert (source["frames_decoded"], source["frames_analysed"]) == (120, 60)
    else:
        assert 40 <= source["frames_analysed"] < 60, "closely at the beginning, then only now and then"
    assert source["duration_s"] == pytest.approx(12, abs=0.2)
    assert source["events"] == {"clutter": 1, "ebike": 0, "flame": 0, "flying_lead": 0}
    report = (tmp_path / "o" / "report.html").read_text("utf-8")
    assert event["snapshot"] in report
    assert clip.name in report


def test_a_first_full_hash_says_that_there_was_none_before(clip: Path, tmp_path: Path) -> None:
    options = ["--out", "o", "--hazards", "clutter"]
    assert run("audit", clip, *options, cwd=tmp_path).returncode == 0
    said = "1 of 1 recordings had no full hash when they were looked through"
    assert said in run("audit", clip, *options, "--full-hash", cwd=tmp_path).stdout
    assert said not in run("audit", clip, *options, cwd=tmp_path).stdout


def test_what_lies_behind_a_mask_is_never_seen(clip: Path, tmp_path: Path) -> None:
    """Neither by the rules nor in a snapshot."""
    (tmp_path / "site.toml").write_text(
        '[[cameras]]\nname = "c"\nurl = "x"\nmasks = [[[0.1, 0.5], [0.35, 0.5], [0.35, 1.0], [0.1, 1.0]]]\n', "utf-8"
    )
    options = ["-c", "site.toml", "--hazards", "clutter", "--set", "hazards.clutter.dwell_s=4"]
    assert run("audit", clip, "--out", "o", *options, cwd=tmp_path).returncode == 0
    assert events_of(tmp_path / "o") == []
    assert run("audit", clip, "--out", "z", "--zone", "lobby", *options, cwd=tmp_path).returncode == 0
    assert events_of(tmp_path / "z") == [], "also where another zone is asked for"


def test_the_same_footage_gives_the_same_bytes(clip: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert run("audit", clip, "--out", name, "--set", "hazards.clutter.dwell_s=4", cwd=tmp_path).returncode == 0
    assert (tmp_path / "a" / "events.jsonl").read_bytes() == (tmp_path / "b" / "events.jsonl").read_bytes()


def test_bad_recordings_are_named_and_the_good_ones_done(clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "text.mp4").write_text("this is no film\n")
    (folder / "empty.mkv").write_bytes(b"")
    (folder / "half.mp4").write_bytes(clip.read_bytes()[:-3000])
    (folder / "notes.txt").write_text("not looked at")
    done = run("audit", folder, clip, "nowhere.mp4", "--out", "o", cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    summary = summary_of(tmp_path / "o")
    unreadable = {Path(item["path"]).name for item in summary["unreadable"]}
    assert {"text.mp4", "empty.mkv", "nowhere.mp4"} <= unreadable
    assert clip.name in {source["source"] for source in summary["sources"]}
    for name in unreadable:
        assert sum(name in line for line in done.stderr.splitlines()) == 1
    assert all(item["reason"] for item in summary["unreadable"])


def test_names_that_no_system_takes_are_reported_and_the_rest_done(clip: Path, tmp_path: Path) -> None:
    long = "x" * 300
    done = run("audit", f"{long}.mp4", clip, "--out", "o", "--hazards", "flame", cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert [source["source"] for source in summary_of(tmp_path / "o")["sources"]] == [clip.name]
    cv2.imwrite(str(tmp_path / "p.png"), np.zeros((20, 20, 3), np.uint8))
    done = run("detect", f"{long}.png", "p.png", "--out", "r.json", cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "1 of 2 pictures" in done.stdout


def test_what_an_audit_wrote_is_no_recording(clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "rec"
    folder.mkdir()
    os.link(clip, folder / "a.mp4")
    options = ["--hazards", "clutter", "--set", "hazards.clutter.dwell_s=4"]
    assert run("audit", folder, "--out", folder / "report", *options, cwd=tmp_path).returncode == 0
    assert list((folder / "report" / "snapshots").iterdir())
    done = run("audit", folder, "--out", "again", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [source["source"] for source in summary_of(tmp_path / "again")["sources"]] == ["a.mp4"]


def test_what_was_found_in_recordings_that_are_gone_is_kept_until_it_is_told_to_go(clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "rec"
    folder.mkdir()
    for name in ("a.mp4", "b.mp4"):
        os.link(clip, folder / name)
    options = ["--out", "o", "--hazards", "clutter", "--set", "hazards.clutter.dwell_s=4"]
    assert run("audit", folder, *options, cwd=tmp_path).returncode == 0
    (folder / "a.mp4").unlink()
    for more, said, parts in (((), "kept (--forget deletes it)", "ab"), (("--forget",), "deleted", "b")):
        done = run("audit", folder, *options, *more, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stderr == "", "a ring that writes over its oldest files is nothing to complain of"
        assert f"1 recordings done before are not there any more: what was found in them is {said}" in done.stdout
        assert "".join(sorted(path.name[0] for path in (tmp_path / "o" / "parts").iterdir())) == parts
        assert [event["source"] for event in events_of(tmp_path / "o")] == ["b.mp4"]


@pytest.mark.parametrize("special", ["/dev/full", "fifo", "folder"])
def test_results_never_replace_what_is_no_file(special: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    cv2.imwrite(str(tmp_path / "p.png"), np.zeros((20, 20, 3), np.uint8))
    assert_one_line(run("detect", "p.png", "--out", special, cwd=tmp_path), 2, special, "not a regular file")


def test_ctrl_c_leaves_valid_files(clip: Path, tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(40):
        os.link(clip, many / f"{number}.mp4") if number == 0 else (many / f"{number}.mp4").write_bytes(
            clip.read_bytes()
        )
    process = subprocess.Popen(
        [*COMMAND, "audit", str(many), "--out", "o"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 120
    while not list(tmp_path.glob("o/parts/[0-9]*.jsonl")) and time.monotonic() < until:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    heard, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "interrupted" in said
    assert "run it again to go on" in said
    assert "Traceback" not in said
    summary = summary_of(tmp_path / "o")
    assert summary["interrupted"] is True
    assert 1 <= len(summary["sources"]) < 40
    assert summary["recordings"] == 40
    assert f"{40 - summary['waiting']} of 40 recordings read; " in heard
    assert f"{summary['waiting']} recordings wait" in said
    events_of(tmp_path / "o")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--zone", "attic"], 2, ["--zone", "attic", "stairwell"]),
        (["--hazards", "fire"], 2, ["--hazards", "fire", "flame"]),
        (["--set", "hazards.flame.speed=1"], 2, ["hazards.flame.speed", "verify_s"]),
        (["-c", "none.toml"], 2, ["none.toml", "no such file"]),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], code: int, words: list[str], clip: Path, tmp_path: Path) -> None:
    assert_one_line(run("audit", clip, "--out", "o", *arguments, cwd=tmp_path), code, *words)


def test_an_output_that_cannot_be_written_is_named(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert_one_line(run("audit", clip, "--out", "file/o", cwd=tmp_path), 1, "--out file/o", "cannot be written")
    picture = tmp_path / "p.png"
    cv2.imwrite(str(picture), np.zeros((20, 20, 3), np.uint8))
    assert_one_line(run("detect", picture, "--out", "file/o.json", cwd=tmp_path), 2, "file/o.json", "cannot be written")


def test_detect_writes_coco_results_for_every_readable_picture(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8)
    cv2.imwrite(str(folder / "a.jpg"), noise)
    cv2.imwrite(str(folder / "grey.png"), noise[..., 0])
    cv2.imwrite(str(folder / "deep.png"), noise.astype(np.uint16) * 256)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 nothing more")
    (folder / "none.png").write_bytes(b"")
    done = run("detect", folder, "--out", "r.json", "--min-score", "0.0001", cwd=tmp_path)
    assert done.returncode == 1
    assert sum("broken.jpg" in line for line in done.stderr.splitlines()) == 1
    assert sum("none.png" in line for line in done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    results = json.loads((tmp_path / "r.json").read_text())
    assert {r["file_name"] for r in results} == {"a.jpg", "grey.png", "deep.png"}
    for result in results:
        assert set(result) == {"file_name", "category", "bbox", "score", "threshold"}
        x, y, w, h = result["bbox"]
        assert -0.01 <= x <= x + w <= 120.01
        assert -0.01 <= y <= y + h <= 90.01


def test_a_real_fire_is_raised(tmp_path: Path) -> None:
    clip = shared_file("clips/flame/kitchen_sink_fire.mp4")
    done = run("audit", clip, "--out", "o", "--hazards", "flame", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    events = events_of(tmp_path / "o")
    assert events, "a burning kitchen raised nothing"
    for event in events:
        check_event(event, tmp_path / "o", 17.1)


def test_all_that_can_be_asked_of_a_report(clip: Path, tmp_path: Path) -> None:
    """Beside the live watch, clips, data frames, English."""
    recording = tmp_path / "archive" / "shed-1" / "2026-03-01_08-00-00.mp4"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(clip.read_bytes())
    (tmp_path / "xinan.toml").write_text(
        '[site]\ntime_zone = "UTC"\n[store]\npath = "data"\n[[cameras]]\nname = "shed-1"\nurl = "x"\n', "utf-8"
    )
    store = Store.open(tmp_path / "data")
    put(store, alert("01A", hazard="clutter", started_at=at(3), fired_at=at(7), seen_at=at(9)))
    store.close()
    options = ["--zone", "corridor", "--hazards", "clutter", "--set", "hazards.clutter.dwell_s=4"]
    more = ["--join", "--clips", "--parquet", "--lang", "en"]
    done = run("audit", "archive", "--out", "o", *options, *more, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "o" / "live.json").read_text("utf-8"))["hazards"]["clutter"]
    assert (told["both"], told["both_live"], told["missed_live"], told["missed_audit"]) == (1, 1, 0, 0)
    [cut] = (tmp_path / "o" / "clips").iterdir()
    assert cut.stat().st_size > 1000
    assert (tmp_path / "o" / "events.parquet").read_bytes()[:4] == b"PAR1"
    assert "<html lang=en " in (tmp_path / "o" / "report.html").read_text("utf-8")
    [event] = events_of(tmp_path / "o")
    assert (event["camera"], event["segment"]) == ("shed-1", recording.name)
    page = (tmp_path / "o" / "report.html").read_text("utf-8")
    assert f"../archive/shed-1/{recording.name}#t=" in page


def test_a_report_beside_a_watch_that_never_was(clip: Path, tmp_path: Path) -> None:
    done = run("audit", clip, "--out", "o", "--join", cwd=tmp_path)
    assert_one_line(done, 1, "no such database")
