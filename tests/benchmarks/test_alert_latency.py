"""What the latency benchmark counts as what."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.latency.alert import FIRED, REST_S, Ears, Trial, figures, mounts, percentile
from tests.alerts.receiver import Got


def alert(camera: str, name: str, hazard: str = "flame", is_open: bool = True) -> dict[str, Any]:
    now = datetime.now(UTC)
    started = (now - timedelta(seconds=2)).isoformat()
    return {
        "id": name,
        "camera": camera,
        "hazard": hazard,
        "started_at": started,
        "fired_at": now.isoformat(),
        "open": is_open,
    }


def notice(of: dict[str, Any], kind: str = FIRED) -> Got:
    return Got("/hook", {}, json.dumps({"type": kind, "data": of}).encode())


def told(ears: Ears, of: dict[str, Any], kind: str = "fired") -> None:
    ears.on_event({"kind": kind, "alert": of})


def test_a_trial_is_complete_when_both_ends_have_told() -> None:
    ears, trial = Ears(), Trial("cam-1", "demo", time.monotonic() - 3)
    for camera in ("cam-2", "cam-1"):
        told(ears, alert(camera, camera))
        ears.on_notice(notice(alert(camera, camera)))
    ears.complete(trial, 0.0)
    stages = trial.told()
    assert stages["total"] == pytest.approx(3, abs=0.5)
    assert stages["seen"] == pytest.approx(1, abs=0.5)
    assert stages["verified"] == pytest.approx(2, abs=0.1)
    assert sum(stages[name] for name in ("seen", "verified", "stored", "received")) == pytest.approx(
        stages["total"], abs=0.01
    )


@pytest.mark.parametrize(
    ("hazard", "kind"),
    [("ebike", FIRED), ("flame", "org.xinan.alert.resolved")],
)
def test_other_notices_are_not_the_trial_s(hazard: str, kind: str) -> None:
    ears, trial = Ears(), Trial("cam-1", "demo", time.monotonic() - 3)
    ears.on_notice(notice(alert("cam-1", "1", hazard), kind))
    told(ears, alert("cam-1", "1", hazard))
    ears.complete(trial, 0.0)
    assert trial.told()["total"] is None


def test_an_alert_from_before_the_fire_is_not_the_trial_s() -> None:
    ears = Ears()
    told(ears, alert("cam-1", "1"))
    ears.on_notice(notice(alert("cam-1", "1")))
    trial = Trial("cam-1", "demo", time.monotonic())
    ears.complete(trial, 0.0)
    assert trial.received_s is None
    assert ears.fired == 1


def test_a_camera_rests_until_its_alert_is_over_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    ears, now_s = Ears(), 100.0
    monkeypatch.setattr("benchmarks.latency.alert.time.monotonic", lambda: now_s)
    assert ears.rested("cam-1")
    told(ears, alert("cam-1", "1"), "opened")
    assert not ears.rested("cam-1") and ears.rested("cam-2")
    told(ears, alert("cam-1", "1", is_open=False), "resolved")
    assert not ears.rested("cam-1")
    now_s += REST_S
    assert ears.rested("cam-1")
    told(ears, alert("cam-1", "1", is_open=False), "updated")
    assert ears.rested("cam-1"), "a clip that comes late is no new fire"


def test_a_missed_fire_lasts_for_ever() -> None:
    trials = [Trial("cam-1", "demo", 0.0, 0.5, 2.0, 2.1, 2.2)] * 9 + [Trial("cam-2", "demo", 0.0)]
    found = figures(trials)
    assert (found["p50_s"], found["p95_s"], found["missed"]) == (2.2, None, 1)
    assert found["stages_p50_s"]["verified"] == 1.5
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(("share", "value"), [(0.5, 10), (0.95, 19), (1.0, 20)])
def test_percentiles(share: float, value: float) -> None:
    assert percentile([float(n) for n in range(20, 0, -1)], share) == value


def test_without_real_fires_every_camera_has_the_demonstration_s(tmp_path: Path) -> None:
    plan, names = mounts(8, tmp_path)
    assert set(names.values()) == {"demo"}
    assert len({parts["flame"].file for parts in plan.values()}) == 8
    (tmp_path / "fireplace.mp4").touch()
    plan, names = mounts(8, tmp_path)
    assert sorted(names.values()) == ["demo"] * 4 + ["fireplace"] * 4
