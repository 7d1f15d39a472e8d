"""Detection in still pictures, as COCO-style results."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from streams.disk import replace_text
from streams.errors import SourceError
from streams.folder import media_files, printable
from streams.image_file import PICTURE_SUFFIXES, read_image
from vision.config import DetectorConfig
from vision.detections import Detections
from vision.detector import Detector
from vision.errors import ConfigError, VisionError

Still = tuple[Path, str]
"""A picture's path, and the name by which results speak of it."""


def find_stills(paths: Sequence[Path]) -> list[Still]:
    """Files as given, by their names; of a folder every picture below it, by its path from there. In natural order."""
    return [still for path in paths for still in (_below(path) if os.path.isdir(path) else [(path, path.name)])]


def _below(folder: Path) -> list[Still]:
    files = [path for path in media_files(folder) if path.suffix.lower() in PICTURE_SUFFIXES]
    return [(path, path.relative_to(folder).as_posix()) for path in files]


def detect_stills(
    stills: Sequence[Still], config: DetectorConfig, min_score: float, on_done: Callable[[], None]
) -> tuple[list[dict[str, Any]], list[str], bool]:
    """Results, one line per picture that could not be read, and whether Ctrl-C ended it early.

    on_done: called after each picture. Raises ModelError.
    """
    detector = Detector.configured(config)
    results: list[dict[str, Any]] = []
    problems: list[str] = []
    try:
        for path, name in stills:
            try:
                detections = detector.detect(read_image(path), min_score=min_score)
            except SourceError as error:
                problems.append(str(error))
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one picture, the others are to be done
                problems.append(f"{path}: internal error: {type(error).__name__}: {error}")
            else:
                results += coco_results(printable(name), detections, detector)
            on_done()
    except KeyboardInterrupt:
        return results, problems, True
    return results, problems, False


def coco_results(file_name: str, detections: Detections, detector: Detector) -> list[dict[str, Any]]:
    """One dictionary a box: x, y, width, height in pixels of the original picture."""
    found = []
    for xyxy, score, class_id in zip(
        detections.xyxy.tolist(), detections.confidence.tolist(), detections.class_id.tolist(), strict=True
    ):
        category = detector.names[class_id]
        x1, y1, x2, y2 = xyxy
        found.append(
            {
                "file_name": file_name,
                "category": category,
                "bbox": [round(x1, 2), round(y1, 2), round(x2 - x1, 2), round(y2 - y1, 2)],
                "score": round(score, 5),
                "threshold": detector.thresholds[category],
            }
        )
    return found


def require_writable(file: Path, stills: Sequence[Still]) -> None:
    """Raises ConfigError naming the file when it cannot be written or is one of the pictures; asks before the work."""
    # os.path, not Path: a name too long for the system is "not there" to it instead of an exception.
    if os.path.exists(file) and not os.path.isfile(file):
        raise ConfigError(f"--out {file}: is not a regular file")
    if os.path.exists(file) and any(os.path.exists(path) and file.samefile(path) for path, _ in stills):
        raise ConfigError(f"--out {file}: is one of the pictures")
    try:
        file = file.resolve()
        file.parent.mkdir(parents=True, exist_ok=True)
        probe = file.with_name(f".{file.name}.part")
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise ConfigError(f"--out {file}: cannot be written: {(error.strerror or str(error)).lower()}") from None


def write_results(file: Path, results: Sequence[dict[str, Any]]) -> None:
    """The JSON list, beside the file first and then in its place. Raises VisionError when it cannot be written."""
    try:
        replace_text(file.resolve(), json.dumps(results, ensure_ascii=False))  # through a link to its target
    except OSError as error:
        raise VisionError(f"--out {file}: cannot be written: {(error.strerror or str(error)).lower()}") from None
