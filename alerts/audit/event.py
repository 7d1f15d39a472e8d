"""An event or notice of a report, typed: what a line of events.jsonl says (docs/ref/audit-files.md)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

from alerts.audit.copies import KEY as COPY
from alerts.audit.sample import event_id
from vision.geometry import Box
from vision.rule import Severity

FILES = {"event": "events.jsonl", "notice": "notices.jsonl"}


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """id: by which verdicts speak of it. start_s, end_s, raised_s: seconds of the recording. box: x1, y1, x2, y2, 0–1.

    at: when it was raised, aware UTC; None where the recording's name does not tell. camera, place: "" where not known.
    segment, segment_s: the file and its second; "" and None where the recording is a file without a time.
    snapshot…: in the report's folder. notice: why it was only logged; "" of what was raised.
    copy: another recording of the camera tells of it, too, and there it counts. least_free_width_m: metres, while it
    lasted; None where it was not measured. narrow: from and to, seconds, when it was under its limit.
    """

    id: str
    hazard: str
    severity: Severity
    suspected: bool
    cleared: bool
    source: str
    path: Path
    camera: str
    place: str
    zone: str
    zone_type: str
    start_s: float
    end_s: float
    raised_s: float
    at: datetime | None
    segment: str
    segment_s: float | None
    confidence: float
    box: Box
    snapshot: Path
    snapshot_clean: Path
    snapshot_after: Path | None
    evidence: Mapping[str, Any]
    notice: str = ""
    copy: bool = False
    least_free_width_m: float | None = None
    narrow: tuple[tuple[float, float], ...] = ()

    @classmethod
    def of(cls, line: Mapping[str, Any], out: Path) -> Self:
        """out: the report's folder."""
        x1, y1, x2, y2 = line["box"]
        after = line.get("snapshot_after")
        return cls(
            id=event_id(dict(line)),
            hazard=line["hazard"],
            severity=Severity(line["severity"]),
            suspected=line["suspected"],
            cleared=line["cleared"],
            source=line["source"],
            path=Path(line["path"]),
            camera=line.get("camera", ""),
            place=line.get("place", ""),
            zone=line["zone"],
            zone_type=line["zone_type"],
            start_s=line["start_s"],
            end_s=line["end_s"],
            raised_s=line["raised_s"],
            at=datetime.fromisoformat(line["at"]) if "at" in line else None,
            segment=line.get("segment", ""),
            segment_s=line.get("segment_s"),
            confidence=line["confidence"],
            box=(x1, y1, x2, y2),
            snapshot=out / line["snapshot"],
            snapshot_clean=out / line["snapshot_clean"],
            snapshot_after=out / after if after else None,
            evidence=line["evidence"],
            notice=line.get("notice", ""),
            copy=line.get(COPY, False),
            least_free_width_m=line.get("least_free_width_m"),
            narrow=tuple((since_s, until_s) for since_s, until_s in line.get("narrow", ())),
        )

    @property
    def lasted_s(self) -> float:
        """From when it began until it was last seen."""
        return max(0.0, self.end_s - self.start_s)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a file of JSON, one at a time: a month of them is more than memory."""
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def read_events(out: Path, kind: Literal["event", "notice"] = "event") -> Iterator[AuditEvent]:
    """Of a report's folder, in its order, one at a time. Raises OSError: there is none."""
    return (AuditEvent.of(line, out) for line in read_lines(out / FILES[kind]))
