"""The bundled clip: its story, its truth file, its size."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.synth import __main__ as cli
from models.synth import demo, story

BUNDLED = Path(demo.__file__).parents[1] / "demo"


def test_the_machine_arrives_where_it_is_parked() -> None:
    x, y, heading, steer, _ = story.machine_pose(story.STORY.parked_s)
    assert (x, y, heading, steer) == pytest.approx(story.PARKED)
    ys = [story.machine_pose(t)[1] for t in np.arange(0, 8, 0.1)]
    assert (np.diff(ys) <= 1e-9).all()


def test_the_owner_comes_and_goes() -> None:
    assert story.owner_at(story.STORY.enter_s - 0.1) is None
    assert story.owner_at(story.STORY.gone_s) is None
    assert story.owner_at(story.STORY.leave_s + 0.5) is not None


def test_fire_grows_and_ends() -> None:
    times = np.arange(story.STORY.flame_s, story.STORY.grown_s + 1, 0.5)
    powers = [story.fire_power(float(t)) for t in times]
    assert (np.diff(powers) >= 0).all()
    assert powers[-1] == pytest.approx(1.0)
    assert story.fire_power(story.STORY.flame_s - 0.1) == story.fire_power(story.STORY.clear_s) == 0.0


def test_crop_is_even_and_inside() -> None:
    crop = demo._crop_of([story.machine_at(story.STORY.parked_s)])
    assert crop is not None
    assert all(v % 2 == 0 for v in crop)
    assert 0 <= crop[0] < crop[2] <= story.WIDTH
    assert 0 <= crop[1] < crop[3] <= story.HEIGHT


def test_boxes_are_where_the_parked_machine_is_seen() -> None:
    x1, y1, x2, y2 = story.lens_box(story.machine_at(story.STORY.parked_s).points())
    assert 0.3 < x1 < x2 < 0.8
    assert y2 - y1 > 0.15


def test_bundled_truth_uses_the_vocabulary() -> None:
    truth = json.loads((BUNDLED / "corridor.truth.json").read_text("utf-8"))
    assert {event["hazard"] for event in truth["events"]} == {"flame", "ebike", "flying_lead", "clutter"}
    for event in truth["events"]:
        x1, y1, x2, y2 = event["box"]
        assert 0 <= x1 < x2 <= 1
        assert 0 <= y1 < y2 <= 1
        assert 0 <= event["start_s"] < event["end_s"] <= truth["duration_s"]


def test_bundled_clip_is_small_and_plays() -> None:
    av = pytest.importorskip("av")
    path = BUNDLED / "corridor.mp4"
    assert path.stat().st_size <= 2_500_000
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.codec_context.name) == (story.WIDTH, story.HEIGHT, "h264")
        assert stream.frames == round(story.STORY.end_s * story.FPS)


def test_missing_extra_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "bpy" else object())
    assert cli.main(["stills", "--out", "nowhere"]) == 2
    assert capsys.readouterr().err == "missing: bpy; install the extra `synth` (Python 3.11 only)\n"
