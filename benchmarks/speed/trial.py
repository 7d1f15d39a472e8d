"""The last minutes of a camera, kept for the rules to be tried on: memory, how long a trial takes, what others lose.

    python -m benchmarks.speed.trial [--cameras 4] [--masked] [--out benchmarks/speed/results/trial.json]

A camera of 704×576 at 25 a second (H.264, 1.2 Mbit/s) is read as several by `xinan watch`. One of them is set up: its
last three minutes are kept, the rules are tried on them as the page does, then nobody asks for them any more. Beside it
stand the looks of the other cameras, before the trial and during it. Takes about eight minutes.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alerts.web.wanted import RECENT_S as LET_GO_S
from benchmarks.latency.live import MASK, watching
from benchmarks.latency.stamps import StampedCamera
from benchmarks.load.processes import children, cost
from benchmarks.machine import describe
from models.files import write_json
from tests.acceptance.watching import Watching
from vision.footage import RECENT_S

SETTLE_S = 40.0
ASK_S = 5.0
CAMERA = "cam-0"


def memory_mb(watch: Watching) -> float:
    """Of the analyzer, the largest process: resident, MB."""
    found = [one.rss for pid in children(watch.process.pid) if (one := cost(pid)) is not None]
    return round(max(found) / 1e6, 1)


def others_looks(watch: Watching) -> float:
    """Looks a second of the cameras beside it, on average, over the last seconds."""
    cameras = [one for one in watch.get("/api/cameras")["cameras"] if one["name"] != CAMERA]
    return statistics.mean(float(one["health"]["looks_per_s"]) for one in cameras)


def kept_s(watch: Watching) -> float:
    """How far back its pictures are kept; asks for the last minutes, as the page does."""
    return float(watch.get(f"/api/setup/recent?camera={CAMERA}")["kept_s"])


def repeated(seconds: float, every_s: float, ask: Callable[[], float]) -> list[float]:
    """What was answered in this time."""
    end_s, found = time.monotonic() + seconds, [ask()]
    while time.monotonic() < end_s:
        time.sleep(every_s)
        found.append(ask())
    return found


def trial(watch: Watching) -> dict[str, Any]:
    """One, as the page begins and follows it."""
    begun_s = time.monotonic()
    state = watch.http.post("/api/setup/try-rules", json={"key": CAMERA, "by": "bench"}).json()
    cut_s, looks = 0.0, []
    while state["phase"] in ("cutting", "running"):
        time.sleep(0.5)
        state = watch.get("/api/setup/rules-trial")
        cut_s = cut_s or (time.monotonic() - begun_s if state["phase"] != "cutting" else 0.0)
        looks.append(others_looks(watch))
    return {
        "phase": state["phase"],
        "seen_s": state["done_s"],
        "of_s": state["duration_s"],
        "looks": state["looks"],
        "cut_s": round(cut_s, 1),
        "took_s": round(time.monotonic() - begun_s, 1),
        "others_looks_per_s": round(statistics.mean(looks), 2),
    }


def measure(watch: Watching) -> dict[str, Any]:
    """Before, with the minutes kept, the trial, after they were let go."""
    before = repeated(SETTLE_S, ASK_S, lambda: others_looks(watch))[-4:]
    row: dict[str, Any] = {"before_mb": memory_mb(watch), "others_looks_per_s": round(statistics.mean(before), 2)}
    while (kept := kept_s(watch)) < RECENT_S:
        print(f"kept: {kept:.0f} s, {memory_mb(watch):.0f} MB", flush=True)
        time.sleep(ASK_S)
    row |= {"kept_mb": memory_mb(watch), "trial": trial(watch), "after_trial_mb": memory_mb(watch)}
    time.sleep(LET_GO_S + 10.0)
    return {**row, "let_go_mb": memory_mb(watch)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--masked", action="store_true", help="The cameras have a mask: what is kept is encoded anew.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "trial.json")
    args = parser.parse_args()
    masks = MASK if args.masked else ""
    with StampedCamera() as camera, watching(camera.url, args.cameras, more=masks, analysis="") as watch:
        row = measure(watch)
    stream = {"size": "704x576", "fps": 25, "kbit_per_s": 1200, "cameras": args.cameras, "masked": args.masked}
    write_json(args.out, {"stream": stream, **row, "machine": describe()})
    print(row)


if __name__ == "__main__":
    main()
