"""The rate of a bot: never more than the other side counts, and always room for fire."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as some

from alerts.notifiers.limits import RateLimit, Slot, Window
from streams.clock import SimulatedClock

MINUTE = Window(20, 60.0, reserved=5)


def send(limit: RateLimit, *, urgent: bool = False, count: int = 1) -> float:
    """Send at once; 0, or the seconds to wait."""
    slots = limit.take(count, urgent=urgent)
    if isinstance(slots, float):
        return slots
    limit.end(slots)
    return 0.0


def test_what_is_over_waits_until_the_first_is_a_minute_old() -> None:
    clock = SimulatedClock()
    limit = RateLimit((MINUTE,), clock.monotonic_s)
    for _ in range(15):
        assert send(limit) == 0
        clock.step(1)
    assert send(limit) == 45.0
    clock.step(45)
    assert send(limit) == 0
    assert send(limit) == 1.0


def test_a_flood_leaves_room_for_fire() -> None:
    clock = SimulatedClock()
    limit = RateLimit((MINUTE,), clock.monotonic_s)
    assert [send(limit) for _ in range(15)] == [0.0] * 15
    assert send(limit) > 0
    assert [send(limit, urgent=True) for _ in range(5)] == [0.0] * 5
    assert send(limit, urgent=True) == 60.0


def test_two_messages_go_together_or_not_at_all() -> None:
    clock = SimulatedClock()
    limit = RateLimit((Window(3, 60.0),), clock.monotonic_s)
    assert send(limit, count=2) == 0
    assert send(limit, count=2) == 60.0
    assert send(limit) == 0


def test_every_window_counts() -> None:
    clock = SimulatedClock()
    limit = RateLimit((Window(100, 60.0, 20), Window(5, 1.0)), clock.monotonic_s)
    assert [send(limit) for _ in range(5)] == [0.0] * 5
    assert send(limit) == 1.0
    assert send(limit, urgent=True) == 1.0
    clock.step(1)
    assert send(limit) == 0


def test_a_message_counts_until_a_minute_after_it_ended() -> None:
    clock = SimulatedClock()
    limit = RateLimit((Window(1, 60.0),), clock.monotonic_s)
    slots = limit.take()
    assert isinstance(slots, list)
    clock.step(50)
    limit.end(slots)
    clock.step(30)
    assert send(limit) == 30.0


def test_one_that_is_still_being_sent_counts() -> None:
    clock = SimulatedClock()
    limit = RateLimit((Window(1, 60.0),), clock.monotonic_s)
    assert isinstance(limit.take(), list)
    clock.step(500)
    assert send(limit) == 60.0


def test_after_a_start_only_fire_goes_at_once() -> None:
    clock = SimulatedClock()
    limit = RateLimit((MINUTE,), clock.monotonic_s, cold=True)
    assert send(limit) == 60.0
    assert [send(limit, urgent=True) for _ in range(5)] == [0.0] * 5
    assert send(limit, urgent=True) > 0
    clock.step(60)
    assert send(limit) == 0


def test_a_bot_that_is_shut_lets_only_fire_through() -> None:
    clock = SimulatedClock()
    limit = RateLimit((MINUTE,), clock.monotonic_s)
    limit.shut(600)
    assert send(limit) == 600.0
    assert send(limit, urgent=True) == 0
    clock.step(600)
    assert send(limit) == 0


STEPS = some.lists(
    some.tuples(some.sampled_from(["take", "urgent", "pair", "end"]), some.floats(0, 30)), min_size=1, max_size=120
)


@rules(deadline=None)
@given(steps=STEPS, delay=some.floats(0, 1))
def test_the_other_side_never_counts_more_than_is_allowed(steps: Sequence[tuple[str, float]], delay: float) -> None:
    """Whenever a message arrives between its start and its end."""
    clock = SimulatedClock()
    limit = RateLimit((Window(6, 60.0, reserved=2), Window(3, 5.0)), clock.monotonic_s)
    under_way: list[tuple[float, list[Slot]]] = []
    arrived: list[float] = []

    def end() -> None:
        started_s, slots = under_way.pop(0)
        limit.end(slots)
        arrived.extend([started_s + delay * (clock.monotonic_s() - started_s)] * len(slots))

    for what, pause_s in steps:
        clock.step(pause_s)
        if what == "end":
            if under_way:
                end()
            continue
        slots = limit.take(2 if what == "pair" else 1, urgent=what == "urgent")
        if isinstance(slots, list):
            under_way.append((clock.monotonic_s(), slots))
    while under_way:
        end()
    for at in arrived:
        assert sum(at - 59.999 < other <= at for other in arrived) <= 6
        assert sum(at - 4.999 < other <= at for other in arrived) <= 3


@rules(deadline=None)
@given(used=some.integers(0, 40), count=some.integers(1, 2), urgent=some.booleans())
def test_who_waits_as_long_as_told_gets_in(used: int, count: int, urgent: bool) -> None:
    clock = SimulatedClock()
    limit = RateLimit((MINUTE, Window(5, 1.0)), clock.monotonic_s)
    for _ in range(used):
        send(limit, urgent=True)
        clock.step(0.25)
    wait_s = send(limit, count=count, urgent=urgent)
    clock.step(wait_s)
    assert wait_s == 0 or send(limit, count=count, urgent=urgent) == 0
