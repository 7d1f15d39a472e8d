"""An audit by one and by two Ray workers, each on a core of its own, beside plain processes on the same cores.

    python -m benchmarks.audit.cluster [--recordings 24] [--rounds 2] [--out FILE]

Two real nodes on this machine stand for two boxes of one core each: everything of the first (driver, head, raylet,
worker) is bound to one core, raylet and worker of the second to the other. "One worker" is the first box alone, so that
what Ray itself takes is in both figures. The ceiling: `audit --jobs 1` on the first core, and two of it, which know
nothing of each other, one on each core with half of the recordings: cores that share caches, memory or, as SMT threads,
the arithmetic do not give twice as much to anybody. All four are measured in each round, one after the other.

A rate is seconds of footage looked through a second, between a tenth and nine tenths of it: without what is loaded at
the start, and without the end, at which one waits for the other. `wall_s` is the whole command, with all of that. Every
run of Ray is compared with what the plain one wrote.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from alerts.audit.on_ray import OnRay
from alerts.audit.run import audit
from alerts.audit.tally import Tally
from alerts.config import load_settings
from benchmarks.machine import describe
from models.files import write_json
from tests.alerts.audit.killed import ROOT, written
from tests.ray_nodes import ray_nodes
from vision.view import View
from vision.zones import Zone, ZoneType

OUT = Path(__file__).parent / "results" / "cluster.json"
SCENARIOS = Path(__file__).parents[2] / "tests" / "scenarios"
CORES = 0, 1
FROM, TO = 0.1, 0.9
"""Of the footage: between them the rate is taken."""


def main() -> None:
    """Run it, print the figures, write the file; exit code 1 when a run wrote anything else than the plain one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recordings", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--drive", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.drive:
        print(json.dumps(drive(*given.drive)))
        return
    with tempfile.TemporaryDirectory() as name:
        rounds, different, length_s = measured(Path(name), given.recordings, given.rounds)
    results = {"footage_s": length_s, "rounds": rounds, "different": different, **ratios(rounds)}
    print(json.dumps(results, indent=2))
    write_json(given.out, {"machine": describe(), "recordings": given.recordings, "results": results})
    raise SystemExit(bool(different))


def measured(folder: Path, recordings: int, rounds: int) -> tuple[list[dict[str, Any]], int, float]:
    """The figures of each round, how many runs wrote something else, and seconds of footage."""
    halves = make_recordings(folder, recordings)
    found: list[dict[str, Any]] = []
    different = 0
    length_s = 0.0
    for number in range(rounds):
        one: dict[str, Any] = {"load_before": os.getloadavg()[0]}
        plain = drive_on([(CORES[0], "", halves, folder / f"plain{number}")])
        wanted = written(folder / f"plain{number}")
        two = [(core, "", [half], folder / f"plain{number}-{core}") for core, half in zip(CORES, halves, strict=True)]
        one |= {"plain_1": plain, "plain_2": drive_on(two)}
        length_s = plain["footage_s"]
        for workers in (1, 2):
            out = folder / f"ray{number}-{workers}"
            one[f"ray_{workers}"] = on_ray(workers, halves, out)
            different += written(out) != wanted
        print(json.dumps(one), flush=True)
        found.append(one)
    return found, different, length_s


def make_recordings(folder: Path, number: int) -> list[Path]:
    """Two folders with as much in each: the rendered scenarios, each copy with bytes of its own."""
    clips = [path.read_bytes() for path in sorted(SCENARIOS.glob("*.mp4"))]
    halves = [folder / "a", folder / "b"]
    for half in halves:
        half.mkdir()
    for index in range(number):
        clip = clips[index // 2 % len(clips)] + b"\0\0\0\x10free" + index.to_bytes(8, "big")
        (halves[index % 2] / f"{index:03d}.mp4").write_bytes(clip)
    return halves


def on_ray(workers: int, halves: Sequence[Path], out: Path) -> dict[str, float]:
    """With so many nodes, each on its core."""
    everywhere = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {CORES[0]})  # children inherit it
        with ray_nodes() as nodes:
            if workers == 2:
                os.sched_setaffinity(0, {CORES[1]})
                nodes.add("second")
            return drive_on([(CORES[0], nodes.address, halves, out)])
    finally:
        os.sched_setaffinity(0, everywhere)


def drive_on(runs: Sequence[tuple[int, str, Sequence[Path], Path]]) -> dict[str, float]:
    """Side by side: (core, address of Ray or "", folders, out). Rates are added up, of the times the longest counts."""

    def begin(core: int, address: str, folders: Sequence[Path], out: Path) -> subprocess.Popen[str]:
        words = [sys.executable, "-m", "benchmarks.audit.cluster", "--drive", address or "-", out, *folders]
        return subprocess.Popen(
            ["taskset", "-c", str(core), *map(str, words)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )

    began = [begin(*run) for run in runs]
    told = [json.loads(process.communicate()[0]) for process in began]
    return {
        "rate": round(sum(one["rate"] for one in told), 2),
        "wall_s": max(one["wall_s"] for one in told),
        "footage_s": sum(one["footage_s"] for one in told),
    }


def drive(address: str, out: str, *folders: str) -> dict[str, float]:
    """One audit, in this process or with workers of a cluster."""
    settings = load_settings()
    corridor = View((Zone(ZoneType.CORRIDOR, ZoneType.CORRIDOR),))
    seen: list[tuple[float, float]] = []

    def progress(tally: Tally) -> None:
        seen.append((time.perf_counter(), tally.seen_s))

    began_s = time.perf_counter()
    on = None if address == "-" else OnRay(address)
    audit(list(map(Path, folders)), settings, Path(out), view=corridor, jobs=None if on else 1, on_ray=on,
          progress=progress)  # fmt: skip
    footage_s = seen[-1][1]
    between = [one for one in seen if FROM <= one[1] / footage_s <= TO]
    (from_s, first), *_, (to_s, last) = between if len({one for _, one in between}) > 1 else seen
    wall_s = round(time.perf_counter() - began_s, 1)
    return {"rate": (last - first) / (to_s - from_s), "wall_s": wall_s, "footage_s": round(footage_s, 1)}


def ratios(rounds: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Medians over the rounds."""

    def over(above: str, below: str) -> float:
        rates = [(float(one[above]["rate"]), float(one[below]["rate"])) for one in rounds]
        return round(median(first / second for first, second in rates), 3)

    return {
        "ray_2_over_ray_1": over("ray_2", "ray_1"),
        "plain_2_over_plain_1": over("plain_2", "plain_1"),
        "ray_1_over_plain_1": over("ray_1", "plain_1"),
        "ray_2_over_plain_2": over("ray_2", "plain_2"),
    }


if __name__ == "__main__":
    main()
