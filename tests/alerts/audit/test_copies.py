"""What two recordings of one camera both show is one event of it, whatever there is twice on the disk."""

import csv
import json
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.audit.event import read_events
from alerts.audit.extras import Extras
from alerts.audit.found import Event
from alerts.audit.live_store import LivePlace
from alerts.audit.parts import Parts
from alerts.audit.sighting import Sighting
from alerts.db.store import Store
from tests.alerts.audit.month import BEGIN, event_of, job_of, narrow, write_part
from tests.alerts.audit.test_report import read, site_of, statistics, written


def told(folder: Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((folder / "out" / "summary.json").read_text("utf-8"))
    return summary


@pytest.mark.parametrize("first", ["original", "copy"])
def test_the_events_of_a_copy_are_listed_and_not_counted(first: str, tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    day, again = job_of("hall", BEGIN, hours=4), job_of("hall", BEGIN + timedelta(hours=1), Path("b"), hours=1)
    starts_s = (60.0, 4000.0, 5000.0, 9000.0)
    write_part(parts, day, [event_of(day, "clutter", at_s, evidence=narrow(0.6)) for at_s in starts_s])
    # The other file begins a frame later, and is coded otherwise.
    shaken: dict[str, Any] = {"box": [0.11, 0.2, 0.31, 0.4], "evidence": narrow(0.6)}
    twins = [event_of(again, "clutter", at_s - 3600 + 0.04, **shaken) for at_s in (4000.0, 5000.0)]
    alone = event_of(again, "flame", 2000.0)
    passing = event_of(again, "ebike", 10.0, notice="passing")
    write_part(parts, again, [*twins, alone], [passing])
    jobs = [day, again] if first == "original" else [again, day]
    Store.open(tmp_path / "store").close()
    written(parts, jobs, site, Extras(join=LivePlace(tmp_path / "store")))
    out = tmp_path / "out"
    events = list(read_events(out))
    assert Counter(event.copy for event in events) == {False: 5, True: 2}
    copied = again if first == "original" else day
    assert {event.path for event in events if event.copy} == {copied.path}
    assert told(tmp_path)["counts"] | {"clutter": 4, "flame": 1} == told(tmp_path)["counts"]
    assert told(tmp_path)["copies"]["clutter"] == 2
    [camera] = statistics(out)["cameras"]
    clutter = camera["hazards"]["clutter"]
    assert (camera["seen_h"], clutter["events"], clutter["measured"]) == (4, 4, 4)
    assert clutter["per_camera_h"] == 1
    assert clutter["minutes"] == pytest.approx(8, abs=0.01)
    assert camera["hazards"]["flame"]["events"] == 1, "what one of them alone shows counts"
    assert camera["hazards"]["ebike"]["notices"] == 1
    rows = list(csv.DictReader((out / "events.csv").read_text("utf-8-sig").splitlines()))
    assert Counter(row["copy"] for row in rows) == {"no": 5, "yes": 2}
    report = " ".join(read(out / "report.html", "zh").words)
    assert "2 more events are told by another recording of the same camera" in report
    assert "2 are copies, not counted" in report
    assert (out / "report.html").read_text("utf-8").count("<fieldset") == 5, "none is drawn to be judged"
    page = " ".join(read(out / "pages" / f"{copied.key}.html", "zh").words)
    assert page.count("a copy, not counted") == 2
    assert json.loads((out / "live.json").read_text("utf-8"))["hazards"]["clutter"]["not_watched"] == 4


def other_hazard(twin: Event) -> Event:
    return twin | {"hazard": "ebike"}


def other_place(twin: Event) -> Event:
    return twin | {"box": [0.6, 0.2, 0.9, 0.4]}


def near_by(twin: Event) -> Event:
    """A second thing that stands beside the first and hides a part of it."""
    return twin | {"box": [0.25, 0.2, 0.45, 0.4]}


def other_time(twin: Event) -> Event:
    return twin | {"start_s": 300.0, "raised_s": 310.0, "end_s": 330.0}


@pytest.mark.parametrize("changed", [other_hazard, other_place, near_by, other_time])
def test_what_is_another_thing_is_no_copy(changed: Any, tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    jobs = [job_of("hall", BEGIN, folder, hours=1) for folder in (Path("a"), Path("b"))]
    write_part(parts, jobs[0], [event_of(jobs[0], "clutter", 60.0)])
    write_part(parts, jobs[1], [changed(event_of(jobs[1], "clutter", 60.0))])
    written(parts, jobs, site)
    assert sum(told(tmp_path)["counts"].values()) == 2


def test_two_cameras_whose_files_lie_in_one_folder_are_no_copies_and_their_hours_are_hours(tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    both = job_of("hall", BEGIN, hours=4)
    second = both.beside([1, 3])
    write_part(parts, both, [event_of(both, "clutter", 7300.0)], duration_s=4 * 3600.0, aside=(1, 3))
    write_part(parts, second, [event_of(second, "clutter", 7300.0 - 3600.0)], duration_s=3 * 3600.0)
    jobs = [both, second, job_of("hall", BEGIN + timedelta(hours=1), Path("b"), hours=3)]
    again = jobs[2]
    write_part(parts, again, [event_of(again, "clutter", 7300.0 - 3600.0)], duration_s=3 * 3600.0)
    written(parts, jobs, site)
    out = tmp_path / "out"
    assert [event.copy for event in read_events(out)] == [False, False, True], "a copy of the first it is all the same"
    [camera] = statistics(out)["cameras"]
    assert (camera["seen_h"], camera["any_seen_h"]) == (7, 4)
    assert camera["hazards"]["clutter"]["events"] == 2
    assert camera["hazards"]["clutter"]["minutes"] == pytest.approx(2, abs=0.01)


def test_clips_are_cut_from_no_file_that_was_left_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    both = job_of("hall", BEGIN, hours=3)
    write_part(parts, both, [event_of(both, "clutter", 4000.0)], aside=(1,))
    asked: list[Sighting] = []

    def cut(sightings: Iterable[Sighting], *more: object) -> dict[str, str]:
        asked.extend(sightings)
        return {}

    monkeypatch.setattr("alerts.audit.results.cut_clips", cut)
    written(parts, [both], site, Extras(clips_gb=1.0))
    assert len(asked) == 2, "as one of the worst, and as one of all"
    first, _, last = both.segments
    for one in asked:
        assert one.job.segment_at(4000.0) == first
        assert one.job.next_begins_s(first) == 3600.0, "the file beside ends it, as when it was looked at"
        assert one.job.segment_at(8000.0) == last


def test_a_part_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    job = job_of("hall", BEGIN, hours=1)
    write_part(parts, job, [event_of(job, "clutter", 60.0)])
    [part] = (tmp_path / "out" / "parts").iterdir()
    text = part.read_text("utf-8")
    assert '"looked_s": null, ' in text
    part.write_text(text.replace('"looked_s": null, ', ""), "utf-8")
    written(parts, [job], site)
    assert told(tmp_path)["counts"]["clutter"] == 1
    report = (tmp_path / "out" / "report.html").read_text("utf-8")
    large = f"snapshots/{job.key}/clutter-000060000"
    assert f"src='{large}.small.jpg' " in report and f"data-large='{large}.jpg' onerror=" in report


@pytest.mark.parametrize("cameras", [("hall", "Lift-1"), ("", "")])
def test_of_two_cameras_none_is_the_others_copy(cameras: tuple[str, str], tmp_path: Path) -> None:
    """Nor of recordings of which nobody knows the camera."""
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    jobs = [job_of(camera, BEGIN, Path(f"f{number}"), hours=1) for number, camera in enumerate(cameras)]
    for job in jobs:
        write_part(parts, job, [event_of(job, "clutter", 60.0)])
    written(parts, jobs, site)
    assert told(tmp_path)["counts"]["clutter"] == 2


def test_what_stays_over_midnight_is_two_events_though_a_file_lasts_longer(tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    days = [job_of("hall", BEGIN), job_of("hall", BEGIN + timedelta(days=1))]
    write_part(parts, days[0], [event_of(days[0], "clutter", 80_000.0, 6_405.0)], duration_s=86_405.0)
    write_part(parts, days[1], [event_of(days[1], "clutter", 0.0, 7_000.0)])
    written(parts, days, site)
    [camera] = statistics(tmp_path / "out")["cameras"]
    assert camera["hazards"]["clutter"]["events"] == 2
    assert camera["hazards"]["clutter"]["minutes"] == pytest.approx((6_400 + 7_000) / 60, abs=0.01)
