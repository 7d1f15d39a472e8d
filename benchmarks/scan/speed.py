"""How many times faster than real time recordings are looked through, all hazards on, on two cores.

    python -m benchmarks.scan.speed [--case WORD] [--rounds 2] [--out FILE]

Two processes at once, each with a recording of its own content (noise apart, they are alike), as `xinan audit` runs
them; beside it, in the same minute and also two at once, the floor: the bare decoding of every picture. Real-time
factor: seconds of both recordings over the seconds that the slower process took. The cost of starting a process and
loading the networks is left out, as it is paid once for all recordings. CPU: seconds of processor for one second of
recording. How much of a recording is calm is in its row.
"""

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import cv2

from alerts.audit import audit
from alerts.config import load_settings
from benchmarks.machine import describe, results_of
from benchmarks.scan.footage import D1, HD, Recipe, long_recording, made
from models.files import write_json
from streams.clock import SystemClock
from streams.video_file import VideoFileSource
from vision.detector import Detector
from vision.view import View
from vision.zones import Zone, ZoneType

MIX_S, BUSY_S = 28.0, 4.0
"""Of the empty corridor between two passers-by: people in the picture 15 % of the time, and half of it."""
PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of recording. bar, goal: real-time factor that was asked for; None: shown for itself."""

    name: str
    recipe: Recipe
    bar: float | None = None
    goal: float | None = None


CASES = (
    Case("1080p25 mix", long_recording(HD, 1200, calm_s=MIX_S, gop=50, bitrate=2_000_000), 20, 35),
    Case("1080p25 busy", long_recording(HD, 120, calm_s=BUSY_S, gop=50, bitrate=4_000_000)),
    Case("1080p25 mix gop25", long_recording(HD, 136, calm_s=MIX_S, gop=25, bitrate=2_000_000), 20, 35),
    Case("1080p25 mix gop250", long_recording(HD, 136, calm_s=MIX_S, gop=250, bitrate=2_000_000)),
    Case("D1 mix", long_recording(D1, 1200, calm_s=MIX_S, gop=50, bitrate=1_000_000), 40, 80),
    Case("D1 busy", long_recording(D1, 120, calm_s=BUSY_S, gop=50, bitrate=1_000_000)),
    Case("D1 mix gop25", long_recording(D1, 1200, calm_s=MIX_S, gop=25, bitrate=1_000_000), 40, 80),
    Case("D1 mix gop250", long_recording(D1, 1200, calm_s=MIX_S, gop=250, bitrate=1_000_000)),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process. seconds: of the recording."""

    wall_s: float
    cpu_s: float
    seconds: float
    decoded: int
    looks: int
    events: int


def floor(path: Path) -> tuple[float, int, int, int]:
    """Decode every picture."""
    with VideoFileSource(path, camera="x", clock=SystemClock(), sample_fps=0.001) as source:
        for picture in source.pictures():
            last_s = picture.pts_s
        return last_s, source.frames_decoded, 0, 0


class Audited:
    """`xinan audit` of one recording; the detector is loaded before the clock starts."""

    def __init__(self, dense: bool) -> None:
        self._settings = load_settings(None, [f"analysis.dense={str(dense).lower()}"])
        self._detector = Detector.load()

    def __call__(self, path: Path) -> tuple[float, int, int, int]:
        with tempfile.TemporaryDirectory() as folder:
            view = View((Zone("corridor", ZoneType.CORRIDOR),))
            result = audit([path], self._settings, Path(folder), view=view, detector=self._detector)
            events = result.counts
        (source,) = result.sources
        if source.error:
            raise RuntimeError(f"{path}: {source.error}")
        return source.duration_s, source.frames_decoded, source.frames_analysed, sum(events.values())


WAYS: dict[str, Callable[[], Callable[[Path], tuple[float, int, int, int]]]] = {
    "floor": lambda: floor,
    "sparse": lambda: Audited(dense=False),
    "dense": lambda: Audited(dense=True),
}


def _work(way: str, path: Path, start: Barrier, told: "multiprocessing.Queue[Cost]") -> None:
    cv2.setNumThreads(1)
    run = WAYS[way]()
    start.wait()
    wall_s, cpu_s = time.monotonic(), time.process_time()
    seconds, decoded, looks, events = run(path)
    told.put(Cost(time.monotonic() - wall_s, time.process_time() - cpu_s, seconds, decoded, looks, events))


def at_once(way: str, path: Path) -> list[Cost]:
    """What each of the processes took. Raises RuntimeError where one failed."""
    context = multiprocessing.get_context("spawn")
    start, told = context.Barrier(PROCESSES), context.Queue()
    processes = [context.Process(target=_work, args=(way, path, start, told)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise RuntimeError(f"{way} of {path} failed")
    return [told.get() for _ in processes]


def measure(case: Case, rounds: int, ways: tuple[str, ...]) -> dict[str, Any]:
    """One row: of each way the best of the rounds, as what else the machine does only adds."""
    path = made(case.recipe)
    runs: dict[str, list[list[Cost]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            runs[way].append(at_once(way, path))
    row: dict[str, Any] = {
        "case": case.name,
        "peopled_share": round(case.recipe.peopled, 3),
        "seconds": case.recipe.seconds,
        "gop": case.recipe.gop,
        "kbit_per_s": round(path.stat().st_size * 8 / 1000 / (case.recipe.seconds or 1)),
        "bar": case.bar,
        "goal": case.goal,
    }
    for way, costs in runs.items():
        best = min(costs, key=lambda run: max(one.wall_s for one in run))
        cpu_s = min(sum(one.cpu_s for one in run) / sum(one.seconds for one in run) for run in costs)
        row[way] = {
            "real_time_factor": round(sum(one.seconds for one in best) / max(one.wall_s for one in best), 1),
            "cpu_s_per_s": round(cpu_s, 4),
            "factor_of_2_cores_by_cpu": round(PROCESSES / cpu_s, 1),
            "decoded": best[0].decoded,
            "looks": best[0].looks,
            "events": best[0].events,
        }
    row["sparse_over_floor"] = round(row["floor"]["cpu_s_per_s"] / row["sparse"]["cpu_s_per_s"], 2)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", default="", metavar="WORD", help="only cases whose name holds this")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--dense", action="store_true", help="the dense run, too")
    parser.add_argument("--out", type=Path, help="default: results/MODEL_speed.json")
    args = parser.parse_args()
    ways = ("floor", "sparse", "dense") if args.dense else ("floor", "sparse")
    rows = []
    for case in (case for case in CASES if args.case in case.name):
        rows.append(row := measure(case, args.rounds, ways))
        told = {way: (row[way]["real_time_factor"], row[way]["cpu_s_per_s"]) for way in ways}
        print(f"{case.name}: {told} (factor, CPU s a second); over the floor {row['sparse_over_floor']}", flush=True)
    name = results_of(__file__)
    write_json(args.out or name.with_name(f"{name.stem}_speed.json"), {"cases": rows, "machine": describe()})


if __name__ == "__main__":
    main()
