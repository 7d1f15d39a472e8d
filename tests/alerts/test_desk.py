"""The desk: looks in, alerts, pictures and events out, whatever the disk does."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from alerts import backlog
from alerts.alert import Alert, AlertState
from alerts.db import schema_records
from alerts.db.store import Store
from alerts.desk import Desk
from alerts.disk_room import DiskRoom
from alerts.errors import AlertNotFound, AlertRefused, StaleAlert, StoreError
from alerts.evidence.outgoing import outgoing_picture
from alerts.evidence.snapshot import SnapshotStore
from alerts.lifecycle import Change, ChangeKind
from alerts.routing.plan import AtOnce
from alerts.track.answer_links import AnswerLinks
from alerts.track.step import StepKind
from streams.clock import SimulatedClock
from tests.alerts.making import START, at, finding, jpeg, look, settings
from vision.blur import Private
from vision.config import CameraConfig
from vision.jpeg import encode_jpeg
from vision.look import Look
from vision.rule import Finding, Severity

K = ChangeKind
HOOK = {"name": "hook", "url": "http://127.0.0.1:9/"}


class MovableStore(Store):
    """A store whose database can be made to refuse."""

    broken = ""
    before_commit: Callable[[], None] | None = None

    def commit(self, *given: Any) -> None:
        if self.broken:
            raise StoreError(self.broken)
        if self.before_commit is not None:
            self.before_commit()
        super().commit(*given)


class Bench:
    """A desk, its store, and a clock that both share."""

    picture_now: bytes | None = None
    links: AnswerLinks | None = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SimulatedClock(START)
        self.open()

    def open(self) -> None:
        self.store = MovableStore.open(self.folder)
        self.snapshots = SnapshotStore(self.folder / "snapshots")
        self.desk = Desk(
            self.store,
            self.snapshots,
            settings(HOOK),
            self.clock,
            links=self.links,
            picture_now=lambda camera: self.picture_now,
        )

    def restart(self) -> None:
        self.desk.close()
        self.store.close()
        self.open()

    def look(self, *findings: Finding, picture: bytes | None = None) -> list[Change]:
        now_s = self.clock.monotonic_s()
        return self.desk.receive(look(now_s, findings, picture=picture))

    def see(
        self, *, confirmed: bool = True, picture: bytes | None = None, key: str = "a", **where: Any
    ) -> list[Change]:
        return self.look(finding(self.clock.monotonic_s(), confirmed=confirmed, key=key, **where), picture=picture)

    def fire(self, key: str = "a", **where: Any) -> Alert:
        [change] = self.see(key=key, **where)
        assert change.kind is K.FIRED
        return change.alert

    def empty(self, seconds: int) -> list[Change]:
        changes = []
        for _ in range(seconds):
            self.clock.step(1)
            changes += self.look()
        return changes


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.desk.close()
    made.store.close()


def test_a_fired_alert_is_stored_with_its_picture_and_notice(bench: Bench) -> None:
    [change] = bench.see(picture=jpeg())
    stored = bench.store.alert(change.alert.id)
    assert stored == change.alert == bench.desk.alert(change.alert.id)
    assert stored.snapshot
    assert bench.snapshots.verify(stored.evidence["snapshot"]) == ""
    assert bench.snapshots.path(stored.snapshot, "clean").read_bytes() == jpeg()
    assert stored.evidence["score"] == 0.6
    [notice] = bench.store.due("hook", bench.clock.now(), 9)
    assert notice.payload["evidence"]["snapshot"] == stored.evidence["snapshot"]


def test_the_picture_of_the_confirmation_replaces_that_of_the_suspicion(bench: Bench) -> None:
    [opened] = bench.see(confirmed=False, picture=jpeg())
    bench.clock.step(1)
    [fired] = bench.see(picture=jpeg(320, 180))
    assert fired.alert.snapshot != opened.alert.snapshot
    assert fired.alert.evidence["snapshot"]["earlier"] == [opened.alert.evidence["snapshot"]]
    bench.clock.step(6)
    [update] = bench.see(picture=jpeg())
    assert update.kind is K.UPDATED
    assert update.alert.snapshot == fired.alert.snapshot


def test_the_box_of_the_picture_is_kept_beside_that_of_the_peak(bench: Bench) -> None:
    [fired] = bench.see(picture=jpeg())
    bench.clock.step(6)
    peak = replace(finding(bench.clock.monotonic_s(), confidence=0.9), box=(0.5, 0.5, 0.9, 0.9))
    [update] = bench.look(peak)
    assert update.alert.box == (0.5, 0.5, 0.9, 0.9)
    assert update.alert.evidence["snapshot"]["box"] == list(fired.alert.box)


@pytest.mark.parametrize("picture", [b"", b"junk"])
def test_a_bad_picture_does_not_stop_the_alert(bench: Bench, picture: bytes, caplog: pytest.LogCaptureFixture) -> None:
    [change] = bench.see(picture=picture)
    assert change.kind is K.FIRED
    assert bench.store.alert(change.alert.id) == change.alert
    assert change.alert.snapshot == ""
    assert bench.desk.status()["lost_pictures"] == 1
    assert "without its picture" in caplog.text


def test_a_folder_that_takes_no_pictures_does_not_stop_the_alert(bench: Bench) -> None:
    (bench.folder / "snapshots").write_text("a file")
    [change] = bench.see(picture=jpeg())
    assert change.alert.snapshot == ""
    assert bench.store.delivery_counts()["hook"]["waiting"] == 1


@pytest.mark.parametrize(
    ("hazard", "picture_now", "pictured"),
    [
        ("clutter", jpeg(320, 180), True),
        ("clutter", None, False),
        ("clutter", b"junk", False),
        ("flame", jpeg(), False),
    ],
    ids=["clutter", "no live picture", "junk", "flame"],
)
def test_a_cleared_place_is_pictured_again(
    bench: Bench, hazard: str, picture_now: bytes | None, pictured: bool
) -> None:
    bench.picture_now = picture_now
    [fired] = bench.look(replace(finding(bench.clock.monotonic_s()), hazard=hazard), picture=jpeg())
    resolved = [change for change in bench.empty(60) if change.kind is K.RESOLVED]
    [stored] = [bench.store.alert(change.alert.id) for change in resolved]
    assert stored is not None
    assert stored.snapshot == fired.alert.snapshot
    after = stored.evidence.get("snapshot_after")
    assert (after is not None) is pictured
    if after is not None:
        assert bench.snapshots.verify(after) == ""
        assert bench.snapshots.path(after["key"], "clean").read_bytes() == picture_now


def test_people_act(bench: Bench) -> None:
    fired = bench.fire()
    done = bench.desk.acknowledge(fired.id, by="li", version=fired.version)
    assert (done.state, done.acknowledged_at) == (AlertState.ACKNOWLEDGED, START)
    assert bench.desk.acknowledge(fired.id, by="wang") == done
    false = bench.desk.mark_false_alarm(fired.id, by="wang", reason="lamp", version=done.version)
    assert false.state is AlertState.FALSE_ALARM
    bench.clock.step(6)
    [update] = bench.see()
    assert update.alert.state is AlertState.FALSE_ALARM
    assert [one.kind for one in bench.store.deliveries_of(fired.id)] == ["fired", "acknowledged", "false_alarm"]


def test_who_comes_late_is_told(bench: Bench) -> None:
    fired = bench.fire()
    bench.desk.mark_false_alarm(fired.id, by="li", reason="lamp")
    with pytest.raises(StaleAlert) as caught:
        bench.desk.acknowledge(fired.id, by="wang", version=fired.version)
    assert caught.value.current.false_alarm_by == "li"
    with pytest.raises(StaleAlert):
        bench.desk.acknowledge(fired.id, by="wang", version=99)


def test_a_newer_picture_of_the_same_state_makes_nobody_late(bench: Bench) -> None:
    fired = bench.fire()
    bench.clock.step(6)
    [update] = bench.see()
    assert update.kind is K.UPDATED
    done = bench.desk.acknowledge(fired.id, by="li", version=fired.version)
    assert done.version == fired.version + 2


def test_what_does_not_go(bench: Bench) -> None:
    [opened] = bench.see(confirmed=False)
    with pytest.raises(AlertRefused, match="suspected"):
        bench.desk.step(opened.alert.id, StepKind.DISPATCHED, by="li", detail={"to": "x"})
    with pytest.raises(AlertNotFound):
        bench.desk.acknowledge("nobody", by="li")


def test_resolved_alerts_can_still_be_judged(bench: Bench) -> None:
    fired = bench.fire()
    assert [change.kind for change in bench.empty(12)] == [K.RESOLVED]
    assert bench.desk.open_alerts() == []
    assert bench.desk.acknowledge(fired.id, by="li").state is AlertState.RESOLVED
    bench.desk.mark_false_alarm(fired.id, by="li", reason="lamp")
    bench.clock.step(5)
    assert [change.kind for change in bench.see()] == [K.UPDATED]


def test_restart(bench: Bench) -> None:
    fired = bench.fire()
    bench.desk.acknowledge(fired.id, by="li")
    bench.restart()
    assert [one.id for one in bench.desk.open_alerts()] == [fired.id]
    bench.clock.step(6)
    assert {change.alert.id for change in bench.see()} <= {fired.id}
    changes = bench.empty(12)
    assert [(change.kind, change.alert.id) for change in changes][-1] == (K.RESOLVED, fired.id)
    bench.restart()
    bench.clock.step(5)
    assert [(change.kind, change.alert.id) for change in bench.see()] == [(K.REOPENED, fired.id)]


def test_a_restart_makes_no_second_fire_of_one_that_people_have_not_ended(bench: Bench) -> None:
    fired = bench.fire()
    bench.desk.acknowledge(fired.id, by="li")
    bench.empty(12)
    bench.clock.step(300)
    bench.store.close()  # killed
    bench.open()
    bench.clock.step(1)
    assert [(change.kind, change.alert.id) for change in bench.see(key="another")] == [(K.REOPENED, fired.id)]
    assert [one.id for one in bench.store.alerts()] == [fired.id]


def test_whoever_sees_that_it_burns_raises_a_suspicion(bench: Bench) -> None:
    [opened] = bench.see(confirmed=False)
    raised, now = bench.desk.step(opened.alert.id, StepKind.ACKNOWLEDGED, by="li", version=opened.alert.version)
    assert (raised.state, raised.fired_at, now.said.first and now.said.first.by) == (
        AlertState.ACKNOWLEDGED,
        bench.clock.now(),
        "li",
    )
    assert [one.kind for one in bench.store.deliveries_of(raised.id)] == ["fired"]
    with bench.store.reading() as connection:
        rows = connection.execute(select(schema_records.records)).all()
    assert [(row.kind, row.by) for row in rows] == [("began", "system"), ("fired", "li")]
    bench.clock.step(1)
    assert K.FIRED not in [change.kind for change in bench.see()], "the camera comes later, and raises nothing again"
    with pytest.raises(AlertRefused, match="false alarm"):
        bench.desk.step(raised.id, StepKind.UNDONE, by="li", detail={"seq": 1})


def test_a_suspicion_of_an_earlier_run_ends_though_its_camera_is_gone(bench: Bench) -> None:
    [opened] = bench.see(confirmed=False)
    bench.restart()
    for _ in range(62):
        bench.clock.step(10)
        bench.desk.tick()
    over = bench.desk.alert(opened.alert.id)
    assert (over.open, over.ended, bench.desk.open_alerts()) == (False, True, [])


async def test_events(bench: Bench) -> None:
    with bench.desk.subscribe() as events:
        fired = await asyncio.to_thread(bench.fire)
        await asyncio.to_thread(bench.desk.acknowledge, fired.id, by="li")
        async with asyncio.timeout(20):
            first, second = await anext(events), await anext(events)
    assert (first.kind, second.kind) == (K.FIRED, K.ACKNOWLEDGED)
    assert second.alert.acknowledged_by == "li"
    assert second.id > first.id
    with bench.desk.subscribe(last_event_id=first.id) as again:
        async with asyncio.timeout(20):
            assert await anext(again) == second
    bench.clock.step(1)
    bench.restart()
    with bench.desk.subscribe(last_event_id=second.id) as later:
        assert later.missed


# The database refuses


def test_nothing_is_lost_while_the_database_refuses(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.store.broken = "alerts.db: database or disk is full"
    fired = bench.fire()
    bench.desk.acknowledge(fired.id, by="li")
    assert bench.store.alerts() == []
    assert [one.acknowledged_by for one in bench.desk.alerts()] == ["li"]
    assert bench.desk.alerts(states=[AlertState.FIRING]) == []
    assert [one.id for one in bench.desk.open_alerts()] == [fired.id]
    assert bench.desk.alert(fired.id).state is AlertState.ACKNOWLEDGED
    assert caplog.text.count("wait to be stored") == 1
    bench.desk.tick()
    assert caplog.text.count("wait to be stored") == 2
    bench.store.broken = ""
    bench.desk.tick()
    assert bench.desk.status()["waiting"] == 0
    stored = bench.store.alert(fired.id)
    assert stored is not None
    assert stored.acknowledged_by == "li"
    assert [one.kind for one in bench.store.deliveries_of(fired.id)] == ["fired", "acknowledged"]


def test_a_look_does_not_ask_a_database_that_refused_and_the_next_tick_does(bench: Bench) -> None:
    bench.store.broken = "locked"
    bench.fire()
    bench.store.broken = ""
    bench.fire("b")
    assert bench.store.alerts() == []
    bench.desk.tick()
    assert len(bench.store.alerts()) == 2
    bench.fire("c")
    assert len(bench.store.alerts()) == 3


def test_nothing_waits_for_a_database_that_hangs(bench: Bench) -> None:
    """What comes while the store is busy with what waits is stored after it, in order."""
    bench.store.broken = "down"
    first = bench.fire("a")
    asked, answer = threading.Event(), threading.Event()

    def hang() -> None:
        asked.set()
        answer.wait(60)

    bench.store.broken, bench.store.before_commit = "", hang
    ticking = threading.Thread(target=bench.desk.tick)
    ticking.start()
    assert asked.wait(60)
    second = bench.fire("b")
    bench.desk.acknowledge(first.id, by="li")
    assert {one.id: one.acknowledged_by for one in bench.desk.alerts()} == {first.id: "li", second.id: ""}
    assert bench.desk.status()["waiting"] == 3
    assert bench.desk.refused, "it had refused, and has not taken them yet"
    answer.set()
    ticking.join(60)
    assert bench.desk.status()["waiting"] == 0
    assert {one.id: one.acknowledged_by for one in bench.store.alerts()} == {first.id: "li", second.id: ""}
    assert [one.kind for one in bench.store.deliveries_of(first.id)] == ["fired", "acknowledged"]


def test_only_a_database_that_has_refused_a_write_is_in_trouble(bench: Bench) -> None:
    """One that takes its time has what it was given on its way, and nothing is wrong."""
    room = DiskRoom(bench.store, bench.folder, lambda: bench.desk.refused, bench.clock)
    said: list[tuple[int, str]] = []
    bench.store.before_commit = lambda: said.append((bench.desk.waiting, room.said()["store"]))
    bench.fire("a")
    assert said == [(1, "")]
    bench.store.broken = "down"
    bench.fire("b")
    assert room.said()["store"] == "refuses"
    bench.store.broken = ""
    bench.desk.tick()
    assert room.said()["store"] == ""


def test_closing_stores_what_waits_at_once(bench: Bench) -> None:
    bench.store.broken = "locked"
    fired = bench.fire()
    bench.store.broken = ""
    bench.desk.close()
    assert bench.store.alert(fired.id) is not None


def test_what_waits_is_bounded_and_fires_outlast_updates(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "MAX_WAITING", 4)
    bench.store.broken = "full"
    for key in "abc":
        bench.fire(key)
    for _ in range(5):
        bench.clock.step(6)
        bench.look(*[finding(bench.clock.monotonic_s(), key=key) for key in "abc"])
    status = bench.desk.status()
    assert (status["waiting"], status["dropped"]) == (4, 10)  # a picture that a later one replaces is not missed
    assert bench.desk.dropped == {"pictures": 10}
    bench.store.broken = ""
    bench.clock.step(2)
    bench.desk.tick()
    assert len(bench.store.alerts()) == 3
    assert bench.store.delivery_counts()["hook"]["waiting"] == 3


def test_a_fire_outlasts_everything_else(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "MAX_WAITING", 4)
    bench.store.broken = "full"
    fires = [bench.fire(key) for key in "ab"]
    for key in "cdefg":
        bench.look(replace(finding(0.0, key=key), hazard="clutter", severity=Severity.VIOLATION))
    bench.desk.acknowledge(fires[0].id, by="li")
    bench.desk.acknowledge(fires[1].id, by="li")
    assert bench.desk.dropped == {"violation": 5}
    bench.fire("h")
    assert bench.desk.dropped == {"violation": 5, "fire": 1}
    bench.store.broken = ""
    bench.desk.tick()
    assert {one.hazard for one in bench.store.alerts()} == {"flame"}


def test_one_that_is_outdated_does_not_hold_up_the_others(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    fired = bench.fire()
    bench.store.commit([Change(K.UPDATED, replace(fired, version=50))], AtOnce({}), START)
    bench.clock.step(6)
    both = bench.look(finding(6.0), finding(6.0, key="b"))
    assert [change.kind for change in both] == [K.FIRED, K.UPDATED]
    assert len(bench.store.alerts()) == 2
    assert bench.desk.status()["dropped"] == 1
    assert "was not stored" in caplog.text


def test_one_that_no_database_takes_does_not_hold_up_the_others(bench: Bench) -> None:
    bad = replace(finding(0.0, key="bad"), zone_type=None)  # type: ignore[arg-type]
    changes = bench.look(bad, finding(0.0))
    assert [change.kind for change in changes] == [K.FIRED, K.FIRED]
    assert [one.zone_type for one in bench.store.alerts()] == ["corridor"]
    assert bench.desk.status()["dropped"] == 1


def test_pages_join_what_is_stored_and_what_waits(bench: Bench) -> None:
    for key in "abcd":
        bench.clock.step(1)
        bench.fire(key)
    bench.store.broken = "full"
    bench.clock.step(1)
    newest = bench.fire("e")
    pages = [bench.desk.alerts(limit=2)]
    while pages[-1]:
        pages.append(bench.desk.alerts(limit=2, before=pages[-1][-1].id))
    ids = [one.id for page in pages for one in page]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 5
    assert ids[0] == newest.id


def test_cameras_and_operators_at_the_same_time(bench: Bench) -> None:
    errors: list[Exception] = []

    def watch(camera: str) -> None:
        try:
            for n in range(40):
                found = [replace(finding(n, key=str(n % 3)), camera=camera)] if n % 4 else []
                bench.desk.receive(Look(camera, at(n), float(n), (160, 90), (), tuple(found)))
        except Exception as error:  # noqa: BLE001 - shown by the test
            errors.append(error)

    def operate() -> None:
        for _ in range(20):
            for one in bench.desk.open_alerts():
                bench.desk.acknowledge(one.id, by="li")

    threads = [threading.Thread(target=watch, args=(f"c{n}",)) for n in range(4)] + [threading.Thread(target=operate)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for one in bench.desk.open_alerts():
        assert bench.store.alert(one.id) == one
    assert bench.desk.status() == dict.fromkeys(bench.desk.status(), 0)


def test_quiet_looks_do_not_touch_the_database(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.store, "commit", None)
    assert bench.empty(30) == []


def test_a_notice_is_kept_with_its_picture_and_goes_nowhere(bench: Bench) -> None:
    [logged] = bench.look(finding(bench.clock.monotonic_s(), notice="passing"), picture=jpeg())
    assert logged.alert.snapshot
    bench.empty(14)
    stored = bench.store.alert(logged.alert.id)
    assert stored is not None
    assert (stored.state, stored.notice) == (AlertState.LOGGED, "passing")
    assert stored.resolved_at is not None
    assert bench.desk.alerts(states=[AlertState.PENDING, AlertState.FIRING]) == []
    assert bench.store.deliveries_of(stored.id) == []


def test_heads_of_whoever_is_seen_are_hidden_in_what_leaves_the_console(bench: Bench) -> None:
    picture = encode_jpeg(np.random.default_rng(3).integers(0, 255, (90, 160, 3), np.uint8), 90)
    seen = replace(look(0.0, [finding(0.0)], picture=picture), private=Private(((0.6, 0.1, 0.8, 0.9),)))
    [change] = bench.desk.receive(seen)
    out = outgoing_picture(bench.snapshots, change.alert)
    assert out is not None
    assert out != bench.snapshots.path(change.alert.snapshot, "clean").read_bytes()
    assert bench.snapshots.verify(change.alert.evidence["snapshot"]) == ""


@pytest.mark.parametrize("changed", [{"url": "rtsp://elsewhere"}, {"masks": [[[0, 0], [1, 0], [1, 1]]]}])
def test_a_look_that_was_on_its_way_when_its_camera_came_to_show_something_else_raises_nothing(
    bench: Bench, changed: dict[str, Any]
) -> None:
    """A fire seen at the old address is none at the new one's place, and its picture shows what is masked now."""
    before = bench.desk.settings
    old = before.cameras[0]
    new = CameraConfig.model_validate({**old.model_dump(), **changed})
    seen = look(0.0, [finding(0.0)], picture=jpeg())
    for cameras in ((), (new,)):
        bench.desk.follow(before.model_copy(update={"cameras": cameras}))
        assert bench.desk.receive(replace(seen, sight=old.sight)) == []
    assert len(bench.desk.receive(replace(seen, sight=new.sight))) == 1
