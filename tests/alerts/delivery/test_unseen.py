"""A fire that its camera loses from sight and sees again: who hears of it, when, and who does not."""

from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from alerts.alert import Alert
from alerts.db.store import Store
from alerts.lifecycle import Change, ChangeKind
from alerts.routing.plan import AtOnce, Planner
from tests.alerts.delivery.test_outbox import Desk
from tests.alerts.making import START, alert, at
from tests.alerts.routing.test_route import DUTY, TEAM, router

K = ChangeKind


class Fire:
    """One fire before a desk, in seconds since it was raised."""

    def __init__(self, store: Store, **routing: Any) -> None:
        self.desk = Desk(store, router(TEAM, **DUTY, routing={"fire": routing}))
        self.now = self.desk.fire()
        self.told: list[tuple[float, str, str]] = []

    def lost(self, second: float, seen_s: float | None = None) -> None:
        """Not seen any more, 10 s after it was last seen unless told otherwise."""
        seen_at = at(second - 10 if seen_s is None else seen_s)
        self._change(K.RESOLVED, second, seen_at=seen_at, resolved_at=at(second))

    def back(self, second: float) -> None:
        """Seen again."""
        away_s = (at(second) - self.now.seen_at).total_seconds()
        again = {"seen_at": at(second), "resolved_at": None, "returns": self.now.returns + 1}
        self._change(K.REOPENED, second, away_s=away_s, **again)

    def answer(self, second: float) -> None:
        """Somebody at the console has it in hand."""
        self._change(K.ACKNOWLEDGED, second, acknowledged_at=at(second), acknowledged_by="王")

    def until(self, second: int, since: int = 0) -> list[tuple[float, str, str]]:
        """Everything arrives as it becomes due: (when, to whom, what)."""
        found: list[tuple[float, str, str]] = []
        now = float(since)
        while True:
            found += [(now, who, kind) for who, _, kind in self.desk.arrive(now)]
            due = [(row[3] - START).total_seconds() for row in self.desk.waiting() if row[3] is not None]
            if not (later := [at_s for at_s in due if now < at_s <= second]):
                return found
            now = min(later)

    def rows(self, state: str) -> list[tuple[str, str, str]]:
        rows = [row for row in self.desk.store.deliveries_of("01A") if row.rung and row.state == state]
        return [(row.person, row.kind, row.superseded_reason) for row in rows]

    def _change(self, kind: ChangeKind, second: float, away_s: float | None = None, **changed: Any) -> None:
        self.now = replace(self.now, version=self.now.version + 1, **changed)
        self.desk.store.commit([Change(kind, self.now, away_s=away_s)], self.desk.planner, at(second))


@pytest.fixture
def fire(store: Store) -> Fire:
    return Fire(store)


def burning(store: Store) -> list[tuple[float, str, str]]:
    """What people hear of one that is seen all the time."""
    return Fire(store).until(400)


def test_a_flicker_tells_nobody_anything_and_the_ladder_runs_on(store: Store, tmp_path: Any) -> None:
    with closing(Store.open(tmp_path / "other")) as other:
        steady = burning(other)
    fire = Fire(store)
    heard: list[tuple[float, str, str]] = []
    for begin in range(0, 400, 40):
        heard += fire.until(begin + 20, begin)
        fire.lost(begin + 20)
        heard += fire.until(begin + 38, begin + 21)
        fire.back(begin + 38)
        heard += fire.until(begin + 39, begin + 39)
    assert {kind for _, _, kind in heard} == {"fired"}
    assert sorted(heard) == sorted(one for one in steady if one[0] < 400)


def test_that_it_is_not_seen_is_told_once_it_has_been_so_for_two_minutes_and_then_calls_end(fire: Fire) -> None:
    called = fire.until(70)
    assert {who for _, who, _ in called} == {"li", "wang", "chen"}
    fire.lost(70)
    later = fire.until(179, 71)
    assert {kind for _, _, kind in later} == {"fired"}, "until then it is called for"
    assert sorted(fire.until(180, 180)) == [
        (180, "chen", "resolved"),
        (180, "li", "resolved"),
        (180, "wang", "resolved"),
    ]
    assert fire.until(2000, 181) == []
    assert {why for _, kind, why in fire.rows("superseded") if kind == "fired"} == {"unseen"}


def test_that_it_is_back_is_told_to_those_who_heard_that_it_was_not_seen(fire: Fire) -> None:
    fire.until(20)  # only li is called
    fire.lost(21)
    heard = fire.until(140, 21)
    assert ("li", "resolved") in {(who, kind) for _, who, kind in heard}
    fire.back(150)
    back = {who: kind for _, who, kind in fire.until(150, 150)}
    assert back["li"] == "reopened"
    assert {kind for who, kind in back.items() if who != "li"} <= {"reopened", "fired"}


def test_who_never_heard_that_it_was_lost_is_not_told_that_it_is_back(fire: Fire) -> None:
    fire.until(20)
    fire.lost(20)
    fire.back(40)
    assert {(who, kind) for _, who, kind in fire.until(75, 40)} == {
        ("wang", "fired"),
        ("chen", "fired"),
        ("li", "fired"),
    }


def test_one_that_was_lost_before_anybody_was_called_is_called_for_and_then_told_of(fire: Fire) -> None:
    """Its own smoke may hide it."""
    fire.lost(10, seen_s=8)
    heard = fire.until(600)
    assert heard[0] == (15, "li", "fired")
    assert ("li", "resolved") in {(who, kind) for _, who, kind in heard}
    assert min(now for now, _, kind in heard if kind == "resolved") == 128
    assert [one for one in heard if one[0] > 128] == []


def test_it_may_be_told_at_once(store: Store) -> None:
    fire = Fire(store, unseen_s=0)
    fire.lost(10)
    assert fire.until(500) == [(15, "li", "fired"), (15, "li", "resolved")]
    assert fire.rows("waiting") == []


def test_what_somebody_has_in_hand_flickers_in_silence(fire: Fire) -> None:
    fire.until(61)
    fire.answer(62)
    assert {kind for _, _, kind in fire.until(62, 62)} == {"acknowledged"}
    for begin in range(70, 600, 40):
        fire.lost(begin)
        assert fire.until(begin + 20, begin) == []
        fire.back(begin + 21)
    assert {row[3] for row in fire.desk.waiting()} == {at(662)}
    assert {kind for _, _, kind in fire.until(662, 600)} == {"fired"}, "acknowledged, and it still burns"


def test_what_somebody_has_in_hand_and_is_lost_for_long_calls_nobody(fire: Fire) -> None:
    fire.until(61)
    fire.answer(62)
    fire.until(63, 62)
    fire.lost(70)
    assert {(now, kind) for now, _, kind in fire.until(2000, 70)} == {(180, "resolved")}
    fire.back(2001)
    assert {kind for _, _, kind in fire.until(2001, 2001)} == {"reopened"}


def test_whoever_hears_that_it_is_not_seen_while_it_comes_back_hears_that_too(fire: Fire) -> None:
    fire.until(20)
    fire.lost(21)
    fire.until(130, 21)
    news = next(one for one in fire.desk.take(131, "phone") if one.kind == "resolved")
    fire.back(131)  # while it is on its way
    fire.desk.store.mark_delivered(news.id, at(132))
    assert ("li", "phone", "reopened") in fire.desk.arrive(132)


@pytest.mark.parametrize("how", ["closed", "false"])
def test_people_who_have_ended_it_take_the_news_back(fire: Fire, how: str) -> None:
    fire.until(20)
    fire.lost(21)
    ends: dict[str, Any] = {"false_alarm_at": at(30), "false_alarm_by": "王"}
    if how == "closed":
        ends = {"acknowledged_at": at(30), "acknowledged_by": "王", "dealt_with_at": at(30), "closed_at": at(30)}
    fire._change(K.FALSE_ALARM if how == "false" else K.ACKNOWLEDGED, 30, **ends)
    assert "resolved" not in {kind for _, _, kind in fire.until(600, 30)}
    machine = [kind for _, _, kind in fire.desk.arrive(600, "machine")]
    assert ("resolved" in machine) == (how == "closed"), "machines hear of no closing"


@pytest.mark.parametrize("planner", [AtOnce({"machine": 600.0}, 120.0), router(TEAM, **DUTY)])
def test_channels_that_are_told_of_everything_hear_no_flicker_either(store: Store, planner: Planner) -> None:
    def told(second: float) -> list[str]:
        return [kind for _, _, kind in desk.arrive(second, "machine")]

    desk = Desk(store)
    one = alert("01A")

    def change(kind: ChangeKind, second: float, now: Alert, away_s: float | None = None) -> Alert:
        store.commit([Change(kind, now, away_s=away_s)], planner, at(second))
        return replace(now, version=now.version + 1)

    one = change(K.FIRED, 0, one)
    assert told(1) == ["fired"]
    one = change(K.RESOLVED, 20, replace(one, seen_at=at(10), resolved_at=at(20)))
    one = change(K.REOPENED, 40, replace(one, seen_at=at(40), resolved_at=None), 30.0)
    assert told(200) == []
    one = change(K.RESOLVED, 210, replace(one, seen_at=at(200), resolved_at=at(210)))
    assert (told(319), told(320)) == ([], ["resolved"])
    change(K.REOPENED, 330, replace(one, seen_at=at(330), resolved_at=None), 130.0)
    assert told(330) == ["reopened"]


@pytest.mark.parametrize("planner", [AtOnce({"machine": 600.0}, 120.0), router(TEAM, **DUTY)])
def test_a_channel_that_was_told_nothing_of_a_fire_is_told_when_it_is_seen_again(
    store: Store, planner: Planner
) -> None:
    """It was held back until then, or the channel is new."""
    desk, one = Desk(store), alert("01A")
    store.commit([Change(K.FIRED, one)], AtOnce({}), at(0))
    lost = replace(one, seen_at=at(10), resolved_at=at(20), version=one.version + 1)
    store.commit([Change(K.RESOLVED, lost)], AtOnce({}), at(20))
    back = replace(lost, seen_at=at(40), resolved_at=None, version=lost.version + 1)
    store.commit([Change(K.REOPENED, back, away_s=30.0)], planner, at(40))
    assert [kind for _, _, kind in desk.arrive(40, "machine")] == ["reopened"]


def test_a_flicker_before_the_first_call_leaves_its_repetitions(store: Store) -> None:
    fire = Fire(store, ladder=[{"after_s": 180}])
    fire.lost(10)
    fire.back(15)
    heard = {who for at_s, who, _ in fire.until(400) if at_s > 200}
    assert heard, "it burns, nobody has answered, and they are called again"
