"""The pictures of a replay: the annotated frame, what has just happened, and a strip of all that happened so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from alerts.alert import AlertState
from alerts.lifecycle import Change, ChangeKind
from alerts.words import is_limit
from streams.frame import Frame
from vision.look import Look
from vision.overlay import SEVERITY_COLOURS, Colour, annotate, draw_parts, mark_of, plain_name, write
from vision.rule import Finding, Severity
from vision.zones import Zone

WIDTHS = 640, 1280
"""The film is at least and at most this wide, pixels."""
ROW = 18
MARGIN = 110
"""Room for the hazard's name at the left of the strip, pixels."""
FLASH_S = 1.5
GROUND: Colour = (34, 28, 24)
FAINT: Colour = (96, 86, 78)
TEXT: Colour = (230, 225, 220)
GOOD: Colour = (154, 197, 95)

STEPS: Mapping[ChangeKind, str] = {
    ChangeKind.OPENED: "suspected",
    ChangeKind.FIRED: "fired",
    ChangeKind.REOPENED: "fired again",
    ChangeKind.RESOLVED: "resolved",
}
"""The changes that are steps of a replay, in words."""


def step_word(change: Change) -> str:
    """What happened; a suspicion that went by itself has not been resolved. "" for what is no step."""
    if change.kind is ChangeKind.RESOLVED and change.alert.fired_at is None:
        return "gone"
    if change.kind is ChangeKind.OPENED and change.alert.state is AlertState.LOGGED:
        return "logged"
    return STEPS.get(change.kind, "")


def clock_text(seconds: float) -> str:
    """00:12.4, hours before it where there are any."""
    tenths = round(seconds * 10)
    minutes = f"{tenths // 600 % 60:02d}:{tenths // 10 % 60:02d}.{tenths % 10}"
    return f"{tenths // 36000}:{minutes}" if tenths >= 36000 else minutes


def running(finding: Finding) -> tuple[float, float] | None:
    """How long the evidence has held and the time at which the rule is satisfied, seconds; None without a limit."""
    limits = [v for k, v in finding.evidence.items() if k.endswith("_s") and is_limit(finding.hazard, k)]
    return (finding.monotonic_s - finding.since_s, float(limits[0])) if limits else None


def label(finding: Finding) -> str:
    """At the box: the hazard, its clock against its limit, the confidence."""
    clock = running(finding)
    times = f" {clock[0]:.1f}/{clock[1]:g} s" if clock else ""
    return f"{finding.hazard.upper()}{mark_of(finding)}{times} {finding.confidence:.2f}"


@dataclass(slots=True)
class _Span:
    """A stretch of time in which a hazard was found, seconds."""

    from_s: float
    to_s: float
    confirmed: bool


class Storyboard:
    """Draws one recording: what it keeps are stretches of time, not looks. Every picture has the size of the first.

    kinds: the hazards, a row each. duration_s: of the recording; 0: not known, then the strip grows.
    """

    def __init__(self, zones: Sequence[Zone], kinds: Sequence[str], duration_s: float, title: str) -> None:
        self._zones, self._duration_s, self._title = tuple(zones), duration_s, title
        self._spans: dict[str, list[_Span]] = {kind: [] for kind in kinds}
        self._fired: dict[str, list[float]] = {kind: [] for kind in kinds}
        self._said: list[tuple[float, str, Colour]] = []
        self._size: tuple[int, int] | None = None

    def note(self, look: Look, changes: Sequence[Change]) -> None:
        """What a look found, drawn or not."""
        now_s = look.monotonic_s
        for kind, spans in self._spans.items():
            found = [finding.confirmed for finding in look.findings if finding.hazard == kind and not finding.notice]
            if found:
                self._extend(spans, now_s, any(found))
        for change in changes:
            word, alert = step_word(change), change.alert
            if not word:
                continue
            if change.kind in (ChangeKind.FIRED, ChangeKind.REOPENED):
                self._fired[alert.hazard].append(now_s)
            colour = GOOD if change.kind is ChangeKind.RESOLVED else SEVERITY_COLOURS[Severity(alert.severity)]
            text = f"{word.upper()} {alert.hazard} in {plain_name(alert.zone, alert.zone_type)}"
            self._said.append((now_s, text, colour))
        self._said = [said for said in self._said if now_s - said[0] <= FLASH_S]

    def draw(self, frame: Frame, look: Look) -> NDArray[np.uint8]:
        """The picture of this look, (H, W, 3) BGR, sides even."""
        shown = _scaled(frame.image)
        boxes = [replace(box, name=f"{box.name} {box.track_id}") for box in look.boxes]
        canvas = annotate(shown, boxes=boxes, findings=look.findings, zones=self._zones, label=label)
        draw_parts(canvas, self._zones)
        self._flash(canvas)
        height, width = canvas.shape[:2]
        self._size = self._size or (width, height)
        canvas = _fitted(canvas, self._size)
        return np.vstack((canvas, self._strip(canvas.shape[1], look.monotonic_s)))

    def _extend(self, spans: list[_Span], now_s: float, confirmed: bool) -> None:
        """Looks closer than a second, or than a pixel of the strip, are one stretch."""
        near_s = max(1.0, self._duration_s / WIDTHS[1])
        if spans and spans[-1].confirmed is confirmed and now_s - spans[-1].to_s <= near_s:
            spans[-1].to_s = now_s
        else:
            spans.append(_Span(now_s, now_s, confirmed))

    def _flash(self, canvas: NDArray[np.uint8]) -> None:
        for row, (_, text, colour) in enumerate(self._said[-4:]):
            height, width = canvas.shape[:2]
            cv2.rectangle(canvas, (0, 26 * row), (width, 26 * row + 24), colour, cv2.FILLED)
            cv2.putText(canvas, text, (10, 26 * row + 17), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (0, 0, 0), 1, cv2.LINE_AA)
            cv2.rectangle(canvas, (0, 0), (width - 1, height - 1), colour, 4)

    def _strip(self, width: int, now_s: float) -> NDArray[np.uint8]:
        height = 24 + ROW * len(self._spans) + 6
        strip = np.full((height + height % 2, width, 3), GROUND, np.uint8)
        total_s = max(self._duration_s, now_s, 1e-3)
        write(strip, (10, 16), f"{clock_text(now_s)} / {clock_text(total_s)}   {self._title}", TEXT)
        x = [MARGIN + round(at_s / total_s * (width - MARGIN - 12)) for at_s in (0.0, now_s, total_s)]
        for row, (kind, spans) in enumerate(self._spans.items()):
            top = 24 + ROW * row
            write(strip, (10, top + 13), kind, TEXT, 0.4)
            cv2.line(strip, (x[0], top + 9), (x[2], top + 9), FAINT, 1)
            self._row(strip, kind, spans, top, (width - MARGIN - 12) / total_s)
        cv2.line(strip, (x[1], 22), (x[1], strip.shape[0] - 4), TEXT, 1)
        return strip

    def _row(self, strip: NDArray[np.uint8], kind: str, spans: Sequence[_Span], top: int, per_s: float) -> None:
        fire: Colour = SEVERITY_COLOURS[Severity.FIRE]
        for span in spans:
            left, right = (MARGIN + round(at_s * per_s) for at_s in (span.from_s, span.to_s))
            colour = SEVERITY_COLOURS[Severity.VIOLATION] if span.confirmed else FAINT
            cv2.rectangle(strip, (left, top + 4), (max(right, left + 1), top + 14), colour, cv2.FILLED)
        for at_s in self._fired[kind]:
            peak = MARGIN + round(at_s * per_s)
            cv2.fillPoly(strip, [np.array([[peak - 5, top], [peak + 5, top], [peak, top + 9]], np.int32)], fire)


def _scaled(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Within `WIDTHS`, sides even."""
    height, width = image.shape[:2]
    ratio = min(max(width, WIDTHS[0]), WIDTHS[1]) / width
    size = round(width * ratio) // 2 * 2, max(2, round(height * ratio) // 2 * 2)
    if size == (width, height):
        return image
    return np.asarray(
        cv2.resize(image, size, interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR), np.uint8
    )


def _fitted(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The whole picture, centred in (width, height): a film has one size, a folder of pictures may have many."""
    height, width = image.shape[:2]
    if (width, height) == size:
        return image
    ratio = min(size[0] / width, size[1] / height)
    small = cv2.resize(image, (max(1, int(width * ratio)), max(1, int(height * ratio))))
    top, left = (size[1] - small.shape[0]) // 2, (size[0] - small.shape[1]) // 2
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas
