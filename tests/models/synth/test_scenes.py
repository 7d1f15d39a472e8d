"""Scenes follow from (seed, number, recipe); the truth of a picture follows the lens, the crop and the mirror."""

from __future__ import annotations

import numpy as np
import pytest

from models.synth.camera import Camera, Lens
from models.synth.develop import View, ground_homography
from models.synth.recipe import StillsRecipe
from models.synth.scenes import arrange

RECIPE = StillsRecipe(shining={"table_lamp": 1})


@pytest.mark.parametrize("number", range(12))
def test_scenes_repeat(number: int) -> None:
    a, b = arrange(5, number, RECIPE), arrange(5, number, RECIPE)
    assert [t.name for t in a.things] == [t.name for t in b.things]
    assert all(np.array_equal(s.points(), t.points()) for s, t in zip(a.things, b.things, strict=True))
    assert len({t.name for t in a.things}) == len(a.things)
    assert len(a.leads) == sum(t.kind == "cable" for t in a.things)


def test_shares_are_kept() -> None:
    nothing = StillsRecipe(bare=1.0, places={"corridor": 1, "lobby": 1})
    assert all(not thing.kind for k in range(6) for thing in arrange(1, k, nothing).things)
    calm = StillsRecipe(bare=0.0, burning=0.0, charging=0.0, people=0.0, lookalikes={}, clutter={}, shining={})
    scenes = [arrange(1, k, calm) for k in range(12)]
    assert {thing.kind for scene in scenes for thing in scene.things} == {"ebike"}
    assert not any(scene.fire for scene in scenes)
    fiery = StillsRecipe(bare=0.0, burning=1.0, places={"corridor": 1})
    assert sum(arrange(1, k, fiery).fire is not None for k in range(12)) >= 9


CAMERA = Camera(np.array((0.0, 0.0, 2.5)), np.array((0.2, 4.0, 0.3)), 85.0, 640, 384)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("lens", [Lens(0.12), Lens(fisheye_deg=85.0)])
def test_points_go_where_the_picture_goes(lens: Lens, mirrored: bool) -> None:
    view = View(lens, (60, 40, 580, 352), mirrored, 640, 384)
    spot = np.array([(1.0, 3.0, 0.4)])
    pixels, _ = CAMERA.project(spot)
    layer = np.zeros((384, 640), np.float32)
    x, y = pixels[0].round().astype(int)
    layer[y - 2 : y + 3, x - 2 : x + 3] = 1
    shown = view.show(layer)
    rows, columns = np.nonzero(shown > 0.4)
    told = view.points(pixels)[0] * (640, 384)
    assert told == pytest.approx((columns.mean() + 0.5, rows.mean() + 0.5), abs=2.0)


def test_the_floor_homography_finds_the_floor() -> None:
    view = View(Lens(0.03), (0, 0, 640, 384), True, 640, 384)
    matrix = ground_homography(CAMERA, view, 0.0)
    for spot in ((0.5, 3.0), (-0.8, 4.5), (0.3, 5.5)):
        pixels, _ = CAMERA.project(np.array([(*spot, 0.0)]))
        seen = view.points(pixels)[0]
        x, y, w = matrix @ (*seen, 1.0)
        assert (x / w, y / w) == pytest.approx(spot, abs=0.15)
