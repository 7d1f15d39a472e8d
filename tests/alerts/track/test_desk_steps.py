"""Steps through the desk: two at once, a database that refuses, a restart, the camera's return, links of notices."""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from alerts.alert import Alert, AlertState
from alerts.delivery.deliver import Deliverer
from alerts.desk import Desk, known
from alerts.errors import StaleAlert
from alerts.lifecycle import ChangeKind
from alerts.track.answer_links import AnswerLinks
from alerts.track.answers import Answers
from alerts.track.fold import Stage
from alerts.track.step import StepKind
from tests.alerts.delivery.test_deliver import Recorder, until
from tests.alerts.making import finding
from tests.alerts.test_desk import Bench

K = StepKind


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.desk.close()
    made.store.close()


ELSEWHERE: dict[str, Any] = {"zone": "yard", "box": (0.7, 0.7, 0.9, 0.9)}
"""Where a fire is another one than that which nobody has ended."""


def names(bench: Bench, alert_id: str) -> list[tuple[int, str, str]]:
    return [(step.seq, step.kind.value, step.by) for step in bench.desk.track(alert_id)[1].steps]


def test_of_many_people_at_once_one_is_taken_and_the_others_see_the_truth(bench: Bench) -> None:
    fire = bench.fire()
    together, late, taken = threading.Barrier(8), [], []

    def go(name: str) -> None:
        together.wait()
        try:
            taken.append(bench.desk.step(fire.id, K.ACCEPTED, by=name, version=fire.version)[0])
        except StaleAlert as error:
            late.append(error)

    threads = [threading.Thread(target=go, args=[f"person {number}"]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    [winner] = taken
    assert len(late) == 7
    assert all(error.current == winner and error.track == bench.desk.track(fire.id)[1] for error in late)
    assert names(bench, fire.id) == [(1, "accepted", winner.acknowledged_by)]


def test_people_who_go_there_do_not_get_in_each_other_s_way(bench: Bench) -> None:
    fire = bench.fire()
    together = threading.Barrier(8)

    def go(name: str) -> None:
        together.wait()
        for kind in (K.ACCEPTED, K.ON_THE_WAY, K.THERE):
            bench.desk.step(fire.id, kind, by=name, via="bot", round=0)

    threads = [threading.Thread(target=go, args=[f"person {number}"]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    alert, track = bench.desk.track(fire.id)
    assert [step.seq for step in track.steps] == list(range(1, 25))
    assert {one.progress for one in track.said.responders.values()} == {K.THERE}
    assert bench.store.alert(fire.id) == alert


def test_who_goes_there_is_told(bench: Bench) -> None:
    fire = bench.fire()
    assert bench.desk.going(fire) == ()
    bench.desk.step(fire.id, K.ACCEPTED, by="li")
    bench.desk.step(fire.id, K.THERE, by="li")
    bench.desk.step(fire.id, K.ACCEPTED, by="wang")
    assert bench.desk.going(fire) == (("li", "there"), ("wang", "accepted"))
    assert bench.desk.going(replace(fire, id="01UNKNOWN")) is None


@pytest.mark.parametrize("slip", [K.ACKNOWLEDGED, K.FALSE_ALARM])
def test_what_is_taken_back_calls_people_again(bench: Bench, slip: K) -> None:
    fire = bench.fire()
    bench.desk.step(fire.id, slip, by="li", detail={"reason": "lamp"} if slip is K.FALSE_ALARM else {})
    alert, track = bench.desk.step(fire.id, K.UNDONE, by="li", detail={"seq": 1})
    assert (alert.state, track.stage) == (AlertState.FIRING, Stage.FIRING)
    assert bench.store.alert(fire.id) == alert
    assert names(bench, fire.id) == [(1, slip.value, "li"), (2, "undone", "li")]
    assert [one.kind for one in bench.desk.deliveries(fire.id)][-1] == ChangeKind.REOPENED


def test_steps_outlive_a_database_that_refuses_and_a_restart(bench: Bench) -> None:
    fire = bench.fire()
    bench.store.broken = "disk full"
    bench.desk.step(fire.id, K.ACCEPTED, by="li")
    bench.desk.step(fire.id, K.THERE, by="li")
    told = names(bench, fire.id)
    assert told == [(1, "accepted", "li"), (2, "there", "li")]
    bench.store.broken = ""
    bench.restart()
    assert names(bench, fire.id) == told
    bench.desk.step(fire.id, K.DEALT_WITH, by="li")
    assert [seq for seq, _, _ in names(bench, fire.id)] == [1, 2, 3]


def test_what_is_forgotten_is_read_again_with_what_waits(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "MAX_KEPT", 1)
    first = bench.fire("a")
    bench.desk.step(first.id, K.ACCEPTED, by="li")
    bench.store.broken = "disk full"
    bench.desk.step(first.id, K.THERE, by="li")
    bench.fire("b")
    assert names(bench, first.id) == [(1, "accepted", "li"), (2, "there", "li")]


def test_of_what_is_no_longer_seen_only_the_newest_are_kept(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "MAX_OVER", 1)
    gone = [bench.fire(key) for key in "abc"]
    bench.empty(12)
    burning = bench.fire("d", **ELSEWHERE)
    asked: list[str] = []
    read = known.KnownAlerts.read

    def noted(book: known.KnownAlerts, alert_id: str, alert: Alert | None) -> known.Known:
        asked.append(alert_id)
        return read(book, alert_id, alert)

    monkeypatch.setattr(known.KnownAlerts, "read", noted)
    for one in (burning, *reversed(gone)):
        bench.desk.step(one.id, K.ACCEPTED, by="li")
    assert burning.id not in asked
    assert asked == [gone[1].id, gone[0].id]
    assert all(names(bench, one.id) == [(1, "accepted", "li")] for one in (burning, *gone))


@pytest.mark.parametrize(
    "ask",
    [
        lambda desk, alert: desk.track(alert.id),
        lambda desk, alert: desk.step(alert.id, K.ACCEPTED, by="li", version=alert.version),
        lambda desk, alert: desk.attach_clip(alert.id, {"state": "none"}),
    ],
    ids=["track", "step", "clip"],
)
@pytest.mark.parametrize("gone", [False, True], ids=["still seen", "long gone"])
def test_looks_do_not_wait_for_a_slow_database(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Desk, Alert], object], gone: bool
) -> None:
    fire = bench.fire()
    if gone:
        bench.empty(12)
        bench.clock.step(7 * 86400)
    bench.restart()
    stored = bench.store.alert(fire.id)
    assert stored is not None
    asked, answer, read = threading.Event(), threading.Event(), bench.store.reading

    @contextmanager
    def slowly() -> Iterator[Connection]:
        asked.set()
        assert answer.wait(30)
        with read() as connection:
            yield connection

    with ThreadPoolExecutor(2) as pool:
        with monkeypatch.context() as patched:
            patched.setattr(bench.store, "reading", slowly)
            waits = pool.submit(ask, bench.desk, stored)
            assert asked.wait(30)
            try:
                bench.clock.step(1)
                assert [one.kind for one in pool.submit(bench.see, key="b", **ELSEWHERE).result(10)] == [
                    ChangeKind.FIRED
                ]
                assert not waits.done()
            finally:
                answer.set()
        waits.result(30)
    bench.desk.step(fire.id, K.ACCEPTED, by="wang")
    assert [seq for seq, _, _ in names(bench, fire.id)] == list(range(1, 1 + len(names(bench, fire.id))))


@pytest.mark.parametrize("restarted", [False, True])
def test_a_flame_that_comes_and_goes_refuses_nobody(bench: Bench, restarted: bool) -> None:
    """What the camera sees meanwhile goes on under people's hands; what people did does not."""
    fire = bench.fire()
    bench.empty(12)
    bench.clock.step(5)
    [back] = bench.see()
    assert back.kind is ChangeKind.REOPENED
    if restarted:
        bench.restart()
    alert, _ = bench.desk.step(fire.id, K.DISPATCHED, by="li", detail={"to": "wang"}, version=fire.version)
    with pytest.raises(StaleAlert):
        bench.desk.step(fire.id, K.DISPATCHED, by="zhao", detail={"to": "qian"}, version=fire.version)
    bench.empty(12)
    assert bench.desk.step(fire.id, K.ACCEPTED, by="li", version=alert.version)[0].acknowledged_by == "li"


def test_what_was_read_while_somebody_changed_it_is_read_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    fire = bench.fire()
    bench.restart()
    read = known.KnownAlerts.read

    def overtaken(book: known.KnownAlerts, alert_id: str, alert: Alert | None) -> known.Known:
        found = read(book, alert_id, alert)
        monkeypatch.setattr(known.KnownAlerts, "read", read)
        bench.desk.acknowledge(fire.id, by="wang")
        return found

    monkeypatch.setattr(known.KnownAlerts, "read", overtaken)
    with pytest.raises(StaleAlert):
        bench.desk.step(fire.id, K.ACCEPTED, by="li", version=fire.version)


def test_the_camera_calls_people_anew(bench: Bench) -> None:
    fire = bench.fire()
    bench.desk.step(fire.id, K.DEALT_WITH, by="li")
    bench.empty(12)
    assert bench.desk.track(fire.id)[1].stage is Stage.OUT
    assert bench.desk.unended_alerts() == [bench.desk.alert(fire.id)]
    bench.clock.step(5)
    [back] = bench.see()
    alert, track = bench.desk.track(fire.id)
    assert (back.kind, alert.state, track.stage, track.round) == (
        ChangeKind.REOPENED,
        AlertState.FIRING,
        Stage.FIRING,
        1,
    )
    with pytest.raises(StaleAlert):
        bench.desk.step(fire.id, K.THERE, by="li", round=0)
    assert bench.desk.step(fire.id, K.THERE, by="li", round=1)[1].stage is Stage.RESPONDING


def test_a_flame_that_comes_and_goes_refuses_nobody_who_goes_there(bench: Bench) -> None:
    fire = bench.fire()
    bench.desk.step(fire.id, K.ACCEPTED, by="wang")
    bench.empty(12)
    bench.clock.step(5)
    bench.see()
    assert bench.desk.track(fire.id)[1].round == 1
    for kind in (K.ACCEPTED, K.ON_THE_WAY, K.THERE):
        bench.desk.step(fire.id, kind, by="li", via="bot", round=0)
    for kind, detail in ((K.DEALT_WITH, {}), (K.FALSE_ALARM, {"reason": "lamp"})):
        with pytest.raises(StaleAlert):
            bench.desk.step(fire.id, kind, by="li", via="bot", detail=detail, round=0)
    alert, _ = bench.desk.step(fire.id, K.DEALT_WITH, by="li", via="bot", round=1)
    bench.empty(12)
    bench.clock.step(5)
    bench.see()
    assert bench.desk.track(alert.id)[1].round == 2
    with pytest.raises(StaleAlert):
        bench.desk.step(fire.id, K.ON_THE_WAY, by="wang", via="bot", round=1)
    bench.desk.step(fire.id, K.DEALT_WITH, by="li", via="bot", round=2)
    bench.desk.step(fire.id, K.REOPENED, by="li")
    for seen in (2, 4):
        with pytest.raises(StaleAlert):
            bench.desk.step(fire.id, K.ON_THE_WAY, by="wang", via="bot", round=seen)
    bench.desk.step(fire.id, K.ON_THE_WAY, by="wang", via="bot", round=3)


def test_what_people_have_ended_is_no_longer_asked_for(bench: Bench) -> None:
    fire = bench.fire()
    bench.empty(12)
    assert [one.id for one in bench.desk.unended_alerts()] == [fire.id], "a fire waits until somebody has seen it"
    for kind in (K.ACKNOWLEDGED, K.DEALT_WITH, K.CLOSED):
        assert bench.desk.unended_alerts()
        bench.desk.step(fire.id, kind, by="li")
    assert bench.desk.unended_alerts() == []
    assert bench.desk.alert(fire.id).state is AlertState.CLOSED
    bench.desk.step(fire.id, K.REOPENED, by="wang")
    assert [one.acknowledged_at for one in bench.desk.unended_alerts()] == [None]


def test_of_what_nobody_has_ended_the_desk_puts_fires_first(bench: Bench) -> None:
    fire = bench.fire()
    bench.empty(12)
    bench.clock.step(60)
    for number in range(3):
        [seen] = bench.look(finding(bench.clock.monotonic_s(), hazard="clutter", key=f"k{number}"))
        bench.desk.step(seen.alert.id, K.VERIFIED, by="li")
    bench.empty(40)
    newest = [one for one in bench.desk.unended_alerts() if one.id != fire.id]
    assert len(newest) == 3
    assert bench.desk.unended_alerts(2) == [bench.desk.alert(fire.id), *newest[:2]]


@pytest.mark.parametrize("hazard", ["flame", "ebike"])
@pytest.mark.parametrize("gone", [False, True])
def test_a_word_taken_back_calls_nobody_to_what_has_gone_but_to_a_fire(bench: Bench, hazard: str, gone: bool) -> None:
    [seen] = bench.look(finding(bench.clock.monotonic_s(), hazard=hazard))
    said = K.ACKNOWLEDGED if hazard == "flame" else K.VERIFIED
    [step] = bench.desk.step(seen.alert.id, said, by="li")[1].steps
    if gone:
        bench.empty(16)
    assert bench.desk.alert(seen.alert.id).open is not gone
    bench.desk.step(seen.alert.id, K.UNDONE, by="li", detail={"seq": step.seq})
    told = [one.kind for one in bench.store.deliveries_of(seen.alert.id)]
    assert told.count("reopened") == (hazard == "flame" or not gone)


@pytest.mark.parametrize(
    ("kind", "told"),
    [(K.ACKNOWLEDGED, ["acknowledged"]), (K.ACCEPTED, ["acknowledged"]), (K.NOTE, [])],
)
def test_the_first_word_is_told_as_the_acknowledgement(bench: Bench, kind: StepKind, told: list[str]) -> None:
    fire = bench.fire()
    bench.desk.step(fire.id, kind, by="li", detail={"note": "x"})
    bench.desk.step(fire.id, K.THERE, by="li") if told else None
    assert [one.kind for one in bench.store.deliveries_of(fire.id)] == ["fired", *told]


async def test_events_of_steps(bench: Bench) -> None:
    with bench.desk.subscribe() as events:
        fire = await asyncio.to_thread(bench.fire)
        await asyncio.to_thread(bench.desk.step, fire.id, K.ACCEPTED, by="li")
        await asyncio.to_thread(bench.desk.step, fire.id, K.THERE, by="li")
        async with asyncio.timeout(20):
            kinds = [(await anext(events)).kind for _ in range(3)]
    assert kinds == [ChangeKind.FIRED, ChangeKind.ACKNOWLEDGED, ChangeKind.STEPPED]


async def test_a_notice_carries_links_that_open_its_alert(bench: Bench) -> None:
    """From the commit that makes the notice to the step that answers it."""
    bench.links = AnswerLinks(b"k" * 32, "https://console.example.org", timedelta(hours=1))
    await asyncio.to_thread(bench.restart)
    fire = await asyncio.to_thread(bench.fire)
    await asyncio.to_thread(bench.desk.acknowledge, fire.id, by="li")
    recorder = Recorder()
    async with Deliverer(
        bench.store, {"hook": recorder}, bench.clock, random.Random(3), bench.desk.where, links=bench.links
    ):
        await until(lambda: len(recorder.got) == 2)
    fired, acknowledged = recorder.got
    assert acknowledged.answers == {}
    token = fired.answers["on_the_way"].split("#")[1].split(".")[0]
    answers = Answers(bench.desk, bench.store, bench.clock)
    said = answers.say(token, K.ON_THE_WAY, name="张伟", round=0, detail={})
    assert (said.alert.id, said.link.via) == (fire.id, "hook")
    assert names(bench, fire.id)[-1] == (2, "on_the_way", "张伟")
