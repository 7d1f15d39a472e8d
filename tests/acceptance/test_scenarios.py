"""Rendered scenarios through `xinan audit`: every event of their truth is raised in time, and nothing else is.

The clips are those of `xinan models synth scenarios`; the truth beside each says by which script it was made.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.events.footage import SHORT_DWELL_S, dwell_overrides, overlap
from models.synth.script import bundled, load
from tests.acceptance.cli import run

SCENARIOS = Path(__file__).parents[1] / "scenarios"
GRACE_S = 4.0
"""So much later than its dwell time an event may be raised."""
NAMES = sorted(path.stem for path in SCENARIOS.glob("*.mp4"))


def truth_of(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((SCENARIOS / f"{name}.truth.json").read_text("utf-8"))
    return told


@pytest.mark.parametrize("name", NAMES)
def test_the_clips_follow_their_scripts(name: str) -> None:
    assert truth_of(name)["script"] == load(bundled()[name]).digest


@pytest.mark.parametrize("name", NAMES)
def test_what_happens_is_raised_once_and_in_time(name: str, tmp_path: Path) -> None:
    truth = truth_of(name)
    settings = [word for setting in dwell_overrides(SHORT_DWELL_S) for word in ("--set", setting)]
    words = ("--zone", truth["place"]["kind"], *settings, "--out", "o")
    done = run("audit", SCENARIOS / f"{name}.mp4", *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    raised = [json.loads(line) for line in (tmp_path / "o" / "events.jsonl").read_text("utf-8").splitlines()]
    assert sorted(event["hazard"] for event in raised) == sorted(event["hazard"] for event in truth["events"])
    for event in truth["events"]:
        (found,) = [other for other in raised if other["hazard"] == event["hazard"]]
        dwell_s = 1.0 if event["zone_type"] == "lift" else SHORT_DWELL_S[event["hazard"]]
        assert event["start_s"] <= found["raised_s"] <= event["start_s"] + dwell_s + GRACE_S
        if event["zone_type"] != "lift":  # in a lift the machine is raised while it comes in
            assert overlap(found["box"], event["box"]) > 0.3
