"""E-bikes by the kind of place, over time: what is raised, what is only logged, and what is left alone."""

from collections.abc import Callable

import pytest

from tests.vision.script import Seen, keys, notices, play, raised_s, suspected
from vision.geometry import Box, Polygon
from vision.look import Look
from vision.zones import Zone, ZoneType

PLACE: Box = (0.3, 0.4, 0.6, 0.9)
ROUTES = [ZoneType.CORRIDOR, ZoneType.STAIRWELL, ZoneType.LOBBY, ZoneType.EXIT]
PARKED = {"ebike": {"parked_s": 6}}

Script = Callable[[float], list[Seen]]


def bike(box: Box = PLACE, score: float = 0.8, name: str = "ebike") -> Seen:
    return name, score, box


def person(box: Box) -> Seen:
    return "person", 0.8, box


def number(s: float) -> int:
    """Of the look, at five a second."""
    return round(s * 5)


def pushed(s: float, speed: float = 0.05, score: float = 0.8, name: str = "ebike") -> list[Seen]:
    x = 0.02 + speed * s
    return [bike((x, 0.4, x + 0.3, 0.9), score, name)] if x < 0.7 else []


def lift(script: Script, seconds: float = 8) -> list[Look]:
    return play(script, seconds=seconds, zone_type=ZoneType.LIFT)


def route(script: Script, seconds: float = 14) -> list[Look]:
    return play(script, seconds=seconds, hazards=PARKED)


# --- lift


@pytest.mark.parametrize(
    ("script", "limit_s"),
    [
        (lambda s: [bike()], 0.6),
        (lambda s: [bike(score=0.42)], 1.0),
        (lambda s: [bike(score=0.42)] if number(s) % 2 == 0 else [], 1.2),
        (lambda s: [bike(score=0.42)] if number(s) % 3 != 2 else [bike(score=0.25)], 1.2),
        (lambda s: [bike(), person((0.2, 0.1, 0.62, 1.0))], 0.6),
        (lambda s: [bike((0.3 + 0.05 * min(s, 2), 0.3, 0.6 + 0.05 * min(s, 2), 0.8))], 0.6),
    ],
    ids=["clear", "faint", "with gaps", "now and then weak", "somebody before it", "while it comes in"],
)
def test_in_a_lift_two_seconds_are_enough(script: Script, limit_s: float) -> None:
    looks = lift(lambda s: script(s - 1) if s >= 1 else [])
    at_s = raised_s(looks, "ebike")
    assert at_s is not None
    assert at_s - 1 <= limit_s + 1e-6
    assert keys(looks, "ebike") == {"zone"}


@pytest.mark.parametrize("fps", [1.0, 2.0, 10.0, 25.0])
def test_the_look_rate_does_not_decide_in_a_lift(fps: float) -> None:
    at_s = raised_s(play(lambda s: [bike(score=0.45)], seconds=6, fps=fps, zone_type=ZoneType.LIFT), "ebike")
    assert at_s is not None
    assert at_s <= max(1.0, 3 / fps)


@pytest.mark.parametrize("mistaken", [0, 2, 3])
def test_a_bicycle_in_a_lift_is_none_however_often_it_is_mistaken(mistaken: int) -> None:
    looks = lift(lambda s: [bike(name="ebike" if mistaken and number(s) % (mistaken + 1) == 1 else "bicycle")])
    assert raised_s(looks, "ebike") is None


def test_both_names_on_one_box_are_weighed() -> None:
    """A bicycle that the detector also calls an e-bike, less surely, in every look."""
    assert raised_s(lift(lambda s: [bike(score=0.5), bike(score=0.7, name="bicycle")]), "ebike") is None
    assert raised_s(lift(lambda s: [bike(score=0.9), bike(score=0.45, name="bicycle")]), "ebike") is not None


@pytest.mark.parametrize("every", [4, 7])
def test_a_pram_that_is_mistaken_now_and_then_is_no_ebike(every: int) -> None:
    assert raised_s(lift(lambda s: [bike(score=0.45)] if number(s) % every == 0 else [], 20), "ebike") is None


def test_a_weak_guess_is_only_suspected() -> None:
    looks = lift(lambda s: [bike(score=0.45 if number(s) == 0 else 0.25)], 10)
    assert raised_s(looks, "ebike") is None
    assert suspected(looks, "ebike")


# --- escape routes


@pytest.mark.parametrize("zone_type", ROUTES)
def test_passing_is_logged_and_parking_is_raised(zone_type: ZoneType) -> None:
    passing = play(pushed, seconds=14, zone_type=zone_type, hazards=PARKED)
    assert keys(passing, "ebike") == set()
    assert notices(passing, "ebike") == {"passing"}
    assert not suspected(passing, "ebike")
    parked = play(lambda s: pushed(min(s, 5)), seconds=14, zone_type=zone_type, hazards=PARKED)
    at_s = raised_s(parked, "ebike")
    assert at_s is not None
    assert 9 <= at_s <= 12  # it creeps to its place, and is there when it is nearly there
    assert {f.key for look in parked for f in look.findings} == keys(parked, "ebike")


@pytest.mark.parametrize("speed", [0.03, 0.05, 0.12])
def test_slow_is_not_parked(speed: float) -> None:
    assert raised_s(route(lambda s: pushed(s, speed), 24), "ebike") is None


@pytest.mark.parametrize(
    "script",
    [
        lambda s: [bike()] if number(s) % 3 else [],
        lambda s: [bike((0.3, 0.1, 0.6, 0.9) if number(s) % 4 < 2 else PLACE)],
        lambda s: [bike((0.3, 0.1, 0.6, 0.9)), person((0.35, 0.05, 0.55, 0.7))],
        lambda s: [bike((0.45, 0.4, 0.6, 0.9) if 3 < s < 5 else PLACE)],
        lambda s: [] if 2 < s < 7 else [bike()],
        lambda s: [bike((0.9, 0.1, 1.0, 0.3) if number(s) == 15 else PLACE)],
        lambda s: [bike(name="bicycle" if number(s) % 4 == 0 else "ebike")],
    ],
    ids=["gaps", "rider on and off", "rider waits on it", "half hidden", "hidden", "odd box", "bicycle now and then"],
)
def test_it_stays_parked_whatever_the_detector_does(script: Script) -> None:
    looks = route(script, 20)
    at_s = raised_s(looks, "ebike")
    assert at_s is not None
    assert at_s <= 7.2
    assert len(keys(looks, "ebike")) == 1


@pytest.mark.parametrize("hidden_s", [22, 40])
def test_the_clock_outlasts_a_broken_track(hidden_s: float) -> None:
    """Hidden for longer than any track lives; it was there for 4 s before."""
    looks = route(lambda s: [] if 4 < s < 4 + hidden_s else [bike()], 12 + hidden_s)
    at_s = raised_s(looks, "ebike")
    assert at_s is not None
    assert at_s <= 4 + hidden_s + 0.6
    assert len(keys(looks, "ebike")) == 1


def test_what_people_stand_before_is_still_there() -> None:
    def script(s: float) -> list[Seen]:
        return [person((0.25, 0.2, 0.65, 0.95))] if 9 < s < 30 else [bike()]

    findings = [f for look in route(script, 40) if look.monotonic_s > 10 for f in look.findings]
    assert len({f.key for f in findings}) == 1
    assert len({f.monotonic_s for f in findings}) >= 148  # a new track begins with its second sighting


def test_somebody_who_walks_off_with_the_track_leaves_the_machine_behind() -> None:
    """The helmet makes a person an e-bike for a while: the track goes with him, the machine gets a new one."""

    def script(s: float) -> list[Seen]:
        if s < 10:
            return [bike()]
        x = 0.35 + 0.1 * (s - 10)
        walker = [bike((x, 0.35, x + 0.25, 0.9), 0.6)] if s < 13 else []
        return walker if s < 11 else [*walker, bike()]

    assert len(keys(route(script, 30), "ebike")) == 1


def test_two_boxes_of_one_machine_are_one_alert() -> None:
    with_rider: Seen = bike((0.28, 0.1, 0.62, 0.92), 0.7)
    looks = route(lambda s: [bike(), with_rider] if 3 < s < 12 else [with_rider] if s > 15 else [bike()], 30)
    assert len(keys(looks, "ebike")) == 1
    assert all(len(look.findings) <= 1 for look in looks)


def test_a_machine_that_passes_a_parked_one_takes_nothing_from_it() -> None:
    def script(s: float) -> list[Seen]:
        return [bike()] if s < 10 else [bike(), *pushed(s - 10, 0.1)]

    looks = route(script, 26)
    assert len(keys(looks, "ebike")) == 1
    assert notices(looks, "ebike") == {"passing"}


def test_two_machines_side_by_side_are_two_alerts() -> None:
    assert len(keys(route(lambda s: [bike(), bike((0.62, 0.4, 0.92, 0.9))]), "ebike")) == 2


def test_a_faint_thing_that_stands_there_is_only_suspected() -> None:
    """Thresholds of the script's detector are 0.4: these sightings prolong a track that began with a sure one."""
    looks = route(lambda s: [bike(score=0.5 if number(s) == 0 else 0.3)])
    assert raised_s(looks, "ebike") is None
    assert suspected(looks, "ebike")
    assert notices(looks, "ebike") == set()


def test_on_the_border_of_two_zones_it_is_one_alert() -> None:
    left: Polygon = ((0, 0), (0.45, 0), (0.45, 1), (0, 1))
    right: Polygon = ((0.45, 0), (1, 0), (1, 1), (0.45, 1))
    zones = [Zone("left", ZoneType.CORRIDOR, left), Zone("right", ZoneType.LOBBY, right)]

    def script(s: float) -> list[Seen]:
        shift = 0.02 if number(s) % 2 else -0.02
        return [bike((0.3 + shift, 0.4, 0.6 + shift, 0.9))]

    looks = play(script, seconds=14, zones=zones, hazards=PARKED)
    assert len({(f.zone, f.key) for look in looks for f in look.findings}) == 1


# --- sheds

BAYS: tuple[Polygon, ...] = (
    ((0.0, 0.7), (0.3, 0.7), (0.3, 1.0), (0.0, 1.0)),
    ((0.3, 0.7), (0.5, 0.7), (0.5, 1.0), (0.3, 1.0)),
)
AISLES: tuple[Polygon, ...] = (((0.6, 0.5), (1.0, 0.5), (1.0, 1.0), (0.6, 1.0)),)
SHED = Zone("shed", ZoneType.SHED, bays=BAYS, aisles=AISLES)


def breaches(looks: list[Look]) -> list[str]:
    return sorted({f.evidence["breach"] for look in looks for f in look.findings if f.confirmed})


def shed(script: Script, zone: Zone = SHED, seconds: float = 12) -> list[Look]:
    return play(script, seconds=seconds, zones=[zone], hazards=PARKED)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((0.05, 0.5, 0.25, 0.95), []),  # in a bay
        ((0.2, 0.5, 0.4, 0.95), []),  # over the line between two bays
        ((0.35, 0.5, 0.62, 0.95), []),  # overhangs, more than half inside
        ((0.4, 0.5, 0.66, 0.95), ["outside_bay"]),  # more than half outside
        ((0.05, 0.2, 0.25, 0.6), ["outside_bay"]),  # behind the bays
        ((0.65, 0.4, 0.95, 0.9), ["blocked_aisle"]),
        ((0.45, 0.5, 0.75, 0.9), ["blocked_aisle"]),  # half on the aisle
    ],
)
def test_in_a_shed_the_place_decides(box: Box, expected: list[str]) -> None:
    looks = shed(lambda s: [bike(box)])
    assert breaches(looks) == expected
    assert len(keys(looks, "ebike")) == len(expected)
    assert notices(looks, "ebike") == set()


def test_somebody_before_the_wheels_does_not_put_a_machine_outside_its_bay() -> None:
    looks = shed(lambda s: [bike((0.05, 0.5, 0.25, 0.68) if 8 < s < 12 else (0.05, 0.5, 0.25, 0.95))], seconds=20)
    assert breaches(looks) == []


def test_a_shed_is_passed_through_in_silence() -> None:
    assert not any(look.findings for look in shed(pushed))


FREE = [bike((0.05 + 0.3 * n, 0.5, 0.3 + 0.3 * n, 0.95)) for n in range(3)]


@pytest.mark.parametrize(("capacity", "expected"), [(3, []), (2, ["over_capacity"]), (0, ["over_capacity"])])
def test_more_machines_than_fit_are_one_alert(capacity: int, expected: list[str]) -> None:
    looks = shed(lambda s: FREE, Zone("shed", ZoneType.SHED, capacity=capacity))
    assert breaches(looks) == expected
    assert len(keys(looks, "ebike")) == len(expected)


def test_what_stands_out_of_place_is_not_counted_again() -> None:
    machines = [bike((0.02, 0.5, 0.22, 0.95)), bike((0.65, 0.4, 0.95, 0.9))]
    looks = shed(lambda s: machines, Zone("shed", ZoneType.SHED, bays=BAYS, aisles=AISLES, capacity=1))
    assert breaches(looks) == ["blocked_aisle"]
    assert len(keys(looks, "ebike")) == 1


@pytest.mark.parametrize("hidden_s", [3, 12])
def test_a_machine_hidden_in_the_shed_still_counts(hidden_s: float) -> None:
    looks = shed(
        lambda s: FREE[:2] if 8 < s < 8 + hidden_s else FREE, Zone("shed", ZoneType.SHED, capacity=2), 12 + hidden_s
    )
    late = [look for look in looks if look.monotonic_s > 7]
    assert all(len(look.findings) == 1 for look in late)


@pytest.mark.parametrize("zone_type", [ZoneType.SHED, ZoneType.YARD, ZoneType.FACADE, ZoneType.UNDER_BALCONY])
def test_where_they_may_stand_nothing_is_said(zone_type: ZoneType) -> None:
    assert not any(look.findings for look in play(lambda s: FREE, seconds=12, zone_type=zone_type, hazards=PARKED))
