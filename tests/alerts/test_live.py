"""The newest of each camera, and what of it is too old to be kept as what the place looks like now."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from alerts.live import STALE_S, LiveCameras
from streams.clock import SimulatedClock
from tests.alerts.making import look
from vision.blur import Private
from vision.config import CameraConfig
from vision.look import CameraHealth, Preview

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HALL = CameraConfig(name="hall", url="0")


def test_a_picture_that_stands_still_is_no_picture_of_now() -> None:
    clock = SimulatedClock()
    live = LiveCameras([HALL], clock)
    assert live.jpeg("hall") is None
    live.put(Preview("hall", 1, NOW, b"first", HALL.sight))
    clock.step(STALE_S)
    assert live.jpeg("hall") == b"first"
    clock.step(0.1)
    assert live.jpeg("hall") is None
    assert live.preview("hall") is not None, "the console says itself that it stands still"
    live.put(Preview("hall", 2, NOW, b"second", HALL.sight))
    assert live.jpeg("hall") == b"second"
    live.put(CameraHealth("hall", "offline", NOW, HALL.sight))
    assert live.jpeg("hall") is None


MASKS = (((0.5, 0.0), (1.0, 0.0), (1.0, 1.0)),)


@pytest.mark.parametrize("changed", [{"masks": MASKS}, {"url": SecretStr("1")}], ids=["mask", "address"])
def test_what_was_on_its_way_when_a_camera_came_to_show_something_else_is_not_shown(changed: dict[str, Any]) -> None:
    live = LiveCameras([HALL], SimulatedClock())
    new = HALL.model_copy(update=changed)
    live.watch([new])
    seen = replace(look(0, camera="hall"), private=Private(((0.1, 0.1, 0.2, 0.9),)))
    live.put(Preview("hall", 1, NOW, b"before", HALL.sight))
    live.put(replace(seen, sight=HALL.sight))
    live.put(CameraHealth("hall", "online", NOW, HALL.sight))
    assert live.preview("hall") is None and live.look("hall") is None
    assert live.health("hall") is None, "nobody reads that the new address is well"
    live.put(Preview("hall", 1, NOW, b"now", new.sight))
    live.put(replace(seen, sight=new.sight))
    live.put(CameraHealth("hall", "online", NOW, new.sight))
    assert live.health("hall") is not None
    assert live.jpeg("hall") == b"now" and live.private("hall") == seen.private
