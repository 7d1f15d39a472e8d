"""Events as a table that a spreadsheet opens: `events.csv`."""

import csv
from collections.abc import Mapping
from typing import Any, Final, TextIO

from alerts.audit.copies import KEY as COPY
from alerts.audit.sample import event_id

FILE: Final = "events.csv"
COLUMNS: Final = (
    "event",
    "source",
    "camera",
    "place",
    "at",
    "hazard",
    "severity",
    "suspected",
    "zone",
    "zone_type",
    "start_s",
    "end_s",
    "raised_s",
    "cleared",
    "confidence",
    "least_free_width_m",
    "narrow_s",
    "snapshot",
    "path",
    "copy",
)
"""`at`: when it was raised, UTC, where the recording's name tells. `narrow_s`: how long the free width
was under its limit. `copy`: whether another one stands for it."""
FORMULAE: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A cell that begins so would be computed by the spreadsheet that opens it: names of files come from anywhere. Also
what East Asian input methods write (OWASP, CSV injection)."""


class Table:
    """Writes a line for each event. file: opened with newline=""; its encoding begins with a mark, or Excel takes it
    for another one."""

    def __init__(self, file: TextIO) -> None:
        self._rows = csv.writer(file)
        self._rows.writerow(COLUMNS)

    def add(self, event: Mapping[str, Any]) -> None:
        """The next line."""
        known = {**event, "event": event_id(dict(event)), COPY: bool(event.get(COPY)), "narrow_s": narrow_s(event)}
        self._rows.writerow([_cell(known.get(key)) for key in COLUMNS])


def narrow_s(event: Mapping[str, Any]) -> float | None:
    """How long the free width was under its limit, seconds; None where it was not measured."""
    stretches = event.get("narrow")
    return None if stretches is None else round(sum(until_s - since_s for since_s, until_s in stretches), 3)


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and value.startswith(FORMULAE):
        return f"'{value}"
    return value
