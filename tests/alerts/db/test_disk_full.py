"""A disk that is full, really: alerts are raised, stored and sent as text, it is said, and all comes back by itself."""

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from alerts.db.reserve import LOG, PIECE, RESERVE
from alerts.db.store import Store
from alerts.disk_room import RESERVE_EVERY_S, DiskRoom
from alerts.errors import StoreError
from alerts.evidence.snapshot import LEAST_FREE
from streams.clock import SimulatedClock
from tests.alerts.databases import StorePlace
from tests.alerts.making import START
from tests.alerts.receiver import Receiver
from tests.alerts.small_disk import on_small_disk

ROOT = Path(__file__).parents[3]
FLOOD = 100

SCRIPT = """
import asyncio, json, random, sys
from pathlib import Path
from alerts.delivery.deliver import Deliverer
from alerts.desk import Desk
from alerts.disk_room import DiskRoom
from alerts.notifiers.build import build_notifiers
from alerts.evidence.snapshot import SnapshotStore
from alerts.db.reserve import PIECE, RESERVE
from alerts.db.store import Store
from streams.clock import SystemClock
from tests.alerts.making import finding, jpeg, look, settings
from tests.alerts.small_disk import fill

folder, url, flood = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
clock = SystemClock()
store = Store.open(folder)
config = settings({"name": "hook", "url": url})
desk = Desk(store, SnapshotStore(folder / "snapshots"), config, clock)
room = DiskRoom(store, folder, lambda: desk.status()["waiting"], clock)
told = []

def fire(camera):
    [change] = desk.receive(look(0, [finding(0, camera=camera)], camera=camera, picture=jpeg()))
    return bool(change.alert.snapshot)

def tick():
    room.tick()
    told.append(room.said())

async def main():
    for _ in range(2 + 2 * RESERVE // PIECE):
        room.tick()
    tick()
    pictured = [fire("before")]
    filler = fill(folder)
    tick()
    async with Deliverer(store, build_notifiers(config, clock), clock, random.Random(1)):
        for number in range(flood):
            pictured.append(fire(f"camera-{number}"))
            await asyncio.sleep(0)
        while any(counts["waiting"] for counts in store.delivery_counts().values()):
            await asyncio.sleep(0.02)
        filler.unlink()
        tick()
        pictured.append(fire("after"))
        while any(counts["waiting"] for counts in store.delivery_counts().values()):
            await asyncio.sleep(0.02)
    print(json.dumps({"pictured": pictured, "told": told, "stored": len(store.alerts(limit=9999)), **desk.status()}))

asyncio.run(main())
"""


def test_on_a_full_disk_alerts_are_stored_and_sent_as_text(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    with Receiver() as receiver:
        words = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(folder), receiver.url, str(FLOOD)]
        done = subprocess.run(
            on_small_disk(folder, 192, words), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        got = receiver.got
    found = json.loads(done.stdout)
    assert found["told"] == [{"disk": said, "store": ""} for said in ("", "full", "")]
    assert found["pictured"] == [True, *[False] * FLOOD, True]
    assert (found["waiting"], found["dropped"], found["stored"]) == (0, 0, FLOOD + 2)
    assert {one.event["data"]["camera"] for one in got} == {"before", "after", *(f"camera-{n}" for n in range(FLOOD))}
    assert len({one.id for one in got}) == FLOOD + 2


def test_the_reserve_is_filled_up_while_there_is_room(tmp_path: Path) -> None:
    store, clock, free = Store.open(tmp_path), SimulatedClock(START), 10 * LEAST_FREE
    calls: list[float] = []

    def pieces() -> Iterator[None]:
        for _ in range(3):
            calls.append(clock.monotonic_s())
            yield

    store.keep_reserve = pieces  # type: ignore[method-assign]
    room = DiskRoom(store, tmp_path, lambda: False, clock, free=lambda _: free)
    for _ in range(int(2 * RESERVE_EVERY_S)):
        room.tick()
        clock.step(1)
    free = 2 * LEAST_FREE
    clock.step(RESERVE_EVERY_S)
    room.tick()
    assert calls == [1, 2, 3, RESERVE_EVERY_S + 1, RESERVE_EVERY_S + 2, RESERVE_EVERY_S + 3], "one a second"
    store.close()


def test_what_is_said_of_the_disk_and_the_store(tmp_path: Path) -> None:
    store, clock, free, refused = Store.open(tmp_path), SimulatedClock(START), LEAST_FREE, False
    room = DiskRoom(store, tmp_path, lambda: refused, clock, free=lambda _: free)
    room.tick()
    assert room.said() == {"disk": "", "store": ""}
    free, refused = LEAST_FREE - 1, True
    room.tick()
    assert room.said() == {"disk": "full", "store": "refuses"}
    free, refused = LEAST_FREE, False
    room.tick()
    assert room.said() == {"disk": "", "store": ""}
    store.close()


def test_a_disk_that_does_not_answer_and_a_database_that_refuses_end_nothing(tmp_path: Path) -> None:
    def gone(_: Path) -> int:
        raise OSError(5, "Input/output error")

    def refuse() -> Iterator[None]:
        raise StoreError("the disk is full")
        yield

    store = Store.open(tmp_path)
    DiskRoom(store, tmp_path, lambda: False, SimulatedClock(START), free=gone).tick()
    store.keep_reserve = refuse  # type: ignore[method-assign]
    room = DiskRoom(store, tmp_path, lambda: False, SimulatedClock(START), free=lambda _: 10 * LEAST_FREE)
    for _ in range(3):
        room.tick()
    store.close()


def test_the_reserve_is_the_databases_own(store: Store, place: StorePlace) -> None:
    """Free pages within the file, and a log of the same size; twice is once."""
    for number in range(2):
        pieces = sum(1 for _ in store.keep_reserve())
        assert pieces == (2 * RESERVE // PIECE if place.url is None and number == 0 else 0)
        if place.url is None:
            with store.reading() as connection:
                assert RESERVE < 4096 * connection.exec_driver_sql("PRAGMA freelist_count").scalar_one() < 1.1 * RESERVE
            assert (place.folder / "alerts.db").stat().st_blocks * 512 > RESERVE
            assert (place.folder / "alerts.db-wal").stat().st_blocks * 512 > LOG


def test_whoever_writes_has_his_turn_between_the_pieces_of_the_reserve(tmp_path: Path) -> None:
    """Also after a kill, which leaves some of it filled."""
    store, log = Store.open(tmp_path), tmp_path / "alerts.db-wal"
    for number, _ in enumerate(store.keep_reserve()):
        if number == 3:
            break
    for number, _ in enumerate(store.keep_reserve()):
        store.set_meta("piece", str(number))
        assert log.stat().st_size < LOG + 2 * PIECE
    with store.reading() as connection:
        assert RESERVE < 4096 * connection.exec_driver_sql("PRAGMA freelist_count").scalar_one() < 1.2 * RESERVE
        assert connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE name = 'reserve'").all() == []
        assert connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar_one() == 1000
    store.close()
