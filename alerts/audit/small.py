"""Small pictures of events, for the report: heads and number plates are hidden in them, as a report is sent on."""

from collections.abc import Sequence
from typing import Final

from streams.frame import Frame
from vision.blur import blurred
from vision.jpeg import encode_jpeg, shrink
from vision.look import Look
from vision.overlay import annotate, words_of
from vision.rule import Severity
from vision.zones import Zone

WIDTH: Final = 400
"""Pixels: what was found is to be seen at the size at which the report shows it, and some hundred fit in one file."""
QUALITY: Final = 75
SUFFIX: Final = ".small.jpg"


def small_jpeg(frame: Frame, look: Look, zones: Sequence[Zone]) -> bytes:
    """What was found, drawn in."""
    fires = [finding.box for finding in look.findings if finding.severity is Severity.FIRE]
    small = shrink(blurred(frame.image, look.private, fires), WIDTH)
    return encode_jpeg(annotate(small, findings=look.findings, zones=zones, label=words_of), QUALITY)


def small_name(snapshot: str) -> str:
    """Where the small picture of a snapshot lies: beside it."""
    return snapshot.removesuffix(".jpg") + SUFFIX
