"""The one supervisor: looks of so many cameras through the real desk, and when it can take no more.

Looks come evenly; each is unpacked and received by the product's code, in real time. The queue before it is reckoned:
a look waits for those that came sooner (one thread takes them in).
"""

import contextlib
import pickle
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerts.config import Settings
from alerts.db.store import Store
from alerts.desk import Desk
from alerts.evidence.snapshot import SnapshotStore
from streams.clock import SystemClock
from tests.alerts.making import finding, look
from vision.look import Look
from vision.rule import Finding

MOST_LOOKS = 60_000
"""Simulated at most: of many cameras a shorter time, and of more cameras than this not one look of each."""
BEGIN = datetime(2026, 3, 1, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Taken:
    """looks_per_s: that come. service_us: to take one in, wall. busy: of the one thread; above 1 it falls behind.

    waits_p95_s: of a look, from its coming to its end; None where the queue grows for ever.
    raised: alerts, and p95 of the time to the committed row: of a few alerts the time of the slowest but one, or of the
    only one.
    """

    cameras: int
    looks_per_s: float
    service_us: float
    busy: float
    waits_p95_s: float | None
    raised: int
    raise_p95_ms: float
    start_s: float


def settings_of(cameras: int) -> Settings:
    """So many, one webhook."""
    return Settings.model_validate(
        {
            "cameras": [{"name": f"c{number}", "url": str(number)} for number in range(cameras)],
            "webhooks": [{"name": "w", "url": "http://127.0.0.1:9"}],
        }
    )


def taken(cameras: int, looks_per_s: float, alerts_per_s: float) -> Taken:
    """looks_per_s: of one camera. alerts_per_s: of one camera."""
    rate = cameras * looks_per_s
    number = min(MOST_LOOKS, max(2_000, round(60 * rate)))
    every = max(1, round(looks_per_s / alerts_per_s)) if alerts_per_s else number + 1
    with tempfile.TemporaryDirectory(prefix="xinan-scale-") as name, desk_of(Path(name), cameras) as (desk, start_s):
        service_s, raise_s = [], []
        for index in range(number):
            second = index / rate
            packed = pickle.dumps(_look(index, cameras, second, raises=index % every == every - 1))
            began_s = time.perf_counter()
            changes = desk.receive(pickle.loads(packed))
            took_s = time.perf_counter() - began_s
            service_s.append(took_s)
            if changes:
                raise_s.append(took_s)
    busy = rate * sum(service_s) / number
    waits = _waits(service_s, rate)
    return Taken(
        cameras,
        rate,
        1e6 * sum(service_s) / number,
        busy,
        _p95(waits) if busy < 1 else None,
        len(raise_s),
        1e3 * _p95(raise_s) if raise_s else 0.0,
        start_s,
    )


def _look(index: int, cameras: int, second: float, *, raises: bool) -> Look:
    camera = f"c{index % cameras}"
    found: tuple[Finding, ...] = ()
    if raises:
        found = (replace(finding(second, hazard="clutter", camera=camera, key=str(index)), at=BEGIN),)
    given = look(second, found, camera=camera)
    return replace(given, at=BEGIN + timedelta(seconds=second), boxes=())


@contextlib.contextmanager
def desk_of(folder: Path, cameras: int) -> Iterator[tuple[Desk, float]]:
    """On SQLite, with one channel and cameras `c0` …; and the seconds that it took to begin."""
    began_s = time.perf_counter()
    with contextlib.closing(Store.open(folder)) as store:
        desk = Desk(store, SnapshotStore(folder / "snapshots", least_free=0), settings_of(cameras), SystemClock())
        yield desk, time.perf_counter() - began_s
        desk.close()


def _waits(service_s: list[float], rate: float) -> list[float]:
    """From coming to done, of each, one after the other."""
    free_s, waits = 0.0, []
    for index, took_s in enumerate(service_s):
        came_s = index / rate
        free_s = max(free_s, came_s) + took_s
        waits.append(free_s - came_s)
    return waits


def _p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]
