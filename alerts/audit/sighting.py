"""An event with what the report tells of it beside: where it was, when, and where its recording lies."""

import heapq
import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from alerts.audit.find import Job
from alerts.audit.found import Event
from alerts.audit.sample import event_id
from alerts.audit.site import Spot
from streams.folder import printable

LEAD_S = 2.0
"""A recording is opened so long before the event begins."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """event: a line of events.jsonl or notices.jsonl."""

    event: Event
    job: Job
    spot: Spot

    def at(self, second: float) -> datetime | None:
        """The time of a second of the recording, UTC; None where names do not tell it."""
        return None if self.job.started_at is None else self.job.started_at + timedelta(seconds=second)

    @property
    def lasted_s(self) -> float:
        """From when it began until it was last seen."""
        return max(0.0, float(self.event["end_s"]) - float(self.event["start_s"]))

    @property
    def id(self) -> str:
        """By which verdicts and clips speak of it."""
        return event_id(self.event)


@dataclass(frozen=True, slots=True)
class Film:
    """Where a recording shows something. href: of the file from the report's folder on, opened at that second; "" where
    there is no such file, or where it cannot be opened at a second (a folder of pictures)."""

    name: str
    path: Path
    second: float
    href: str


class Films:
    """Finds the files. out: the report's folder."""

    def __init__(self, out: Path) -> None:
        self._out = os.path.abspath(out)
        self._known: tuple[str, str] = ("", "")

    def of(self, job: Job, second: float) -> Film:
        """A little before this second of a recording."""
        segment = job.segment_at(second)
        within_s = max(0.0, round(second - segment.begins_s - LEAD_S, 1))
        way = self._way(segment.path)
        return Film(printable(segment.path.name), segment.path, within_s, f"{way}#t={within_s:g}" if way else "")

    def _way(self, path: Path) -> str:
        """Events of one file follow each other: the disk is asked once."""
        if self._known[0] != str(path):
            there = os.path.isfile(path)
            self._known = (str(path), quote(os.fsencode(os.path.relpath(path, self._out))) if there else "")
        return self._known[1]


class Worst:
    """Keeps the worst few of each hazard, whatever the order in which they come."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[str, list[tuple[tuple[float, ...], str, Sighting]]] = defaultdict(list)

    def add(self, sighting: Sighting) -> None:
        """Keep it, perhaps."""
        kept = self._kept[sighting.event["hazard"]]
        entry = (weight(sighting), sighting.id, sighting)
        if len(kept) < self._most:
            heapq.heappush(kept, entry)
        elif entry[:2] > kept[0][:2]:
            heapq.heapreplace(kept, entry)

    def kept(self) -> Mapping[str, list[Sighting]]:
        """Hazard → the worst first; fires before all else."""
        rows = {
            hazard: [one for *_, one in sorted(kept, key=lambda entry: entry[:2], reverse=True)]
            for hazard, kept in self._kept.items()
        }
        return dict(sorted(rows.items(), key=lambda row: (row[1][0].event["severity"] != "fire", row[0])))


def weight(sighting: Sighting) -> tuple[float, ...]:
    """Of two events of one hazard the one that weighs more is worse: a surer fire; else what narrows the way, then what
    stays longer."""
    event = sighting.event
    if event["severity"] == "fire":
        return (float(event["confidence"]), sighting.lasted_s)
    return (float(bool(event.get("narrow"))), sighting.lasted_s, float(event["confidence"]))
