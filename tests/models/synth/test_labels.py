"""From pixels to YOLO lines."""

from __future__ import annotations

import numpy as np
import pytest

from models.classes import CLASSES
from models.synth.camera import Camera
from models.synth.develop import FAINT
from models.synth.labels import (
    Box,
    box_of,
    fire_boxes,
    silhouette_px,
    stands_out,
    visible_boxes,
    without_specks,
)
from models.synth.look import Look, Part, thing
from models.synth.mesh import ellipsoid, shift


def test_classes_are_in_the_order_of_the_data_set() -> None:
    assert CLASSES == ("ebike", "bicycle", "person", "flame", "smoke", "clutter", "cable")


def test_box_of_a_mask() -> None:
    mask = np.zeros((10, 20), bool)
    assert box_of(mask) is None
    mask[2:5, 7:9] = True
    assert box_of(mask) == (7, 2, 9, 5)


def test_yolo_line() -> None:
    assert Box("flame", (10, 20, 30, 40)).line(100, 200) == "3 0.20000 0.15000 0.20000 0.10000"


def test_specks_go() -> None:
    mask = np.zeros((20, 20), bool)
    mask[1, 1] = True
    mask[10:14, 10:14] = True
    assert box_of(without_specks(mask, 4)) == (10, 10, 14, 14)


def test_only_things_that_show_are_boxed() -> None:
    index = np.full((60, 80), -1, np.int16)
    index[:, :40] = 0  # a wall
    index[10:30, 50:60] = 1  # a machine
    index[40, 50:75] = 2  # a lead one pixel thick
    index[50:52, 10:12] = 3  # four pixels of a bag
    boxes = visible_boxes(index, ["", "ebike", "cable", "clutter"])
    assert boxes == [Box("ebike", (50, 10, 60, 30)), Box("cable", (50, 40, 75, 41))]


def test_the_seen_share_is_told_and_slivers_have_no_box() -> None:
    index = np.full((60, 80), -1, np.int16)
    index[10:30, 50:60] = 0  # 200 px of a machine that would cover 400
    index[40:50, 0:5] = 1  # 50 px of one that would cover 1000
    boxes = visible_boxes(index, ["ebike", "ebike"], [400, 1000], ["near", "hidden"], least_visible=0.12)
    assert boxes == [Box("ebike", (50, 10, 60, 30), 0.5, "near")]
    assert boxes[0].entry(80, 60) == {
        "kind": "ebike", "name": "near", "box": [0.625, 0.1667, 0.75, 0.5], "visible": 0.5,
    }  # fmt: skip


def test_a_silhouette_is_what_would_be_seen_and_goes_on_outside_the_picture() -> None:
    camera = Camera(np.array((0.0, -4.0, 1.0)), np.array((0.0, 0.0, 1.0)), 60.0, 200, 120)
    ball = Part(ellipsoid((0, 0, 1), (0.5, 0.5, 0.5), 40, 21), Look())
    seen = silhouette_px(thing("ball", "", [ball]), camera)
    radius = camera.focal_px * np.tan(np.arcsin(0.5 / 4))
    assert seen == pytest.approx(np.pi * radius**2, rel=0.08)
    aside = silhouette_px(thing("ball", "", [ball], shift(2.2)), camera)
    assert aside == pytest.approx(seen, rel=0.25)


def test_a_lead_stands_out_or_not() -> None:
    rng = np.random.default_rng(3)
    grey = np.clip(rng.normal(120, 6, (80, 120)), 0, 255).astype(np.uint8)
    mask = np.zeros((80, 120), bool)
    mask[40:42, 10:110] = True
    assert abs(stands_out(grey, mask)) < FAINT
    grey[mask] = 30
    assert stands_out(grey, mask) > 20


def test_specks_of_a_flame_have_no_box_where_more_is_asked_for() -> None:
    flame, smoke = np.zeros((40, 40), bool), np.zeros((40, 40), bool)
    flame[5:9, 5:9] = True
    assert [box.kind for box in fire_boxes(flame, smoke)] == ["flame"]
    assert fire_boxes(flame, smoke, least_flame_px=40) == []
