"""A report of a month with 100,000 events: CPU, memory and size of what it writes.

    python -m benchmarks.audit.report [--events 100000] [--out FILE]

Thirty cameras, thirty days each, no look at any picture: the parts are made up, as only putting them together counts.
Three reports of the same parts: one that the next would replace, the last one, and the last one with events for data
frames. Each is put together by a process of its own, whose peak RSS counts; the first process, which imports and reads
one small report, says how much of that is the program itself. Then a browser opens the page from the disk.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from alerts.audit.extras import Extras, Reporting
from alerts.audit.find import Job
from alerts.audit.parts import Parts
from alerts.audit.results import write_results
from alerts.audit.site import Site
from alerts.config import load_settings
from benchmarks.machine import describe
from models.files import write_json
from tests.acceptance.browser import chromium
from tests.alerts.audit.month import BEGIN, job_of, month

OUT = Path(__file__).parent / "results" / "report.json"
CAMERAS, DAYS = 30, 30


def main() -> None:
    """Run it, print the figures, write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = measured(Path(name), given.events)
    print(found)
    write_json(given.out, {"machine": describe(), "cameras": CAMERAS, "days": DAYS, "results": found})


def measured(folder: Path, events: int) -> dict[str, Any]:
    """By what was put together. opened: the page in a browser."""
    _apart(partial(_fill, folder / "month", events))
    _apart(partial(_fill, folder / "small", 100))
    found: dict[str, Any] = {"small": _apart(partial(_report, folder / "small", last=True))}
    found["replaced"] = _apart(partial(_report, folder / "month", last=False))
    found["last"] = _apart(partial(_report, folder / "month", last=True))
    found["with_parquet"] = _apart(partial(_report, folder / "month", last=True, parquet=True))
    found["mb"] = _sizes(folder / "month")
    found["opened"] = _opened(folder / "month" / "report.html")
    return found


def _apart(work: Callable[[], Any]) -> Any:
    """In a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work)


def _fill(out: Path, events: int) -> None:
    for _ in month(Parts(out), CAMERAS, DAYS, events):
        pass


def _jobs() -> list[Job]:
    days = range(DAYS)
    return [job_of(f"cam-{camera:03d}", BEGIN + timedelta(days=day)) for camera in range(CAMERAS) for day in days]


def _report(out: Path, *, last: bool, parquet: bool = False) -> dict[str, Any]:
    settings = load_settings()
    jobs, reporting = _jobs(), Reporting(Site.of(settings), settings.hazards, Extras(parquet=parquet))
    began_s, cpu_s = time.perf_counter(), time.process_time()
    result = write_results(jobs, Parts(out), reporting, interrupted=not last, last=last)
    return {
        "events": sum(result.counts.values()),
        "cpu_s": round(time.process_time() - cpu_s, 1),
        "wall_s": round(time.perf_counter() - began_s, 1),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _sizes(out: Path) -> dict[str, float]:
    files = {path.name: path.stat().st_size for path in out.iterdir() if path.is_file()}
    files["pages"] = sum(path.stat().st_size for path in (out / "pages").iterdir())
    files["largest page"] = max(path.stat().st_size for path in (out / "pages").iterdir())
    return {name: round(size / 1e6, 2) for name, size in sorted(files.items())}


def _opened(page: Path) -> dict[str, float]:
    """Seconds until the page is there, and how many nodes it has."""
    with chromium() as browser:
        shown = browser.new_page()
        began_s = time.perf_counter()
        shown.goto(page.as_uri(), wait_until="load")
        seconds = time.perf_counter() - began_s
        nodes = shown.evaluate("document.getElementsByTagName('*').length")
    return {"load_s": round(seconds, 2), "nodes": nodes}


if __name__ == "__main__":
    main()
