"""How wide the way was while a thing stood there: it is measured with each look, not once and for all."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.audit import audit
from alerts.audit.widths import MOST, Widths
from alerts.config import load_settings
from tests.alerts.making import START, finding, lifecycle, look
from tests.clips import write_clip
from tests.vision.script import MODEL
from tests.vision.test_clutter import place, with_thing
from vision.detections import Detections
from vision.detector import Detector
from vision.floor import Floor
from vision.look import Look
from vision.view import View
from vision.zones import Zone, ZoneType

LIMIT_M = 1.1
NOISE = np.random.default_rng(0).normal(0, 4, (7, 360, 640, 1))
"""Of a camera: one whose pictures stand still is blind."""


def seen(at_s: float, free_m: float | None, since_s: float = 0.0) -> Look:
    """A look that shows a thing with so much of the way left; None: that does not show it."""
    if free_m is None:
        return look(at_s)
    evidence: dict[str, Any] = {"free_width_m": free_m, "limit_m": LIMIT_M, "narrow": free_m < LIMIT_M}
    return look(at_s, [replace(finding(at_s, since_s=since_s), evidence=evidence)])


def told(*looks: Look) -> dict[str, Any]:
    life, widths = lifecycle(), Widths(START)
    for one in looks:
        life.observe(one)
        widths.take(one, life.open_alerts())
    [alert] = life.open_alerts()
    return widths.told(alert.id)


@pytest.mark.parametrize(
    ("looks", "least_m", "narrow"),
    [
        ([(10, 0.6), (12, 0.6)], 0.6, [[0, 12]]),
        ([(10, 1.5), (12, 0.9), (14, 0.8), (16, 0.8)], 0.8, [[12, 16]]),
        ([(10, 0.6), (12, 0.7), (14, 1.9), (16, 1.9)], 0.6, [[0, 12]]),
        ([(10, 0.6), (12, 1.9), (14, 0.6), (16, 0.7)], 0.6, [[0, 10], [14, 16]]),
        ([(10, 0.6), (12, None), (14, 0.6)], 0.6, [[0, 14]]),
        ([(10, 1.5), (12, 1.4)], 1.4, []),
    ],
    ids=["from the first", "more is put down", "some is taken away", "away and back", "hidden for a look", "wide"],
)
def test_the_way_is_narrow_while_looks_say_so(
    looks: list[tuple[float, float | None]], least_m: float, narrow: list[list[float]]
) -> None:
    assert told(*(seen(at_s, free_m) for at_s, free_m in looks)) == {"least_free_width_m": least_m, "narrow": narrow}


def test_where_no_floor_is_known_nothing_is_said() -> None:
    assert told(look(1.0, [finding(1.0)])) == {}


def test_a_width_at_the_limit_makes_no_heap_of_stretches() -> None:
    found = told(*(seen(2.0 * number, 1.0 if number % 2 else 1.2) for number in range(1000)))
    assert len(found["narrow"]) == MOST
    assert (found["narrow"][0][0], found["narrow"][-1][1]) == (2.0, 1998.0)
    assert all(earlier[1] < later[0] for earlier, later in zip(found["narrow"], found["narrow"][1:], strict=False))


class Blind(Detector):
    """Sees nothing: things are found beside the clear place alone."""

    def __init__(self) -> None:
        self.info = MODEL

    def detect(self, image: NDArray[np.uint8], min_score: float | None = None, relax: float = 1.0) -> Detections:
        return Detections.empty()


def things(at_s: float) -> NDArray[np.uint8]:
    """A corridor in which a bag is put down; another across from it, which is taken away."""
    picture = place()
    if at_s >= 10:
        picture = with_thing(picture)
    if 25 <= at_s < 45:
        picture = with_thing(picture, (380, 220, 560, 330))
    noisy = np.clip(picture + NOISE[round(at_s * 10) % len(NOISE)], 0, 255)
    return np.asarray(noisy, np.uint8)


@pytest.mark.parametrize("dense", ["true", "false"])
def test_an_audit_tells_how_long_the_way_was_too_narrow(dense: str, tmp_path: Path) -> None:
    """The bag alone leaves 1.4 m of two; both leave 0.6 m."""
    (tmp_path / "rec").mkdir()
    write_clip(tmp_path / "rec" / "hall.mp4", (things(number / 10) for number in range(600)))
    settings = load_settings(
        None, ["hazards.clutter.dwell_s=4", "hazards.clutter.clear_s=4", f"analysis.dense={dense}"]
    )
    settings = settings.model_copy(update={"hazards": settings.hazards.only({"clutter"})})
    view = View((Zone("hall", ZoneType.CORRIDOR, floor=Floor(2.0)),))
    result = audit([tmp_path / "rec"], settings, tmp_path / "o", view=view, detector=Blind())
    first, *_ = result.each()
    assert first.evidence["narrow"] is False, "when it was raised there was room"
    assert first.least_free_width_m == pytest.approx(0.56, abs=0.1)
    [(since_s, until_s)] = first.narrow
    assert 25 <= since_s <= 32
    assert 43 <= until_s <= 50
    assert result.statistics["whole"]["hazards"]["clutter"]["narrow_minutes"] == pytest.approx(0.3, abs=0.15)
