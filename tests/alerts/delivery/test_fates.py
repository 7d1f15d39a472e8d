"""What is told of each attempt to deliver, for the metrics."""

import random
from pathlib import Path

import pytest

from alerts.db.store import Store
from alerts.delivery.deliver import Deliverer
from alerts.delivery.fate import Fate
from alerts.lifecycle import Change, ChangeKind
from alerts.notifiers.base import Delivered, Full, Outcome, Rejected, Retry
from alerts.routing.plan import AtOnce
from streams.clock import SimulatedClock
from tests.alerts.delivery.test_deliver import Recorder, until
from tests.alerts.making import START, alert


@pytest.mark.parametrize(
    ("outcomes", "expire_s", "fates"),
    [
        ([Delivered()], 900, [Fate.DELIVERED]),
        ([Rejected("no such group")], 900, [Fate.GIVEN_UP]),
        ([Retry("503"), ConnectionError(), Delivered()], 900, [Fate.FAILED, Fate.FAILED, Fate.DELIVERED]),
        ([Full("20 a minute", 1.0), Delivered()], 900, [Fate.DELIVERED]),
        ([Retry("503")], 0, [Fate.GIVEN_UP]),
    ],
)
async def test_each_attempt_has_a_fate(
    tmp_path: Path, outcomes: list[Outcome | Exception], expire_s: float, fates: list[Fate]
) -> None:
    store, clock = Store.open(tmp_path), SimulatedClock(START)
    told: list[Fate] = []
    store.commit([Change(ChangeKind.FIRED, alert())], AtOnce({"hook": expire_s}), clock.now())
    deliverer = Deliverer(
        store, {"hook": Recorder(*outcomes)}, clock, random.Random(3), on_tried=lambda _, fate: told.append(fate)
    )
    async with deliverer:

        def ended() -> bool:
            clock.step(2)
            deliverer.wake()
            return len(told) >= len(fates)

        await until(ended)
    assert told == fates
    store.close()
