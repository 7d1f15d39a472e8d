"""Recordings in which a rule could find nothing, as they are shorter than it waits; and those that wait themselves."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alerts.audit.extras import Reporting
from alerts.audit.found import State
from alerts.audit.parts import Parts
from alerts.audit.results import write_results
from alerts.audit.short import AT_ONCE, WAITS
from alerts.audit.words import WORDS
from alerts.config import load_settings
from tests.alerts.audit.month import BEGIN, event_of, job_of, write_part
from tests.alerts.audit.test_report import read, site_of, written
from vision.hazards import RULES

LIFT = """
[[cameras]]
name = "car"
url = "rtsp://camera.invalid/1"
[[cameras.zones]]
name = "lift"
type = "lift"
"""


def summary(out: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((out / "summary.json").read_text("utf-8"))
    return told


def short_of(out: Path) -> dict[str, tuple[int, list[str]]]:
    return {one["hazard"]: (one["recordings"], one["cameras"]) for one in summary(out)["too_short"]}


def test_what_is_too_short_for_a_rule_is_said_everywhere(tmp_path: Path, printed: list[str]) -> None:
    parts, site, out = Parts(tmp_path / "out"), site_of(tmp_path), tmp_path / "out"
    jobs = [job_of("hall", BEGIN, hours=1), job_of("yard", BEGIN, hours=1)]
    for job in jobs:
        write_part(parts, job, [], duration_s=44.0)
    written(parts, jobs, site)
    assert short_of(out) == {"clutter": (2, ["hall", "yard"]), "ebike": (2, ["hall", "yard"])}
    [clutter, _] = summary(out)["too_short"]
    assert (clutter["setting"], clutter["least_s"]) == ("hazards.clutter.dwell_s", 600.0)
    zh = "2 段录像中有 2 段短于 10 分钟：其中看不出楼道堆物（hazards.clutter.dwell_s）。摄像机：hall, yard。"
    en = "2 of 2 recordings are shorter than 10 min: clutter cannot be found in them (hazards.clutter.dwell_s)."
    assert zh in read(out / "report.html", "en").words
    assert f"{en} Cameras: hall, yard." in read(out / "report.html", "zh").words
    assert zh in printed


def test_the_rules_own_time_counts_and_one_long_recording_of_a_camera_is_enough(tmp_path: Path) -> None:
    parts, site, out = Parts(tmp_path / "out"), site_of(tmp_path, ""), tmp_path / "out"
    long, brief = job_of("hall", BEGIN, hours=2), job_of("hall", BEGIN.replace(day=5), hours=1)
    alone = [replace(job_of("", BEGIN, hours=1), key=f"alone-{number}", started_at=None) for number in range(2)]
    write_part(parts, long, [])
    write_part(parts, brief, [], duration_s=30.0)
    write_part(parts, alone[0], [], duration_s=30.0)
    write_part(parts, alone[1], [], duration_s=599.0)
    written(parts, [long, brief, *alone], site)
    assert short_of(out) == {"clutter": (2, []), "ebike": (1, [])}, "what tells no camera stands for itself"
    hazards = load_settings(None, ["hazards.clutter.dwell_s=20", "hazards.ebike.parked_s=700"]).hazards
    write_results([long, brief, *alone], parts, Reporting(site, hazards), interrupted=False)
    assert short_of(out) == {"ebike": (2, [])}


def test_in_a_lift_nothing_has_to_be_parked_and_what_was_found_could_be_found(tmp_path: Path) -> None:
    parts, site, out = Parts(tmp_path / "out"), site_of(tmp_path, LIFT), tmp_path / "out"
    car, hall = job_of("car", BEGIN, hours=1), job_of("hall", BEGIN, hours=1)
    write_part(parts, car, [], duration_s=30.0)
    write_part(parts, hall, [event_of(hall, "ebike", 5.0, 20.0)], duration_s=30.0)
    written(parts, [car, hall], site)
    assert short_of(out) == {"clutter": (2, ["car", "hall"])}


def test_every_rule_that_waits_is_known() -> None:
    """A rule that is added says here whether it waits."""
    assert {*WAITS, "flame"} == set(RULES)
    assert all(setting in RULES[kind].params_type.model_fields for kind, setting in WAITS.items())
    assert set(AT_ONCE) <= set(WAITS)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_report_of_a_run_that_was_stopped_says_how_many_recordings_wait(
    language: str,
    tmp_path: Path,
    printed: list[str],
) -> None:
    out = tmp_path / "out"
    parts, site = Parts(out), replace(site_of(tmp_path), language="en" if language == "en" else "zh")
    done, begun, new = (job_of(name, BEGIN) for name in ("done", "begun", "new"))
    write_part(parts, done, [])
    write_part(parts, begun, [])
    head = parts.head(begun.key)
    assert head is not None
    parts.write(begun.key, head | {"state": State.UNDER_WORK}, parts.found(begun.key), last=False)
    written(parts, [done, begun, new], site, interrupted=True)
    assert (summary(out)["recordings"], summary(out)["waiting"]) == (3, 2)
    said = WORDS["interrupted"][language == "en"].format(n=2, all=3)
    assert said in read(out / "report.html", "zh" if language == "en" else "en").words
    assert said in printed
