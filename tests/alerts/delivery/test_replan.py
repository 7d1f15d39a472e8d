"""Other settings while notices wait: a fire goes to who has the duty now, and nobody is told twice."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from alerts.alert import Alert
from alerts.db.store import Store
from alerts.lifecycle import Change, ChangeKind
from alerts.routing.plan import Planner
from alerts.routing.route import planner_of
from streams.clock import SimulatedClock
from tests.alerts.making import START, alert, at
from tests.alerts.routing.test_route import DUTY, TEAM, around, person, site

K = ChangeKind
LI, WANG, CHEN = TEAM
ZHAO = person("zhao")


class Desk:
    """A store, a clock, and the settings in force."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock = store, SimulatedClock(START)
        self.follow(TEAM, **DUTY)

    def follow(self, people: Sequence[Mapping[str, Any]], **given: Any) -> int:
        """Other settings come into force."""
        self.planner: Planner = planner_of(site(people, **given), around)
        now = self.planner, self.clock.now()
        changed = self.store.replan_fires(*now)
        while more := self.store.replan_strays(*now):
            changed += more
        return changed

    def change(self, one: Alert, kind: ChangeKind = K.FIRED) -> None:
        away_s = 1.0 if kind is K.REOPENED else None
        self.store.commit([Change(kind, one, away_s=away_s)], self.planner, self.clock.now())

    def arrive(self, *channels: str) -> list[str]:
        """Everything that is due arrives: to whom."""
        told = []
        for channel in channels or ("machine", "phone", "mail"):
            for one in self.store.due(channel, self.clock.now(), 50):
                self.store.mark_delivered(one.id, self.clock.now())
                told.append(one.person)
        return sorted(filter(None, told))

    def waiting(self, name: str = "01A") -> list[tuple[float, str, str]]:
        """(seconds after the alert, person, channel) of what waits on a rung."""
        rows = [row for row in self.store.deliveries_of(name) if row.state == "waiting" and row.rung]
        return sorted((((row.not_before or START) - START).total_seconds(), row.person, row.channel) for row in rows)


@pytest.fixture
def desk(store: Store) -> Desk:
    """On both databases."""
    return Desk(store)


def test_the_same_settings_change_nothing(desk: Desk) -> None:
    desk.change(alert("01A"))
    desk.clock.step(20)
    desk.arrive()
    before = desk.store.deliveries_of("01A")
    assert desk.follow(TEAM, **DUTY) == 0
    assert desk.store.deliveries_of("01A") == before


def test_a_rung_of_somebody_who_was_removed_goes_to_who_has_the_duty_now(desk: Desk) -> None:
    desk.change(alert("01A"))
    desk.clock.step(5)
    desk.follow([WANG, CHEN, ZHAO], rota={"shifts": [{"who": ["zhao"]}]})
    assert desk.waiting() == [(15.0, "zhao", "phone"), (60.0, "chen", "mail"), (60.0, "wang", "phone")]
    gone = [row for row in desk.store.deliveries_of("01A") if row.person == "li"]
    assert {row.state for row in gone} == {"superseded"}
    assert {row.superseded_reason for row in gone} == {
        "not_told: li · phone",
        "not_told: li · mail",
    }


def test_what_should_have_been_told_by_now_is_told_at_once(desk: Desk) -> None:
    desk.change(alert("01A"))
    desk.clock.step(20)
    assert desk.arrive("phone") == ["li"]
    desk.follow([WANG, CHEN, ZHAO], rota={"shifts": [{"who": ["zhao"]}]})
    assert desk.arrive("phone") == ["zhao"]
    desk.clock.step(40)
    assert desk.arrive("phone", "mail") == ["chen", "wang"]
    desk.clock.step(20)
    assert desk.arrive("phone") == ["zhao"]  # and again and again; li is not called any more


def test_a_repetition_of_somebody_who_was_removed_goes_on_with_another(desk: Desk) -> None:
    desk.change(alert("01A"))
    for _ in range(4):
        desk.clock.step(60)
        desk.arrive()
    desk.follow([ZHAO])
    assert {name for _, name, _ in desk.waiting()} == {"zhao"}
    assert desk.arrive() == ["zhao"]


def test_a_channel_that_is_gone_is_replaced_by_one_that_is_there(desk: Desk) -> None:
    desk.change(alert("01A"))
    li = {**LI, "channels": [{"channel": "mail", "address": "li@mail"}]}
    desk.follow([li, WANG, CHEN], **DUTY)
    assert (15.0, "li", "mail") in desk.waiting()
    assert ("li", "phone") not in {(name, channel) for _, name, channel in desk.waiting()}


def test_with_nobody_left_every_channel_is_told(desk: Desk) -> None:
    desk.change(alert("01A"))
    desk.arrive("machine")
    desk.follow([])
    assert desk.waiting() == []
    made = [row for row in desk.store.deliveries_of("01A") if row.state == "waiting"]
    assert sorted(row.channel for row in made) == ["mail", "phone"]  # the machine knows already


def test_people_who_come_are_called_to_a_fire_that_burns(desk: Desk) -> None:
    desk.follow([])
    desk.change(alert("01A"))
    desk.arrive()
    desk.clock.step(30)
    desk.follow(TEAM, **DUTY)
    assert desk.waiting()[:2] == [(30.0, "li", "phone"), (60.0, "chen", "mail")]


@pytest.mark.parametrize("hazard", ["clutter", "flame"])
def test_who_has_answered_and_left_is_replaced_when_it_is_time_to_ask_again(desk: Desk, hazard: str) -> None:
    one = alert("01A", hazard=hazard)
    desk.follow([LI, ZHAO], **DUTY, routing={"handlers": [{"tell": ["li"]}]})
    desk.change(one)
    desk.clock.step(40)
    desk.arrive()
    desk.change(replace(one, acknowledged_at=at(45), acknowledged_by="li", version=2), K.ACKNOWLEDGED)
    [again] = {when for when, name, _ in desk.waiting() if name == "li" and when > 300}
    desk.follow([ZHAO])
    assert desk.waiting() == [(again, "zhao", "phone")]


def test_violations_that_somebody_is_told_of_keep_their_course(desk: Desk) -> None:
    desk.change(alert("01A", hazard="clutter"))
    before = desk.waiting()
    assert before
    desk.follow([*TEAM, ZHAO], rota={"shifts": [{"who": ["zhao"]}]})
    assert desk.waiting() == before


def test_what_was_gathered_under_one_who_left_goes_to_another(desk: Desk) -> None:
    for number in range(3):
        desk.change(alert(f"01{number}", hazard="clutter"))
    desk.clock.step(31)
    head = desk.store.take("phone", desk.clock.now(), alert("x", hazard="clutter").severity)
    assert head is not None and head.person == "li" and len(head.also or ()) == 2
    desk.follow([ZHAO])
    for number in range(3):
        assert {name for _, name, _ in desk.waiting(f"01{number}")} == {"zhao"}


def test_what_is_over_is_dropped_and_nobody_is_called(desk: Desk) -> None:
    one = alert("01A")
    desk.change(one)
    desk.clock.step(20)
    desk.arrive()
    desk.change(replace(one, false_alarm_at=at(21), false_alarm_by="op", version=2), K.FALSE_ALARM)
    assert {name for _, name, _ in desk.waiting()} == {"li"}  # the news
    desk.follow([ZHAO])
    assert desk.waiting() == []


def flicker(desk: Desk, one: Alert, *heard: str, times: int = 1) -> Alert:
    """Lost from sight and seen again, a second later each. heard: channels by which people hear that it is out of
    sight, two minutes later."""
    for _ in range(times):
        desk.clock.step(1)
        now = desk.clock.now()
        one = replace(one, seen_at=now, resolved_at=now, version=one.version + 1)
        desk.change(one, K.RESOLVED)
        if heard:
            for _ in range(2):
                desk.clock.step(60)
                desk.arrive(*heard)
        desk.clock.step(1)
        one = replace(one, resolved_at=None, returns=one.returns + 1, version=one.version + 1)
        desk.change(one, K.REOPENED)
    return one


def test_a_fire_that_came_back_climbs_on_under_other_settings_too(desk: Desk) -> None:
    desk.change(alert("01A"))
    desk.clock.step(148)
    assert desk.arrive("phone", "mail") == ["chen", "li", "wang"]
    flicker(desk, alert("01A"))
    assert (180.0, "li", "mail") in desk.waiting()
    desk.clock.step(5)
    desk.follow([*TEAM, ZHAO], **DUTY)
    assert (180.0, "li", "mail") in desk.waiting()


def test_a_flame_that_flickers_calls_nobody_more_often_than_one_that_burns(desk: Desk) -> None:
    one = alert("01A")
    desk.change(one)
    desk.clock.step(70)
    assert desk.arrive("phone", "mail") == ["chen", "li", "wang"]
    one = flicker(desk, one, times=3)
    calls = [(130.0, "chen", "mail"), (130.0, "li", "phone"), (130.0, "wang", "phone"), (180.0, "li", "mail")]
    assert [row for row in desk.waiting() if row[0] > 80] == calls
    desk.clock.step(70)
    flicker(desk, one)
    assert {when for when, name, _ in desk.waiting() if name == "wang"} == {130.0}, "as if it had never been lost"


def test_who_has_heard_that_a_fire_cleared_hears_at_once_that_it_has_not(desk: Desk) -> None:
    one = alert("01A")
    desk.change(one)
    desk.clock.step(70)
    assert desk.arrive("phone", "mail") == ["chen", "li", "wang"]
    flicker(desk, one, "phone")
    back_s = 192.0
    assert desk.waiting() == [
        (back_s, who, by) for who, by in (("chen", "mail"), ("li", "mail"), ("li", "phone"), ("wang", "phone"))
    ]
    kinds = {
        (row.person, row.channel): row.kind
        for row in desk.store.deliveries_of("01A")
        if row.state == "waiting" and row.rung
    }
    assert kinds == {
        ("li", "phone"): "reopened",
        ("wang", "phone"): "reopened",
        ("li", "mail"): "fired",
        ("chen", "mail"): "fired",
    }


NAMES = ("li", "wang", "chen", "zhao")
CHANGES = st.tuples(
    st.sets(st.sampled_from(NAMES), min_size=1),
    st.sampled_from(NAMES),
    st.sampled_from(["phone", "mail"]),
    st.integers(0, 90),
)


@effort(max_examples=30, deadline=None)
@given(st.lists(CHANGES, min_size=1, max_size=5))
def test_whatever_the_settings_become_somebody_who_is_in_them_waits_to_be_called_and_nobody_twice(
    changes: list[tuple[set[str], str, str, int]],
) -> None:
    with TemporaryDirectory() as folder, closing(Store.open(Path(folder))) as store:
        desk = Desk(store)
        desk.change(alert("01A"))
        for there, duty, channel, seconds in changes:
            desk.clock.step(seconds)
            desk.arrive()
            people = [person(name, channel) for name in sorted(there)]
            shifts = [{"who": [duty]}] if duty in there else []
            desk.follow(people, rota={"shifts": shifts})
            waiting = [(name, by) for _, name, by in desk.waiting()]
            assert waiting and {name for name, _ in waiting} <= there
            assert {by for _, by in waiting} == {channel}
            assert len(set(waiting)) == len(waiting)
            assert desk.follow(people, rota={"shifts": shifts}) == 0  # once is enough
