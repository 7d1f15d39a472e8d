"""Draws zones, boxes and findings on a picture, for snapshots and annotated videos."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.look import SeenBox
from vision.rule import Finding, Severity
from vision.zones import Zone

Colour = tuple[int, int, int]

ZONE_COLOUR: Colour = (200, 160, 60)
PATH_COLOUR: Colour = (255, 0, 255)
BOX_COLOUR: Colour = (210, 210, 210)
SEVERITY_COLOURS: dict[Severity, Colour] = {Severity.FIRE: (40, 40, 235), Severity.VIOLATION: (0, 165, 255)}


def annotate(
    image: NDArray[np.uint8],
    *,
    boxes: Sequence[SeenBox] = (),
    findings: Sequence[Finding] = (),
    zones: Sequence[Zone] = (),
) -> NDArray[np.uint8]:
    """A copy of the (H, W, 3) BGR picture with zone outlines, thin grey boxes of all that was seen, and thick
    coloured boxes of the findings, a suspected lead as a line."""
    canvas = np.ascontiguousarray(image.copy())
    height, width = canvas.shape[:2]
    unit = max(1, round(min(width, height) / 360))
    for zone in zones:
        points = np.round(zone.corners * (width, height)).astype(np.int32)
        cv2.polylines(canvas, [points], True, ZONE_COLOUR, unit, cv2.LINE_AA)
    for box in boxes:
        _rectangle(canvas, box.box, BOX_COLOUR, unit, f"{box.name} {box.confidence:.2f}")
    for finding in findings:
        mark = f" ({finding.notice})" if finding.notice else "" if finding.confirmed else "?"
        label = f"{finding.hazard.upper()}{mark} {finding.confidence:.2f}"
        colour = BOX_COLOUR if finding.notice else SEVERITY_COLOURS[finding.severity]
        _rectangle(canvas, finding.box, colour, unit if finding.notice else 2 * unit, label)
        if "lead_path" in finding.evidence:
            line = np.round(np.array(finding.evidence["lead_path"]) * (width, height)).astype(np.int32)
            cv2.polylines(canvas, [line], False, PATH_COLOUR, unit, cv2.LINE_AA)
    return canvas


def _rectangle(
    canvas: NDArray[np.uint8],
    box: tuple[float, float, float, float],
    colour: Colour,
    thickness: int,
    label: str,
) -> None:
    height, width = canvas.shape[:2]
    x1, y1, x2, y2 = (round(v * side) for v, side in zip(box, (width, height, width, height), strict=True))
    cv2.rectangle(canvas, (x1, y1), (x2, y2), colour, thickness, cv2.LINE_AA)
    scale = max(0.35, min(width, height) / 900)
    (text_width, text_height), base = cv2.getTextSize(label, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    top = y1 - text_height - base if y1 - text_height - base >= 0 else y1
    left = max(0, min(x1, width - text_width))
    cv2.rectangle(canvas, (left, top), (left + text_width, top + text_height + base), colour, cv2.FILLED)
    ink = (0, 0, 0) if sum(colour) > 380 else (255, 255, 255)
    baseline = top + text_height + base // 2
    cv2.putText(canvas, label, (left, baseline), cv2.FONT_HERSHEY_SIMPLEX, scale, ink, 1, cv2.LINE_AA)
