"""PostgreSQL goes away and comes back: a real server is killed, stopped, made to hang, and started again."""

import asyncio
import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alerts.db.psycopg_connection import PatientConnection
from alerts.db.store import Store
from alerts.delivery.deliver import Deliverer
from alerts.desk import Desk
from alerts.errors import StoreError
from alerts.evidence.snapshot import SnapshotStore
from alerts.lifecycle import ChangeKind
from alerts.notifiers.base import Delivered, Notice, Outcome
from streams.clock import SimulatedClock
from tests.alerts.databases import Postgres, postgres_server
from tests.alerts.making import START, finding, look, settings

HOOK = {"name": "hook", "url": "http://127.0.0.1:9/"}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """One with fsync, which these tests stop and start."""
    with postgres_server(durable=True) as server:
        yield server


class Recorder:
    """A channel that takes everything."""

    def __init__(self) -> None:
        self.got: list[Notice] = []

    async def send(self, notice: Notice) -> Outcome:
        self.got.append(notice)
        return Delivered()

    async def close(self) -> None:
        pass


class Office:
    """A desk over a database of the server."""

    def __init__(self, server: Postgres, folder: Path) -> None:
        self.clock = SimulatedClock(START)
        self.url = server.fresh()
        self.store = Store.open(folder, self.url)
        self.desk = Desk(self.store, SnapshotStore(folder / "snapshots"), settings(HOOK), self.clock)

    def see(self, key: str, hazard: str = "flame") -> str:
        """A new alert; its id. Of a camera of its own kind: a flame mutes what else is wrong before its camera."""
        self.clock.step(0.01)
        now_s, camera = self.clock.monotonic_s(), f"camera-{hazard}"
        found = finding(now_s, camera=camera, key=key, hazard=hazard)
        [change] = self.desk.receive(look(now_s, [found], camera=camera))
        assert change.kind is ChangeKind.FIRED
        return change.alert.id


@pytest.fixture
def office(server: Postgres, tmp_path: Path) -> Iterator[Office]:
    made = Office(server, tmp_path)
    yield made
    made.store.close()


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not done():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("how", ["immediate", "fast"])
async def test_what_is_raised_during_an_outage_is_stored_and_sent_after_it(
    how: str, server: Postgres, office: Office
) -> None:
    hook = Recorder()
    before = office.see("before")
    async with Deliverer(office.store, {"hook": hook}, office.clock, random.Random(1)) as deliverer:
        await until(lambda: len(hook.got) == 1)
        await asyncio.to_thread(server.stop, how)
        violations = [office.see(f"v{n}", "clutter") for n in range(20)]
        fires = [office.see(f"f{n}") for n in range(5)]
        await asyncio.to_thread(office.desk.acknowledge, fires[0], by="li")
        for _ in range(3):
            await asyncio.to_thread(office.desk.tick)
        assert office.desk.status()["waiting"] == 26
        assert {one.id for one in office.desk.open_alerts()} == {before, *violations, *fires}
        await until(lambda: deliverer.errors >= 2)  # it asked, was refused, and asks again
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(office.desk.tick)
        assert (office.desk.status()["waiting"], office.desk.status()["dropped"]) == (0, 0)
        await until(lambda: len(hook.got) == 27)
    assert sorted(one.id for one in office.store.alerts()) == sorted([before, *violations, *fires])
    told = [(notice.alert.id, notice.kind) for notice in hook.got]
    assert [one for one in told if one[0] in fires and one[1] == "fired"] == [(one, "fired") for one in fires]
    assert [one for one in told if one[0] in violations] == [(one, "fired") for one in violations]
    assert told.index((fires[0], "fired")) < told.index((fires[0], "acknowledged"))
    assert len({notice.id for notice in hook.got}) == 27


def test_what_was_committed_outlives_a_server_that_is_killed(server: Postgres, office: Office) -> None:
    kept = [office.see(str(n)) for n in range(5)]
    server.stop("immediate")
    with pytest.raises(StoreError):
        office.store.alerts()
    server.start()
    assert [one.id for one in office.store.alerts()] == kept[::-1]
    assert office.store.delivery_counts()["hook"]["waiting"] == 5


def test_a_server_that_hangs_is_an_error_and_then_the_writer_comes_back(
    server: Postgres, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientConnection, "answer_s", 2.0)  # longer than it waits for a lock
    office.see("a")
    database = office.url.get_secret_value().rpartition("/")[2]
    query = f"SELECT pid FROM pg_stat_activity WHERE datname = '{database}'"
    pids = [int(str(pid)) for [pid] in server.execute(query)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        office.see("b")
        assert office.desk.status()["waiting"] == 1
        # Whoever hangs still has the lock, so nobody writes past it.
        with pytest.raises(StoreError, match="in use by another"):
            office.store.set_meta("x", "1")
        assert office.store.alert("x") is None  # a new connection reads
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    while office.desk.status()["waiting"]:
        office.desk.tick()
    assert len(office.store.alerts()) == 2
