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
from models.synth.sheet import COLOURS

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
    tiles += [np.zeros((TILE_H + CAPTION, TILE_W, 3), np.uint8)] * (-len(tiles) % COLUMNS or (not tiles) * COLUMNS)
    rows = [np.hstack(tiles[index : index + COLUMNS]) for index in range(0, len(tiles), COLUMNS)]
    done, data = cv2.imencode(".jpg", np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, 88])
    if not done:
        raise OSError(f"{out}: cannot be encoded")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data.tobytes())


def tile(image: Image, item: Scored, error: Error, limits: Mapping[str, float]) -> Image:
    """(TILE_H + CAPTION, TILE_W, 3): the picture as large as fits, its boxes, and what is wrong."""
    height, width = image.shape[:2]
    scale = min(TILE_W / width, TILE_H / height)
    canvas = np.zeros((TILE_H + CAPTION, TILE_W, 3), np.uint8)
    small = cv2.resize(image, (int(width * scale), int(height * scale)), interpolation=cv2.INTER_AREA)
    for class_id, *box in item.ignore.tolist():
        dashed(small, corners(box, scale), COLOURS[CLASSES[int(class_id)]])
    for class_id, *box in item.truth.tolist():
        cv2.rectangle(small, *corners(box, scale), COLOURS[CLASSES[int(class_id)]], 1)
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


def corners(box: Sequence[float], scale: float) -> tuple[tuple[int, int], tuple[int, int]]:
    x1, y1, x2, y2 = (round(value * scale) for value in box)
    return (x1, y1), (x2, y2)


def dashed(image: Any, box: tuple[tuple[int, int], tuple[int, int]], colour: tuple[int, int, int]) -> None:
    """A rectangle of dots, 4 px apart."""
    (x1, y1), (x2, y2) = box
    x2, y2 = min(x2, image.shape[1] - 1), min(y2, image.shape[0] - 1)
    for y in (y1, y2):
        image[y, x1 : x2 + 1 : 4] = colour
    for x in (x1, x2):
        image[y1 : y2 + 1 : 4, x] = colour


def write(image: Any, text: str, at: tuple[int, int], colour: tuple[int, int, int]) -> None:
    """Text that can be read on anything."""
    for shade, width in (((0, 0, 0), 3), (colour, 1)):
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, shade, width, cv2.LINE_AA)
