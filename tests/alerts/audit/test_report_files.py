"""What else a report writes: a PDF, a table for data frames, clips."""

import csv
import errno
import os
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from av.container import InputContainer
from av.video.stream import VideoStream

from alerts.audit import audit
from alerts.audit.clips import MOST_S
from alerts.audit.extras import Extras
from alerts.audit.live_store import LivePlace
from alerts.audit.parts import Parts
from alerts.audit.sample import event_id
from alerts.audit.small import small_name
from alerts.audit.standing import marked
from alerts.audit.table import COLUMNS
from alerts.audit.words import WORDS
from alerts.config import load_settings
from alerts.db.store import Store
from alerts.errors import AlertsError
from alerts.ids import first_id
from streams.chain import Fault
from streams.excerpt import Keys, _from_known
from streams.video_file import opened
from tests.alerts.audit.month import BEGIN, event_of, job_of, month, narrow, write_part
from tests.alerts.audit.test_report import TOML, site_of, written
from tests.clips import corridor, write_clip
from tests.streams.test_chain import write
from vision.view import View

PARQUET = Extras(parquet=True)


def pages_of(pdf: bytes) -> int:
    return max(int(number) for number in re.findall(rb"/Count (\d+)", pdf))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pdf_is_bounded_and_the_same_for_the_same_report(language: str, tmp_path: Path) -> None:
    toml = TOML + f"\n[archive]\nlanguage = '{language}'\n"
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path, toml)
    jobs = list(month(parts, 60, 2, 1500))
    hall = job_of("hall", BEGIN)
    things = [event_of(hall, "clutter", 60.0 * number, evidence=narrow(0.5)) for number in range(9)]
    write_part(parts, hall, things)
    result = written(parts, [hall, *jobs], site)
    picture = tmp_path / "out" / small_name(result.events[0]["snapshot"])
    picture.parent.mkdir()
    cv2.imwrite(str(picture), np.full((90, 160, 3), 90, np.uint8))
    written(parts, [hall, *jobs], site)
    pdf = (tmp_path / "out" / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert 3 <= pages_of(pdf) <= 14
    assert b"/Subtype /Image" in pdf
    written(parts, [hall, *jobs], site)
    assert (tmp_path / "out" / "report.pdf").read_bytes() == pdf


def test_an_empty_report_has_a_pdf_too(tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    job = job_of("hall", BEGIN)
    write_part(parts, job, [])
    written(parts, [job], site)
    assert pages_of((tmp_path / "out" / "report.pdf").read_bytes()) == 1


def test_the_pdf_tells_pauses_and_files_that_are_damaged(tmp_path: Path, printed: list[str]) -> None:
    toml = TOML + "\n[archive]\nlanguage = 'en'\n"
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path, toml)
    first, later = job_of("hall", BEGIN), job_of("hall", BEGIN + timedelta(days=90))
    damage = [Fault(1, "corrupt: 12 damaged packets", lost=False), Fault(2, "the file is empty", lost=True)]
    write_part(parts, first, [], faults=damage)
    write_part(parts, later, [])
    written(parts, [first, later], site)
    assert WORDS["pause"][1].format(first="2026-03-02", last="2026-05-31") in printed
    assert [words for words in printed if words.startswith("corrupt: 12 damaged packets")]
    assert printed.count("the file is empty") == 2, (
        "in both counts of the pages, among those that could not be read alone"
    )


def test_the_table_tells_how_narrow_the_way_was(tmp_path: Path) -> None:
    parts, site, job = Parts(tmp_path / "out"), site_of(tmp_path), job_of("hall", BEGIN)
    events = [event_of(job, "clutter", 60.0, 30.0, evidence=narrow(0.5)), event_of(job, "ebike", 90.0)]
    write_part(parts, job, events)
    written(parts, [job], site)
    rows = csv.DictReader((tmp_path / "out" / "events.csv").read_text("utf-8-sig").splitlines())
    assert [(row["least_free_width_m"], row["narrow_s"]) for row in rows] == [("0.5", "30.0"), ("", "")]


def test_events_for_data_frames(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    jobs = list(month(parts, 2, 2, 50))
    hall = job_of("hall", BEGIN)
    write_part(parts, hall, [event_of(hall, "clutter", 60.0, evidence=narrow(0.5))])
    events = written(parts, [hall, *jobs], site, PARQUET).events
    file = tmp_path / "out" / "events.parquet"
    table = parquet.read_table(file)
    assert table.num_rows == len(events)
    assert set(table.column_names) >= set(COLUMNS)
    [first, *_] = table.to_pylist()
    assert (first["camera"], first["place"], first["free_width_m"]) == ("hall", "5层走道", 0.5)
    assert (first["least_free_width_m"], first["narrow_s"]) == (0.5, 120.0)
    assert first["at"].isoformat(timespec="milliseconds") == events[0]["at"]
    assert [first[key] for key in ("x1", "y1", "x2", "y2")] == events[0]["box"]
    before = file.read_bytes()
    written(parts, [hall, *jobs], site, PARQUET, interrupted=True, last=False)
    written(parts, [hall, *jobs], site, PARQUET)
    assert file.read_bytes() == before, "the same input, the same bytes"
    written(parts, [hall, *jobs], site)
    assert not file.exists(), "it would tell of other events"


def test_without_pyarrow_the_extra_is_named_before_anything_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.audit.parquet.find_spec", lambda name: None)
    with pytest.raises(AlertsError, match=r"pip install 'xinan\[parquet\]'"):
        audit([tmp_path], load_settings(), tmp_path / "out", view=View(()), extras=PARQUET)


def test_clips_of_all_events_come_after_those_that_the_report_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.audit.gathered.WORST", 1)
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    job = job_of("hall", BEGIN, tmp_path / "archive", hours=1)
    job.path.parent.mkdir(parents=True)
    write_clip(job.path, corridor(30))
    events = [event_of(job, "clutter", at_s, length_s) for at_s, length_s in ((2.0, 3.0), (6.0, 9.0), (20.0, 2.0))]
    write_part(parts, job, events)
    folder, page = tmp_path / "out" / "clips", tmp_path / "out" / "pages" / f"{job.key}.html"
    written(parts, [job], site, Extras(clips=True))
    [worst] = folder.iterdir()
    assert "000006000" in worst.name
    for gigabytes, number in ((5.0, 3), (worst.stat().st_size / (1 << 30), 1)):
        written(parts, [job], site, Extras(clips_gb=gigabytes))
        assert len(list(folder.iterdir())) == number
        assert worst.is_file()
        assert page.read_text("utf-8").count("<a href='../clips/") == number


@pytest.mark.parametrize(
    ("suffix", "codec", "opened_times", "clips"), [("ts", "libx264", 1, 3), ("mkv", "mjpeg", 1, 0)]
)
def test_a_file_is_neither_read_from_its_begin_for_each_event_nor_opened_in_vain(
    suffix: str, codec: str, opened_times: int, clips: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An archive has a hundred thousand events, and files of gigabytes."""
    monkeypatch.setattr("alerts.audit.gathered.WORST", 1)
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    job = replace(job_of("hall", BEGIN, hours=1), path=write(tmp_path / f"1.{suffix}", 20, codec=codec, gop=12))
    events = [event_of(job, "clutter", at_s, length_s) for at_s, length_s in ((9.0, 3.0), (10.0, 1.0), (17.0, 1.0))]
    write_part(parts, job, events)
    asked: list[Path] = []
    begun: list[float] = []

    def counted(path: Path) -> InputContainer:
        asked.append(path)
        return opened(path)

    def noted(container: InputContainer, stream: VideoStream, keys: Keys, since_s: float) -> Any:
        key_s, packets = _from_known(container, stream, keys, since_s)
        begun.append(key_s)
        return key_s, packets

    monkeypatch.setattr("alerts.audit.clips.opened", counted)
    monkeypatch.setattr("streams.excerpt._from_known", noted)
    written(parts, [job], site, Extras(clips_gb=1.0))
    assert (len(asked), len(list((tmp_path / "out" / "clips").glob("*")))) == (opened_times, clips)
    assert begun == (pytest.approx([0.0, 4.8, 12.0]) if clips else [])


def film(path: Path) -> tuple[float, int, bool]:
    """Seconds, pictures, and whether the first is a key picture."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    return float(frames[-1].time or 0.0), len(frames), frames[0].key_frame


def test_clips_are_cut_of_what_the_report_shows(tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    job = job_of("hall", BEGIN, tmp_path / "archive", hours=2)
    job.segments[0].path.parent.mkdir(parents=True)
    write_clip(job.segments[0].path, corridor(60))
    first, long, elsewhere = (
        event_of(job, "clutter", at_s, length_s) for at_s, length_s in ((20.0, 4.0), (10.0, 3000.0), (3700.0, 9.0))
    )
    write_part(parts, job, [first, long, elsewhere])
    written(parts, [job], site, Extras(clips=True))
    clips = {path.name: path for path in (tmp_path / "out" / "clips").iterdir()}
    assert len(clips) == 2, "of a file that is not there there is none"
    seconds, pictures, key = film(next(path for name, path in clips.items() if "000020000" in name))
    assert key
    assert 11 <= seconds <= 24, "from a key picture before it to some seconds after it"
    assert pictures > 50
    seconds, _, _ = film(next(path for name, path in clips.items() if "000010000" in name))
    assert seconds <= MOST_S + 20
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert all(f"clips/{name}" in page for name in clips)
    assert "2 have a clip, here and on the page" in page
    assert "--clips-gb" in page
    day = (tmp_path / "out" / "pages" / f"{job.key}.html").read_text("utf-8")
    for event in (first, long, elsewhere):
        [card] = re.findall(rf"<article class=event id='{event_id(event)}'>.*?</article>", day)
        clip = f"../clips/{event_id(event).replace('/', '-')}.mp4"
        assert card.count(f"<a href='{clip}'>") == (event is not elsewhere)
    before = {name: path.read_bytes() for name, path in clips.items()}
    for path in clips.values():
        path.unlink()
    written(parts, [job], site, Extras(clips=True))
    assert {path.name: path.read_bytes() for path in (tmp_path / "out" / "clips").iterdir()} == before
    write_part(parts, job, [first])
    written(parts, [job], site, Extras(clips=True))
    assert len(list((tmp_path / "out" / "clips").iterdir())) == 1
    [left] = (tmp_path / "out" / "clips").iterdir()
    written(parts, [job], site)
    assert left.is_file(), "from a ring it may be that nobody can cut it again"
    assert f"clips/{left.name}" in (tmp_path / "out" / "report.html").read_text("utf-8")
    assert f"../clips/{left.name}" in (tmp_path / "out" / "pages" / f"{job.key}.html").read_text("utf-8")
    parts.drop(job.key)
    written(parts, [], site)
    assert not left.exists(), "it goes with its event"
    assert "run it again with --clips" not in (tmp_path / "out" / "report.html").read_text("utf-8")


@pytest.mark.parametrize("wanted", [True, False])
def test_clips_of_recordings_that_are_gone_stay_as_their_events_do(wanted: bool, tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    jobs = [job_of(camera, BEGIN, tmp_path / "rec", hours=1) for camera in ("hall", "yard", "gate")]
    for job in jobs:
        job.path.parent.mkdir(parents=True)
        write_clip(job.path, corridor(10))
        write_part(parts, job, [event_of(job, "clutter", 2.0, 4.0)])
    written(parts, jobs, site, Extras(clips=True))
    clips = {path.name: path.read_bytes() for path in (tmp_path / "out" / "clips").iterdir()}
    assert len(clips) == 3
    hall, yard, gate = jobs
    hall.path.unlink()  # gone, and not among those of the run
    yard.path.unlink()  # cannot be read
    head = parts.head(yard.key)
    assert head is not None
    parts.renew(yard.key, marked(head, [(0, "no such file")]))
    written(parts, [yard, gate], site, Extras(clips=wanted))
    assert {path.name: path.read_bytes() for path in (tmp_path / "out" / "clips").iterdir()} == clips
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert [f"clips/{name}" in page for name in sorted(clips)] == [
        not name.startswith(hall.key) for name in sorted(clips)
    ]
    parts.drop(hall.key)
    masks = TOML.replace('url = "rtsp://camera.invalid/2"', 'url = "x"').replace('"hall"', '"yard"')
    masked = site_of(tmp_path, masks.replace('url = "x"', 'url = "x"\nmasks = [[[0, 0], [1, 0], [1, 1]]]'))
    written(parts, [yard, gate], masked, Extras(clips=wanted))
    [left] = (tmp_path / "out" / "clips").iterdir()
    assert left.name.startswith(gate.key), "what a mask hides, and what somebody told to go, goes"


@pytest.mark.parametrize("full", [av.error.OSError(errno.ENOSPC, "x"), OSError(errno.EDQUOT, "x")])
def test_a_disk_that_is_full_is_not_taken_for_a_recording_that_cannot_be_cut(
    full: OSError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    job = job_of("hall", BEGIN, tmp_path / "rec", hours=1)
    write_part(parts, job, [event_of(job, "clutter", 2.0, 4.0)])

    def refused(*_: Any) -> None:
        raise full

    monkeypatch.setattr("alerts.audit.clips._cut", refused)
    monkeypatch.setattr("alerts.audit.clips._Cutter._opened", lambda *_: None)
    with pytest.raises(AlertsError, match=f"cannot be written: {os.strerror(full.errno or 0).lower()}"):
        written(parts, [job], site, Extras(clips=True))


@pytest.mark.parametrize("wanted", [True, False])
def test_only_what_an_audit_has_made_is_deleted(wanted: bool, tmp_path: Path) -> None:
    """Folders of these names are also the live watch's, and those of recorders."""
    out = tmp_path / "out"
    parts, site, job = Parts(out), site_of(tmp_path), job_of("hall", BEGIN)
    write_part(parts, job, [event_of(job, "clutter", 60.0)])
    stale = ["clips/a-0123456789-ebike-000001-0123abcd.mp4", f"live/{first_id(BEGIN)}.jpg", f"pages/{job.key}.2.html"]
    foreign = [
        "clips/2026/03/01/01A-160000000-1.mp4", "clips/hall-1772380800.5-abcdef.mp4", "clips/.keep",
        "live/hall.jpg", "live/hall/01A.jpg", "pages/index.html",
    ]  # fmt: skip
    for name in (*stale, *foreign):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).touch()
    Store.open(tmp_path / "store").close()
    join = LivePlace(tmp_path / "store") if wanted else None
    written(parts, [job], site, Extras(clips=wanted, join=join))
    assert [name for name in (*stale, *foreign) if (out / name).exists()] == foreign


def test_a_report_is_not_written_into_a_store(tmp_path: Path) -> None:
    Store.open(tmp_path / "store").close()
    with pytest.raises(AlertsError, match="the store of a live watch lies there"):
        audit([tmp_path], load_settings(), tmp_path / "store", view=View(()))
    assert not (tmp_path / "store" / "parts").exists()


def test_of_a_camera_with_masks_there_is_no_clip_whatever_the_view(tmp_path: Path) -> None:
    """--zone has no masks, and --camera those of another; of two that may be one, neither is shown."""
    toml = TOML.replace('url = "rtsp://camera.invalid/1"', 'url = "x"\nmasks = [[[0, 0], [1, 0], [1, 1]]]')
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path, toml)
    jobs = [job_of(camera, BEGIN, tmp_path / "rec", hours=1) for camera in ("hall", "a/lift-1", "b/lift-1")]
    for job in jobs:
        job.path.parent.mkdir(parents=True)
        write_clip(job.path, corridor(10))
        write_part(parts, job, [event_of(job, "clutter", 2.0, 4.0)])
    for some in (jobs[:2], jobs):
        written(parts, some, site, Extras(clips=True))
        [clip] = (tmp_path / "out" / "clips").iterdir()
        assert clip.name.startswith(jobs[0].key)


def test_what_a_mask_hides_no_clip_shows(tmp_path: Path) -> None:
    view = View((), masks=(((0.0, 0.0), (0.5, 0.0), (0.5, 0.5)),))
    with pytest.raises(AlertsError, match="the camera has masks"):
        audit([tmp_path], load_settings(), tmp_path / "out", view=view, extras=Extras(clips=True))
