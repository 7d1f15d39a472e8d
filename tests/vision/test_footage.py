"""What is kept of a camera, with and without a main stream."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from streams.clock import SystemClock
from tests.acceptance.watching import until
from tests.streams.make_media import make_video
from tests.streams.test_clip import coded
from vision.config import CameraConfig, EvidenceConfig
from vision.footage import Footage


def footage(main: Path | None) -> Footage:
    config = CameraConfig(
        name="gate", url=SecretStr("rtsp://127.0.0.1/sub"), main_url=SecretStr(str(main)) if main else None
    )
    return Footage(config, EvidenceConfig(pre_s=5.0, ring_mb=4), SystemClock())


def test_of_a_camera_with_one_stream_that_one_is_cut(tmp_path: Path) -> None:
    kept = footage(None)
    for told, unit in coded(tmp_path):
        kept.ring.put(told, unit)
    assert kept.roll.best(54.0, 50.0) is kept.ring
    kept.start()
    kept.stop()


@pytest.mark.parametrize("there", [True, False])
def test_the_main_stream_is_cut_where_it_comes(tmp_path: Path, there: bool) -> None:
    """Where it does not, that is told, and the analysed stream is cut."""
    main = tmp_path / "main.mp4"
    if there:
        make_video(main, size=(640, 480))
    kept = footage(main)
    for told, unit in coded(tmp_path):
        kept.ring.put(told, unit)
    kept.start()
    try:
        if there:
            until(lambda: kept.roll.rings[0].size, "the main stream")
            assert {one.format.width for one in kept.roll.rings[0].since(0.0)} == {640}
            assert kept.trouble == ""
        else:
            until(lambda: kept.trouble, "the trouble")
            assert kept.trouble == "main stream: no such file or folder"
            assert kept.roll.best(54.0, 50.0) is kept.ring
    finally:
        kept.stop()


def test_the_main_streams_picture_is_masked(tmp_path: Path) -> None:
    config = CameraConfig.model_validate(
        {
            "name": "gate",
            "url": "rtsp://127.0.0.1/sub",
            "main_url": "rtsp://127.0.0.1/main",
            "masks": [[[0.0, 0.5], [0.5, 0.5], [0.5, 1.0], [0.0, 1.0]]],
        }
    )
    kept = Footage(config, EvidenceConfig(), SystemClock())
    for told, unit in coded(tmp_path):
        kept.roll.rings[0].put(told, unit)
    image = kept.native(52.0)
    assert image is not None
    assert image[-5, 5].tolist() == [0, 0, 0]
    assert image[-5, -5].min() > 240
    assert footage(None).native(52.0) is None
