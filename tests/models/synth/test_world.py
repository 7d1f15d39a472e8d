"""Machines, people, piles and places are sound meshes of believable size."""

from __future__ import annotations

import numpy as np
import pytest

from models.synth import scenes
from models.synth.look import Thing
from models.synth.mesh import box, shift, turn
from models.synth.people import PersonRecipe, Pose, bend, person
from models.synth.places import PlaceRecipe, build
from models.synth.scooter import SHAPES, ScooterRecipe, battery, charge_port, scooter
from models.synth.things import bags, bicycle, carton_pile, chair, lead, lead_with_strip, shelf

HERE = np.eye(4)


def check_mesh(item: Thing) -> None:
    for part in item.parts:
        assert np.isfinite(part.mesh.vertices).all()
        flat = [i for face in part.mesh.faces for i in face]
        assert min(flat) >= 0
        assert max(flat) < len(part.mesh.vertices)


@pytest.mark.parametrize("shape", SHAPES)
def test_scooters_stand_on_the_ground_and_have_a_scooters_size(shape: str) -> None:
    item = scooter(ScooterRecipe(shape, basket=True, blanket=True, steer=0.3, roll=1.0))
    check_mesh(item)
    low, high = item.points().min(axis=0), item.points().max(axis=0)
    assert low[2] == pytest.approx(0.0, abs=0.02)
    assert 1.2 < high[2] < 1.5
    assert 1.5 < high[0] - low[0] < 2.3
    assert 0.6 < high[1] - low[1] < 1.0


def test_port_and_battery_move_with_the_machine() -> None:
    place = shift(1.0, 2.0) @ turn("z", np.pi)
    assert charge_port(place)[:2] == pytest.approx((1.17, 1.85))
    assert charge_port(place, -1)[:2] == pytest.approx((1.17, 2.15))
    assert battery(place) == pytest.approx((0.9, 2.0, 0.34))


def test_the_same_recipe_gives_the_same_things() -> None:
    for make in (carton_pile, bags, chair, shelf, bicycle):
        assert np.array_equal(make(3, HERE).points(), make(3, HERE).points())


@pytest.mark.parametrize("make", [carton_pile, bags, chair, shelf, bicycle])
def test_things_are_sound_and_stand(make: object) -> None:
    item = make(5, HERE)  # type: ignore[operator]
    check_mesh(item)
    assert item.points()[:, 2].min() > -0.03


def test_leads_reach_from_outlet_to_port() -> None:
    start, port = np.array((1.3, 4.0, 2.0)), np.array((0.3, 4.2, 0.4))
    hanging = lead(1, start, port, 0.1, 0.01, (0.7, 0.7, 0.7))
    stripped = lead_with_strip(1, start, np.array((0.8, 4.0, 0.0)), port, 0.01, (0.7, 0.7, 0.7))
    for item in (hanging, stripped):
        check_mesh(item)
        gaps = [np.linalg.norm(item.points() - end, axis=1).min() for end in (start, port)]
        assert max(gaps) < 0.03


@pytest.mark.parametrize("phase", [0.0, 1.5, 3.1, 4.6])
def test_people_have_feet_on_the_ground(phase: float) -> None:
    item = person("someone", PersonRecipe(), Pose(phase))
    check_mesh(item)
    assert item.points()[:, 2].min() == pytest.approx(0.0, abs=0.06)
    assert 1.6 < item.points()[:, 2].max() < 1.85


def test_two_bone_limb_keeps_its_lengths() -> None:
    root, tip = np.zeros(3), np.array((0.3, 0.0, -0.6))
    joint, reached = bend(root, tip, 0.43, 0.42, np.array((1.0, 0.0, 0.0)))
    assert reached == pytest.approx(tip)
    assert np.linalg.norm(joint) == pytest.approx(0.43)
    assert np.linalg.norm(reached - joint) == pytest.approx(0.42)
    assert joint[0] > 0.15


def test_box_faces_look_outwards() -> None:
    mesh = box((0, 0, 0), (1, 2, 3))
    centre = mesh.vertices.mean(axis=0)
    for face in mesh.faces:
        a, b, c = (mesh.vertices[i] for i in face[:3])
        assert np.dot(np.cross(b - a, c - b), mesh.vertices[list(face)].mean(axis=0) - centre) > 0


@pytest.mark.parametrize("kind", ["corridor", "lobby", "shed"])
def test_places_have_light_and_outlets(kind: str) -> None:
    place = build(PlaceRecipe(kind, seed=7, width_m=4.0))
    assert place.lamps
    assert place.outlets
    for item in place.things:
        check_mesh(item)
        assert item.kind == ""


def test_scenes_repeat_by_seed_and_a_quarter_are_bare() -> None:
    for number in range(8):
        a, b = scenes.arrange(5, number), scenes.arrange(5, number)
        assert [t.name for t in a.things] == [t.name for t in b.things]
        assert all(np.array_equal(s.points(), t.points()) for s, t in zip(a.things, b.things, strict=True))
        assert (number % 4 != 3) or (not a.things and a.fire is None)
