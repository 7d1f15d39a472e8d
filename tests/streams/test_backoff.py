"""Waits between tries."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.backoff import Backoff


@given(st.integers(), st.integers(min_value=1, max_value=60))
def test_waits_stay_under_a_ceiling_that_doubles_up_to_the_longest(seed: int, tries: int) -> None:
    backoff = Backoff(random.Random(seed))
    for index in range(tries):
        assert backoff.ceiling_s == min(30.0, 2.0**index)
        ceiling_s = backoff.ceiling_s
        assert 0.0 <= backoff.next_s() <= ceiling_s
    backoff.reset()
    assert backoff.ceiling_s == 1.0


def test_the_same_seed_gives_the_same_waits_and_they_use_the_whole_range() -> None:
    first, second = Backoff(random.Random(4)), Backoff(random.Random(4))
    waits = [first.next_s() for _ in range(400)]
    assert waits == [second.next_s() for _ in range(400)]
    late = waits[5:]
    assert min(late) < 3.0
    assert max(late) > 27.0


@pytest.mark.parametrize(("first_s", "longest_s"), [(0.0, 30.0), (-1.0, 30.0), (31.0, 30.0)])
def test_refuses(first_s: float, longest_s: float) -> None:
    with pytest.raises(ValueError, match="first_s"):
        Backoff(random.Random(0), first_s=first_s, longest_s=longest_s)
