"""Looking for a word among a million alerts, over HTTP, in SQLite and in PostgreSQL.

    python -m benchmarks.store.search [--alerts 1000000] [--requests 60] [--out FILE]

As in `benchmarks.store.run` a real `xinan watch` serves the console from a filled store. Asked is one page of
`/api/history` for words that every third alert holds, that one in twenty, that one of all, and that none holds; by
itself, and with a hazard, a camera, a standing; and by somebody who sees some cameras alone. What is looked for anew
each time, so that no cache answers. `to_the_end`: all pages, one after the other, until there is nothing more, as the
console asks for them while somebody scrolls. Request and baseline, the newest page of `/api/alerts`, take turns. Times
are of the client, in milliseconds.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from sqlalchemy import update

from alerts.db.schema import alerts
from alerts.db.store import Store
from benchmarks.load.bars import Bar, table
from benchmarks.machine import describe
from benchmarks.store.fill import BLOCK, fill, id_of
from benchmarks.store.run import CAMERA, LIMITS, add_tokens, measure_both, spread, timed
from models.files import write_json
from tests.acceptance.watching import Watching, write_settings

OUT = Path(__file__).parent / "results" / "search.json"
BAR_MS = 300.0
PATIENCE_S = 120.0
"""What a request may take on a busy machine before the run is given up."""
RARE = "地下室配电间"
"""Stands in one alert, in the middle of the store."""
ASKED: Mapping[str, Mapping[str, str]] = {
    "frequent": {"text": "王"},
    "one_in_twenty": {"text": "17号楼"},
    "rare": {"text": RARE},
    "absent": {"text": "无此字"},
    "absent_of_a_hazard": {"text": "无此字", "hazard": "flame"},
    "absent_of_a_camera": {"text": "无此字", "camera": "camera-3"},
    "absent_and_waiting": {"text": "无此字", "standing": "waiting"},
    "who_absent": {"who": "赵"},
    "false_alarms": {"standing": "false_alarm"},
}


def page_of(client: httpx.Client, asked: Mapping[str, str]) -> Any:
    """One page."""
    return client.get("/api/history", params=dict(asked)).raise_for_status().json()


def searched(client: httpx.Client, requests: int) -> dict[str, Any]:
    """Of each that is asked; in turns."""
    times: dict[str, list[float]] = {name: [] for name in ("newest_page", *ASKED)}
    for _ in range(requests):
        times["newest_page"].append(timed(lambda: client.get("/api/alerts").raise_for_status()))
        for name, asked in ASKED.items():
            times[name].append(timed(lambda asked=asked: page_of(client, asked)))  # type: ignore[misc]
    return {name: spread(of) for name, of in times.items()}


def to_the_end(client: httpx.Client, asked: Mapping[str, str]) -> dict[str, Any]:
    """All of it, page by page. found: so many were."""
    times, found, before = [], 0, ""
    while True:
        begun_s = time.perf_counter()
        page = page_of(client, {**asked, **({"before": before} if before else {})})
        times.append((time.perf_counter() - begun_s) * 1000)
        found += len(page["alerts"])
        if page["next"] is None:
            return {**spread(times), "pages": len(times), "sum_s": round(sum(times) / 1000, 2), "found": found}
        before = page["next"]


def plant(store: Store, blocks: int) -> None:
    """The one alert that the rare word stands in."""
    with store.writing() as connection:
        middle = alerts.c.id == id_of(blocks // 2, BLOCK // 2)
        assert connection.execute(update(alerts).where(middle).values(place=RARE)).rowcount == 1


def measure(folder: Path, url: SecretStr | None, args: argparse.Namespace) -> dict[str, Any]:
    """One database, from empty to asked."""
    with closing(Store.open(folder / "data", url)) as store:
        fill(store, args.alerts // BLOCK)
        plant(store, args.alerts // BLOCK)
        secrets = add_tokens(store)
    cameras = (CAMERA.format(name=name) for name in sorted({name for names in LIMITS.values() for name in names}))
    settings = write_settings(folder, "".join(cameras))
    setting = [] if url is None else ["--set", f'store.url="{url.get_secret_value()}"']
    with ExitStack() as stack:
        watch = stack.enter_context(Watching(["watch", "-c", str(settings), *setting], folder))
        watch.enter()
        watch.http.timeout = httpx.Timeout(PATIENCE_S)
        told = searched(watch.http, args.requests)
        ends = {name: to_the_end(watch.http, ASKED[name]) for name in ("rare", "absent", "absent_of_a_camera")}
        bearer = {"authorization": f"Bearer {secrets['of_8_cameras']}"}
        limited = stack.enter_context(httpx.Client(base_url=watch.base, headers=bearer, timeout=PATIENCE_S))
        of_eight = [timed(lambda: page_of(limited, ASKED["absent"])) for _ in range(args.requests)]
    return {**told, "absent_of_8_cameras": spread(of_eight), "to_the_end": ends}


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(words)
    results = measure_both(measure, args)
    bars = [
        Bar(f"search, {asked.replace('_', ' ')}, {name}, p95, ms", told[asked]["p95_ms"], BAR_MS, more=False)
        for name, told in results.items()
        for asked in (*ASKED, "absent_of_8_cameras")
    ]
    print(*table(bars), sep="\n")
    write_json(
        args.out, {"alerts": args.alerts, "bars": [bar.told() for bar in bars], **results, "machine": describe()}
    )


if __name__ == "__main__":
    main()
