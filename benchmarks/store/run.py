"""The console's first page over HTTP from a store with a million alerts, in SQLite and in PostgreSQL.

    python -m benchmarks.store.run [--alerts 1000000] [--requests 400] [--out FILE]

A real `xinan watch` serves the console; its cameras are phones that never send, so that nothing else computes. Asked
are those who see the whole site, those who are limited to some cameras, and those whose camera never raised an alert.
Request and baseline take turns: the baseline is the driver alone, `SELECT … ORDER BY id DESC LIMIT 50`, rows as they
come. `/healthz` is what HTTP alone costs there. Times are of the client, in milliseconds.
"""

import argparse
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psycopg
from pydantic import SecretStr

from alerts.access.roles import Permission, Role
from alerts.access.tokens import ApiTokens, TokenOrder
from alerts.db.store import Store
from alerts.record.actor import Actor
from benchmarks.latency.alert import percentile
from benchmarks.load.bars import Bar, table
from benchmarks.machine import describe
from benchmarks.store.fill import BLOCK, CHANNEL, fill
from models.files import write_json
from streams.clock import SystemClock
from tests.acceptance.watching import Watching, write_settings
from tests.alerts.databases import postgres_server

OUT = Path(__file__).parent / "results" / "page.json"
BAR_MS = 100.0
PAGE = 50
SELECT = f"SELECT * FROM alerts ORDER BY id DESC LIMIT {PAGE}"
PAGES = 40
LIMITS = {
    **{f"of_{number}_cameras": [f"camera-{each}" for each in range(number)] for number in (8, 40)},
    "of_a_camera_without_alerts": ["phone"],
}
"""Cameras of somebody who sees those alone."""
CAMERA = """
[[cameras]]
name = "{name}"
url = "whip:"
token = "a-phone-that-never-sends"
"""


def timed(work: Callable[[], Any]) -> float:
    """How long it took, milliseconds."""
    begun_s = time.perf_counter()
    work()
    return (time.perf_counter() - begun_s) * 1000


def spread(times_ms: Sequence[float]) -> dict[str, float | None]:
    """For the result file."""
    p50_ms, p95_ms = percentile(times_ms, 0.5), percentile(times_ms, 0.95)
    return {"p50_ms": p50_ms, "p95_ms": p95_ms, "max_ms": round(max(times_ms), 3)}


@contextmanager
def bare(folder: Path, url: SecretStr | None) -> Iterator[Callable[[], int]]:
    """The driver's own way to the newest alerts; how many rows."""
    if url is None:
        with closing(sqlite3.connect(folder / "alerts.db")) as lite:
            yield lambda: len(lite.execute(SELECT).fetchall())
        return
    with psycopg.connect(url.get_secret_value().replace("+psycopg", ""), autocommit=True) as connection:
        yield lambda: len(connection.execute(SELECT.encode()).fetchall())


def add_tokens(store: Store) -> dict[str, str]:
    """The secret of each of `LIMITS`."""
    tokens = ApiTokens(store, SystemClock())
    see = frozenset({Permission.SEE})
    orders = {name: TokenOrder(name, Role.VOLUNTEER, see, frozenset(cameras)) for name, cameras in LIMITS.items()}
    return {name: tokens.add(order, Actor("benchmark", "console"))[1] for name, order in orders.items()}


def limited_pages(watch: Watching, requests: int, secrets: Mapping[str, str]) -> dict[str, Any]:
    """As those whom `secrets` let in see it: the first page, and further ones."""
    told: dict[str, Any] = {}
    for name, secret in secrets.items():
        with httpx.Client(base_url=watch.base, headers={"authorization": f"Bearer {secret}"}) as client:
            first, newest = first_pages(client, requests)
            told[f"first_page_{name}"] = {**spread(first), "alerts": len(newest["alerts"])}
            if newest["next"] is not None:
                told[f"next_pages_{name}"] = spread(list(walk(client, newest["next"])))
    return told


def first_pages(client: httpx.Client, requests: int) -> tuple[list[float], Any]:
    """The time of each, milliseconds, and one of them."""
    times = [timed(lambda: client.get("/api/alerts").raise_for_status()) for _ in range(requests)]
    return times, client.get("/api/alerts").json()


def pages(watch: Watching, requests: int, baseline: Callable[[], int]) -> dict[str, Any]:
    """Over HTTP: the first page and its baselines in turns, then further pages by cursor, from the first and from the
    middle of the store."""
    first, base, health = [], [], []
    for _ in range(requests):
        first.append(timed(lambda: watch.get("/api/alerts")))
        base.append(timed(baseline))
        health.append(timed(lambda: watch.http.get("/healthz")))
    newest = watch.get("/api/alerts")
    middle = f"{int(newest['next'][:10]) // 2:010d}"
    return {
        "first_page": spread(first),
        "bare_select": spread(base),
        "healthz": spread(health),
        "next_pages": spread(list(walk(watch.http, newest["next"]))),
        "pages_in_the_middle": spread(list(walk(watch.http, middle))),
        "alerts_on_the_first_page": len(newest["alerts"]),
    }


def walk(client: httpx.Client, cursor: str) -> Iterator[float]:
    """Page after page from there; the time of each, milliseconds."""
    for _ in range(PAGES):
        begun_s = time.perf_counter()
        page = client.get(f"/api/alerts?before={cursor}").raise_for_status().json()
        yield (time.perf_counter() - begun_s) * 1000
        if page["next"] is None:
            return
        cursor = page["next"]


def queries(folder: Path, url: SecretStr | None) -> dict[str, float]:
    """What else the program asks of the store, once each, milliseconds."""
    with closing(Store.read(folder, url)) as store:
        newest = store.alerts(limit=1)[0]
        asked: dict[str, Callable[[], Any]] = {
            "open alerts": store.open_alerts,
            "resolved in the last two days": lambda: store.resolved_since(newest.started_at - timedelta(days=2)),
            "one alert": lambda: store.alert(newest.id),
            "its deliveries": lambda: store.deliveries_of(newest.id),
            "the next delivery due": lambda: store.due(CHANNEL, newest.started_at, 1),
            "deliveries given up": store.dead,
            "deliveries by channel and stage": store.delivery_counts,
        }
        return {name: round(timed(work), 3) for name, work in asked.items()}


def measure(folder: Path, url: SecretStr | None, args: argparse.Namespace) -> dict[str, Any]:
    """One database, from empty to asked."""
    data = folder / "data"
    with closing(Store.open(data, url)) as store:
        filled_ms = timed(lambda: fill(store, args.alerts // BLOCK))
        secrets = add_tokens(store)
    print(f"filled in {filled_ms / 1000:.0f} s", flush=True)
    cameras = (CAMERA.format(name=name) for name in sorted({name for names in LIMITS.values() for name in names}))
    settings = write_settings(folder, "".join(cameras))
    setting = [] if url is None else ["--set", f'store.url="{url.get_secret_value()}"']
    with ExitStack() as stack:
        begun_s = time.perf_counter()
        watch = stack.enter_context(Watching(["watch", "-c", str(settings), *setting], folder))
        started_s = time.perf_counter() - begun_s
        watch.enter()
        baseline = stack.enter_context(bare(data, url))
        told = pages(watch, args.requests, baseline) | limited_pages(watch, args.requests, secrets)
    return {"start_s": round(started_s, 2), **told, "queries_ms": queries(data, url)}


Measure = Callable[[Path, SecretStr | None, argparse.Namespace], dict[str, Any]]
"""Of one database: SQLite in the folder, or PostgreSQL at the address."""


def measure_both(measure: Measure, args: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """By the name of the database."""
    results = {}
    with TemporaryDirectory() as name:
        results["sqlite"] = measure(Path(name), None, args)
    with TemporaryDirectory() as name, postgres_server(durable=True) as server:
        results["postgresql"] = measure(Path(name), server.fresh(), args)
    return results


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(words)
    results = measure_both(measure, args)
    bars = [
        Bar(f"{page.replace('_', ' ')}, {name}, p95, ms", told[page]["p95_ms"], BAR_MS, more=False)
        for name, told in results.items()
        for page in told
        if page.startswith("first_page")
    ]
    print(*table(bars), sep="\n")
    for told in results.values():
        told["first_page_by_bare_select"] = round(told["first_page"]["p50_ms"] / told["bare_select"]["p50_ms"], 1)
    write_json(
        args.out,
        {"alerts": args.alerts, "bars": [bar.told() for bar in bars], **results, "machine": describe()},
    )


if __name__ == "__main__":
    main()
