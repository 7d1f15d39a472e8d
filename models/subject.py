"""A detector under measurement, and what it sees in still pictures and clips."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from models.classes import CLASSES, COCO_AS_OURS, FLAME
from models.clip import clip_frames
from models.data import Sample
from models.errors import WorkshopError
from models.geometry import Floats, Image, nms
from models.headlines import Limits
from models.lights import light_of
from models.progress import progress
from models.score import Scored
from vision.detector import Detector, find_model

MIN_SCORE: Final = 0.01
COCO_CLASSES, COCO_THRESHOLD = 80, 0.25
#: Clips not rebuilt from pictures that were trained on.
FOREIGN_CLIPS: Final = ("fireplace", "grass_fire", "kitchen_sink_fire", "nofire_")
NO_BOXES: Final = np.zeros((0, 5), np.float32)


class EvaluateError(WorkshopError):
    """Something that cannot be measured, or measured with."""


class Subject:
    """A detector under measurement, speaking our classes.

    known: the class numbers it can report; no other is measured. limits: class -> threshold, 0.25 for the COCO network.
    Raises EvaluateError for a model of other classes, ModelError for a file that is none.
    """

    def __init__(self, path: Path | None, threads: int, size: int | None) -> None:
        self.path = find_model(path)
        self.detector = Detector.load(self.path, threads=threads, input_size=size)
        self.name = self.path.stem
        self.input_size = size or self.detector.info.input_size
        self.ours = self.detector.names == CLASSES
        if not self.ours and len(self.detector.names) != COCO_CLASSES:
            names = ", ".join(self.detector.names)
            raise EvaluateError(f"{self.path}: its classes are {names}; wanted: {', '.join(CLASSES)}, or COCO's 80")
        self.known = frozenset(range(len(CLASSES)) if self.ours else COCO_AS_OURS.values())
        own = {name: float(value) for name, value in self.detector.thresholds.items()}
        self.limits: Limits = own if self.ours else dict.fromkeys(CLASSES, COCO_THRESHOLD)

    def detect(self, image: Image) -> Floats:
        """(N, 6) rows [x1, y1, x2, y2, score, class] of an (H, W, 3) BGR picture, in its pixels."""
        rows = rows_of(self.detector, image)
        return rows if self.ours else as_ours(rows)


def rows_of(detector: Detector, image: Image) -> Floats:
    """(N, 6) rows [x1, y1, x2, y2, score, class of the detector], however doubtful."""
    found = detector.detect(image, min_score=MIN_SCORE)
    return np.column_stack([found.xyxy, found.confidence, found.class_id]).astype(np.float32)


def as_ours(rows: Floats) -> Floats:
    """COCO class numbers to ours; what has no counterpart is dropped, classes that fall together are suppressed once
    more.
    """
    ours = np.asarray([COCO_AS_OURS.get(int(c), -1) for c in rows[:, 5]], np.float32)
    kept: list[Floats] = []
    for class_id in np.unique(ours[ours >= 0]):
        part = rows[ours == class_id].copy()
        part[:, 5] = class_id
        kept.append(part[nms(part[:, :4], part[:, 4], 0.6)])
    return np.concatenate(kept) if kept else np.zeros((0, 6), np.float32)


def detect_all(subject: Subject, samples: Sequence[Sample]) -> list[Scored]:
    """Detections on every picture."""
    return [score(subject, sample) for sample in progress(samples, f"{subject.name}, pictures")]


def score(subject: Subject, sample: Sample) -> Scored:
    row, scale = sample.row, subject.input_size / max(sample.image.shape[:2])
    found, light = subject.detect(sample.image), light_of(sample.image)
    labelled = row.safe & subject.known
    return Scored(row.image, row.source, row.indoor, labelled, sample.boxes, sample.ignore, found, light, scale)


def clips(subject: Subject, folder: Path) -> list[Scored]:
    """One `Scored` a second of every foreign flame clip. Burning frames have one box: the whole picture."""
    listing = folder / "truth.csv"
    if not listing.is_file():
        raise EvaluateError(f"{folder}: truth.csv is missing; --clips wants the folder of flame clips")
    with listing.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if missing := {"file", "has_fire", "fire_start_s", "fire_end_s"} - set(reader.fieldnames or ()):
            raise EvaluateError(f"{listing}: no column {', '.join(sorted(missing))}")
        rows = [row for row in reader if row["file"].startswith(FOREIGN_CLIPS)]
    items = []
    for row in progress(rows, f"{subject.name}, clips"):
        for at_s, image in clip_frames(folder / row["file"]):
            height, width = image.shape[:2]
            burning = row["has_fire"] == "1" and float(row["fire_start_s"]) <= at_s <= float(row["fire_end_s"])
            truth = np.asarray([[FLAME, 0, 0, width, height]], np.float32) if burning else NO_BOXES
            name, found = f"{row['file']}@{at_s:.0f}", subject.detect(image)
            items.append(Scored(name, f"clip/{row['file']}", "", frozenset({FLAME}), truth, NO_BOXES, found))
    return items
