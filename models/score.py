"""Detection scores in plain numpy: average precision, recall and false pictures at a threshold.

A prediction is (N, 6) float32 [x1, y1, x2, y2, score, class], a truth (N, 5) [class, x1, y1, x2, y2], in the
same pixels. Ignore boxes excuse a false positive that lies mostly inside them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.figures import Share
from models.geometry import Floats, box_iou

INSIDE = 0.6  # share of a prediction inside an ignore box that excuses it
COCO_IOUS = tuple(np.linspace(0.5, 0.95, 10).round(2).tolist())


@dataclass(frozen=True, slots=True)
class Scored:
    """One picture after detection. `labelled`: classes whose missing boxes mean absence.

    light: as `models.lights` sorts it. scale: pixels of the network's input for one of the picture.
    """

    image: str
    source: str
    indoor: str
    labelled: frozenset[int]
    truth: Floats
    ignore: Floats
    found: Floats
    light: str = ""
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Pairs:
    """One class in one picture. found: (N, 6) predictions, best first; hit, excused: (N,) which of them took a true
    box, and which an ignore box excuses; truth: (M, 4) boxes; taken: (M,) which of them were found.
    """

    found: Floats
    hit: NDArray[np.bool_]
    excused: NDArray[np.bool_]
    truth: Floats
    taken: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Matches:
    """One class over many pictures. score and hit: (N,) of all predictions, best first; truths: how many
    there are.
    """

    score: Floats
    hit: NDArray[np.bool_]
    truths: int


def pair(item: Scored, class_id: int, iou: float, least: float = 0.0) -> Pairs:
    """Greedy matching of the predictions that score at least `least`: each truth is taken once, by the best-scored
    prediction that reaches `iou`.
    """
    found = item.found[(item.found[:, 5] == class_id) & (item.found[:, 4] >= least)]
    found = found[np.argsort(-found[:, 4], kind="stable")]
    truth = item.truth[item.truth[:, 0] == class_id, 1:]
    overlap = box_iou(found[:, :4], truth)
    hit = np.zeros(len(found), bool)
    taken = np.zeros(len(truth), bool)
    for index in range(len(found)) if len(truth) else ():
        free = np.where(taken, -1.0, overlap[index])
        if free.max() >= iou:
            hit[index] = taken[int(free.argmax())] = True
    excused = excused_by(found[:, :4], item.ignore[item.ignore[:, 0] == class_id, 1:])
    return Pairs(found, hit, excused & ~hit, truth, taken)


def excused_by(boxes: Floats, ignore: Floats) -> NDArray[np.bool_]:
    """(N,) whether more than `INSIDE` of each box lies in one ignore box."""
    if not len(boxes) or not len(ignore):
        return np.zeros(len(boxes), bool)
    low = np.maximum(boxes[:, None, :2], ignore[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], ignore[None, :, 2:])
    inter = (high - low).clip(0).prod(axis=2)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return np.asarray((inter / np.maximum(area, 1e-6)[:, None]).max(axis=1) > INSIDE)


def gather(items: Sequence[Scored], class_id: int, iou: float) -> Matches:
    """All predictions of one class over the pictures that label it exhaustively."""
    parts = [pair(item, class_id, iou) for item in items if class_id in item.labelled]
    if not parts:
        return Matches(np.zeros(0, np.float32), np.zeros(0, bool), 0)
    score = np.concatenate([part.found[~part.excused, 4] for part in parts])
    hit = np.concatenate([part.hit[~part.excused] for part in parts])
    order = np.argsort(-score, kind="stable")
    return Matches(score[order], hit[order], sum(len(part.truth) for part in parts))


def average_precision(matches: Matches) -> float:
    """Area under the precision-recall curve with the precision made monotone (VOC 2010, COCO without its
    101 points).
    """
    if matches.truths == 0:
        return float("nan")
    hits = matches.hit.cumsum()
    recall = np.concatenate([[0.0], hits / matches.truths])
    precision = np.concatenate([[1.0], hits / np.arange(1, len(hits) + 1)])
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall) * best[1:]).sum())


def precision_over_ious(items: Sequence[Scored], class_id: int) -> float:
    """AP50-95: the mean average precision over COCO's ten IoUs; NaN without a true box."""
    return float(np.mean([average_precision(gather(items, class_id, iou)) for iou in COCO_IOUS]))


def boxes_found(matches: Matches, threshold: float) -> Share:
    """True boxes found with a score of at least `threshold`."""
    return Share(int((matches.hit & (matches.score >= threshold)).sum()), matches.truths)


def without(items: Sequence[Scored], class_id: int) -> list[Scored]:
    """The pictures that are known to lack the class."""
    return [item for item in items if class_id in item.labelled and not (item.truth[:, 0] == class_id).any()]


def top_scores(items: Sequence[Scored], class_id: int) -> Floats:
    """(pictures,) best score of the class in each picture, 0 where there is none; ignore boxes excuse."""
    best = []
    for item in items:
        found = item.found[item.found[:, 5] == class_id]
        excused = excused_by(found[:, :4], item.ignore[item.ignore[:, 0] == class_id, 1:])
        scores = found[~excused, 4]
        best.append(float(scores.max()) if scores.size else 0.0)
    return np.asarray(best, np.float32)


def pictures_false(items: Sequence[Scored], class_id: int, threshold: float) -> Share:
    """Pictures without the class in which something reaches the threshold."""
    empty = without(items, class_id)
    return Share(int((top_scores(empty, class_id) >= threshold).sum()), len(empty))


def boxes_false(items: Sequence[Scored], class_id: int, threshold: float) -> int:
    """How many boxes reach the threshold in the pictures without the class."""
    pairs = [pair(item, class_id, 0.5, threshold) for item in without(items, class_id)]
    return sum(int((~part.excused).sum()) for part in pairs)


def pictures_found(items: Sequence[Scored], class_id: int, threshold: float) -> Share:
    """Pictures with the class in which something of it reaches the threshold, wherever it is."""
    full = [item for item in items if class_id in item.labelled and (item.truth[:, 0] == class_id).any()]
    best = [float(item.found[item.found[:, 5] == class_id, 4].max(initial=0.0)) for item in full]
    return Share(sum(score >= threshold for score in best), len(full))


def threshold_for(items: Sequence[Scored], class_id: int, share: float, floor: float = 0.05) -> float:
    """The least score, not below `floor`, at which at most `share` of the pictures without the class are
    false.
    """
    scores = np.sort(top_scores(without(items, class_id), class_id))[::-1]
    allowed = int(share * len(scores))
    if allowed >= len(scores):
        return floor
    return float(max(floor, scores[allowed] + 1e-3))


def select(items: Sequence[Scored], wanted: Callable[[Scored], bool]) -> list[Scored]:
    return [item for item in items if wanted(item)]
