"""The newest key picture and what came after it."""

import pytest

from streams.group import PictureGroup
from tests.streams.units import unit


@pytest.mark.parametrize(
    ("keys", "pictures", "kept"),
    [
        ((), 5, []),
        ((0,), 5, [0, 1, 2, 3, 4]),
        ((2,), 5, [2, 3, 4]),
        ((0, 3), 5, [3, 4]),
        ((0, 4), 5, [4]),
        ((0,), 11, []),
        ((0, 10), 13, [10, 11, 12]),
    ],
)
def test_it_begins_with_the_newest_key_picture_and_is_bounded(
    keys: tuple[int, ...], pictures: int, kept: list[int]
) -> None:
    group = PictureGroup(most_units=10)
    units = [unit(number, key=number in keys) for number in range(pictures)]
    used = [group.add(one) for one in units]
    assert list(group.units) == [units[number] for number in kept]
    first = min(keys, default=pictures)
    assert used == [number >= first for number in range(pictures)], "what follows a key picture is of use"


def test_bytes_are_bounded_too() -> None:
    group = PictureGroup(most_bytes=1000)
    group.add(unit(0, key=True, size=600))
    assert group.add(unit(1, size=600))
    assert not group.units
    assert group.add(unit(2)), "whoever follows it already goes on"


def test_after_a_loss_only_a_key_picture_helps() -> None:
    group = PictureGroup()
    group.add(unit(0, key=True))
    group.clear()
    assert not group.add(unit(1)) and not group.units
    assert group.add(unit(2, key=True)) and len(group.units) == 1
