"""Reading the gathered pictures: index, labels, what a missing label means, and the teacher's completion.

A picture says which classes are boxed exhaustively (`labelled`). For every other class "no box" means
nothing, so the training loss must not see background there. `complete` turns the teacher's boxes into extra
positives (confident), ignore boxes (doubtful) and, with both in place, background elsewhere.
"""

import csv
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
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
SIZE_NAMES: Final = ("small", "medium", "large")
SIZE_LIMITS: Final = (32.0**2, 96.0**2)


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


def parse_labels(text: str, width: float, height: float, classes: int = len(CLASSES)) -> Floats:
    """YOLO label lines to (N, 5) float32 [class, x1, y1, x2, y2] in pixels, clipped to the picture.

    A line is a class number and centre x, centre y, width, height, or the corners of a polygon (x y x y x y …), all
    0-1. Raises ValueError naming the line.
    """
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            rows.append(parse_label(line.split(), classes))
        except ValueError as error:
            raise ValueError(f"label line {number}: {error}") from None
    boxes = np.asarray(rows, np.float32).reshape(-1, 5)
    boxes[:, [1, 3]] = boxes[:, [1, 3]].clip(0, 1) * width
    boxes[:, [2, 4]] = boxes[:, [2, 4]].clip(0, 1) * height
    return boxes


def parse_label(fields: list[str], classes: int) -> list[float]:
    """One line as [class, x1, y1, x2, y2], 0-1."""
    if len(fields) != 5 and (len(fields) < 7 or len(fields) % 2 == 0):
        raise ValueError(f"expected 5 fields, got {len(fields)}")
    class_id, *values = (float(field) for field in fields)
    if not class_id.is_integer() or not 0 <= class_id < classes:
        raise ValueError(f"class {fields[0]} is not one of 0-{classes - 1}")
    if len(values) > 4:
        x1, y1, x2, y2 = min(values[::2]), min(values[1::2]), max(values[::2]), max(values[1::2])
    else:
        x, y, w, h = values
        x1, y1, x2, y2 = x - w / 2, y - h / 2, x + w / 2, y + h / 2
    if not (-0.5 <= x1 < x2 <= 1.5 and -0.5 <= y1 < y2 <= 1.5 and x1 < 1 and y1 < 1 and x2 > 0 and y2 > 0):
        raise ValueError("the box has no area inside the picture (numbers must be 0-1)")
    return [class_id, x1, y1, x2, y2]


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


def complete(row: Row, boxes: Floats, teacher: Floats | None) -> tuple[Floats, Floats, frozenset[int]]:
    """Add what the teacher saw of the classes nobody labelled here. None: no teacher looked.

    Returns boxes, ignore boxes (both (N, 5)) and the classes whose background may now be trained on. A
    labelled class is never touched: a wheelchair the teacher takes for a bicycle stays background.
    """
    if teacher is None:
        return boxes, np.zeros((0, 5), np.float32), row.safe
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


def load_sample(data: Path, row: Row, teacher: Floats | None) -> Sample:
    """Decode one picture and settle what may be learnt from it. Raises ValueError naming the file."""
    image = cv2.imread(str(data / row.image))
    if image is None:
        raise ValueError(f"{row.image} cannot be read")
    height, width = image.shape[:2]
    path = label_path(data, row.image)
    try:
        boxes = parse_labels(path.read_text("utf-8") if path.exists() else "", width, height)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if teacher is not None and row.source.startswith(LOOSE_EBIKES):
        boxes = tighten(boxes, teacher)
    boxes, ignore, known = complete(row, boxes, teacher)
    return Sample(row, np.asarray(image, np.uint8), boxes, ignore, known)


def load_rendered(folder: Path) -> Iterator[Sample]:
    """Rendered stills with exact labels: FOLDER/images/*.jpg|png and FOLDER/labels/*.txt, every class exhaustive
    unless FOLDER/truth/*.json names those that are (`labelled`). A composite's `note` is the real picture behind it.

    Raises ValueError naming the picture whose label or truth is damaged.
    """
    for path in sorted((folder / "images").iterdir()):
        label = folder / "labels" / f"{path.stem}.txt"
        image = cv2.imread(str(path)) if label.exists() else None
        if image is None:  # not finished yet
            continue
        picture = shrunk(np.asarray(image, np.uint8), RENDERED_SIDE)
        height, width = picture.shape[:2]
        truth = folder / "truth" / f"{path.stem}.json"
        try:
            boxes = parse_labels(label.read_text("utf-8"), width, height)
            known, background = known_of(truth), background_of(truth)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
        row = Row(f"rendered/{folder.name}/{path.name}", "rendered", "rendered", known, "1", background)
        yield Sample(row, picture, boxes, np.zeros((0, 5), np.float32), known)


def shrunk(image: Image, side: int) -> Image:
    """The picture with its long side at most `side` pixels."""
    longest = max(image.shape[:2])
    if longest <= side:
        return image
    height, width = (max(1, round(length * side / longest)) for length in image.shape[:2])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def known_of(truth: Path) -> frozenset[int]:
    """The classes that a rendered still boxes exhaustively: all, or those that its truth file lists."""
    labelled = json.loads(truth.read_text("utf-8")).get("labelled", CLASSES) if truth.exists() else CLASSES
    return frozenset(CLASSES.index(name) for name in labelled)


def background_of(truth: Path) -> str:
    """The file name of the real picture behind a composite; "" for what is rendered whole."""
    told = json.loads(truth.read_text("utf-8")) if truth.exists() else {}
    return str(told["light"]) if told.get("place") == "composite" else ""


def statistics(pictures: Iterable[tuple[str, Floats]]) -> dict[str, dict[str, Any]]:
    """(source, its boxes (N, 5)) of every picture -> source -> pictures and, by class, how many show it, its boxes and
    how many of those are small, medium or large (COCO's: below 32², below 96², the rest; square pixels).
    """
    table: dict[str, dict[str, Any]] = {}
    for source, boxes in pictures:
        entry = table.setdefault(source, {"pictures": 0, "classes": {}})
        entry["pictures"] += 1
        sizes = np.digitize((boxes[:, 3] - boxes[:, 1]) * (boxes[:, 4] - boxes[:, 2]), SIZE_LIMITS)
        for class_id in np.unique(boxes[:, 0]).astype(int):
            mine = sizes[boxes[:, 0] == class_id]
            counts = entry["classes"].setdefault(CLASSES[class_id], Counter())
            counts.update({"pictures": 1, "boxes": len(mine)})
            counts.update({name: int((mine == size).sum()) for size, name in enumerate(SIZE_NAMES)})
    return dict(sorted(table.items()))
