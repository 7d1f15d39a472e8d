"""What is taken for what, on pictures with one error each."""

import pytest

from models.classes import BICYCLE, CLASSES, EBIKE, PERSON
from models.confusion import CAUSES, bicycles_called_ebike, confusion, false_ebikes_on, missed_ebikes
from models.score import Scored
from tests.models.scored import HIT, MISS, picture

LIMITS = dict.fromkeys(CLASSES, 0.5)
FALSE = [[*HIT, 0.6, EBIKE]]
LOOSE = [0, 0, 10, 3]


@pytest.mark.parametrize(
    ("item", "cause"),
    [
        (picture([[EBIKE, *LOOSE]], FALSE), "a true e-bike (poor or second box)"),
        (picture([[EBIKE, *HIT]], [*FALSE, [*HIT, 0.55, EBIKE]]), "a true e-bike (poor or second box)"),
        (picture([[BICYCLE, *HIT]], FALSE), "bicycle"),
        (picture([[PERSON, *HIT]], FALSE, source="ebike/wheelchair_roboflow"), "wheelchair picture"),
        (picture([], FALSE, source="ebike2/jerryshen0523"), "kick-scooter picture"),
        (picture([[PERSON, *HIT], [BICYCLE, *MISS]], FALSE), "person"),
        (picture([[PERSON, *LOOSE]], FALSE), "nothing labelled"),
    ],
)
def test_a_false_ebike_has_one_cause(item: Scored, cause: str) -> None:
    causes = false_ebikes_on([item], LIMITS)
    assert set(causes) == set(CAUSES)
    assert {name for name, count in causes.items() if count} == {cause}
    assert causes[cause] == 1


@pytest.mark.parametrize(
    "item",
    [
        picture([[EBIKE, *HIT]], FALSE),
        picture([[BICYCLE, *HIT]], [[*HIT, 0.4, EBIKE]]),
        picture([], FALSE, ignore=[[EBIKE, *HIT]]),
        picture([], FALSE, labelled=frozenset({BICYCLE})),
    ],
    ids=["true", "below the threshold", "excused", "not labelled"],
)
def test_what_is_no_false_ebike(item: Scored) -> None:
    assert sum(false_ebikes_on([item], LIMITS).values()) == 0


def test_bicycles_called_ebike() -> None:
    fooled = picture([[BICYCLE, *HIT]], FALSE)
    right = picture([[BICYCLE, *HIT], [EBIKE, *HIT]], FALSE)
    share = bicycles_called_ebike([fooled, right], LIMITS)
    assert (share.hits, share.of) == (1, 2)


def test_missed_ebikes_called_bicycle() -> None:
    items = [
        picture([[EBIKE, *HIT]], [[*HIT, 0.9, BICYCLE]]),
        picture([[EBIKE, *HIT]], [[*HIT, 0.4, BICYCLE], [*HIT, 0.3, EBIKE]]),
        picture([[EBIKE, *HIT]], [[*HIT, 0.9, BICYCLE], [*HIT, 0.6, EBIKE]]),
    ]
    missed, called = missed_ebikes(items, LIMITS)
    assert (missed.hits, missed.of) == (2, 3)
    assert (called.hits, called.of) == (1, 2)
    assert confusion(items, LIMITS)["e-bikes missed"]["hits"] == 2
