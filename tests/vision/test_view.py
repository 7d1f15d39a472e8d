from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from streams.frame import Frame
from vision.clear_route import ClearRoute
from vision.config import CameraConfig
from vision.geometry import Polygon
from vision.masks import blackened
from vision.view import View, view_of
from vision.watched import WatchedSlot

LEFT: Polygon = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
TOP: Polygon = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5))


def picture() -> NDArray[np.uint8]:
    return np.full((40, 60, 3), 200, np.uint8)


def frame() -> Frame:
    return Frame("c", 0, datetime(2026, 1, 1, tzinfo=UTC), 0.0, 0.0, picture())


def require_left_masked(image: NDArray[np.uint8]) -> None:
    assert image[:, :29].max() == 0
    assert image[:, 32:].min() == 200


def test_what_lies_in_a_mask_is_black_and_the_rest_as_it_was() -> None:
    came = frame()
    require_left_masked(View((), (LEFT,)).shown(came).image)
    assert came.image.min() == 200, "the frame itself is shared and stays"


def test_masks_that_overlap_leave_no_hole() -> None:
    masked = blackened(picture(), (LEFT, TOP))
    assert masked[:19, :29].max() == 0
    assert masked[22:, 32:].min() == 200


def test_without_masks_the_very_frame_passes() -> None:
    came = frame()
    assert View(()).shown(came) is came


def test_neither_the_looks_nor_the_live_picture_see_more() -> None:
    slot = WatchedSlot(View((), (LEFT,)))
    slot.put(frame())
    taken = slot.take(0)
    assert slot.newest is not None and taken is not None
    for seen in (slot.newest, taken):
        require_left_masked(seen.image)


def test_the_approved_picture_is_masked_like_what_is_compared_with_it(tmp_path: Path) -> None:
    file = tmp_path / "clear.png"
    cv2.imwrite(str(file), picture())
    view = view_of(CameraConfig.model_validate({"name": "c", "url": "x", "reference": file, "masks": [LEFT]}))
    assert view.clear is not None
    require_left_masked(view.clear.picture)
    assert view.clear.name == str(file)


@pytest.mark.parametrize("clear", [None, ClearRoute(picture())])
def test_without_masks_the_approved_picture_is_as_it_was(clear: ClearRoute | None) -> None:
    assert View((), clear=clear).clear is clear
