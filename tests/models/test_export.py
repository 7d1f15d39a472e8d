"""What `xinan models export` writes, and that nothing ships unless that was asked for. The network is a stand-in."""

import json
import tomllib
from pathlib import Path

import pytest

from models import export
from models.classes import CLASSES
from models.dataset import PICTURES
from vision.detector import ModelInfo, sha256_of

THRESHOLDS = {name: 0.1 + number / 100 for number, name in enumerate(CLASSES)}


class Network:
    def eval(self) -> "Network":
        return self


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with one shipped model, a set and thresholds; the ONNX file written is the metadata as JSON."""

    def write(model: object, out: Path, properties: dict[str, str]) -> None:
        out.write_text(json.dumps(properties))

    for name, value in {
        "import_ultralytics": lambda: None,
        "checkpoint_network": lambda path: Network(),
        "write_onnx": write,
        "WEIGHTS": tmp_path / "weights",
        "ZOO": tmp_path / "zoo.toml",
    }.items():
        monkeypatch.setattr(export, name, value)
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "xinan-v0.onnx").write_text("old")
    (tmp_path / "zoo.toml").write_text('shipped = "xinan-v0"\n')
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / PICTURES).write_text("")
    (tmp_path / "thresholds.json").write_text(json.dumps(THRESHOLDS))
    return tmp_path


def order(package: Path, *more: str) -> list[str]:
    return ["--checkpoint", str(package / "v1.pt"), "--set", str(package / "set"), *more]


def test_ones_own_model_does_not_ship_wherever_it_is_written(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(package)
    export.main(order(package, "--out", "weights/mine.onnx"))
    said = json.loads((package / "weights" / "mine.onnx").read_text())
    info = ModelInfo.parse(said, "mine")
    assert (info.names, info.input_size, info.version) == (CLASSES, 640, "0")
    assert set(info.thresholds.values()) == {0.25}
    assert "community" not in said["description"]
    assert (package / "zoo.toml").read_text() == 'shipped = "xinan-v0"\n'


def test_a_model_that_ships_is_named_by_the_zoo_and_the_old_file_stays(package: Path) -> None:
    thresholds = ["--thresholds", str(package / "thresholds.json")]
    export.main(order(package, *thresholds, "--size", "512", "--ship", "xinan-v1", "--version", "0.2.0"))
    zoo = tomllib.loads((package / "zoo.toml").read_text("utf-8"))
    entry, file = zoo["models"][zoo["shipped"]], package / "weights" / "xinan-v1.onnx"
    assert zoo["shipped"] == "xinan-v1"
    assert (entry["file"], entry["version"]) == ("weights/xinan-v1.onnx", "0.2.0")
    assert (entry["sha256"], entry["size"]) == (sha256_of(file), file.stat().st_size)
    info = ModelInfo.parse(json.loads(file.read_text()), "v1")
    assert (info.version, info.input_size) == ("0.2.0", 512)
    assert info.thresholds == pytest.approx(THRESHOLDS)
    assert (package / "weights" / "xinan-v0.onnx").read_text() == "old"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ([], "one of the arguments --out --ship is required"),
        (["--out", "a.onnx", "--ship", "a"], "not allowed with"),
        (["--ship", "xinan-v1", "--version", "1"], "--ship needs"),
        (["--ship", "xinan-v1", "--thresholds", "t.json"], "--ship needs"),
        (["--ship", "../v1", "--thresholds", "t.json", "--version", "1"], "is no name such as xinan-v1"),
        (["--ship", "v1.onnx", "--thresholds", "t.json", "--version", "1"], "is no name such as xinan-v1"),
        (["--coco", "coco.npz"], "one of the arguments --out --ship is required"),
        (["--coco", "coco.npz", "--out", "a.onnx"], "--coco stands alone"),
        (["--coco", "coco.npz", "--ship", "v1", "--thresholds", "t.json", "--version", "1"], "--ship needs"),
    ],
)
def test_what_is_to_be_written_must_be_said(
    package: Path, more: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(package.rglob("*"))
    with pytest.raises(SystemExit):
        export.main(order(package, *more))
    assert says in capsys.readouterr().err
    assert sorted(package.rglob("*")) == before


@pytest.mark.parametrize("text", ["[]", "{", '{"flame": "high"}', '{"flame": 0.1}'])
def test_bad_thresholds_are_one_line(package: Path, text: str) -> None:
    (package / "thresholds.json").write_text(text)
    thresholds = ["--thresholds", str(package / "thresholds.json")]
    with pytest.raises(SystemExit, match=r"^xinan: .*threshold[^\n]*$"):
        export.main(order(package, *thresholds, "--out", str(package / "a.onnx")))
    assert not (package / "a.onnx").exists()
