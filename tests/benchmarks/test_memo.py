"""The remembering detector answers as the real one, and infers a picture once."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.events.memo import MemoDetector
from vision.detector import Detector

CLIP = Path(__file__).parents[1] / "scenarios" / "ebike_lift_day.mp4"


@pytest.mark.parametrize("relax", [1.0, 0.5])
def test_it_answers_as_the_detector_and_infers_a_picture_once(tmp_path: Path, relax: float) -> None:
    real, memo = Detector.load(), MemoDetector(tmp_path / "memo.sqlite")
    clip = cv2.VideoCapture(str(CLIP))
    clip.set(cv2.CAP_PROP_POS_FRAMES, 100)
    image = np.asarray(clip.read()[1], np.uint8)
    expected = real.detect(image, relax=relax)
    assert len(expected)
    for _ in range(2):
        seen = memo.detect(image, relax=relax)
        assert np.array_equal(seen.xyxy, expected.xyxy)
        assert np.array_equal(seen.confidence, expected.confidence)
        assert np.array_equal(seen.class_id, expected.class_id)
    assert (memo.asked, memo.inferred) == (2, 1)
    again = MemoDetector(tmp_path / "memo.sqlite")
    assert np.array_equal(again.detect(image, relax=relax).xyxy, expected.xyxy)
    assert again.inferred == 0
