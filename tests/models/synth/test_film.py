"""Scenarios before and after the renderer: who moves where and when, what is judged how, how frames are composed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.synth import film, takes
from models.synth.acts import direct
from models.synth.areas import area_in_picture
from models.synth.camera import Camera, Lens
from models.synth.develop import View
from models.synth.look import Look, Part, Thing, thing
from models.synth.mesh import box, shift, turn
from models.synth.paths import Path as Way
from models.synth.paths import approach
from models.synth.script import Script, bundled, load
from models.synth.verdict import free_width, judge, zone_at
from models.synth.world import Bay, Floor, Outlet, Place, PlaceRecipe, Zone


def scenario(name: str) -> Script:
    return load(bundled()[name])


HALL = Place(
    PlaceRecipe("corridor", 1, "night"), (), (), ((1.0, 1.0, 1.0), 0.0),
    (Floor(((-1.0, 0.0), (1.0, 0.0), (1.0, 8.0), (-1.0, 8.0))),), (),
    (Zone("hall", "corridor", ((-1, 0, 0), (1, 0, 0), (1, 8, 0), (-1, 8, 0))),), (), (Bay((0.5, 4.0, 0.0), 0.0),),
    (Outlet((1.0, 4.0, 1.0), "door"),), {"through": ((0, 8, 0), (0, 0, 0)), "in": ((0, 8, 0), (0, 4, 0))}, 2.0,
)  # fmt: skip


def block(name: str, kind: str, x: float, y: float, half: float = 0.25) -> Thing:
    mesh = box((-half, -half, 0), (half, half, 1))
    return thing(name, kind, [Part(mesh, Look(), False)], shift(x, y))


# -- ways ------------------------------------------------------------------------------------------------------------


def test_a_path_keeps_its_ends_and_rounds_its_corner() -> None:
    path = Way(np.array([(0.0, 0, 0), (4, 0, 0), (4, 3, 0)]))
    assert path.length == pytest.approx(7.0)
    assert path.at(0.0)[0] == pytest.approx((0, 0, 0), abs=1e-6)
    assert path.at(7.0)[0] == pytest.approx((4, 3, 0), abs=1e-6)
    assert path.at(1.0)[1] == pytest.approx(0.0, abs=0.02)
    assert path.at(6.5)[1] == pytest.approx(np.pi / 2, abs=0.05)
    gap = np.linalg.norm(path.points - (4, 0, 0), axis=1).min()
    assert 0.05 < gap < 0.3


def test_an_approach_stops_short_of_its_target() -> None:
    path = approach(np.array([(0.0, 8, 0), (0, 4, 0)]), np.array((0.8, 6.0, 0.0)), 0.6)
    end = path.at(path.length)[0]
    assert np.linalg.norm(end - (0.8, 6, 0)) == pytest.approx(0.6, abs=0.02)
    assert path.at(0)[0] == pytest.approx((0, 8, 0), abs=1e-6)


def test_the_machine_arrives_where_it_is_parked_and_never_jumps() -> None:
    script = scenario("ebike_corridor_night")
    line = direct(script)
    stand = line.stands["bike"]
    times = np.arange(3.0, stand.start_s, 0.125)
    places = np.array([next(t for t in line.moving(s) if t.name == "bike").place[:3, 3] for s in times])
    assert np.linalg.norm(np.diff(places, axis=0), axis=1).max() < 0.5
    assert places[-1] == pytest.approx(stand.thing.place[:3, 3], abs=0.15)
    assert [t.name for t in line.still(stand.start_s)] == ["bike"]
    assert "bike" not in [t.name for t in line.moving(stand.start_s)]


def test_nothing_is_twice_on_the_set() -> None:
    for name in bundled():
        ready = takes.prepare(scenario(name))
        for time_s in np.arange(0, ready.script.length_s, 1.0):
            there = [t.name for t in [*ready.line.still(float(time_s)), *ready.line.moving(float(time_s))]]
            assert len(there) == len(set(there)), f"{name} at {time_s} s: {there}"


def test_a_corridors_door_is_open_while_somebody_passes() -> None:
    line = direct(scenario("ebike_corridor_night"))
    spans = [(door.start_s, door.end_s) for door in line.doors]
    assert len(spans) == 2  # in, and out again
    assert spans[0][0] == pytest.approx(3.0, abs=0.2)
    assert spans[0][1] < 6 < spans[1][0]
    assert direct(scenario("ebike_lobby_day")).doors == []


# -- what must be raised ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(name for name in bundled() if name.startswith("quiet_")))
def test_quiet_scenarios_raise_nothing(name: str) -> None:
    script = scenario(name)
    found = judge(script.built(), direct(script), script.length_s)
    assert found
    assert [v for v in found if v.hazard] == []


@pytest.mark.parametrize("name", sorted(name for name in bundled() if not name.startswith("quiet_")))
def test_the_other_scenarios_raise_what_their_name_says(name: str) -> None:
    script = scenario(name)
    hazards = {v.hazard for v in judge(script.built(), direct(script), script.length_s)} - {""}
    said = name.split("_")[0]
    wanted = {"ebike", "flying_lead", "clutter", "flame"} if said == "demo" else {said.replace("lead", "flying_lead")}
    assert wanted <= hazards


def test_zones_hold_points() -> None:
    assert zone_at(HALL, np.array((0.0, 4.0, 0.0))) is HALL.zones[0]
    assert zone_at(HALL, np.array((1.5, 4.0, 0.0))) is None


def test_free_width_is_the_widest_gap_where_it_is_narrowest() -> None:
    assert free_width(HALL, []) == 2.0
    assert free_width(HALL, [block("a", "clutter", 0.75, 4.0)]) == pytest.approx(1.5)
    two = [block("a", "clutter", 0.75, 4.0), block("b", "clutter", -0.75, 4.0)]
    assert free_width(HALL, two) == pytest.approx(1.0)
    assert free_width(HALL, [block("a", "clutter", 5.0, 4.0)]) == 2.0


def test_free_width_sees_what_lies_between_corners_and_stays_in_the_lane() -> None:
    mesh = box((-0.6, -0.25, 0), (0.6, 0.25, 1))
    slanted = thing("a", "clutter", [Part(mesh, Look(), False)], shift(0, 4.0) @ turn("z", np.pi / 4))
    assert free_width(HALL, [slanted]) == pytest.approx(0.45, abs=0.06)
    lane = replace(HALL, width_m=1.0, route=((-0.5, 0.0), (0.5, 0.0), (0.5, 8.0), (-0.5, 8.0)))
    assert free_width(lane, [block("a", "clutter", 0.3, 4.0)]) == pytest.approx(0.55)
    assert free_width(lane, [block("a", "clutter", 0.9, 4.0)]) == pytest.approx(1.0)


def test_an_area_is_cut_at_the_picture_and_at_the_lens() -> None:
    camera = Camera(np.array((0.0, 0.0, 2.5)), np.array((0.0, 4.0, 0.5)), 80, 640, 360)
    view = View(Lens(0.08), (0, 0, 640, 360), False, 640, 360)
    around = np.array([(-5, -5, 0), (5, -5, 0), (5, 5, 0), (-5, 5, 0)], float)
    polygon = np.array(area_in_picture(around, camera, view))
    assert len(polygon) >= 4
    assert polygon.min() >= 0
    assert polygon.max() <= 1
    assert polygon[:, 1].max() > 0.98  # reaches the lower edge
    assert area_in_picture(around - (0, 20, 0), camera, view) == []


# -- frames ----------------------------------------------------------------------------------------------------------


def test_a_window_is_even_and_inside() -> None:
    camera = Camera(np.array((0.0, 0.0, 2.5)), np.array((0.0, 4.0, 0.5)), 80, 640, 360)
    crop = takes.window(camera, [block("a", "clutter", 0.3, 4.0)])
    assert crop is not None
    assert all(v % 2 == 0 for v in crop)
    assert 0 <= crop[0] < crop[2] <= 640
    assert 0 <= crop[1] < crop[3] <= 360
    assert takes.window(camera, [block("a", "clutter", 0.0, -9.0)]) is None
    assert takes.window(camera, []) is None


def test_what_stands_still_is_planned_once() -> None:
    ready = takes.prepare(scenario("ebike_corridor_night"))
    moments = takes.plan(ready)
    assert len(moments) == 32 * 8
    stills = {need.key for moment in moments for need in moment.stills.values()}
    windows = {need.key for moment in moments for need in moment.windows.values()}
    assert len(stills) == 4  # without and with the machine, with the door shut and open
    assert 40 < len(windows) < 160
    again = takes.plan(takes.prepare(scenario("ebike_corridor_night")))
    assert [next(iter(m.stills.values())).key for m in again] == [next(iter(m.stills.values())).key for m in moments]


def test_a_store_takes_up_where_it_stopped(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).random((4, 6, 5)).astype(np.float32)
    takes.Store(tmp_path).put("a", picture)
    (tmp_path / "b.part").write_bytes(b"torn")
    store = takes.Store(tmp_path)
    assert store.has("a")
    assert not store.has("b")
    assert store.get("a") == pytest.approx(picture, abs=1e-3)


def test_a_window_is_laid_in_with_soft_edges(tmp_path: Path) -> None:
    store = takes.Store(tmp_path)
    source = takes.Source("room", "night", False)
    store.put("room", np.zeros((60, 80, 5), np.float32))
    store.put("part", np.ones((40, 40, 5), np.float32))
    still = takes.Need(source, takes.Shape(()), "room")
    moving = takes.Need(source, takes.Shape((), (), (20, 0, 60, 40)), "part")
    out = film._joined(store, still, moving)
    assert out[20, 40, 0] == 1
    assert out[0, 40, 0] == 1  # hard at the picture's own edge
    assert 0 <= out[20, 20, 0] < 0.2
    assert out[20, 20, 3] == 1  # thing numbers are never mixed
    assert out[50, 70].max() == 0


def test_the_clock_jumps_at_cuts() -> None:
    script = scenario("ebike_lobby_night")
    assert film.clock(script, 0.0) == "2026-02-27 FRI 22:48:03"
    assert film.clock(script, 5.9) == "2026-02-27 FRI 22:48:08"
    assert film.clock(script, 6.0) == "2026-02-27 FRI 23:09:09"


def test_the_iris_closes_slowly() -> None:
    iris = film.Iris(0.3, 0.15)
    dark, bright = np.full((4, 4, 3), 0.1, np.float32), np.full((4, 4, 3), 1.0, np.float32)
    assert iris(dark) == pytest.approx(3.0, rel=1e-3)
    first = iris(bright)
    assert 0.3 < first < 3.0
    for _ in range(60):
        last = iris(bright)
    assert last == pytest.approx(0.3, rel=0.02)


def test_a_finished_clip_is_left_alone(tmp_path: Path) -> None:
    script = scenario("demo")
    (tmp_path / "demo.mp4").write_bytes(b"clip")
    (tmp_path / "demo.truth.json").write_text(json.dumps({"script": script.digest}))
    assert film.shoot(script, tmp_path).read_bytes() == b"clip"
