"""Reading the gathered pictures: index, labels, what a missing label means, and the teacher's completion.

A picture says which classes are boxed exhaustively (`labelled`). For every other class "no box" means
nothing, so the training loss must not see background there. `complete` turns the teacher's boxes into extra
positives (confident), ignore boxes (doubtful) and, with both in place, background elsewhere.
"""

import csv
import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import cv2
import numpy as np

from models.classes import (
    BICYCLE,
    CABLE,
    CLASSES,
    CLUTTER,
    COCO_DOUBTS,
    COCO_TEACHES,
    EBIKE,
    FLAME,
    PERSON,
)
from models.geometry import Floats, Image, box_iou

Fold = Literal["train", "val", "out"]
HOLDOUT: Final = Path(__file__).with_name("holdout.txt")

#: Sources whose pictures were looked through and hold no flame (or no charging cable) though nobody labelled
#: it.
SAFE_BACKGROUND: Final[dict[str, frozenset[int]]] = {
    "ebike/voc2007": frozenset({FLAME, CABLE}),
    "ebike/wheelchair": frozenset({FLAME, CABLE}),
    "ebike/lift_photos": frozenset({FLAME}),
    "ebike2/nervewastaken": frozenset({FLAME, CABLE}),
    "ebike2/bhavana4790": frozenset({FLAME, CABLE}),
    "ebike2/jerryshen0523": frozenset({FLAME, CABLE, EBIKE}),
    "ebike2/quan": frozenset({FLAME}),
    "ebike2/dinhtuan": frozenset({FLAME}),
    "ebike2/SYNTHETIC": frozenset({FLAME}),
    "clutter/ScottHodg": frozenset({FLAME, CABLE}),
    "clutter/lexra": frozenset({FLAME}),
    "clutter/m4nh": frozenset({FLAME, EBIKE, BICYCLE, PERSON}),
}

#: Photos with a fire that nobody boxed (a fireplace, candles), among those that are said to have none.
UNBOXED_FIRES: Final = frozenset({"voc2007_000250", "voc2007_001875"})

#: Sources whose e-bike boxes take in the rider: the teacher's tighter box replaces them where both agree.
LOOSE_EBIKES: Final = "ebike2/nervewastaken"

#: Sources that box the bag but not the chairs and tables around it, though they call clutter exhaustive.
FURNITURE_UNBOXED: Final = "clutter/ScottHodg"

TEACHER_SURE, TEACHER_DOUBT = 0.5, 0.1
SAME_OBJECT_IOU = 0.5
RENDERED_SIDE = 480  # pixels; the gathered pictures are no larger


@dataclass(frozen=True, slots=True)
class Row:
    """One line of index.csv. `image` is relative to the data folder; `labelled` holds class numbers."""

    image: str
    set: str
    source: str
    labelled: frozenset[int]
    indoor: str
    note: str

    @property
    def safe(self) -> frozenset[int]:
        """Classes whose absence of boxes means absence, by label or by our own judgement of the source."""
        extra = (classes for prefix, classes in SAFE_BACKGROUND.items() if self.source.startswith(prefix))
        safe = self.labelled.union(*extra)
        return safe - {FLAME} if Path(self.image).stem in UNBOXED_FIRES else safe


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture with what may be learnt from it.

    boxes and ignore: (N, 5) float32 rows [class, x1, y1, x2, y2] in pixels of the picture. Inside an ignore
    box the class has no background; `known` are the classes that have background everywhere else.
    """

    row: Row
    image: Image
    boxes: Floats
    ignore: Floats
    known: frozenset[int]


def shared_data() -> Path | None:
    """The gathered data: `$XINAN_SHARED/data`, else `../shared/data` beside the repository, else None."""
    root = os.environ.get("XINAN_SHARED")
    folder = (Path(root) if root else Path(__file__).resolve().parents[2] / "shared") / "data"
    return folder if (folder / "index.csv").exists() else None


def read_index(data: Path) -> list[Row]:
    """All lines of index.csv, in file order."""
    with (data / "index.csv").open(newline="", encoding="utf-8") as file:
        return [
            Row(
                image=line["image"],
                set=line["set"],
                source=line["source"],
                labelled=frozenset(CLASSES.index(name) for name in line["labelled"].split()),
                indoor=line["indoor"],
                note=line["note"],
            )
            for line in csv.DictReader(file)
        ]


def parse_labels(text: str, width: int, height: int) -> Floats:
    """YOLO label lines (class, centre x, centre y, width, height; 0-1) to (N, 5) [class, x1, y1, x2, y2]
    in pixels.
    """
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        fields = line.split()
        if len(fields) != 5:
            raise ValueError(f"label line {number}: expected 5 fields, got {len(fields)}")
        class_id, x, y, w, h = (float(value) for value in fields)
        if class_id != int(class_id) or not 0 <= class_id < len(CLASSES):
            raise ValueError(f"label line {number}: class {fields[0]} is not one of 0-{len(CLASSES) - 1}")
        rows.append([class_id, x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    boxes = np.asarray(rows, np.float32).reshape(-1, 5)
    boxes[:, [1, 3]] = boxes[:, [1, 3]].clip(0, 1) * width
    boxes[:, [2, 4]] = boxes[:, [2, 4]].clip(0, 1) * height
    return boxes


def label_path(data: Path, image: str) -> Path:
    return (data / image.replace("images/", "labels/", 1)).with_suffix(".txt")


def read_holdout(path: Path = HOLDOUT) -> dict[str, Fold]:
    """image -> fold for every picture kept out of training; pictures not named are trained on."""
    folds: dict[str, Fold] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            fold, image = line.split()
            if fold not in ("val", "out"):
                raise ValueError(f"{path.name}: fold {fold!r} is neither val nor out")
            folds[image] = "val" if fold == "val" else "out"
    return folds


def read_teacher(path: Path) -> dict[str, Floats]:
    """image -> (N, 6) rows [x1, y1, x2, y2, score, COCO class] in pixels, as `models.teacher` wrote them."""
    stored: dict[str, Any] = json.loads(path.read_text())
    return {image: np.asarray(rows, np.float32).reshape(-1, 6) for image, rows in stored.items()}


def complete(row: Row, boxes: Floats, teacher: Floats) -> tuple[Floats, Floats, frozenset[int]]:
    """Add what the teacher saw of the classes nobody labelled here.

    Returns boxes, ignore boxes (both (N, 5)) and the classes whose background may now be trained on. A
    labelled class is never touched: a wheelchair the teacher takes for a bicycle stays background.
    """
    teachable = set(COCO_TEACHES.values()) - row.safe
    added: list[list[float]] = []
    ignore: list[list[float]] = []
    for x1, y1, x2, y2, score, coco in teacher.tolist():
        taught, doubted = COCO_TEACHES.get(int(coco)), COCO_DOUBTS.get(int(coco))
        ours = taught if taught is not None else doubted
        furniture = ours == CLUTTER and row.source.startswith(FURNITURE_UNBOXED)
        if ours is None or not (furniture or ours in teachable) or score < TEACHER_DOUBT:
            continue
        mine = boxes[boxes[:, 0] == ours, 1:]
        one = np.asarray([[x1, y1, x2, y2]], np.float32)
        if mine.size and box_iou(one, mine).max() > SAME_OBJECT_IOU:
            continue
        sure = taught is not None and score >= TEACHER_SURE and not furniture
        target = added if sure else ignore
        target.append([ours, x1, y1, x2, y2])
    both = np.concatenate([boxes, np.asarray(added, np.float32).reshape(-1, 5)])
    return both, np.asarray(ignore, np.float32).reshape(-1, 5), row.safe | teachable


def tighten(boxes: Floats, teacher: Floats) -> Floats:
    """Replace an e-bike box by the teacher's motorcycle box where they overlap by half: riders drop out
    of the box.
    """
    bikes = teacher[(teacher[:, 5] == 3) & (teacher[:, 4] >= 0.4)]
    if not len(bikes):
        return boxes
    out = boxes.copy()
    for index in np.flatnonzero(boxes[:, 0] == EBIKE):
        overlap = box_iou(boxes[index : index + 1, 1:], bikes[:, :4])[0]
        if overlap.max() >= SAME_OBJECT_IOU:
            out[index, 1:] = bikes[int(overlap.argmax()), :4]
    return out


def load_sample(data: Path, row: Row, teacher: Floats) -> Sample:
    """Decode one picture and settle what may be learnt from it."""
    image = cv2.imread(str(data / row.image))
    if image is None:
        raise ValueError(f"{row.image} cannot be read")
    height, width = image.shape[:2]
    path = label_path(data, row.image)
    boxes = parse_labels(path.read_text() if path.exists() else "", width, height)
    if row.source.startswith(LOOSE_EBIKES):
        boxes = tighten(boxes, teacher)
    boxes, ignore, known = complete(row, boxes, teacher)
    return Sample(row, np.asarray(image, np.uint8), boxes, ignore, known)


def load_fold(data: Path, teacher_file: Path, fold: Fold, apart: tuple[str, ...] = ()) -> list[Sample]:
    """All samples of one fold, decoded into memory (about 0.4 MB a picture).

    Sources that begin with one of `apart` are held out whole: all their pictures are in "val".
    """
    holdout, teacher = read_holdout(), read_teacher(teacher_file)
    nothing = np.zeros((0, 6), np.float32)
    return [
        load_sample(data, row, teacher.get(row.image, nothing))
        for row in read_index(data)
        if ("val" if row.source.startswith(apart) else holdout.get(row.image, "train")) == fold
    ]


def load_rendered(folder: Path) -> list[Sample]:
    """Rendered stills with exact labels: FOLDER/images/*.jpg|png and FOLDER/labels/*.txt, every class exhaustive
    unless FOLDER/truth/*.json names those that are (`labelled`).
    """
    samples = []
    for path in sorted((folder / "images").iterdir()):
        label = folder / "labels" / f"{path.stem}.txt"
        image = cv2.imread(str(path)) if label.exists() else None
        if image is None:  # not finished yet
            continue
        longest = max(image.shape[:2])
        if longest > RENDERED_SIDE:
            scale = RENDERED_SIDE / longest
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        height, width = image.shape[:2]
        boxes = parse_labels(label.read_text(), width, height)
        known = known_of(folder / "truth" / f"{path.stem}.json")
        row = Row(path.name, "rendered", "rendered", known, "1", "")
        nothing = np.zeros((0, 5), np.float32)
        samples.append(Sample(row, np.asarray(image, np.uint8), boxes, nothing, known))
    return samples


def known_of(truth: Path) -> frozenset[int]:
    """The classes that a rendered still boxes exhaustively: all, or those that its truth file lists."""
    labelled = json.loads(truth.read_text("utf-8")).get("labelled", CLASSES) if truth.exists() else CLASSES
    return frozenset(CLASSES.index(name) for name in labelled)


def statistics(samples: list[Sample]) -> dict[str, dict[str, int]]:
    """source -> pictures and boxes per class, for the model card."""
    table: dict[str, Counter[str]] = {}
    for sample in samples:
        counts = table.setdefault(sample.row.source, Counter())
        counts["pictures"] += 1
        counts.update(CLASSES[int(c)] for c in sample.boxes[:, 0])
    return {source: dict(counts) for source, counts in sorted(table.items())}
