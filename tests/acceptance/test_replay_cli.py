"""`xinan replay` as an installer runs it: the film, the steps, bad input, Ctrl-C."""

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import av
import pytest

from tests.acceptance.cli import COMMAND, assert_one_line, run
from tests.clips import corridor, write_clip

QUICK = ["--hazards", "clutter", "--set", "hazards.clutter.dwell_s=4"]
SITE = """
[[cameras]]
name = "east"
url = "rtsp://nowhere/1"
zones = [{name = "楼道", type = "corridor"}]
[[cameras]]
name = "west"
url = "rtsp://nowhere/2"
zones = [{name = "car", type = "lift"}]
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A thing is put down at 3 s."""
    return write_clip(tmp_path_factory.mktemp("clip") / "走廊 1.mp4", corridor(12, thing_from_s=3))


def times_of(film: Path) -> list[float]:
    """Of every picture, seconds; the film is H.264 that browsers play."""
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        return [float(frame.time or 0) for frame in container.decode(stream)]


def steps_of(film: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in film.with_suffix(".jsonl").read_text("utf-8").splitlines()]


def test_it_shows_what_an_audit_raises(clip: Path, tmp_path: Path) -> None:
    done = run("replay", clip, "--out", "film.mp4", *QUICK, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    times = times_of(tmp_path / "film.mp4")
    assert len(times) == 60
    assert times[-1] == pytest.approx(11.8, abs=0.15)
    steps = steps_of(tmp_path / "film.mp4")
    assert [step["step"] for step in steps] == ["suspected", "fired"]
    assert "00:" in done.stdout and "raised after 4 s" in done.stdout
    assert run("audit", clip, "--out", "o", *QUICK, cwd=tmp_path).returncode == 0
    (event,) = [json.loads(line) for line in (tmp_path / "o" / "events.jsonl").read_text("utf-8").splitlines()]
    assert steps[1]["at_s"] == event["raised_s"]
    assert steps[1]["evidence"]["dwell_s"] == 4
    assert not [path for path in tmp_path.iterdir() if "part" in path.name]


def test_a_camera_of_the_settings_is_chosen_and_the_film_thinned(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(SITE, "utf-8")
    options = ["-c", "site.toml", "--every", "2", *QUICK]
    done = run("replay", clip, "--camera", "east", "--out", "e.mp4", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {step["zone"] for step in steps_of(tmp_path / "e.mp4")} == {"楼道"}
    assert 6 <= len(times_of(tmp_path / "e.mp4")) <= 9
    assert run("replay", clip, "--camera", "west", "--out", "w.mp4", *options, cwd=tmp_path).returncode == 0
    assert steps_of(tmp_path / "w.mp4") == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere.mp4", "--out", "x.mp4"], 1, ["nowhere.mp4", "no such file"]),
        (["text.mp4", "--out", "x.mp4"], 1, ["text.mp4", "not a video"]),
        (["{clip}", "--out", "x.mp4", "-c", "site.toml"], 2, ["several cameras", "east, west", "--camera"]),
        (["{clip}", "--out", "x.mp4", "-c", "site.toml", "--camera", "north"], 2, ["no camera north", "east, west"]),
        (["{clip}", "--out", "x.mp4", "--camera", "north"], 2, ["no camera north", "none"]),
        (["{clip}", "--out", "x.mp4", "--zone", "attic"], 2, ["attic", "stairwell"]),
        (["{clip}", "--out", "none/x.mp4"], 1, ["none/x.mp4", "cannot be written"]),
        (["{clip}", "--out", "x.avi"], 1, ["x.avi", ".mp4"]),
        (["{clip}", "--out", "{clip}"], 1, ["the recording itself"]),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], code: int, words: list[str], clip: Path, tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(SITE, "utf-8")
    (tmp_path / "text.mp4").write_text("this is no film\n")
    before = clip.read_bytes()
    done = run("replay", *(word.format(clip=clip) for word in arguments), cwd=tmp_path)
    assert_one_line(done, code, *words)
    assert clip.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"site.toml", "text.mp4"}


def test_ctrl_c_leaves_a_shorter_film(tmp_path: Path) -> None:
    long = write_clip(tmp_path / "long.mp4", corridor(300, fps=5), fps=5)
    process = subprocess.Popen(
        [*COMMAND, "replay", str(long), "--out", "x.mp4"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 60
    part = tmp_path / ".x.mp4.part"
    while not (part.exists() and part.stat().st_size > 1000) and time.monotonic() < until:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "interrupted" in said and "Traceback" not in said
    assert not part.exists()
    assert 1 <= len(times_of(tmp_path / "x.mp4")) < 1500
