"""Nothing that is measured was trained on: no source, video, photo or near-duplicate on both sides."""

import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from models.data import Row, read_holdout, read_index, shared_data
from models.folds import LIFT_PHOTOS, NEAR, NEAR_FRAME, held_out, spread, thumbnails

needs_data = pytest.mark.skipif(shared_data() is None, reason="the gathered pictures are not here (set XINAN_SHARED)")


def data() -> Path:
    folder = shared_data()
    assert folder is not None
    return folder


@pytest.mark.parametrize(
    ("image", "source", "indoor", "expected"),
    [
        ("images/flame/firenet_0135.jpg", "fire/firenet", "", True),
        ("images/flame/firenet_0145.jpg", "fire/firenet", "", False),
        ("images/flame/pbl5_0120.jpg", "fire/pbl5", "", True),
        ("images/flame/pbl5_0360.jpg", "fire/pbl5", "", False),
        ("images/wheels/voc2007_000005.jpg", "ebike/voc2007", "0", True),
        ("images/wheels/wc-roboflow_ab1.jpg", "ebike/wheelchair_roboflow", "-1", True),
        ("images/wheels/wc-kaggle_ab1.jpg", "ebike/wheelchair_kaggle", "-1", False),
        ("images/wheels2/indroad_024.jpg", "ebike2/nervewastaken", "1", True),
        ("images/clutter/aboda_video8_t003.jpg", "clutter/ScottHodg/x", "", True),
        ("images/clutter/aboda_video5_t003.jpg", "clutter/ScottHodg/x", "", False),
    ],
)
def test_rules(image: str, source: str, indoor: str, expected: bool) -> None:
    assert held_out(Row(image, "", source, frozenset(), indoor, "")) is expected


def test_being_held_out_runs_along_pairs() -> None:
    assert spread([True, False, False, False], [(0, 1), (1, 2)]) == [True, True, True, False]


def group(row: Row) -> str | None:
    """What must not be split: a video, or one VOC photo in several sets. None: the picture stands alone."""
    name = Path(row.image).stem
    if row.source.startswith("clutter/ScottHodg"):
        return re.sub(r"_t\d+.*|_\d+$", "", name)
    if re.fullmatch(r"voc2007_\d{6}", name):
        return name
    if row.source in ("ebike/wheelchair_roboflow", "ebike/wheelchair_kaggle"):
        return row.source
    return None


@needs_data
def test_no_group_straddles() -> None:
    holdout = read_holdout()
    sides: defaultdict[str, set[str]] = defaultdict(set)
    for row in read_index(data()):
        if (key := group(row)) is not None:
            sides[key].add(holdout.get(row.image, "train"))
    assert [key for key, folds in sides.items() if len(folds) > 1] == []


@needs_data
def test_no_near_duplicate_straddles() -> None:
    rows, holdout = read_index(data()), read_holdout()
    learn = [row for row in rows if row.image not in holdout and row.source != "ebike2/SYNTHETIC"]
    held = [row for row in rows if holdout.get(row.image) == "val"]
    likeness = thumbnails(data(), held) @ thumbnails(data(), learn).T
    frames = np.asarray([row.source == "fire/pbl5" for row in held])[:, None] & np.asarray(
        [row.source == "fire/pbl5" for row in learn]
    )
    limit = np.where(frames, NEAR_FRAME, NEAR)
    assert not (likeness > limit).any()


@needs_data
def test_every_goal_has_held_out_pictures() -> None:
    holdout = read_holdout()
    held = [row for row in read_index(data()) if holdout.get(row.image) == "val"]
    sources = {row.source for row in held}
    assert {"fire/firenet", "fire/pbl5", "fire/pbl5_lamps", "ebike/lift_photos"} <= sources
    assert sum(row.source == "ebike/lift_photos" for row in held) == len(LIFT_PHOTOS)


def test_holdout_names_are_relative() -> None:
    assert all(image.startswith("images/") for image in read_holdout())
