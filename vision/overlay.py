"""Draws zones, boxes and findings on a picture, for snapshots and annotated videos."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, TypeGuard

import cv2
import numpy as np
from numpy.typing import NDArray

from vision import drawn_words
from vision.geometry import Box, Polygon
from vision.look import SeenBox
from vision.rule import Finding, Severity
from vision.zones import Zone

Colour = tuple[int, int, int]
LEAST_WORD = 14
"""Pixels below which a Chinese word is not to be read."""

ZONE_COLOUR: Colour = (200, 160, 60)
PATH_COLOUR: Colour = (255, 0, 255)
RIM: Colour = (0, 0, 0)
PART_COLOURS: tuple[Colour, ...] = ((180, 220, 90), (220, 140, 220), (90, 220, 220), (140, 200, 255))
BOX_COLOUR: Colour = (210, 210, 210)
SEVERITY_COLOURS: dict[Severity, Colour] = {
    Severity.FIRE: (40, 40, 235),
    Severity.VIOLATION: (0, 165, 255),
    Severity.FAULT: (214, 180, 143),
}


def label_of(finding: Finding) -> str:
    """What stands at the box of a finding."""
    name = finding.hazard.upper().replace("_", " ")
    return f"{name}{mark_of(finding)} {finding.confidence:.2f}"


def words_of(finding: Finding) -> str:
    """The same without its score: whoever acts on a fire is told one figure of it, and not in its picture."""
    return finding.hazard.upper().replace("_", " ") + mark_of(finding)


def mark_of(finding: Finding) -> str:
    """Behind the hazard: why it is only logged, or a question mark while it is only suspected."""
    return f" ({finding.notice})" if finding.notice else "" if finding.confirmed else "?"


def annotate(
    image: NDArray[np.uint8],
    *,
    boxes: Sequence[SeenBox] = (),
    findings: Sequence[Finding] = (),
    zones: Sequence[Zone] = (),
    label: Callable[[Finding], str] = label_of,
    scores: bool = True,
) -> NDArray[np.uint8]:
    """A copy of the (H, W, 3) BGR picture with zone outlines, thin grey boxes of all that was seen, and thick
    coloured boxes of the findings, a suspected lead as a line. label: what is written at a finding. scores: whether
    the boxes of what was seen have theirs."""
    canvas = np.ascontiguousarray(image.copy())
    height, width = canvas.shape[:2]
    unit = max(1, round(min(width, height) / 360))
    for zone in zones:
        points = np.round(zone.corners * (width, height)).astype(np.int32)
        cv2.polylines(canvas, [points], True, ZONE_COLOUR, unit, cv2.LINE_AA)
    for box in boxes:
        said = f"{box.name} {box.confidence:.2f}" if scores else box.name
        _rectangle(canvas, box.box, BOX_COLOUR, unit, said, box.name)
    for finding in findings:
        colour = BOX_COLOUR if finding.notice else SEVERITY_COLOURS[finding.severity]
        _rectangle(canvas, finding.box, colour, unit if finding.notice else 2 * unit, label(finding), finding.hazard)
        if "lead_path" in finding.evidence:
            line = np.round(np.array(finding.evidence["lead_path"]) * (width, height)).astype(np.int32)
            cv2.polylines(canvas, [line], False, PATH_COLOUR, 2 * unit, cv2.LINE_AA)
    return canvas


def parts_of(zone: Any, kind: str = "") -> Iterator[tuple[str, str, Polygon]]:
    """The polygons that lie in a zone beside its own outline, such as bays: (which field, name or "", points 0–1).

    zone: a dataclass; what it holds is gone through, too. kind: the field that it stands in, "" for the zone itself.
    """
    name = str(getattr(zone, "name", "")) if kind else ""
    for field in fields(zone):
        value = getattr(zone, field.name)
        within = kind or field.name
        if is_points(value):
            if kind or field.name != "polygon":
                yield within, name, value
        elif is_dataclass(value):
            yield from parts_of(value, within)
        elif isinstance(value, tuple):
            for part in value:
                if is_points(part):
                    yield within, name, part
                elif is_dataclass(part):
                    yield from parts_of(part, within)


def is_points(value: Any) -> TypeGuard[Polygon]:
    """Whether it is a sequence of at least three (x, y)."""
    return (
        isinstance(value, tuple)
        and len(value) >= 3
        and all(isinstance(p, tuple) and len(p) == 2 and all(isinstance(v, int | float) for v in p) for p in value)
    )


def draw_parts(canvas: NDArray[np.uint8], zones: Sequence[Zone]) -> None:
    """Into the (H, W, 3) BGR picture: names of zones, and thin outlines of what lies in them, with its kind."""
    height, width = canvas.shape[:2]
    for zone in zones:
        x, y = min(zone.polygon, key=lambda point: (point[1], point[0]))
        write(canvas, (round(x * width) + 6, round(y * height) + 16), plain_name(zone.name, zone.type), ZONE_COLOUR)
        for kind, name, points in parts_of(zone):
            corners = np.round(np.array(points, np.float32) * (width, height)).astype(np.int32)
            colour = PART_COLOURS[sum(kind.encode()) % len(PART_COLOURS)]
            cv2.polylines(canvas, [corners], True, colour, 1, cv2.LINE_AA)
            x_px, y_px = corners.mean(axis=0).astype(int).tolist()
            write(canvas, (x_px - 16, y_px), plain_name(name, kind), colour)


def plain_name(name: str, kind: str) -> str:
    """OpenCV draws ASCII only: another name is shown by its kind."""
    return name if name and name.isascii() else kind


def write(canvas: NDArray[np.uint8], at: tuple[int, int], text: str, colour: Colour, scale: float = 0.45) -> None:
    """Text on a dark rim, so that it can be read on any ground. at: left end of the baseline, pixels."""
    x, y = at
    # The rim is the same text moved by a pixel: a thicker pen would also be a wider one.
    for place, ink in (((x - 1, y), RIM), ((x + 1, y), RIM), ((x, y - 1), RIM), ((x, y + 1), RIM), (at, colour)):
        cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, ink, 1, cv2.LINE_AA)


def _rectangle(
    canvas: NDArray[np.uint8],
    box: Box,
    colour: Colour,
    thickness: int,
    label: str,
    kind: str,
) -> None:
    """label: at its upper left, behind the Chinese word for the kind, as far as there is one."""
    height, width = canvas.shape[:2]
    x1, y1, x2, y2 = (round(v * side) for v, side in zip(box, (width, height, width, height), strict=True))
    cv2.rectangle(canvas, (x1, y1), (x2, y2), colour, thickness, cv2.LINE_AA)
    scale = max(0.35, min(width, height) / 900)
    (text_width, text_height), base = cv2.getTextSize(label, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    word = drawn_words.drawn(kind, max(LEAST_WORD, text_height + base))
    word_width = 0 if word is None else word.shape[1] + base + 2
    tall = max(text_height + base, 0 if word is None else word.shape[0])
    top = y1 - tall if y1 - tall >= 0 else y1
    left = max(0, min(x1, width - text_width - word_width))
    cv2.rectangle(canvas, (left, top), (left + word_width + text_width, top + tall), colour, cv2.FILLED)
    ink = (0, 0, 0) if sum(colour) > 380 else (255, 255, 255)
    if word is not None:
        drawn_words.put(canvas, (left + base // 2, top), word, ink)
    baseline = top + tall - base + base // 2
    at = (left + word_width, baseline)
    cv2.putText(canvas, label, at, cv2.FONT_HERSHEY_SIMPLEX, scale, ink, 1, cv2.LINE_AA)
