"""Fires in a picture: size by distance, hidden by what stands before them, boxed where they are seen."""

from __future__ import annotations

import numpy as np
import pytest

from models.synth.blaze import FIRES, Blaze
from models.synth.camera import Camera
from models.synth.labels import box_of
from models.synth.world import SynthError

CAMERA = Camera(np.array((0.0, -3.0, 1.6)), np.array((0.0, 1.0, 0.6)), 70.0, 320, 192)
FREE = np.full((192, 320), 1e3, np.float32)
FOOT = np.array((0.0, 0.5, 0.0))


def test_unknown_fires_are_one_line() -> None:
    with pytest.raises(SynthError, match="there is no fire 'volcano'; known: lighter, candle"):
        Blaze("volcano", 1, FOOT, CAMERA, FREE)


@pytest.mark.parametrize("sort", sorted(FIRES))
def test_every_sort_burns_where_it_stands_and_repeats(sort: str) -> None:
    blaze = Blaze(sort, 3, FOOT, CAMERA, FREE, np.array((0.6, 0, 0)))
    layer = blaze.mature(1.0, 5)
    assert np.array_equal(layer.glow, Blaze(sort, 3, FOOT, CAMERA, FREE, np.array((0.6, 0, 0))).mature(1.0, 5).glow)
    assert not np.array_equal(layer.glow, blaze.mature(1.0, 6).glow)
    assert layer.light > 0
    found = box_of(layer.glow[..., 0] > 0.1)
    assert found is not None
    foot, _ = CAMERA.project(FOOT[None])
    assert found[0] - 30 < foot[0, 0] < found[2] + 30
    assert found[3] == pytest.approx(foot[0, 1], abs=30)


def test_nearer_is_larger_and_a_wall_hides_it() -> None:
    heights = []
    for y in (0.0, 4.0):
        layer = Blaze("pan", 2, np.array((0.0, y, 0.0)), CAMERA, FREE).mature(1.0, 1)
        found = box_of(layer.flame)
        assert found is not None
        heights.append(found[3] - found[1])
    assert heights[0] > 1.4 * heights[1]
    wall = np.full((192, 320), 1.0, np.float32)
    hidden = Blaze("pan", 2, FOOT, CAMERA, wall).mature(1.0, 1)
    assert hidden.glow.max() == 0
    assert not hidden.flame.any()


def test_frames_move_and_no_power_goes_dark() -> None:
    blaze = Blaze("bag", 4, FOOT, CAMERA, FREE)
    frames = [blaze.frame(k / 8, 1.0) for k in range(16)]
    assert np.abs(frames[-1].glow - frames[-2].glow).mean() > 0.01 * frames[-1].glow.mean()
    for k in range(30):
        last = blaze.frame(2 + k / 8, 0.0)
    assert last.glow.sum() < 0.05 * frames[-1].glow.sum()
    assert last.light == 0


def test_the_room_is_lit_and_the_flame_is_the_brightest() -> None:
    blaze = Blaze("cartons", 4, FOOT, CAMERA, FREE)
    layer = blaze.mature(1.0, 2)
    room, lit = np.full((192, 320, 3), 0.05, np.float32), np.full((192, 320, 3), 0.1, np.float32)
    picture = blaze.apply(room, (lit,), layer)
    away = ~layer.flame & ~layer.smoke & (layer.veil < 0.02)
    assert picture[away].mean() > room.mean()
    assert picture[layer.flame].mean() > 5 * picture[away].mean()


def test_the_flame_behind_something_is_told_apart_from_the_whole() -> None:
    free = Blaze("bag", 4, FOOT, CAMERA, FREE)
    hidden = Blaze("bag", 4, FOOT, CAMERA, np.full_like(FREE, 1.0))
    seen, behind = free.mature(0.9, 1), hidden.mature(0.9, 1)
    assert seen.flame.sum() > 0.7 * seen.whole_px > 0
    assert (behind.flame.sum(), behind.whole_px) == (0, seen.whole_px)
