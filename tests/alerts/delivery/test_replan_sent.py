"""Whoever was sent, and whose channel the settings change before they have heard so. On both databases."""

from dataclasses import replace

import pytest

from alerts.db.store import Store
from alerts.lifecycle import Change, ChangeKind
from alerts.track.step import Step, StepKind
from tests.alerts.delivery.test_replan import Desk
from tests.alerts.making import alert, at
from tests.alerts.routing.test_route import TEAM, person

K = ChangeKind
LI, WANG, CHEN = TEAM
SENT = {"by": "op", "to": "wang", "note": "带灭火器"}


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def send(desk: Desk, hazard: str) -> None:
    """The operator sends 王, who has a phone and nothing else."""
    one = alert("01A", hazard=hazard)
    desk.change(one)
    detail = {"to": "wang", "note": SENT["note"], "tell": ["wang"]}
    step = Step("01A", 1, at(5), "op", "console", StepKind.DISPATCHED, detail)
    said = replace(one, acknowledged_at=at(5), acknowledged_by="op", version=2)
    desk.store.commit([Change(K.ACKNOWLEDGED, said, step)], desk.planner, at(5))


def recall(desk: Desk) -> None:
    one = alert("01A", version=3)
    undone = {"seq": 1, "what": "dispatched", "to": "wang", "tell": ["wang"]}
    step = Step("01A", 2, at(9), "op", "console", StepKind.UNDONE, undone)
    desk.store.commit([Change(K.REOPENED, one, step)], desk.planner, at(9))


def waits(desk: Desk, kind: ChangeKind = K.DISPATCHED) -> list[tuple[str, str, object]]:
    rows = [row for row in desk.store.deliveries_of("01A") if row.state == "waiting" and row.kind == kind and row.rung]
    return [(row.person, row.channel, row.payload.get("sent")) for row in rows]


@pytest.mark.parametrize("hazard", ["flame", "clutter"])
def test_a_dispatch_that_waits_goes_by_the_channel_that_they_have_now(desk: Desk, hazard: str) -> None:
    send(desk, hazard)
    assert waits(desk) == [("wang", "phone", SENT)]
    desk.follow([LI, person("wang", "mail"), CHEN])
    assert waits(desk) == [("wang", "mail", SENT)], "with who sent them, and the remark"
    assert desk.follow([LI, person("wang", "mail"), CHEN]) == 0, "once is enough"
    desk.clock.step(6)
    assert "wang" in desk.arrive("mail")
    desk.clock.step(4 * 3600)
    assert "wang" in desk.arrive("mail"), "and again until they answer"


def test_one_who_is_told_by_another_channel_anyway_is_not_told_twice(desk: Desk) -> None:
    desk.follow([LI, person("wang", "phone", "mail"), CHEN])
    send(desk, "flame")
    assert waits(desk) == [("wang", "phone", SENT), ("wang", "mail", SENT)]
    desk.follow([LI, person("wang", "mail"), CHEN])
    assert waits(desk) == [("wang", "mail", SENT)]


def test_one_who_has_heard_by_another_channel_that_they_need_not_go_is_not_told_again(desk: Desk) -> None:
    both = person("wang", "phone", "mail")
    desk.follow([LI, both, CHEN])
    send(desk, "flame")
    desk.clock.step(6)
    desk.arrive()
    recall(desk)
    assert [channel for _, channel, _ in waits(desk, K.RECALLED)] == ["phone", "mail"]
    desk.clock.step(4)
    desk.arrive("mail")
    desk.follow([LI, person("wang", "mail"), CHEN])
    assert waits(desk, K.RECALLED) == []


@pytest.mark.parametrize("left", [[LI, CHEN], []])
def test_of_one_who_is_gone_it_is_told_that_it_reached_nobody(desk: Desk, left: list[dict[str, object]]) -> None:
    send(desk, "flame")
    desk.follow(left)
    assert waits(desk) == []
    [lost] = [row for row in desk.store.dead(10, None) if row.kind == K.DISPATCHED]
    assert (lost.person, lost.last_error) == ("wang", "not_told: wang · phone" if left else "nobody_left")


def test_that_nobody_need_go_any_more_follows_them_too(desk: Desk) -> None:
    send(desk, "flame")
    desk.clock.step(6)
    desk.arrive()
    recall(desk)
    assert waits(desk, K.RECALLED) == [("wang", "phone", {"by": "op", "to": "wang", "note": ""})]
    desk.follow([LI, person("wang", "mail"), CHEN])
    assert [(who, channel) for who, channel, _ in waits(desk, K.RECALLED)] == [("wang", "mail")]


def test_what_has_been_dealt_with_sends_nobody(desk: Desk) -> None:
    send(desk, "flame")
    over = alert("01A", acknowledged_at=at(5), acknowledged_by="op", dealt_with_at=at(7), version=3)
    desk.store.commit([Change(K.UPDATED, over)], desk.planner, at(7))
    desk.follow([LI, person("wang", "mail"), CHEN])
    assert waits(desk) == []
