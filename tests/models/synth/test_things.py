"""Machines, things and leads are sound meshes of believable size, made by name and seed."""

from __future__ import annotations

import numpy as np
import pytest

from models.classes import CLASSES
from models.synth.mesh import box, shift, turn
from models.synth.things import MAKERS, SHINING, make
from models.synth.things.leads import STYLES, lead
from models.synth.things.scooter import COVERS, SHAPES, ScooterRecipe, battery, charge_port, scooter
from models.synth.world import SynthError
from tests.models.synth.meshes import check_sound, size_of

HERE = np.eye(4)


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_everything_stands_on_the_floor_fits_its_circle_and_repeats(name: str) -> None:
    for seed in range(4):
        item = make(name, np.random.default_rng(seed), HERE)
        check_sound(item)
        assert item.kind in (*CLASSES, "")
        points = item.points()
        assert -0.05 < points[:, 2].min() < 0.1
        assert 0.03 < points[:, 2].max() < 2.3
        assert np.abs(points[:, :2]).max() < 1.3
        assert np.array_equal(points, make(name, np.random.default_rng(seed), HERE).points())
        aside = make(name, np.random.default_rng(seed), shift(2.0, 1.0) @ turn("z", np.pi))
        assert aside.points() == pytest.approx(points * (-1, -1, 1) + (2.0, 1.0, 0.0))


@pytest.mark.parametrize(("name", "kind"), [("ebike_covered", "ebike"), ("wheelchair", ""), ("pram", "clutter")])
def test_kinds(name: str, kind: str) -> None:
    assert make(name, np.random.default_rng(0), HERE).kind == kind


def test_an_unknown_thing_is_one_line() -> None:
    with pytest.raises(SynthError, match="there is no thing 'hovercraft'; known: bags, battery, bicycle"):
        make("hovercraft", np.random.default_rng(0), HERE)


@pytest.mark.parametrize("shape", SHAPES)
def test_scooters_have_a_scooters_size(shape: str) -> None:
    recipe = ScooterRecipe(shape, basket=True, blanket=True, child_seat=True, loaded=True, steer=0.3, roll=1.0)
    item = scooter(recipe)
    check_sound(item)
    length, width, _ = size_of(item)
    assert item.points()[:, 2].min() == pytest.approx(0.0, abs=0.02)
    assert 1.2 < item.points()[:, 2].max() < 1.5
    assert 1.5 < length < 2.3
    assert 0.6 < width < 1.0


@pytest.mark.parametrize("cover", sorted(COVERS))
def test_a_cover_hides_the_machine(cover: str) -> None:
    bare, covered = scooter(ScooterRecipe("moped", top_box=False)), scooter(ScooterRecipe("moped", cover=cover))
    assert len(covered.parts) > len(bare.parts)
    assert size_of(covered)[0] > size_of(bare)[0] - 0.1


def test_port_and_battery_move_with_the_machine() -> None:
    place = shift(1.0, 2.0) @ turn("z", np.pi)
    assert charge_port(place)[:2] == pytest.approx((1.17, 1.85))
    assert charge_port(place, -1)[:2] == pytest.approx((1.17, 2.15))
    assert battery(place) == pytest.approx((0.9, 2.0, 0.34))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("floor_z", [0.0, 1.6])
def test_leads_reach_from_outlet_to_port_and_stay_above_the_floor(style: str, floor_z: float) -> None:
    start, port = np.array((1.3, 4.0, 2.0 + floor_z)), np.array((0.3, 4.2, 0.4 + floor_z))
    for seed in range(5):
        hung = lead(np.random.default_rng(seed), start, port, style, floor_z)
        check_sound(hung.thing)
        assert hung.thing.kind == "cable"
        assert hung.path[0] == pytest.approx(start, abs=0.02)
        assert hung.path[-1] == pytest.approx(port, abs=0.02)
        assert hung.path[:, 2].min() > floor_z - 0.001
        assert float(np.linalg.norm(np.diff(hung.path, axis=0), axis=1).max()) < 0.9


def test_an_unknown_style_is_one_line() -> None:
    with pytest.raises(SynthError, match="there is no lead style 'knotted'; known: hung, slack"):
        lead(np.random.default_rng(0), np.zeros(3), np.ones(3), "knotted")


@pytest.mark.parametrize("name", sorted(SHINING))
def test_what_shines_is_no_hazard(name: str) -> None:
    fixture = SHINING[name](np.random.default_rng(1), shift(1.0))
    check_sound(fixture.thing)
    assert fixture.thing.kind == ""
    assert any(part.look.emit > 0 for part in fixture.thing.parts)


def test_box_faces_look_outwards() -> None:
    mesh = box((0, 0, 0), (1, 2, 3))
    centre = mesh.vertices.mean(axis=0)
    for face in mesh.faces:
        a, b, c = (mesh.vertices[i] for i in face[:3])
        assert np.dot(np.cross(b - a, c - b), mesh.vertices[list(face)].mean(axis=0) - centre) > 0
