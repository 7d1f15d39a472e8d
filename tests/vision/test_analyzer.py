"""The analyzer: what is wrong with one camera's settings must not blind it, nor those beside it."""

from multiprocessing import Pipe
from pathlib import Path
from typing import cast

import pytest

from streams.clock import SystemClock
from tests.vision.script import MODEL
from vision import analyzer
from vision.analyzer import Analyzer, AnalyzerTask
from vision.config import AnalysisConfig, CameraConfig, DetectorConfig, HazardsConfig
from vision.detector import Detector


class NoDetector:
    """Knows the classes, and is never asked."""

    info = MODEL


@pytest.fixture(autouse=True)
def no_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Detector, "configured", lambda config: cast("Detector", NoDetector()))
    monkeypatch.setattr(analyzer, "lead_network", lambda hazards, detector: None)


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
    ours, _theirs = Pipe()
    task = AnalyzerTask(cameras, HazardsConfig(), DetectorConfig(), AnalysisConfig())
    one, two = Analyzer(ours, task, SystemClock())._cameras
    for _ in range(2):
        assert reason in one.health().detail
        assert not two.health().detail
        one.looked()  # a look that went well does not hide it
    assert one.health().looks == 2
