"""Each rule over time, told as a script of what the detector says."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.vision.script import NAMES, SIZE, Seen, keys, play, raised_s
from vision.config import HazardsConfig
from vision.errors import ConfigError
from vision.hazards import RULES
from vision.pipeline import require_classes
from vision.zones import ZoneType

FLAME: Seen = ("flame", 0.8, (0.4, 0.4, 0.5, 0.6))
BIKE: Seen = ("ebike", 0.8, (0.3, 0.4, 0.6, 0.9))
BICYCLE: Seen = ("bicycle", 0.8, (0.3, 0.4, 0.6, 0.9))
BOX: Seen = ("clutter", 0.7, (0.1, 0.6, 0.3, 0.9))


def test_the_hazards_are_found_and_the_four_are_on() -> None:
    assert {kind for kind, rule in RULES.items() if rule.params_type().enabled} == {
        "flame",
        "ebike",
        "clutter",
        "flying_lead",
    }
    assert "blocked_exit" in RULES


# --- flame


def test_a_lasting_flame_is_confirmed_after_the_verification_time() -> None:
    looks = play(lambda s: [FLAME] if s >= 1 else [], seconds=6, hazards={"flame": {"verify_s": 2.0}})
    at_s = raised_s(looks, "flame")
    assert at_s is not None
    assert 3.0 <= at_s <= 3.5
    assert len(keys(looks, "flame")) == 1


def test_a_flame_is_suspected_before_it_is_confirmed() -> None:
    looks = play(lambda s: [FLAME], seconds=1.5)
    assert any(look.findings for look in looks)
    assert raised_s(looks, "flame") is None


@pytest.mark.parametrize("every", [4, 10])
def test_a_flicker_of_the_detector_is_no_fire(every: int) -> None:
    looks = play(lambda s: [FLAME] if round(s * 5) % every == 0 else [], seconds=20)
    assert raised_s(looks, "flame") is None


def test_a_flame_that_the_detector_misses_now_and_then_is_a_fire() -> None:
    looks = play(lambda s: [] if round(s * 5) % 4 == 0 else [FLAME], seconds=8)
    assert raised_s(looks, "flame") is not None


def test_a_fire_of_several_tongues_is_one_incident() -> None:
    tongues: list[Seen] = [FLAME, ("flame", 0.6, (0.51, 0.45, 0.57, 0.6)), ("flame", 0.5, (0.35, 0.42, 0.39, 0.58))]
    assert len(keys(play(lambda s: tongues[: 1 + round(s * 5) % 3], seconds=10), "flame")) == 1


def test_two_fires_far_apart_are_two_incidents() -> None:
    looks = play(lambda s: [FLAME, ("flame", 0.8, (0.85, 0.1, 0.9, 0.2))], seconds=6)
    assert len(keys(looks, "flame")) == 2


def test_a_flame_outside_every_zone_is_a_fire() -> None:
    looks = play(lambda s: [FLAME], seconds=5, polygon=((0, 0), (0.1, 0), (0.1, 0.1)))
    assert raised_s(looks, "flame") is not None


@pytest.mark.parametrize("zone_type", list(ZoneType))
def test_a_flame_is_a_fire_in_every_kind_of_zone(zone_type: ZoneType) -> None:
    assert raised_s(play(lambda s: [FLAME], seconds=5, zone_type=zone_type), "flame") is not None


@pytest.mark.parametrize("fps", [1.0, 5.0, 25.0])
def test_the_look_rate_does_not_change_the_verdict(fps: float) -> None:
    at_s = raised_s(play(lambda s: [FLAME], seconds=8, fps=fps), "flame")
    assert at_s is not None
    assert at_s <= 4


@pytest.mark.parametrize("gap_s", [2.1, 5.0, 15.0])
def test_rare_looks_do_not_switch_the_fire_alarm_off(gap_s: float) -> None:
    at_s = raised_s(play(lambda s: [FLAME], seconds=10 * gap_s, fps=1 / gap_s), "flame")
    assert at_s is not None
    assert at_s <= 3 * gap_s


def test_two_fires_that_grow_into_one_are_one() -> None:
    def script(s: float) -> list[Seen]:
        if s < 8:
            return [("flame", 0.8, (0.2, 0.5, 0.25, 0.6)), ("flame", 0.8, (0.6, 0.5, 0.65, 0.6))]
        return [("flame", 0.9, (0.18, 0.3, 0.68, 0.65))]

    late = [look for look in play(script, seconds=20) if look.monotonic_s > 9]
    assert {len(look.findings) for look in late} == {1}
    assert len(keys(late, "flame")) == 1


def test_a_picture_of_another_shape_starts_anew() -> None:
    def picture(at_s: float) -> NDArray[np.uint8]:
        return np.zeros((360, 640, 3) if at_s < 2 else (640, 360, 3), np.uint8)

    looks = play(lambda s: [FLAME], seconds=8, picture=picture)
    assert looks[-1].size == (360, 640)
    assert raised_s(looks, "flame") is not None


# --- e-bike


@pytest.mark.parametrize("zone_type", [ZoneType.CORRIDOR, ZoneType.STAIRWELL, ZoneType.LOBBY, ZoneType.EXIT])
def test_a_parked_ebike_is_raised_on_an_escape_route(zone_type: ZoneType) -> None:
    looks = play(lambda s: [BIKE], seconds=14, zone_type=zone_type, hazards={"ebike": {"parked_s": 10}})
    at_s = raised_s(looks, "ebike")
    assert at_s is not None
    assert 10 <= at_s <= 10.5


@pytest.mark.parametrize("zone_type", [ZoneType.SHED, ZoneType.YARD, ZoneType.FACADE, ZoneType.UNDER_BALCONY])
def test_an_ebike_may_stand_where_it_belongs(zone_type: ZoneType) -> None:
    assert not keys(
        play(lambda s: [BIKE], seconds=20, zone_type=zone_type, hazards={"ebike": {"parked_s": 5}}), "ebike"
    )


def test_an_ebike_that_is_pushed_through_is_not_parked() -> None:
    def script(s: float) -> list[Seen]:
        x = 0.05 + s * 0.04
        return [("ebike", 0.8, (x, 0.5, x + 0.2, 0.9))]

    assert raised_s(play(script, seconds=18, hazards={"ebike": {"parked_s": 5}}), "ebike") is None


def test_in_a_lift_it_is_raised_within_two_seconds() -> None:
    at_s = raised_s(play(lambda s: [BIKE] if s >= 1 else [], seconds=5, zone_type=ZoneType.LIFT), "ebike")
    assert at_s is not None
    assert at_s - 1 <= 2


def test_a_lift_raises_one_alert_however_many_parts_are_seen() -> None:
    """From a lift's ceiling the box, the rider and the machine may be seen apart."""
    box: Seen = ("ebike", 0.5, (0.05, 0.1, 0.25, 0.4))
    looks = play(lambda s: [BIKE, box] if s >= 3 else [BIKE], seconds=8, zone_type=ZoneType.LIFT)
    assert len(keys(looks, "ebike")) == 1
    assert all(len(look.findings) <= 1 for look in looks)


def test_a_bicycle_is_no_ebike() -> None:
    assert not keys(play(lambda s: [BICYCLE], seconds=10, zone_type=ZoneType.LIFT), "ebike")


def test_a_bicycle_called_ebike_now_and_then_is_no_ebike() -> None:
    looks = play(lambda s: [BIKE if round(s * 5) % 3 == 2 else BICYCLE], seconds=10, zone_type=ZoneType.LIFT)
    assert not keys(looks, "ebike")


def test_a_person_before_the_bike_makes_no_second_incident() -> None:
    looks = play(lambda s: [] if 8 < s < 14 else [BIKE], seconds=25, hazards={"ebike": {"parked_s": 5}})
    assert len(keys(looks, "ebike")) == 1


def test_outside_the_zone_an_ebike_is_nobodys_business() -> None:
    looks = play(
        lambda s: [BIKE], seconds=10, polygon=((0.7, 0), (1, 0), (1, 1), (0.7, 1)), hazards={"ebike": {"parked_s": 2}}
    )
    assert not keys(looks, "ebike")


# --- clutter


def with_box(at_s: float) -> NDArray[np.uint8]:
    """A textured place; from 4 s on something dark stands in it."""
    picture = np.tile(np.linspace(90, 160, SIZE[0], dtype=np.uint8)[None, :, None], (SIZE[1], 1, 3))
    if at_s >= 4:
        picture[220:330, 80:200] = 20
    return np.ascontiguousarray(picture)


THING: Seen = ("clutter", 0.7, (80 / 640, 220 / 360, 200 / 640, 330 / 360))


def test_what_the_detector_calls_clutter_is_raised_after_the_dwell() -> None:
    looks = play(
        lambda s: [THING] if s >= 4 else [], seconds=18, picture=with_box, hazards={"clutter": {"dwell_s": 10}}
    )
    at_s = raised_s(looks, "clutter")
    assert at_s is not None
    assert 14 <= at_s <= 14.5
    assert {f.evidence["witness"] for look in looks for f in look.findings if f.confirmed} == {"detector+reference"}


def test_what_stood_there_from_the_start_is_only_suspected() -> None:
    looks = play(lambda s: [BOX], seconds=30, hazards={"clutter": {"dwell_s": 5}})
    assert any(look.findings for look in looks)
    assert not keys(looks, "clutter")


def test_a_thing_that_the_detector_does_not_know_is_raised_by_the_reference() -> None:
    looks = play(lambda s: [], seconds=16, picture=with_box, hazards={"clutter": {"dwell_s": 8}})
    at_s = raised_s(looks, "clutter")
    assert at_s is not None
    assert 12 <= at_s <= 13
    assert len(keys(looks, "clutter")) == 1


def test_both_witnesses_make_one_incident() -> None:
    seen: Seen = ("clutter", 0.7, (80 / 640, 220 / 360, 200 / 640, 330 / 360))
    looks = play(lambda s: [seen] if s >= 4 else [], seconds=20, picture=with_box, hazards={"clutter": {"dwell_s": 6}})
    assert len(keys(looks, "clutter")) == 1


def test_somebody_who_stands_still_is_no_clutter() -> None:
    person: Seen = ("person", 0.8, (70 / 640, 200 / 360, 210 / 640, 340 / 360))
    looks = play(
        lambda s: [person] if s >= 4 else [], seconds=30, picture=with_box, hazards={"clutter": {"dwell_s": 6}}
    )
    assert not keys(looks, "clutter")


def test_light_switched_on_is_no_clutter() -> None:
    def picture(at_s: float) -> NDArray[np.uint8]:
        return np.asarray(np.clip(with_box(0).astype(int) + (60 if at_s > 4 else 0), 0, 255), np.uint8)

    assert not keys(play(lambda s: [], seconds=30, picture=picture, hazards={"clutter": {"dwell_s": 5}}), "clutter")


def test_clutter_ends_when_it_is_taken_away() -> None:
    def picture(at_s: float) -> NDArray[np.uint8]:
        return with_box(at_s if at_s < 14 else 0)

    looks = play(lambda s: [], seconds=24, picture=picture, hazards={"clutter": {"dwell_s": 5}})
    assert keys(looks, "clutter")
    assert not any(look.findings for look in looks if look.monotonic_s > 18)


def test_a_thing_that_is_taken_away_leaves_no_clutter() -> None:
    """It is in the reference: the gap differs from it, but it brings no edges of its own."""
    looks = play(lambda s: [], seconds=24, picture=lambda s: with_box(8 - s), hazards={"clutter": {"dwell_s": 5}})
    assert not keys(looks, "clutter")


def test_a_lamp_on_a_part_of_the_wall_is_no_clutter() -> None:
    def picture(at_s: float) -> NDArray[np.uint8]:
        across, down = np.meshgrid(np.linspace(-1, 1, SIZE[0]), np.linspace(-1, 1, SIZE[1]))
        glow = 70 * np.exp(-3 * (across**2 + down**2))[..., None] * (at_s > 4)
        return np.asarray(np.clip(with_box(0) + glow, 0, 255), np.uint8)

    assert not keys(play(lambda s: [], seconds=24, picture=picture, hazards={"clutter": {"dwell_s": 5}}), "clutter")


def test_clutter_in_a_shed_is_raised_but_a_machine_is_not() -> None:
    def keys_with(seen: list[Seen]) -> set[str]:
        looks = play(
            lambda s: seen if s >= 4 else [],
            seconds=14,
            picture=with_box,
            zone_type=ZoneType.SHED,
            hazards={"clutter": {"dwell_s": 4}},
        )
        return keys(looks, "clutter")

    assert len(keys_with([THING])) == 1
    assert not keys_with([]), "it may be a machine that the detector misses"
    assert not keys_with([("ebike", 0.7, THING[2])])


# --- all


def test_a_hazard_that_is_off_is_silent() -> None:
    looks = play(lambda s: [FLAME], seconds=6, hazards={"flame": {"enabled": False}})
    assert not any(look.findings for look in looks)


def test_the_same_looks_give_the_same_findings() -> None:
    def once() -> list[object]:
        looks = play(lambda s: [FLAME, BIKE, BOX], seconds=8, picture=with_box)
        return [f for look in looks for f in look.findings]

    assert once() == once()


def test_boxes_are_within_the_picture() -> None:
    looks = play(lambda s: [("flame", 0.9, (-0.2, -0.2, 1.3, 1.4))], seconds=4)
    assert {f.box for look in looks for f in look.findings} == {(0.0, 0.0, 1.0, 1.0)}


def test_a_detector_that_can_never_raise_a_hazard_is_refused() -> None:
    require_classes(HazardsConfig(), NAMES)
    with pytest.raises(ConfigError, match=r"no flame, without which flame is never raised .*hazards\.flame\.enabled"):
        require_classes(HazardsConfig(), tuple(name for name in NAMES if name != "flame"))
    require_classes(HazardsConfig().only({"ebike"}), ("ebike",))
