"""Piles: for how long something was a whole new thing to a witness."""

import pytest

from vision.piles import Pile, Piles, Sighting

BOX = 0.2, 0.5, 0.4, 0.9


def sighting(at_s: float, *, new: bool = True, sure: bool = True) -> Sighting:
    return Sighting(BOX, 0.0, at_s, 0.5, "reference", new, sure)


def after(looks: str, *, hidden: bool = False) -> Pile:
    """The pile after looks a second apart. s: sure, u: unsure, o: old, -: not seen."""
    kinds = {"s": {}, "u": {"sure": False}, "o": {"new": False}}
    piles = Piles()
    for at_s, look in enumerate(looks):
        piles.update(
            [sighting(at_s, **kinds[look])] if look in kinds else [],
            is_hidden=lambda box: hidden,
            is_clutter=lambda pile: False,
            aspect=1.0,
            now_s=float(at_s),
        )
    (pile,) = piles.update(
        [sighting(len(looks), sure=False)],
        is_hidden=lambda box: hidden,
        is_clutter=lambda pile: False,
        aspect=1.0,
        now_s=len(looks) - 1.0,
    )
    return pile


@pytest.mark.parametrize(
    ("looks", "sure_s"),
    [("sssss", 4), ("suuus", 1), ("su-us", 1), ("s-s-s-s-", 0), ("sss--ss", 2), ("ooos", 1), ("sssu", 1)],
)
def test_it_is_sure_for_as_long_as_it_was_a_thing_less_what_it_was_not(looks: str, sure_s: float) -> None:
    assert after(looks).sure_s == sure_s


def test_somebody_before_it_says_nothing_against_it() -> None:
    assert after("ssss----", hidden=True).sure_s == 3
