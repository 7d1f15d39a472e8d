"""The newest of each camera, and what of it is too old to be kept as what the place looks like now."""

from datetime import UTC, datetime

from alerts.live import STALE_S, LiveCameras
from streams.clock import SimulatedClock
from vision.config import CameraConfig
from vision.look import CameraHealth, Preview

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_picture_that_stands_still_is_no_picture_of_now() -> None:
    clock = SimulatedClock()
    live = LiveCameras([CameraConfig(name="hall", url="0")], clock)
    assert live.jpeg("hall") is None
    live.put(Preview("hall", 1, NOW, b"first"))
    clock.step(STALE_S)
    assert live.jpeg("hall") == b"first"
    clock.step(0.1)
    assert live.jpeg("hall") is None
    assert live.preview("hall") is not None, "the console says itself that it stands still"
    live.put(Preview("hall", 2, NOW, b"second"))
    assert live.jpeg("hall") == b"second"
    live.put(CameraHealth("hall", "offline", NOW))
    assert live.jpeg("hall") is None


def test_a_picture_from_before_a_mask_that_was_still_on_its_way_is_not_shown() -> None:
    masks = (((0.5, 0.0), (1.0, 0.0), (1.0, 1.0)),)
    live = LiveCameras([CameraConfig(name="hall", url="0")], SimulatedClock())
    live.watch([CameraConfig(name="hall", url="0", masks=masks)])
    live.put(Preview("hall", 1, NOW, b"bare"))
    assert live.preview("hall") is None
    live.put(Preview("hall", 1, NOW, b"masked", masks))
    assert live.jpeg("hall") == b"masked"
