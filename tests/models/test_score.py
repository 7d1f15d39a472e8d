"""Scores on cases small enough to work out by hand."""

import math

import numpy as np
import pytest

from models.classes import EBIKE, FLAME
from models.geometry import box_iou, decode, nms
from models.score import (
    Matches,
    average_precision,
    boxes_false,
    boxes_found,
    gather,
    pictures_false,
    pictures_found,
    precision_over_ious,
    threshold_for,
)
from models.subject import as_ours
from models.validate import UNPROVEN, best_f, choose_thresholds, measure
from tests.models.scored import HIT, MISS, picture


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([[*HIT, 0.9, FLAME]], 1.0),
        ([[*MISS, 0.9, FLAME], [*HIT, 0.5, FLAME]], 0.5),
        ([[*HIT, 0.9, FLAME], [*HIT, 0.8, FLAME], [*MISS, 0.1, FLAME]], 1.0),
        ([], 0.0),
    ],
    ids=["found", "after a false one", "a repeat costs nothing once all is found", "nothing"],
)
def test_average_precision(found: list[list[float]], expected: float) -> None:
    items = [picture([[FLAME, *HIT]], found)]
    assert average_precision(gather(items, FLAME, 0.5)) == pytest.approx(expected)


def test_precision_over_cocos_ious() -> None:
    """A box that overlaps by 0.82 is right at seven of the ten IoUs; the other true box is never found."""
    loose = [0.0, 0.0, 10.0, 8.2]
    assert precision_over_ious([picture([[FLAME, *HIT]], [[*loose, 0.9, FLAME]])], FLAME) == pytest.approx(0.7)
    two = picture([[FLAME, *HIT], [FLAME, *MISS]], [[*loose, 0.9, FLAME]])
    assert precision_over_ious([two], FLAME) == pytest.approx(0.35)
    assert math.isnan(precision_over_ious([picture([], [])], FLAME))


def test_no_truth_is_not_zero() -> None:
    assert math.isnan(average_precision(gather([picture([], [])], FLAME, 0.5)))


def test_pictures_that_do_not_label_the_class_do_not_count() -> None:
    items = [picture([[FLAME, *HIT]], [[*MISS, 0.9, FLAME]], labelled=frozenset())]
    assert gather(items, FLAME, 0.5).truths == 0


def test_an_ignore_box_excuses() -> None:
    items = [picture([], [[*MISS, 0.9, FLAME]], ignore=[[FLAME, 45, 45, 70, 70]])]
    assert pictures_false(items, FLAME, 0.5).value == 0


def test_recall_and_false_pictures() -> None:
    items = [
        picture([[FLAME, *HIT]], [[*HIT, 0.6, FLAME]]),
        picture([[FLAME, *HIT]], [[*MISS, 0.9, FLAME]]),
        picture([], [[*MISS, 0.4, FLAME]]),
        picture([], []),
    ]
    matches = gather(items, FLAME, 0.5)
    assert boxes_found(matches, 0.5).value == 0.5
    assert boxes_found(matches, 0.7).value == 0.0
    assert pictures_found(items, FLAME, 0.5).value == 1.0
    assert pictures_false(items, FLAME, 0.3).value == 0.5
    assert best_f(matches, 1.0) == pytest.approx(0.6)


def test_recall_counts_more_with_a_larger_beta() -> None:
    """One of two found at 0.9, then three false ones, then the other at 0.2: F1 stops at 0.9, F2 goes on."""
    matches = Matches(np.asarray([0.9, 0.5, 0.4, 0.3, 0.2], np.float32), np.asarray([1, 0, 0, 0, 1], bool), 2)
    assert best_f(matches, 1.0) == pytest.approx(0.9)
    assert best_f(matches, 2.0) == pytest.approx(0.2)


def test_false_boxes_are_counted_in_pictures_without_the_class() -> None:
    twice = picture([], [[*MISS, 0.6, FLAME], [*HIT, 0.7, FLAME], [*HIT, 0.2, FLAME]])
    excused = picture([], [[*MISS, 0.6, FLAME]], ignore=[[FLAME, 45, 45, 70, 70]])
    burning = picture([[FLAME, *HIT]], [[*MISS, 0.9, FLAME]])
    unknown = picture([], [[*MISS, 0.9, FLAME]], labelled=frozenset())
    assert boxes_false([twice, excused, burning, unknown], FLAME, 0.5) == 2


def test_a_threshold_keeps_its_promise() -> None:
    items = [picture([], [[*MISS, score, FLAME]]) for score in np.linspace(0.1, 0.9, 40)]
    threshold = threshold_for(items, FLAME, 0.05)
    assert pictures_false(items, FLAME, threshold).value <= 0.05
    assert pictures_false(items, FLAME, threshold - 0.03).value > 0.05


def test_a_set_without_gathered_pictures_is_judged_by_the_users_own() -> None:
    found = [picture([[FLAME, *HIT]], [[*HIT, 0.9, FLAME]], source="added/mine")]
    missed = [picture([[EBIKE, *HIT]], [], source="added/mine")]
    metrics = measure([*found, *missed])
    assert (metrics["flame_ap50_added"], metrics["ebike_ap50_added"], metrics["total"]) == (1.0, 0.0, 0.5)
    assert measure([])["total"] == 0.0


def test_coco_classes_fall_together() -> None:
    rows = np.asarray([[*HIT, 0.9, 56], [*HIT, 0.8, 57], [*HIT, 0.7, 3], [*HIT, 0.6, 79]], np.float32)
    assert as_ours(rows)[:, 5].tolist() == [0, 5]


def test_nms_and_iou() -> None:
    boxes = np.asarray([HIT, [1, 0, 10, 10], MISS], np.float32)
    np.testing.assert_allclose(box_iou(boxes[:1], boxes), [[1, 0.9, 0]], atol=1e-5)
    assert nms(boxes, np.asarray([0.5, 0.9, 0.1], np.float32), 0.6).tolist() == [1, 2]


def test_decode_reads_centre_and_size() -> None:
    output = np.zeros((4 + 7, 2), np.float32)
    output[:4, 0] = (20, 30, 10, 20)
    output[4 + FLAME, 0] = 0.7
    np.testing.assert_allclose(decode(output, 0.5, 0.6), [[15, 20, 25, 40, 0.7, FLAME]], atol=1e-6)


def test_few_pictures_without_a_class_prove_no_low_threshold() -> None:
    fires = [picture([[FLAME, *HIT]], [[*HIT, 0.9, FLAME]])] * 5
    assert choose_thresholds(fires)["flame"] == UNPROVEN
    assert choose_thresholds([])["ebike"] >= UNPROVEN
    calm = [picture([], [[*MISS, 0.1, FLAME]])] * 30
    assert choose_thresholds(fires + calm)["flame"] == pytest.approx(0.101)
