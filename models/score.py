"""Detection scores in plain numpy: average precision, recall and false pictures at a threshold, by source.

A prediction is (N, 6) float32 [x1, y1, x2, y2, score, class], a truth (N, 5) [class, x1, y1, x2, y2], in the
same pixels. Ignore boxes excuse a false positive that lies mostly inside them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.geometry import Floats, box_iou

INSIDE = 0.6  # share of a prediction inside an ignore box that excuses it


@dataclass(frozen=True, slots=True)
class Scored:
    """One picture after detection. `labelled`: classes whose missing boxes mean absence."""

    image: str
    source: str
    indoor: str
    labelled: frozenset[int]
    truth: Floats
    ignore: Floats
    found: Floats


@dataclass(frozen=True, slots=True)
class Matches:
    """One class over many pictures. score and hit: (N,) of all predictions, best first; truths: how many
    there are.
    """

    score: Floats
    hit: NDArray[np.bool_]
    truths: int


def match_picture(item: Scored, class_id: int, iou: float) -> tuple[Floats, NDArray[np.bool_], int]:
    """Greedy matching of one class: each truth is taken once, by the best-scored prediction that reaches
    `iou`.
    """
    found = item.found[item.found[:, 5] == class_id]
    found = found[np.argsort(-found[:, 4], kind="stable")]
    truth = item.truth[item.truth[:, 0] == class_id, 1:]
    overlap = box_iou(found[:, :4], truth) if len(truth) and len(found) else np.zeros((len(found), len(truth)))
    hit = np.zeros(len(found), bool)
    taken = np.zeros(len(truth), bool)
    for index in range(len(found)):
        free = np.where(taken, -1.0, overlap[index])
        if free.size and free.max() >= iou:
            hit[index] = taken[int(free.argmax())] = True
    excused = excused_by(found[:, :4], item.ignore[item.ignore[:, 0] == class_id, 1:])
    keep = hit | ~excused
    return found[keep, 4], hit[keep], len(truth)


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
    parts = [match_picture(item, class_id, iou) for item in items if class_id in item.labelled]
    if not parts:
        return Matches(np.zeros(0, np.float32), np.zeros(0, bool), 0)
    score = np.concatenate([part[0] for part in parts])
    hit = np.concatenate([part[1] for part in parts])
    order = np.argsort(-score, kind="stable")
    return Matches(score[order], hit[order], sum(part[2] for part in parts))


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


def recall_at(matches: Matches, threshold: float) -> float:
    """Share of true boxes found with a score of at least `threshold`."""
    if matches.truths == 0:
        return float("nan")
    return float((matches.hit & (matches.score >= threshold)).sum() / matches.truths)


def top_scores(items: Sequence[Scored], class_id: int) -> Floats:
    """(pictures,) best score of the class in each picture, 0 where there is none; ignore boxes excuse."""
    best = []
    for item in items:
        found = item.found[item.found[:, 5] == class_id]
        excused = excused_by(found[:, :4], item.ignore[item.ignore[:, 0] == class_id, 1:])
        scores = found[~excused, 4]
        best.append(float(scores.max()) if scores.size else 0.0)
    return np.asarray(best, np.float32)


def false_share(items: Sequence[Scored], class_id: int, threshold: float) -> float:
    """Share of pictures without the class in which something reaches the threshold."""
    empty = [item for item in items if class_id in item.labelled and not (item.truth[:, 0] == class_id).any()]
    return float((top_scores(empty, class_id) >= threshold).mean()) if empty else float("nan")


def picture_recall(items: Sequence[Scored], class_id: int, threshold: float) -> float:
    """Share of pictures with the class in which something of it reaches the threshold, wherever it is."""
    full = [item for item in items if (item.truth[:, 0] == class_id).any()]
    if not full:
        return float("nan")
    best = [float(item.found[item.found[:, 5] == class_id, 4].max(initial=0.0)) for item in full]
    return float((np.asarray(best) >= threshold).mean())


def threshold_for(items: Sequence[Scored], class_id: int, share: float, floor: float = 0.05) -> float:
    """The least score, not below `floor`, at which at most `share` of the pictures without the class are
    false.
    """
    empty = [item for item in items if class_id in item.labelled and not (item.truth[:, 0] == class_id).any()]
    scores = np.sort(top_scores(empty, class_id))[::-1]
    allowed = int(share * len(scores))
    if allowed >= len(scores):
        return floor
    return float(max(floor, scores[allowed] + 1e-3))


def select(items: Sequence[Scored], wanted: Callable[[Scored], bool]) -> list[Scored]:
    return [item for item in items if wanted(item)]
