"""What is taken for what, at the detector's thresholds: the errors of e-bikes, bicycles and flames by their cause.

Boxes lie on each other from an IoU of 0.5. A false e-bike that still overlaps a true one by 0.1 is no confusion but a
poor box or a second one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.classes import BICYCLE, EBIKE, PERSON
from models.figures import Share
from models.geometry import Floats, box_iou
from models.score import Scored, pair
from models.validate import is_wheelchair

SAME, TOUCHING = 0.5, 0.1
KICK_SCOOTERS: Final = "ebike2/jerryshen0523"
#: What a false e-bike can lie on, in the order in which it is asked.
CAUSES: Final = (
    "a true e-bike (poor or second box)",
    "bicycle",
    "wheelchair picture",
    "kick-scooter picture",
    "person",
    "nothing labelled",
)


def overlaps(boxes: Floats, others: Floats, iou: float) -> NDArray[np.bool_]:
    """(N,) whether each box overlaps one of `others` by at least `iou`; boxes (N, 4), others (M, 4)."""
    return np.asarray((box_iou(boxes, others) >= iou).any(axis=1))


def of_class(rows: Floats, class_id: int) -> Floats:
    """(M, 4) boxes of a class among truth rows."""
    return rows[rows[:, 0] == class_id, 1:]


def false_ebikes_on(items: Sequence[Scored], limits: Mapping[str, float]) -> dict[str, int]:
    """Cause -> false e-bike boxes."""
    causes: Counter[str] = Counter(dict.fromkeys(CAUSES, 0))
    for item in items:
        if EBIKE not in item.labelled:
            continue
        pairs = pair(item, EBIKE, SAME, limits["ebike"])
        boxes = pairs.found[~pairs.hit & ~pairs.excused, :4]
        answers = (
            overlaps(boxes, pairs.truth, TOUCHING),
            overlaps(boxes, of_class(item.truth, BICYCLE), SAME),
            np.full(len(boxes), is_wheelchair(item)),
            np.full(len(boxes), item.source.startswith(KICK_SCOOTERS)),
            overlaps(boxes, of_class(item.truth, PERSON), SAME),
            np.full(len(boxes), True),
        )
        causes.update(CAUSES[index] for index in np.argmax(answers, axis=0))
    return dict(causes)


def bicycles_called_ebike(items: Sequence[Scored], limits: Mapping[str, float]) -> Share:
    """True bicycles on which a false e-bike lies that lies on no true e-bike."""
    called = count = 0
    for item in items:
        if not {EBIKE, BICYCLE} <= item.labelled:
            continue
        pairs = pair(item, EBIKE, SAME, limits["ebike"])
        false = pairs.found[~overlaps(pairs.found[:, :4], pairs.truth, SAME), :4]
        bicycles = of_class(item.truth, BICYCLE)
        count += len(bicycles)
        called += int(overlaps(bicycles, false, SAME).sum())
    return Share(called, count)


def missed_ebikes(items: Sequence[Scored], limits: Mapping[str, float]) -> tuple[Share, Share]:
    """True e-bikes that are missed, and those of the missed ones on which a bicycle is reported."""
    count = missed = called = 0
    for item in items:
        if EBIKE not in item.labelled:
            continue
        pairs = pair(item, EBIKE, SAME, limits["ebike"])
        bicycles = pair(item, BICYCLE, SAME, limits["bicycle"]).found[:, :4]
        lost = pairs.truth[~pairs.taken]
        count, missed = count + len(pairs.truth), missed + len(lost)
        called += int(overlaps(lost, bicycles, SAME).sum())
    return Share(missed, count), Share(called, missed)


def confusion(items: Sequence[Scored], limits: Mapping[str, float]) -> dict[str, Any]:
    """For the results file."""
    missed, called = missed_ebikes(items, limits)
    return {
        "false e-bikes on": false_ebikes_on(items, limits),
        "e-bikes missed": missed.entry(),
        "missed e-bikes called bicycle": called.entry(),
        "bicycles called e-bike": bicycles_called_ebike(items, limits).entry(),
    }
