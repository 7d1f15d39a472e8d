"""What two recordings of one camera both tell: of a file and its copy, of two files of one time.

Of two files that begin at once nobody knows which counts, so both are looked through. Their hours are hours once; what
was found in both would be counted twice. So what an earlier recording has told of the same time and place of the
picture is marked as a copy: it is listed, and not counted, drawn or weighed again. What one of them alone shows counts.

What a recording has left aside (`Job.apart`) is no copy of it, though both say the same time of the same camera: it is
of another camera, or of another time.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from alerts.audit.find import Job
from alerts.audit.found import Event
from alerts.audit.site import Spot
from vision.geometry import Box

KEY = "copy"
"""Of a line of events.jsonl or notices.jsonl: true where it is one; else it is not there."""
ALIKE = 0.5
"""Boxes of one thing overlap by so much (intersection over union)."""
SLICE_S = 600.0
"""What was told is kept by such slices of time, so that each is compared with few."""


@dataclass(frozen=True, slots=True)
class _Told:
    """since_s, until_s: seconds since 1970."""

    kind: str
    hazard: str
    since_s: float
    until_s: float
    box: Box


class _Recording(NamedTuple):
    """since_s, until_s: seconds since 1970."""

    since_s: float
    until_s: float
    key: str


class Copies:
    """Takes in lines in the order of the recordings. Keeps those of recordings that share time with another one."""

    def __init__(self, recordings: Iterable[tuple[Job, Spot, float]]) -> None:
        """Every recording, where it is of, and its seconds. Of no known camera or time none is another's copy."""
        of_camera: dict[tuple[str, int], list[_Recording]] = {}
        for job, spot, length_s in recordings:
            if job.started_at is not None and spot.camera:
                since_s = job.started_at.timestamp()
                rows = of_camera.setdefault((spot.camera, job.apart), [])
                rows.append(_Recording(since_s, since_s + length_s, job.key))
        self._beside: dict[str, list[_Recording]] = {}
        for rows in of_camera.values():
            self._note(sorted(rows))
        self._told: defaultdict[tuple[str, str, int], list[_Told]] = defaultdict(list)

    def is_one(self, job: Job, kind: str, event: Event) -> bool:
        """Whether an earlier recording, which shows the moment at which it was raised, told of it, too. kind: "event",
        or "notice", which is no original of an event.
        """
        beside = self._beside.get(job.key)
        if beside is None or job.started_at is None:
            return False
        began_s = job.started_at.timestamp()
        x1, y1, x2, y2 = event["box"]
        since_s, until_s = began_s + event["start_s"], began_s + event["end_s"]
        one = _Told(kind, event["hazard"], since_s, until_s, (x1, y1, x2, y2))
        slices = range(int(since_s // SLICE_S), int(until_s // SLICE_S) + 1)
        for number in slices:
            self._told[job.key, one.hazard, number].append(one)
        raised_s = began_s + event["raised_s"]
        showing = [other.key for other in beside if other.since_s <= raised_s <= other.until_s]
        near = (told for key in showing for number in slices for told in self._told.get((key, one.hazard, number), ()))
        return any(_same(one, told) for told in near)

    def _note(self, rows: list[_Recording]) -> None:
        """Of one camera, in order of time: which share any of it."""
        open_now: list[_Recording] = []
        for row in rows:
            open_now = [one for one in open_now if one.until_s > row.since_s]
            for other in open_now:
                self._beside.setdefault(row.key, []).append(other)
                self._beside.setdefault(other.key, []).append(row)
            open_now.append(row)


def _same(one: _Told, other: _Told) -> bool:
    """Whether it is the other once more, of the same hazard: neither time nor place apart."""
    if one.kind == "event" and other.kind != "event":
        return False
    apart = one.since_s > other.until_s or other.since_s > one.until_s
    return not apart and _iou(one.box, other.box) >= ALIKE


def _iou(one: Box, other: Box) -> float:
    """Of two boxes; an archive has too many pairs for arrays of one."""
    (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = one, other
    shared = max(0.0, min(ax2, bx2) - max(ax1, bx1)) * max(0.0, min(ay2, by2) - max(ay1, by1))
    both = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - shared
    return shared / both if both > 0 else 0.0
