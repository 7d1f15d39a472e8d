"""What a ring keeps, and with what it begins."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from streams.access_unit import AccessUnit, StreamFormat
from streams.ring import UnitRing

FORMAT = StreamFormat("h264", 640, 480, b"sets")


def unit(at_s: float, *, key: bool = False, size: int = 100) -> AccessUnit:
    return AccessUnit(bytes(size), key, at_s, at_s, datetime(2026, 1, 1, tzinfo=UTC), at_s)


def filled(seconds: int, *, keep_s: float = 10.0, most_bytes: int = 1 << 20, key_every: int = 2) -> UnitRing:
    """One picture a second."""
    ring = UnitRing(keep_s=keep_s, most_bytes=most_bytes)
    for second in range(seconds):
        ring.put(FORMAT, unit(second, key=second % key_every == 0))
    return ring


def times(ring: UnitRing, from_s: float = 0.0, after: int = -1) -> list[float]:
    return [kept.unit.monotonic_s for kept in ring.since(from_s, after)]


@pytest.mark.parametrize(
    ("seconds", "keep_s", "most_bytes", "key_every", "oldest_s"),
    [
        (5, 10, 10_000, 2, 0),
        (100, 10, 10_000, 2, 88),  # 99 - 10 = 89, and the key picture before it
        (100, 10, 10_000, 30, 60),
        (100, 10, 550, 2, 96),  # 5.5 pictures: two groups of two
        (100, 0, 10_000, 2, 98),
    ],
)
def test_what_is_kept_begins_with_a_key_picture(
    seconds: int, keep_s: float, most_bytes: int, key_every: int, oldest_s: int
) -> None:
    ring = filled(seconds, keep_s=keep_s, most_bytes=most_bytes, key_every=key_every)
    assert times(ring) == list(range(oldest_s, seconds))
    assert ring.since(0.0)[0].unit.key
    assert ring.size == 100 * (seconds - oldest_s) <= most_bytes


@pytest.mark.parametrize(
    ("from_s", "first_s"), [(0.0, 0.0), (5.0, 4.0), (5.9, 6.0), (6.0, 6.0), (9.0, 8.0), (-5.0, 0.0)]
)
def test_a_cut_begins_with_the_key_picture_at_or_before(from_s: float, first_s: float) -> None:
    assert times(filled(10), from_s)[0] == first_s


def test_what_came_before_the_camera_was_away_is_not_of_now() -> None:
    """It fell silent at 9 s; at 600 s it is back. Until then there is nothing since 595 s."""
    ring = filled(10)
    assert times(ring, 595.0) == []
    assert ring.newest_s == 9
    ring.put(replace(FORMAT), unit(600, key=True))
    assert times(ring, 595.0) == [600]
    assert UnitRing(keep_s=1, most_bytes=1).newest_s == float("-inf")


def test_a_reader_gets_on_with_what_is_new() -> None:
    ring = filled(4)
    seen = ring.since(0.0)
    ring.put(FORMAT, unit(4, key=True))
    assert times(ring, 0.0, after=seen[-1].number) == [4]
    assert times(ring, 0.0, after=seen[-1].number + 1) == []


def test_nothing_before_the_first_key_picture() -> None:
    ring = UnitRing(keep_s=10, most_bytes=1000)
    for second in range(3):
        ring.put(FORMAT, unit(second, key=second == 2))
    assert times(ring) == [2]


@pytest.mark.parametrize(
    ("new", "kept"),
    [
        (replace(FORMAT), [0, 1, 4, 5]),  # equal, but another object: a new connection
        (replace(FORMAT, width=1280), [0, 1, 4, 5]),
        (replace(FORMAT, reorders=True), [0, 1, 2, 3, 4, 5]),  # the same stream, of which more is known
    ],
)
def test_another_format_begins_with_its_own_key_picture(new: StreamFormat, kept: list[int]) -> None:
    ring = filled(2)
    for second in range(2, 6):
        ring.put(new, unit(second, key=second == 4))
    assert times(ring) == kept
    assert [one.format for one in ring.since(0.0)][-1] is new


def test_a_group_over_the_bound_empties_the_ring_until_the_next_key_picture() -> None:
    ring = filled(2, most_bytes=1000)
    for second in range(2, 30):
        ring.put(FORMAT, unit(second))
    assert times(ring) == []
    assert ring.size == 0
    ring.put(FORMAT, unit(30, key=True))
    assert times(ring) == [30]


def test_a_ring_keeps_more_while_that_is_wanted_and_lets_go_at_once() -> None:
    ring = filled(20, keep_s=4.0)
    assert (ring.span_s, ring.size) == (5.0, 600)
    ring.bound(keep_s=60.0, most_bytes=1 << 20)
    for second in range(20, 100):
        ring.put(FORMAT, unit(second, key=second % 2 == 0))
    assert ring.span_s == 61.0, "99 - 60 = 39, and the key picture before it"
    ring.bound(keep_s=60.0, most_bytes=1_000)
    assert (times(ring), ring.size) == (list(range(90, 100)), 1_000)
    ring.bound(keep_s=4.0, most_bytes=1 << 20)
    assert times(ring) == list(range(94, 100))


def test_nothing_kept_reaches_nowhere() -> None:
    ring = UnitRing(keep_s=10.0, most_bytes=1_000)
    ring.bound(keep_s=60.0, most_bytes=1_000)
    assert (ring.span_s, ring.size) == (0.0, 0)


def test_a_camera_that_is_opened_anew_keeps_what_it_has_sent() -> None:
    """What comes now does not go on from it: a new connection begins with its own key picture."""
    before, ring, anew = filled(10), UnitRing(keep_s=60.0, most_bytes=1 << 20), replace(FORMAT)
    number = before.since(0.0)[-1].number
    ring.take_over(before)
    before.put(FORMAT, unit(10, key=True))
    for second, key in ((12, False), (13, True), (14, False)):
        ring.put(anew, unit(second, key=key))
    assert times(ring) == [*range(10), 13, 14] and ring.size == 1_200
    assert times(ring, after=number) == [13, 14]
