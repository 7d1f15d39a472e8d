"""Every channel and the database are away while alerts are raised; then both come back.

    python -m benchmarks.durability.outage [--seconds 60] [--alerts 500] [--fires 25] [--out FILE]

A real outage in real time: PostgreSQL is stopped and the receivers' port is closed for `--seconds` (shortened from the
ten minutes of the bar; `--seconds 600` is the whole), while the alerts come evenly spread. The back-off has reached its
longest pause, a minute, after about two minutes; fire's, 3 s, after five seconds. Then the database is started, and as
soon as it takes connections the receivers listen again. Times count from there.
"""

import argparse
import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alerts.config import Settings
from alerts.db.store import Store
from alerts.delivery.deliver import Deliverer
from alerts.desk import Desk
from alerts.evidence.snapshot import SnapshotStore
from alerts.notifiers.build import build_notifiers
from benchmarks.machine import describe
from models.files import write_json
from streams.clock import SystemClock
from tests.alerts.databases import Postgres, postgres_server
from tests.alerts.making import finding, look
from tests.alerts.receiver import Answer, Got, Receiver, free_port

OUT = Path(__file__).parent / "results" / "outage.json"
CHANNELS = ("one", "two")
BAR_S = 5.0


class Arrivals:
    """What came, in order: (monotonic seconds, channel, hazard, key)."""

    def __init__(self) -> None:
        self.got: list[tuple[float, str, str, str]] = []

    def take(self, got: Got) -> Answer:
        self.got.append((time.monotonic(), got.path.strip("/"), got.event["data"]["hazard"], got.id))
        return Answer()


def settings(port: int) -> Settings:
    """Two channels at one port."""
    hooks = [{"name": name, "url": f"http://127.0.0.1:{port}/{name}", "timeout_s": 5} for name in CHANNELS]
    return Settings.model_validate({"cameras": [{"name": "shed-1", "url": "0"}], "webhooks": hooks})


async def ticking(desk: Desk) -> None:
    """As `xinan watch` does."""
    while True:
        await asyncio.sleep(1)
        await asyncio.to_thread(desk.tick)


@contextlib.contextmanager
def away(server: Postgres) -> Iterator[None]:
    """Without the database."""
    server.stop("immediate")
    try:
        yield
    finally:
        server.start()


async def outage(server: Postgres, folder: Path, seconds: float, alerts: int, fires: int) -> dict[str, Any]:
    """Run it; what was measured."""
    clock, rng, port, arrivals = SystemClock(), random.Random(5), free_port(), Arrivals()
    config = settings(port)
    every = max(1, alerts // fires)
    with contextlib.closing(Store.open(folder, server.fresh())) as store:
        desk = Desk(store, SnapshotStore(folder / "snapshots", least_free=0), config, clock)
        async with Deliverer(store, build_notifiers(config, clock), clock, rng):
            tick = asyncio.create_task(ticking(desk))
            for number in range(3):  # the channels are known to be down before the database goes
                await asyncio.to_thread(desk.receive, _look(f"before-{number}", "clutter"))
            with away(server):
                for number in range(alerts):
                    hazard = "flame" if number % every == every - 1 else "clutter"
                    await asyncio.to_thread(desk.receive, _look(f"c{number}", hazard))
                    await asyncio.sleep(seconds / alerts)
                raised = len(desk.open_alerts())
            back_s = time.monotonic()
            with Receiver(arrivals.take, port=port):
                wanted = (alerts + 3) * len(CHANNELS)
                async with asyncio.timeout(600):
                    while len({got[3] for got in arrivals.got}) < wanted:
                        await asyncio.sleep(0.1)
            tick.cancel()
        desk.close()
    return {"raised_meanwhile": raised - 3, **_judged(arrivals, back_s, wanted)}


def _look(camera: str, hazard: str) -> Any:
    return look(0, [finding(0, hazard=hazard)], camera=camera)


def _judged(arrivals: Arrivals, back_s: float, wanted: int) -> dict[str, Any]:
    keys = {got[3] for got in arrivals.got}
    channels = {}
    for name in CHANNELS:
        mine = [got for got in arrivals.got if got[1] == name]
        fires = [at_s - back_s for at_s, _, hazard, _ in mine if hazard == "flame"]
        last_fire = max(index for index, got in enumerate(mine) if got[2] == "flame")
        before = sum(got[2] != "flame" for got in mine[:last_fire])
        channels[name] = {
            "first_fire_s": round(min(fires), 2),
            "last_fire_s": round(max(fires), 2),
            "last_s": round(mine[-1][0] - back_s, 2),
            "others_before_the_last_fire": before,
        }
    return {"wanted": wanted, "delivered": len(keys), "copies": len(arrivals.got) - len(keys), "channels": channels}


def main() -> None:
    """Run it, print, write the file; exit code 1 when the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--alerts", type=int, default=500)
    parser.add_argument("--fires", type=int, default=25)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgres_server(durable=True) as server:
        found = asyncio.run(outage(server, Path(folder), given.seconds, given.alerts, given.fires))
    print(found)
    result = {"machine": describe(), "outage_s": given.seconds, "alerts": given.alerts, "fires": given.fires}
    write_json(given.out, {**result, **found})
    late = any(one["first_fire_s"] > BAR_S for one in found["channels"].values())
    raise SystemExit(late or found["delivered"] < found["wanted"])


if __name__ == "__main__":
    main()
