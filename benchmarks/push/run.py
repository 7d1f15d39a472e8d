"""From the committed alert to the push that a push service on loopback takes: idle, and under a flood of violations.

    python -m benchmarks.push.run [--phones 10] [--trials 100] [--flood 1000] [--fires 20] [--postgres URL] [--out FILE]

The outbox, its channel of phones and the queue of every phone run as in `xinan watch`; alerts are committed from a
thread, as the desk does. The push service is a process of its own, so that it takes no time of the sender's, and
stamps what comes on the monotonic clock that both processes share. A push counts from the call that commits its alert,
so that waiting for the database counts, too.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from alerts.db.store import Store
from alerts.delivery.deliver import Deliverer
from alerts.lifecycle import Change, ChangeKind
from alerts.notifiers.channel_config import PushChannel
from alerts.notifiers.context import TextContext
from alerts.notifiers.push import PushNotifier
from alerts.routing.plan import AtOnce
from alerts.track.answer_links import AnswerLinks
from benchmarks.load.bars import Bar, table
from benchmarks.machine import describe
from models.files import write_json
from streams.clock import SystemClock
from tests.alerts.making import alert
from tests.alerts.push_service import Browser

OUT = Path(__file__).parent / "results" / "push.json"
CHANNEL = "phones"
EXPIRE_S = 86_400.0
PATIENCE_S = 900.0

Stamps = dict[tuple[str, str], float]
"""(alert, phone) → when its push came, monotonic seconds."""


class Server(ThreadingHTTPServer):
    """Takes many callers at once, as a push service does: the default of five drops the sixth, who tries again after
    a second."""

    request_queue_size = 128
    daemon_threads = True


def serve(pipe: Connection) -> None:
    """The push service: a process that answers 201 and tells what came when. Ends when the pipe does."""
    lock = threading.Lock()
    came: list[tuple[str, str, float]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                came.append((self.headers["Topic"], self.path, time.monotonic()))
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(server.server_port)
    with contextlib.suppress(EOFError):
        while pipe.recv() is not None:
            with lock:
                pipe.send(came)
    server.shutdown()


@contextlib.contextmanager
def push_service() -> Iterator[tuple[int, Connection]]:
    """Its port, and the pipe that it answers on."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        ours.send(None)
        process.join(10)


def stamps(pipe: Connection) -> Stamps:
    """What has come so far; of two copies the first."""
    pipe.send("so far")
    found: Stamps = {}
    for name, path, at_s in pipe.recv():
        found.setdefault((name, path), at_s)
    return found


class Outbox:
    """Commits alerts, as the desk does, and remembers when."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._links = AnswerLinks(b"k" * 32, "https://console.example", timedelta(hours=24))
        self.committed_s: dict[str, float] = {}

    def commit(self, name: str, hazard: str) -> None:
        """One alert that has just fired."""
        now = datetime.now(UTC)
        given = alert(name, hazard=hazard, started_at=now, seen_at=now, fired_at=now)
        self.committed_s[name] = time.monotonic()
        self._store.commit([Change(ChangeKind.FIRED, given)], AtOnce({CHANNEL: EXPIRE_S}), now, self._links)


async def idle(outbox: Outbox, trials: int, rng: random.Random) -> None:
    """One fire after another, each after the one before is long gone."""
    for number in range(trials):
        await asyncio.to_thread(outbox.commit, f"IDLE{number:06d}", "flame")
        await asyncio.sleep(rng.uniform(0.3, 0.5))


async def flood(outbox: Outbox, violations: int, fires: int) -> None:
    """Violations as fast as the database takes them, with fires among them and after them while they are sent."""

    def commit_all() -> None:
        every = max(1, 2 * violations // max(1, fires))
        for number in range(violations):
            outbox.commit(f"FLOOD{number:06d}", "clutter")
            if number % every == every - 1:
                outbox.commit(f"FIRE{number:06d}", "flame")

    await asyncio.to_thread(commit_all)
    while sum(name.startswith("FIRE") for name in outbox.committed_s) < fires:
        await asyncio.sleep(0.5)
        number = len(outbox.committed_s)
        await asyncio.to_thread(outbox.commit, f"FIRE{number:06d}", "flame")


async def all_came(pipe: Connection, wanted: int) -> Stamps:
    """Once so many pushes have come. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE_S):
        while len(found := await asyncio.to_thread(stamps, pipe)) < wanted:
            await asyncio.sleep(1.0)
    return found


async def measure(store: Store, given: argparse.Namespace) -> tuple[dict[str, float], Stamps]:
    """When each alert was committed, and when its pushes came."""
    clock = SystemClock()
    channel = PushChannel(type="push", name=CHANNEL, contact="mailto:a@b.example", allow_private=True)
    links = AnswerLinks(b"k" * 32, "https://console.example", timedelta(hours=24))
    phones = PushNotifier(channel, store, TextContext("Lane 12", "https://console.example", clock), links=links)
    outbox = Outbox(store)
    with push_service() as (port, pipe):
        async with Deliverer(store, {CHANNEL: phones}, clock, random.Random(1), links=links):
            for number in range(given.phones):
                await phones.add("", "Li", "zh", f"http://127.0.0.1:{port}/{number}", Browser().keys())
            await idle(outbox, given.trials, random.Random(2))
            await flood(outbox, given.flood, given.fires)
            found = await all_came(pipe, given.phones * len(outbox.committed_s))
    return outbox.committed_s, found


def delays(committed_s: dict[str, float], found: Stamps, prefix: str) -> list[float]:
    """Of every push of these alerts, seconds, sorted."""
    return sorted(at_s - committed_s[name] for (name, _), at_s in found.items() if name.startswith(prefix))


def p95_ms(values: Sequence[float]) -> float:
    """Of sorted seconds."""
    return 1000 * values[int(0.95 * (len(values) - 1))]


def spread_of(values: Sequence[float]) -> dict[str, float]:
    """For a result file, milliseconds."""
    return {
        "pushes": len(values),
        "p50_ms": round(1000 * statistics.median(values), 1),
        "p95_ms": round(p95_ms(values), 1),
        "max_ms": round(1000 * values[-1], 1),
    }


def told(given: argparse.Namespace, committed_s: dict[str, float], found: Stamps) -> dict[str, Any]:
    """The result file."""
    quiet, fire, rest = (delays(committed_s, found, prefix) for prefix in ("IDLE", "FIRE", "FLOOD"))
    flooded = [name for name in committed_s if name.startswith("FLOOD")]
    span_s = max(at_s for (name, _), at_s in found.items() if name.startswith("FLOOD")) - committed_s[flooded[0]]
    bars = [
        Bar(
            "idle: alert row to push handed over, p95, ms", 1000 * quiet[int(0.95 * (len(quiet) - 1))], 300, more=False
        ),
        Bar("fire under the flood: p95, ms", 1000 * fire[int(0.95 * (len(fire) - 1))], 1000, more=False),
        Bar("fire under the flood: slowest, ms", 1000 * fire[-1], 1000, more=False),
    ]
    return {
        "machine": describe(),
        "database": "postgresql" if given.postgres else "sqlite",
        "phones": given.phones,
        "idle": spread_of(quiet),
        "fire_under_flood": spread_of(fire),
        "violations": {**spread_of(rest), "all_sent_s": round(span_s, 1), "pushes_per_s": round(len(rest) / span_s, 1)},
        "bars": [bar.told() for bar in bars],
        "text": list(table(bars)),
    }


def main() -> int:
    """Measure and write. 1: a bar was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phones", type=int, default=10)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--flood", type=int, default=1000)
    parser.add_argument("--fires", type=int, default=20)
    parser.add_argument("--postgres", metavar="URL", default=None)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xinan-push-") as folder:
        store = Store.open(Path(folder), SecretStr(given.postgres) if given.postgres else None)
        with contextlib.closing(store):
            committed_s, found = asyncio.run(measure(store, given))
    result = told(given, committed_s, found)
    write_json(given.out, result)
    print(json.dumps({key: result[key] for key in ("idle", "fire_under_flood", "violations")}, indent=1))
    print("\n".join(result["text"]))
    return int(any(bar["verdict"] == "missed" for bar in result["bars"]))


if __name__ == "__main__":
    sys.exit(main())
