"""The blocked exit, told as a script of what the detector says."""

import pytest

from tests.vision.script import Seen, keys, play, raised_s
from tests.vision.test_hazards import with_box
from vision.hazards import RULES
from vision.zones import ZoneType

BIKE: Seen = ("ebike", 0.8, (0.3, 0.4, 0.6, 0.9))
ON = {"blocked_exit": {"enabled": True, "dwell_s": 10}}


@pytest.mark.parametrize("name", ["ebike", "bicycle", "clutter"])
def test_what_stands_in_an_exit_blocks_it(name: str) -> None:
    seen: list[Seen] = [(name, 0.8, BIKE[2])]
    looks = play(lambda s: seen, seconds=14, zone_type=ZoneType.EXIT, hazards=ON)
    at_s = raised_s(looks, "blocked_exit")
    assert at_s is not None
    assert 10 <= at_s <= 10.5
    told = {f.evidence["by"] for look in looks for f in look.findings if f.hazard == "blocked_exit"}
    assert told == {name}


def test_what_the_detector_does_not_know_blocks_it_too() -> None:
    looks = play(lambda s: [], seconds=20, picture=with_box, zone_type=ZoneType.EXIT, hazards=ON)
    at_s = raised_s(looks, "blocked_exit")
    assert at_s is not None
    assert 13.5 <= at_s <= 16


def test_one_alert_an_exit_however_much_stands_in_it() -> None:
    more: list[Seen] = [BIKE, ("bicycle", 0.7, (0.65, 0.5, 0.8, 0.9)), ("clutter", 0.7, (0.05, 0.6, 0.2, 0.9))]
    looks = play(lambda s: more, seconds=20, zone_type=ZoneType.EXIT, hazards=ON)
    assert len(keys(looks, "blocked_exit")) == 1


@pytest.mark.parametrize(
    ("seen", "zone_type"),
    [
        ([("person", 0.9, BIKE[2])], ZoneType.EXIT),
        ([("cable", 0.9, BIKE[2])], ZoneType.EXIT),
        ([BIKE], ZoneType.CORRIDOR),
        ([BIKE], ZoneType.SHED),
    ],
    ids=str,
)
def test_people_and_other_places_are_left_alone(seen: list[Seen], zone_type: ZoneType) -> None:
    assert not keys(play(lambda s: seen, seconds=20, zone_type=zone_type, hazards=ON), "blocked_exit")


def test_what_is_carried_through_blocks_nothing() -> None:
    looks = play(
        lambda s: [("ebike", 0.8, (0.03 * s, 0.4, 0.03 * s + 0.3, 0.9))],
        seconds=20,
        zone_type=ZoneType.EXIT,
        hazards=ON,
    )
    assert not keys(looks, "blocked_exit")


def test_it_is_off_unless_it_is_switched_on() -> None:
    assert not RULES["blocked_exit"].params_type().enabled
    looks = play(lambda s: [BIKE], seconds=40, zone_type=ZoneType.EXIT)
    assert not [f for look in looks for f in look.findings if f.hazard == "blocked_exit"]
