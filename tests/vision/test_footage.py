"""What is kept of a camera, with and without a main stream."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from streams.clock import SystemClock
from tests.acceptance.watching import until
from tests.streams.make_media import make_video
from tests.streams.test_clip import coded
from vision.config import CameraConfig, EvidenceConfig
from vision.footage import RECENT_S, Footage

MASKS = [[[0.0, 0.5], [0.5, 0.5], [0.5, 1.0], [0.0, 1.0]]]


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
            "masks": MASKS,
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


def test_the_last_minutes_of_the_analysed_stream_are_kept_where_they_are_wanted(tmp_path: Path) -> None:
    kept, given = footage(tmp_path / "none.mp4"), coded(tmp_path)

    def later(pictures: int) -> None:
        """A minute between two key pictures."""
        for number in range(pictures):
            told, unit = given[0]
            kept.ring.put(told, replace(unit, monotonic_s=unit.monotonic_s + 60 * number))

    later(4)
    assert kept.ring.span_s == 60.0, "as a clip needs it"
    kept.keep_recent(True)
    later(10)
    assert kept.ring.span_s == 240.0, f"{RECENT_S} s, some seconds more, and up to the key picture before"
    kept.keep_recent(False)
    assert kept.ring.span_s == 60.0


@pytest.mark.parametrize(
    ("changed", "kept_s"), [({"place": "Lane 12"}, 3.96), ({"masks": MASKS}, 0.0), ({"url": "rtsp://127.0.0.1/2"}, 0.0)]
)
def test_a_camera_whose_settings_change_keeps_what_it_has_sent_if_no_more_of_it_may_be_seen(
    tmp_path: Path, changed: dict[str, Any], kept_s: float
) -> None:
    before = footage(None)
    for told, unit in coded(tmp_path):
        before.ring.put(told, unit)
    given = {"name": "gate", "url": "rtsp://127.0.0.1/sub"}
    after = Footage(CameraConfig.model_validate({**given, **changed}), EvidenceConfig(pre_s=5.0), SystemClock())
    after.take_over(before)
    assert after.ring.span_s == pytest.approx(kept_s, abs=0.01)
