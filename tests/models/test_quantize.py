"""The int8 copy of a detector and the verdict on it."""

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from models import quantize
from models.classes import BICYCLE, EBIKE, PERSON
from models.data import Fold, Row, Sample
from models.dataset import SetError, load_set, write_set
from models.quantize import Verdict, kept_in_float, main, times
from models.site_report import agreement
from vision.detector import Detector, shipped_model

CLIP = Path(__file__).parents[2] / "models" / "demo" / "demo.mp4"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training set of a few frames of the demo; what the detector sees in them stands for the truth."""
    out = tmp_path_factory.mktemp("sets") / "set"
    detector, capture = Detector.load(), cv2.VideoCapture(str(CLIP))
    samples = []
    for number in range(8):
        capture.set(cv2.CAP_PROP_POS_FRAMES, 60 * number)
        image = np.asarray(capture.read()[1], np.uint8)
        found = detector.detect(image)
        boxes = np.column_stack([found.class_id, found.xyxy]).astype(np.float32)
        known = frozenset({EBIKE, BICYCLE, PERSON})
        row = Row(f"{number}.png", "demo", "ebike/voc2007", known, "1", "")
        samples.append(Sample(row, image, boxes, np.zeros((0, 5), np.float32), known))
    list(write_set(out, [(s, "val" if n % 2 else "train") for n, s in enumerate(samples)], None))
    return out


def test_the_copy_is_int8_keeps_its_metadata_and_sees_the_same(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "int8.onnx"
    quantize.quantize(shipped_model(), out, load_set(folder, "train"))
    assert [path.name for path in tmp_path.iterdir()] == ["int8.onnx"]
    small, large = onnx.load(out), onnx.load(shipped_model())
    said = {item.key: item.value for item in small.metadata_props}
    assert said == {**{item.key: item.value for item in large.metadata_props}, "precision": "int8"}
    assert out.stat().st_size < 0.45 * shipped_model().stat().st_size
    inputs = {name for node in small.graph.node if node.op_type == "Conv" for name in node.input[:1]}
    made_by = {name: node.op_type for node in small.graph.node for name in node.output}
    quantized = [made_by.get(name) == "DequantizeLinear" for name in inputs]
    assert sum(quantized) > 0.8 * len(quantized)
    before, after = Detector.load(), Detector.load(out)
    images = [sample.image for sample in load_set(folder, "val")]
    seen, kept, _ = np.sum([agreement(before.detect(image), after.detect(image)) for image in images], axis=0)
    assert seen >= 5
    assert kept >= 0.8 * seen


def in_place_of_the_work(monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> None:
    monkeypatch.setattr(quantize, "quantize", lambda source, out, samples: out.write_text("new"))
    monkeypatch.setattr(quantize, "compare", lambda *_: verdict)


@pytest.mark.parametrize("keep", [True, False])
def test_it_is_written_only_where_it_is_kept(
    folder: Path, tmp_path: Path, keep: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict = FINE if keep else replace(FINE, speed=2.0)
    in_place_of_the_work(monkeypatch, verdict)
    out = tmp_path / "new" / "int8.onnx"
    with nullcontext() if keep else pytest.raises(SystemExit, match=r"^xinan: .*int8\.onnx was not written"):
        main(["--set", str(folder), "--out", str(out)])
    assert str(verdict) in capsys.readouterr().out
    assert [path.name for path in tmp_path.rglob("*.*")] == ["int8.onnx"] * keep


def test_the_old_copy_stays_where_the_new_one_is_not_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_place_of_the_work(monkeypatch, replace(FINE, speed=2.0))
    out = tmp_path / "int8.onnx"
    out.write_text("old")
    with pytest.raises(SystemExit):
        main(["--set", str(folder), "--out", str(out)])
    assert out.read_text() == "old"


def test_the_model_itself_is_never_written_over(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place_of_the_work(monkeypatch, FINE)
    model = tmp_path / "mine.onnx"
    model.write_text("fp32")
    with pytest.raises(SystemExit, match="starts from; choose another file"):
        main(["--set", str(folder), "--model", str(model), "--out", str(model)])
    assert model.read_text() == "fp32"


def set_of(folder: Path, out: Path, source: str, fold: Fold) -> Path:
    """The held-out pictures of a set as another set of one fold."""
    held = load_set(folder, "val")
    samples: list[tuple[Sample, Fold]] = [(replace(s, row=replace(s.row, source=source)), fold) for s in held]
    assert list(write_set(out, samples, None))
    return out


def test_ones_own_pictures_are_judged_by_their_classes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantize, "times", lambda *_: [1.0, 0.5])
    mine = load_set(set_of(folder, tmp_path / "set", "added/mine", "val"), "val")
    verdict = quantize.compare(shipped_model(), shipped_model(), mine)
    assert verdict.worst[0].endswith("_ap50_added")
    assert (verdict.worst[1], verdict.keep) == (0.0, True)
    with pytest.raises(SetError, match="no class can be measured on the 4 held-out pictures"):
        quantize.compare(shipped_model(), shipped_model(), [replace(s, row=replace(s.row, source="x")) for s in mine])


@pytest.mark.parametrize(("fold", "says"), [("train", "none is held out"), ("val", "none is trained on")])
def test_a_set_of_one_side_is_one_line(folder: Path, tmp_path: Path, fold: Fold, says: str) -> None:
    one_sided = set_of(folder, tmp_path / "set", "added/mine", fold)
    with pytest.raises(SystemExit, match=rf"^xinan: .*the set has no picture [^\n]*{says}"):
        main(["--set", str(one_sided), "--out", str(tmp_path / "int8.onnx")])


def test_boxes_and_attention_stay_in_float() -> None:
    kept = kept_in_float(onnx.load(shipped_model()))
    assert "/model.23/dfl/conv/Conv" in kept
    assert any("attn/MatMul" in name for name in kept)
    assert not any(name.startswith("/model.0/") for name in kept)


FINE = Verdict(100, {"640x384": 20.0}, {"640x384": 14.0}, 0.7, {"total": 0.8}, {"total": 0.8}, ("ebike_ap50_voc", 0.01))


@pytest.mark.parametrize(
    ("verdict", "keep"),
    [
        (FINE, True),
        (replace(FINE, speed=0.91), False),
        (replace(FINE, worst=("ebike_ap50_voc", 0.011)), False),
        (replace(FINE, worst=("ebike_ap50_voc", -0.02)), True),
    ],
)
def test_it_is_worth_keeping_where_it_is_faster_and_as_good(verdict: Verdict, keep: bool) -> None:
    assert verdict.keep is keep
    assert str(verdict).startswith("keep int8" if keep else "do not keep int8")


def test_the_networks_take_turns_and_the_first_two_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now_ms, turns = [0], list[str]()

    class Network:
        def __init__(self, path: Path) -> None:
            self.name = path.name

        def run(self, batch: NDArray[np.float32]) -> None:
            assert batch.shape == (1, 3, 64, 128)
            turns.append(self.name)
            now_ms[0] += 100 if len(turns) <= 4 else len(self.name)

    monkeypatch.setattr(quantize, "OnnxBackend", Network)
    monkeypatch.setattr("time.process_time_ns", lambda: 1_000_000 * now_ms[0])
    assert times((Path("a"), Path("bb")), (128, 64), rounds=3) == [1.0, 2.0]
    assert turns == ["a", "bb"] * 5


def test_the_published_verdict_follows_the_rules() -> None:
    path = Path(__file__).parents[2] / "benchmarks" / "speed" / "results" / "int8.json"
    result = json.loads(path.read_text("utf-8"))
    rules = result["rules"]
    fine = result["speed"] <= rules["share_of_time_at_most"]
    assert result["keep"] is (fine and result["worst"][1] <= rules["fall_of_any_figure_at_most"])
