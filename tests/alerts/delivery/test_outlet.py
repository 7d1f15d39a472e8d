"""Whether a channel answers, and when it is tried again."""

import random

import pytest

from alerts.delivery.outlet import LONGEST_FIRE_RETRY_S, LONGEST_RETRY_S, MOST_FAILING, WAKE_EVERY_S, Outlet
from vision.rule import Severity

FIRE, VIOLATION, FAULT = Severity


def outlet() -> Outlet:
    return Outlet(random.Random(1))


def test_one_notice_that_fails_again_and_again_does_not_shut_the_channel() -> None:
    one = outlet()
    for now_s in range(10):
        one.failed("a", now_s, None)
    assert one.failing and not one.down and not one.shut(VIOLATION, 0.0)
    assert not one.succeeded(10)
    assert not one.failing


@pytest.mark.parametrize(("severity", "longest_s"), [(FIRE, LONGEST_FIRE_RETRY_S), (VIOLATION, LONGEST_RETRY_S)])
def test_two_in_a_row_shut_it_for_longer_and_longer(severity: Severity, longest_s: float) -> None:
    one, pauses = outlet(), []
    for number in range(12):
        one.failed(str(number % 2), 0.0, None)
        pauses.append(next((s / 10 for s in range(700) if not one.shut(severity, s / 10)), None))
    assert pauses[0] == 0
    assert 0.7 <= (pauses[1] or 0) <= 1.3
    assert pauses[-1] is not None and 0.7 * longest_s <= pauses[-1] <= longest_s + 0.1


def test_the_first_success_lets_all_go_and_the_most_urgent_first() -> None:
    one = outlet()
    one.failed("a", 0, None)
    one.failed("b", 0, None)
    assert one.succeeded(1)
    assert not one.shut(VIOLATION, 1)
    assert one.yields(VIOLATION) and one.yields(FAULT) and not one.yields(FIRE)
    one.busy(FIRE, False)
    assert not one.yields(VIOLATION) and one.yields(FAULT)


def test_a_channel_that_fails_now_and_then_is_not_flooded() -> None:
    one = outlet()
    woken = []
    for now_s in range(0, 100, 5):
        one.failed("a", now_s, None)
        one.failed("b", now_s, None)
        if one.succeeded(now_s):
            woken.append(now_s)
    assert woken == list(range(0, 100, int(WAKE_EVERY_S)))


@pytest.mark.parametrize(("now_s", "free"), [(10, ()), (15, (FIRE,)), (60, (FIRE,)), (120, (FIRE, VIOLATION, FAULT))])
def test_a_channel_s_wish_to_be_left_alone_is_kept_but_holds_no_fire_for_long(
    now_s: float, free: tuple[Severity, ...]
) -> None:
    one = outlet()
    one.failed("a", 0, 120.0)
    one.failed("b", 0, None)
    assert one.succeeded(now_s) == free


def test_what_is_given_up_does_not_make_a_channel_look_as_if_it_failed() -> None:
    one = outlet()
    for name in ("a", "b"):
        one.failed(name, 0, None)
        one.gave_up(name)
    assert not one.failing and not one.down


def test_of_what_fails_only_a_few_are_remembered() -> None:
    one = outlet()
    for number in range(10_000):
        one.failed(str(number), 0, None)
    assert one.down and len(one._failing) <= MOST_FAILING


def test_a_channel_without_room_stands_still_by_severity_and_is_not_down() -> None:
    outlet = Outlet(random.Random(1))
    outlet.full(Severity.VIOLATION, 60.0)
    assert not outlet.has_room(Severity.VIOLATION, 59.9)
    assert outlet.has_room(Severity.VIOLATION, 60.0)
    assert outlet.has_room(Severity.FIRE, 0.0)
    assert not outlet.failing
