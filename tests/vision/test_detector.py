import hashlib
import json
import shutil
from importlib import resources
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from vision.config import DetectorConfig
from vision.detections import Detections
from vision.detector import Detector, ModelInfo, decode, shipped_model
from vision.errors import ConfigError, ModelError
from vision.letterbox import Letterbox

NAMES = ("ebike", "bicycle", "person", "flame", "smoke", "clutter", "cable")


def raw(*rows: tuple[float, float, float, float, int, float]) -> NDArray[np.float32]:
    """Network output with one anchor per (cx, cy, w, h, class, score)."""
    output = np.zeros((4 + len(NAMES), max(1, len(rows))), np.float32)
    for column, (cx, cy, w, h, class_id, score) in enumerate(rows):
        output[:4, column] = cx, cy, w, h
        output[4 + class_id, column] = score
    return output


FLOOR = np.full(len(NAMES), 0.3, np.float32)


def test_decode_keeps_the_best_of_a_class_and_both_of_two() -> None:
    box = Letterbox.fit(640, 384, 640)
    found = decode(
        raw((100, 100, 40, 40, 0, 0.6), (102, 100, 40, 40, 0, 0.9), (100, 100, 40, 40, 1, 0.5)), FLOOR, 0.6, box
    )
    assert found.class_id.tolist() == [0, 1]
    assert found.confidence.tolist() == pytest.approx([0.9, 0.5])
    np.testing.assert_allclose(found.xyxy[0], [82, 80, 122, 120])


def test_decode_applies_each_classs_own_floor() -> None:
    floor = FLOOR.copy()
    floor[3] = 0.7
    found = decode(raw((50, 50, 9, 9, 3, 0.6), (200, 99, 9, 9, 0, 0.31)), floor, 0.6, Letterbox.fit(640, 384, 640))
    assert found.class_id.tolist() == [0]


def test_decode_of_nothing_is_empty() -> None:
    assert len(decode(raw(), FLOOR, 0.6, Letterbox.fit(640, 384, 640))) == 0


def test_decode_clips_to_the_picture() -> None:
    found = decode(raw((10, 10, 60, 60, 0, 0.9)), FLOOR, 0.6, Letterbox.fit(640, 640, 640))
    np.testing.assert_allclose(found.xyxy[0], [0, 0, 40, 40])


def test_detections_say_what_shape_was_expected() -> None:
    with pytest.raises(ValueError, match=r"confidence: expected shape \(2,\), got \(3,\)"):
        Detections(np.zeros((2, 4), np.float32), np.zeros(3, np.float32), np.zeros(2, np.int64))


METADATA = {
    "names": json.dumps(NAMES),
    "input_size": "[640, 640]",
    "stride": "32",
    "thresholds": json.dumps(dict.fromkeys(NAMES, 0.3)),
    "nms_iou": "0.6",
    "version": "1",
}


@pytest.mark.parametrize("key", METADATA)
def test_missing_metadata_is_named(key: str) -> None:
    with pytest.raises(ModelError, match=f"^x.onnx: the model's metadata lacks {key}$"):
        ModelInfo.parse({k: v for k, v in METADATA.items() if k != key}, "x.onnx")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("names", "{0: 'ebike'}"),
        ("names", '"ebike"'),
        ("names", "[]"),
        ("names", '["", "a"]'),
        ("names", '["flame", "flame"]'),
        ("input_size", "[640]"),
        ("input_size", "[0, 0]"),
        ("input_size", "[100000, 100000]"),
        ("stride", "0"),
        ("stride", "many"),
        ("thresholds", '{"ebike": NaN}'),
        ("thresholds", '{"ebike": 7}'),
        ("thresholds", "[0.5]"),
        ("nms_iou", "5"),
        ("nms_iou", "nan"),
        ("version", ""),
    ],
)
def test_absurd_metadata_is_named(key: str, value: str) -> None:
    with pytest.raises(ModelError, match=f"^x.onnx: the model's metadata cannot be used: {key}.*: [^\\n]+$"):
        ModelInfo.parse({**METADATA, key: value}, "x.onnx")


def test_a_class_without_threshold_is_named() -> None:
    with pytest.raises(ModelError, match="lacks a threshold for cable"):
        ModelInfo.parse({**METADATA, "thresholds": json.dumps(dict.fromkeys(NAMES[:-1], 0.3))}, "x.onnx")


def test_the_shipped_model_detects_on_any_shape_of_picture() -> None:
    detector = Detector.load()
    assert detector.names == NAMES
    for shape in ((480, 640), (1080, 1920), (90, 33), (1, 1)):
        found = detector.detect(np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8), min_score=0.01)
        assert found.xyxy.min(initial=0) >= 0
        assert found.xyxy[:, 2].max(initial=0) <= shape[1]
        assert found.xyxy[:, 3].max(initial=0) <= shape[0]


@pytest.mark.parametrize("content", [b"", b"hello", b"\x08\x0a\x12"])
def test_what_is_no_onnx_is_no_model(content: bytes, tmp_path: Path) -> None:
    fake = tmp_path / "fake.onnx"
    fake.write_bytes(content)
    with pytest.raises(ModelError, match=r"fake\.onnx: not a usable ONNX model: [^\n]+$"):
        Detector.load(fake)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.999])
def test_half_a_model_is_no_model(share: float, tmp_path: Path) -> None:
    content = shipped_model().read_bytes()
    part = tmp_path / "part.onnx"
    part.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelError, match=r"part\.onnx: [^\n]+$"):
        Detector.load(part)


def network(path: Path, outputs: str, metadata: dict[str, str], side: str = "H, W") -> Path:
    """An ONNX file that is no detector. outputs: its last steps, from x (1, 3, 64, 128) to y, in ONNX's own words."""
    graph = onnx.parser.parse_model(
        f'<ir_version: 8, opset_import: ["" : 17]> g (float[N, 3, {side}] x) => (float[] y) {{ {outputs} }}'
    )
    graph.graph.output[0].CopyFrom(onnx.helper.make_empty_tensor_value_info("y"))
    onnx.helper.set_model_props(graph, metadata)
    onnx.save(graph, path)
    return path


MEAN = "m = GlobalAveragePool(x) "


@pytest.mark.parametrize(
    ("outputs", "side", "said"),
    [
        (MEAN + "y = Flatten(m)", "H, W", r"should have shape \(1, 11, anchors\), it has \(1, 3\)"),
        ("y = Flatten <axis = 3> (x)", "H, W", r"should have shape .* it has \(192, 128\)"),
        ("s = Constant <value_ints = [1, -1, 11]> () y = Reshape(x, s)", "H, W", "cannot be run on a picture"),
        ("s = Constant <value_ints = [1, -1, 6]> () y = Reshape(x, s)", "H, W", r"it has \(1, 4096, 6\)"),
        (
            "s = Constant <value_ints = [1, 3, -1]> () r = Reshape(x, s) k = Constant <value_float = 3.0> () "
            "z = Add(r, k) y = Concat <axis = 1> (z, z, z, z)",
            "H, W",
            r"it has \(1, 12, 8192\)",
        ),
        (
            "s = Constant <value_ints = [1, 1, -1]> () r = Reshape(x, s) k = Constant <value_float = 3.0> () "
            "z = Add(r, k) y = Concat <axis = 1> (z, z, z, z, z, z, z, z, z, z, z)",
            "H, W",
            "scores are not between 0 and 1",
        ),
        ("y = Identity(x)", "640, 640", "cannot be run on a picture"),
    ],
)
def test_a_network_that_is_no_detector_is_refused(outputs: str, side: str, said: str, tmp_path: Path) -> None:
    path = network(tmp_path / "other.onnx", outputs, METADATA, side)
    with pytest.raises(ModelError, match=rf"^other\.onnx: [^\n]*{said}[^\n]*$"):
        Detector.load(path)


def test_a_classifier_without_metadata_is_refused(tmp_path: Path) -> None:
    path = network(tmp_path / "classes.onnx", MEAN + "y = Flatten(m)", {})
    with pytest.raises(ModelError, match=r"^classes\.onnx: the model's metadata lacks names$"):
        Detector.load(path)


def test_a_model_of_ones_own_is_checked_against_its_sha256(tmp_path: Path) -> None:
    mine = tmp_path / "mine.onnx"
    shutil.copy(shipped_model(), mine)
    digest = hashlib.sha256(mine.read_bytes()).hexdigest()
    assert Detector.configured(DetectorConfig(model=mine, sha256=digest)).names == NAMES
    with pytest.raises(ModelError, match=rf"mine\.onnx: sha256 is {digest[:12]}…, expected 000000000000…"):
        Detector.configured(DetectorConfig(model=mine, sha256="0" * 64))


@pytest.mark.parametrize("wrong", ["", "abc", "G" * 64, "A" * 64])
def test_a_sha256_that_is_none_is_refused_in_the_settings(wrong: str) -> None:
    with pytest.raises(ValidationError, match="sha256"):
        DetectorConfig(sha256=wrong)


def test_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.onnx: no such model file"):
        Detector.load(tmp_path / "none.onnx")


def test_unknown_class_in_thresholds_names_the_allowed() -> None:
    with pytest.raises(ConfigError, match=r"unknown class fire; allowed: ebike, bicycle"):
        Detector.load(thresholds={"fire": 0.5})


def test_a_changed_shipped_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = shipped_model()
    folder = tmp_path / "models"
    (folder / "weights").mkdir(parents=True)
    shutil.copy(real.parent.parent / "zoo.toml", folder)
    copy = folder / "weights" / real.name
    copy.write_bytes(real.read_bytes()[:-1] + b"\0")
    monkeypatch.setattr(resources, "files", lambda name: folder)
    with pytest.raises(ModelError, match=hashlib.sha256(copy.read_bytes()).hexdigest()[:12]):
        shipped_model()
    copy.unlink()
    with pytest.raises(ModelError, match="is missing"):
        shipped_model()
