"""The detector: a picture in, `Detections` out. All it knows of a model it reads from the model's own metadata."""

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, Json, ValidationError

from vision.backends import Backend, Choice, Engine
from vision.backends.choose import PROBE_SHAPE, choose
from vision.backends.onnx import OnnxBackend, first_line
from vision.detections import Detections
from vision.errors import ConfigError, ModelError
from vision.letterbox import InputBuffer, Letterbox

if TYPE_CHECKING:
    from vision.config import DetectorConfig

MAX_DETECTIONS = 300
MAX_CANDIDATES = 3000


Side = Annotated[int, Field(ge=32, le=4096)]


class _Metadata(BaseModel):
    """The form of the key-value pairs in the weight file."""

    model_config = ConfigDict(allow_inf_nan=False)

    names: Json[Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]]
    input_size: Json[tuple[Side, Side]]
    stride: Annotated[int, Field(ge=1, le=64)]
    thresholds: Json[dict[str, Annotated[float, Field(ge=0, le=1)]]]
    nms_iou: Annotated[float, Field(gt=0, le=1)]
    version: Annotated[str, Field(min_length=1)]


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
            said = _Metadata.model_validate(metadata)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            if first["type"] == "missing" and key in _Metadata.model_fields:
                raise ModelError(f"{source}: the model's metadata lacks {key}") from None
            raise ModelError(f"{source}: the model's metadata cannot be used: {key}: {first['msg']}") from None
        if len(set(said.names)) < len(said.names):
            raise ModelError(f"{source}: the model's metadata cannot be used: names: two classes share a name")
        if lacking := [name for name in said.names if name not in said.thresholds]:
            raise ModelError(f"{source}: the model's metadata lacks a threshold for {', '.join(lacking)}")
        thresholds = {name: said.thresholds[name] for name in said.names}
        return cls(said.names, max(said.input_size), said.stride, thresholds, said.nms_iou, said.version)


class Detecting(Protocol):
    """Whatever sees in a picture what a detector would."""

    def detect(self, image: NDArray[np.uint8], *, relax: float = 1.0) -> Detections:
        """See `Detector.detect`."""
        ...


class Detector:
    """Letterbox → network → boxes in the picture's pixels. Not thread-safe: it reuses its buffers."""

    def __init__(self, backend: Backend, info: ModelInfo, *, input_size: int | None = None) -> None:
        self._backend = backend
        self.info = info
        self._long_side = input_size or info.input_size
        self._floor = np.array([info.thresholds[name] for name in info.names], np.float32)
        self._input = InputBuffer()

    @classmethod
    def load(
        cls,
        path: Path | None = None,
        *,
        threads: int = 1,
        input_size: int | None = None,
        thresholds: Mapping[str, float] | None = None,
        backend: Choice = "cpu",
        sha256: str | None = None,
    ) -> "Detector":
        """From an ONNX file; None: the shipped one. `thresholds` go over the model's own.

        backend: what runs it; if that is not to be had the CPU does, with one warning in the log.
        sha256: of the file, lower case; None: not checked (the shipped one always is, against models/zoo.toml).
        Raises ModelError: missing, another sha256, not a detector. ConfigError: a threshold for a class that the model
        does not have.
        """
        path = find_model(path)
        if sha256 is not None:
            check_sha256(path, sha256)
        cpu = OnnxBackend(path, threads)
        info = ModelInfo.parse(cpu.metadata, path.name)
        check_network(cpu, info, path.name)
        if unknown := set(thresholds or {}) - set(info.names):
            raise ConfigError(
                f"detector.thresholds: unknown class {', '.join(sorted(unknown))}; allowed: {', '.join(info.names)}"
            )
        info = replace(info, thresholds={**info.thresholds, **(thresholds or {})})
        runner = choose(backend, path, threads, input_size or info.input_size, cpu)
        return cls(runner, info, input_size=input_size)

    @classmethod
    def configured(cls, config: "DetectorConfig") -> "Detector":
        """As the settings say. Raises what `load` does."""
        return cls.load(
            config.model,
            threads=config.threads,
            input_size=config.input_size,
            thresholds=config.thresholds,
            backend=config.backend,
            sha256=config.sha256,
        )

    @property
    def engine(self) -> Engine:
        """What the network really runs on."""
        return self._backend.engine

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
        output = self._backend.run(self._input.fill(image, box))[0]
        floor = relax * self._floor if min_score is None else np.full_like(self._floor, min_score)
        return decode(output, floor, self.info.nms_iou, box)


def decode(output: NDArray[np.float32], floor: NDArray[np.float32], nms_iou: float, box: Letterbox) -> Detections:
    """(4 + classes, A) raw output → detections. floor: (classes,) least score per class. NMS within each class."""
    scores = output[4:]
    # Ten times faster than np.nonzero of two dimensions.
    class_id, anchor = np.divmod(np.flatnonzero(scores >= floor[:, None]), scores.shape[1])
    confidence = scores[class_id, anchor]
    if len(confidence) > MAX_CANDIDATES:
        best = np.argpartition(-confidence, MAX_CANDIDATES)[:MAX_CANDIDATES]
        class_id, anchor, confidence = class_id[best], anchor[best], confidence[best]
    if not len(confidence):
        return Detections.empty()
    size = output[2:4, anchor]
    corner = output[:2, anchor] - size / 2
    keep = cv2.dnn.NMSBoxesBatched(
        np.concatenate((corner, size)).T.tolist(), confidence.tolist(), class_id.tolist(), 0.0, nms_iou
    )
    kept = np.asarray(keep, np.intp).reshape(-1)
    kept = kept[np.argsort(-confidence[kept], kind="stable")][:MAX_DETECTIONS]
    corner, size = corner[:, kept], size[:, kept]
    xyxy = box.to_picture(np.concatenate((corner, corner + size)).astype(np.float32).T)
    return Detections(xyxy, confidence[kept], class_id[kept])


def find_model(path: Path | None) -> Path:
    """The file, or the shipped one for None. Raises ModelError if there is none."""
    if path is None:
        return shipped_model()
    if not os.path.isfile(path):
        raise ModelError(f"{path}: no such model file")
    return path


def check_network(backend: OnnxBackend, info: ModelInfo, source: str) -> None:
    """Try one small picture. Raises ModelError: the file is an ONNX network, but not a detector of these classes."""
    try:
        output = backend.run(np.zeros(PROBE_SHAPE, np.float32))
    except Exception as error:  # noqa: BLE001 - onnxruntime raises many unrelated types
        raise ModelError(f"{source}: the model cannot be run on a picture: {first_line(error)}") from None
    rows = 4 + len(info.names)
    if output.ndim != 3 or output.shape[:2] != (1, rows) or not output.shape[2]:
        raise ModelError(f"{source}: the model's output should have shape (1, {rows}, anchors), it has {output.shape}")
    if not (np.isfinite(output).all() and output[:, 4:].min() >= 0 and output[:, 4:].max() <= 1):
        raise ModelError(f"{source}: the model's scores are not between 0 and 1")


def sha256_of(path: Path) -> str:
    """Of the whole file, lower case."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_sha256(path: Path, wanted: str) -> None:
    """Raises ModelError if the file is another one."""
    if (digest := sha256_of(path)) != wanted:
        raise ModelError(f"{path}: sha256 is {digest[:12]}…, expected {wanted[:12]}…: the file was changed")


def shipped_model() -> Path:
    """Path of the detector that travels with the package, checked. Raises ModelError: it is missing or was changed."""
    return zoo_model("shipped")


def zoo_model(role: str) -> Path:
    """Path of the model that models/zoo.toml names for this role (`shipped`: the detector), its sha256 checked.

    Raises ModelError: it is missing or its sha256 differs.
    """
    folder = Path(str(resources.files("models")))
    zoo = tomllib.loads((folder / "zoo.toml").read_text("utf-8"))
    entry = zoo["models"][zoo[role]]
    path: Path = folder / entry["file"]
    if not path.is_file():
        raise ModelError(f"{path}: the shipped model is missing; reinstall xinan")
    check_sha256(path, entry["sha256"])
    return path
