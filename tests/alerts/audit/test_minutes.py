"""How long there was something: of the time seen alone, and each moment once."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.audit.hours import Stretch, within
from alerts.audit.parts import Parts
from tests.alerts.audit.month import BEGIN, event_of, job_of, narrow, write_part
from tests.alerts.audit.test_report import site_of, statistics, written
from vision.camera_health.spans import Span
from vision.camera_health.trouble import Cause

HOUR_S = 3600.0


def at(hours: float) -> Any:
    return BEGIN + timedelta(hours=hours)


def clutter_of(out: Path, *, of: str = "places") -> dict[str, Any]:
    told = statistics(out)
    row: dict[str, Any] = told["whole"] if of == "whole" else told[of][0]
    clutter: dict[str, Any] = row["hazards"]["clutter"]
    return clutter | {"seen_h": row["seen_h"], "any_seen_h": row["any_seen_h"]}


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ([(0.0, 9.0)], [(2.0, 4.0), (6.0, 8.0)]),
        ([(3.0, 7.0)], [(3.0, 4.0), (6.0, 7.0)]),
        ([(4.0, 6.0)], []),
        ([], []),
    ],
)
def test_what_lies_within(given: list[Stretch], left: list[Stretch]) -> None:
    assert within([(2.0, 4.0), (6.0, 8.0)], given) == left


def test_minutes_that_nobody_saw_are_none(tmp_path: Path) -> None:
    """A pile that stays through a gap of six hours, and while the camera is covered for one."""
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    job = job_of("hall", BEGIN, hours=10)
    pile = event_of(job, "clutter", HOUR_S, 8 * HOUR_S, evidence=narrow(0.6))
    covered = Span(Cause.COVERED, at(8), at(9.5))
    write_part(parts, job, [pile], gaps=[(1.5 * HOUR_S, 7.5 * HOUR_S)], camera=[covered])
    written(parts, [job], site)
    found = clutter_of(tmp_path / "out")
    assert found["seen_h"] == found["any_seen_h"] == pytest.approx(10 - 6 - 1.5)
    assert found["minutes"] == found["narrow_minutes"] == pytest.approx(60), "half an hour before it, half after it"
    assert "40 %" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_of_a_recording_without_a_time_likewise(tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path, "")
    job = job_of("", BEGIN, hours=1)
    job = type(job)(job.path, job.name, job.key)
    pile = event_of(job, "clutter", 600.0, 3000.0, evidence=narrow(0.6))
    write_part(parts, job, [pile], complete=False, looked_s=1800.0)
    written(parts, [job], site)
    found = clutter_of(tmp_path / "out")
    assert (found["minutes"], found["narrow_minutes"], found["any_seen_h"]) == (20, 20, 0.5)


def test_recordings_that_overlap_tell_of_a_moment_once(tmp_path: Path) -> None:
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    first, second = job_of("hall", BEGIN, hours=2), job_of("hall", at(1), Path("second"), hours=2)
    write_part(parts, first, [event_of(first, "clutter", HOUR_S, HOUR_S, evidence=narrow(0.6))])
    write_part(parts, second, [event_of(second, "clutter", 0.0, 1.5 * HOUR_S, evidence=narrow(0.6))])
    written(parts, [first, second], site)
    found = clutter_of(tmp_path / "out", of="cameras")
    assert (found["minutes"], found["narrow_minutes"], found["seen_h"]) == (90, 90, 3)


def test_two_cameras_of_a_place_tell_of_a_moment_once(tmp_path: Path) -> None:
    """Its share of the time seen is never more than all of it."""
    parts, site = Parts(tmp_path / "out"), site_of(tmp_path)
    jobs = [job_of("Lift-1", BEGIN, hours=2), job_of("hall", at(1), hours=2)]
    for job in jobs:
        write_part(parts, job, [event_of(job, "clutter", 0.0, 2 * HOUR_S, evidence=narrow(0.6))])
    written(parts, jobs, site)
    found = clutter_of(tmp_path / "out")
    assert (found["seen_h"], found["any_seen_h"]) == (4, 3)
    assert (found["minutes"], found["narrow_minutes"]) == (180, 180)
    assert clutter_of(tmp_path / "out", of="whole")["minutes"] == 180
    assert [row["hazards"]["clutter"]["minutes"] for row in statistics(tmp_path / "out")["cameras"]] == [120, 120]
    assert "<td class=n>100 %" in (tmp_path / "out" / "report.html").read_text("utf-8")
