"""What the benchmark of the rules' cost counts as what."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.events.footage import ZoneMode, rendered
from benchmarks.speed.rules import PARTS, TimedDetector, looks_of, measure, summary, timing
from tests.vision.script import MODEL
from vision.detections import Detections
from vision.hazards import ON
from vision.stillness import Stillness

SCENARIOS = Path(__file__).parents[1] / "scenarios"
(CLIP,) = (one for one in rendered(SCENARIOS, (ZoneMode.WHOLE,)) if "clutter" in one.name)


class Blind:
    """A detector that sees nothing."""

    info = MODEL

    def detect(self, image: np.ndarray, min_score: float | None = None, relax: float = 1.0) -> Detections:
        return Detections.empty()


class Ticking:
    """A clock of CPU time that moves only with each reading: what is timed lasts one tick."""

    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        self.now_ns += 1_000_000
        return self.now_ns


def test_every_rule_is_a_part_and_is_itself_again_afterwards() -> None:
    update = Stillness.update
    assert set(PARTS) == {"tracker", "stillness", *ON}
    with pytest.raises(KeyError), timing(PARTS):
        assert Stillness.update is not update
        raise KeyError
    assert Stillness.update is update


def test_the_first_inference_is_the_detectors_and_all_else_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.process_time_ns", Ticking())
    row = measure(CLIP, (64, 36), Blind(), None, 6)  # type: ignore[arg-type]
    timed = [name for name in PARTS if row[name] > 0]
    assert timed == list(PARTS)
    assert row["detector"] == 1
    # Two readings for each part and each inference, less the inferences themselves, and the one that ends the look.
    assert row["rules"] == pytest.approx(2 * sum(row[name] for name in PARTS) + 2 + row["second_looks"])


def test_further_inferences_are_noted() -> None:
    timed = TimedDetector(Blind())  # type: ignore[arg-type]
    assert timed.info is MODEL
    timed.detect(np.zeros((2, 2, 3), np.uint8))
    timed.detect(np.zeros((2, 2, 3), np.uint8))
    assert len(timed.spent_ns) == 2


def test_looks_have_the_size_asked_for_and_come_five_a_second() -> None:
    looks = list(looks_of(CLIP, (64, 36), 4))
    assert [look.size for look in looks] == [(64, 36)] * 4
    assert [look.pts_s for look in looks] == pytest.approx([0, 0.25, 0.5, 0.75])  # of 8 pictures a second every other


def test_the_summary_tells_the_median_and_the_worst_recording() -> None:
    rows = {
        "a": {"detector": 20.0, "rules": 2.0, "second_looks": 4.0},
        "b": {"detector": 10.0, "rules": 4.0, "second_looks": 5.0},
        "c": {"detector": 20.0, "rules": 3.0, "second_looks": 0.0},
    }
    told = summary((640, 360), rows)
    assert (told["ratio_median"], told["ratio_worst"], told["rules_ms"]) == (0.15, 0.4, 3.0)
    assert (told["second_looks_median"], told["second_looks_worst"]) == (0.2, 0.5)
