"""The figures of every class, over all pictures and by source, by light and by size of the box."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.classes import CLASSES, FLAME
from models.confusion import of_class, overlaps
from models.data import SIZE_LIMITS, SIZE_NAMES
from models.figures import rounded
from models.geometry import Floats
from models.lights import LIGHTS
from models.score import (
    Scored,
    average_precision,
    boxes_false,
    boxes_found,
    gather,
    pictures_false,
    pictures_found,
    precision_over_ious,
    select,
)

#: COCO's limits of the area, in pixels of the picture scaled to the network's input: at 576 px a picture of 480 px
#: is enlarged by 1.2.
SIZES: Final = dict(zip(SIZE_NAMES, pairwise((0.0, *SIZE_LIMITS, float("inf"))), strict=True))


def class_figures(part: Sequence[Scored], class_id: int, threshold: float) -> dict[str, Any]:
    """The figures of one class; those with nothing to count are left out.

    false_boxes: boxes from the threshold on in the pictures without the class, all together and per picture.
    """
    matches = gather(part, class_id, 0.5)
    entry: dict[str, Any] = {"boxes": matches.truths}
    if matches.truths:
        entry["ap50"] = rounded(average_precision(matches))
        entry["ap50_95"] = rounded(precision_over_ious(part, class_id))
        if class_id == FLAME:
            entry["ap30"] = rounded(average_precision(gather(part, class_id, 0.3)))
        entry["recall"] = boxes_found(matches, threshold).entry()
    if (seen := pictures_found(part, class_id, threshold)).of:
        entry["picture_recall"] = seen.entry()
    if (false := pictures_false(part, class_id, threshold)).of:
        count = boxes_false(part, class_id, threshold)
        entry["false_pictures"] = false.entry()
        entry["false_boxes"] = {"count": count, "per_picture": rounded(count / false.of)}
    return entry


def by_class(items: Sequence[Scored], limits: Mapping[str, float]) -> dict[str, Any]:
    """Class -> figures over the pictures that label it exhaustively; classes that none labels are left out."""
    return {
        name: class_figures(items, class_id, limits[name])
        for class_id, name in enumerate(CLASSES)
        if any(class_id in item.labelled for item in items)
    }


def by_part(
    items: Sequence[Scored], limits: Mapping[str, float], part_of: Callable[[Scored], str], parts: Sequence[str]
) -> dict[str, Any]:
    """Part -> number of pictures and figures by class."""
    table: dict[str, Any] = {}
    for part in parts:
        inside = select(items, lambda item, part=part: part_of(item) == part)  # type: ignore[misc]
        table[part] = {"pictures": len(inside), "classes": by_class(inside, limits)}
    return table


def by_light(items: Sequence[Scored], limits: Mapping[str, float]) -> dict[str, Any]:
    return by_part(items, limits, lambda item: item.light, LIGHTS)


def by_source(items: Sequence[Scored], limits: Mapping[str, float]) -> dict[str, Any]:
    """The boxes of a clip are not known, so it has no figures of boxes."""
    table = by_part(items, limits, lambda item: item.source, sorted({item.source for item in items}))
    for source, entry in table.items():
        for figures in entry["classes"].values() if source.startswith("clip/") else ():
            for unknown in ("ap50", "ap50_95", "ap30", "recall"):
                figures.pop(unknown, None)
    return table


def by_size(items: Sequence[Scored], limits: Mapping[str, float]) -> dict[str, Any]:
    """Class -> size -> boxes, AP50 and recall."""
    table: dict[str, Any] = {}
    for class_id, name in enumerate(CLASSES):
        for size in SIZES:
            matches = gather([of_size(item, class_id, size) for item in items], class_id, 0.5)
            if matches.truths:
                found = boxes_found(matches, limits[name])
                figures = {"ap50": rounded(average_precision(matches)), "recall": found.entry()}
                table.setdefault(name, {})[size] = {"boxes": matches.truths, **figures}
    return table


def of_size(item: Scored, class_id: int, size: str) -> Scored:
    """The picture with the true boxes of one class and size only. As in COCO, a prediction goes uncounted where it
    finds a true box of another size (IoU 0.5), and where it finds none and is itself of another size.
    """
    fits = in_size(of_class(item.truth, class_id), item.scale, size)
    truth = item.truth[item.truth[:, 0] == class_id]
    found = item.found[item.found[:, 5] == class_id]
    wanted, other = truth[fits, 1:], truth[~fits, 1:]
    loose = in_size(found[:, :4], item.scale, size) & ~overlaps(found[:, :4], other, 0.5)
    kept = found[overlaps(found[:, :4], wanted, 0.5) | loose]
    return dataclasses.replace(item, truth=truth[fits], found=kept)


def in_size(boxes: Floats, scale: float, size: str) -> NDArray[np.bool_]:
    """(N,) which of the boxes (N, 4), pixels of the picture, have that size at the network's input."""
    low, high = SIZES[size]
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) * scale**2
    return np.asarray((area >= low) & (area < high))
