"""Flying leads: the shipped lead network on drawn pictures, judged over time by the real pipeline."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.vision.script import SIZE, Seen, keys, play, raised_s
from vision.before import Before
from vision.closeup import MEMORY_LOOKS, Closeup
from vision.config import DetectorConfig, HazardsConfig
from vision.lead_path import LEAST_LENGTH, find_paths
from vision.leads import LeadNetwork
from vision.look import Look
from vision.pipeline import lead_network
from vision.zones import Zone, ZoneType

BIKE: Seen = ("ebike", 0.8, (0.55, 0.5, 0.75, 0.9))
BICYCLE: Seen = ("bicycle", 0.8, BIKE[2])
SECOND: Seen = ("ebike", 0.8, (0.18, 0.5, 0.36, 0.9))
DWELL = {"flying_lead": {"dwell_s": 5.0}}
FAR_END = 0.40, 0.30
SAGGING = [(0.6, 0.75), (0.55, 0.78), (0.5, 0.74), (0.45, 0.6), FAR_END]
"""A lead from the bike to a wall, 0–1."""
NOISE = np.random.default_rng(1).normal(0, 2, (SIZE[1], SIZE[0], 3)).astype(np.int16)
SHORT = [(0.57, 0.7), (0.54, 0.68), (0.51, 0.62), (0.505, 0.55)]
BETWEEN = [(0.58, 0.7), (0.5, 0.78), (0.42, 0.78), (0.34, 0.7)]


@pytest.fixture(scope="module")
def network() -> LeadNetwork:
    return LeadNetwork.load()


def place(at_s: float, lines: Sequence[Sequence[tuple[float, float]]] = ()) -> NDArray[np.uint8]:
    """A wall and a floor with a little noise, and dark smooth lines."""
    width, height = SIZE
    image = np.full((height, width, 3), 170, np.uint8)
    image[int(0.62 * height) :] = 120
    for line in lines:
        knots = np.array(line) * SIZE
        at = np.linspace(0, len(knots) - 1, 80)
        curve = np.stack([np.interp(at, np.arange(len(knots)), knots[:, axis]) for axis in (0, 1)], 1)
        curve = np.asarray(cv2.blur(curve, (1, 15), borderType=cv2.BORDER_REPLICATE))
        cv2.polylines(image, [np.round(curve * 16).astype(np.int32)], False, (30, 30, 30), 2, cv2.LINE_AA, 4)
    return np.asarray(cv2.add(image, np.roll(NOISE, round(37 * at_s), axis=0), dtype=cv2.CV_8U), np.uint8)


def run(
    network: LeadNetwork | None,
    seen: Callable[[float], Sequence[Seen]],
    lines: Callable[[float], Sequence[Sequence[tuple[float, float]]]],
    *,
    seconds: float = 12.0,
    zone_type: ZoneType = ZoneType.CORRIDOR,
    zones: Sequence[Zone] | None = None,
) -> list[Look]:
    return play(
        seen,
        seconds=seconds,
        zone_type=zone_type,
        zones=zones,
        hazards=DWELL,
        picture=lambda at_s: place(at_s, lines(at_s)),
        leads=network,
    )


@pytest.mark.parametrize(
    ("machine", "zone_type"),
    [(BIKE, ZoneType.CORRIDOR), (BICYCLE, ZoneType.CORRIDOR), (BIKE, ZoneType.YARD), (BIKE, ZoneType.SHED)],
    ids=str,
)
def test_a_lead_from_a_standing_machine_to_a_wall_is_suspected(
    network: LeadNetwork, machine: Seen, zone_type: ZoneType
) -> None:
    looks = run(network, lambda s: [machine], lambda s: [SAGGING], zone_type=zone_type)
    at_s = raised_s(looks, "flying_lead")
    assert at_s is not None
    assert 5 <= at_s <= 10
    found = next(f for look in looks for f in look.findings if f.hazard == "flying_lead" and f.confirmed)
    assert found.evidence["suspected"] is True
    first, last = np.array(found.evidence["lead_path"][0]), np.array(found.evidence["lead_path"][-1])
    assert np.linalg.norm(last - FAR_END) < 0.05
    assert np.linalg.norm(first - SAGGING[1]) < 0.08
    assert len(keys(looks, "flying_lead")) == 1


@pytest.mark.parametrize(
    ("seen", "lines"),
    [
        pytest.param([BIKE], [], id="no lead"),
        pytest.param([], [SAGGING], id="no machine"),
        pytest.param([BIKE], [[(0.05, 0.75), (0.15, 0.78), (0.2, 0.6), (0.3, 0.5)]], id="a lead elsewhere"),
        pytest.param([BIKE], [[(0.0, 0.3), (0.5, 0.3), (1.0, 0.3)]], id="a pipe along the wall"),
    ],
)
def test_nothing_without_a_lead_at_a_machine(
    network: LeadNetwork, seen: Sequence[Seen], lines: Sequence[Sequence[tuple[float, float]]]
) -> None:
    assert not keys(run(network, lambda s: seen, lambda s: lines), "flying_lead")


def test_a_line_that_was_there_before_the_machine_is_no_lead(network: LeadNetwork) -> None:
    looks = run(network, lambda s: [BIKE] if s >= 14 else [], lambda s: [SAGGING], seconds=28)
    assert not keys(looks, "flying_lead")


def test_a_lead_plugged_in_later_is_raised_then(network: LeadNetwork) -> None:
    looks = run(network, lambda s: [BIKE], lambda s: [SAGGING] if s >= 17 else [], seconds=34)
    at_s = raised_s(looks, "flying_lead")
    assert at_s is not None
    assert 22 <= at_s <= 33


def test_a_lead_pulled_out_is_seen_no_more(network: LeadNetwork) -> None:
    looks = run(network, lambda s: [BIKE], lambda s: [SAGGING] if s < 15 else [], seconds=40)
    assert raised_s(looks, "flying_lead") is not None
    late = [finding.hazard for look in looks if look.monotonic_s > 36 for finding in look.findings]
    assert "flying_lead" not in late


def test_a_lead_from_a_marked_pile_is_as_it_should_be(network: LeadNetwork) -> None:
    x, y = FAR_END
    pile = ((x - 0.03, y - 0.1), (x + 0.03, y - 0.1), (x + 0.03, y + 0.02), (x - 0.03, y + 0.02))
    elsewhere = tuple((px + 0.5, py) for px, py in pile)
    for piles, raised in (((pile,), False), ((elsewhere,), True)):
        zone = Zone("shed", ZoneType.SHED, piles=piles)
        looks = run(network, lambda s: [BIKE], lambda s: [SAGGING], zones=[zone])
        assert bool(keys(looks, "flying_lead")) is raised


def test_a_short_lead_in_a_shed_is_taken_for_a_piles(network: LeadNetwork) -> None:
    shed = run(network, lambda s: [BIKE], lambda s: [SHORT], zone_type=ZoneType.SHED)
    assert not keys(shed, "flying_lead")


def test_one_lead_between_two_machines_is_one_alert(network: LeadNetwork) -> None:
    looks = run(network, lambda s: [BIKE, SECOND], lambda s: [BETWEEN], seconds=20)
    assert len(keys(looks, "flying_lead")) == 1


def test_without_the_network_no_lead_is_found() -> None:
    assert not keys(run(None, lambda s: [BIKE], lambda s: [SAGGING]), "flying_lead")
    off = HazardsConfig.model_validate({"flying_lead": {"enabled": False}})
    assert lead_network(off, DetectorConfig()) is None


# --- parts


def curve_map(points: Sequence[tuple[int, int]], strength: float = 0.9) -> NDArray[np.float32]:
    canvas = np.zeros((128, 128), np.uint8)
    cv2.polylines(canvas, [np.array(points, np.int32)], False, 255, 2)
    return (canvas / 255 * strength).astype(np.float32)


@pytest.mark.parametrize(
    ("points", "found"),
    [
        pytest.param([(60, 60), (20, 80), (10, 20)], True, id="from the machine outwards"),
        pytest.param([(5, 20), (5, 110)], False, id="beside it"),
        pytest.param([(60, 60), (46, 62)], False, id="a stub"),
        pytest.param([(55, 55), (70, 70)], False, id="all within it"),
    ],
)
def test_a_path_begins_at_the_machine_and_leads_away(points: Sequence[tuple[int, int]], found: bool) -> None:
    paths = find_paths(curve_map(points), (50, 50, 90, 90))
    assert bool(paths) is found
    for path in paths:
        assert path.length >= LEAST_LENGTH
        assert np.linalg.norm(path.points[-1] - points[-1]) < 6
        assert path.score == pytest.approx(0.9, abs=0.05)


def test_small_gaps_are_bridged_and_faint_lines_are_nothing() -> None:
    line = curve_map([(60, 60), (10, 60)])
    line[:, 30:32] = 0
    (path,) = find_paths(line, (50, 50, 90, 90))
    assert path.points[-1][0] < 15
    assert path.far == pytest.approx(1.0, abs=0.1)
    assert not find_paths(curve_map([(60, 60), (10, 60)], strength=0.2), (50, 50, 90, 90))


@pytest.mark.parametrize("box", [(100.0, 80.0, 200.0, 150.0), (0.0, 0.0, 40.0, 60.0), (900.0, 400.0, 1900.0, 1000.0)])
def test_a_closeup_and_the_frame_map_onto_each_other(box: tuple[float, float, float, float]) -> None:
    closeup = Closeup(box)
    inside = closeup.inside(box)
    corners = np.array([inside[:2], inside[2:]], np.float32)
    assert closeup.to_frame(corners).ravel() == pytest.approx(box, abs=0.01)
    assert closeup.side % 32 == 0
    x1, y1, x2, y2 = closeup.frame_box
    assert (x1 <= box[0], y1 <= box[1], x2 >= box[2], y2 >= box[3]) == (True,) * 4


def test_a_closeup_averages_noise_away_and_looks_round_people() -> None:
    rng = np.random.default_rng(1)
    closeup = Closeup((250.0, 150.0, 350.0, 250.0))
    for _ in range(MEMORY_LOOKS):
        closeup.add(np.clip(rng.normal(100, 20, (360, 640, 3)), 0, 255).astype(np.uint8), [])
    inside = closeup.picture[closeup.known]
    assert inside.std() < 20 / np.sqrt(MEMORY_LOOKS) * 1.3
    for _ in range(30):
        closeup.add(np.full((360, 640, 3), 250, np.uint8), [(0, 0, 640, 360)])
    assert abs(float(closeup.picture[closeup.known].mean()) - 100) < 3
    assert not Closeup((250.0, 150.0, 350.0, 250.0)).known.any()


def test_before_keeps_the_place_as_it_was() -> None:
    before = Before()
    empty, box = np.full((90, 160, 3), 50, np.uint8), (40.0, 20.0, 80.0, 60.0)
    with_thing = empty.copy()
    with_thing[20:60, 40:80] = 200
    for second in range(12):
        before.update(empty, [], float(second))
    for second in range(12, 60):
        before.update(with_thing, [box], float(second))
    kept = before.picture(box)
    assert kept is not None
    assert abs(int(kept[40, 60, 0]) - 50) <= 1


def test_before_does_not_know_what_was_covered_from_the_start() -> None:
    before = Before()
    for second in range(20):
        before.update(np.zeros((90, 160, 3), np.uint8), [(40.0, 20.0, 80.0, 60.0)], float(second))
    assert before.picture((40.0, 20.0, 80.0, 60.0)) is None
    assert before.picture((100.0, 20.0, 140.0, 60.0)) is not None
