"""The newest item waits, no other."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from streams.slot import NewestSlot


@given(st.lists(st.booleans(), max_size=80))
def test_every_item_is_taken_dropped_or_waiting(puts: list[bool]) -> None:
    slot: NewestSlot[int] = NewestSlot()
    put, taken = 0, []
    for is_put in puts:
        if is_put:
            put += 1
            slot.put(put)
        elif (item := slot.take()) is not None:
            assert item == put, "only the newest is given"
            taken.append(item)
    assert len(taken) + slot.dropped + slot.full == put
    assert taken == sorted(set(taken))


def test_take_waits_for_a_put_from_another_thread() -> None:
    slot: NewestSlot[str] = NewestSlot()
    got: list[str | None] = []
    taker = threading.Thread(target=lambda: got.append(slot.take(30.0)))
    taker.start()
    slot.put("frame")
    taker.join(30.0)
    assert got == ["frame"]


def test_take_gives_up() -> None:
    assert NewestSlot[int]().take(0.01) is None


def test_close_ends_waiting_but_keeps_the_last_item() -> None:
    slot: NewestSlot[int] = NewestSlot()
    got: list[int | None] = []
    taker = threading.Thread(target=lambda: got.append(slot.take(None)))
    taker.start()
    slot.close()
    taker.join(30.0)
    assert got == [None]
    full: NewestSlot[int] = NewestSlot()
    full.put(1)
    full.close()
    full.put(2)
    assert (full.take(), full.take(None), full.dropped, full.closed) == (1, None, 1, True)


def test_several_slots_can_share_one_condition() -> None:
    condition = threading.Condition()
    slots: list[NewestSlot[int]] = [NewestSlot(condition) for _ in range(3)]
    slots[1].put(7)
    with condition:
        assert condition.wait_for(lambda: any(slot.full for slot in slots), 5.0)
    assert [slot.take() for slot in slots] == [None, 7, None]


def test_many_threads_lose_no_count() -> None:
    slot: NewestSlot[int] = NewestSlot()
    taken: list[int] = []

    def take() -> None:
        while (item := slot.take(None)) is not None:
            taken.append(item)

    def put() -> None:
        for item in range(500):
            slot.put(item)

    takers = [threading.Thread(target=take) for _ in range(2)]
    putters = [threading.Thread(target=put) for _ in range(4)]
    for thread in takers + putters:
        thread.start()
    for thread in putters:
        thread.join(30.0)
    slot.close()
    for thread in takers:
        thread.join(30.0)
    assert len(taken) + slot.dropped == 2000
