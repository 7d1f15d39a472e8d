"""Small labelled folders as users have them: pictures that differ, with labels in three formats."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models.geometry import Image

Marked = tuple[str, tuple[float, float, float, float]]
"""Class name and x1, y1, x2, y2, 0-1 of the picture."""


def picture(seed: int, size: tuple[int, int] = (80, 60)) -> Image:
    """A picture of (width, height) like no other: large coloured patches."""
    patches = np.random.default_rng(seed).integers(0, 255, (6, 8, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(patches, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def draw(file: Path, seed: int, size: tuple[int, int] = (80, 60)) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(file), picture(seed, size))


def yolo_folder(folder: Path, names: Sequence[str], pictures: Mapping[str, Sequence[Marked]], first: int = 0) -> Path:
    """NAME -> its boxes, in images/NAME.jpg and labels/NAME.txt; no label file for a picture without boxes."""
    for seed, (name, boxes) in enumerate(pictures.items(), first):
        draw(folder / "images" / f"{name}.jpg", seed)
        lines = [
            f"{names.index(kind)} {(x1 + x2) / 2} {(y1 + y2) / 2} {x2 - x1} {y2 - y1}"
            for kind, (x1, y1, x2, y2) in boxes
        ]
        label = folder / "labels" / f"{name}.txt"
        label.parent.mkdir(parents=True, exist_ok=True)
        if lines:
            label.write_text("\n".join(lines) + "\n")
    (folder / "classes.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    return folder


def coco_folder(folder: Path, names: Sequence[str], pictures: Mapping[str, Sequence[Marked]], first: int = 0) -> Path:
    """The same as annotations/instances.json, with pictures of 80 × 60 in train/."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for seed, (name, boxes) in enumerate(pictures.items(), first):
        draw(folder / "train" / f"{name}.jpg", seed)
        images.append({"id": seed, "file_name": f"{name}.jpg", "width": 80, "height": 60})
        for kind, (x1, y1, x2, y2) in boxes:
            bbox = [80 * x1, 60 * y1, 80 * (x2 - x1), 60 * (y2 - y1)]
            number = len(annotations) + 1
            annotations.append({"id": number, "image_id": seed, "category_id": names.index(kind) + 1, "bbox": bbox})
    categories = [{"id": number, "name": name} for number, name in enumerate(names, 1)]
    told = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "annotations").mkdir(parents=True)
    (folder / "annotations" / "instances.json").write_text(json.dumps(told))
    return folder


def voc_folder(folder: Path, pictures: Mapping[str, Sequence[Marked]], first: int = 0) -> Path:
    """The same as Annotations/NAME.xml and JPEGImages/NAME.jpg."""
    (folder / "Annotations").mkdir(parents=True)
    for seed, (name, boxes) in enumerate(pictures.items(), first):
        draw(folder / "JPEGImages" / f"{name}.jpg", seed)
        objects = "".join(voc_object(kind, corners) for kind, corners in boxes)
        size = "<size><width>80</width><height>60</height><depth>3</depth></size>"
        (folder / "Annotations" / f"{name}.xml").write_text(f"<annotation>{size}{objects}</annotation>", "utf-8")
    return folder


def voc_object(kind: str, corners: tuple[float, float, float, float], more: str = "") -> str:
    """One <object> of a picture of 80 × 60."""
    pairs = zip(("xmin", "ymin", "xmax", "ymax"), corners, (80, 60, 80, 60), strict=True)
    box = "".join(f"<{key}>{value * scale}</{key}>" for key, value, scale in pairs)
    return f"<object><name>{kind}</name>{more}<bndbox>{box}</bndbox></object>"
