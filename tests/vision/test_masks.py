from datetime import UTC, datetime

import numpy as np

from streams.frame import Frame
from vision.analyzer import _Watching
from vision.masks import Masks

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
TOP = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5))


def frame() -> Frame:
    return Frame("c", 0, datetime(2026, 1, 1, tzinfo=UTC), 0.0, 0.0, np.full((40, 60, 3), 200, np.uint8))


def test_what_lies_in_a_mask_is_black_and_the_rest_as_it_was() -> None:
    shown = frame()
    masked = Masks([LEFT])(shown)
    assert masked.image[:, :29].max() == 0
    assert masked.image[:, 32:].min() == 200
    assert shown.image.min() == 200, "the frame itself is shared and stays"


def test_masks_that_overlap_leave_no_hole() -> None:
    masked = Masks([LEFT, TOP])(frame())
    assert masked.image[:19, :29].max() == 0
    assert masked.image[22:, 32:].min() == 200


def test_without_masks_the_very_frame_passes() -> None:
    shown = frame()
    assert Masks()(shown) is shown


def test_neither_the_looks_nor_the_live_picture_see_more() -> None:
    slot = _Watching(Masks([LEFT]))
    slot.put(frame())
    taken = slot.take(0)
    assert slot.newest is not None and taken is not None
    for seen in (slot.newest, taken):
        assert seen.image[:, :29].max() == 0
