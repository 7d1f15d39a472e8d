"""A month of recordings that was looked through, without looking: parts as the recordings of an archive leave them."""

import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.audit.find import Job, key_of
from alerts.audit.found import Event, Found, SourceSummary, State, source_json
from alerts.audit.parts import Parts
from streams.chain import Segment

BEGIN = datetime(2026, 3, 1, 16, tzinfo=UTC)
"""Midnight in Shanghai: 2 March, a Monday."""
STAMP = {"model": "0" * 16, "settings": "1" * 16, "code": "2" * 16}
_HAZARDS = ("clutter", "ebike", "flying_lead", "flame")


def job_of(camera: str, began_at: datetime, folder: Path = Path("archive"), hours: int = 24) -> Job:
    """A recording of so many files of an hour."""
    names = [began_at + timedelta(hours=hour) for hour in range(hours)]
    paths = [folder / camera / f"{at:%Y-%m-%d_%H-%M-%S}.mp4" for at in names]
    name = paths[0].as_posix()
    segments = tuple(Segment(path, 3600.0 * hour) for hour, path in enumerate(paths))
    several = (segments, tuple(path.as_posix() for path in paths)) if hours > 1 else ()
    return Job(paths[0], name, key_of(paths[0], name), camera, began_at, *several)


def event_of(job: Job, hazard: str, start_s: float, length_s: float = 120.0, **more: Any) -> Event:
    """An event of a recording: its confidence and picture are made of its time."""
    name = f"{hazard}-{int(start_s * 1000):09d}"
    digest = hashlib.sha256(f"{job.key}{name}".encode()).hexdigest()
    picture = f"snapshots/{job.key}/{name}"
    score = round(0.4 + int(digest[:4], 16) / 0x10000 * 0.6, 4)
    evidence: dict[str, Any] = {"dwell_s": 600.0, "seen_s": length_s, "model": "v1", "settings": "0badcafe"}
    evidence["trace"] = [[round(length_s * step / 20, 1), score, 0.1, 0.2, 0.3, 0.4] for step in range(20)]
    width_m = more.get("evidence", {}).get("free_width_m")
    if width_m is not None:
        narrow = [[start_s, start_s + length_s]] if more["evidence"]["narrow"] else []
        more = {"least_free_width_m": width_m, "narrow": narrow} | more
    return {
        "source": job.source,
        "hazard": hazard,
        "zone": "走道",
        "start_s": round(start_s, 3),
        "end_s": round(start_s + length_s, 3),
        "raised_s": round(start_s + min(length_s, 10.0), 3),
        "confidence": score,
        "box": [0.1, 0.2, 0.3, 0.4],
        "snapshot": f"{picture}.jpg",
        "snapshot_clean": f"{picture}.clean.jpg",
        "snapshot_sha256": digest,
        "snapshot_clean_sha256": digest,
        "zone_type": "corridor",
        "severity": "fire" if hazard == "flame" else "violation",
        "suspected": hazard == "flying_lead",
        "cleared": True,
        "evidence": evidence,
        "path": job.told,
        **more,
    }


def narrow(free_width_m: float, limit_m: float = 1.1) -> dict[str, Any]:
    """Evidence of clutter on a floor that was measured."""
    return {"free_width_m": free_width_m, "limit_m": limit_m, "narrow": free_width_m < limit_m, "seen_s": 600.0}


def write_part(
    parts: Parts, job: Job, events: list[Event], notices: list[Event] | None = None, view: str = "", **more: Any
) -> None:
    """As `RecordingRun` leaves it. view: the fingerprint of that under which it was looked through. more: of the
    summary, such as duration_s, gaps, camera.
    """
    events = sorted(events, key=lambda event: float(event["start_s"]))
    counted = {kind: sum(event["hazard"] == kind for event in events) for kind in _HAZARDS}
    length_s = 3600.0 * max(1, len(job.segments))
    given = {"duration_s": length_s, "frames_analysed": 9} | more
    summary = SourceSummary(job.source, job.told, events=counted, **given)
    head = {
        "name": job.name,
        "files": [],
        "content": {"sampled": "0" * 64},
        "line": job.line,
        "stamp": STAMP | {"view": view},
        "state": State.DONE if summary.readable else State.UNREADABLE,
        "model_version": "v1",
        "summary": source_json(summary, job.started_at or datetime(1970, 1, 1, tzinfo=UTC)),
    }
    parts.write(job.key, head, Found(tuple(events), tuple(notices or ())), last=True)


def month(parts: Parts, cameras: int, days: int, events: int, seed: int = 5) -> Iterator[Job]:
    """The recordings of so many cameras and days with about so many events in all; mostly in the evening."""
    dice = random.Random(seed)
    each = events / (cameras * days)
    for camera in range(cameras):
        for day in range(days):
            job = job_of(f"cam-{camera:03d}", BEGIN + timedelta(days=day))
            number = int(each) + (dice.random() < each % 1)
            starts = [3600 * dice.triangular(0, 23.9, 19) for _ in range(number)]
            found = [event_of(job, dice.choice(_HAZARDS), at_s, dice.uniform(5, 300)) for at_s in starts]
            write_part(parts, job, found)
            yield job
