"""What `xinan verdicts` wrote, read back: a site's pictures with what operators said of one place in each.

A verdict speaks of one class at one place. Everything else in the picture is unknown, and so is the same place in the
camera's other pictures: the lamp that was called a flame once hangs there in all of them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.augment import affine_boxes, clip_boxes
from models.classes import CLASSES
from models.data import parse_labels, read_index
from models.errors import WorkshopError
from models.geometry import Floats, Image
from vision.incidents import SAME_PLACE

NOTHING: Final = np.zeros((0, 5), np.float32)


class LessonError(WorkshopError):
    """A folder that is no export of verdicts, or one that cannot be read."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A picture and what is known of it. real, false, doubt: (N, 5) float32 [class, x1, y1, x2, y2] in pixels.

    real: the class is there. false: it is not. doubt: it may look as if it were; nothing is to be learnt there.
    """

    image: Image
    name: str = ""
    source: str = ""
    real: Floats = field(default_factory=lambda: NOTHING)
    false: Floats = field(default_factory=lambda: NOTHING)
    doubt: Floats = field(default_factory=lambda: NOTHING)


def read_lessons(folder: Path) -> list[Lesson]:
    """All judged pictures of an export, in its order. Raises LessonError naming the file."""
    if not (folder / "index.csv").is_file():
        raise LessonError(f"{folder} is no export of verdicts: index.csv is missing; make one with `xinan verdicts`")
    try:
        names = (folder / "classes.txt").read_text("utf-8").split()
        rows = read_index(folder)
    except (OSError, KeyError, ValueError) as error:
        raise LessonError(f"{folder}: the export cannot be read: {error}") from None
    if tuple(names) != CLASSES:
        raise LessonError(f"{folder / 'classes.txt'}: {' '.join(names)}; needed: {' '.join(CLASSES)}")
    if not rows:
        raise LessonError(f"{folder / 'index.csv'}: names no picture")
    return with_doubts([_read(folder, row.image, row.source) for row in rows])


def _read(folder: Path, name: str, source: str) -> Lesson:
    image = cv2.imread(str(folder / name))
    if image is None:
        raise LessonError(f"{folder / name}: no picture")
    height, width = image.shape[:2]
    boxes = []
    for kind in ("labels", "false"):
        path = folder / kind / f"{Path(name).stem}.txt"
        try:
            boxes.append(parse_labels(path.read_text("utf-8"), width, height))
        except (OSError, ValueError) as error:
            raise LessonError(f"{path}: {error}") from None
    return Lesson(np.asarray(image, np.uint8), name, source, *boxes)


def with_doubts(lessons: Sequence[Lesson]) -> list[Lesson]:
    """Every lesson with the false boxes of its camera's other pictures as doubts."""
    return [
        replace(one, doubt=doubts_in(one.image, [other for other in lessons if other.source == one.source]))
        for one in lessons
    ]


def doubts_in(image: Image, lessons: Sequence[Lesson]) -> Floats:
    """The false boxes of these lessons, scaled to another picture of the same view."""
    height, width = image.shape[:2]
    scaled = [
        one.false * np.asarray([1, width / w, height / h, width / w, height / h], np.float32)
        for one in lessons
        for h, w in [one.image.shape[:2]]
    ]
    return np.concatenate([NOTHING, *scaled]).astype(np.float32)


def lessons_hash(folder: Path) -> str:
    """sha256 over the export's index, labels and pictures, in name order."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def same_place(boxes: Floats, judged: Floats) -> NDArray[np.bool_]:
    """(N,) which of the (N, 4) boxes the run time would take for the thing at `judged` (4,): as in
    `vision.incidents`, the smaller lies in the larger by half.
    """
    inter = np.minimum(boxes[:, 2:], judged[2:]) - np.maximum(boxes[:, :2], judged[:2])
    smaller = np.minimum((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), (judged[2:] - judged[:2]).prod())
    return np.asarray(inter.clip(0).prod(axis=1) >= SAME_PLACE * np.maximum(smaller, 1e-6))


def disturbed(lesson: Lesson, rng: Generator, least: float = 0.9) -> Lesson:
    """The lesson as the camera may show it another day: moved and scaled a little, mirrored, lit otherwise, noisy.

    least: the smallest scale; a small one makes what is easily seen hard to see. Of what the border cuts to a sliver
    nothing is to be learnt: it becomes a doubt.
    """
    height, width = lesson.image.shape[:2]
    scale, mirror = float(np.exp(rng.uniform(np.log(least), 0.1))), -1.0 if rng.random() < 0.5 else 1.0
    shift = rng.uniform(-0.05, 0.05, 2) * (width, height)
    centre = np.asarray([width, height]) / 2
    linear = np.diag([scale * mirror, scale])
    matrix = np.column_stack([linear, centre - linear @ centre + shift]).astype(np.float32)
    moved = cv2.warpAffine(lesson.image, matrix, (width, height), borderValue=(114, 114, 114))
    lit = 255 * (moved.astype(np.float32) / 255) ** float(np.exp(rng.uniform(-0.35, 0.35)))
    noisy = lit + rng.normal(0, rng.uniform(0, 8), lit.shape)
    (real, cut), (false, cut_false), doubts = (
        clip_boxes(affine_boxes(boxes, matrix), width, height) for boxes in (lesson.real, lesson.false, lesson.doubt)
    )
    doubt = np.concatenate([*doubts, cut, cut_false])
    return replace(lesson, image=noisy.clip(0, 255).astype(np.uint8), real=real, false=false, doubt=doubt)
