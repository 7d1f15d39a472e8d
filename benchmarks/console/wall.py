"""The console's wall: what do eight tiles in a browser cost the server?

    python -m benchmarks.console.wall [--seconds 20] [--cameras 8] [--out benchmarks/console/results/wall.json]

Eight RTSP sessions of a camera (704×576, 25 a second, H.264, 1.2 Mbit/s), a real `xinan watch`, and a real Chromium
that shows the console's own page. CPU seconds per second of the supervisor and of the analyzers, with the page open
beside nobody looking, on the same watch in the same minute. Three ways to be looked at: the camera's own pictures
passed on; one encode for all viewers (the cameras have masks); single pictures, as whoever comes when all places for
video are taken.
"""

import argparse
import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Page

from benchmarks.latency.live import ANALYSIS, MASK, cpu_s_of, enter
from benchmarks.latency.stamps import StampedCamera
from benchmarks.load.bars import Bar, table
from benchmarks.load.processes import children
from benchmarks.machine import describe
from models.files import write_json
from tests.acceptance.browser import chromium
from tests.acceptance.watching import Watching, until, write_settings

SETTLE_S = 8.0
WAYS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "passed on": ("", (), "webrtc"),
    "encoded anew": (MASK, (), "webrtc"),
    "single pictures": ("", ("--set", "console.max_viewers=0"), "jpeg"),
}
"""Settings of each camera, further arguments, what the tiles then show."""


@contextlib.contextmanager
def watching(url: str, cameras: int, more: str, arguments: tuple[str, ...]) -> Iterator[Watching]:
    """`xinan watch` on so many cameras, all online."""
    with TemporaryDirectory(prefix="xinan-wall-") as name:
        folder = Path(name)
        listed = "".join(f'[[cameras]]\nname = "cam-{n}"\nurl = "{url}"\n{more}' for n in range(cameras))
        file = write_settings(folder, ANALYSIS + listed)
        with Watching(["watch", "-c", str(file), *arguments], folder) as watch:
            watch.enter()
            until(lambda: all(watch.state(f"cam-{n}") == "online" for n in range(cameras)), "the cameras")
            yield watch


def cores(watch: Watching, seconds: float) -> dict[str, float]:
    """Of supervisor and analyzers, over so many seconds from when it has settled."""
    time.sleep(SETTLE_S)
    own, analyzers = [watch.process.pid], children(watch.process.pid)
    before, begun = (cpu_s_of(own), cpu_s_of(analyzers)), time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - begun
    return {
        "supervisor": round((cpu_s_of(own) - before[0]) / passed, 3),
        "analyzers": round((cpu_s_of(analyzers) - before[1]) / passed, 3),
    }


def shown(watch: Watching, page: Page, cameras: int, kind: str) -> None:
    """The console's page, until every tile shows what is expected."""
    page.goto(f"{watch.base}/")
    page.locator(f'.tile[data-kind="{kind}"] >> nth={cameras - 1}').wait_for(timeout=60_000)


def measure(url: str, cameras: int, seconds: float, way: str) -> dict[str, Any]:
    """Nobody looks, the wall is open, nobody looks."""
    more, arguments, kind = WAYS[way]
    with watching(url, cameras, more, arguments) as watch, chromium() as browser:
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        enter(watch, page)
        page.goto("about:blank")
        before = cores(watch, seconds / 2)
        shown(watch, page, cameras, kind)
        wall = cores(watch, seconds)
        page.goto("about:blank")
        after = cores(watch, seconds / 2)
    alone = {name: round((before[name] + after[name]) / 2, 3) for name in before}
    row = {"way": way, "nobody": alone, "wall": wall, "load_average": round(os.getloadavg()[0], 1)}
    row["more"] = round(sum(wall.values()) - sum(alone.values()), 3)
    return row


def told(row: dict[str, Any]) -> str:
    """A row in words."""
    nobody, wall = row["nobody"], row["wall"]
    return (
        f"{row['way']:>16}: supervisor {nobody['supervisor']:.3f} → {wall['supervisor']:.3f}, analyzers "
        f"{nobody['analyzers']:.3f} → {wall['analyzers']:.3f}, all {row['more']:+.3f} cores"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "wall.json")
    args = parser.parse_args()
    rows = []
    with StampedCamera(profile="main") as camera:
        for way in WAYS:
            rows.append(measure(camera.url, args.cameras, args.seconds, way))
            print(told(rows[-1]), flush=True)
    bars = [
        Bar(
            f"{args.cameras} tiles, {row['way']}: cores of the server beyond nobody looking",
            row["more"],
            1.0,
            more=False,
        )
        for row in rows
    ]
    write_json(
        args.out, {"cameras": args.cameras, "ways": rows, "bars": [bar.told() for bar in bars], "machine": describe()}
    )
    print(*table(bars), sep="\n")


if __name__ == "__main__":
    main()
