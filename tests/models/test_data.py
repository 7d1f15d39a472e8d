"""Labels, partial labels and the teacher's completion."""

from pathlib import Path

import numpy as np
import pytest

from models.classes import BICYCLE, CLUTTER, EBIKE, FLAME, PERSON, SMOKE
from models.data import Row, complete, label_path, parse_labels, read_holdout, read_index, shrunk, tighten
from models.geometry import Floats

NO_BOXES = np.zeros((0, 5), np.float32)


def row(source: str = "x", labelled: frozenset[int] = frozenset()) -> Row:
    return Row("images/x/a.jpg", "x", source, labelled, "1", "")


def seen(*rows: list[float]) -> Floats:
    return np.asarray(rows, np.float32).reshape(-1, 6)


def test_labels_become_pixels() -> None:
    boxes = parse_labels("3 0.5 0.5 0.2 0.4\n\n0 0.1 0.1 0.4 0.4\n", 200, 100)
    np.testing.assert_allclose(boxes, [[3, 80, 30, 120, 70], [0, 0, 0, 60, 30]], atol=1e-4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3 0.5 0.5 0.2", "line 1: expected 5 fields, got 4"),
        ("0 .5 .5 .1 .1\n7 .5 .5 .1 .1", "line 2: class 7 is not one of 0-6"),
        ("1.5 .5 .5 .1 .1", "class 1.5"),
    ],
)
def test_bad_labels_name_their_line(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_labels(text, 10, 10)


def test_no_labels_is_no_boxes() -> None:
    assert parse_labels("", 10, 10).shape == (0, 5)


def test_label_path_keeps_the_set() -> None:
    assert label_path(Path("d"), "images/flame/a.jpg") == Path("d/labels/flame/a.txt")


def test_a_sure_teacher_adds_and_a_doubtful_one_only_hides() -> None:
    boxes, ignore, known = complete(
        row(labelled=frozenset({FLAME})),
        NO_BOXES,
        seen([0, 0, 10, 10, 0.9, 0], [20, 0, 30, 10, 0.3, 0], [40, 0, 50, 10, 0.05, 0]),
    )
    assert boxes[:, 0].tolist() == [PERSON]
    assert ignore.tolist() == [[PERSON, 20, 0, 30, 10]]
    assert known == {FLAME, PERSON, BICYCLE, EBIKE, CLUTTER}
    assert SMOKE not in known


def test_a_labelled_class_is_never_completed() -> None:
    """The teacher takes wheelchairs for bicycles; the label says there is none."""
    labelled = frozenset({EBIKE, BICYCLE, PERSON})
    boxes, ignore, known = complete(row(labelled=labelled), NO_BOXES, seen([0, 0, 9, 9, 0.9, 1], [0, 0, 9, 9, 0.3, 3]))
    assert len(boxes) == len(ignore) == 0
    assert labelled <= known


def test_the_teacher_does_not_repeat_a_box() -> None:
    mine = np.asarray([[PERSON, 0, 0, 10, 10]], np.float32)
    boxes, ignore, _ = complete(row(), mine, seen([0, 0, 10, 9, 0.9, 0]))
    assert len(boxes) == 1
    assert len(ignore) == 0


def test_a_carried_bag_is_never_taught_as_clutter() -> None:
    boxes, ignore, _ = complete(row(), NO_BOXES, seen([0, 0, 9, 9, 0.9, 24]))
    assert len(boxes) == 0
    assert ignore[:, 0].tolist() == [CLUTTER]


def test_unboxed_furniture_is_ignored_beside_an_exhaustive_bag() -> None:
    bag = np.asarray([[CLUTTER, 0, 0, 10, 10]], np.float32)
    halls = row("clutter/ScottHodg/x", frozenset({CLUTTER}))
    boxes, ignore, known = complete(halls, bag, seen([0, 0, 10, 9, 0.9, 28], [40, 0, 60, 20, 0.9, 56]))
    assert len(boxes) == 1
    assert ignore.tolist() == [[CLUTTER, 40, 0, 60, 20]]
    assert CLUTTER in known


def test_a_judged_source_has_background() -> None:
    assert FLAME in row("ebike/wheelchair_kaggle").safe
    assert FLAME not in row("ebike2/furniture").safe


def test_tighten_takes_the_rider_out() -> None:
    boxes = np.asarray([[EBIKE, 0, 0, 10, 20], [PERSON, 0, 0, 10, 20]], np.float32)
    out = tighten(boxes, seen([0, 8, 10, 20, 0.8, 3]))
    assert out.tolist() == [[EBIKE, 0, 8, 10, 20], [PERSON, 0, 0, 10, 20]]
    np.testing.assert_array_equal(tighten(boxes, seen([0, 15, 10, 20, 0.8, 3])), boxes)


def test_index_and_holdout_are_read(tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_text(
        "image,set,source,labelled,indoor,boxes,note\nimages/a/b.jpg,a,s,flame cable,1,2,hm\n"
    )
    (only,) = read_index(tmp_path)
    assert only.labelled == {3, 6}
    listing = tmp_path / "holdout.txt"
    listing.write_text("# why\nval images/a/b.jpg\nout images/a/c.jpg\n")
    assert read_holdout(listing) == {"images/a/b.jpg": "val", "images/a/c.jpg": "out"}
    listing.write_text("test images/a/b.jpg\n")
    with pytest.raises(ValueError, match="neither val nor out"):
        read_holdout(listing)


def test_a_photo_with_an_unboxed_fire_is_no_negative() -> None:
    calm = Row("images/wheels/voc2007_000009.jpg", "wheels", "ebike/voc2007", frozenset({EBIKE}), "0", "")
    burning = Row("images/wheels/voc2007_001875.jpg", "wheels", "ebike/voc2007", frozenset({EBIKE}), "0", "")
    assert calm.safe - burning.safe == {FLAME}


@pytest.mark.parametrize(("shape", "wanted"), [((2, 3000), (1, 640)), ((480, 1280), (240, 640)), ((30, 40), (30, 40))])
def test_a_thin_picture_keeps_a_pixel(shape: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert shrunk(np.zeros((*shape, 3), np.uint8), 640).shape[:2] == wanted
