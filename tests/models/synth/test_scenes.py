"""Scenes follow from (seed, number, recipe); the truth of a picture follows the lens, the crop and the mirror."""

from __future__ import annotations

import numpy as np
import pytest

from models.synth.areas import area_in_picture
from models.synth.camera import Camera, Lens
from models.synth.develop import View, ground_homography
from models.synth.recipe import StillsRecipe
from models.synth.scenes import Ground, arrange

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
    calm = StillsRecipe(
        bare=0.0, burning=0.0, charging=0.0, people=0.0, lookalikes={}, clutter={}, shining={}, loose={}
    )
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


def test_nothing_stands_in_a_wall_or_in_the_stairs() -> None:
    for number in range(60):
        scene = arrange(2, number, RECIPE)
        ground = Ground(np.random.default_rng(0), scene.place, scene.camera)
        for thing in scene.things:
            if thing.kind in ("ebike", "bicycle", "clutter", "person"):
                assert ground.fits(thing), f"{scene.place.recipe.kind} {number}: {thing.name}"


@pytest.mark.parametrize("lens", [Lens(0.16), Lens(fisheye_deg=106.0)])
@pytest.mark.parametrize("window", [(0, 0, 640, 384), (90, 60, 570, 348)])
def test_the_seen_share_is_counted_before_the_lens(lens: Lens, window: tuple[int, int, int, int]) -> None:
    view = View(lens, window, False, 640, 384)
    layer = np.zeros((384, 640), np.float32)
    layer[170:230, 290:370] = 1  # in the middle, which the lens magnifies
    shown = view.show(layer, nearest=True) > 0.5
    assert shown.sum() > 60 * 80 * 1.1
    assert view.pinhole_px()[shown].sum() == pytest.approx(60 * 80, rel=0.03)


def test_a_zone_is_cut_at_the_crop() -> None:
    view = View(Lens(0.1), (200, 40, 560, 256), True, 640, 384)
    around = np.array([(-5, -5, 0), (5, -5, 0), (5, 9, 0), (-5, 9, 0)], float)
    polygon = np.array(area_in_picture(around, CAMERA, view))
    assert len(polygon) >= 4
    assert polygon.min() == pytest.approx(0, abs=0.002) and polygon.max() == pytest.approx(1, abs=0.002)
    assert area_in_picture(around - (0, 40, 0), CAMERA, view) == []
