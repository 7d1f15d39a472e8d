"""Truth from what each pixel shows: boxes with visibility, in YOLO text form and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.classes import CLASSES
from models.synth.camera import Camera
from models.synth.look import Thing
from models.synth.mesh import apply

NEAR_M = 0.05
"""Faces nearer to the lens than this are left out of silhouettes."""
LEAST_VISIBLE = 0.12
"""A thing of which less shows than this share of its silhouette has no box: nobody could name it."""
LEAST_FLAME_PX, LEAST_SMOKE_PX = 6, 300


@dataclass(frozen=True, slots=True)
class Box:
    """One object: class name, x1, y1, x2, y2 in pixels (exclusive end), seen share of its silhouette, its name."""

    kind: str
    xyxy: tuple[float, float, float, float]
    visible: float = 1.0
    name: str = ""

    def line(self, width: int, height: int) -> str:
        """The YOLO text line: class number, middle x and y, width and height in 0–1."""
        x1, y1, x2, y2 = self.xyxy
        values = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height)
        return " ".join([str(CLASSES.index(self.kind)), *(f"{v:.5f}" for v in values)])

    def entry(self, width: int, height: int) -> dict[str, Any]:
        """The JSON form: kind, name, box x1, y1, x2, y2 in 0–1, visible 0–1."""
        x1, y1, x2, y2 = self.xyxy
        box = [round(v, 4) for v in (x1 / width, y1 / height, x2 / width, y2 / height)]
        return {"kind": self.kind, "name": self.name, "box": box, "visible": round(self.visible, 2)}


def box_of(mask: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """x1, y1, x2, y2 (pixels, exclusive end) around a mask, or None when it is empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def without_specks(mask: NDArray[np.bool_], least_px: int) -> NDArray[np.bool_]:
    """The mask without connected patches smaller than `least_px`."""
    count, patches, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    keep = np.zeros(count, bool)
    keep[1:] = stats[1:, cv2.CC_STAT_AREA] >= least_px
    return np.asarray(keep[patches])


def fire_boxes(
    flame: NDArray[np.bool_], smoke: NDArray[np.bool_], name: str = "fire", least_flame_px: int = LEAST_FLAME_PX
) -> list[Box]:
    """The boxes of a fire's flame and smoke (H, W) as the finished picture shows them, without specks."""
    found = []
    for kind, mask, least_px in (("flame", flame, least_flame_px), ("smoke", smoke, LEAST_SMOKE_PX)):
        box = box_of(without_specks(mask, least_px))
        if box is not None:
            found.append(Box(kind, box, 1.0, name))
    return found


def stands_out(grey: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    """How much a thing (its mask) differs from what is around it in the finished picture, in grey levels 0–255.

    Thin things are compared with the picture blurred over them, less what the surroundings do of themselves (noise).
    """
    edges = np.abs(grey.astype(np.float32) - cv2.blur(grey, (15, 15)).astype(np.float32))
    ring = (cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0) & ~mask
    return float(edges[mask].mean() - (edges[ring].mean() if ring.any() else 0.0))


def silhouette_px(item: Thing, camera: Camera) -> int:
    """Pixels that a thing would cover if nothing stood before it and the picture went on for half its size around."""
    width, height = camera.width, camera.height
    canvas = np.zeros((2 * height, 2 * width), np.uint8)
    for part in item.parts:
        points, depth = camera.project(apply(item.place, part.mesh.vertices))
        spots = np.clip(np.round(points + np.array((width / 2, height / 2))), -1e4, 2e4).astype(np.int32)
        for face in part.mesh.faces:
            corners = list(face)
            if depth[corners].min() > NEAR_M:
                cv2.fillPoly(canvas, [spots[corners]], 1)
    return int(np.count_nonzero(canvas))


def visible_boxes(
    index: NDArray[np.int16],
    kinds: Sequence[str],
    whole_px: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
    least_px: int = 40,
    least_visible: float = LEAST_VISIBLE,
    least_side_px: int = 8,
    pinhole_px: NDArray[np.float32] | None = None,
) -> list[Box]:
    """One box per thing of a known class that shows at least `least_px` pixels (half of that for thin cables) and whose
    longer side is at least `least_side_px` (half as much again for cables).

    `index` (H, W) holds the thing's number per pixel, -1 for nothing; `kinds` gives each number's class or "",
    `whole_px` the size of its silhouette. What shows less than `least_visible` of it has no box. `pinhole_px` (H, W)
    says how many pixels of the silhouettes' picture each pixel shows (a lens magnifies the middle); default: one.
    """
    boxes = []
    for number, kind in enumerate(kinds):
        if kind not in CLASSES:
            continue
        mask = index == number
        seen = int(mask.sum())
        shown = seen if pinhole_px is None else float(pinhole_px[mask].sum())
        share = min(1.0, shown / whole_px[number]) if whole_px is not None and whole_px[number] else 1.0
        if seen < (least_px / 2 if kind == "cable" else least_px) or share < least_visible:
            continue
        found = box_of(mask)
        side = least_side_px * (1.5 if kind == "cable" else 1.0)
        if found is not None and max(found[2] - found[0], found[3] - found[1]) >= side:
            boxes.append(Box(kind, found, share, names[number] if names is not None else ""))
    return boxes
