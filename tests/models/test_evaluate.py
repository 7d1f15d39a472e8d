"""`xinan models evaluate` from end to end on a set of four generated pictures."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import evaluate
from models.classes import CLASSES, EBIKE, FLAME
from models.data import Fold, Row, Sample
from models.dataset import write_set
from models.geometry import Image
from models.headlines import HEADLINES, Headline
from models.subject import Subject
from models.tables import BEGIN, END, TableError, markdown, update_readme
from vision.detections import Detections
from vision.detector import Detector, ModelInfo

SOURCES = ("fire/firenet", "fire/pbl5_lamps", "ebike/wheelchair_roboflow", "rendered")


def sample(source: str) -> Sample:
    image = np.random.default_rng(len(source)).integers(60, 200, (96, 128, 3)).astype(np.uint8)
    rows = [[FLAME, 10, 10, 60, 60]] if source in ("fire/firenet", "rendered") else []
    boxes, none = np.asarray(rows, np.float32).reshape(-1, 5), np.zeros((0, 5), np.float32)
    labelled = frozenset({FLAME, EBIKE})
    return Sample(Row(f"{source}/a.jpg", "x", source, labelled, "1", ""), image, boxes, none, labelled)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("set")
    held: list[tuple[Sample, Fold]] = [(sample(source), "val") for source in SOURCES]
    assert len(list(write_set(out, held, None))) == len(SOURCES)
    return out


class SeesFire:
    """In place of a detector: sees a flame and, fainter, an e-bike in every picture, if it has such classes."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.thresholds = dict.fromkeys(names, 0.5)
        self.info = ModelInfo(self.names, 640, 32, self.thresholds, 0.6, "1.2.3")

    def detect(self, image: Image, min_score: float) -> Detections:
        assert image.shape == (96, 128, 3)
        boxes = np.asarray([[10, 10, 60, 60], [70, 10, 90, 60]], np.float32)
        return Detections(boxes, np.asarray([0.9, 0.4], np.float32), np.asarray([FLAME, EBIKE]))


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models: xinan-v7 with our classes, coco with 80, cats with two."""
    kinds = {"xinan-v7": CLASSES, "coco": tuple(str(number) for number in range(80)), "cats": ("cat", "dog")}
    for name in kinds:
        (tmp_path / f"{name}.onnx").touch()
    monkeypatch.setattr(Detector, "load", lambda path, **_: SeesFire(kinds[path.stem]))
    return tmp_path


@pytest.fixture
def result(pictures: Path, models: Path) -> dict[str, Any]:
    out, sheet = models / "v7.json", models / "worst.jpg"
    line = ["--set", str(pictures), "--out", str(out), "--model", str(models / "xinan-v7.onnx"), "--size", "128"]
    evaluate.main([*line, "--worst", str(sheet), "--baseline", str(models / "coco.onnx")])
    assert sheet.stat().st_size > 1000
    stored: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return stored


def test_the_results_name_model_and_pictures(result: dict[str, Any]) -> None:
    ours = result["ours"]
    assert (ours["model"], ours["version"], ours["input_size"]) == ("xinan-v7", "1.2.3", 128)
    assert result["set"]["pictures"] == len(SOURCES)
    assert [(error["image"], error["kind"]) for error in ours["worst"]] == [
        ("ebike/wheelchair_roboflow/a.jpg", "false"), ("fire/pbl5_lamps/a.jpg", "false"),
    ]  # fmt: skip


def test_rendered_pictures_count_by_source_only(result: dict[str, Any]) -> None:
    ours = result["ours"]
    assert set(ours["by_source"]) == set(SOURCES)
    assert ours["by_class"]["flame"]["boxes"] == 1
    assert ours["headlines"]["flame recall per picture"]["hits"] == 1
    assert ours["headlines"]["flame false, all pictures without fire"]["hits"] == 2
    assert ours["headlines"]["wheelchair pictures raising e-bike"]["hits"] == 0
    assert sum(part["pictures"] for part in ours["by_light"].values()) == len(SOURCES) - 1


def test_every_headline_is_seen_in_every_light(result: dict[str, Any]) -> None:
    for view in ("turned grey", "darkened"):
        assert result["ours"]["views"][view].keys() == result["ours"]["headlines"].keys()


def test_a_baseline_has_no_figures_of_classes_it_does_not_know(result: dict[str, Any]) -> None:
    assert result["zero_shot_coco"]["by_class"].keys() == {"ebike"}
    assert not any(name.startswith("flame") for name in result["zero_shot_coco"]["headlines"])


def test_the_table_has_all_parts(result: dict[str, Any]) -> None:
    text = markdown(result)
    assert "| figure | xinan-v7 (95 %) |" in text
    assert "| false e-bikes on prams | no pictures | no pictures |" in text
    for title in ("Headlines", "in other lights", "By class", "By light", "By size", "By source"):
        assert title in text
    widths = [[line.count("|") for line in block.splitlines() if line[:1] == "|"] for block in text.split("\n\n")]
    assert all(len(set(columns)) <= 1 for columns in widths)


def test_ctrl_c_leaves_the_old_results(
    pictures: Path, models: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> Detections:
        raise KeyboardInterrupt

    before = sorted(models.iterdir())
    (models / "cats.onnx").write_text("old")
    monkeypatch.setattr(SeesFire, "detect", interrupted)
    line = ["--set", str(pictures), "--model", str(models / "xinan-v7.onnx")]
    for option in ("--out", "--choose"):
        with pytest.raises(SystemExit, match="130"):
            evaluate.main([*line, option, str(models / "cats.onnx")])
        assert capsys.readouterr().err == "xinan: stopped; the old results stand\n"
    assert (models / "cats.onnx").read_text() == "old"
    assert sorted(models.iterdir()) == before


def test_only_the_shipped_model_has_its_results_in_the_benchmarks(
    pictures: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = models / "xinan-v7.onnx"
    evaluate.main(["--set", str(pictures), "--model", str(model)])
    assert json.loads((models / "xinan-v7.results.json").read_text("utf-8"))["ours"]["model"] == "xinan-v7"
    monkeypatch.setattr(evaluate, "shipped_model", lambda: model)
    monkeypatch.setattr(evaluate, "RESULTS", models / "accuracy")
    with pytest.raises(SystemExit, match="is missing: name the results file with --out"):
        evaluate.main(["--set", str(pictures), "--model", str(model)])
    (models / "accuracy").mkdir()
    assert evaluate.results_file(Subject(model, 1, None)) == models / "accuracy" / "results" / "v7.json"


def test_thresholds_are_chosen_and_nothing_else_is_written(pictures: Path, models: Path) -> None:
    line = ["--set", str(pictures), "--model", str(models / "xinan-v7.onnx"), "--out", str(models / "v7.json")]
    evaluate.main([*line, "--choose", str(models / "new.json")])
    chosen = json.loads((models / "new.json").read_text("utf-8"))
    assert chosen.keys() == set(CLASSES)
    assert chosen["flame"] == pytest.approx(0.901)
    assert not (models / "v7.json").exists()


@pytest.mark.parametrize(
    ("model", "more", "words"),
    [
        ("missing", [], "missing.onnx: no such model file"),
        ("cats", [], "its classes are cat, dog; wanted: ebike, bicycle"),
        ("coco", [], "a COCO network can only be the --baseline"),
        ("xinan-v7", ["--set", "."], "no training set"),
        ("xinan-v7", ["--set", "trained"], "the set has no held-out picture"),
        ("xinan-v7", ["--clips", "."], "truth.csv is missing"),
        ("xinan-v7", ["--clips", "bare"], "truth.csv: no column fire_end_s, fire_start_s, has_fire"),
        ("xinan-v7", ["--clips", "clips"], "fireplace.mp4: no frame can be read"),
    ],
)
def test_bad_input_is_named(pictures: Path, models: Path, model: str, more: list[str], words: str) -> None:
    trained: list[tuple[Sample, Fold]] = [(sample("a"), "train")]
    assert list(write_set(models / "trained", trained, None))
    (models / "clips").mkdir()
    (models / "bare").mkdir()
    (models / "bare" / "truth.csv").write_text("file\nfireplace.mp4\n")
    (models / "clips" / "truth.csv").write_text("file,has_fire,fire_start_s,fire_end_s\nfireplace.mp4,1,0,5\n")
    line = ["--set", str(pictures), "--model", str(models / f"{model}.onnx"), "--out", str(models / "v7.json")]
    with pytest.raises(SystemExit, match=re.escape(words)):
        evaluate.main([*line, *[str(models / word) if word[0] != "-" else word for word in more]])
    assert not (models / "v7.json").exists()


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--threads", "0", "'0' is not a whole number from 1"),
        ("--size", "0", "'0' is not a whole number from 32"),
        ("--size", "100", "100 is no multiple of 32"),
    ],
)
def test_numbers_that_cannot_be_are_refused(
    option: str, value: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        evaluate.main(["--set", "s", option, value])
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("better", "figure", "reached"),
    [
        ("more", {"value": 0.96}, "goal"),
        ("more", {"value": 0.96, "low": 0.9}, "goal?"),
        ("more", {"value": 0.85, "low": 0.81}, "bar"),
        ("more", {"value": 0.79, "low": 0.5}, "no"),
        ("less", {"value": 0.85, "high": 0.99}, "bar?"),
        ("less", {"value": 0.80, "high": 0.94}, "goal?"),
    ],
)
def test_what_a_value_reaches(better: Any, figure: dict[str, float], reached: str) -> None:
    bar, goal = (0.80, 0.95) if better == "more" else (0.95, 0.80)
    row = Headline("x", HEADLINES[0].metric, bar, goal, better)
    assert row.reached(figure) == reached


def test_the_table_goes_between_the_marks(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    update_readme(readme, "new")
    assert readme.read_text() == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    readme.write_text("nothing")
    with pytest.raises(TableError, match="marks"):
        update_readme(readme, "new")
