"""From pixels to YOLO lines."""

from __future__ import annotations

import numpy as np

from models.synth.labels import CLASSES, Box, box_of, visible_boxes, without_specks


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
