"""An archive of 10,000 small recordings, 3 % of them broken in six ways: is every file accounted for, in which memory?

    python -m benchmarks.audit.archive [--files 10000] [--jobs 2] [--out FILE]

The recordings are cut from the rendered scenarios without coding them anew, and differ in their bytes; one look is made
at each, by a small network, as it is the files that count here. Memory is the sum over all processes of the run, read
five times a second: RSS, which counts what is shared once for each of them, and PSS. So is the second run, over what is
done.
"""

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av

from benchmarks.load.processes import costs, cpu_s
from benchmarks.machine import describe
from models.files import write_json
from tests.alerts.audit.killed import start

OUT = Path(__file__).parent / "results" / "archive.json"
SCENARIOS = Path(__file__).parents[2] / "tests" / "scenarios"
BROKEN_SHARE = 0.03
FOLDER = 500
"""Files in one folder."""
PIECE_S = 1.0
READ_S = 0.2


def _truncated(path: Path, clip: bytes) -> None:
    """Its index stands in front, its pictures end early: it can be read, though not to its end."""
    path.write_bytes(clip[: len(clip) * 3 // 4])


def _no_index(path: Path, clip: bytes) -> None:
    """As a recorder leaves it that lost its power before it wrote the index."""
    start = clip.index(b"moov") - 4
    path.write_bytes(clip[:start] + clip[start + int.from_bytes(clip[start : start + 4], "big") :])


def _loop(path: Path, clip: bytes) -> None:
    path.symlink_to(path.name)


WAYS: dict[str, Callable[[Path, bytes], object]] = {
    "empty": lambda path, clip: path.write_bytes(b""),
    "truncated": _truncated,
    "no index": _no_index,
    "text": lambda path, clip: path.write_text("no film\n" * 100),
    "random bytes": lambda path, clip: path.write_bytes(os.urandom(len(clip))),
    "link loop": _loop,
}


def main() -> None:
    """Run it, print the table, write the file; exit code 1 when a file is missing or told wrongly."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        broken = make_archive(folder / "archive", given.files)
        runs = {which: measured(folder, given.jobs) for which in ("first", "again")}
        accounted = compared(folder, broken, given.files)
    results = {"files": given.files, "broken": Counter(broken.values()), "runs": runs, "accounted": accounted}
    print(json.dumps(results, indent=2))
    write_json(given.out, {"machine": describe(), "jobs": given.jobs, "results": results})
    raise SystemExit(bool(accounted["missing"] or accounted["told_wrongly"]))


def make_archive(folder: Path, files: int) -> dict[str, str]:
    """Returns which are broken, and how."""
    pieces = [piece for path in sorted(SCENARIOS.glob("*.mp4")) for piece in pieces_of(path)]
    every = round(1 / BROKEN_SHARE)
    ways = list(WAYS)
    broken: dict[str, str] = {}
    for number in range(files):
        path = folder / f"cam{number // FOLDER:02d}" / f"{number:05d}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        clip = pieces[number % len(pieces)] + b"\0\0\0\x10free" + number.to_bytes(8, "big")
        if number % every == every - 1:
            way = ways[number // every % len(ways)]
            broken[path.relative_to(folder.parent).as_posix()] = way
            WAYS[way](path, clip)
        else:
            path.write_bytes(clip)
    return broken


def pieces_of(path: Path) -> list[bytes]:
    """The recording cut into pieces of some second, at its key pictures, with the index in front."""
    found: list[bytes] = []
    with av.open(str(path)) as source, tempfile.TemporaryDirectory() as name:
        stream = source.streams.video[0]
        packets = [packet for packet in source.demux(stream) if packet.dts is not None]
        keys = [index for index, packet in enumerate(packets) if packet.is_keyframe]
        for first, last in zip(keys, [*keys[1:], len(packets)], strict=True):
            out = Path(name) / "piece.mp4"
            with av.open(str(out), "w", options={"movflags": "+faststart"}) as piece:
                copy = piece.add_stream_from_template(stream)
                start_ticks = packets[first].dts or 0
                rate = float(stream.average_rate or 25)
                for packet in packets[first : min(last, first + round(PIECE_S * rate))]:
                    packet.pts, packet.dts = (packet.pts or 0) - start_ticks, (packet.dts or 0) - start_ticks
                    packet.stream = copy
                    piece.mux(packet)
            found.append(out.read_bytes())
    return found


def measured(folder: Path, jobs: int) -> dict[str, object]:
    """One run over the archive. Times in seconds, memory in MB."""
    options = ["--set", "analysis.looks_per_s=1", "--set", "detector.input_size=320", "--jobs", str(jobs), "--out", "o"]
    began_s = time.perf_counter()
    run = start([folder / "archive", *options], folder)
    rss, pss, cpu = 0, 0, 0.0
    with (folder / "said").open("w", encoding="utf-8") as said:
        while run.poll() is None:
            found = costs(run.pid, with_pss=True)
            rss, pss = max(rss, sum(one.rss for one in found)), max(pss, sum(one.pss for one in found))
            cpu = max(cpu, cpu_s(run.pid))
            time.sleep(READ_S)
        said.write(run.communicate()[1])
    return {
        "exit_code": run.returncode,
        "wall_s": round(time.perf_counter() - began_s, 1),
        "cpu_s": round(cpu, 1),
        "peak_rss_mb": rss >> 20,
        "peak_pss_mb": pss >> 20,
    }


def compared(folder: Path, broken: dict[str, str], files: int) -> dict[str, Any]:
    """told_wrongly: broken and not said, or whole and said to be broken."""
    entries = [json.loads(line) for line in (folder / "o" / "manifest.jsonl").read_text("utf-8").splitlines()]
    summary = json.loads((folder / "o" / "summary.json").read_text("utf-8"))
    named = {entry["name"]: entry for entry in entries}
    told = {name for name, entry in named.items() if entry["reason"]}
    reasons = {way: Counter(named[name]["reason"] for name, of in broken.items() if of == way) for way in WAYS}
    return {
        "in_manifest": len(named),
        "in_summary": len(summary["sources"]) + len(summary["unreadable"]),
        "missing": files - len(named),
        "told_wrongly": len(told ^ set(broken)),
        "reasons": {
            way: [f"{reason}: {count}" for reason, count in found.most_common(3)] for way, found in reasons.items()
        },
    }


if __name__ == "__main__":
    main()
