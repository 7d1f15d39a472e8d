"""What becomes of a ladder in the database: taken back, repeated, gathered, tried again; on both databases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from alerts.alert import Alert
from alerts.db.rows import Delivery
from alerts.db.store import Store
from alerts.lifecycle import Change, ChangeKind
from alerts.record.actor import Actor
from alerts.routing.plan import AtOnce
from alerts.routing.route import Router
from tests.alerts.making import START, alert, at
from tests.alerts.routing.test_route import DUTY, TEAM, router
from vision.rule import Severity

K = ChangeKind


class Desk:
    """Commits changes and lets notices arrive, at the times that it is told."""

    def __init__(self, store: Store, planner: Router | None = None) -> None:
        self.store, self.planner = store, planner or router(TEAM, **DUTY)

    def change(self, kind: ChangeKind, one: Alert, second: float) -> Alert:
        self.store.commit([Change(kind, one)], self.planner, at(second))
        return one

    def fire(self, name: str = "01A", second: float = 0.0, **given: Any) -> Alert:
        return self.change(K.FIRED, alert(name, fired_at=at(second), **given), second)

    def answer(self, one: Alert, second: float, by: str = "王") -> Alert:
        changed = replace(one, acknowledged_at=at(second), acknowledged_by=by, version=one.version + 1)
        return self.change(K.ACKNOWLEDGED, changed, second)

    def clear(self, one: Alert, second: float) -> Alert:
        return self.change(K.RESOLVED, replace(one, resolved_at=at(second), version=one.version + 1), second)

    def take(self, second: float, *channels: str, severity: Severity = Severity.FIRE) -> list[Delivery]:
        """What is due now, without letting it arrive."""
        found = (self.store.take(channel, at(second), severity) for channel in channels or ("phone", "mail"))
        return [one for one in found if one is not None]

    def arrive(self, second: float, *channels: str, severity: Severity = Severity.FIRE) -> list[tuple[str, str, str]]:
        """All that is due now arrives; (person, channel, kind)."""
        told = []
        while found := self.take(second, *channels, severity=severity):
            for one in found:
                self.store.mark_delivered(one.id, at(second))
                told.append((one.person, one.channel, one.kind))
        return told

    def waiting(self, name: str = "01A") -> list[tuple[str, str, str, datetime | None]]:
        rows = self.store.deliveries_of(name)
        return [
            (one.person, one.channel, one.kind, one.not_before)
            for one in rows
            if one.rung and not (one.delivered_at or one.dead_at or one.superseded_at)
        ]


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def test_the_ladder_is_there_with_the_alert_and_each_rung_has_its_time(desk: Desk) -> None:
    desk.fire()
    assert [one.person for one in desk.store.deliveries_of("01A")] == ["", "li", "wang", "chen", "li"]
    assert desk.arrive(0, "machine") == [("", "machine", "fired")]
    assert desk.arrive(14.9) == []
    assert desk.arrive(15) == [("li", "phone", "fired")]
    assert desk.arrive(60) == [("wang", "phone", "fired"), ("chen", "mail", "fired")]


def test_who_was_told_is_told_again_until_somebody_answers(desk: Desk) -> None:
    one = desk.fire()
    told = [desk.arrive(second) for second in (15, 74.9, 75, 135)]
    assert [len([who for who in each if who[0] == "li"]) for each in told] == [1, 0, 1, 1]
    assert "nobody has answered" in desk.store.deliveries_of("01A")[-1].reason
    desk.answer(one, 140)
    assert {each[3] for each in desk.waiting() if each[2] == "fired"} == {at(740)}
    assert sorted(desk.arrive(200)) == [
        ("chen", "mail", "acknowledged"),
        ("li", "phone", "acknowledged"),
        ("wang", "phone", "acknowledged"),
    ]


def test_an_answer_takes_back_the_rungs_above_with_the_reason(desk: Desk) -> None:
    one = desk.fire()
    desk.arrive(15)
    desk.answer(one, 20)
    back = [row for row in desk.store.deliveries_of("01A") if row.superseded_at]
    assert [(row.person, row.channel, row.superseded_reason) for row in back] == [
        ("wang", "phone", "answered: 王"),
        ("chen", "mail", "answered: 王"),
        ("li", "mail", "answered: 王"),
        ("li", "phone", "answered: 王"),  # the repetition
    ]
    assert desk.arrive(300) == [("li", "phone", "acknowledged")]
    assert desk.arrive(620) == [("li", "phone", "fired")]  # acknowledged, and it still burns
    desk.clear(desk.store.alert("01A") or one, 630)
    assert desk.arrive(630) == [("li", "phone", "resolved")]
    assert desk.arrive(9999) == []


def test_channels_that_are_told_of_everything_lose_nothing_and_keep_the_order(desk: Desk) -> None:
    one = desk.fire()
    desk.clear(desk.answer(one, 1), 2)
    assert [kind for _, _, kind in desk.arrive(119, "machine")] == ["fired", "acknowledged"]
    assert [kind for _, _, kind in desk.arrive(120, "machine")] == ["resolved"]


def test_a_call_that_arrives_after_the_answer_is_followed_by_it(desk: Desk) -> None:
    one = desk.fire()
    [call] = desk.take(15)
    desk.answer(one, 15)  # while it is on its way
    desk.store.mark_delivered(call.id, at(16))
    assert desk.arrive(17) == [("li", "phone", "acknowledged")]
    assert all(row[2] == "fired" and row[3] == at(615) for row in desk.waiting())


def clutter(name: str, **given: Any) -> Alert:
    return alert(name, hazard="clutter", **given)


def together(rows: Sequence[Delivery]) -> list[tuple[str, int]]:
    return [(row.alert_id, len(row.also or ())) for row in rows]


def test_violations_that_wait_together_are_told_together(desk: Desk) -> None:
    for number in range(3):
        desk.change(K.FIRED, clutter(f"01{number}"), 5 * number)
    assert desk.take(29, severity=Severity.VIOLATION) == []
    [head] = desk.take(30, "phone", severity=Severity.VIOLATION)
    assert together([head]) == [("010", 2)]
    assert desk.take(31, "phone", severity=Severity.VIOLATION) == [head]  # after a kill: the very same
    desk.store.mark_delivered(head.id, at(31))
    for number in range(3):
        [told] = [row for row in desk.store.deliveries_of(f"01{number}") if row.person and row.delivered_at]
        assert told.delivered_at == at(31)
    desk.change(K.FIRED, clutter("013"), 40)
    assert desk.arrive(330, severity=Severity.VIOLATION) == []
    assert desk.arrive(331, severity=Severity.VIOLATION) == [("li", "phone", "fired")]


def test_each_of_those_told_together_is_told_again_while_it_is_there(desk: Desk) -> None:
    first, second = clutter("010"), clutter("011")
    for one in (first, second):
        desk.change(K.FIRED, one, 0)
    desk.arrive(30, severity=Severity.VIOLATION)
    desk.clear(first, 60)
    assert desk.arrive(100, severity=Severity.VIOLATION) == [("li", "phone", "resolved")]
    [again] = desk.take(30 + 14_400, "phone", severity=Severity.VIOLATION)
    assert together([again]) == [("011", 0)]


def test_a_notice_of_a_group_whose_first_alert_is_answered_still_tells_the_others(desk: Desk) -> None:
    first = desk.change(K.FIRED, clutter("010"), 0)
    desk.change(K.FIRED, clutter("011"), 10)
    desk.answer(first, 20)
    [head] = desk.take(41, "phone", severity=Severity.VIOLATION)
    assert together([head]) == [("011", 0)]


@pytest.mark.parametrize("end", ["answer", "clear"])
def test_what_was_to_be_told_with_a_notice_that_is_taken_back_is_told_by_itself(desk: Desk, end: str) -> None:
    first = desk.change(K.FIRED, clutter("010"), 0)
    desk.change(K.FIRED, clutter("011"), 5)
    [head] = desk.take(40, "phone", severity=Severity.VIOLATION)
    assert together([head]) == [("010", 1)]
    desk.store.mark_failed(head.id, "away", at(45), at(40))
    getattr(desk, end)(first, 42)
    calls = [one for one in desk.take(50, "phone", severity=Severity.VIOLATION) if one.kind == "fired"]
    assert together(calls) == [("011", 0)]


def test_news_of_an_answer_is_not_taken_back_by_the_next_step(desk: Desk) -> None:
    one = desk.fire()
    desk.arrive(15)
    known = desk.answer(one, 20)
    desk.change(K.STEPPED, replace(known, version=known.version + 1), 20.1)
    assert ("li", "phone", "acknowledged") in desk.arrive(21)


def test_a_rung_of_later_is_not_due_at_a_worker_whose_clock_was_read_before(desk: Desk) -> None:
    desk.fire(second=0.5)
    assert desk.take(0.4, "phone") == []


def test_what_waits_for_a_channel_that_is_gone_is_a_dead_letter(desk: Desk) -> None:
    desk.fire()
    waited = len(desk.store.deliveries_of("01A"))
    assert desk.store.abandon_others(["phone", "machine"], at(1)) > 0
    rows = desk.store.deliveries_of("01A")
    assert {row.channel for row in rows if row.dead_at} == {"mail"}
    assert {row.last_error for row in rows if row.dead_at} == {"the channel is no longer in the settings"}
    assert len(rows) == waited and desk.store.abandon_others(["phone", "machine"], at(2)) == 0


def test_dead_letters_are_sent_again_under_their_old_name(desk: Desk) -> None:
    desk.fire()
    [call] = desk.take(15)
    desk.store.mark_failed(call.id, "no such phone", None, at(15))
    assert desk.take(16, "phone") == []
    assert desk.store.resend([call.id, "unknown"], at(100), Actor("Li", "console")) == 1
    found = [row for row in desk.store.due("phone", at(100), 9) if row.person == "li"]
    assert [row.id for row in found] == [call.id]
    assert found[0].expires_at - at(100) == call.expires_at - at(15)
    assert desk.store.resend([call.id], at(101), Actor("Li", "console")) == 0


def test_what_was_put_off_is_due_once_the_channel_answers(desk: Desk) -> None:
    desk.fire()
    [call] = desk.take(15)
    desk.store.mark_failed(call.id, "down", at(70), at(15))
    assert desk.take(20, "phone") == []
    desk.store.wake_channel("phone", list(Severity), at(20))
    assert [row.id for row in desk.take(20, "phone")] == [call.id]


def test_a_rung_is_due_though_the_clock_was_set_back(desk: Desk) -> None:
    desk.fire(second=7200)
    assert [row.person for row in desk.take(10, "phone")] == ["li"]


def test_a_person_s_later_rung_waits_for_no_rung_of_the_future(store: Store) -> None:
    """A repetition in ten minutes holds up no news of now."""
    desk = Desk(store)
    one = desk.fire()
    desk.arrive(15)
    desk.clear(desk.answer(one, 20), 30)
    assert [kind for _, _, kind in desk.arrive(31, "phone")] == ["acknowledged"]
    assert [kind for _, _, kind in desk.arrive(120, "phone")] == ["resolved"]


def test_without_people_nothing_is_taken_back(store: Store) -> None:
    one, planner = alert("01A"), AtOnce({"hook": 60.0})
    store.commit([Change(K.FIRED, one)], planner, START)
    store.commit([Change(K.RESOLVED, replace(one, resolved_at=at(1), version=2))], planner, at(1))
    rows = store.deliveries_of("01A")
    assert [(row.kind, row.superseded_at, row.reason) for row in rows] == [
        ("fired", None, "told of everything"),
        ("resolved", None, "told of everything"),
    ]
