"""The queue in a real Chromium: how soon a new alert is seen, and how ten thousand of them scroll.

    python -m benchmarks.console.run [--alerts 10000] [--trials 100] [--out benchmarks/console/results/queue.json]

A real server on loopback, from a store with so many alerts, all of which the page has fetched. Seen: from the moment at
which an alert's row is committed to the frame after its card is in the page, by the clock of this one machine; with the
queue as it begins, and with all of it. Scroll: the wheel turns from the top of the list to its end, past every alert;
each has a picture in the store, of which the page asks for a thumbnail. Told are the times between frames, the tasks
that took longer than 50 ms, and how many thumbnails came. The baseline is the same page, as long, at rest.
"""

import argparse
import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Page
from sqlalchemy import select

from alerts.db import schema
from alerts.db.store import Store
from alerts.evidence.snapshot import SnapshotStore
from alerts.lifecycle import Change
from benchmarks.latency.alert import percentile
from benchmarks.load.bars import Bar, table
from benchmarks.machine import describe
from benchmarks.store.fill import BLOCK, fill
from models.files import write_json
from tests.acceptance.browser import chromium
from tests.alerts.web.console import Parts, serving, some_settings
from tests.alerts.web.painting import jpeg, paint

OUT = Path(__file__).parent / "results" / "queue.json"
SCRIPT = Path(__file__).with_name("watching.js")
BAR_MS = 500.0
FRAME_MS = 50.0
"""A frame that comes later than this is seen as a jerk."""
WHEEL_PX = 480
TURNS = 20
"""Of the wheel, between two looks at where the list stands."""
MOST_TURNS = 50_000
MOST_NODES = 1_500
LEAST_THUMBNAILS = 100
"""A list that shows icons alone scrolls with less than people's lists do."""


@contextlib.contextmanager
def console(alerts: int) -> Iterator[tuple[Parts, str, dict[str, float]]]:
    """The parts, the address, and when each alert's row was committed, seconds since 1970."""
    with TemporaryDirectory(prefix="xinan-queue-") as name:
        settings = some_settings(Path(name) / "store")
        store = Store.open(settings.store.path)
        fill(store, max(1, alerts // BLOCK))
        pictures(store, SnapshotStore(settings.store.path / "snapshots"))
        store.close()
        parts, committed = Parts.build(settings), dict[str, float]()

        def note(changes: Sequence[Change]) -> None:
            now = time.time()
            for change in changes:
                committed.setdefault(change.alert.id, now)

        parts.store.on_stored(note)
        with serving(parts) as url:
            yield parts, url, committed
        parts.close()


def pictures(store: Store, kept: SnapshotStore) -> None:
    """One for each key that an alert names, as small as a sub stream's."""
    with store.reading() as connection:
        keys = [key for key in connection.scalars(select(schema.alerts.c.snapshot).distinct()) if key]
    for number, key in enumerate(keys):
        path = kept.path(key, "blurred")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(paint(number % 9, number)))


def enter(page: Page, parts: Parts, url: str) -> None:
    """Come in, and wait until the queue stands."""
    page.goto(f"{url}/enter#{parts.access.issue_link()}")
    page.locator("#name").fill("benchmark")
    page.locator("#enter button").click()
    page.locator(".card").first.wait_for()
    page.evaluate(SCRIPT.read_text("utf-8"))


def seen(page: Page, parts: Parts, committed: dict[str, float], trials: int, start: int) -> dict[str, Any]:
    """Fires, one after the other: each is a card on top of the queue."""
    times = []
    for number in range(trials):
        fire = parts.raise_alert(number % 2, key=f"{start + number}")
        shown_ms = page.evaluate("(id) => window.shownAt(id)", fire.id)
        times.append(shown_ms - committed[fire.id] * 1000)
    return {
        "trials": trials,
        **{name: percentile(times, share) for name, share in (("p50_ms", 0.5), ("p95_ms", 0.95))},
        "max_ms": round(max(times), 1),
    }


def scroll(page: Page) -> None:
    """The wheel is turned over the list until its end is seen."""
    page.locator("#queue-list").hover()
    for _ in range(MOST_TURNS // TURNS):
        for _ in range(TURNS):
            page.mouse.wheel(0, WHEEL_PX)
        if page.evaluate("window.atEnd()"):
            return
    raise RuntimeError("the wheel never came to the end of the list")


def frames(page: Page, doing: Callable[[], object]) -> dict[str, Any]:
    """Of the page while something is done."""
    page.evaluate("window.watch()")
    doing()
    found = page.evaluate("window.watched()")
    between = found.pop("between")
    shares = {f"p{round(100 * share)}_ms": percentile(between, share) for share in (0.5, 0.95, 0.99)}
    late = sum(one > FRAME_MS for one in between)
    return {"frames": len(between), **shares, "max_ms": round(max(between), 1), "late": late, **found}


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """The whole result."""
    with console(args.alerts) as (parts, url, committed), chromium() as browser:
        page = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768}).new_page()
        enter(page, parts, url)
        few = seen(page, parts, committed, args.trials, 0)
        loaded = page.evaluate("(most) => window.loadAll(most)", args.alerts)
        scrolled = frames(page, lambda: scroll(page))
        rest = frames(page, lambda: page.wait_for_timeout(1000 * scrolled["seconds"]))
        many = seen(page, parts, committed, args.trials, args.trials)
    bars = [
        Bar("seen after its commit, p95, ms", few["p95_ms"], BAR_MS, more=False),
        Bar(f"seen after its commit, {loaded} in the queue, p95, ms", many["p95_ms"], BAR_MS, more=False),
        Bar("frames while scrolling, p99, ms", scrolled["p99_ms"], FRAME_MS, more=False),
        Bar("thumbnails that came", scrolled["thumbnails"], LEAST_THUMBNAILS, more=True),
        Bar("elements of the queue", scrolled["nodes"], MOST_NODES, more=False),
    ]
    print(*table(bars), sep="\n")
    told = {"seen": few, "seen_with_all": many, "at_rest": rest, "scrolling": scrolled}
    return {"alerts": loaded, "bars": [bar.told() for bar in bars], **told, "machine": describe()}


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=10_000)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(words)
    write_json(args.out, measure(args))


if __name__ == "__main__":
    main()
