"""How long the figures and the sheet of a shift take, out of a million alerts: `python -m benchmarks.store.shift`.

SQLite in a new folder, or PostgreSQL at `--url`. Each is asked `--times` times; printed are the first and the median.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr
from sqlalchemy import Connection

from alerts.access.principal import Area
from alerts.config import Settings
from alerts.db.store import Store
from alerts.shift import counted, lessons
from alerts.shift.dashboard import figures_of
from alerts.shift.sheet import sheet_of
from alerts.shift.spans import Span, shift_at
from benchmarks.store.fill import APART_S, BEGIN, BLOCK, fill

ZONE = ZoneInfo("Asia/Shanghai")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=1_000, help="of 1,000 alerts, a minute apart")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--url", help="of an empty PostgreSQL database")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder), SecretStr(given.url) if given.url else None)
        fill(store, given.blocks)
        if given.url:
            with store.writing() as connection:
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                driver: Any = connection.connection.driver_connection
                driver.answer_s = None
                connection.exec_driver_sql("ANALYZE")
        with store.reading() as connection:
            for name, ask in questions(given.blocks).items():
                report(name, ask, connection, given.times)
        store.close()


def questions(blocks: int) -> dict[str, Callable[[Connection], object]]:
    """All of the newest end of the alerts."""
    settings = Settings()
    registry = settings.registry()
    now = BEGIN + timedelta(seconds=blocks * BLOCK * APART_S)
    last = now.astimezone(ZONE).date()
    area = Area(frozenset(f"camera-{number}" for number in range(8)), frozenset())
    shift = shift_at(now, settings.shifts.changes, ZONE)
    everything = Span(BEGIN, now)

    def figures(days: int, of: Area | None = None) -> Callable[[Connection], object]:
        first = last - timedelta(days=days - 1)
        return lambda connection: figures_of(connection, first, days, ZONE, registry, of)

    return {
        "figures of 1 day": figures(1),
        "figures of 7 days": figures(7),
        "figures of 28 days": figures(28),
        "figures of 91 days": figures(91),
        "the same, limited to 8 cameras": figures(91, area),
        "slots of all alerts": lambda connection: counted.slots(connection, everything, None),
        "sheet of the shift": lambda connection: sheet_of(connection, shift, now, settings, registry, None),
        "false alarms, first page": lambda connection: lessons.false_alarms(connection, None, limit=24),
        "false alarms of a camera": lambda connection: lessons.false_alarms(connection, None, camera="camera-1"),
        "false alarms by camera": lambda connection: lessons.by_camera(connection, None),
    }


def report(name: str, ask: Callable[[Connection], object], connection: Connection, times: int) -> None:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        ask(connection)
        took.append(1_000 * (time.perf_counter() - began))
    print(f"{name:<34} first {took[0]:8.1f} ms, median {statistics.median(took):8.1f} ms", flush=True)


if __name__ == "__main__":
    main()
