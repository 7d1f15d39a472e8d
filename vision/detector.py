"""The detector: a picture in, `Detections` out. All it knows of a model it reads from the model's own metadata."""

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.backends import Backend
from vision.backends.onnx import OnnxBackend
from vision.detections import Detections
from vision.errors import ConfigError, ModelError
from vision.letterbox import Letterbox

MAX_DETECTIONS = 300
MAX_CANDIDATES = 3000


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What the weight file says of itself.

    input_size: long side of the network input, px. thresholds: class → least confidence that counts.
    """

    names: tuple[str, ...]
    input_size: int
    stride: int
    thresholds: Mapping[str, float]
    nms_iou: float
    version: str

    @classmethod
    def parse(cls, metadata: Mapping[str, str], source: str) -> "ModelInfo":
        """From ONNX metadata. Raises ModelError naming the missing or malformed key."""
        try:
            names = tuple(str(name) for name in json.loads(metadata["names"]))
            thresholds = {str(k): float(v) for k, v in json.loads(metadata["thresholds"]).items()}
            return cls(
                names=names,
                input_size=int(max(json.loads(metadata["input_size"]))),
                stride=int(metadata["stride"]),
                thresholds={name: thresholds[name] for name in names},
                nms_iou=float(metadata["nms_iou"]),
                version=metadata["version"],
            )
        except KeyError as error:
            raise ModelError(f"{source}: the model's metadata lacks {error}") from None
        except (ValueError, TypeError) as error:
            raise ModelError(f"{source}: the model's metadata cannot be read: {error}") from None


class Detector:
    """Letterbox → network → boxes in the picture's pixels. Not thread-safe."""

    def __init__(self, backend: Backend, info: ModelInfo, *, input_size: int | None = None) -> None:
        self._backend = backend
        self.info = info
        self._long_side = input_size or info.input_size

    @classmethod
    def load(
        cls,
        path: Path | None = None,
        *,
        threads: int = 1,
        input_size: int | None = None,
        thresholds: Mapping[str, float] | None = None,
    ) -> "Detector":
        """From an ONNX file; None: the shipped one. `thresholds` go over the model's own.

        Raises ModelError: missing, tampered with (sha256 other than in models/zoo.toml), not ONNX. ConfigError: a
        threshold for a class that the model does not have.
        """
        path = find_model(path)
        backend = OnnxBackend(path, threads)
        info = ModelInfo.parse(backend.metadata, path.name)
        if unknown := set(thresholds or {}) - set(info.names):
            raise ConfigError(
                f"detector.thresholds: unknown class {', '.join(sorted(unknown))}; allowed: {', '.join(info.names)}"
            )
        merged = {**info.thresholds, **(thresholds or {})}
        return cls(backend, replace(info, thresholds=merged), input_size=input_size)

    @classmethod
    def check(cls, path: Path | None, thresholds: Mapping[str, float]) -> None:
        """Load and drop it: raises what `load` would, before anything depends on it."""
        cls.load(path, thresholds=thresholds)

    @property
    def names(self) -> tuple[str, ...]:
        """Class names by `class_id`."""
        return self.info.names

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Class → least confidence that counts."""
        return self.info.thresholds

    def detect(self, image: NDArray[np.uint8], min_score: float | None = None, relax: float = 1.0) -> Detections:
        """Everything seen in an (H, W, 3) BGR picture, best first; pixels of the picture.

        min_score: keep all from this score on, instead of the thresholds of the classes.
        relax: keep all from this share of the thresholds on, for a tracker.
        """
        height, width = image.shape[:2]
        box = Letterbox.fit(width, height, self._long_side, self.info.stride)
        output = self._backend.run(to_blob(box.apply(image)))[0]
        floor = relax * np.array([self.thresholds[name] for name in self.names], np.float32)
        if min_score is not None:
            floor = np.full_like(floor, min_score)
        return decode(output, floor, self.info.nms_iou, box)


def to_blob(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H, W, 3) BGR uint8 → (1, 3, H, W) RGB float32 0–1."""
    return np.asarray(cv2.dnn.blobFromImage(image, scalefactor=1 / 255, swapRB=True), np.float32)


def decode(output: NDArray[np.float32], floor: NDArray[np.float32], nms_iou: float, box: Letterbox) -> Detections:
    """(4 + classes, A) raw output → detections. floor: (classes,) least score per class. NMS within each class."""
    scores = output[4:]
    class_id, anchor = np.nonzero(scores >= floor[:, None])
    confidence = scores[class_id, anchor]
    if len(confidence) > MAX_CANDIDATES:
        best = np.argpartition(-confidence, MAX_CANDIDATES)[:MAX_CANDIDATES]
        class_id, anchor, confidence = class_id[best], anchor[best], confidence[best]
    if not len(confidence):
        return Detections.empty()
    xywh = output[:4, anchor].T
    keep = cv2.dnn.NMSBoxesBatched(
        np.hstack((xywh[:, :2] - xywh[:, 2:] / 2, xywh[:, 2:])).tolist(),
        confidence.tolist(),
        class_id.tolist(),
        0.0,
        nms_iou,
    )
    kept = np.asarray(keep, np.intp).reshape(-1)
    kept = kept[np.argsort(-confidence[kept], kind="stable")][:MAX_DETECTIONS]
    centre, half = xywh[kept, :2], xywh[kept, 2:] / 2
    xyxy = box.to_picture(np.hstack((centre - half, centre + half)).astype(np.float32))
    return Detections(xyxy, confidence[kept].astype(np.float32), class_id[kept].astype(np.int64))


def find_model(path: Path | None) -> Path:
    """The file, or the shipped one for None. Raises ModelError if there is none."""
    if path is None:
        return shipped_model()
    if not os.path.isfile(path):
        raise ModelError(f"{path}: no such model file")
    return path


def shipped_model() -> Path:
    """Path of the model that travels with the package, checked against models/zoo.toml.

    Raises ModelError: it is missing or its sha256 differs.
    """
    folder = Path(str(resources.files("models")))
    zoo = tomllib.loads((folder / "zoo.toml").read_text("utf-8"))
    entry = zoo["models"][zoo["shipped"]]
    path: Path = folder / entry["file"]
    if not path.is_file():
        raise ModelError(f"{path}: the shipped model is missing; reinstall xinan")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != entry["sha256"]:
        raise ModelError(f"{path}: sha256 is {digest[:12]}…, expected {entry['sha256'][:12]}…: the file was changed")
    return path
