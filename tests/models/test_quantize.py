"""The int8 copy of a detector and the verdict on it."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

from models import quantize
from models.classes import BICYCLE, CLASSES, EBIKE, PERSON
from models.data import Row, Sample
from models.dataset import write_set
from models.quantize import Verdict, kept_in_float, main, times
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


def test_the_copy_is_int8_keeps_its_metadata_and_still_detects(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "int8.onnx"
    main(["--set", str(folder), "--out", str(out)])
    assert " int8: " in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["int8.onnx"]
    small, large = onnx.load(out), onnx.load(shipped_model())
    said = {item.key: item.value for item in small.metadata_props}
    assert said == {**{item.key: item.value for item in large.metadata_props}, "precision": "int8"}
    assert out.stat().st_size < 0.45 * shipped_model().stat().st_size
    inputs = {name for node in small.graph.node if node.op_type == "Conv" for name in node.input[:1]}
    made_by = {name: node.op_type for node in small.graph.node for name in node.output}
    quantized = [made_by.get(name) == "DequantizeLinear" for name in inputs]
    assert sum(quantized) > 0.8 * len(quantized)
    detector = Detector.load(out)
    assert detector.names == CLASSES


def test_a_set_that_is_none_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"^xinan: .* is no training set: [^\n]*$"):
        main(["--set", str(tmp_path), "--out", str(tmp_path / "int8.onnx")])
    with pytest.raises(SystemExit, match=r"^xinan: .*none\.onnx: no such model file$"):
        main(["--set", str(tmp_path), "--out", str(tmp_path / "a.onnx"), "--model", str(tmp_path / "none.onnx")])


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
def test_it_is_kept_only_where_it_is_faster_and_as_good(
    verdict: Verdict, keep: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verdict.keep is keep
    assert str(verdict).startswith("keep int8" if keep else "do not keep int8")
    monkeypatch.setattr(quantize, "make_and_compare", lambda *_: verdict)
    arguments = ["--set", "x", "--out", "y", "--check"]
    if keep:
        main(arguments)
    else:
        with pytest.raises(SystemExit, match="1"):
            main(arguments)
    assert str(verdict) in capsys.readouterr().out


def test_the_networks_take_turns() -> None:
    same = times((shipped_model(), shipped_model()), (64, 64), rounds=3)
    assert len(same) == 2
    assert min(same) > 0


def test_the_published_verdict_follows_the_rules() -> None:
    path = Path(__file__).parents[2] / "benchmarks" / "speed" / "results" / "int8.json"
    result = json.loads(path.read_text("utf-8"))
    rules = result["rules"]
    fine = result["speed"] <= rules["share_of_time_at_most"]
    assert result["keep"] is (fine and result["worst"][1] <= rules["fall_of_any_figure_at_most"])
