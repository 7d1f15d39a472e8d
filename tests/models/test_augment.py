"""Geometry of training views: boxes follow their pixels, and what nobody labelled stays unknown."""

import numpy as np
import pytest

from models.augment import (
    Camera,
    View,
    affine_boxes,
    clip_boxes,
    mosaic,
    photometric,
    training_view,
    unknown_boxes,
    view,
)
from models.classes import CLASSES, EBIKE, FLAME
from models.data import Row, Sample
from models.geometry import Floats

ALL = frozenset(range(len(CLASSES)))


def boxes(*rows: list[float]) -> Floats:
    return np.asarray(rows, np.float32).reshape(-1, 5)


def sample(known: frozenset[int] = ALL) -> Sample:
    """A black picture with one white square, boxed as a flame."""
    image = np.zeros((120, 160, 3), np.uint8)
    image[40:80, 60:100] = 255
    row = Row("images/x/a.jpg", "x", "x", known, "1", "")
    return Sample(row, image, boxes([FLAME, 60, 40, 100, 80]), boxes(), known)


def test_a_turned_box_keeps_its_size() -> None:
    quarter = np.asarray([[0, -1, 100], [1, 0, 0]], np.float32)
    np.testing.assert_allclose(affine_boxes(boxes([3, 10, 20, 30, 60]), quarter), [[3, 40, 10, 80, 30]], atol=1e-4)


@pytest.mark.parametrize(
    ("box", "kept", "ignored"),
    [
        ([0, 10, 10, 50, 50], 1, 0),
        ([0, -10, 10, 30, 50], 1, 0),
        ([0, -35, 10, 5, 50], 0, 1),
        ([0, -50, 10, -5, 50], 0, 0),
        ([0, 10, 10, 13, 50], 0, 1),
    ],
    ids=["inside", "mostly inside", "a sliver", "outside", "too thin"],
)
def test_clipping_splits(box: list[float], kept: int, ignored: int) -> None:
    good, slivers = clip_boxes(boxes(box), 100, 100)
    assert (len(good), len(slivers)) == (kept, ignored)


@pytest.mark.parametrize("seed", range(8))
def test_boxes_follow_their_pixels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    out = view(sample(), 256, 256, 240.0, rng)
    for _, x1, y1, x2, y2 in out.boxes.tolist():
        ys, xs = np.nonzero(out.image.min(axis=2) > 200)
        found = np.asarray([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
        assert np.abs(found - [x1, y1, x2, y2]).max() < 14  # a tilt's corners stick out of its ellipse


def test_an_unlabelled_class_is_unknown_everywhere() -> None:
    rows = unknown_boxes(sample(ALL - {EBIKE}), np.asarray([0, 0, 9, 9], np.float32))
    assert rows.tolist() == [[EBIKE, 0, 0, 9, 9]]


def test_a_mosaic_masks_by_quarter() -> None:
    """Only the quarter of the picture that lacks e-bike labels is unknown, not the whole mosaic."""
    tiles = [sample(), sample(ALL - {EBIKE}), sample(), sample()]
    out = mosaic(tiles, 320, np.random.default_rng(0))
    unknown = out.ignore[out.ignore[:, 0] == EBIKE]
    assert len(unknown) == 1
    _, x1, y1, x2, y2 = unknown[0].tolist()
    assert y1 == 0 and x2 == 320
    assert x1 > 0 and y2 < 320


def test_views_are_seeded() -> None:
    first = training_view([sample()], 128, np.random.default_rng(3), Camera())
    second = training_view([sample()], 128, np.random.default_rng(3), Camera())
    np.testing.assert_array_equal(first.image, second.image)
    np.testing.assert_array_equal(first.boxes, second.boxes)
    assert first.image.shape == (128, 128, 3)


def test_a_camera_without_faults_changes_only_colours() -> None:
    """No blur, noise or codec: what was one colour stays one colour."""
    plain = View(
        np.full((64, 64, 3), (40, 90, 160), np.uint8), np.zeros((0, 5), np.float32), np.zeros((0, 5), np.float32)
    )
    for seed in range(20):
        image = photometric(plain, np.random.default_rng(seed), Camera(faults=0.0)).image
        assert (image == image[0, 0]).all()
    faulty = [photometric(plain, np.random.default_rng(seed), Camera()).image for seed in range(20)]
    assert any((image != image[0, 0]).any() for image in faulty)
