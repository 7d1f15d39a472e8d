"""Burn windows: of a recording whose name tells when it was, and of one that tells no time."""

import json
from datetime import date, time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.audit import audit
from alerts.audit.replay import replay
from alerts.config import load_settings
from alerts.words import value_text
from tests.clips import write_clip
from tests.vision.script import MODEL, detections
from tests.vision.test_flame import BURNER, SOMEBODY, at, flame
from vision.burning import ATTENDED, UNDATED, BurnSite, BurnWindow
from vision.detections import Detections
from vision.detector import Detector
from vision.view import View
from vision.zones import Zone, ZoneType

SITE = BurnSite((BurnWindow(date(2026, 3, 2), date(2026, 3, 2), time(6), time(18)),), "Asia/Shanghai", (BURNER,))


class Attended(Detector):
    """Sees a fire and somebody beside it."""

    def __init__(self) -> None:
        self.info = MODEL

    def detect(self, image: NDArray[np.uint8], min_score: float | None = None, relax: float = 1.0) -> Detections:
        return detections([*at(0.95), SOMEBODY])


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("hearth_20260302_170000.mp4", "notice", ATTENDED),
        ("hearth_20260302_190000.mp4", "event", "outside the burn windows: it is 2026-03-02 19:00 Asia/Shanghai"),
        ("hearth.mp4", "event", UNDATED),
    ],
)
def test_where_no_time_is_told_no_window_is_open(name: str, kind: str, said: str, tmp_path: Path) -> None:
    write_clip(tmp_path / name, (flame(index / 10) for index in range(60)))
    view = View((Zone("hearth", ZoneType.BURN_SITE, burning=SITE),))
    found = audit([tmp_path / name], load_settings(None), tmp_path / "o", view=view, detector=Attended())
    told = {"event": found.events, "notice": found.notices}
    assert [event["evidence"]["burning"] for event in told.pop(kind) if event["hazard"] == "flame"] == [said]
    assert not [event for events in told.values() for event in events if event["hazard"] == "flame"]
    assert "1970" not in (tmp_path / "o" / "events.jsonl").read_text("utf-8")


def test_a_film_of_the_rules_knows_no_time_either(tmp_path: Path) -> None:
    write_clip(tmp_path / "hearth.mp4", (flame(index / 10) for index in range(60)))
    always = BurnSite((BurnWindow(date.min, date.max, time(0), time(23, 59)),), "Asia/Shanghai", (BURNER,))
    view = View((Zone("hearth", ZoneType.BURN_SITE, burning=always),))
    out = tmp_path / "film.mp4"
    replay(tmp_path / "hearth.mp4", load_settings(None), out, view=view, detector=Attended())
    steps = [json.loads(line) for line in (tmp_path / "film.jsonl").read_text("utf-8").splitlines()]
    fired = [step for step in steps if (step["hazard"], step["step"]) == ("flame", "fired")]
    assert [step["evidence"]["burning"] for step in fired] == [UNDATED]


def test_that_no_time_is_told_is_said_in_both_languages() -> None:
    assert value_text("burning", UNDATED) == "录像时间不明 when it was is not known"
