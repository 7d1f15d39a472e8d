"""The life of an alert, step by step and under any order of events."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest

import alerts.lifecycle as module
from alerts import unended
from alerts.alert import Alert, AlertState
from alerts.lifecycle import BURNS_ON_S, Change, ChangeKind, Lifecycle
from alerts.routing.plan import worth_telling
from tests.alerts.making import START, alert, at, finding, lifecycle, look
from vision.look import Look

K = ChangeKind


def kinds(changes: Sequence[Change]) -> list[ChangeKind]:
    return [change.kind for change in changes]


def run(life: Lifecycle, *looks: Look) -> list[tuple[float, ChangeKind]]:
    """All changes with the second of their look."""
    return [(one.monotonic_s, change.kind) for one in looks for change in life.observe(one)]


def empty(start: float, stop: float, step: float = 1.0) -> list[Look]:
    """Looks that show nothing, from `start` until before `stop`."""
    return [look(float(second)) for second in np.arange(start, stop, step)]


def test_suspected_then_confirmed_then_gone() -> None:
    life = lifecycle()
    told = run(
        life,
        look(0, [finding(0, confirmed=False)]),
        look(1, [finding(1, since_s=0)]),
        *empty(2, 20),
    )
    assert told == [(0, K.OPENED), (1, K.FIRED), (11, K.RESOLVED)]
    assert life.alerts == []


def test_confirmed_at_first_sight_fires_at_once() -> None:
    [change] = lifecycle().observe(look(5, [finding(5, since_s=2)]))
    assert change.kind is K.FIRED
    assert change.alert.fired_at == at(5)
    assert change.alert.started_at == at(2)
    assert change.alert.place == "Lane 12, shed 1"
    assert change.alert.version == 1


def test_an_alert_has_the_box_that_it_fired_for() -> None:
    suspicion = replace(finding(0, confirmed=False), confidence=0.9, box=(0.1, 0.1, 0.9, 0.9))
    life, box = lifecycle(), (0.3, 0.3, 0.4, 0.4)
    life.observe(look(0, [suspicion]))
    [change] = life.observe(look(1, [replace(finding(1, since_s=0), confidence=0.5, box=box)]))
    assert (change.kind, change.alert.box, change.alert.confidence) == (K.FIRED, box, 0.9)


def test_the_place_falls_back_to_the_camera() -> None:
    [change] = lifecycle().observe(look(0, [finding(camera="yard")], camera="yard"))
    assert change.alert.place == "yard"


def test_a_suspicion_that_goes_away_never_fires() -> None:
    life = lifecycle()
    told = run(life, look(0, [finding(0, confirmed=False)]), *empty(1, 12))
    assert told == [(0, K.OPENED), (10, K.RESOLVED)]
    assert kinds(life.observe(look(13, [finding(13, confirmed=False)]))) == [K.OPENED]


def test_a_dead_camera_resolves_nothing() -> None:
    life = lifecycle()
    life.observe(look(0, [finding(0)]))
    assert run(life, look(86_400)) == []
    assert run(life, look(86_401), look(86_402)) == []
    assert run(life, *empty(86_403, 86_410)) == [(86_405, K.RESOLVED)]


def test_another_camera_s_looks_do_not_count() -> None:
    life = lifecycle()
    life.observe(look(0, [finding(0)]))
    assert run(life, *[look(float(s), camera="yard") for s in range(1, 60)]) == []


@pytest.mark.parametrize("clear_s", [0.5, 3.0, 10.0, 60.0])
def test_one_look_alone_never_resolves(clear_s: float) -> None:
    life = lifecycle(clear_s=clear_s)
    life.observe(look(0, [finding(0)]))
    assert run(life, look(1000)) == []


@pytest.mark.parametrize("step_s", [-86_400.0, 86_400.0])
def test_a_step_of_the_wall_clock_neither_resolves_nor_holds(step_s: float) -> None:
    life = lifecycle()
    life.observe(look(0, [finding(0)]))
    told = [
        (second, change) for second in range(1, 15) for change in life.observe(look(second, wall_s=second + step_s))
    ]
    assert [(second, change.kind) for second, change in told] == [(10, K.RESOLVED)]
    resolved = told[0][1].alert
    assert resolved.resolved_at is not None
    assert resolved.resolved_at >= resolved.started_at


def test_a_clock_set_back_before_confirmation_keeps_the_times_in_order() -> None:
    life = lifecycle()
    life.observe(look(0, [finding(0, confirmed=False)]))
    [change] = life.observe(look(1, [finding(1)], wall_s=-3600))
    assert change.alert.fired_at == change.alert.started_at == START


def test_a_short_miss_does_not_resolve() -> None:
    life = lifecycle()
    told = run(life, look(0, [finding(0)]), *empty(1, 9), look(9, [finding(9)]), *empty(10, 19))
    assert K.RESOLVED not in [kind for _, kind in told]


def test_updates_are_rare_and_carry_the_peak() -> None:
    life = lifecycle()
    looks = [look(s / 5, [finding(s / 5, confidence=0.5 + s / 1000)]) for s in range(101)]
    changes = [change for one in looks for change in life.observe(one)]
    assert kinds(changes) == [K.FIRED, *[K.UPDATED] * 4]
    assert changes[-1].alert.confidence == pytest.approx(0.6)
    assert changes[-1].alert.evidence["score"] == 0.5, "why it fired stays as it was then"
    assert changes[-1].alert.seen_at == at(20)
    assert [change.alert.version for change in changes] == [1, 2, 3, 4, 5]


def test_all_of_a_camera_is_updated_in_one_look() -> None:
    life = lifecycle()
    for second in range(5):
        assert K.UPDATED not in kinds(
            life.observe(look(second, [finding(second, key=str(k)) for k in range(second + 1)]))
        )
    assert kinds(life.observe(look(5, [finding(5, key=str(k)) for k in range(5)]))) == [K.UPDATED] * 5


def test_what_was_learnt_but_not_told_can_be_read() -> None:
    life = lifecycle()
    life.observe(look(0, [finding(0)]))
    life.observe(look(2, [finding(2, confidence=0.9)]))
    assert life.alerts[0].seen_at == at(2)
    assert life.alerts[0].confidence == 0.9
    assert life.open_alerts()[0].seen_at == at(0)


def test_two_findings_of_one_incident_are_one_alert() -> None:
    changes = lifecycle().observe(look(0, [finding(0, confirmed=False, confidence=0.9), finding(0, confidence=0.4)]))
    assert kinds(changes) == [K.FIRED]
    assert changes[0].alert.confidence == 0.4


@pytest.mark.parametrize("other", [{"key": "b"}, {"zone": "exit"}, {"hazard": "clutter"}])
def test_other_incidents_are_other_alerts(other: dict[str, str]) -> None:
    changes = lifecycle().observe(look(0, [finding(0), finding(0, **other)]))  # type: ignore[arg-type]
    assert kinds(changes) == [K.FIRED, K.FIRED]
    assert changes[0].alert.fingerprint != changes[1].alert.fingerprint


def resolved_life() -> tuple[Lifecycle, Alert]:
    """One alert that fired at 0 and resolved at 10."""
    life = lifecycle()
    [fired] = life.observe(look(0, [finding(0)]))
    assert run(life, *empty(1, 11)) == [(10, K.RESOLVED)]
    return life, fired.alert


def test_it_comes_back_soon_and_is_the_same_alert() -> None:
    life, fired = resolved_life()
    [change] = life.observe(look(40, [finding(40)]))
    assert change.kind is K.REOPENED
    assert change.alert.id == fired.id
    assert change.alert.open
    assert change.alert.state is AlertState.FIRING


def test_it_comes_back_late_and_is_a_new_alert() -> None:
    life, fired = resolved_life()
    [change] = life.observe(look(40.5, [finding(40.5)]))
    assert change.kind is K.FIRED
    assert change.alert.id > fired.id


def test_a_suspicion_calls_nobody_back_but_its_confirmation_does() -> None:
    life, fired = resolved_life()
    assert life.observe(look(12, [finding(12, confirmed=False)])) == []
    [change] = life.observe(look(13, [finding(13)]))
    assert (change.kind, change.alert.id) == (K.REOPENED, fired.id)


def test_a_suspicion_that_lasts_opens_an_alert_of_its_own() -> None:
    life, _ = resolved_life()
    told = run(life, *[look(s, [finding(s, confirmed=False)]) for s in range(30, 60)])
    assert told[0] == (41, K.OPENED)


def test_a_false_alarm_stays_one_while_it_is_seen_and_a_while_after() -> None:
    life = lifecycle()
    [fired] = life.observe(look(0, [finding(0)]))
    adopt(life, fired.alert, false_alarm_at=at(1), false_alarm_by="li")
    told = run(life, *[look(s, [finding(s, confidence=0.9)]) for s in range(1, 30)])
    assert {kind for _, kind in told} == {K.UPDATED}
    assert run(life, *empty(30, 40))[-1] == (39, K.RESOLVED)
    [back] = life.observe(look(60, [finding(60)]))
    assert back.kind is K.UPDATED
    assert back.alert.id == fired.alert.id
    assert back.alert.state is AlertState.FALSE_ALARM
    assert run(life, *empty(61, 71)) == [(70, K.RESOLVED)]
    assert kinds(life.observe(look(101, [finding(101)]))) == [K.FIRED]


def test_a_suspicion_judged_false_does_not_fire() -> None:
    life = lifecycle()
    [opened] = life.observe(look(0, [finding(0, hazard="clutter", confirmed=False)]))
    adopt(life, opened.alert, false_alarm_at=at(1), false_alarm_by="li")
    later = [look(s, [finding(s, hazard="clutter")]) for s in range(1, 9)]
    assert K.FIRED not in [kind for _, kind in run(life, *later)]


def adopt(life: Lifecycle, fired: Alert, **said: Any) -> None:
    """What people say of an alert as it is now."""
    now = life.find(fired.id)
    assert now is not None
    life.adopt(replace(now, **said, version=now.version + 1))


DONE: dict[str, Any] = {"acknowledged_at": at(1), "acknowledged_by": "li", "dealt_with_at": at(2), "closed_at": at(3)}


def test_its_return_calls_people_anew_once_they_were_done_with_it() -> None:
    life, fired = resolved_life()
    adopt(life, fired, **DONE)
    [back] = life.observe(look(20, [finding(20)]))
    assert (back.kind, back.alert.returns, back.alert.state) == (K.REOPENED, 1, AlertState.FIRING)
    assert (back.alert.dealt_with_at, back.alert.closed_at, back.alert.acknowledged_by) == (None, None, "")
    assert (back.alert.fired_at, back.alert.reopened_at, back.alert.called_at) == (at(0), at(20), at(20))


def test_its_return_leaves_in_hand_what_is_in_hand() -> None:
    life, fired = resolved_life()
    adopt(life, fired, acknowledged_at=at(1), acknowledged_by="li")
    [back] = life.observe(look(20, [finding(20)]))
    assert (back.kind, back.alert.returns, back.alert.acknowledged_by) == (K.REOPENED, 1, "li")
    assert back.alert.reopened_at is None


def test_a_fire_that_nobody_has_answered_does_not_begin_anew_each_time_smoke_hides_it() -> None:
    life, _ = resolved_life()
    [back] = life.observe(look(20, [finding(20)]))
    assert (back.kind, back.alert.returns) == (K.REOPENED, 1)
    assert (back.alert.reopened_at, back.alert.called_at) == (None, at(0)), "119 is called after 3 min, hidden or not"


def test_what_had_ended_by_itself_asks_anew_when_it_is_back() -> None:
    life = lifecycle()
    life.observe(look(0, [finding(0, hazard="clutter")]))
    run(life, *[look(float(s)) for s in range(1, 13)])
    [back] = life.observe(look(20, [finding(20, hazard="clutter")]))
    assert (back.kind, back.alert.reopened_at) == (K.REOPENED, at(20))


def test_its_return_is_never_before_it_fired_whatever_the_wall_clock_does() -> None:
    life, fired = resolved_life()
    adopt(life, fired, **DONE)
    [back] = life.observe(look(20, [finding(20)], wall_s=-500))
    assert back.alert.reopened_at == fired.fired_at


@pytest.mark.parametrize("done", [{"dealt_with_at": at(2)}, {"closed_at": at(2)}])
def test_a_fire_that_burns_on_is_believed_not_who_said_it_is_out(done: dict[str, datetime]) -> None:
    life = lifecycle()
    [fired] = life.observe(look(0, [finding(0)]))
    adopt(life, fired.alert, **done)
    told = run(life, *[look(s, [finding(s)]) for s in range(1, 90)])
    assert [one for one in told if one[1] is not K.UPDATED] == [(BURNS_ON_S, K.REOPENED)]
    assert life.open_alerts()[0].state is AlertState.FIRING
    assert life.open_alerts()[0].reopened_at == at(BURNS_ON_S)


def test_a_violation_that_is_seen_on_calls_nobody() -> None:
    life = lifecycle()
    [fired] = life.observe(look(0, [finding(0, hazard="clutter")]))
    adopt(life, fired.alert, dealt_with_at=at(2))
    told = run(life, *[look(s, [finding(s, hazard="clutter")]) for s in range(1, 90)])
    assert {kind for _, kind in told} == {K.UPDATED}


def test_restart_goes_on_with_the_open_alert() -> None:
    first = lifecycle()
    [fired] = first.observe(look(100, [finding(100)]))
    again = lifecycle([fired.alert])
    assert run(again, look(3.0, wall_s=500), look(4.0, wall_s=501)) == []
    told = run(again, *[look(float(s), wall_s=500 + s) for s in range(5, 20)])
    assert told == [(13, K.RESOLVED)]


@pytest.mark.parametrize("ended", ["program", "analyzer"])
@pytest.mark.parametrize(("hazard", "gone_s"), [("flame", 10), ("clutter", 70)])
def test_a_rule_that_begins_anew_looks_first_before_its_silence_counts(ended: str, hazard: str, gone_s: int) -> None:
    life = lifecycle()
    [fired] = life.observe(look(0, [finding(0, hazard=hazard)]))
    if ended == "program":
        life = lifecycle([fired.alert])
    assert run(life, *by_new_rules(*empty(0, 80))) == [(gone_s, K.RESOLVED)]


def by_new_rules(*looks: Look) -> list[Look]:
    return [replace(one, rules_since_s=1.0) for one in looks]


@pytest.mark.parametrize(("confirmed", "gone_s"), [(True, 110), (False, 170)])
def test_once_new_rules_have_found_it_true_what_is_gone_has_gone(confirmed: bool, gone_s: int) -> None:
    life = lifecycle()
    life.observe(look(0, [finding(0, hazard="clutter")]))
    run(life, *by_new_rules(look(100, [finding(100, hazard="clutter", confirmed=confirmed)])))
    assert run(life, *by_new_rules(*empty(101, 190)))[-1] == (gone_s, K.RESOLVED)


def test_a_suspicion_does_not_outlive_its_analyzer_by_that() -> None:
    life = lifecycle()
    life.observe(look(0, [finding(0, hazard="clutter", confirmed=False)]))
    assert run(life, *by_new_rules(*empty(1, 20))) == [(10, K.RESOLVED)]


@pytest.mark.parametrize(("seconds", "kind"), [(25.0, K.REOPENED), (31.0, K.FIRED)])
def test_restart_remembers_what_has_just_resolved(seconds: float, kind: ChangeKind) -> None:
    life = lifecycle([alert(resolved_at=at(0))])
    assert kinds(life.observe(look(2.0, [finding(2)], wall_s=seconds))) == [kind]


def test_restart_forgets_suspicions_that_have_gone() -> None:
    life = lifecycle([alert(fired_at=None, resolved_at=at(0))])
    assert kinds(life.observe(look(2.0, [finding(2, confirmed=False)]))) == [K.OPENED]


def test_evidence_is_plain_whatever_a_rule_gives() -> None:
    odd = {"score": np.float32(0.5), "box": np.array([1, 2]), "bad": float("nan"), 3: {"x": (1, START)}}
    [change] = lifecycle().observe(look(0, [finding(0, evidence=odd)]))  # type: ignore[arg-type]
    told = {key: value for key, value in change.alert.evidence.items() if key != "trace"}
    assert told == {"score": 0.5, "box": [1, 2], "bad": None, "3": {"x": [1, str(START)]}}


def test_the_picture_s_evidence_outlives_a_new_peak() -> None:
    life = lifecycle()
    [fired] = life.observe(look(0, [finding(0)]))
    life.adopt(replace(fired.alert, evidence={**fired.alert.evidence, "snapshot": {"key": "k"}}))
    life.observe(look(0.2, [finding(0.2, confidence=0.95)]))
    [update] = life.observe(look(6, [finding(6)]))
    assert update.alert.confidence == 0.95
    assert update.alert.evidence["score"] == 0.6
    assert update.alert.evidence["snapshot"] == {"key": "k"}


def test_an_alert_carries_its_story_from_the_first_suspicion_on() -> None:
    life = lifecycle()
    scores = [(0.0, 0.3, False), (0.5, 0.4, False), (1.0, 0.7, True), (1.5, 0.9, True)]
    looks = [look(s, [finding(s, confidence=c, confirmed=sure)]) for s, c, sure in scores]
    opened, fired, resolved = [
        change.alert for one in [*looks, *empty(2, 13)] for change in life.observe(one) if change.kind != K.UPDATED
    ]
    assert [point[:2] for point in opened.evidence["trace"]] == [[0, 0.3]]
    assert [point[:2] for point in fired.evidence["trace"]] == [[0, 0.3], [0.5, 0.4], [1, 0.7]]
    assert [point[:2] for point in resolved.evidence["trace"]] == [[0, 0.3], [0.5, 0.4], [1, 0.7], [1.5, 0.9]]
    assert all(len(point) == 6 for point in resolved.evidence["trace"])


def test_a_story_goes_on_after_a_restart_and_a_return() -> None:
    life = lifecycle()
    [fired] = life.observe(look(0, [finding(0)]))
    later = lifecycle([fired.alert])
    told = [change for one in [look(1, [finding(1)]), *empty(2, 13)] for change in later.observe(one)]
    assert [point[0] for point in told[-1].alert.evidence["trace"]] == [0, 1]
    [back] = later.observe(look(14, [finding(14)]))
    assert back.kind == K.REOPENED
    assert [point[0] for point in back.alert.evidence["trace"]] == [0, 1, 14]


def test_open_alerts_are_bounded_and_a_flood_of_clutter_leaves_room_for_fire(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_OPEN", 5)
    life = lifecycle()
    changes = life.observe(look(0, [finding(0, hazard="clutter", key=str(n)) for n in range(20)]))
    assert len(changes) == 5
    assert life.refused == 15
    assert kinds(life.observe(look(1, [finding(1)]))) == [K.FIRED]


def test_resolved_ones_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_RECENT", 3)
    life = lifecycle()
    life.observe(look(0, [finding(0, key=str(n)) for n in range(10)]))
    run(life, *empty(1, 12))
    assert len(life._recent) == 3


# --- what is only logged


def passing(second: float, **given: Any) -> Look:
    return look(second, [finding(second, hazard="ebike", notice="passing", **given)])


def test_what_only_passes_is_logged_and_asks_for_nobody() -> None:
    life = lifecycle()
    changes = [change for one in [passing(0), passing(1), *empty(2, 14)] for change in life.observe(one)]
    assert kinds(changes) == [K.OPENED, K.UPDATED, K.RESOLVED]
    assert {change.alert.state for change in changes} == {AlertState.LOGGED}
    assert {change.alert.notice for change in changes} == {"passing"}
    assert not any(worth_telling(change) for change in changes)


def test_what_was_logged_and_then_confirmed_is_the_same_alert() -> None:
    life = lifecycle()
    [logged] = life.observe(passing(0))
    [fired] = life.observe(look(1, [finding(1, hazard="ebike")]))
    assert fired.kind is K.FIRED
    assert (fired.alert.id, fired.alert.notice, fired.alert.state) == (logged.alert.id, "", AlertState.FIRING)
    assert worth_telling(fired)
    assert life.observe(passing(2)) == []
    [held] = life.open_alerts()
    assert held.state is AlertState.FIRING


def test_a_notice_that_becomes_a_suspicion_is_shown_at_once_and_back() -> None:
    life = lifecycle()
    suspicion = [look(float(s), [finding(float(s), hazard="ebike", confirmed=False)]) for s in (1, 2)]
    told = [change for one in [passing(0), *suspicion, passing(3), passing(4)] for change in life.observe(one)]
    assert kinds(told) == [K.OPENED, K.OPENED, K.UPDATED]
    assert [change.alert.state for change in told] == [AlertState.LOGGED, AlertState.PENDING, AlertState.LOGGED]
    assert len({change.alert.id for change in told}) == 1


def test_of_two_findings_of_one_incident_the_heavier_counts() -> None:
    both = [finding(0, notice="passing", confidence=0.9), finding(0, confirmed=False, confidence=0.2)]
    [change] = lifecycle().observe(look(0, both))
    assert change.alert.state is AlertState.PENDING


def test_what_is_only_logged_cannot_be_confirmed() -> None:
    with pytest.raises(ValueError, match="passing"):
        replace(finding(0), notice="passing")


def test_what_can_no_longer_be_reopened_is_let_go() -> None:
    life = lifecycle()
    ids = []
    for number in range(3):
        begun = 100.0 * number
        [change] = life.observe(look(begun, [finding(begun, key=str(number))]))
        ids.append(change.alert.id)
        run(life, *empty(begun + 1, begun + 99))
    assert [life.find(one) is not None for one in ids] == [False, False, False]
    [again] = life.observe(look(300, [finding(300, key="0")]))
    assert again.kind is K.FIRED


# Fires that people have not ended


def unended_life(**given: Any) -> tuple[Lifecycle, Alert]:
    """As `resolved_life`, where people end fires; long after."""
    life = lifecycle(people_end=True)
    [fired] = life.observe(look(0, [finding(0)]))
    if given:
        adopt(life, fired.alert, **given)
    assert run(life, *empty(1, 500, 5.0))[-1][1] is K.RESOLVED
    return life, fired.alert


def test_a_fire_that_nobody_has_ended_is_that_fire_when_it_is_seen_again() -> None:
    life, fired = unended_life(acknowledged_at=at(1), acknowledged_by="li")
    [back] = life.observe(look(500, [finding(500)]))
    assert (back.kind, back.alert.id, back.alert.returns, back.alert.acknowledged_by) == (K.REOPENED, fired.id, 1, "li")
    assert back.away_s == 500


@pytest.mark.parametrize("answered", [{}, {"acknowledged_at": at(1), "acknowledged_by": "li"}])
@pytest.mark.parametrize("restart", [False, True])
def test_days_later_it_is_another_for_which_all_are_called(answered: dict[str, Any], restart: bool) -> None:
    """Many a fire is put out and never closed on the screen."""
    life, fired = unended_life(**answered)
    if restart:
        life = lifecycle([*life.alerts, *life._unended], people_end=True)
    [other] = life.observe(look(500_000, [finding(500_000)]))
    assert (other.kind, other.alert.id == fired.id, other.alert.acknowledged_at) == (K.FIRED, False, None)


def test_outside_all_zones_it_is_that_fire_where_it_lies_alone() -> None:
    life = lifecycle(people_end=True)
    life.observe(look(0, [finding(0, zone="")]))
    run(life, *empty(1, 100, 5.0))
    far = finding(100, zone="", key="b", box=(0.7, 0.7, 0.9, 0.9))
    assert kinds(life.observe(look(100, [far]))) == [K.FIRED]
    assert K.REOPENED in kinds(life.observe(look(101, [far, finding(101, zone="", key="c")])))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({"key": "b"}, True),
        ({"zone": "stairs", "key": "b"}, True),  # where it lies
        ({"zone": "stairs", "key": "b", "box": (0.7, 0.7, 0.9, 0.9)}, False),
        ({"key": "b", "box": (0.7, 0.7, 0.9, 0.9)}, True),
        ({"hazard": "clutter"}, False),
    ],
)
@pytest.mark.parametrize("restart", [False, True])
def test_it_is_that_fire_by_whatever_name(other: dict[str, Any], same: bool, restart: bool) -> None:
    life, fired = unended_life()
    if restart:
        life = lifecycle([*life.alerts, *life._unended], people_end=True)
    [seen] = life.observe(look(500, [finding(500, **other)]))
    assert (seen.alert.id == fired.id, seen.kind) == (same, K.REOPENED if same else K.FIRED)
    assert life.find(fired.id) is not None
    if same:  # by the new name it goes on, and people's words reach it
        assert {kind for _, kind in run(life, *[look(s, [finding(s, **other)]) for s in range(501, 520)])} == {
            K.UPDATED
        }
        adopt(life, fired, closed_at=at(520))
        [now] = life.open_alerts()
        assert (now.id, now.closed_at) == (fired.id, at(520))


def test_a_fire_that_burnt_at_a_restart_goes_on_under_the_name_that_it_has_now() -> None:
    first = lifecycle(people_end=True)
    [fired] = first.observe(look(0, [finding(0)]))
    later = lifecycle([fired.alert], people_end=True)
    assert later.observe(look(3, [finding(3, key="b", confirmed=False)])) == []
    told = run(later, *[look(s, [finding(s, key="b")]) for s in range(4, 60)])
    assert {kind for _, kind in told} == {K.UPDATED}
    assert [one.id for one in later.open_alerts()] == [fired.alert.id]


def test_two_fires_that_are_seen_together_are_two() -> None:
    life = lifecycle(people_end=True)
    far: dict[str, Any] = {"key": "b", "box": (0.7, 0.7, 0.9, 0.9)}
    life.observe(look(0, [finding(0)]))
    assert kinds(life.observe(look(1, [finding(1), finding(1, **far)]))) == [K.FIRED]
    assert len(life.open_alerts()) == 2


@pytest.mark.parametrize("ended", [{"closed_at": at(2), "dealt_with_at": at(1)}, {"false_alarm_at": at(2)}])
def test_where_people_have_ended_it_another_is_another(ended: dict[str, Any]) -> None:
    life, fired = unended_life()
    adopt(life, fired, **ended)
    [other] = life.observe(look(500, [finding(500)]))
    assert (other.kind, other.alert.id == fired.id) == (K.FIRED, False)


def test_one_that_a_person_opens_again_long_after_is_that_fire() -> None:
    life, fired = unended_life()
    adopt(life, fired, closed_at=at(2), dealt_with_at=at(1))
    assert life.find(fired.id) is None
    life.adopt(replace(fired, resolved_at=at(10), reopened_at=at(490), version=9))
    [back] = life.observe(look(500, [finding(500)]))
    assert (back.kind, back.alert.id) == (K.REOPENED, fired.id)


def test_a_suspicion_where_a_fire_was_lost_is_shown_and_ends_as_the_fire_s_return() -> None:
    life, fired = unended_life()
    [opened] = life.observe(look(500, [finding(500, key="b", confirmed=False)]))
    assert (opened.kind, opened.alert.fired_at) == (K.OPENED, None)
    over, back = life.observe(look(502, [finding(502, key="b")]))
    assert (over.kind, over.alert.id, over.alert.ended) == (K.RESOLVED, opened.alert.id, True)
    assert (back.kind, back.alert.id) == (K.REOPENED, fired.id)
    assert [one.id for one in life.open_alerts()] == [fired.id]


def test_where_people_are_called_anew_it_is_no_mere_return() -> None:
    life, fired = unended_life(**{name: value for name, value in DONE.items() if name != "closed_at"})
    [back] = life.observe(look(500, [finding(500)]))
    assert (back.kind, back.alert.id, back.away_s, back.alert.reopened_at) == (K.REOPENED, fired.id, None, at(500))


def test_fires_out_of_sight_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unended, "MAX_UNENDED", 3)
    gone = [alert(f"01{n}", resolved_at=at(0), fingerprint=str(n)) for n in range(9)]
    assert len(list(lifecycle(gone, people_end=True)._unended)) == 3


@pytest.mark.parametrize(("hazard", "after_s"), [("clutter", 60), ("flame", 600)])
def test_a_suspicion_whose_camera_gives_no_look_any_more_ends_and_nothing_else_does(hazard: str, after_s: int) -> None:
    """That of a fire lasts: it may have burnt the cable."""
    life = lifecycle()
    life.observe(look(0, [finding(0, hazard=hazard, confirmed=False), finding(0, hazard=hazard, key="b")]))
    life.observe(look(0, [finding(0, hazard=hazard, confirmed=False)], camera="gate"))
    over = []
    for second in range(after_s + 40):
        if second < after_s:
            life.observe(look(second, [finding(second, hazard=hazard, confirmed=False)], camera="gate"))
        over += [(second, change) for change in life.unwatched(at(second), 1000.0 + second)]
    assert [(second, change.kind, change.alert.camera) for second, change in over] == [(after_s, K.RESOLVED, "shed-1")]
    assert over[0][1].alert.resolved_at == at(after_s) and over[0][1].alert.ended
    assert sorted(one.state for one in life.open_alerts()) == [AlertState.FIRING, AlertState.PENDING]


def test_a_suspicion_of_an_earlier_run_ends_where_its_camera_does_not_come_back() -> None:
    life = lifecycle([alert(fired_at=None), alert("01B", fingerprint="b")])
    told = [change.alert.id for second in range(610) for change in life.unwatched(at(second), float(second))]
    assert told == ["01A"]
    assert [one.id for one in life.open_alerts()] == ["01B"]
