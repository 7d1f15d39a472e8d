"""Whoever is sent is told, by the outbox: until they answer, and no longer; and hears when it is taken back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from alerts.alert import Alert
from alerts.db.store import Store
from alerts.lifecycle import Change, ChangeKind
from alerts.routing.plan import Planner
from alerts.routing.route import planner_of
from alerts.track.step import Step, StepKind
from tests.alerts.delivery.test_outbox import Desk
from tests.alerts.making import at
from tests.alerts.routing.test_route import TEAM, around, site
from vision.rule import Severity

K, S = ChangeKind, StepKind


class Sending(Desk):
    """Lets people take steps, too."""

    def __init__(self, store: Store, planner: Planner | None = None) -> None:
        super().__init__(store)
        self.planner = planner or self.planner  # type: ignore[assignment]
        self.steps = 0

    def step(self, kind: StepKind, one: Alert, second: float, by: str = "王", **given: Any) -> Alert:
        """The change that the desk makes of it."""
        self.steps += 1
        first = one.acknowledged_at is None and kind is not S.UNDONE
        said: dict[str, Any] = {"acknowledged_at": at(second), "acknowledged_by": by} if first else {}
        if kind is S.UNDONE:
            said = {"acknowledged_at": None, "acknowledged_by": ""}
        if kind is S.DEALT_WITH:
            said["dealt_with_at"] = at(second)
        changed = replace(one, **said, version=one.version + 1)
        step = Step(one.id, self.steps, at(second), by, "console", kind, given)
        what = K.REOPENED if kind is S.UNDONE else K.ACKNOWLEDGED if first else K.STEPPED
        self.store.commit([Change(what, changed, step)], self.planner, at(second))
        return changed

    def send(self, one: Alert, second: float, *tell: str, **more: Any) -> Alert:
        return self.step(S.DISPATCHED, one, second, to=", ".join(tell), tell=list(tell), **more)

    def sent(self, name: str = "01A") -> list[tuple[str, str]]:
        return [(who, channel) for who, channel, kind, _ in self.waiting(name) if kind == K.DISPATCHED]


@pytest.fixture
def desk(store: Store) -> Sending:
    return Sending(store)


def ebike() -> dict[str, Any]:
    return {"severity": Severity.VIOLATION, "hazard": "ebike"}


@pytest.mark.parametrize(
    ("given", "channels"), [({}, [("li", "phone"), ("li", "mail"), ("chen", "mail")]), (ebike(), None)]
)
def test_to_a_fire_by_every_channel_else_by_the_first(
    desk: Sending, given: dict[str, Any], channels: Sequence[tuple[str, str]] | None
) -> None:
    desk.send(desk.fire(**given), 5, "li", "chen", note="带灭火毯")
    assert sorted(desk.sent()) == sorted(channels or [("li", "phone"), ("chen", "mail")])
    [row] = [one for one in desk.store.deliveries_of("01A") if (one.person, one.kind) == ("chen", "dispatched")]
    assert row.payload["sent"] == {"by": "王", "to": "li, chen", "note": "带灭火毯"}
    assert row.reason == "sent by 王"


def test_again_until_that_person_answers_whoever_else_does(desk: Sending) -> None:
    sent = desk.send(desk.fire(), 5, "wang")
    assert desk.arrive(5, "phone") == [("wang", "phone", "dispatched")]
    assert desk.arrive(65, "phone") == [("wang", "phone", "dispatched")]
    sent = desk.step(S.ACCEPTED, sent, 70, by="li")
    assert desk.sent() == [("wang", "phone")]
    desk.step(S.ACCEPTED, sent, 80, by="wang")
    assert desk.sent() == []


@pytest.mark.parametrize("kind", [S.ACCEPTED, S.DEALT_WITH])
def test_an_answer_of_somebody_unknown_ends_it_for_all(desk: Sending, kind: StepKind) -> None:
    desk.step(kind, desk.send(desk.fire(), 5, "wang", "li"), 20, by="somebody")
    assert desk.sent() == []


@pytest.mark.parametrize(("given", "left"), [({}, [("wang", "phone")]), (ebike(), [])])
def test_smoke_may_hide_a_fire_but_a_violation_that_is_gone_asks_for_nobody(
    desk: Sending, given: dict[str, Any], left: Sequence[tuple[str, str]]
) -> None:
    desk.clear(desk.send(desk.fire(**given), 5, "wang"), 30)
    assert desk.sent() == left


@pytest.mark.parametrize(("heard", "told"), [(True, [("wang", "phone", "recalled")]), (False, [])])
def test_what_is_taken_back_is_told_to_whoever_has_heard_of_it(
    desk: Sending, heard: bool, told: Sequence[tuple[str, str, str]]
) -> None:
    sent = desk.send(desk.fire(), 5, "wang")
    if heard:
        desk.arrive(6, "phone")
    desk.step(S.UNDONE, sent, 8, seq=1, what="dispatched", to="wang", tell=["wang"])
    assert desk.sent() == []
    assert desk.arrive(9, "phone") == told


def test_what_is_held_back_is_told_to_whoever_is_sent_all_the_same(desk: Sending) -> None:
    held = desk.fire(muted={"reason": "shelved"}, **ebike())
    desk.send(held, 5, "wang")
    assert desk.sent() == [("wang", "phone")]


def test_without_people_every_channel_tells_who_is_sent(store: Store) -> None:
    desk = Sending(store, planner_of(site([]), around))
    sent = desk.send(desk.fire(), 5)
    desk.step(S.UNDONE, sent, 8, seq=1, what="dispatched", to="老王")
    kinds = [one.kind for one in store.deliveries_of("01A") if one.channel == "phone"]
    assert kinds == ["fired", "acknowledged", "dispatched", "reopened", "recalled"]


def test_people_of_a_shared_address_are_told_once(store: Store) -> None:
    desk = Sending(store, planner_of(site([{**TEAM[1], "id": "hu", "channels": TEAM[1]["channels"]}, TEAM[1]]), around))
    desk.send(desk.fire(), 5, "hu", "wang", "nobody")
    assert desk.sent() == [("hu", "phone")]
