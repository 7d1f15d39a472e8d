"""`kill -9` at random moments of an audit, each time run again: the bytes beside those of an undisturbed run.

    python -m benchmarks.audit.kills [--kills 50] [--seed 9] [--out FILE]

Two small recordings, in each of which something is put down, and one in pieces, named by their time: the scenarios of
`tests/scenarios` one after the other, seen sparsely by all rules. Two processes. The whole process group is killed at
once, after a time between its start and the length of the undisturbed run. When a run gets to its end before that, what
it wrote is compared, and the next begins with an empty folder. Compared are all files; of summary.json and the parts
all but `wall_s`. Ctrl-C ends it early, with the last run brought to its end.
"""

import argparse
import random
import shutil
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

import av

from benchmarks.machine import describe
from models.files import write_json
from tests.alerts.audit.killed import killed_after, start, wait_for_end, written
from tests.clips import corridor, write_clip

OUT = Path(__file__).parent / "results" / "kills.json"
OVERRIDES = ["--set", "hazards.clutter.dwell_s=3", "--set", "hazards.ebike.parked_s=5"]
OPTIONS: list[str | Path] = ["archive", *OVERRIDES, "--set", "detector.input_size=320", "--jobs", "2"]
RECORDINGS, PIECES = 2, 9
SCENARIOS = Path(__file__).parents[2] / "tests" / "scenarios"
BEGIN = datetime(2026, 3, 2, 17, tzinfo=UTC)


def main() -> None:
    """Run it, print the table, write the file; exit code 1 when anything differed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = killed_and_compared(Path(folder), given.kills, random.Random(given.seed))
    print(found)
    write_json(given.out, {"machine": describe(), "seed": given.seed, "results": found})
    raise SystemExit(bool(found["different"]))


def killed_and_compared(folder: Path, kills: int, dice: random.Random) -> dict[str, object]:
    """kills: that hit. parts_at_kill: kills by how many recordings were done then. runs: that came to their end."""
    lay_out(folder / "archive")
    began_s = time.perf_counter()
    finish([*OPTIONS, "--out", "undisturbed"], folder)
    length_s = time.perf_counter() - began_s
    wanted = written(folder / "undisturbed")
    pictures = sum(name.endswith(".jpg") for name in wanted)
    hit, runs, different = 0, 0, 0
    parts_at_kill: dict[int, int] = {}
    with suppress(KeyboardInterrupt):
        while hit < kills:
            out = f"run{runs}"
            run = start([*OPTIONS, "--out", out], folder)
            if killed_after(run, dice.uniform(0.1, length_s)):
                hit += 1
                done = len(list((folder / out / "parts").glob("[!.]*.jsonl")))
                parts_at_kill[done] = parts_at_kill.get(done, 0) + 1
                print(f"kill {hit}: {done} parts", flush=True)
            else:
                runs += 1
                different += written(folder / out) != wanted
    run.wait()  # of an early end: the one that was not killed
    finish([*OPTIONS, "--out", f"run{runs}"], folder)
    different += written(folder / f"run{runs}") != wanted
    return {
        "kills": hit,
        "undisturbed_s": round(length_s, 1),
        "files_compared": len(wanted),
        "pictures_compared": pictures,
        "events": len((folder / "undisturbed" / "events.jsonl").read_text("utf-8").splitlines()),
        "parts_at_kill": dict(sorted(parts_at_kill.items())),
        "runs": runs + 1,
        "different": different,
    }


def lay_out(archive: Path) -> None:
    """The recordings."""
    archive.mkdir()
    for number in range(RECORDINGS):
        write_clip(archive / f"cam{number}.mp4", corridor(6, thing_from_s=0.5 + number / 4))
    begin = BEGIN
    for clip in islice(cycle(sorted(SCENARIOS.glob("*.mp4"))), PIECES):
        shutil.copy(clip, archive / f"gate_{begin:%Y%m%d_%H%M%S}.mp4")
        with av.open(str(clip)) as container:
            begin += timedelta(microseconds=container.duration or 0)


def finish(arguments: list[str | Path], folder: Path) -> None:
    """Raises RuntimeError where it does not get to its end."""
    run = start(arguments, folder)
    _, said = run.communicate()
    wait_for_end(run.pid)
    if run.returncode:
        raise RuntimeError(said)


if __name__ == "__main__":
    main()
