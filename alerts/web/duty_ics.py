"""iCalendar (RFC 5545), as much of it as single events need. Pure.

Times are UTC: they are right in every calendar, and no time zone has to be described. What is taken in again replaces
what was taken in before, since an event keeps its UID.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

MEDIA_TYPE = "text/calendar"
MOST_OCTETS = 75
"""Of a line; longer ones go on in the next, after a space."""


@dataclass(frozen=True, slots=True)
class Event:
    """uid: the same whenever it is told again. begins, ends: aware. whole_days: of their dates, the last one not
    included, whatever the hour."""

    uid: str
    begins: datetime
    ends: datetime
    summary: str
    description: str = ""
    whole_days: bool = False


def calendar(events: Iterable[Event], at: datetime, name: str) -> str:
    """A whole file. at: when it is made, aware."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//xinan//duty//EN", f"X-WR-CALNAME:{_text(name)}"]
    for event in events:
        lines += _lines(event, at)
    return "".join(f"{part}\r\n" for line in (*lines, "END:VCALENDAR") for part in _folded(line))


def _lines(event: Event, at: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(event.uid)}@xinan"
    yield f"DTSTAMP:{_moment(at)}"
    for name, bound in (("DTSTART", event.begins), ("DTEND", event.ends)):
        yield f"{name};VALUE=DATE:{bound:%Y%m%d}" if event.whole_days else f"{name}:{_moment(bound)}"
    yield f"SUMMARY:{_text(event.summary)}"
    if event.description:
        yield f"DESCRIPTION:{_text(event.description)}"
    yield "END:VEVENT"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """What a value may not hold as it is; nothing of it begins a line of its own."""
    for sign in "\\;,":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """In pieces of whole characters that are short enough."""
    piece, size = "", 0
    for sign in line:
        octets = len(sign.encode())
        if size + octets > MOST_OCTETS:
            yield piece
            piece, size = " ", 1
        piece += sign
        size += octets
    yield piece
