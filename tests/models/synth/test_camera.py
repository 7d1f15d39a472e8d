"""Points land where rays come from, with and without the lens."""

from __future__ import annotations

import numpy as np
import pytest

from models.synth.camera import Camera, Lens, Sensor, tone, write_osd

CAMERA = Camera(np.array((-1.0, 0.0, 2.5)), np.array((0.3, 4.5, 0.6)), 75.0, 320, 192, roll_deg=2.0)


def test_target_lands_in_the_middle() -> None:
    xy, depth = CAMERA.project(np.array([[0.3, 4.5, 0.6]]))
    assert xy[0] == pytest.approx((160, 96))
    assert depth[0] == pytest.approx(float(np.linalg.norm((1.3, 4.5, -1.9))))


def test_rays_and_projection_agree() -> None:
    rays = CAMERA.rays()
    for row, column in ((0, 0), (50, 200), (191, 319)):
        xy, _ = CAMERA.project((CAMERA.at + 3.0 * rays[row, column])[None])
        assert xy[0] == pytest.approx((column + 0.5, row + 0.5), abs=1e-6)


def test_right_is_right_and_down_is_down() -> None:
    level = Camera(np.array((0.0, 0.0, 2.0)), np.array((0.0, 5.0, 2.0)), 70.0, 320, 192)
    xy, _ = level.project(np.array([[1.0, 5.0, 2.0], [0.0, 5.0, 1.0]]))
    assert xy[0, 0] > 160
    assert xy[1, 1] > 96


@pytest.mark.parametrize("barrel", [0.0, 0.08, 0.15])
def test_bent_points_invert_the_lens_maps(barrel: float) -> None:
    lens = Lens(barrel)
    map_x, map_y = lens.maps(320, 192)
    seen = np.array([(20, 30), (160, 100), (300, 180)])
    straight = np.array([(map_x[y, x], map_y[y, x]) for x, y in seen], float)
    assert lens.bend_points(straight, 320, 192) == pytest.approx(seen.astype(float), abs=0.05)


def test_tone_keeps_order_and_range() -> None:
    light = np.linspace(0, 20, 200, dtype=np.float32).reshape(1, -1, 1)
    out = tone(light).ravel()
    assert (np.diff(out) >= 0).all()
    assert out[0] >= 0 and out[-1] <= 1.0001


def test_developing_is_seeded_and_the_clock_is_written() -> None:
    light = np.full((96, 160, 3), 0.2, np.float32)
    a = Sensor().develop(light, np.random.default_rng(1))
    assert np.array_equal(a, Sensor().develop(light, np.random.default_rng(1)))
    stamped = write_osd(a, "2026-01-01 10:00:00", "CAM 1")
    assert (stamped != a).any()
    assert stamped.shape == a.shape


@pytest.mark.parametrize("fov", [90.0, 110.0])
def test_fisheye_points_invert_its_maps_and_angles_grow_evenly(fov: float) -> None:
    lens = Lens(fisheye_deg=fov)
    map_x, map_y = lens.maps(320, 192)
    seen = np.array([(20, 30), (160, 100), (300, 180)])
    straight = np.array([(map_x[y, x], map_y[y, x]) for x, y in seen], float)
    assert lens.bend_points(straight, 320, 192) == pytest.approx(seen.astype(float), abs=0.05)
    row = np.array([(159.5 + 30 * k, 95.5) for k in range(5)])
    x = np.array([map_x[95, int(p[0] + 0.5)] for p in row]) - 159.5
    angles = np.degrees(np.arctan(x / 160 * np.tan(np.radians(fov) / 2)))
    assert np.diff(angles) == pytest.approx(np.diff(angles)[0], rel=0.05)
