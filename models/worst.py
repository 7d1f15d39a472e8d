"""The pictures a detector gets most wrong, as a list and, on request, as a contact sheet.

Four kinds of error: a flame or e-bike that is missed, and one that is seen where none is. Badness is told within a
kind, 0-1: of a miss how far the best score on the true box stays below the threshold (1: nothing lies there), of a
false box how far it goes beyond (1: entirely sure). The kinds take turns, worst first, so that none crowds out the
others; a picture appears once, with its worst error.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from models.classes import CLASSES, EBIKE, FLAME
from models.confusion import TOUCHING, overlaps
from models.data import Sample
from models.figures import rounded
from models.geometry import Floats, Image, box_iou
from models.score import Pairs, Scored, pair
from models.sheet import COLOURS, corners, fitted, outline, save, write

WORST: Final = 50
#: Class -> IoU from which a true box counts as found: the outline of a flame is a matter of taste.
FOUND_IOU: Final = {FLAME: 0.3, EBIKE: 0.5}
TILE_W, TILE_H, CAPTION, COLUMNS = 400, 300, 22, 5


@dataclass(frozen=True, slots=True)
class Error:
    """One error. score: of the false box, or the best one on the missed box, 0 for none."""

    image: str
    kind: str
    class_name: str
    score: float
    badness: float

    def entry(self) -> dict[str, Any]:
        """For the results file."""
        return {**asdict(self), "score": rounded(self.score), "badness": rounded(self.badness)}


def worst(items: Sequence[Scored], limits: Mapping[str, float], count: int = WORST) -> list[Error]:
    """Up to `count` pictures by their worst error, in the order told above; ties by name."""
    ranks: list[list[Error]] = []
    for class_id in FOUND_IOU:
        errors = [error for item in items for error in errors_of(item, class_id, limits[CLASSES[class_id]])]
        for kind in ("missed", "false"):
            of_kind = [error for error in errors if error.kind == kind]
            ranks.append(sorted(of_kind, key=lambda error: (-error.badness, error.image)))
    chosen: dict[str, Error] = {}
    for error in (error for turn in zip_longest(*ranks) for error in turn if error):
        chosen.setdefault(error.image, error)
    return list(chosen.values())[:count]


def errors_of(item: Scored, class_id: int, threshold: float) -> Iterator[Error]:
    """The missed and false boxes of a class in one picture; a false box that overlaps a true one by 0.1 is a poor box
    of it and none of these.
    """
    if class_id not in item.labelled:
        return
    name, pairs = CLASSES[class_id], pair(item, class_id, FOUND_IOU[class_id], threshold)
    for box in pairs.truth[~pairs.taken]:
        score = min(best_on(box, item, class_id), threshold)
        yield Error(item.image, "missed", name, score, 1 - score / threshold)
    for score in false_scores(pairs):
        yield Error(item.image, "false", name, score, (score - threshold) / (1 - threshold))


def best_on(box: Floats, item: Scored, class_id: int) -> float:
    """The best score of the class on a true box (4,), 0 for none."""
    found = item.found[item.found[:, 5] == class_id]
    near = box_iou(box[None], found[:, :4])[0] >= FOUND_IOU[class_id]
    return float(found[near, 4].max(initial=0.0))


def false_scores(pairs: Pairs) -> list[float]:
    false = pairs.found[~pairs.hit & ~pairs.excused]
    scores: list[float] = false[~overlaps(false[:, :4], pairs.truth, TOUCHING), 4].tolist()
    return scores


def write_sheet(
    out: Path, errors: Sequence[Error], items: Sequence[Scored], samples: Sequence[Sample], limits: Mapping[str, float]
) -> None:
    """A JPEG of the pictures with their true boxes (thin), ignore boxes (dashed) and predictions. Raises OSError where
    it cannot be written.
    """
    scored = {item.image: item for item in items}
    images = {sample.row.image: sample.image for sample in samples}
    tiles = [tile(images[error.image], scored[error.image], error, limits) for error in errors]
    tiles = tiles or [np.zeros((TILE_H + CAPTION, TILE_W, 3), np.uint8)]
    save([tiles[index : index + COLUMNS] for index in range(0, len(tiles), COLUMNS)], out, COLUMNS)


def tile(image: Image, item: Scored, error: Error, limits: Mapping[str, float]) -> Image:
    """(TILE_H + CAPTION, TILE_W, 3): the picture as large as fits, its boxes, and what is wrong."""
    canvas = np.zeros((TILE_H + CAPTION, TILE_W, 3), np.uint8)
    small, scale = fitted(image, TILE_W, TILE_H)
    outline(small, item.truth, item.ignore, scale)
    for *box, score, class_id in item.found.tolist():
        name = CLASSES[int(class_id)]
        if score >= limits[name]:
            (x, y), end = corners(box, scale)
            cv2.rectangle(small, (x, y), end, COLOURS[name], 2)
            write(small, f"{name} {score:.2f}", (x + 2, max(y - 3, 10)), COLOURS[name])
    canvas[: small.shape[0], : small.shape[1]] = small
    caption = f"{error.kind} {error.class_name} {error.score:.2f}  {Path(error.image).name}"
    write(canvas, caption, (4, TILE_H + CAPTION - 7), (255, 255, 255))
    return canvas
