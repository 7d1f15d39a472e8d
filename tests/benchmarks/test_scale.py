"""The arithmetic and the simulations of `benchmarks.scale`, without its measurements."""

import asyncio
import time

import pytest

from benchmarks.scale import analyzers, centre, delivery
from benchmarks.scale.bill import Use, bill
from benchmarks.scale.run import breaks
from benchmarks.scale.skipping import SkippingClock, SkippingLoop
from benchmarks.scale.unit_costs import UnitCosts
from vision.config import AnalysisConfig

COSTS = UnitCosts({"704x576": 0.02}, (0.03,), 1024, 0.0003, 0.005, 4.0, 96.0, 0.002, 20.0)


def test_a_bill_adds_up() -> None:
    one = bill(COSTS, Use(looks_per_s=2.0, alerts_per_day=10, bit_rate=819_200, clip_s=10))
    assert one.cores == pytest.approx(0.02 + 2 * 0.03 + 0.002 + 2 * 0.0003)
    assert one.centre_cores == pytest.approx(2 * 0.0003)
    assert one.message_kib_per_s == pytest.approx(2 * 1 + 20)
    assert one.stored_mib_per_day == pytest.approx(10 * (4 + 96 + 1000) / 1024)


def test_waiting_is_skipped_and_work_is_not() -> None:
    clock = SkippingClock()

    async def wait() -> float:
        await asyncio.gather(asyncio.sleep(600), asyncio.sleep(1200))
        before_s = clock.monotonic_s()
        await asyncio.to_thread(time.sleep, 0.05)
        return clock.monotonic_s() - before_s

    began_s = time.monotonic()
    with asyncio.Runner(loop_factory=lambda: SkippingLoop(clock)) as runner:
        worked_s = runner.run(wait())
    assert time.monotonic() - began_s < 60 < 1200 <= clock.monotonic_s()
    assert worked_s >= 0.05


def test_an_analyzer_keeps_the_floor_until_its_core_is_full() -> None:
    floor = AnalysisConfig().least_looks_per_s
    few, many = analyzers.served(2, [0.03], 0.02), analyzers.served(24, [0.03], 0.02)
    assert few.least_looks_per_s >= floor - 0.1
    assert few.busy < 0.8
    assert many.least_looks_per_s < 0.9 * floor
    assert many.gap_s > few.gap_s
    assert analyzers.served(2, [0.03], 0.02) == few, "the same seed, the same run"
    rows = analyzers.most_cameras([0.03], 0.02)
    assert [row.least_looks_per_s < 0.9 * floor for row in rows] == [False] * (len(rows) - 1) + [True]


def test_the_supervisor_takes_looks_in_and_says_how_busy_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(centre, "MOST_LOOKS", 200)
    given = centre.taken(3, 2.5, 0.05)
    assert given.looks_per_s == 7.5
    assert given.raised == 4
    assert given.busy == pytest.approx(7.5 * given.service_us / 1e6)


def test_alerts_are_told_on_a_clock_that_skips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "MOST_ALERTS", 40)
    told = delivery.told(2.0)
    assert told.seconds == 20.0
    assert told.hook_fire_s is not None
    assert told.hook_fire_s >= delivery.LATENCY_S
    assert told.left["hook"] == 0
    assert told.left["bot"] > 0, "20 a minute are fewer than 120"


def test_what_breaks_is_read_from_the_rows() -> None:
    result = {
        "analyzer": {"704x576": [{"cameras": 4, "least_looks_per_s": 2.5}, {"cameras": 8, "least_looks_per_s": 1.0}]},
        "centre": [{"cameras": 10, "busy": 0.001}, {"cameras": 1000, "busy": 0.5}],
        "delivery": [{"database_ms": 20.0}],
    }
    assert breaks(result) == {
        "analyzer_cameras_a_core": {"704x576": 4},
        "supervisor_cameras": 1400,
        "webhook_cameras_in_a_bad_hour": 25200,
        "bot_cameras_in_a_bad_hour": 900,
    }
