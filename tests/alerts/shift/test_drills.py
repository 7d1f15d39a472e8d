"""A fire drill: told as a real fire is, but as a drill; never taken for one, and nothing real is lost by it."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from alerts.access.principal import Area
from alerts.alert import Alert, AlertState
from alerts.config import Settings
from alerts.db.store import Store
from alerts.desk import Desk
from alerts.errors import DrillNotFound, DrillRefused
from alerts.evidence.snapshot import SnapshotStore
from alerts.metrics.instruments import Metrics
from alerts.mute.rules import Scope, ScopeKind, SilenceKind
from alerts.mute.silences import Order
from alerts.record.actor import Actor
from alerts.record.records import newest
from alerts.shift.drills import Drill, DrillOrder, Drills
from alerts.shift.score import score_of
from alerts.track.step import Step, StepKind
from alerts.words import reasons
from streams.clock import SimulatedClock
from tests.alerts.making import START, at, finding, look

SETTINGS = Settings.model_validate(
    {
        "site": {"name": "Lane 12"},
        "places": [{"id": "b3", "name": "3号楼"}, {"id": "shed", "kind": "shed", "name": "车棚", "within": "b3"}],
        "cameras": [{"name": "shed-1", "url": "0", "place": "shed"}],
        "webhooks": [
            {"name": "team", "url": "http://127.0.0.1:9/"},
            {"name": "li-phone", "url": "http://127.0.0.1:9/"},
            {"name": "chen-phone", "url": "http://127.0.0.1:9/"},
        ],
        "people": [
            {"id": "li", "name": "李", "channels": [{"channel": "li-phone"}]},
            {"id": "chen", "name": "陈", "channels": [{"channel": "chen-phone"}], "places": ["b3"]},
        ],
        "rota": {"shifts": [{"who": ["li"]}]},
    }
)


class Bench:
    """A desk with its drills, which can be started anew, as after a kill."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, SimulatedClock(START)
        self.open()

    def open(self) -> None:
        self.store = Store.open(self.folder)
        self.desk = Desk(self.store, SnapshotStore(self.folder / "snapshots"), SETTINGS, self.clock)
        self.drills = Drills(self.desk, self.store, self.clock)

    def kill(self) -> None:
        self.store.close()
        self.open()

    def begin(self, place: str = "shed", area: Area | None = None) -> Drill:
        return self.drills.begin(DrillOrder(place, "monthly", "Wang", "console"), area)

    def see(self, hazard: str = "flame") -> Alert:
        second = self.clock.monotonic_s()
        changes = self.desk.receive(look(second, [finding(second, hazard=hazard)]))
        return changes[-1].alert

    def pass_time(self, seconds: int) -> None:
        """Second by second, as it runs: the camera looks and sees nothing."""
        for _ in range(seconds):
            self.clock.step(1)
            self.desk.receive(look(self.clock.monotonic_s()))
            self.desk.tick()
            self.drills.tick()

    def alert(self, drill: Drill) -> Alert:
        return self.desk.alert(drill.alert_id)

    def notices(self, drill: Drill) -> list[tuple[str, str, bool]]:
        return [(one.kind, one.channel, one.payload["exercise"]) for one in self.store.deliveries_of(drill.alert_id)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.store.close()


def test_people_are_called_by_the_ladder_of_a_fire_and_told_that_it_is_a_drill(bench: Bench) -> None:
    drill = bench.begin()
    alert = bench.alert(drill)
    assert (alert.place, alert.place_id) == ("3号楼 车棚", "shed")
    assert (alert.hazard, alert.state) == ("flame", AlertState.FIRING)
    assert reasons(alert.evidence) == {"begun_by": "Wang", "drill_note": "monthly"}, "its number says nothing to people"
    assert set(bench.notices(drill)) == {
        ("fired", "team", True),
        ("fired", "li-phone", True),
        ("fired", "chen-phone", True),
    }
    due = {one.channel: one.not_before for one in bench.store.deliveries_of(drill.alert_id)}
    assert due["li-phone"] == at(15) and due["chen-phone"] == at(60)


def test_no_camera_ends_it_and_no_time_makes_it_real(bench: Bench) -> None:
    drill = bench.begin()
    bench.pass_time(300)
    bench.kill()
    bench.pass_time(250)
    assert [one.id for one in bench.desk.open_alerts()] == [drill.alert_id]
    assert bench.alert(drill).exercise
    assert all(exercise for _, _, exercise in bench.notices(drill))


def test_a_real_fire_in_the_middle_of_it_is_real(bench: Bench) -> None:
    drill = bench.begin()
    bench.clock.step(5)
    fire = bench.see()
    assert fire.id != drill.alert_id and not fire.exercise and fire.muted is None
    assert {one.payload["exercise"] for one in bench.store.deliveries_of(fire.id)} == {False}
    bench.drills.end(drill.id, by="Wang", via="console")
    bench.desk.tick()
    assert bench.desk.alert(fire.id).state is AlertState.FIRING
    assert bench.alert(drill).ended and bench.alert(drill).exercise


def test_a_real_fire_ends_it_at_once_and_no_call_of_it_is_left(bench: Bench) -> None:
    drill = bench.begin()
    bench.clock.step(5)
    fire = bench.see()
    calls = [one for one in bench.store.deliveries_of(drill.alert_id) if one.kind == "fired" and one.rung]
    assert calls and {(one.state, one.superseded_at) for one in calls} == {("superseded", at(5))}
    assert {one.superseded_reason for one in calls} == {"drill_over"}
    bench.clock.step(1)
    bench.drills.tick()
    done = bench.drills.find(drill.id, None)
    assert (done.ended_at, done.ended_by) == (at(6), "")
    assert done.score is not None and done.score["broken_off"] == "fire"
    assert [mark["answered"] + mark["there"] for mark in done.score["marks"]] == [[], [], []], "no word of people"
    [entry] = newest(bench.store, kinds=["ended_drill"])
    assert entry.detail["broken_off"] == "fire"
    assert "真实火情" in bench.desk.track(drill.alert_id)[1].steps[0].detail["note"]
    assert bench.alert(drill).ended and bench.desk.alert(fire.id).state is AlertState.FIRING


@pytest.mark.parametrize("suspected", [True, False])
def test_a_suspicion_or_another_hazard_does_not_end_it(bench: Bench, suspected: bool) -> None:
    drill = bench.begin()
    second = bench.clock.monotonic_s()
    seen = finding(second, confirmed=False) if suspected else finding(second, hazard="clutter")
    assert bench.desk.receive(look(second, [seen]))
    bench.drills.tick()
    assert [one.id for one in bench.drills.running()] == [drill.id]
    assert {one.state for one in bench.store.deliveries_of(drill.alert_id)} == {"waiting"}


def test_a_fire_ends_it_after_a_restart_too(bench: Bench) -> None:
    drill = bench.begin()
    bench.kill()
    bench.clock.step(5)
    bench.see()
    bench.drills.tick()
    calls = [one for one in bench.store.deliveries_of(drill.alert_id) if one.kind == "fired" and one.rung]
    assert {one.state for one in calls} == {"superseded"} and not bench.drills.running()


def test_none_begins_while_a_fire_that_has_gone_waits_to_be_closed(bench: Bench) -> None:
    fire = bench.see()
    bench.pass_time(30)
    assert not bench.desk.open_alerts()
    with pytest.raises(DrillRefused, match="a fire is open"):
        bench.begin()
    for kind in (StepKind.ACKNOWLEDGED, StepKind.DEALT_WITH, StepKind.CLOSED):
        bench.desk.step(fire.id, kind, by="李")
    assert bench.begin()


def test_it_holds_no_violation_back(bench: Bench) -> None:
    bench.begin()
    assert bench.see("clutter").muted is None


@pytest.mark.parametrize("answer", [None, StepKind.ACCEPTED, StepKind.FALSE_ALARM, StepKind.DEALT_WITH])
def test_once_it_is_over_nobody_is_called_any_more_whatever_was_said(bench: Bench, answer: StepKind | None) -> None:
    drill = bench.begin()
    bench.clock.step(20)
    if answer is not None:
        detail = {"reason": "x"} if answer is StepKind.FALSE_ALARM else None
        bench.desk.step(drill.alert_id, answer, by="李", detail=detail)
    done = bench.drills.end(drill.id, by="Wang", via="console")
    assert (done.ended_by, done.ended_at) == ("Wang", at(20))
    bench.pass_time(2)
    calls = [one for one in bench.store.deliveries_of(drill.alert_id) if one.kind == "fired" and one.rung]
    assert {one.state for one in calls} == {"superseded"}
    assert bench.alert(drill).ended and not bench.desk.open_alerts()
    assert bench.drills.end(drill.id, by="Li", via="console").ended_by == "Wang"


def test_somebody_who_opens_it_again_makes_no_fire_of_it(bench: Bench) -> None:
    drill = bench.begin()
    bench.drills.end(drill.id, by="Wang", via="console")
    bench.desk.step(drill.alert_id, StepKind.REOPENED, by="李")
    bench.pass_time(3)
    assert bench.alert(drill).exercise
    assert all(exercise for _, _, exercise in bench.notices(drill))


def test_it_ends_by_itself_after_a_restart_too(bench: Bench) -> None:
    drill = bench.begin()
    bench.clock.step(SETTINGS.shifts.drill_s - 1)
    bench.drills.tick()
    assert bench.drills.running()
    bench.kill()
    bench.clock.step(60)
    bench.drills.tick()
    done = bench.drills.find(drill.id, None)
    assert done.ended_at == at(659) and done.ended_by == ""
    assert done.score is not None
    assert done.score["until"] == "2026-03-01T08:10:00.000000Z", "not of the time it was down"
    on_record = newest(bench.store, kinds=["began_drill", "ended_drill"])
    assert [(one.kind, one.by) for one in on_record] == [("ended_drill", "system"), ("began_drill", "Wang")]


def test_a_drill_whose_alert_was_never_raised_ends_too(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(alert: Alert) -> Alert:
        raise KeyboardInterrupt

    monkeypatch.setattr(bench.desk, "begin_drill", killed)
    with pytest.raises(KeyboardInterrupt):
        bench.begin()
    bench.kill()
    bench.clock.step(700)
    bench.drills.tick()
    assert not bench.drills.running()
    assert bench.drills.page(None)[0].score["met"] == 0  # type: ignore[index]


def test_while_it_burns_or_is_drilled_or_muted_none_begins(bench: Bench) -> None:
    order = Order(SilenceKind.SHELF, Scope(ScopeKind.PLACE, "b3"), "move", "Wang", timedelta(hours=1), fire=True)
    held = bench.desk.silence(order)
    with pytest.raises(DrillRefused, match="muted there") as refused:
        bench.begin()
    assert refused.value.code == "muted"
    bench.desk.end_silence(held.id, Actor("Wang", "console"))
    first = bench.begin()
    with pytest.raises(DrillRefused, match="already"):
        bench.begin("b3")
    bench.drills.end(first.id, by="Wang", via="console")
    bench.see()
    with pytest.raises(DrillRefused, match="a fire is open"):
        bench.begin()


@pytest.mark.parametrize(
    ("place", "area", "begins"),
    [
        ("site", None, True),
        ("nowhere", None, False),
        ("site", Area(frozenset(), frozenset({"shed"})), False),
        ("b3", Area(frozenset(), frozenset({"shed"})), False),
        ("shed", Area(frozenset(), frozenset({"shed"})), True),
    ],
)
def test_nobody_drills_beyond_their_places(bench: Bench, place: str, area: Area | None, begins: bool) -> None:
    if not begins:
        with pytest.raises(DrillRefused, match="no such place"):
            bench.begin(place, area)
        return
    drill = bench.begin(place, area)
    assert bench.drills.find(drill.id, area) and bench.drills.page(area)
    other = Area(frozenset(), frozenset({"elsewhere"}))
    assert bench.drills.page(other) == []
    with pytest.raises(DrillNotFound):
        bench.drills.end(drill.id, by="x", via="console", area=other)


def test_numbers_of_alerts_do_not_count_it(bench: Bench) -> None:
    metrics = Metrics(SETTINGS, bench.clock)
    bench.store.on_stored(metrics.stored)
    bench.begin()
    assert 'xinan_alerts_total{hazard="flame",severity="fire"}' not in metrics.text().decode()


def notice(person: str, delivered_s: float | None, kind: str = "fired", channel: str = "bot") -> Any:
    delivered_at = None if delivered_s is None else at(delivered_s)
    return SimpleNamespace(person=person, channel=channel, kind=kind, delivered_at=delivered_at)


def step(by: str, kind: StepKind, second: float, numbers: Iterator[int] = itertools.count(1)) -> Step:  # noqa: B008
    return Step("01A", next(numbers), at(second), by, "console", kind)


K = StepKind


@pytest.mark.parametrize(
    ("steps", "lasted_s", "met"),
    [
        ([], 600, (False, False, False)),
        ([("li", K.ACKNOWLEDGED, 5)], 600, (False, False, False)),  # to have seen it is not to go
        ([("li", K.ACCEPTED, 60.0)], 600, (True, False, False)),
        ([("li", K.ACCEPTED, 60.1)], 600, (False, False, False)),
        ([("li", K.THERE, 170)], 600, (False, True, False)),
        ([("li", K.ON_THE_WAY, 30), ("li", K.THERE, 90), ("li", K.DEALT_WITH, 100)], 600, (True, True, False)),
        ([("li", K.THERE, 50), ("chen", K.THERE, 299)], 600, (True, True, True)),
        ([("li", K.THERE, 50), ("chen", K.DEALT_WITH, 120)], 130, (True, True, True)),
        ([("li", K.NOTE, 5)], 600, (False, False, False)),
    ],
)
def test_what_is_met(steps: list[tuple[str, StepKind, float]], lasted_s: float, met: tuple[bool, ...]) -> None:
    found = score_of(START, at(lasted_s), [], [step(*one) for one in steps])
    assert tuple(mark["met"] for mark in found["marks"]) == met
    assert found["met"] == sum(met)
    assert [mark["reached"] for mark in found["marks"]] == [lasted_s >= mark for mark in (60, 180, 300)]


def test_who_had_been_told_by_when() -> None:
    notices = [
        notice("li", 16.0),
        notice("li", 76.0),
        notice("chen", 61.5),
        notice("", 0.4, channel="console-bot"),
        notice("#2", 200.0, channel="mail"),
        notice("wu", None),
        notice("zhao", 30.0, kind="resolved"),
    ]
    found = score_of(START, at(600), notices, [], lambda person: {"li": "李"}.get(person, person))
    told = [[one["name"] for one in mark["told"]] for mark in found["marks"]]
    assert told == [["console-bot", "李"], ["console-bot", "李", "chen"], ["console-bot", "李", "chen", "mail"]]
    assert (found["first_told_s"], found["first_answer_s"], found["first_there_s"]) == (0.4, None, None)
