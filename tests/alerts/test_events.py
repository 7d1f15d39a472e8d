"""Events to browsers: order, bounds, replay, threads."""

import asyncio
import threading

import pytest

from alerts.events import QUEUE, REPLAY, Event, EventHub, Subscription
from alerts.lifecycle import ChangeKind
from tests.alerts.making import alert

K = ChangeKind


async def read(events: Subscription, count: int) -> list[int]:
    """The next ids."""
    async with asyncio.timeout(20):
        return [(await anext(events)).id for _ in range(count)]


async def test_events_from_another_thread_arrive_in_order() -> None:
    hub = EventHub(first_id=100)

    def publish() -> None:
        for _ in range(50):
            hub.publish(K.UPDATED, alert())

    with hub.subscribe(None) as first, hub.subscribe(None) as second:
        thread = threading.Thread(target=publish)
        thread.start()
        assert await read(first, 50) == list(range(100, 150))
        assert await read(second, 50) == list(range(100, 150))
        thread.join()
    assert hub.readers == 0


async def test_a_slow_reader_is_cut_off_and_counted() -> None:
    hub = EventHub(first_id=0)
    slow, quick = hub.subscribe(None), hub.subscribe(None)
    for number in range(QUEUE + 10):
        hub.publish(K.UPDATED, alert())
        assert await read(quick, 1) == [number]
    assert [event async for event in slow] == []
    assert slow.ended == "overflow"
    assert hub.overflows == 1
    assert hub.readers == 1
    quick.close()


async def test_replay_after_a_lost_connection() -> None:
    hub = EventHub(first_id=10)
    for _ in range(5):
        hub.publish(K.FIRED, alert())
    with hub.subscribe(12) as events:
        assert not events.missed
        assert await read(events, 2) == [13, 14]
        hub.publish(K.FIRED, alert())
        assert await read(events, 1) == [15]


@pytest.mark.parametrize(
    ("last", "missed"), [(9, False), (14, False), (8, True), (0, True), (15, True), (10**15, True)]
)
async def test_what_cannot_be_replayed_is_said(last: int, missed: bool) -> None:
    hub = EventHub(first_id=10)
    for _ in range(5):
        hub.publish(K.FIRED, alert())
    with hub.subscribe(last) as events:
        assert events.missed is missed


async def test_before_the_first_event() -> None:
    with EventHub(first_id=10).subscribe(9) as now, EventHub(first_id=10).subscribe(5) as older:
        assert not now.missed
        assert older.missed


async def test_the_memory_is_bounded() -> None:
    hub = EventHub(first_id=0)
    for _ in range(REPLAY + 5):
        hub.publish(K.UPDATED, alert())
    with hub.subscribe(3) as old, hub.subscribe(4) as oldest:
        assert old.missed
        assert not oldest.missed
        assert len(await read(oldest, REPLAY)) == REPLAY


async def test_closing_ends_the_reading() -> None:
    hub = EventHub(first_id=0)
    events = hub.subscribe(None)

    async def all_of_it() -> list[Event]:
        return [event async for event in events]

    reading = asyncio.create_task(all_of_it())
    await asyncio.sleep(0)
    threading.Thread(target=hub.close).start()
    async with asyncio.timeout(20):
        assert await reading == []
    assert events.ended == "closed"
    hub.publish(K.FIRED, alert())


def test_a_reader_whose_loop_has_gone_is_harmless() -> None:
    hub = EventHub(first_id=0)

    async def subscribe() -> Subscription:
        return hub.subscribe(None)

    events = asyncio.run(subscribe())
    hub.publish(K.FIRED, alert())
    assert events.ended == "closed"
