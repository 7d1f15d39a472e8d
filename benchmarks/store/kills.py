"""`kill -9` at random points of raise → store → send → answer: what is lost, and what is told twice under two names.

    python -m benchmarks.store.kills [--kills 200] [--out FILE]

A process raises alerts through the desk, sends them to a webhook and has some of them answered; it says what it was
told to be done. It is killed at a random moment and the next one goes on with the same store. After every few kills
what is left is delivered, and the store, what the processes said and what the webhook got are compared.
"""

import argparse
import asyncio
import contextlib
import itertools
import multiprocessing
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alerts.config import Settings
from alerts.db.store import Store
from alerts.delivery.deliver import Deliverer
from alerts.desk import Desk
from alerts.evidence.snapshot import SnapshotStore
from alerts.lifecycle import ChangeKind
from alerts.notifiers.build import build_notifiers
from benchmarks.load.bars import Bar, table
from benchmarks.machine import describe
from models.files import write_json
from streams.clock import SystemClock
from tests.alerts.databases import Postgres, StorePlace, postgres_server
from tests.alerts.making import finding, jpeg, look, settings
from tests.alerts.receiver import Got, Receiver

OUT = Path(__file__).parent / "results" / "kills.json"
A_STORE = 20
"""Kills of one store; then a new one, so that the next processes start with few open alerts."""
LONGEST_S = 1.2
MOST_ALERTS = 30
PROCESSES = multiprocessing.get_context("forkserver")


def hooked(url: str) -> Settings:
    """One webhook that takes everything."""
    return settings({"name": "hook", "url": url})


def live(place: StorePlace, url: str, seed: int, says: Connection) -> None:
    """What is killed. says: "open", then (what was done, alert's id) after each thing that was."""
    store, clock, rng = place.open(), SystemClock(), random.Random(seed)
    desk = Desk(store, SnapshotStore(place.folder / "snapshots"), hooked(url), clock)

    async def send() -> None:
        async with Deliverer(store, build_notifiers(hooked(url), clock), clock, rng):
            await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(send()), daemon=True).start()
    says.send(("open", ""))
    for number in range(MOST_ALERTS):
        camera, hazard = f"camera-{seed}-{number}", rng.choice(("flame", "clutter"))
        found = finding(number, camera=camera, hazard=hazard)
        [change] = desk.receive(look(number, [found], camera=camera, picture=jpeg()))
        says.send(("raised", change.alert.id))
        if rng.random() < 0.5:
            desk.acknowledge(change.alert.id, by="李")
            says.send(("answered", change.alert.id))
    threading.Event().wait()


@dataclass
class Told:
    """What the killed processes said was done, and what was found afterwards."""

    kills: int = 0
    raised: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    alerts: int = 0
    notices: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    again_under_the_same_key: int = 0

    def kill_one(self, place: StorePlace, url: str, rng: random.Random) -> None:
        """Start a process, kill it, and note what it said."""
        hears, says = PROCESSES.Pipe(duplex=False)
        process = PROCESSES.Process(target=live, args=(place, url, rng.getrandbits(32), says))
        process.start()
        says.close()
        with hears:
            assert hears.recv() == ("open", "")
            time.sleep(rng.uniform(0, LONGEST_S))
            process.kill()
            process.join()
            self.kills += 1
            with contextlib.suppress(EOFError, OSError):
                while True:
                    what, alert = hears.recv()
                    (self.raised if what == "raised" else self.answered).add(alert)

    def compare(self, store: Store, got: Sequence[Got]) -> None:
        """Once nothing waits."""
        found = {alert.id: alert for alert in store.alerts(limit=1_000_000)}
        sent = [notice for alert in found for notice in store.deliveries_of(alert)]
        keys, arrived = Counter(each.id for each in got), {each.id for each in got}
        self.lost += [f"alert {name}" for name in self.raised - found.keys()]
        self.lost += [f"answer to {name}" for name in self.answered if not found[name].acknowledged_at]
        self.lost += [f"notice {notice.id}" for notice in sent if notice.id not in arrived or not notice.delivered_at]
        kinds = Counter((notice.alert_id, notice.kind) for notice in sent)
        wanted = {(name, ChangeKind.FIRED.value) for name in found}
        wanted |= {(name, ChangeKind.ACKNOWLEDGED.value) for name in found if found[name].acknowledged_at}
        self.lost += [f"{kind} of {name} is not told" for name, kind in wanted - kinds.keys()]
        self.twice += [f"{kind} of {name}" for (name, kind), number in kinds.items() if number > 1]
        self.again_under_the_same_key += sum(number - 1 for number in keys.values())
        self.alerts += len(found)
        self.notices += len(sent)
        self.raised.clear()
        self.answered.clear()


async def deliver_the_rest(store: Store, url: str) -> None:
    """What the watch that starts last does."""
    clock = SystemClock()
    async with Deliverer(store, build_notifiers(hooked(url), clock), clock, random.Random(1)), asyncio.timeout(120):
        while any(counts["waiting"] for counts in store.delivery_counts().values()):
            await asyncio.sleep(0.05)


def run(places: Iterator[StorePlace], kills: int, seed: int) -> Told:
    """So many kills, in stores of `places`."""
    told, rng = Told(), random.Random(seed)
    while told.kills < kills:
        place = next(places)
        with Receiver() as receiver:
            for _ in range(min(A_STORE, kills - told.kills)):
                told.kill_one(place, receiver.url, rng)
            with closing(place.open()) as store:
                asyncio.run(deliver_the_rest(store, receiver.url))
                told.compare(store, receiver.got)
        print(f"{told.kills} kills, {told.alerts} alerts, lost {told.lost}, twice {told.twice}", flush=True)
    return told


def stores(folder: Path, server: Postgres | None) -> Iterator[StorePlace]:
    """New places without end."""
    for number in itertools.count():
        yield StorePlace(folder / str(number), server.fresh() if server else None)


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(words)
    PROCESSES.set_forkserver_preload(
        ["alerts.desk", "alerts.delivery.deliver", "benchmarks.machine", "tests.alerts.making"]
    )
    found: dict[str, Told] = {}
    with TemporaryDirectory() as name, postgres_server(durable=True) as server:
        found["sqlite"] = run(stores(Path(name) / "sqlite", None), args.kills, args.seed)
        found["postgresql"] = run(stores(Path(name) / "postgresql", server), args.kills, args.seed)
    bars = [
        Bar(f"{what}, {name}", float(len(each)), 0, more=False)
        for name, told in found.items()
        for what, each in (("lost", told.lost), ("told twice", told.twice))
    ]
    print(*table(bars), sep="\n")
    result: dict[str, Any] = {"bars": [bar.told() for bar in bars]}
    for name, told in found.items():
        result[name] = {
            key: getattr(told, key)
            for key in ("kills", "alerts", "notices", "lost", "twice", "again_under_the_same_key")
        }
    write_json(args.out, result | {"machine": describe()})


if __name__ == "__main__":
    main()
