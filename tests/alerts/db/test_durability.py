"""Killed processes and full disks: no alert is lost, and none is told twice under two names."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest

from alerts.delivery.deliver import Deliverer
from alerts.notifiers.build import build_notifiers
from streams.clock import SimulatedClock
from tests.alerts.databases import StorePlace
from tests.alerts.killing import kill_and_judge
from tests.alerts.making import START, settings
from tests.alerts.receiver import Answer, Got, Receiver

ROOT = Path(__file__).parents[3]

PRELUDE = """
import asyncio, json, os, random, resource, sys, time
from pathlib import Path
from pydantic import SecretStr
from alerts.delivery.deliver import Deliverer
from alerts.desk import Desk
from alerts.notifiers.build import build_notifiers
from alerts.evidence.snapshot import SnapshotStore
from alerts.db.store import Store
from streams.clock import SimulatedClock
from tests.alerts.making import START, finding, jpeg, look, settings

folder, url = Path(sys.argv[1]), sys.argv[2]
clock = SimulatedClock(START)
store = Store.open(folder, SecretStr(sys.argv[3]) if sys.argv[3] else None)
config = settings({"name": "hook", "url": url, "timeout_s": 30})
desk = Desk(store, SnapshotStore(folder / "snapshots", least_free=0), config, clock)
"""


def child(code: str, place: StorePlace, url: str = "http://127.0.0.1:9/") -> subprocess.Popen[str]:
    """A Python process that runs the prelude and `code`."""
    database = place.url.get_secret_value() if place.url else ""
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(code), str(place.folder), url, database],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The line of JSON that a child prints before it ends well."""
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(out)
    return found


async def deliver_the_rest(place: StorePlace, url: str) -> list[tuple[str, str]]:
    """What a new process does with the store: (alert, kind) of all deliveries once none waits."""
    clock = SimulatedClock(START)
    store = place.open()
    try:
        built = build_notifiers(settings({"name": "hook", "url": url}), clock)
        async with Deliverer(store, built, clock, random.Random(5)), asyncio.timeout(30):
            while any(counts["waiting"] for counts in store.delivery_counts().values()):
                await asyncio.sleep(0.01)
        return [(one.alert_id, one.kind) for each in store.alerts() for one in store.deliveries_of(each.id)]
    finally:
        store.close()


async def test_killed_after_the_commit_and_before_sending(place: StorePlace) -> None:
    process = child(
        """
        for number in range(5):
            desk.receive(look(number, [finding(number, key=str(number))], picture=jpeg()))
        print("committed", flush=True)
        time.sleep(60)
        """,
        place,
    )
    assert process.stdout is not None
    with process.stdout:
        assert await asyncio.to_thread(process.stdout.readline) == "committed\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    with Receiver() as receiver:
        told = await deliver_the_rest(place, receiver.url)
    assert len(told) == 5
    assert sorted(got.event["subject"] for got in receiver.got) == sorted(name for name, _ in told)
    assert len({got.id for got in receiver.got}) == 5


async def test_killed_while_sending_is_sent_again_under_the_same_key(place: StorePlace) -> None:
    release = threading.Event()
    arrived = threading.Event()

    def hang(_: Got) -> Answer:
        arrived.set()
        release.wait(60)
        return Answer()

    with Receiver(hang) as receiver:
        process = child(
            """
            desk.receive(look(0, [finding(0)]))
            async def send():
                async with Deliverer(store, build_notifiers(config, clock), clock, random.Random(1)):
                    await asyncio.sleep(60)
            asyncio.run(send())
            """,
            place,
            receiver.url,
        )
        assert process.stdout is not None
        with process.stdout:
            assert await asyncio.to_thread(arrived.wait, 60)
            process.send_signal(signal.SIGKILL)
            process.wait()
            release.set()
        await asyncio.to_thread(receiver.wait_for, 1)
        assert len(await deliver_the_rest(place, receiver.url)) == 1
        got = receiver.wait_for(2)
    assert len(got) == 2
    assert len({one.id for one in got}) == 1


@pytest.mark.parametrize("after_s", [0.0, 0.02, 0.05, 0.1])
async def test_killed_at_any_point(place: StorePlace, after_s: float) -> None:
    """Whatever the child has said to be committed is there afterwards, and its notice with it."""
    process = child(
        """
        for number in range(10_000):
            [change] = desk.receive(look(0, [finding(0)], camera=f"camera-{number}"))
            print(change.alert.id, flush=True)
        """,
        place,
    )
    assert process.stdout is not None
    with process.stdout:
        first = await asyncio.to_thread(process.stdout.readline)
        await asyncio.sleep(after_s)
        process.send_signal(signal.SIGKILL)
        process.wait()
        rest = process.stdout.read()
    names = [line for line in (first + rest).splitlines(keepends=False) if len(line) == 26]
    store = place.open()
    stored = {one.id for one in store.alerts(limit=100_000)}
    assert set(names) <= stored
    assert len(stored) <= len(names) + 1
    for name in stored:
        assert [one.kind for one in store.deliveries_of(name)] == ["fired"]
    store.close()


def test_killed_again_and_again_between_raising_and_answering(place: StorePlace) -> None:
    """The benchmark `benchmarks.durability.kills` does the same 200 times."""
    found = kill_and_judge(place, kills=6, seed=3, longest_s=0.4)
    assert found.lives == 6
    assert found.alerts > 0 and found.notices > found.alerts
    assert (found.lost, found.answers_lost, found.untold, found.duplicates) == (0, 0, 0, 0)


def test_no_room_for_the_picture(tmp_path: Path) -> None:
    """Files may not grow beyond a limit that the database keeps and the picture does not."""
    found = said(
        child(
            """
            import numpy as np, cv2
            noise = np.random.default_rng(0).integers(0, 255, (1080, 1920, 3), dtype=np.uint8)
            picture = cv2.imencode(".jpg", noise)[1].tobytes()
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
            [change] = desk.receive(look(0, [finding(0)], picture=picture))
            print(json.dumps({
                "size": len(picture), "kind": change.kind, "snapshot": change.alert.snapshot,
                "stored": len(store.alerts()), "waiting": store.delivery_counts()["hook"]["waiting"],
                "lost": desk.status()["lost_pictures"],
                "files": [path.name for path in (folder / "snapshots").rglob("*") if path.is_file()],
            }))
            """,
            StorePlace(tmp_path, None),
        )
    )
    assert found.pop("size") > 1_000_000
    assert found == {"kind": "fired", "snapshot": "", "stored": 1, "waiting": 1, "lost": 1, "files": []}


def test_no_room_for_the_database(tmp_path: Path) -> None:
    """The alert is shown from memory, and stored with its notice when there is room again."""
    found = said(
        child(
            """
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
            [change] = desk.receive(look(0, [finding(0)], picture=jpeg()))
            full = {"shown": [one.state for one in desk.alerts()], "waiting": desk.status()["waiting"]}
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            clock.step(1)
            desk.tick()
            print(json.dumps({
                "kind": change.kind, **full, "stored": [one.state for one in store.alerts()],
                "left": desk.status()["waiting"], "notices": store.delivery_counts()["hook"]["waiting"],
            }))
            """,
            StorePlace(tmp_path, None),
        )
    )
    assert found == {"kind": "fired", "shown": ["firing"], "waiting": 1, "stored": ["firing"], "left": 0, "notices": 1}
