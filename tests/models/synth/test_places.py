"""Places tell everything that scenes and films need, and follow from their recipe."""

from __future__ import annotations

import numpy as np
import pytest

from models.synth.camera import Camera
from models.synth.places import PLACES, build
from models.synth.world import LIGHTS, OUTLETS, PlaceRecipe, SynthError
from tests.models.synth.meshes import check_sound
from vision.zones import ZoneType

EVERY = [(kind, light) for kind in PLACES for light in LIGHTS]


@pytest.mark.parametrize(("kind", "light"), EVERY)
def test_a_place_is_complete(kind: str, light: str) -> None:
    for seed in (1, 2):
        place = build(PlaceRecipe(kind, seed, light))
        names = [item.name for item in place.things]
        assert len(set(names)) == len(names) <= 12
        for item in place.things:
            check_sound(item)
            assert item.kind == ""
        assert {zone.type for zone in place.zones} <= {str(value) for value in ZoneType}
        assert place.zones and place.floors and place.edges and place.bays
        assert len(place.mounts) >= 3
        assert {outlet.kind for outlet in place.outlets} <= set(OUTLETS)
        assert {"through", "in"} <= set(place.walks)
        assert 0.8 < place.width_m < 30
        if light == "ir":
            assert not place.lamps and place.sky[1] == 0
        elif light in ("day", "night"):
            assert place.lamps or place.sky[1] > 0.2


@pytest.mark.parametrize("kind", sorted(PLACES))
def test_floors_are_convex_and_hold_what_stands_there(kind: str) -> None:
    place = build(PlaceRecipe(kind, 3, "night"))
    for floor in place.floors:
        middle = np.mean(floor.corners, axis=0)
        assert floor.holds(float(middle[0]), float(middle[1]), 0.05)
        assert not floor.holds(float(middle[0]) + 60, float(middle[1]))
    for bay in place.bays:
        assert any(floor.holds(bay.at[0], bay.at[1], -0.1) for floor in place.floors if abs(floor.z - bay.at[2]) < 0.01)


@pytest.mark.parametrize("kind", sorted(PLACES))
def test_cameras_see_the_floor(kind: str) -> None:
    place = build(PlaceRecipe(kind, 4, "night"))
    for mount in place.mounts:
        assert 1.9 < mount.at[2] < 6.5
        camera = Camera(np.array(mount.at), np.array(mount.target), mount.fov_deg, 640, 360)
        seen = 0
        for floor in place.floors:
            x, y = np.meshgrid(*(np.linspace(*ends, 12) for ends in zip(*_bounds(floor.corners), strict=True)))
            points = np.stack([x.ravel(), y.ravel(), np.full(x.size, floor.z)], axis=1)
            pixels, depth = camera.project(points)
            seen += int(((depth > 0.2) & (pixels > 0).all(axis=1) & (pixels < (640, 360)).all(axis=1)).sum())
        assert seen > 12


def _bounds(corners: tuple[tuple[float, float], ...]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    points = np.asarray(corners)
    return tuple(points.min(axis=0)), tuple(points.max(axis=0))


@pytest.mark.parametrize("kind", sorted(PLACES))
def test_the_same_recipe_gives_the_same_place_and_another_seed_another(kind: str) -> None:
    one, again, other = (build(PlaceRecipe(kind, seed, "night")) for seed in (5, 5, 6))
    points = [np.concatenate([item.points() for item in place.things]) for place in (one, again, other)]
    assert np.array_equal(points[0], points[1])
    assert points[0].shape != points[2].shape or not np.array_equal(points[0], points[2])


def test_unknown_places_and_lights_are_one_line() -> None:
    with pytest.raises(SynthError, match="there is no place 'spaceship'; known: corridor, stairwell"):
        build(PlaceRecipe("spaceship"))
    with pytest.raises(SynthError, match="there is no light 'disco'; known: day, night"):
        build(PlaceRecipe("corridor", 0, "disco"))
