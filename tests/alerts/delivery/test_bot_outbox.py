"""A flood through the outbox to a group bot: nothing is lost or refused, and fire does not wait for clutter."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from alerts.config import Settings
from alerts.notifiers.base import Full, Notice, Notifier, Outcome
from alerts.notifiers.build import build_notifiers
from tests.alerts.delivery.test_deliver import Office, until
from tests.alerts.receiver import Receiver
from tests.alerts.vendors import KEY, SECRET, Dingtalk

FLOOD = 40


def delivered(office: Office, number: int) -> bool:
    """Whether so many are done with: until then the last one still holds its place in the minute."""
    return office.counts()[1] >= number


class Heard:
    """A channel, and how often it had no room."""

    def __init__(self, channel: Notifier) -> None:
        self.channel, self.full = channel, 0

    async def send(self, notice: Notice) -> Outcome:
        outcome = await self.channel.send(notice)
        self.full += isinstance(outcome, Full)
        return outcome

    async def close(self) -> None:
        await self.channel.close()

    def stood_still(self, times: int) -> bool:
        return self.full >= times


@pytest.mark.timeout(120)
async def test_a_flood_is_delivered_minute_by_minute_and_fire_at_once(tmp_path: Path) -> None:
    office = Office(tmp_path)
    vendor = Dingtalk(office.clock)
    with Receiver(vendor) as receiver:
        bot = {"type": "dingtalk", "name": "hook", "secret": SECRET}
        bot["url"] = f"http://127.0.0.1:{receiver.port}/robot/send?access_token={KEY}"
        built = build_notifiers(Settings.model_validate({"channels": [bot]}), office.clock, cold=False)
        lane = Heard(built["hook"])
        for number in range(FLOOD):
            office.tell(f"01V{number:02}", hazard="clutter")
        async with office.delivering(hook=lane) as deliverer:
            await until(partial(delivered, office, 15))
            await asyncio.to_thread(office.tell, "01FIRE")
            await until(partial(delivered, office, 16))
            assert "明火" in vendor.taken[-1]["markdown"]["text"]
            for minute, sent in enumerate((31, FLOOD + 1), start=1):
                await until(partial(lane.stood_still, minute))
                office.clock.step(61)
                deliverer.wake()
                await until(partial(delivered, office, sent))
            await until(lambda: office.counts() == (0, FLOOD + 1, 0))
    office.store.close()
    assert vendor.refused == []
    assert len(vendor.taken) == FLOOD + 1
