"""How soon a camera in trouble is told, and how often a healthy one is: the picture judge on recordings.

    python -m benchmarks.health.run [--clips ../shared/data/clips] [--rendered runs/clips] [--quiet runs/quiet]
        [--only NAME] [--out benchmarks/health/results/v1.json]

Misses: each recording of a fixed camera runs, there and back, for 20 s of its own; then a fault is put into it and
stays for 70 s. Found: the right cause was told within the issue's time; the delay counts from the fault's first frame,
without the second that the alert needs after it. Wrong: another fault was told before.
False: recordings as they are, there and back until 90 s have passed, and the quiet stretches of `benchmarks.events`;
every cause told counts once each time it is told anew. Time too dark is not a fault, and counted apart.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, cycle
from pathlib import Path
from statistics import median
from typing import Any, Final

import cv2
import numpy as np

from benchmarks.health.faults import FAULTS, Picture
from benchmarks.machine import describe, results_of
from models.clip import clip_frames
from models.files import write_json
from streams.frame import Frame
from vision.camera_health.config import HealthConfig
from vision.camera_health.judge import PictureJudge
from vision.camera_health.trouble import WARNINGS, Cause

EVERY_S: Final = 0.4
OWN_S, FAULT_S, QUIET_S = 20.0, 70.0, 90.0
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
CARRIED: Final = {
    "kitchen_sink_fire",
    "nofire_cars",
    "nofire_fruit-and-vegetable-detection",
    "kitchen_night",
    "fireplace",
}
"""Not of a fixed camera: carried, on a car, or moved and zoomed. Told apart, and no base for faults."""


def there_and_back(path: Path, every_s: float) -> Iterator[Picture]:
    """The recording's looks for ever: to its end, back, and again, so that there is no cut in it.

    No sensor gives the same picture twice, and a recording played backwards does: it gets a little noise.
    """
    rng, pictures = np.random.default_rng(0), [image for _, image in clip_frames(path, every_s)]
    noise = rng.integers(-2, 3, (*pictures[0].shape[:2], 1), np.int16)
    for picture in cycle(pictures + pictures[-2:0:-1]):
        yield np.clip(picture + np.roll(noise, int(rng.integers(noise.size))), 0, 255).astype(np.uint8)


def frames(pictures: Iterable[Picture], every_s: float) -> Iterator[Frame]:
    """With stamps."""
    for index, picture in enumerate(pictures):
        at_s = index * every_s
        yield Frame("bench", index, START + timedelta(seconds=at_s), at_s, at_s, picture)


def fault_run(path: Path, name: str) -> dict[str, Any]:
    """One recording with one fault: what was told, and when."""
    right, within_s, make = FAULTS[name]
    fault, rng = make(), np.random.default_rng(1)
    judge, wrong = PictureJudge(HealthConfig()), ""
    for frame in frames(there_and_back(path, EVERY_S), EVERY_S):
        since_s = frame.monotonic_s - OWN_S
        if since_s > FAULT_S:
            break
        if since_s >= 0:
            shown = fault(frame.image, since_s, rng)
            frame = Frame(frame.camera, frame.index, frame.at, frame.pts_s, frame.monotonic_s, shown)
        told = {trouble.cause for trouble in judge.look(frame)} - WARNINGS
        if since_s >= 0 and told & right:
            return {"found": since_s <= within_s, "delay_s": round(since_s, 1), "wrong": wrong}
        wrong = wrong or next(iter(sorted(told)), "")
    return {"found": False, "delay_s": None, "wrong": wrong}


def healthy_run(pictures: Iterable[Picture], every_s: float, until_s: float) -> tuple[Counter[Cause], float]:
    """What was told of a healthy camera, and how long it was watched, seconds."""
    judge, told, before, at_s = PictureJudge(HealthConfig()), Counter[Cause](), set[Cause](), 0.0
    for frame in frames(pictures, every_s):
        at_s = frame.monotonic_s
        if at_s > until_s:
            break
        now = {trouble.cause for trouble in judge.look(frame)}
        told.update(now - before)
        before = now
    return told, at_s


def sources(options: argparse.Namespace) -> dict[str, Path]:
    """Name → recording, real ones first."""
    found = [*sorted(options.clips.glob("*/*.mp4")), *sorted(options.rendered.glob("*.mp4"))]
    return {path.stem: path for path in found if options.only in path.stem}


def healthy(options: argparse.Namespace, paths: dict[str, Path]) -> dict[str, Any]:
    """False alarms by source, and per camera-hour."""
    rows: dict[str, dict[str, Any]] = {}
    quiet = {path.stem: path for path in sorted(options.quiet.glob("*.mp4")) if options.only in path.stem}
    for name, path in chain(paths.items(), quiet.items()):
        if name in paths:
            told, watched_s = healthy_run(there_and_back(path, EVERY_S), EVERY_S, QUIET_S)
        else:
            every_s = 1.0 if "_1fps_" in name else EVERY_S
            told, watched_s = healthy_run((image for _, image in clip_frames(path, every_s)), every_s, float("inf"))
        rows[name] = {"watched_s": round(watched_s), "told": {cause.value: n for cause, n in told.items()}}
        print(f"{name}: {rows[name]}", flush=True)
    fixed = [row for name, row in rows.items() if name not in CARRIED]
    hours = sum(row["watched_s"] for row in fixed) / 3600
    false = sum(n for row in fixed for cause, n in row["told"].items() if Cause(cause) not in WARNINGS)
    return {
        "hours": round(hours, 2),
        "false": false,
        "false_per_camera_hour": round(false / hours, 3),
        "by_source": rows,
    }


def faulty(paths: dict[str, Path], only: str) -> dict[str, Any]:
    """Found and delay by fault, then by source."""
    result: dict[str, Any] = {}
    for fault in (name for name in FAULTS if only in name):
        rows = {name: fault_run(path, fault) for name, path in paths.items() if name not in CARRIED}
        delays = [row["delay_s"] for row in rows.values() if row["found"]]
        result[fault] = {
            "found": len(delays),
            "of": len(rows),
            "median_s": median(delays) if delays else None,
            "worst_s": max(delays, default=None),
            "not_found": {name: row for name, row in rows.items() if not row["found"]},
            "told_wrongly_first": {name: row["wrong"] for name, row in rows.items() if row["wrong"]},
        }
        print(f"{fault}: {result[fault]}", flush=True)
    return result


def cost_ms(path: Path) -> float:
    """CPU time of one look at a D1 picture, milliseconds, median."""

    pictures = [np.asarray(cv2.resize(image, (704, 576)), np.uint8) for _, image in clip_frames(path, EVERY_S)]
    judge, spent = PictureJudge(HealthConfig()), []
    for frame in frames((p for _ in range(6) for p in pictures), EVERY_S):
        start = time.process_time_ns()
        judge.look(frame)
        spent.append((time.process_time_ns() - start) / 1e6)
    return round(median(spent), 3)


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=Path("../shared/data/clips"))
    parser.add_argument("--rendered", type=Path, default=Path("runs/clips"))
    parser.add_argument("--quiet", type=Path, default=Path("runs/quiet"))
    parser.add_argument("--only", default="", help="only recordings with this in their name")
    parser.add_argument("--fault", default="", help="only faults with this in their name")
    parser.add_argument("--every", type=int, default=1, help="faults on every n-th recording only")
    parser.add_argument("--part", choices=("all", "healthy", "faults"), default="all")
    parser.add_argument("--out", type=Path, default=results_of(__file__))
    options = parser.parse_args()
    cv2.setNumThreads(1)
    paths = sources(options)
    some = dict(list(paths.items())[:: options.every])
    write_json(
        options.out,
        {
            "machine": describe(),
            "look_cpu_ms_at_d1": cost_ms(next(iter(paths.values()))),
            "faults": faulty(some, options.fault) if options.part != "healthy" else {},
            "healthy": healthy(options, paths) if options.part != "faults" else {},
        },
    )


if __name__ == "__main__":
    main()
