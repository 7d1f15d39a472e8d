"""`xinan zones` without a browser: the still, the printed fragment, bad input."""

import signal
import subprocess
from pathlib import Path

import cv2
import httpx
import pytest

from tests.acceptance.cli import COMMAND, assert_one_line, run
from tests.clips import corridor, write_clip

ZONE = 'zones = [{name = "门厅", type = "lobby", polygon = [[0.2, 0.3], [0.8, 0.3], [0.5, 0.9]]}]'


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = write_clip(tmp_path / "走廊.mp4", corridor(4, thing_from_s=2))
    (tmp_path / "site.toml").write_text(f'[[cameras]]\nname = "gate"\nurl = "{path}"\n{ZONE}\n', "utf-8")
    return path


@pytest.mark.parametrize("target", ["gate", "走廊.mp4"])
def test_a_still_with_a_grid(target: str, clip: Path, tmp_path: Path) -> None:
    done = run("zones", target, "-c", "site.toml", "--still", "s.png", "--at", "3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "320x180, second 3.0" in done.stdout
    image = cv2.imread(str(tmp_path / "s.png"))
    assert image is not None and image.shape[1] >= 960
    thing = image[int(0.76 * image.shape[0]) + 3, int(0.22 * image.shape[1]) + 3]
    assert thing.max() < 130, "the picture is that of the second that was asked for"


def test_a_second_beyond_the_end_is_told(clip: Path, tmp_path: Path) -> None:
    done = run("zones", "走廊.mp4", "--still", "s.png", "--at", "99", cwd=tmp_path)
    assert done.returncode == 0
    assert "ends before second 99" in done.stderr


def test_ctrl_c_prints_what_was_drawn(clip: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "zones", "gate", "-c", "site.toml", "--no-browser"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    base, _, token = process.stdout.readline().split()[-1].partition("/enter#")
    with httpx.Client(base_url=base, headers={"X-Xinan": "test"}) as client:
        assert client.get("/api/zones").status_code == 401
        assert client.post("/enter", json={"token": token}).status_code == 200
        draft = client.get("/api/zones").json()["draft"]
        assert client.get("/still.jpg").headers["content-type"] == "image/jpeg"
        draft["zones"][0]["name"] = "东门"
        assert client.post("/api/zones/check", json=draft).json()["problems"] == []
        draft["zones"][0]["type"] = "attic"
        assert client.post("/api/zones/save", json=draft).status_code == 422
    process.send_signal(signal.SIGINT)
    told, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert 'name = "东门"' in told and "attic" not in told
    assert "Traceback" not in said
    assert not (tmp_path / "zones.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere.mp4"], 2, ["nowhere.mp4", "they name none"]),
        (["north", "-c", "site.toml"], 2, ["north", "gate"]),
        (["text.mp4"], 1, ["text.mp4", "not a video"]),
        (["走廊.mp4", "--still", "none/s.png"], 1, ["none/s.png", "cannot be written"]),
        (["走廊.mp4", "--still", "s.abc"], 1, ["s.abc", ".png or .jpg"]),
        (["走廊.mp4", "--out", "site.toml"], 2, ["site.toml", "is there already"]),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], code: int, words: list[str], clip: Path, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("this is no film\n")
    before = (tmp_path / "site.toml").read_bytes()
    assert_one_line(run("zones", *arguments, cwd=tmp_path), code, *words)
    assert (tmp_path / "site.toml").read_bytes() == before
