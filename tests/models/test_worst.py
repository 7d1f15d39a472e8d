"""The order of the worst pictures, and their sheet."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.classes import CLASSES, EBIKE, FLAME
from models.data import Row, Sample
from models.worst import COLUMNS, TILE_W, worst, write_sheet
from tests.models.scored import HIT, MISS, picture

LIMITS = dict.fromkeys(CLASSES, 0.5)


def test_kinds_take_turns_worst_first() -> None:
    items = [
        picture([[FLAME, *HIT]], [[*HIT, 0.4, FLAME]], image="faint flame"),
        picture([[FLAME, *HIT]], [], image="unseen flame"),
        picture([], [[*MISS, 0.6, FLAME]], image="false flame"),
        picture([], [[*MISS, 0.9, FLAME]], image="sure false flame"),
        picture([[EBIKE, *HIT]], [], image="unseen e-bike"),
        picture([[EBIKE, *HIT]], [[*HIT, 0.9, EBIKE]], image="right"),
    ]
    errors = worst(items, LIMITS)
    assert [error.image for error in errors] == [
        "unseen flame", "sure false flame", "unseen e-bike", "faint flame", "false flame",
    ]  # fmt: skip
    assert [error.badness for error in errors] == pytest.approx([1, 0.8, 1, 0.2, 0.2], abs=1e-6)
    assert [(error.kind, error.class_name) for error in errors[:3]] == [
        ("missed", "flame"), ("false", "flame"), ("missed", "ebike"),
    ]  # fmt: skip
    assert len(worst(items, LIMITS, 2)) == 2


def test_a_picture_comes_once_with_its_worst_error() -> None:
    item = picture([[FLAME, *HIT], [EBIKE, *HIT]], [[*MISS, 0.75, FLAME]])
    (error,) = worst([item], LIMITS)
    assert (error.kind, error.class_name, error.badness) == ("missed", "flame", 1)


def test_loose_flames_count_as_found_and_poor_boxes_are_not_false() -> None:
    third, tenth = [0, 0, 10, 3.5], [0, 0, 10, 1.5]
    assert worst([picture([[FLAME, *HIT]], [[*third, 0.9, FLAME]])], LIMITS) == []
    (error,) = worst([picture([[FLAME, *HIT]], [[*tenth, 0.9, FLAME]])], LIMITS)
    assert (error.kind, error.score) == ("missed", 0)


def test_unlabelled_pictures_are_not_blamed() -> None:
    assert worst([picture([], [[*MISS, 0.9, FLAME]], labelled=frozenset({EBIKE}))], LIMITS) == []


def test_the_sheet_shows_the_pictures_with_their_boxes(tmp_path: Path) -> None:
    item = picture([[FLAME, 5, 5, 30, 30]], [[40, 40, 58, 58, 0.9, EBIKE]], ignore=[[EBIKE, 0, 0, 60, 20]])
    grey = np.full((60, 80, 3), 128, np.uint8)
    none = np.zeros((0, 5), np.float32)
    sample = Sample(Row("a", "x", "s", item.labelled, "", ""), grey, none, none, item.labelled)
    out = tmp_path / "new" / "worst.jpg"
    write_sheet(out, worst([item], LIMITS), [item], [sample], LIMITS)
    sheet = cv2.imread(str(out))
    assert sheet is not None
    assert sheet.shape == (322, TILE_W * COLUMNS, 3)
    red = (sheet[:300, :TILE_W, 2].astype(int) - sheet[:300, :TILE_W, 0]) > 60
    rows, columns = np.nonzero(red)
    assert (columns.min(), rows.min()) == pytest.approx((25, 25), abs=2)
    assert (columns.max(), rows.max()) == pytest.approx((150, 150), abs=2)
    write_sheet(out, [], [], [], LIMITS)
    assert cv2.imread(str(out)) is not None
