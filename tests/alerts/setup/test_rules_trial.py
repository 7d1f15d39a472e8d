"""The rules tried on what a camera has just sent: the real rules over a real clip, in a process of its own."""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alerts.config import Settings
from alerts.errors import SetupRefused
from alerts.setup import rules_trial
from alerts.setup.rules_trial import KEEP_S, RulesTrial
from streams.clock import SimulatedClock, SystemClock
from tests.clips import corridor, write_clip
from vision.config import CameraConfig
from vision.footage import RECENT_S
from vision.look import ClipCut
from vision.orders import CutClip

PATIENCE_S = 120.0
SETTINGS = Settings.model_validate({"hazards": {"clutter": {"dwell_s": 2}}})
HALL = CameraConfig.model_validate({"name": "hall", "url": "rtsp://user:geheim@camera/1"})


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A thing is put down at 3 s."""
    return write_clip(tmp_path_factory.mktemp("clip") / "corridor.mp4", corridor(12, thing_from_s=3))


class Analyzer:
    """Cuts what it is told from a clip; answers at once. trouble: why it cannot."""

    def __init__(self, clip: Path | None, trouble: str = "") -> None:
        self.clip, self.trouble = clip, trouble
        self.orders: list[CutClip] = []
        self.trial: RulesTrial | None = None

    def tell(self, camera: str, order: CutClip) -> bool:
        self.orders.append(order)
        assert self.trial is not None
        if self.clip is not None:
            shutil.copy(self.clip, order.path)
            assert self.trial.answered(ClipCut(camera, order.path, size=1))
        elif self.trouble:
            assert self.trial.answered(ClipCut(camera, order.path, trouble=self.trouble))
        return True


def begun(folder: Path, analyzer: Analyzer, clock: Any = None) -> RulesTrial:
    analyzer.trial = trial = RulesTrial(folder, analyzer.tell, clock or SystemClock())
    return trial


def until(trial: RulesTrial, done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    wait = threading.Event()
    for _ in range(int(PATIENCE_S / 0.05)):
        if done(state := trial.shown()):
            return state
        wait.wait(0.05)
    raise AssertionError(f"never: {trial.shown()}")


def until_ordered(analyzer: Analyzer, number: int) -> list[CutClip]:
    wait = threading.Event()
    for _ in range(int(PATIENCE_S / 0.05)):
        if len(analyzer.orders) == number:
            return analyzer.orders
        wait.wait(0.05)
    raise AssertionError(f"only {len(analyzer.orders)} orders")


def over(state: dict[str, Any]) -> bool:
    return state["phase"] not in ("cutting", "running")


def test_what_would_be_raised_is_told_with_a_film_and_goes_again(tmp_path: Path, clip: Path) -> None:
    analyzer = Analyzer(clip)
    clock = SimulatedClock()
    trial = begun(tmp_path, analyzer, clock)
    trial.start(HALL, SETTINGS, ahead_s=5)
    with pytest.raises(SetupRefused, match="already"):
        trial.start(HALL, SETTINGS)
    state = until(trial, over)
    assert (state["phase"], state["film"], state["fired"]) == ("done", True, 1), state
    assert [step["step"] for step in state["steps"]] == ["suspected", "fired"]
    assert state["steps"][1]["hazard"] == "clutter" and state["looks"] > 20
    [order] = analyzer.orders
    assert (order.until_s - clock.monotonic_s(), order.until_s - order.from_s) == (5, RECENT_S + 5)
    assert order.analysed, "what the rules see, not the larger stream"
    assert 11 < state["done_s"] <= state["duration_s"] < 13 and not state["stopped"]
    assert trial.film.parent.stat().st_mode & 0o077 == 0, "nobody else's"
    clock.step(KEEP_S + 1)
    trial.tick()
    assert not trial.film.exists() and trial.shown()["phase"] == "idle"


def test_a_zone_that_leaves_the_place_out_raises_nothing(tmp_path: Path, clip: Path) -> None:
    corner = {"name": "角落", "type": "corridor", "polygon": [[0, 0], [0.1, 0], [0.1, 0.1]]}
    trial = begun(tmp_path, Analyzer(clip))
    trial.start(HALL.model_validate(HALL.model_dump() | {"zones": [corner]}), SETTINGS)
    state = until(trial, over)
    assert (state["phase"], state["fired"]) == ("done", 0)


@pytest.mark.parametrize(
    ("analyzer", "said"),
    [(Analyzer(None, "no coded pictures of this camera"), "no coded pictures"), (Analyzer(Path(__file__)), "")],
)
def test_what_cannot_be_tried_is_told_and_the_next_one_may(tmp_path: Path, analyzer: Analyzer, said: str) -> None:
    trial = begun(tmp_path, analyzer)
    for _ in range(2):
        trial.start(HALL, SETTINGS)
        state = until(trial, over)
        assert state["phase"] == "failed" and state["code"] in ("no_recording", "not_tried")
        assert said in state["detail"] and "geheim" not in str(state)


def test_whoever_waits_for_the_recording_may_stop(tmp_path: Path) -> None:
    trial = begun(tmp_path, Analyzer(None))
    trial.start(HALL, SETTINGS, ahead_s=300)
    trial.stop()
    assert until(trial, over)["code"] == "no_recording"


def test_a_kept_clip_is_taken_as_it_is(tmp_path: Path, clip: Path) -> None:
    analyzer = Analyzer(None)
    trial = begun(tmp_path, analyzer)
    trial.start(HALL, SETTINGS, recording=clip.read_bytes())
    assert until(trial, over)["fired"] == 1 and not analyzer.orders


def test_a_clip_of_an_alert_is_none_of_a_trial(tmp_path: Path) -> None:
    trial = begun(tmp_path, Analyzer(None))
    assert not trial.answered(ClipCut("hall", tmp_path / "clips" / "recent.mp4", size=1))


def test_what_is_still_cut_for_a_stopped_trial_is_not_taken_for_the_next_one_s(tmp_path: Path, clip: Path) -> None:
    analyzer = Analyzer(None)
    trial = begun(tmp_path, analyzer)
    trial.start(HALL, SETTINGS)
    [order] = until_ordered(analyzer, 1)
    trial.stop()
    until(trial, over)
    trial.start(HALL, SETTINGS)
    second = until_ordered(analyzer, 2)[1]
    shutil.copy(clip, order.path)
    assert trial.answered(ClipCut("hall", order.path, size=1)) and not order.path.exists()
    assert trial.shown()["phase"] == "cutting"
    shutil.copy(clip, second.path)
    assert trial.answered(ClipCut("hall", second.path, size=1))
    assert until(trial, over)["fired"] == 1


def test_a_trial_that_takes_too_long_ends_with_what_it_has(tmp_path: Path) -> None:
    clock = SimulatedClock()
    teller = rules_trial._Teller(tmp_path, clock)
    clock.step(rules_trial.TRY_S)
    teller.progress(100.0, 180.0)
    clock.step(1)
    with pytest.raises(KeyboardInterrupt):
        teller.progress(101.0, 180.0)
    assert json.loads((tmp_path / "told.json").read_text("utf-8"))["done_s"] == 101.0


def test_what_an_earlier_run_left_is_gone(tmp_path: Path) -> None:
    left = tmp_path / "trial" / "film.mp4"
    left.parent.mkdir()
    left.write_bytes(b"people")
    begun(tmp_path, Analyzer(None))
    assert not left.exists()
