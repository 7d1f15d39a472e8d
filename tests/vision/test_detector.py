import hashlib
import json
import shutil
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from vision.detections import Detections
from vision.detector import Detector, ModelInfo, decode, shipped_model, to_blob
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


def test_blob_is_rgb_unit_planes() -> None:
    image = np.zeros((2, 3, 3), np.uint8)
    image[..., 0] = 255  # blue
    blob = to_blob(image)
    assert blob.shape == (1, 3, 2, 3)
    assert blob[0, 2].min() == 1.0
    assert blob[0, :2].max() == 0.0


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
    with pytest.raises(ModelError, match=key):
        ModelInfo.parse({k: v for k, v in METADATA.items() if k != key}, "x.onnx")


def test_a_class_without_threshold_is_named() -> None:
    with pytest.raises(ModelError, match="cable"):
        ModelInfo.parse({**METADATA, "thresholds": json.dumps(dict.fromkeys(NAMES[:-1], 0.3))}, "x.onnx")


def test_the_shipped_model_detects_on_any_shape_of_picture() -> None:
    detector = Detector.load()
    assert detector.names == NAMES
    for shape in ((480, 640), (1080, 1920), (90, 33), (1, 1)):
        found = detector.detect(np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8), min_score=0.01)
        assert found.xyxy.min(initial=0) >= 0
        assert found.xyxy[:, 2].max(initial=0) <= shape[1]
        assert found.xyxy[:, 3].max(initial=0) <= shape[0]


def test_text_is_no_model(tmp_path: Path) -> None:
    fake = tmp_path / "fake.onnx"
    fake.write_text("hello")
    with pytest.raises(ModelError, match=r"fake\.onnx: not a usable ONNX model"):
        Detector.load(fake)


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
