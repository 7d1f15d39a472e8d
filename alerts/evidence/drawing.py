"""What is to be seen in a picture, as data: the console draws it over the picture, and takes it away at a click. Pure.

    boxes     [{"name", "confidence", "box"}]: all that was seen, the surest first
    findings  [{"hazard", "severity", "confidence", "confirmed", "box", "path"?}]: the alert's own; path: of a lead
    zones     [{"name", "type", "polygon"}]
Coordinates are 0–1 of the picture, x to the right, y down: x1, y1, x2, y2 or [[x, y], …].
"""

from collections.abc import Iterable, Sequence
from typing import Any

from vision.look import SeenBox
from vision.rule import Finding
from vision.zones import Zone

MOST_BOXES = 12
"""Of a crowd the surest are kept: more lines than that show nothing."""


def drawing(boxes: Sequence[SeenBox], findings: Sequence[Finding], zones: Sequence[Zone]) -> dict[str, Any]:
    """Plain JSON values; what is empty is left out."""
    surest = sorted(boxes, key=lambda one: -one.confidence)[:MOST_BOXES]
    found = {
        "boxes": [_seen(one) for one in surest],
        "findings": [_finding(one) for one in findings],
        "zones": [{"name": one.name, "type": one.type.value, "polygon": _points(one.polygon)} for one in zones],
    }
    return {name: said for name, said in found.items() if said}


def _seen(one: SeenBox) -> dict[str, Any]:
    return {"name": one.name, "confidence": _short(one.confidence), "box": [_short(value) for value in one.box]}


def _finding(one: Finding) -> dict[str, Any]:
    said: dict[str, Any] = {
        "hazard": one.hazard,
        "severity": one.severity.value,
        "confidence": _short(one.confidence),
        "confirmed": one.confirmed,
        "box": [_short(value) for value in one.box],
    }
    path = one.evidence.get("lead_path")
    return {**said, "path": _points(path)} if path else said


def _points(points: Iterable[Iterable[float]]) -> list[list[float]]:
    return [[_short(value) for value in point] for point in points]


def _short(value: float) -> float:
    """A ten thousandth of the picture is less than a pixel."""
    return round(float(value), 4)
