"""The audit over recordings with truth: what was found, how soon, and what was invented.

    python -m benchmarks.events.run CLIPS [--out benchmarks/events/results/NAME.json]

CLIPS holds `flame/truth.csv` and `clutter/truth.csv` beside their recordings. A flame event counts as found if a flame
alert was raised between its start and end; in a recording without fire every flame alert is false. A clutter event (a
thing left at a known box) counts if an alert that overlaps the box was raised after it came to rest; every clutter
alert that matches no event is false. Clutter dwell is 5 s here: the recordings last about a minute. Fires rebuilt from
pictures of a collection that the detector was trained on are marked `trained_on` and counted apart.
"""

import argparse
import csv
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from alerts.audit import AuditResult, audit
from alerts.config import load_settings
from benchmarks.machine import describe, results_of
from models.files import write_json
from vision.detector import Detector
from vision.zones import Zone, ZoneType

CLUTTER_DWELL_S = 5.0

Row = dict[str, str]
Event = dict[str, Any]


def run(clips: Sequence[Path], hazard: str) -> AuditResult:
    """The audit as `xinan audit --hazards HAZARD` would do it."""
    settings = load_settings(None, [f"hazards.clutter.dwell_s={CLUTTER_DWELL_S}"])
    settings = settings.model_copy(update={"hazards": settings.hazards.only({hazard})})
    zones = [Zone("corridor", ZoneType.CORRIDOR)]
    with tempfile.TemporaryDirectory() as folder:
        return audit(clips, settings, Path(folder), zones=zones, detector=Detector.load())


def truth_of(folder: Path) -> dict[str, list[Row]]:
    """File name → its rows of truth.csv."""
    found: dict[str, list[Row]] = defaultdict(list)
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["file"]].append(row)
    return found


def flame(folder: Path) -> dict[str, Any]:
    """Recall and delay on fires, false alerts on the rest."""
    truth = truth_of(folder)
    result = run([folder / name for name in truth], "flame")
    clips: list[dict[str, Any]] = []
    delays: list[float] = []
    false, quiet_s = 0, 0.0
    for source in result.sources:
        events = [event for event in result.events if event["source"] == source.source]
        row = truth[source.source][0]
        if row["has_fire"] == "1":
            start_s, end_s = float(row["fire_start_s"]), float(row["fire_end_s"])
            raised = [e["raised_s"] for e in events if start_s <= e["raised_s"] <= end_s + 1]
            delays += [min(raised) - start_s] if raised else []
            found = {"found": bool(raised), "trained_on": "PBL5" in row["source"]}
            clips.append({"clip": source.source, "fire": True, **found, "alerts": len(events)})
        else:
            false, quiet_s = false + len(events), quiet_s + source.duration_s
            clips.append({"clip": source.source, "fire": False, "alerts": len(events)})
    fires = [clip for clip in clips if clip["fire"]]
    strange = [clip for clip in fires if not clip["trained_on"]]
    return {
        "fires": len(fires),
        "found": len(delays),
        "fires_of_unseen_sources": len(strange),
        "found_of_unseen_sources": sum(bool(clip["found"]) for clip in strange),
        "median_delay_s": round(statistics.median(delays), 2) if delays else None,
        "false_alerts": false,
        "hours_without_fire": round(quiet_s / 3600, 4),
        "clips": clips,
    }


def overlaps(event: Event, row: Row) -> bool:
    """Whether the alert's box touches the box of truth."""
    width, height = float(row["width"]), float(row["height"])
    x1, y1 = float(row["box_x"]) / width, float(row["box_y"]) / height
    x2, y2 = x1 + float(row["box_w"]) / width, y1 + float(row["box_h"]) / height
    left, top, right, bottom = event["box"]
    return bool(left < x2 and right > x1 and top < y2 and bottom > y1)


def clutter(folder: Path) -> dict[str, Any]:
    """Left things found, alerts per thing, and alerts for nothing."""
    truth = truth_of(folder)
    result = run([folder / name for name in truth], "clutter")
    clips = []
    for source in result.sources:
        events = [event for event in result.events if event["source"] == source.source]
        clips.append({"clip": source.source, **_match(events, truth[source.source])})
    seconds = sum(source.duration_s for source in result.sources)
    return {
        "things": sum(clip["things"] for clip in clips),
        "found": sum(clip["found"] for clip in clips),
        "duplicates": sum(clip["duplicates"] for clip in clips),
        "false_alerts": sum(clip["false"] for clip in clips),
        "hours": round(seconds / 3600, 4),
        "dwell_s": CLUTTER_DWELL_S,
        "clips": clips,
    }


def _match(events: Sequence[Event], rows: Iterable[Row]) -> dict[str, int]:
    counts = {"things": 0, "found": 0, "duplicates": 0, "false": 0}
    used: set[int] = set()
    for row in rows:
        hits = [i for i, e in enumerate(events) if overlaps(e, row) and e["raised_s"] >= float(row["rest_s"])]
        counts["things"] += 1
        counts["found"] += bool(hits)
        counts["duplicates"] += max(0, len(hits) - 1)
        used |= set(hits)
    counts["false"] = len(events) - len(used)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--out", type=Path, default=results_of(__file__), help="default: results/MODEL.json")
    args = parser.parse_args()
    result: dict[str, Any] = {
        "model": Detector.load().info.version,
        "flame": flame(args.clips / "flame"),
        "clutter": clutter(args.clips / "clutter"),
        "machine": describe(),
    }
    write_json(args.out, result)
    for kind in ("flame", "clutter"):
        print(kind, {key: value for key, value in result[kind].items() if key != "clips"})


if __name__ == "__main__":
    main()
