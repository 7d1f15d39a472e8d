"""Real renderings, tiny ones: skipped where Blender is not installed."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("bpy") is None or importlib.util.find_spec("OpenEXR") is None,
    reason="the extra `synth` is not installed: nothing can be rendered",
)
ROOT = Path(__file__).parents[3]
RECIPE = """
width = 192
height = 112
samples = 1
variants = 2
bare = 0.0
burning = 1.0
recorded = 0.5
[places]
corridor = 1
[lights]
night = 1
[fires]
paper = 1
"""


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "models.synth", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)


def stills(out: Path, recipe: Path, count: int) -> subprocess.CompletedProcess[str]:
    words = ("--out", str(out), "--recipe", str(recipe), "--count", str(count), "--seed", "3", "--processes", "1")
    return run("stills", *words)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    path.write_text(RECIPE)
    return path


def test_stills_have_pictures_labels_and_truth_and_go_on_where_they_stopped(tmp_path: Path, recipe: Path) -> None:
    first = stills(tmp_path / "a", recipe, 2)
    assert (first.returncode, first.stderr.count("Traceback")) == (0, 0), first.stderr
    before = {path.name: path.read_bytes() for path in (tmp_path / "a" / "images").iterdir()}
    assert sorted(before) == ["s003_00000_0.jpg", "s003_00000_1.jpg"]
    again = stills(tmp_path / "a", recipe, 4)
    assert again.stdout.startswith("2 pictures in ")
    assert all((tmp_path / "a" / "images" / name).read_bytes() == data for name, data in before.items())
    lines = (tmp_path / "a" / "manifest.jsonl").read_text().splitlines()
    assert [json.loads(line)["scene"] for line in lines] == [0, 1]
    for name in ("s003_00000_0", "s003_00001_1"):
        picture = cv2.imread(str(tmp_path / "a" / "images" / f"{name}.jpg"))
        assert picture is not None and picture.shape == (112, 192, 3)
        assert picture.std() > 10
        truth = json.loads((tmp_path / "a" / "truth" / f"{name}.json").read_text())
        labels = (tmp_path / "a" / "labels" / f"{name}.txt").read_text().splitlines()
        assert len(labels) == len(truth["boxes"])
        assert truth["place"] == "corridor"
        assert truth["zones"] and 0 <= truth["width_m"] < 3
    other = recipe.with_name("other.toml")
    other.write_text(RECIPE.replace("paper", "bike"))
    told = stills(tmp_path / "a", other, 4)
    assert told.returncode == 1
    assert told.stderr.splitlines()[-1].endswith("holds pictures of seed 3 by another recipe; take a new folder")


def test_the_same_order_gives_the_same_pictures(tmp_path: Path, recipe: Path) -> None:
    for name in ("a", "b"):
        assert stills(tmp_path / name, recipe, 2).returncode == 0
    for kind in ("labels", "truth"):
        for path in (tmp_path / "a" / kind).iterdir():
            assert path.read_bytes() == (tmp_path / "b" / kind / path.name).read_bytes()
    for path in (tmp_path / "a" / "images").iterdir():
        one, two = cv2.imread(str(path)), cv2.imread(str(tmp_path / "b" / "images" / path.name))
        assert one is not None and two is not None
        assert np.abs(one.astype(int) - two.astype(int)).mean() < 0.5


LOOK = """
import numpy as np
from models.synth.camera import Camera
from models.synth.look import Lamp, Look, Part, thing
from models.synth.mesh import box, ellipsoid
from models.synth.stage import FAR_M, Stage

camera = Camera(np.array((0.0, -3.0, 1.0)), np.array((0.0, 0.0, 1.0)), 60.0, 96, 64)
stage = Stage(camera, samples=2, threads=1)
stage.put([thing("floor", "", [Part(box((-2, -2, -0.1), (2, 2, 0)), Look())])])
stage.put([thing("ball", "ebike", [Part(ellipsoid((0, 0, 1), (0.5, 0.5, 0.5)), Look((0.8, 0.1, 0.1)))])])
stage.light([Lamp((0, -2, 3), (1, 1), 80)])
shot = stage.look()
ball = stage.names.index("ball")
assert shot.index[32, 48] == ball and shot.index[0, 0] == -1
assert abs(shot.distance[32, 48] - 2.5) < 0.01 and shot.distance[0, 0] == FAR_M
assert shot.light[32, 48, 0] > 3 * shot.light[32, 48, 1] > 0
part = stage.look((40, 20, 60, 44))
assert part.light.shape == (24, 20, 3) and (part.index == shot.index[20:44, 40:60]).mean() > 0.98
stage.darken()
assert stage.render().max() < 0.01
"""


def test_a_shot_tells_what_and_how_far() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
