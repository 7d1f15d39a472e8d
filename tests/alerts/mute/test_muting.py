"""Muting at the desk and in the store: held back, shown, told later; silences outlive a restart."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text

from alerts.alert import Alert
from alerts.config import Settings
from alerts.db.store import Store
from alerts.desk import Desk
from alerts.errors import SilenceNotFound, SilenceRefused, StoreError
from alerts.evidence.snapshot import SnapshotStore
from alerts.lifecycle import Change, ChangeKind
from alerts.mute.config import MutingConfig
from alerts.mute.rules import Muted, MutedBy, Scope, ScopeKind, Silence, SilenceKind, Told
from alerts.mute.silences import MOST_ACTIVE, Order, Silences, check
from alerts.record.actor import Actor
from alerts.registry.config import SITE
from alerts.terminal import tell
from streams.clock import SimulatedClock
from tests.alerts.making import START, alert, at, finding, look

K = ChangeKind
SETTINGS = Settings.model_validate(
    {
        "places": [{"id": "b3", "name": "3号楼"}, {"id": "shed", "name": "车棚", "within": "b3"}],
        "cameras": [{"name": "shed-1", "url": "0", "place": "shed"}, {"name": "yard", "url": "0"}],
        "webhooks": [{"name": "hook", "url": "http://127.0.0.1:9/"}],
    }
)


def order(kind: str = "shelf", scope: tuple[str, str] = ("place", "b3"), hours: float = 1.0, **given: Any) -> Order:
    values: dict[str, Any] = {"reason": "moving house", "by": "Wang"} | given
    return Order(SilenceKind(kind), Scope(ScopeKind(scope[0]), scope[1]), lasts=timedelta(hours=hours), **values)


class Bench:
    """A desk that can be started anew, as after a kill."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, SimulatedClock(START)
        self.open()

    def open(self) -> None:
        self.store = Store.open(self.folder)
        self.desk = Desk(self.store, SnapshotStore(self.folder / "snapshots"), SETTINGS, self.clock)

    def kill(self) -> None:
        """Nothing is told to end; a new one opens what is there."""
        self.store.close()
        self.open()

    def see(self, hazard: str = "clutter", camera: str = "shed-1", key: str = "a") -> Alert:
        now_s = self.clock.monotonic_s()
        seen = [finding(now_s, hazard=hazard, camera=camera, key=key)]
        return self.desk.receive(look(now_s, seen, camera=camera))[-1].alert

    def told(self) -> list[tuple[str, str]]:
        """(alert, kind) of every notice, in order."""
        told = []
        while due := self.store.due("hook", self.clock.now(), 99):  # of one alert one notice at a time
            for delivery in due:
                self.store.mark_delivered(delivery.id, self.clock.now())
                told.append((delivery.alert_id, delivery.kind))
        return told


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.desk.close()
    made.store.close()


def test_a_shelved_place_calls_nobody_and_shows_everything(bench: Bench) -> None:
    shelf = bench.desk.silence(order())
    raised = bench.see()
    assert raised.place_id == "shed" and raised.held
    assert bench.store.alert(raised.id) == raised == bench.desk.alert(raised.id)
    assert bench.told() == []
    assert bench.desk.muted_now().muted == {
        raised.id: Muted(MutedBy.SHELVED, "moving house", shelf.id, "Wang", shelf.ends_at)
    }
    elsewhere = bench.see(camera="yard")
    assert bench.told() == [(elsewhere.id, "fired")]


def test_what_still_stands_there_is_told_when_the_silence_ends(bench: Bench) -> None:
    bench.desk.silence(order(hours=1))
    raised = bench.see()
    bench.clock.step(3599)
    bench.desk.tick()
    assert bench.told() == []
    bench.clock.step(1)
    bench.desk.tick()
    bench.desk.tick()
    assert bench.told() == [(raised.id, "fired")]
    stored = bench.store.alert(raised.id)
    assert stored is not None and not stored.held and stored == bench.desk.alert(raised.id)
    assert stored.muted is not None and stored.muted["reason"] == "moving house"


def test_a_person_ends_a_silence_early(bench: Bench) -> None:
    shelf = bench.desk.silence(order())
    raised = bench.see()
    ended = bench.desk.muting.end(shelf.id, Actor("Li", "console"))
    assert (ended.ended_by, ended.ended_at) == ("Li", bench.clock.now())
    bench.desk.tick()
    assert bench.told() == [(raised.id, "fired")]
    assert bench.desk.muting.end(shelf.id, Actor("Zhao", "console")) == ended  # doing it again changes nothing
    assert bench.desk.muting.silences.page() == [ended]


@pytest.mark.parametrize("done", ["resolved", "acknowledged", "false_alarm"])
def test_of_what_nobody_was_told_the_end_is_not_told_either(bench: Bench, done: str) -> None:
    shelf = bench.desk.silence(order())
    raised = bench.see()
    if done == "resolved":
        for _ in range(40):
            bench.clock.step(1)
            bench.desk.receive(look(bench.clock.monotonic_s()))
    elif done == "acknowledged":
        bench.desk.acknowledge(raised.id, by="Wang")
    else:
        bench.desk.mark_false_alarm(raised.id, by="Wang", reason="allowed")
    bench.desk.muting.end(shelf.id, Actor("Li", "console"))
    bench.desk.tick()
    assert bench.told() == []


def test_whoever_was_told_that_it_began_is_told_that_it_is_over(bench: Bench) -> None:
    raised = bench.see()
    bench.desk.silence(order())
    bench.desk.acknowledge(raised.id, by="Wang")
    assert bench.told() == [(raised.id, "fired"), (raised.id, "acknowledged")]


async def test_shelving_the_alert_that_rings_stops_the_calls_until_its_end(bench: Bench) -> None:
    raised = bench.see()
    assert bench.told() == [(raised.id, "fired")]
    with bench.desk.subscribe() as events:
        bench.desk.silence(order(scope=("alert", raised.id), hours=1))
        bench.desk.tick()
        assert (await anext(events)).kind is K.MUTED
    paused = bench.desk.alert(raised.id)
    assert paused.paused and paused == bench.store.alert(raised.id)
    bench.clock.step(3600)
    bench.desk.tick()
    assert bench.told() == [(raised.id, "fired")]
    assert not bench.desk.alert(raised.id).paused


def test_a_kill_loses_neither_the_silence_nor_what_it_holds_back(bench: Bench) -> None:
    bench.desk.silence(order(hours=1))
    raised = bench.see()
    bench.kill()
    bench.desk.tick()
    assert bench.told() == []
    bench.clock.step(3600)
    bench.kill()
    bench.desk.tick()
    assert bench.told() == [(raised.id, "fired")]


def test_a_flame_goes_through_a_shelved_place_and_holds_back_the_rest(bench: Bench) -> None:
    bench.desk.silence(order())
    flame = bench.see("flame")
    assert bench.told() == [(flame.id, "fired")]
    silence = bench.desk.muting.silences.active(bench.clock.now())[0]
    bench.desk.muting.end(silence.id, Actor("Li", "console"))
    clutter = bench.see("clutter", key="b")
    assert bench.desk.decide(clutter) == Muted(MutedBy.INHIBITED, "flame", flame.id)
    bench.desk.mark_false_alarm(flame.id, by="Li", reason="reflection")
    bench.desk.tick()
    assert bench.told() == [(flame.id, "false_alarm"), (clutter.id, "fired")]


def test_a_flame_is_held_back_only_where_a_person_names_flames(bench: Bench) -> None:
    bench.desk.silence(order(fire=True, hours=2))
    flame = bench.see("flame")
    assert flame.held and bench.told() == []
    bench.clock.step(7200)
    bench.desk.tick()
    assert bench.told() == [(flame.id, "fired")]


def test_a_drill_is_told_as_one_and_a_fire_that_outlasts_it_as_real(bench: Bench) -> None:
    drill = bench.desk.silence(order("drill", hours=1))
    flame = bench.see("flame")
    assert flame.exercise and bench.desk.decide(flame) == Told(drill)
    [delivery] = bench.store.due("hook", bench.clock.now(), 9)
    assert delivery.payload["exercise"] is True
    assert bench.told() == [(flame.id, "fired")]
    bench.clock.step(3600)
    bench.desk.tick()
    assert bench.told() == [(flame.id, "fired")]
    assert not bench.desk.alert(flame.id).exercise


def test_settings_that_change_change_what_is_quiet(bench: Bench) -> None:
    always = {"quiet": [{"name": "holiday", "opens": "00:00", "closes": "00:00"}]}
    muting = MutingConfig.model_validate(always)
    bench.desk.follow(SETTINGS.model_copy(update={"muting": muting}))
    raised = bench.see()
    assert raised.held and [hours.name for hours, _ in bench.desk.muted_now().quiet] == ["holiday"]
    bench.desk.follow(SETTINGS)
    bench.desk.tick()
    assert bench.told() == [(raised.id, "fired")]


def test_the_terminal_says_that_it_is_muted(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.desk.silence(order("drill", ("camera", "yard")))
    bench.desk.silence(order())
    for raised in (bench.see(), bench.see("flame", "yard")):
        tell(Change(K.FIRED, raised))
    muted, exercise = capsys.readouterr().out.splitlines()
    assert muted.endswith("0.60  muted: moving house") and exercise.endswith("0.60  DRILL 演练")


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_the_terminal_tells_times_by_the_site_s_clock(
    bench: Bench, capsys: pytest.CaptureFixture[str], zone: str
) -> None:
    raised = bench.see()
    tell(Change(K.FIRED, raised), ZoneInfo(zone))
    assert capsys.readouterr().out.startswith(f"{raised.seen_at.astimezone(ZoneInfo(zone)):%H:%M:%S}  fired")


# Silences in either database


def test_silences_are_kept_for_ever(store: Store) -> None:
    silences = Silences(store, START)
    made = [silences.add(order(reason=f"reason {number}"), at(number)) for number in range(5)]
    ended = silences.end(made[1].id, Actor("Li", "console"), at(10))
    assert ended.ended_by == "Li" and not ended.active(at(10))
    assert [one.id for one in silences.active(at(10))] == [made[index].id for index in (0, 2, 3, 4)]
    again = Silences(store, at(10))
    assert again.active(at(10)) == silences.active(at(10))
    assert again.page(limit=3) == [made[4], made[3], made[2]]
    assert again.page(before=made[2].id) == [ended, made[0]]
    assert Silences(store, at(4000)).active(at(4000)) == ()
    assert silences.end(made[0].id, Actor("Li", "console"), at(4000)) == made[0]  # it has ended by itself
    assert silences.changes == 6


def test_an_unknown_silence(store: Store) -> None:
    with pytest.raises(SilenceNotFound, match="no silence nothing"):
        Silences(store, START).end("nothing", Actor("Li", "console"), at(0))


def test_a_silence_that_cannot_be_stored_is_not_in_force(store: Store) -> None:
    silences = Silences(store, START)
    kept = silences.add(order(), at(0))
    with store.writing() as connection:
        connection.execute(text("ALTER TABLE silences RENAME TO away"))
    with pytest.raises(StoreError):
        silences.add(order(), at(1))
    with pytest.raises(StoreError):
        silences.end(kept.id, Actor("Li", "console"), at(1))
    assert silences.active(at(1)) == (kept,)
    assert silences.changes == 1


def test_no_alert_waits_for_a_silence_that_is_being_stored(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    writing, go_on = threading.Event(), threading.Event()
    insert = bench.store.writing

    @contextmanager
    def slowly() -> Iterator[Connection]:
        writing.set()
        assert go_on.wait(20)
        with insert() as connection:
            yield connection

    with monkeypatch.context() as patched:
        patched.setattr(bench.desk.muting.silences, "_store", SimpleNamespace(writing=slowly))
        thread = threading.Thread(target=lambda: bench.desk.silence(order()))
        thread.start()
        assert writing.wait(20)
        raised = bench.see()
        assert bench.told() == [(raised.id, "fired")]  # not in force before it is stored
        go_on.set()
        thread.join(20)
    assert bench.see(key="b").held


def test_silences_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    silences = Silences(store, START)
    monkeypatch.setattr("alerts.mute.silences.MOST_ACTIVE", 2)
    for number in range(2):
        silences.add(order(), at(number))
    with pytest.raises(SilenceRefused, match="2 silences are in force"):
        silences.add(order(), at(2))
    assert MOST_ACTIVE > 2
    silences.add(order(), at(3700))  # the others have ended


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"by": "  "}, "say who you are"),
        ({"reason": ""}, "say why"),
        ({"hours": 0}, "it may last 168 h at most"),
        ({"hours": 169}, "it may last 168 h at most"),
        ({"fire": True, "hours": 5}, "it may last 4 h at most"),
        ({"kind": "drill", "hours": 5}, "it may last 4 h at most"),
        ({"scope": ("place", "b4")}, "there is no place b4"),
        ({"scope": ("camera", "shed-9")}, "there is no camera shed-9"),
        ({"scope": ("hazard", "smell")}, "there is no hazard smell"),
        ({"scope": ("camera_hazard", "clutter@shed-9")}, "there is no camera_hazard clutter@shed-9"),
        ({"scope": ("camera_hazard", "flame@yard")}, "a flame is muted only where flames are named"),
        ({"scope": ("alert", "02")}, "there is no alert 02"),
        ({"scope": ("hazard", "flame")}, "a flame is muted only where flames are named"),
        ({"scope": ("alert", "01A")}, "a flame is muted only where flames are named"),
    ],
)
def test_silences_that_may_not_be(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SilenceRefused, match=said):
        check(order(**given), MutingConfig(), SETTINGS.registry(), alert("01A"))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"scope": ("place", SITE)},
        {"scope": ("camera", "yard"), "hours": 168},
        {"scope": ("hazard", "camera")},
        {"scope": ("camera_hazard", "ebike@yard")},
        {"scope": ("hazard", "flame"), "fire": True, "hours": 4},
        {"scope": ("alert", "01A"), "fire": True},
        {"kind": "drill", "scope": ("hazard", "flame")},
    ],
)
def test_silences_that_may_be(given: dict[str, Any]) -> None:
    check(order(**given), MutingConfig(), SETTINGS.registry(), alert("01A"))


def test_a_silence_reads_back_as_it_was(store: Store) -> None:
    silences = Silences(store, START)
    made: Silence = silences.add(order("drill", ("alert", "01A"), fire=True, reason="演练", by="李"), at(0))
    assert Silences(store, START).page() == [made]


def test_the_rungs_of_a_fire_wait_for_nobody_while_it_is_shelved(tmp_path: Path) -> None:
    """The person at the desk shelves the fire that rings; when the time is over the ladder begins anew."""
    clock, store = SimulatedClock(START), Store.open(tmp_path)
    raw = SETTINGS.model_dump(mode="json", include={"places", "webhooks"})
    raw["cameras"] = [{"name": "shed-1", "url": "0", "place": "shed"}]
    raw["people"] = [{"id": "li", "channels": [{"channel": "hook", "address": "li"}]}]
    desk = Desk(store, SnapshotStore(tmp_path / "snapshots"), Settings.model_validate(raw), clock)
    raised = desk.receive(look(0, [finding(0)]))[-1].alert

    def waiting() -> int:
        rows = store.deliveries_of(raised.id)
        return sum(not (row.delivered_at or row.dead_at or row.superseded_at) for row in rows)

    assert waiting() > 0
    desk.silence(order(scope=("alert", raised.id), fire=True))
    desk.tick()
    assert waiting() == 0
    assert {row.superseded_reason for row in store.deliveries_of(raised.id)} == {"muted: moving house"}
    clock.step(3600)
    desk.tick()
    assert waiting() > 0
    desk.close()
    store.close()
