"""Boxes in plain numpy. Boxes are (N, 4) float32 xyxy in pixels unless said otherwise."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Image = NDArray[np.uint8]


def box_iou(a: Floats, b: Floats) -> Floats:
    """(N, M) intersection over union of boxes a (N, 4) and b (M, 4)."""
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.clip(bottom_right - top_left, 0, None).prod(axis=2)
    area_a = np.clip(a[:, 2:] - a[:, :2], 0, None).prod(axis=1)
    area_b = np.clip(b[:, 2:] - b[:, :2], 0, None).prod(axis=1)
    union = area_a[:, None] + area_b[None, :] - inter
    return np.asarray(inter / np.maximum(union, 1e-9), np.float32)


def nms(xyxy: Floats, scores: Floats, iou: float) -> NDArray[np.int64]:
    """Indices kept by greedy suppression of one class, best first."""
    order = np.argsort(-scores, kind="stable")
    keep: list[int] = []
    while order.size:
        best = int(order[0])
        keep.append(best)
        overlap = box_iou(xyxy[best : best + 1], xyxy[order[1:]])[0]
        order = order[1:][overlap <= iou]
    return np.asarray(keep, np.int64)


def decode(output: Floats, min_score: float, iou: float) -> Floats:
    """One picture's raw output (4 + nc, A) to (N, 6) rows [x1, y1, x2, y2, score, class] in input pixels,
    best first.

    A place may carry several classes: suppression is per class, as in ultralytics' multi-label validation.
    """
    scores = output[4:]
    class_id, anchor = np.nonzero(scores > min_score)
    if anchor.size == 0:
        return np.zeros((0, 6), np.float32)
    confidence = scores[class_id, anchor]
    centre, size = output[:2, anchor].T, output[2:4, anchor].T
    xyxy = np.concatenate([centre - size / 2, centre + size / 2], axis=1)
    kept = [
        index[nms(xyxy[index], confidence[index], iou)]
        for index in (np.flatnonzero(class_id == c) for c in np.unique(class_id))
    ]
    keep = np.concatenate(kept)
    rows = np.column_stack([xyxy[keep], confidence[keep], class_id[keep]]).astype(np.float32)
    return np.asarray(rows[np.argsort(-rows[:, 4], kind="stable")], np.float32)
