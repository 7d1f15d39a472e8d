"""Live view: how old is the picture that a browser shows, and what does a viewer cost?

    python -m benchmarks.latency.live [--seconds 15] [--cameras 8] [--out benchmarks/latency/results/live.json]

A camera burns the time into its pictures and sends them by RTSP; `xinan watch` has it as eight cameras; a real Chromium
plays them and reads the stamps out of what it shows, by the same clock. Beside it, in the same seconds, libav alone
reads the same stream: the difference is what this project and the browser add. CPU is the supervisor's, which serves
the viewers, and the analyzers', which read, look and hand on.
"""

import argparse
import contextlib
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Page

from benchmarks.latency.stamps import DirectReader, StampedCamera
from benchmarks.load.bars import Bar, table
from benchmarks.load.processes import children, cost
from benchmarks.machine import describe
from models.files import write_json
from tests.acceptance.browser import chromium
from tests.acceptance.watching import Watching, until, write_settings

VIEWERS = (0, 1, 4, 8)
# One look a second and camera: in earnest the browser has a machine of its own, and the analyzers need not leave it any
# of these cores, as they must here.
ANALYSIS = "[analysis]\nlooks_per_s = 1.0\nleast_looks_per_s = 1.0\n"
SETTLE_S = 5.0
SCRIPT = Path(__file__).with_name("viewers.js")
MASK = "masks = [[[0.0, 0.9], [0.1, 0.9], [0.1, 1.0], [0.0, 1.0]]]\n"


@contextlib.contextmanager
def watching(url: str, cameras: int, *, more: str = "", analysis: str = ANALYSIS) -> Iterator[Watching]:
    """`xinan watch` on so many cameras that are all this one. more: settings of each; analysis: of the analyzers."""
    with TemporaryDirectory(prefix="xinan-live-") as name:
        folder = Path(name)
        listed = "".join(f'[[cameras]]\nname = "cam-{n}"\nurl = "{url}"\n{more}' for n in range(cameras))
        with Watching(["watch", "-c", str(write_settings(folder, analysis + listed))], folder) as watch:
            watch.enter()
            until(lambda: all(watch.state(f"cam-{n}") == "online" for n in range(cameras)), "the cameras")
            yield watch


def cpu_s_of(pids: Sequence[int]) -> float:
    """CPU seconds so far of these processes."""
    return sum(one.cpu_s for pid in pids if (one := cost(pid)) is not None)


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


def measure(watch: Watching, page: Page, url: str, seconds: float) -> dict[str, Any]:
    """What is shown in the page now, and what it costs. Beside it, libav alone."""
    pid = watch.process.pid
    analyzers = children(pid)
    with DirectReader(url) as direct:
        time.sleep(SETTLE_S)
        direct.ages_ms.clear()
        page.evaluate("() => window.startCounting()")
        before, begun = (cpu_s_of([pid]), cpu_s_of(analyzers)), time.monotonic()
        time.sleep(seconds)
        passed = time.monotonic() - begun
        after = (cpu_s_of([pid]), cpu_s_of(analyzers))
        seen, plain = page.evaluate("() => window.stopCounting()"), list(direct.ages_ms)
    row: dict[str, Any] = {
        "supervisor_cores": round((after[0] - before[0]) / passed, 3),
        "analyzers_cores": round((after[1] - before[1]) / passed, 3),
        "load_average": round(os.getloadavg()[0], 1),
        "direct_ms": ages(plain),
    }
    if seen:
        row |= {"browser_ms": ages(seen), "added_ms_p50": round(statistics.median(seen) - statistics.median(plain), 1)}
        row["pictures_per_s"] = round(len(seen) / passed, 1)
    return row


def told(row: dict[str, Any]) -> str:
    """A row in words."""
    shown = row.get("browser_ms", {})
    return (
        f"{row.get('page', row['viewers']):>7} viewers: supervisor {row['supervisor_cores']:.3f}, analyzers "
        f"{row['analyzers_cores']:.3f} cores; libav alone p50 {row['direct_ms'].get('p50')} ms; "
        f"browser p50 {shown.get('p50')} p95 {shown.get('p95')} ms"
    )


def enter(watch: Watching, page: Page) -> None:
    """Bring the page in by a link of its own; it then shows the console."""
    page.goto(f"{watch.base}{watch.http.post('/api/link').json()['path']}")
    page.locator("#enter button").click()
    page.wait_for_url(f"{watch.base}/")


def with_viewers(watch: Watching, page: Page, url: str, seconds: float, viewers: int, cameras: int) -> dict[str, Any]:
    """So many bare viewers, spread over the cameras."""
    page.goto(f"{watch.base}/healthz")  # the console's origin, and nothing that plays by itself
    page.evaluate(SCRIPT.read_text("utf-8"))
    started = page.evaluate("([viewers, cameras]) => window.openViewers(viewers, cameras)", [viewers, cameras])
    row = {"viewers": viewers, "first_picture_ms": ages(started), **measure(watch, page, url, seconds)}
    page.evaluate("() => window.closeViewers()")
    return row


def with_the_wall(watch: Watching, page: Page, url: str, seconds: float, cameras: int) -> dict[str, Any]:
    """The console's own page, all cameras on its wall."""
    page.goto(f"{watch.base}/")
    page.locator(f'.tile[data-kind="webrtc"] >> nth={cameras - 1}').wait_for()
    page.evaluate(SCRIPT.read_text("utf-8"))
    page.evaluate("() => window.followTiles()")
    return {"viewers": cameras, "page": "console", **measure(watch, page, url, seconds)}


def run(url: str, seconds: float, cameras: int, *, more: str, viewers: Sequence[int]) -> list[dict[str, Any]]:
    """One row for each number of viewers, and one for the console's own page."""
    with watching(url, cameras, more=more) as watch, chromium() as browser:
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        enter(watch, page)
        rows = []
        for number in viewers:
            rows.append(with_viewers(watch, page, url, seconds, number, cameras))
            print(told(rows[-1]), flush=True)
        rows.append(with_the_wall(watch, page, url, seconds, cameras))
        print(told(rows[-1]), flush=True)
        return rows


def per_viewer(rows: Sequence[dict[str, Any]]) -> float:
    """Cores of the supervisor that one viewer more costs, by the row with the most."""
    most = max(rows[:-1], key=lambda row: int(row["viewers"]))
    none = next(row for row in rows if row["viewers"] == 0)
    return float(round((most["supervisor_cores"] - none["supervisor_cores"]) / most["viewers"], 4))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--profile", default="main", help="of the camera's H.264: baseline, main or high")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "live.json")
    args = parser.parse_args()
    viewers = [number for number in VIEWERS if number <= args.cameras]
    with StampedCamera(profile=args.profile) as camera:
        print("passed through:")
        passed = run(camera.url, args.seconds, args.cameras, more="", viewers=viewers)
        print("encoded anew, once for all viewers (the cameras have masks):")
        encoded = run(camera.url, args.seconds, args.cameras, more=MASK, viewers=(0, args.cameras))
    bars = [
        Bar("glass to browser, p95 of bare viewers, ms", worst(passed[:-1]), 500, 250, more=False),
        Bar("glass to browser, p95 on the console's wall, ms", worst(passed[-1:]), 500, 250, more=False),
        Bar("supervisor, cores for one viewer more", per_viewer(passed), 0.05, more=False),
    ]
    result = {
        "stream": {
            "size": "704x576",
            "fps": 25,
            "h264_profile": args.profile,
            "kbit_per_s": 1200,
            "cameras": args.cameras,
        },
        "passed_through": passed,
        "encoded": encoded,
        "bars": [bar.told() for bar in bars],
        "machine": describe(),
    }
    write_json(args.out, result)
    print(*table(bars), sep="\n")


def worst(rows: Sequence[dict[str, Any]]) -> float:
    """The 95th percentile of the row where it is highest, milliseconds."""
    return max(float(row["browser_ms"]["p95"]) for row in rows if row["viewers"])


if __name__ == "__main__":
    main()
