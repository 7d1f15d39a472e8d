"""How soon somebody who opens a page sees what it is for, in a real Chromium: requests and bytes with it.

    python -m benchmarks.console.first_paint [--trials 15] [--out benchmarks/console/results/first_paint.json]

A real server on loopback. Opened are the console with a hundred open alerts, and on a phone the list and one alert;
with an empty cache, with a full one, and the phone's pages on a line held to 400 kbit/s with 400 ms to and fro, before
they are kept on the phone and after. Told: first and largest contentful paint as the browser itself observes them, and
`useful`, the frame in which what the page is for stands: the first card, or the buttons by which an alert is answered.
Baseline of the same run: the log-in page, which shows one field.
"""

import argparse
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from benchmarks.latency.alert import percentile
from benchmarks.load.bars import Bar, table
from benchmarks.machine import describe
from models.files import write_json
from tests.acceptance.browser import chromium
from tests.alerts.web.console import Parts, filming, serving, some_settings

OUT = Path(__file__).parent / "results" / "first_paint.json"
BAR_MS = 1000.0
SLOW_BAR_MS = 3000.0
"""Of a phone's page that is kept, on the slow line: the alert itself has to come over it."""
ALERTS = 100
PATIENCE_S = 90
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
DESK: Mapping[str, Any] = {"viewport": {"width": 1366, "height": 768}}
PHONE: Mapping[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "device_scale_factor": 2}
WATCH = """
window.paints = { lcp: 0, useful: 0 };
new PerformanceObserver((list) => { for (const one of list.getEntries()) window.paints.lcp = one.startTime; })
  .observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (one.name === "first-contentful-paint") window.paints.fcp = one.startTime;
}).observe({ type: "paint", buffered: true });
(() => {
  const look = () => {
    if (window.paints.useful) return;
    if (document.querySelector(%s)) requestAnimationFrame(() => { window.paints.useful ||= performance.now(); });
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
TAKEN = """() => {
  const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .filter((one) => one.startTime < window.paints.useful);
  return { ...window.paints, requests: all.filter((one) => one.transferSize > 0).length,
    bytes: all.reduce((sum, one) => sum + one.transferSize, 0) };
}"""


@dataclass(frozen=True)
class Case:
    """One page. useful: a selector of what it is for. warm: it was opened before, and its worker is there. bar_ms: of
    `useful`; None: it is told alone."""

    path: str
    useful: str
    device: Mapping[str, Any]
    warm: bool = False
    slow: bool = False
    bar_ms: float | None = BAR_MS


CARD = ".card"
BUTTON = "#buttons button:not(:disabled)"
CASES: Mapping[str, Case] = {
    "log-in page": Case("/enter", "#enter button", DESK, bar_ms=None),
    "console, empty cache": Case("/", CARD, DESK),
    "console, full cache": Case("/", CARD, DESK, warm=True),
    "phone's list, empty cache": Case("/phone", ".alerts a", PHONE),
    "phone's list, kept": Case("/phone", ".alerts a", PHONE, warm=True),
    "phone's alert, empty cache": Case("/answer#alert={alert}", BUTTON, PHONE),
    "phone's alert, kept": Case("/answer#alert={alert}", BUTTON, PHONE, warm=True),
    "phone's alert, slow line, empty cache": Case("/answer#alert={alert}", BUTTON, PHONE, slow=True, bar_ms=None),
    "phone's alert, slow line, kept": Case(
        "/answer#alert={alert}", BUTTON, PHONE, warm=True, slow=True, bar_ms=SLOW_BAR_MS
    ),
}


@contextlib.contextmanager
def console() -> Iterator[tuple[Parts, str, str]]:
    """The parts, the address, and the id of a fire among a hundred alerts."""
    with TemporaryDirectory(prefix="xinan-paint-") as name:
        parts = Parts.build(some_settings(Path(name) / "store"))
        for number in range(ALERTS - 1):
            parts.raise_alert(number % 2, ("ebike", "clutter", "flying_lead")[number % 3], key=str(number))
        fire = parts.raise_alert()
        with serving(parts) as url, filming(parts, (0, 1), fps=2.0):
            yield parts, url, fire.id
        parts.close()


def signed_in(browser: Browser, parts: Parts, url: str, device: Mapping[str, Any]) -> BrowserContext:
    """A fresh browser with a session, and nothing else of the console."""
    context = browser.new_context(locale="zh-CN", **device)
    page = context.new_page()
    page.goto(f"{url}/enter#{parts.access.issue_link()}")
    page.locator("#name").fill("benchmark")
    with page.expect_navigation():
        page.locator("#enter button").click()
    session = context.new_cdp_session(page)
    page.goto("about:blank")
    session.send("Network.clearBrowserCache")
    session.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "service_workers,cache_storage"})
    page.close()
    return context


def useful(page: Page) -> None:
    """Wait for it, generously; the page's policy forbids Playwright's own way of doing so."""
    for _ in range(PATIENCE_S * 10):
        if page.evaluate("window.paints.useful > 0"):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{page.url} never shows what it is for: {page.locator('body').inner_text()[:200]}")


def opened(context: BrowserContext, url: str, case: Case) -> dict[str, float]:
    """One load: what the browser says of it."""
    page = context.new_page()
    page.add_init_script(WATCH % repr(case.useful))
    if case.slow:
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", SLOW)
    page.goto(url)
    useful(page)
    page.wait_for_timeout(500)  # a larger paint may follow, and the worker begins to keep the pages
    taken: dict[str, float] = page.evaluate(TAKEN)
    page.close()
    return taken


def keep(context: BrowserContext, url: str, case: Case) -> None:
    """Open it once without a slow line, until the worker has what it keeps."""
    page: Page = context.new_page()
    page.add_init_script(WATCH % repr(case.useful))
    page.goto(url)
    useful(page)
    if case.device is PHONE:  # the console itself keeps nothing but in the browser's own cache
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_timeout(1000)
    page.close()


def measured(browser: Browser, parts: Parts, url: str, fire: str, case: Case, trials: int) -> dict[str, Any]:
    """So many loads, each in a browser of its own where the cache is to be empty."""
    address, found = url + case.path.format(alert=fire), []
    kept = signed_in(browser, parts, url, case.device) if case.warm else None
    if kept is not None:
        keep(kept, address, case)
    for _ in range(trials):
        context = kept or signed_in(browser, parts, url, case.device)
        if case.path == "/enter":
            context.clear_cookies()
        found.append(opened(context, address, case))
        if kept is None:
            context.close()
    if kept is not None:
        kept.close()
    paints = {
        f"{name}_{of}_ms": percentile([one[name] for one in found], share)
        for name in ("fcp", "lcp", "useful")
        for of, share in (("p50", 0.5), ("p95", 0.95))
    }
    return {**paints, **{name: max(int(one[name]) for one in found) for name in ("requests", "bytes")}}


def measure(trials: int) -> dict[str, Any]:
    """The whole result."""
    with console() as (parts, url, fire), chromium() as browser:
        told = {}
        for name, case in CASES.items():
            told[name] = measured(browser, parts, url, fire, case, trials)
            print(name, told[name], flush=True)
    bars = [
        Bar(f"{name}: useful, p95, ms", told[name]["useful_p95_ms"], case.bar_ms, more=False)
        for name, case in CASES.items()
        if case.bar_ms is not None
    ]
    print(*table(bars), sep="\n")
    return {"alerts": ALERTS, "trials": trials, "bars": [bar.told() for bar in bars], **told, "machine": describe()}


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=15)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(words)
    write_json(args.out, measure(args.trials))


if __name__ == "__main__":
    main()
