"""Pictures a second, counted over some seconds."""

import pytest

from vision.camera_health.rate import RateMeter


@pytest.mark.parametrize("fps", [0.2, 1.0, 25.0])
def test_the_rate_is_counted(fps: float) -> None:
    meter, told = RateMeter(), None
    for step in range(120):
        told = meter.update(int(step / 2 * fps), step / 2)
    assert told == pytest.approx(fps, rel=0.2, abs=0.1)


def test_nothing_is_told_at_first_nor_after_a_loss() -> None:
    meter = RateMeter()
    assert [meter.update(step * 25, float(step)) for step in range(8)] == [None] * 8
    assert meter.update(200, 8.0) == 25
    meter.reset()
    assert meter.update(300, 20.0) is None
