"""Eight cameras on this machine: looks per second, blind time, CPU and memory of the whole product; and the same
streams given to `ultralytics` in the same minutes.

    python -m benchmarks.speed.streams [--seconds 60] [--rounds 2] [--only 8] [--no-baseline] [--out FILE]

Real RTSP cameras (D1, 25 pictures a second, H.264), a real `xinan watch` with its console and a webhook. In each round
the product as it comes, the product with its throttle open, and `model.track(stream=True)` with the same network take
turns on the same streams. How to read the table: benchmarks/load/README.md.
"""

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.load.bars import Bar, table
from benchmarks.load.clips import many
from benchmarks.load.processes import costs, cpu_s
from benchmarks.load.product import Product, memory
from benchmarks.load.streams import Streams
from benchmarks.machine import describe
from models.files import write_json
from tests.acceptance.watching import until
from tests.rtsp_server import missing_reason
from vision.detector import shipped_model

OUT = Path(__file__).parent / "results" / "streams.json"
SETTLE_S = 5.0
OPEN = "[analysis]\nlooks_per_s = 30\nleast_looks_per_s = 30\n"
"""As many looks as the machine gives."""


@dataclass(frozen=True, slots=True)
class Case:
    """So many cameras, the network's input so large."""

    cameras: int
    size: int


CASES = (Case(8, 640), Case(16, 416))


class Baseline:
    """`benchmarks.speed.ultralytics_track` at work on these streams. Raises RuntimeError where it ends by itself."""

    def __init__(self, urls: Sequence[str], size: int) -> None:
        self._urls, self._size = urls, size
        self._folder = tempfile.TemporaryDirectory(prefix="xinan-bench-")
        self._frames, self._ready = 0, threading.Event()

    def __enter__(self) -> Self:
        listed = Path(self._folder.name) / "list.streams"
        listed.write_text("\n".join(self._urls), "utf-8")
        words = [str(shipped_model()), str(listed), "--size", str(self._size)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.speed.ultralytics_track", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "YOLO_CONFIG_DIR": self._folder.name},
        )
        threading.Thread(target=self._read, daemon=True).start()
        until(lambda: self._ready.is_set() or self._process.poll() is not None, "ultralytics to see every stream")
        if self._process.poll() is not None:
            assert self._process.stderr is not None
            raise RuntimeError(f"ultralytics ended: {self._process.stderr.read().strip()[-500:]}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.strip() == "READY":
                self._ready.set()
            elif line.strip().isdecimal():
                self._frames = int(line)

    def read(self, seconds: float) -> dict[str, Any]:
        """Watch it for so long."""
        pid = self._process.pid
        begun_s, cpu, frames = time.monotonic(), cpu_s(pid), self._frames
        time.sleep(seconds)
        passed_s = time.monotonic() - begun_s
        cores, rate = (cpu_s(pid) - cpu) / passed_s, (self._frames - frames) / passed_s
        return {
            "seconds": round(passed_s, 1),
            "looks_per_s": round(rate, 2),
            "cores": round(cores, 3),
            "looks_per_cpu_s": round(rate / cores, 2),
            **memory(tuple(costs(pid, with_pss=True))),
        }


def product(streams: Streams, case: Case, settings: str, seconds: float) -> dict[str, Any]:
    """The product on these streams for so long, after it has settled. The cameras' own cost stands apart."""
    detector = f"[detector]\ninput_size = {case.size}\n"
    with Product({name: streams.url(name) for name in streams.names}, detector + settings) as running:
        running.wait_until_seeing()
        time.sleep(SETTLE_S)
        begun_s, served = time.monotonic(), cpu_s(streams.pid)
        reading = running.read(seconds)
        served = (cpu_s(streams.pid) - served) / (time.monotonic() - begun_s)
        return {**reading.told(), "cores_of_the_cameras": round(served, 3)}


def ultralytics(streams: Streams, case: Case, seconds: float) -> dict[str, Any]:
    """The other side, as long."""
    with Baseline([streams.url(name) for name in streams.names], case.size) as running:
        time.sleep(SETTLE_S)
        return running.read(seconds)


def missing_baseline() -> str:
    """Why the other side cannot run; "" if it can."""
    lacking = [name for name in ("ultralytics", "lap") if importlib.util.find_spec(name) is None]
    return f"no baseline: {' and '.join(lacking)} not installed (extra: bench)" if lacking else ""


def measure(case: Case, rounds: int, seconds: float, baseline: bool) -> dict[str, Any]:
    """All rounds of one case, and their medians."""
    names = {f"cam-{number + 1}": {"day": part} for number, part in enumerate(many(case.cameras))}
    sides: dict[str, list[dict[str, Any]]] = {"product": [], "product_open": []}
    with Streams(names) as streams:
        for number in range(rounds):
            for side, settings in (("product", ""), ("product_open", OPEN)):
                sides[side].append(product(streams, case, settings, seconds))
                _tell(case, number, side, sides[side][-1])
            if baseline:
                sides.setdefault("ultralytics", []).append(ultralytics(streams, case, seconds))
                _tell(case, number, "ultralytics", sides["ultralytics"][-1])
    medians = {side: median_of(readings) for side, readings in sides.items()}
    result = {"cameras": case.cameras, "input_size": case.size, **medians, "rounds": sides}
    return {**result, "over_ultralytics": ratios(medians)} if baseline else result


def ratios(medians: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Of each of our sides to the other: above 1 we are ahead, in memory, too."""
    other = medians["ultralytics"]
    return {
        side: {
            "looks_per_s": round(ours["looks_per_s"] / other["looks_per_s"], 2),
            "looks_per_cpu_s": round(ours["looks_per_cpu_s"] / other["looks_per_cpu_s"], 2),
            "cores": round(other["cores"] / ours["cores"], 2),
            "memory_rss": round(other["rss_mb"] / ours["rss_mb"], 2),
            "memory_pss": round(other["pss_mb"] / ours["pss_mb"], 2),
        }
        for side, ours in medians.items()
        if side != "ultralytics"
    }


def bars(result: Mapping[str, Any]) -> list[Bar]:
    """What was promised of this case."""
    cameras, ours = result["cameras"], result["product"]
    looks, blind, name = ours["looks_per_s_of_a_camera"]["least"], ours["blind_s"], f"{cameras} cameras"
    found = [Bar(f"{name} at {result['input_size']}: looks/s of the least", looks, 1.0, 2.0 if cameras == 8 else None)]
    if cameras == 8:
        found += [
            Bar(f"{name}: blind time, s", blind, 2.0, more=False),
            Bar(f"{name}: cores", ours["cores"], 1.7, more=False),
            Bar(f"{name}: memory, GB RSS", ours["rss_mb"] / 1000, 1.5, 1.0, more=False),
        ]
    else:
        found.append(Bar(f"{name}: blind time, s", blind, 4.0, 2.0, more=False))
    for side, ratio in result.get("over_ultralytics", {}).items():
        what = f"{name}, {side.replace('_', ', ')} over ultralytics"
        found += [Bar(f"{what}: {key}", ratio[key], 1.0, 2.0) for key in ("looks_per_s", "cores", "memory_pss")]
        found.append(Bar(f"{what}: looks per CPU second", ratio["looks_per_cpu_s"], 1.0, 2.0))
    return found


def median_of(readings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of every figure; of figures within figures, too."""
    first = readings[0]
    return {
        key: median_of([reading[key] for reading in readings])
        if isinstance(first[key], dict)
        else round(statistics.median(float(reading[key]) for reading in readings), 3)
        for key in first
    }


def _tell(case: Case, number: int, side: str, reading: Mapping[str, Any]) -> None:
    print(
        f"{case.cameras} cameras at {case.size}, round {number + 1}, {side}: {reading['looks_per_s']:.1f} looks/s on "
        f"{reading['cores']:.2f} cores ({reading['looks_per_cpu_s']:.1f} a CPU second), {reading['rss_mb']:.0f} MB RSS"
        + (f", blind {reading['blind_s']:.1f} s" if "blind_s" in reading else ""),
        flush=True,
    )


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each side in each round")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", type=int, choices=[case.cameras for case in CASES], help="this many cameras only")
    parser.add_argument("--no-baseline", action="store_true", help="leave ultralytics out")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(words)
    if reason := missing_reason():
        sys.exit(reason)
    if reason := "" if args.no_baseline else missing_baseline():
        print(reason, file=sys.stderr)
    baseline = not (args.no_baseline or reason)
    cases = [case for case in CASES if args.only in (None, case.cameras)]
    results = [measure(case, args.rounds, args.seconds, baseline) for case in cases]
    held = [bar for result in results for bar in bars(result)]
    print(*table(held), sep="\n")
    write_json(args.out, {"bars": [bar.told() for bar in held], "cases": results, "machine": describe()})


if __name__ == "__main__":
    main()
