"""The bundled clip: its script, its truth file, its size."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.synth.acts import direct
from models.synth.script import SCENARIOS, load
from models.synth.verdict import judge

BUNDLED = Path(__file__).parents[3] / "models" / "demo"
HAZARDS = {"flame", "ebike", "flying_lead", "clutter"}


def test_all_four_hazards_happen_within_a_minute() -> None:
    script = load(SCENARIOS / "demo.toml")
    found = judge(script.built(), direct(script), script.length_s)
    assert {v.hazard for v in found} - {""} == HAZARDS
    assert script.length_s <= 60
    assert (script.camera.width, script.camera.height, script.camera.fps) == (848, 480, 10)


def test_the_fire_comes_last_and_all_is_clear_in_the_end() -> None:
    script = load(SCENARIOS / "demo.toml")
    found = [v for v in judge(script.built(), direct(script), script.length_s) if v.hazard]
    assert found[-1].hazard == "flame"
    assert max(v.end_s for v in found) < script.length_s - 2


def test_the_bundled_clip_is_the_script_as_it_stands() -> None:
    truth = json.loads((BUNDLED / "demo.truth.json").read_text("utf-8"))
    assert truth["script"] == load(SCENARIOS / "demo.toml").digest
    assert truth["unseen"] == []


def test_bundled_truth_uses_the_vocabulary() -> None:
    truth = json.loads((BUNDLED / "demo.truth.json").read_text("utf-8"))
    assert {event["hazard"] for event in truth["events"]} == HAZARDS
    for event in truth["events"]:
        x1, y1, x2, y2 = event["box"]
        assert 0 <= x1 < x2 <= 1
        assert 0 <= y1 < y2 <= 1
        assert 0 <= event["start_s"] < event["end_s"] <= truth["duration_s"]


def test_bundled_clip_is_small_and_plays() -> None:
    av = pytest.importorskip("av")
    path = BUNDLED / "demo.mp4"
    assert path.stat().st_size <= 2_500_000
    truth = json.loads((BUNDLED / "demo.truth.json").read_text("utf-8"))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.codec_context.name) == (848, 480, "h264")
        assert stream.frames == round(truth["duration_s"] * truth["fps"])
