"""Troubles of cameras from the supervisor's side: by its own clock, each with its cause, and alerts of their own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from alerts.alert import AlertState
from alerts.camera_watch import CHANGES, STARTING_S, CameraWatch
from alerts.config import Settings
from alerts.db.store import Store
from alerts.desk import Desk
from alerts.evidence.snapshot import SnapshotStore
from alerts.lifecycle import Change, ChangeKind
from streams.clock import SimulatedClock
from tests.alerts.making import START, finding, jpeg, look
from vision.camera_health.trouble import Cause, Trouble
from vision.look import CameraHealth, Look

K = ChangeKind


def settings(health: dict[str, object] | None = None, poll_s: float = 1.0, url: str = "0") -> Settings:
    return Settings.model_validate(
        {
            "cameras": [{"name": "shed-1", "url": url, "poll_s": poll_s}, {"name": "gate", "url": "1"}],
            "health": health or {},
        }
    )


class Rig:
    """A watch and a clock; `run` lets time pass with a word of the analyzer twice a second and looks five times."""

    def __init__(self, health: dict[str, object] | None = None, poll_s: float = 1.0) -> None:
        self.clock = SimulatedClock(START)
        self.settings = settings(health, poll_s)
        self.watch = CameraWatch(self.settings.health, self.settings.cameras, self.clock)

    def run(
        self,
        seconds: float,
        state: str | None = "online",
        *,
        fps: float | None = 25.0,
        corrupt_per_s: float = 0.0,
        troubles: Sequence[Trouble] = (),
        looks: bool = True,
    ) -> dict[float, set[str]]:
        """Second → causes told of shed-1. state None: the analyzer says nothing. It watches the first camera of
        `settings`, whatever the watch follows meanwhile."""
        told: dict[float, set[str]] = {}
        sight = self.settings.cameras[0].sight
        for step in range(round(seconds * 10)):
            self.clock.step(0.1)
            if state is not None and step % 5 == 0:
                corrupt = round(step / 10 * corrupt_per_s)
                more = {"fps": fps, "corrupt": corrupt, "troubles": tuple(troubles)}
                self.watch.put(CameraHealth("shed-1", state, START, sight, "why", **more))  # type: ignore[arg-type]
            if looks and step % 2 == 0:
                now, now_s = self.clock.now(), self.clock.monotonic_s()
                self.watch.put(Look("shed-1", now, now_s, (8, 8), (), (), sight=sight))
            if step % 10 == 9:
                told[(step + 1) / 10] = self.told()
        return told

    def told(self) -> set[str]:
        return {found.key for one in self.watch.looks() if one.camera == "shed-1" for found in one.findings}


def first(told: dict[float, set[str]], cause: Cause) -> float:
    """When it was first told, seconds."""
    return min((at_s for at_s, causes in told.items() if cause in causes), default=float("inf"))


def test_a_healthy_camera_is_in_no_trouble() -> None:
    rig = Rig()
    assert set().union(*rig.run(60).values()) == set()
    facts = rig.watch.facts("shed-1")
    assert facts["blind_s"] <= 0.3 and facts["looks_per_s"] == pytest.approx(5, abs=0.3)
    assert (facts["fps"], facts["usual_fps"], facts["troubles"]) == (25, 25, [])
    assert rig.watch.changes("shed-1") == []


@pytest.mark.parametrize(
    ("state", "options", "cause", "within_s"),
    [
        ("offline", {"looks": False, "fps": None}, Cause.OFFLINE, 10),
        ("connecting", {"looks": False, "fps": None}, Cause.OFFLINE, 10),
        ("online", {"looks": False}, Cause.BLIND, 10),
        (None, {"looks": False}, Cause.BLIND, 10),
        ("online", {"fps": 0.2}, Cause.FRAME_RATE, 30),
        ("online", {"fps": 3.0}, Cause.FRAME_RATE, 30),
        ("online", {"corrupt_per_s": 5.0}, Cause.CORRUPT, 40),
    ],
)
def test_each_trouble_is_told_in_time_and_ends(
    state: str | None, options: dict[str, object], cause: Cause, within_s: float
) -> None:
    rig = Rig()
    rig.run(30)
    told = rig.run(within_s, state, **options)  # type: ignore[arg-type]
    assert set().union(*told.values()) == {cause.value}
    assert first(told, cause) > 1, "debounced"
    assert rig.run(70)[70] == set()
    assert [(line.cause, line.began) for line in rig.watch.changes("shed-1")] == [(cause, False), (cause, True)]


def test_a_camera_that_never_was_is_told_too() -> None:
    rig = Rig()
    assert first(rig.run(10, "offline", looks=False, fps=None), Cause.OFFLINE) <= 10


@pytest.mark.parametrize(("poll_s", "fps", "slow"), [(5.0, 0.2, False), (5.0, 0.09, True), (1.0, 0.4, True)])
def test_a_camera_that_is_asked_seldom_is_not_too_slow(poll_s: float, fps: float, slow: bool) -> None:
    rig = Rig(poll_s=poll_s)
    assert (first(rig.run(40, fps=fps), Cause.FRAME_RATE) < 40) == slow


@pytest.mark.parametrize("fps", [25.0, 12.0, 6.0])
def test_a_slower_night_shutter_is_no_trouble(fps: float) -> None:
    rig = Rig()
    rig.run(30)
    assert set().union(*rig.run(60, fps=fps).values()) == set()


def test_a_recording_that_has_ended_is_no_trouble() -> None:
    rig = Rig()
    assert set().union(*rig.run(30, "ended", looks=False, fps=None).values()) == set()


def test_what_the_pictures_showed_is_kept_while_nobody_can_know() -> None:
    rig = Rig()
    covered = Trouble(Cause.COVERED, START, {"kept_frac": 0.1})
    rig.run(5, troubles=[covered])
    assert rig.run(10, "offline", looks=False, fps=None)[10] == {"covered", "offline"}
    assert rig.run(5)[5] == set()


def test_a_change_of_the_settings_begins_anew_and_a_removed_camera_is_forgotten() -> None:
    rig = Rig()
    rig.run(10, "offline", looks=False, fps=None)
    rig.watch.watch(rig.settings.cameras[1:])
    rig.watch.put(CameraHealth("shed-1", "offline", START, rig.settings.cameras[0].sight))
    assert rig.told() == set()
    assert rig.watch.facts("shed-1") == {}


def test_an_analyzer_that_does_not_get_to_a_new_address_is_no_watch_over_it() -> None:
    rig = Rig()
    rig.run(30)
    shed, *others = rig.settings.cameras
    rig.watch.watch([shed.model_copy(update={"url": SecretStr("2")}), *others])
    told = rig.run(STARTING_S + 10)
    assert 20 < first(told, Cause.BLIND) < 30, "its words are of the old one"
    assert rig.watch.facts("shed-1")["looks_per_s"] == 0
    rig.settings = settings(url="2")
    assert rig.run(70)[70] == set()


def test_a_cause_can_be_switched_off() -> None:
    rig = Rig({"off": ["offline"]})
    assert set().union(*rig.run(20, "offline", looks=False, fps=None).values()) == set()


def test_blind_time_is_the_longest_gap_of_the_last_minute() -> None:
    rig = Rig()
    rig.run(10)
    rig.run(3, looks=False)
    rig.run(20)
    assert rig.watch.facts("shed-1")["blind_s"] == pytest.approx(3.2, abs=0.2)
    rig.run(60)
    assert rig.watch.facts("shed-1")["blind_s"] <= 0.3


def test_the_time_line_is_bounded() -> None:
    rig = Rig({"offline_s": 1})
    for _ in range(CHANGES):
        rig.run(3, "offline", looks=False, fps=None)
        rig.run(1)
    assert len(rig.watch.changes("shed-1")) == CHANGES


class DeskRig(Rig):
    """With a desk that gets the words."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.store = Store.open(folder)
        self.desk = Desk(
            self.store, SnapshotStore(folder / "snapshots"), self.settings, self.clock, picture_now=lambda _: jpeg()
        )
        self.changes: list[Change] = []

    def told(self) -> set[str]:
        looks = [one for one in self.watch.looks() if one.camera == "shed-1"]
        for one in looks:
            self.changes += self.desk.receive_health(one)
        return {found.key for one in looks for found in one.findings}

    def kinds(self) -> list[tuple[ChangeKind, str]]:
        return [(one.kind, one.alert.evidence["cause"]) for one in self.changes if one.kind is not K.UPDATED]


@pytest.fixture
def rig(tmp_path: Path) -> DeskRig:
    return DeskRig(tmp_path / "data")


def test_a_dead_camera_is_an_alert_and_resolves_no_fire(rig: DeskRig) -> None:
    rig.desk.receive(look(0, [finding(0)]))
    rig.run(5)
    rig.run(120, "offline", looks=False, fps=None)
    fire, camera = rig.desk.open_alerts()
    assert (fire.hazard, fire.state) == ("flame", AlertState.FIRING)
    assert (camera.hazard, camera.severity, camera.zone, camera.state) == ("camera", "fault", "", AlertState.FIRING)
    assert camera.evidence["detail"] == "why"
    rig.run(30)
    assert rig.kinds() == [(K.FIRED, "offline"), (K.RESOLVED, "offline")]
    assert [one.hazard for one in rig.desk.open_alerts()] == ["flame"]


def test_a_flapping_camera_is_one_alert(rig: DeskRig) -> None:
    for _ in range(4):
        rig.run(8, "offline", looks=False, fps=None)
        rig.run(12)
    assert len({one.alert.id for one in rig.changes}) == 1
    assert [kind for kind, _ in rig.kinds()].count(K.REOPENED) == 3


def test_it_can_be_acknowledged_and_judged_and_has_a_picture(rig: DeskRig) -> None:
    rig.run(5, troubles=[Trouble(Cause.COVERED, START)])
    (alert,) = rig.desk.open_alerts()
    assert alert.snapshot
    assert rig.desk.acknowledge(alert.id, by="Wang").state is AlertState.ACKNOWLEDGED
    assert rig.desk.mark_false_alarm(alert.id, by="Wang", reason="other").state is AlertState.FALSE_ALARM


def test_a_warning_is_only_logged(rig: DeskRig) -> None:
    rig.run(5, troubles=[Trouble(Cause.DARK, START)])
    (alert,) = rig.desk.open_alerts()
    assert (alert.state, alert.fired_at) == (AlertState.LOGGED, None)


def test_it_survives_a_restart(rig: DeskRig, tmp_path: Path) -> None:
    rig.run(10, "offline", looks=False, fps=None)
    (before,) = rig.desk.open_alerts()
    rig.desk.close()
    rig.desk = Desk(rig.store, SnapshotStore(tmp_path / "snapshots"), rig.settings, rig.clock)
    rig.changes.clear()
    rig.run(30)
    assert [(one.kind, one.alert.id) for one in rig.changes] == [(K.RESOLVED, before.id)]


def test_troubles_of_a_camera_that_is_taken_out_come_to_an_end(rig: DeskRig) -> None:
    rig.run(10, "offline", looks=False, fps=None)
    rig.watch.watch(rig.settings.cameras[1:])
    rig.run(120, None, looks=False)
    assert rig.kinds() == [(K.FIRED, "offline"), (K.RESOLVED, "offline")]
    assert [one.camera for one in rig.watch.looks()] == ["gate"], "in time it is forgotten"


def test_troubles_of_a_camera_taken_out_before_a_restart_come_to_an_end(rig: DeskRig) -> None:
    rig.run(10, "offline", looks=False, fps=None)
    rig.watch = CameraWatch(rig.settings.health, rig.settings.cameras[1:], rig.clock)
    rig.watch.take_up(replace(one, camera=name) for one in rig.desk.open_alerts() for name in ("shed-1", "gate"))
    rig.run(30, None, looks=False)
    assert rig.desk.open_alerts() == []
    assert [one.camera for one in rig.watch.looks()].count("gate") == 1


def test_a_camera_that_stays_lost_over_a_restart_has_been_since_it_was_lost_not_since_then(rig: DeskRig) -> None:
    rig.run(600, "offline", looks=False, fps=None)
    (alert,) = rig.desk.open_alerts()
    rig.watch = CameraWatch(rig.settings.health, rig.settings.cameras, rig.clock)
    rig.watch.take_up(rig.desk.open_alerts())

    def since() -> list[str]:
        return [one["since"] for one in rig.watch.facts("shed-1")["troubles"]]

    rig.run(20, "offline", looks=False, fps=None)
    assert since() == [alert.started_at.isoformat()], "as its card says"
    rig.run(60)
    assert since() == []
    rig.run(20, "offline", looks=False, fps=None)
    (anew,) = since()
    assert datetime.fromisoformat(anew) > rig.clock.now() - timedelta(seconds=25)


def test_a_camera_that_comes_back_is_watched_again(rig: DeskRig) -> None:
    rig.watch.watch(rig.settings.cameras[1:])
    rig.watch.watch(rig.settings.cameras)
    rig.run(10, "offline", looks=False, fps=None)
    assert rig.kinds() == [(K.FIRED, "offline")]
    assert [one.camera for one in rig.watch.looks()] == ["shed-1", "gate"]


def test_a_phone_that_sends_nothing_is_no_dead_camera() -> None:
    clock = SimulatedClock(START)
    phone = {"name": "patrol", "url": "whip:", "token": "0123456789abcdef"}
    cameras = Settings.model_validate({"cameras": [phone]}).cameras
    watch = CameraWatch(settings().health, cameras, clock)
    watch.put(CameraHealth("patrol", "offline", START, cameras[0].sight))
    clock.step(60)
    assert watch.looks() == []
