"""A process that raises alerts, sends and answers them, to be killed at any point; and what must be left afterwards.

A nursery imports everything once and forks: a killed life costs milliseconds, not the start of an interpreter.
"""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from pydantic import SecretStr

from alerts.config import Settings
from alerts.db.store import Store
from alerts.delivery.deliver import Deliverer
from alerts.desk import Desk
from alerts.evidence.snapshot import SnapshotStore
from alerts.notifiers.build import build_notifiers
from alerts.routing.people import People
from streams.clock import SystemClock
from tests.alerts.databases import StorePlace
from tests.alerts.making import finding, look
from tests.alerts.receiver import Receiver

ROOT = Path(__file__).parents[2]
CHANNELS = ("machine", "phone", "mail")
REPEATS = ("again after", "answered, and still there")
"""Reasons of notices that tell the same on purpose."""


def site(url: str) -> Settings:
    """One channel of a machine; three people on two others, and a ladder that is climbed within a second."""
    ways = {"li": ("phone", "mail"), "wang": ("phone",), "chen": ("mail",)}
    return Settings.model_validate(
        {
            "cameras": [{"name": "shed-1", "url": "0"}],
            "webhooks": [{"name": name, "url": f"{url}/{name}"} for name in CHANNELS],
            "people": [
                {"id": name, "channels": [{"channel": channel, "address": name} for channel in channels]}
                for name, channels in ways.items()
            ],
            "rota": {"shifts": [{"who": ["li"]}]},
            "routing": {
                "fire": {
                    "ladder": [
                        {"after_s": 0.05, "tell": ["on_duty"]},
                        {"after_s": 0.2},
                        {"after_s": 0.4, "every_channel": True},
                    ]
                },
                "violation": {"group_wait_s": 0.1, "group_interval_s": 0.2},
            },
        }
    )


async def live(place: StorePlace, url: str, seed: int, lives: int) -> None:
    """One life: what the last one left goes on; alerts are raised and answered until it is killed. lives 0: only that,
    and it ends once nothing is due."""
    clock, rng, config = SystemClock(), random.Random(seed), site(url)
    with contextlib.closing(place.open()) as store:
        desk = Desk(store, SnapshotStore(place.folder / "snapshots", least_free=0), config, clock)
        people = People(config.people, config.groups)
        built = build_notifiers(config, clock)
        async with Deliverer(store, built, clock, rng, whom=people.recipient, poll_s=0.05):
            _say("ready")
            for number in range(10_000 * lives):
                hazard = rng.choice(["flame", "clutter"])
                seen = look(0, [finding(0, hazard=hazard)], camera=f"c{seed}-{number}")
                [change] = await asyncio.to_thread(desk.receive, seen)
                _say(f"raised {change.alert.id}")
                await asyncio.sleep(rng.uniform(0, 0.04))
                if rng.random() < 0.7:
                    await asyncio.to_thread(desk.acknowledge, change.alert.id, by="tester")
                    _say(f"answered {change.alert.id}")
            if not lives:
                await _answer_all(desk, store, clock)
        desk.close()


async def _answer_all(desk: Desk, store: Store, clock: SystemClock) -> None:
    for one in desk.open_alerts():
        if one.acknowledged_at is None:
            await asyncio.to_thread(desk.acknowledge, one.id, by="the end")
    quiet = 0
    while quiet < 20:  # nothing is due for a second
        due = any(store.due(channel, clock.now(), 1) for channel in CHANNELS)
        quiet = 0 if due else quiet + 1
        await asyncio.sleep(0.05)


def _say(text: str) -> None:
    os.write(1, f"{text}\n".encode())  # at once, and whole


def nurse() -> None:
    """The nursery: reads `SEED LIVES` lines, and lets each live in a process of its own, whose id it says."""
    folder, url, database = sys.argv[1:4]
    place = StorePlace(Path(folder), SecretStr(database) if database else None)
    for line in sys.stdin:
        seed, lives = map(int, line.split())
        child = os.fork()
        if child == 0:
            asyncio.run(live(place, url, seed, lives))
            os._exit(0)
        _say(f"born {child}")
        _, status = os.waitpid(child, 0)
        _say(f"dead {os.waitstatus_to_exitcode(status)}")


@dataclass
class Said:
    """What killed processes have said to be done."""

    raised: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    lives: int = 0

    def hear(self, line: str) -> None:
        word, _, name = line.partition(" ")
        if word in ("raised", "answered"):
            (self.raised if word == "raised" else self.answered).add(name)


class Nursery:
    """Runs the nursery as a process."""

    def __init__(self, place: StorePlace, url: str) -> None:
        database = place.url.get_secret_value() if place.url else ""
        code = "from tests.alerts.killing import nurse; nurse()"
        command = [sys.executable, "-c", code, str(place.folder), url, database]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.said = Said()

    def kill_after(self, seed: int, seconds: float) -> None:
        """One life, killed so long after it has begun to work."""
        child = self._bear(f"{seed} 1")
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        self._until("dead")
        self.said.lives += 1

    def finish(self) -> int:
        """One life more, which answers what is left and ends by itself; its exit code."""
        self._bear("0 0")
        return int(self._until("dead"))

    def close(self) -> None:
        """End it."""
        self._stdin.close()
        self._process.wait(20)
        self._stdout.close()

    def _bear(self, order: str) -> int:
        self._stdin.write(order + "\n")
        self._stdin.flush()
        child = int(self._until("born"))
        self._until("ready")
        return child

    def _until(self, word: str) -> str:
        for line in self._stdout:
            self.said.hear(line.strip())
            if line.startswith(word):
                return line.strip().partition(" ")[2]
        raise RuntimeError("the nursery has ended")

    @property
    def _stdin(self) -> IO[str]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _stdout(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout


@dataclass(frozen=True)
class Verdict:
    """What came of it. copies: requests under a key that had come before, which a receiver drops."""

    lives: int
    alerts: int
    lost: int
    answers_lost: int
    untold: int
    notices: int
    duplicates: int
    copies: int


def judge(said: Said, store: Store, receiver: Receiver) -> Verdict:
    """Compare what was said, what is stored and what arrived."""
    stored = {one.id: one for one in store.alerts(limit=1_000_000)}
    whole = [
        got for got in receiver.got if len(got.body) == int(got.headers["Content-Length"])
    ]  # not cut off by a kill
    keys = Counter(got.id for got in whole)
    machine = [got.event for got in whole if got.path.endswith("/machine")]
    of_machine = {(event["subject"], event["type"].rpartition(".")[2]) for event in machine}
    rows = [row for name in stored for row in store.deliveries_of(name)]
    told = Counter((row.alert_id, row.channel, row.person, row.kind, row.reason) for row in rows if row.id in keys)
    doubled = sum(number - 1 for what, number in told.items() if not what[4].startswith(REPEATS))
    unknown = len(keys.keys() - {row.id for row in rows})
    expected = {(name, "fired") for name in stored} | {
        (name, "acknowledged") for name, one in stored.items() if one.acknowledged_at
    }
    return Verdict(
        lives=said.lives,
        alerts=len(stored),
        lost=len(said.raised - stored.keys()),
        answers_lost=sum(stored[name].acknowledged_at is None for name in said.answered if name in stored),
        untold=len(expected - of_machine),
        notices=len(keys),
        duplicates=doubled + unknown,
        copies=sum(keys.values()) - len(keys),
    )


@contextlib.contextmanager
def nursery(place: StorePlace, receiver: Receiver) -> Iterator[Nursery]:
    """It runs until the block ends."""
    made = Nursery(place, f"http://127.0.0.1:{receiver.port}")
    try:
        yield made
    finally:
        made.close()


def kill_and_judge(place: StorePlace, kills: int, seed: int, longest_s: float) -> Verdict:
    """So many lives, each killed at a random point; then one that ends well."""
    rng = random.Random(seed)
    with Receiver() as receiver:
        with nursery(place, receiver) as lives:
            for number in range(1, kills + 1):
                lives.kill_after(seed * 100_000 + number, rng.uniform(0, longest_s))
            code = lives.finish()
        if code:
            raise RuntimeError(f"the last life ended with {code}")
        with contextlib.closing(place.open()) as store:
            return judge(lives.said, store, receiver)
