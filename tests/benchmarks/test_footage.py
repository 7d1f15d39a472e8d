"""What the footage list makes of truth."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.events.footage import Footage, FootageError, Kind, ZoneMode, real, rendered, scenario
from tests.shared import shared_file
from vision.zones import ZoneType

SCENARIOS = Path(__file__).parents[1] / "scenarios"
BOX = [0.1, 0.1, 0.3, 0.5]


def told(kind: str = "corridor", **more: Any) -> dict[str, Any]:
    """A truth as a renderer writes it."""
    zones = [{"name": "aisle", "type": "exit", "polygon": [[0, 0], [1, 0], [1, 1]]}]
    place = {"kind": kind, "seed": 1, "light": "day"}
    return {"place": place, "duration_s": 40.0, "zones": zones, "events": [], "quiet": [], "boxes": [], **more}


def happening(hazard: str, start_s: float = 10.0, end_s: float = 40.0, zone_type: str = "exit") -> dict[str, Any]:
    times = {"start_s": start_s, "end_s": end_s, "enters_s": start_s - 2}
    return {"hazard": hazard, "what": "thing", "zone": "aisle", "zone_type": zone_type, "box": BOX, **times}


def footage(truth: dict[str, Any], mode: ZoneMode = ZoneMode.WHOLE) -> Footage:
    return scenario(Path("clip.mp4"), truth, mode)


def test_the_scenarios_in_git_are_read_once_per_mode() -> None:
    found = rendered(SCENARIOS)
    names = {"rendered/" + path.stem for path in SCENARIOS.glob("*.mp4")}
    assert {(one.name, one.mode) for one in found} == {(name, mode) for name in names for mode in ZoneMode}
    lift = next(one for one in found if "lift" in one.name)
    (event,) = lift.events
    assert (event.hazard, event.dwell_s, event.boxes, event.scored) == ("ebike", 1.0, (), True)


def test_the_zones_are_the_whole_picture_or_those_of_the_truth() -> None:
    assert [(z.type, len(z.polygon)) for z in footage(told("shed")).zones] == [(ZoneType.SHED, 4)]
    assert [(z.type, len(z.polygon)) for z in footage(told("shed"), ZoneMode.OWN).zones] == [(ZoneType.EXIT, 3)]


@pytest.mark.parametrize(
    ("kind", "mode", "event", "scored"),
    [
        ("corridor", ZoneMode.WHOLE, happening("ebike"), True),
        ("shed", ZoneMode.WHOLE, happening("ebike"), False),  # where no bay is drawn, none can be missed
        ("shed", ZoneMode.OWN, happening("ebike"), True),
        ("shed", ZoneMode.OWN, happening("ebike", zone_type="shed"), False),
        ("shed", ZoneMode.WHOLE, happening("clutter"), True),
        ("corridor", ZoneMode.WHOLE, happening("clutter", 33, 40), False),  # shorter than its dwell
        ("yard", ZoneMode.WHOLE, happening("flame", 33, 40), True),
    ],
)
def test_what_cannot_be_told_is_open(kind: str, mode: ZoneMode, event: dict[str, Any], scored: bool) -> None:
    (found,) = footage(told(kind, events=[event]), mode).events
    assert found.scored is scored


@pytest.mark.parametrize(
    ("kind", "mode", "quiet", "hazards"),
    [
        ("yard", ZoneMode.WHOLE, {"what": "joss fire", "why": "attended burn at the burn site"}, ["flame"]),
        ("yard", ZoneMode.OWN, {"what": "joss fire", "why": "attended burn at the burn site"}, []),
        ("corridor", ZoneMode.WHOLE, {"what": "ebike", "why": "may park in a place outside every zone"}, ["ebike"]),
        ("yard", ZoneMode.WHOLE, {"what": "ebike", "why": "may park in a facade"}, []),
        ("corridor", ZoneMode.OWN, {"what": "shelf", "why": "allowed by the site"}, ["clutter"]),
        ("corridor", ZoneMode.OWN, {"what": "shelf", "why": "allowed by the site", "start_s": 0.0}, []),
        ("corridor", ZoneMode.WHOLE, {"what": "bicycle", "why": "a bicycle is no hazard of ours"}, []),
    ],
)
def test_what_is_allowed_for_a_reason_unknown_to_the_zones_is_open(
    kind: str, mode: ZoneMode, quiet: dict[str, Any], hazards: list[str]
) -> None:
    entry = {"start_s": 5.0, "end_s": 30.0, "box": BOX, **quiet}
    events = footage(told(kind, quiet=[entry]), mode).events
    assert [event.hazard for event in events] == hazards
    assert not any(event.scored for event in events)


def test_a_thing_is_known_by_its_boxes_from_its_coming_to_its_end() -> None:
    rows = [
        {"t": 7.0, "kind": "clutter", "name": "thing", "box": [0.8, 0.1, 0.9, 0.5]},  # before it came
        {"t": 9.0, "kind": "clutter", "name": "thing", "box": [0.5, 0.1, 0.7, 0.5]},
        {"t": 12.0, "kind": "clutter", "name": "thing", "box": BOX},
        {"t": 12.0, "kind": "clutter", "name": "other", "box": [0.6, 0.6, 0.9, 0.9]},
        {"t": 12.0, "kind": "person", "name": "person 1", "box": BOX},
    ]
    (event,) = footage(told(events=[happening("clutter")], boxes=rows)).events
    assert set(event.boxes) == {(0.1, 0.1, 0.3, 0.5), (0.5, 0.1, 0.7, 0.5)}


def test_a_damaged_truth_is_one_line_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "odd.mp4").write_bytes(b"")
    (tmp_path / "odd.truth.json").write_text(json.dumps({"place": {"kind": "moon"}}))
    with pytest.raises(FootageError, match=r"^odd\.truth\.json: ValueError: 'moon'"):
        rendered(tmp_path)


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert real(tmp_path / "none") == rendered(tmp_path / "none") == []


def test_the_real_clips_are_told_by_source_and_by_what_the_detector_knows() -> None:
    found = {one.name: one for one in real(shared_file("clips"))}
    assert {one.kind for one in found.values()} == {Kind.REAL}
    assert found["flame/nofire_cars"].events == ()
    assert found["clutter/aboda_video6_1fps"].trained_on
    assert not found["clutter/aboda_video8_1fps"].trained_on
    assert [event.removed for event in found["clutter/aboda_video6_1fps"].events] == [True, True]
