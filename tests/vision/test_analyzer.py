"""The analyzer: what is wrong with one camera's settings must not blind it, nor those beside it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from streams.clock import SystemClock
from streams.frame import Frame
from tests.vision.script import MODEL
from vision.config import AnalysisConfig, CameraConfig, EvidenceConfig, HazardsConfig
from vision.detections import Detections
from vision.detector import Detector
from vision.watched import Equipment, Watched


class BlindDetector:
    """Knows the classes, and sees nothing."""

    info = MODEL

    def detect(self, image: object, *, relax: float = 1.0) -> Detections:
        return Detections.empty()


def blank() -> Frame:
    return Frame("c", 0, datetime(2026, 1, 1, tzinfo=UTC), 0.0, 0.0, np.zeros((90, 160, 3), np.uint8))


@pytest.mark.parametrize(("content", "reason"), [(None, "no such file"), (b"x", "not a picture")])
def test_a_reference_that_cannot_be_read_is_told_and_all_cameras_are_watched(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "clear.png"
    if content is not None:
        file.write_bytes(content)
    cameras = tuple(
        CameraConfig.model_validate({"name": name, "url": str(tmp_path), "reference": reference})
        for name, reference in (("one", file), ("two", None))
    )
    shared = Equipment(
        HazardsConfig(), AnalysisConfig(), cast("Detector", BlindDetector()), None, EvidenceConfig(), SystemClock()
    )
    one, two = (Watched(camera, shared) for camera in cameras)
    for _ in range(2):
        assert reason in one.health().detail
        assert not two.health().detail
        one.slot.put(blank())
        one.look()  # a look that goes well does not hide it
    assert one.health().looks == 2


@pytest.mark.parametrize(
    ("size", "looked_at"),
    [
        ((640, 360), True),
        ((16, 16), True),
        ((1280, 160), True),
        ((1, 1), False),
        ((15, 100), False),
        ((1, 5000), False),
        ((3840, 400), False),
    ],
)
def test_pictures_of_an_absurd_shape_cost_no_look_and_are_told(size: tuple[int, int], looked_at: bool) -> None:
    shared = Equipment(
        HazardsConfig(), AnalysisConfig(), cast("Detector", BlindDetector()), None, EvidenceConfig(), SystemClock()
    )
    camera = Watched(CameraConfig.model_validate({"name": "one", "url": "none"}), shared)
    camera.slot.put(Frame("one", 0, datetime(2026, 1, 1, tzinfo=UTC), 0.0, 0.0, np.zeros((*size[::-1], 3), np.uint8)))
    assert (camera.look() is not None) is looked_at
    told = f"too small or too narrow to be looked at ({size[0]}×{size[1]})"
    assert (told in camera.health().detail) is not looked_at
    camera.slot.put(blank())
    assert camera.look() is not None
    assert not camera.health().detail
