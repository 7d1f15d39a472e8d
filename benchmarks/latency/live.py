"""Live view: how old is the picture that a browser shows, and what does a viewer cost?

    python -m benchmarks.latency.live [--seconds 15] [--out benchmarks/latency/results/live.json]

A camera burns the time into its pictures and sends them by RTSP; `xinan watch` has it as eight cameras; a real Chromium
plays them and reads the stamps out of what it shows, by the same clock. Beside it, in the same seconds, libav alone
reads the same stream: the difference is what this project and the browser add. CPU is the supervisor's, which serves
the viewers, and the analyzers', which read, look and hand on.
"""

import argparse
import contextlib
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Page

from benchmarks.latency.stamps import DirectReader, StampedCamera
from benchmarks.machine import describe
from models.files import write_json
from tests.acceptance.browser import chromium
from tests.acceptance.watching import Watching, until, write_settings

CAMERAS = 8
VIEWERS = (0, 1, 4, 8, 16)
SETTLE_S = 4.0
TICKS_PER_S = 100
BAR_MS, GOAL_MS, BAR_CORES = 500, 250, 0.05
SCRIPT = Path(__file__).with_name("viewers.js")
MASK = "masks = [[[0.0, 0.9], [0.1, 0.9], [0.1, 1.0], [0.0, 1.0]]]\n"


@contextlib.contextmanager
def watching(url: str, *, more: str = "", cameras: int = CAMERAS) -> Iterator[Watching]:
    """`xinan watch` on so many cameras that are all this one. more: settings of each."""
    with TemporaryDirectory(prefix="xinan-live-") as name:
        folder = Path(name)
        listed = "".join(f'[[cameras]]\nname = "cam-{n}"\nurl = "{url}"\n{more}' for n in range(cameras))
        with Watching(["watch", "-c", str(write_settings(folder, listed))], folder) as watch:
            watch.enter()
            until(lambda: all(watch.state(f"cam-{n}") == "online" for n in range(cameras)), "the cameras")
            yield watch


def cpu_s(pid: int) -> float:
    """Of one process, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def children(pid: int) -> list[int]:
    """The analyzers and what multiprocessing needs."""
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def ages(values: Sequence[float]) -> dict[str, float]:
    """Of pictures, milliseconds."""
    if len(values) < 2:
        return {"pictures": len(values)}
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {
        "pictures": len(values),
        "p50": round(cuts[49], 1),
        "p95": round(cuts[94], 1),
        "most": round(max(values), 1),
    }


def measure(watch: Watching, page: Page, url: str, viewers: int, seconds: float) -> dict[str, Any]:
    """With so many viewers, spread over the cameras."""
    started = page.evaluate("([viewers, cameras]) => window.openViewers(viewers, cameras)", [viewers, CAMERAS])
    time.sleep(SETTLE_S)
    pid = watch.process.pid
    with DirectReader(url) as direct:
        time.sleep(1.0)
        direct.ages_ms.clear()
        page.evaluate("() => window.startCounting()")
        before, begun = (cpu_s(pid), sum(map(cpu_s, children(pid)))), time.monotonic()
        time.sleep(seconds)
        passed = time.monotonic() - begun
        after = (cpu_s(pid), sum(map(cpu_s, children(pid))))
        seen = page.evaluate("() => window.closeViewers()")
        plain = list(direct.ages_ms)
    row: dict[str, Any] = {
        "viewers": viewers,
        "supervisor_cores": round((after[0] - before[0]) / passed, 3),
        "analyzers_cores": round((after[1] - before[1]) / passed, 3),
        "direct_ms": ages(plain),
    }
    if viewers:
        row["browser_ms"] = ages(seen)
        row["added_ms_p50"] = round(statistics.median(seen) - statistics.median(plain), 1)
        row["first_picture_ms"] = ages(started)
    return row


def told(row: dict[str, Any]) -> str:
    """A row in words."""
    shown = row.get("browser_ms", {})
    return (
        f"{row['viewers']:>3} viewers: supervisor {row['supervisor_cores']:.3f}, analyzers "
        f"{row['analyzers_cores']:.3f} cores; libav alone p50 {row['direct_ms'].get('p50')} ms; "
        f"browser p50 {shown.get('p50')} p95 {shown.get('p95')} ms"
    )


def run(url: str, seconds: float, *, more: str, viewers: Sequence[int]) -> list[dict[str, Any]]:
    """One row for each number of viewers."""
    with watching(url, more=more) as watch, chromium() as browser:
        page = browser.new_page()
        token = watch.http.post("/api/link").json()["path"]
        page.goto(f"{watch.base}{token}")
        page.locator("#enter button").click()
        page.wait_for_url(f"{watch.base}/")
        page.goto(f"{watch.base}/healthz")  # the console's origin, and nothing that plays
        page.evaluate(SCRIPT.read_text("utf-8"))
        rows = []
        for number in viewers:
            rows.append(measure(watch, page, url, number, seconds))
            print(told(rows[-1]), flush=True)
            time.sleep(1.0)
    return rows


def per_viewer(rows: Sequence[dict[str, Any]]) -> float:
    """Cores of the supervisor that one viewer more costs, by the row with the most."""
    most = max(rows, key=lambda row: int(row["viewers"]))
    none = next(row for row in rows if row["viewers"] == 0)
    return float(round((most["supervisor_cores"] - none["supervisor_cores"]) / most["viewers"], 4))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--profile", default="main", help="of the camera's H.264: baseline, main or high")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "live.json")
    args = parser.parse_args()
    with StampedCamera(profile=args.profile) as camera:
        print("passed through:")
        passed = run(camera.url, args.seconds, more="", viewers=VIEWERS)
        print("encoded anew, once for all viewers (the cameras have masks):")
        encoded = run(camera.url, args.seconds, more=MASK, viewers=(0, 8))
    worst = max(row["browser_ms"]["p95"] for row in passed if row["viewers"] in range(1, CAMERAS + 1))
    result = {
        "stream": {"size": "704x576", "fps": 25, "h264_profile": args.profile, "kbit_per_s": 1200, "cameras": CAMERAS},
        "passed_through": passed,
        "encoded": encoded,
        "bars": {
            "browser_ms_p95_up_to_8_viewers": {"measured": worst, "bar": BAR_MS, "goal": GOAL_MS},
            "supervisor_cores_per_viewer": {"measured": per_viewer(passed), "bar": BAR_CORES},
        },
        "machine": describe(),
    }
    write_json(args.out, result)
    print(f"p95 with up to 8 viewers {worst} ms, {per_viewer(passed)} cores a viewer ({args.out})")


if __name__ == "__main__":
    main()
