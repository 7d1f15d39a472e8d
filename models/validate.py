"""The by-source measurement that decides which epoch is kept and where the thresholds lie."""

import math
from collections.abc import Sequence

import numpy as np

from models.classes import BICYCLE, CABLE, CLASSES, CLUTTER, EBIKE, FLAME, PERSON
from models.folds import ADDED
from models.score import (
    Matches,
    Scored,
    average_precision,
    boxes_found,
    gather,
    pictures_false,
    pictures_found,
    select,
    threshold_for,
    without,
)

OF_ADDED = "_ap50_added"
FALSE_FLAMES = 0.03  # of all pictures without fire
FALSE_HARD_FLAMES = 0.05  # of those that look like fire: lamps, sunsets, warm rooms
FALSE_EBIKES = 0.06  # two of 35: one wheelchair is much like a moped
LEAST_EBIKE = 0.25  # the held-out wheelchairs are few: no lower, whatever they allow
FALSE_CABLES = 0.01
LEAST_CABLE = 0.05  # the pictures without cables hold few pipes and seams: no lower, whatever they allow
FEW_NEGATIVES, UNPROVEN = 20, 0.25  # fewer pictures without a class prove nothing: no lower threshold than that
LEAST_PERSON = 0.2  # fainter ones hide more clutter than they explain
SMOKE = 0.6  # no real picture to measure smoke on: nothing counts unless the network is very sure
FLAME_NEGATIVES = ("fire/pbl5_lamps", "fire/voc2007", "ebike2/backgrounds")


def is_wheelchair(item: Scored) -> bool:
    return item.source.startswith(("ebike/wheelchair_roboflow", "ebike/wheelchair_wheelchair"))


def thresholds(items: Sequence[Scored]) -> tuple[float, float]:
    """Flame and e-bike thresholds from the false pictures they allow among the held-out negatives."""
    hard = select(items, lambda item: item.source in FLAME_NEGATIVES)
    flame = max(threshold_for(hard, FLAME, FALSE_HARD_FLAMES), threshold_for(items, FLAME, FALSE_FLAMES))
    chairs = select(items, lambda item: is_wheelchair(item) or item.source == "ebike2/jerryshen0523")
    return flame, max(threshold_for(chairs, EBIKE, FALSE_EBIKES), bicycle_threshold(items))


def bicycle_threshold(items: Sequence[Scored], share: float = 0.10) -> float:
    """The e-bike score at which at most `share` of the pictures with bicycles and no e-bike are called
    one.
    """
    bicycles = select(items, lambda item: bool((item.truth[:, 0] == BICYCLE).any()))
    return threshold_for(bicycles, EBIKE, share)


def measure(items: Sequence[Scored]) -> dict[str, float]:
    """Flat metrics of one network over the held-out pictures, `total` last."""
    flame, ebike = thresholds(items)
    out = {"thr_flame": flame, "thr_ebike": ebike}
    for source in ("fire/firenet", "fire/pbl5"):
        part = select(items, lambda item, source=source: item.source == source)  # type: ignore[misc]
        out[f"flame_rec_{source[5:]}"] = pictures_found(part, FLAME, flame).value
        out[f"flame_ap30_{source[5:]}"] = average_precision(gather(part, FLAME, 0.3))
    voc = select(items, lambda item: item.source == "ebike/voc2007")
    for name, class_id in (("ebike", EBIKE), ("bicycle", BICYCLE), ("person", PERSON)):
        out[f"{name}_ap50_voc"] = average_precision(gather(voc, class_id, 0.5))
    lifts = select(items, lambda item: item.source == "ebike/lift_photos")
    out["ebike_rec_lift"] = boxes_found(gather(lifts, EBIKE, 0.5), ebike).value
    out["ebike_ap50_lift"] = average_precision(gather(lifts, EBIKE, 0.5))
    out["person_ap50_lift"] = average_precision(gather(lifts, PERSON, 0.5))
    garages = select(items, lambda item: item.source == "ebike2/nervewastaken" and item.indoor == "1")
    out["ebike_ap50_garage"] = average_precision(gather(garages, EBIKE, 0.5))
    streets = select(items, lambda item: item.source == "ebike2/nervewastaken" and item.indoor != "1")
    out["ebike_ap50_street"] = average_precision(gather(streets, EBIKE, 0.5))
    chairs = select(items, is_wheelchair)
    out["ebike_on_wheelchair_25"] = pictures_false(chairs, EBIKE, 0.25).value
    out["calm_wheelchairs"] = 1 - out["ebike_on_wheelchair_25"]
    rooms = select(items, lambda item: item.source == "ebike2/furniture")
    out["clutter_ap50_rooms"] = average_precision(gather(rooms, CLUTTER, 0.5))
    halls = select(items, lambda item: item.source.startswith("clutter/ScottHodg"))
    out["clutter_ap50_halls"] = average_precision(gather(halls, CLUTTER, 0.5))
    tables = select(items, lambda item: item.source.startswith("clutter/m4nh"))
    out["cable_ap30_tables"] = average_precision(gather(tables, CABLE, 0.3))
    if mine := select(items, lambda item: item.source.startswith(ADDED)):
        out |= {f"{name}{OF_ADDED}": average_precision(gather(mine, c, 0.5)) for c, name in enumerate(CLASSES)}
    out["total"] = total(out)
    return out


def choose_thresholds(items: Sequence[Scored]) -> dict[str, float]:
    """Class -> shipped threshold: flame, e-bike and cable by the false pictures they allow; persons by the best F1.5 (a
    person alarms nobody, a missed one is taken for clutter), bicycles and clutter by F1.
    """
    flame, ebike = thresholds(items)
    chosen = {"flame": flame, "ebike": max(ebike, LEAST_EBIKE)}
    chosen["cable"] = max(threshold_for(items, CABLE, FALSE_CABLES), LEAST_CABLE)
    for name, class_id in (("flame", FLAME), ("ebike", EBIKE), ("cable", CABLE)):
        if len(without(items, class_id)) < FEW_NEGATIVES:
            chosen[name] = max(chosen[name], UNPROVEN)
    chosen["smoke"] = SMOKE
    for name, class_id, beta in (("bicycle", BICYCLE, 1.0), ("person", PERSON, 1.5), ("clutter", CLUTTER, 1.0)):
        chosen[name] = best_f(gather(items, class_id, 0.5), beta)
    chosen["person"] = max(chosen["person"], LEAST_PERSON)
    return {name: round(value, 3) for name, value in chosen.items()}


def best_f(matches: Matches, beta: float) -> float:
    """The score that gives the largest F-beta: recall counts beta times as much as precision. 0.5 where nothing is
    found.
    """
    if not len(matches.score) or not matches.truths:
        return 0.5
    hits, found = matches.hit.cumsum(), np.arange(1, len(matches.score) + 1)
    f = (1 + beta**2) * hits / (found + beta**2 * matches.truths)
    return float(matches.score[int(f.argmax())])


WEIGHTS = {
    "flame_rec_firenet": 0.15,
    "flame_rec_pbl5": 0.12,
    "flame_ap30_firenet": 0.08,
    "flame_ap30_pbl5": 0.08,
    "ebike_ap50_voc": 0.15,
    "ebike_ap50_lift": 0.08,
    "ebike_rec_lift": 0.04,
    "ebike_ap50_garage": 0.06,
    "bicycle_ap50_voc": 0.05,
    "person_ap50_voc": 0.06,
    "person_ap50_lift": 0.03,
    "clutter_ap50_rooms": 0.03,
    "clutter_ap50_halls": 0.01,
    "calm_wheelchairs": 0.06,
}


def total(metrics: dict[str, float]) -> float:
    """The weighted mean that picks the epoch; a metric without truths counts as nothing. Without gathered pictures the
    mean over the classes of the user's own; 0 where nothing is held out.
    """
    parts = [(weight, metrics[name]) for name, weight in WEIGHTS.items() if not math.isnan(metrics[name])]
    if not parts:
        parts = [(1.0, at) for name, at in metrics.items() if name.endswith(OF_ADDED) and not math.isnan(at)]
    return sum(weight * value for weight, value in parts) / sum(weight for weight, _ in parts) if parts else 0.0
