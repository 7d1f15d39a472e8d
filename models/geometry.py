"""Boxes and letterboxing in plain numpy. Boxes are (N, 4) float32 xyxy in pixels unless said otherwise."""

from typing import Any

import cv2
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


def letterbox(image: Image, long_side: int, stride: int = 32) -> tuple[Image, float, int, int]:
    """Scale to `long_side`, then pad to the smallest multiple of `stride`.

    image: (H, W, 3) uint8. Returns the padded picture, the scale and the left and top padding in pixels.
    """
    height, width = image.shape[:2]
    scale = long_side / max(height, width)
    new_w, new_h = max(1, round(width * scale)), max(1, round(height * scale))
    pad_w, pad_h = -new_w % stride, -new_h % stride
    left, top = pad_w // 2, pad_h // 2
    resized = cv2.resize(image, (new_w, new_h), interpolation=cv2.INTER_LINEAR)
    padded: Any = cv2.copyMakeBorder(
        resized, top, pad_h - top, left, pad_w - left, cv2.BORDER_CONSTANT, value=(114, 114, 114)
    )
    return padded, scale, left, top


def to_input(image: Image) -> Floats:
    """(H, W, 3) BGR uint8 to (1, 3, H, W) RGB float32 in 0-1."""
    return np.ascontiguousarray(image[:, :, ::-1].transpose(2, 0, 1)[None], np.float32) / np.float32(255)
