"""Who is told of what, when and why: without I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.alert import Alert
from alerts.config import Settings
from alerts.lifecycle import Change, ChangeKind
from alerts.routing.ladder import USUAL
from alerts.routing.plan import CALLS, NOTHING_YET, AtOnce, History, Plan, Planned, TakeBack, Told
from alerts.routing.route import BUT_SENT, Router, planner_of
from alerts.track.step import Step, StepKind
from tests.alerts.making import START, alert, at
from vision.zones import ZoneType

K = ChangeKind


def person(name: str, *channels: str, **given: Any) -> dict[str, Any]:
    ways = [{"channel": channel, "address": f"{name}@{channel}"} for channel in channels or ("phone",)]
    return {"id": name, "channels": ways, **given}


def site(people: Sequence[Mapping[str, Any]], **given: Any) -> Settings:
    hooks = [{"name": name, "url": "http://127.0.0.1:9/"} for name in ("machine", "phone", "mail")]
    camera = {"name": "shed-1", "url": "0"}
    return Settings.model_validate({"cameras": [camera], "webhooks": hooks, "people": list(people), **given})


TEAM: list[dict[str, Any]] = [person("li", "phone", "mail"), person("wang"), person("chen", "mail")]
DUTY: dict[str, Any] = {"rota": {"shifts": [{"who": ["li"]}]}}


def around(one: Alert) -> frozenset[str]:
    return frozenset({one.camera})


def router(people: Sequence[Mapping[str, Any]] = TEAM, **given: Any) -> Router:
    return Router(site(people, **given), around)


def told(plan: Plan) -> list[tuple[float, str, str]]:
    """(seconds after the alert, person, channel)"""
    return [((one.not_before - START).total_seconds(), one.person, one.channel) for one in plan.notices]


def fired(**given: Any) -> Change:
    return Change(K.FIRED, alert("01A", **given))


def plan_of(made: Router, change: Change, *history: Told, seconds: float = 0.0) -> Plan:
    return made.plan(change, History(history), at(seconds))


def test_without_people_every_channel_is_told_at_once() -> None:
    planner = planner_of(site([]), around)
    assert isinstance(planner, AtOnce)
    found = planner.plan(fired(), NOTHING_YET, START)
    assert told(found) == [(0, "", "machine"), (0, "", "phone"), (0, "", "mail")]
    assert found.take_back is None


def test_the_ladder_of_a_fire() -> None:
    found = plan_of(router(**DUTY), fired())
    assert told(found) == [
        (0, "", "machine"),
        (15, "li", "phone"),
        (60, "wang", "phone"),
        (60, "chen", "mail"),
        (180, "li", "mail"),
    ]
    assert [one.rung for one in found.notices] == [0, 1, 2, 2, 3]
    assert {one.repeat_s for one in found.notices[1:]} == {60.0}
    assert found.notices[1].reason == "rung 1, 15 s after: on_duty"


def test_an_empty_rota_lets_the_next_rung_be_told_in_its_place() -> None:
    found = plan_of(router(), fired())
    assert told(found)[1:] == [(15, "li", "phone"), (15, "wang", "phone"), (15, "chen", "mail"), (180, "li", "mail")]
    assert "early" in found.notices[1].reason


def test_the_rota_counts_at_the_time_of_the_rung() -> None:
    late = {"begins": "2026-03-01T16:00:10", "ends": "2026-03-01T17:00:00", "who": ["wang"]}  # the alert: 16:00:00
    found = plan_of(router(rota={**DUTY["rota"], "overrides": [late]}), fired())
    assert told(found)[1] == (15, "wang", "phone")


def test_two_people_behind_one_address_are_told_by_one_message() -> None:
    shared = [{"id": name, "channels": [{"channel": "phone", "address": "board"}]} for name in ("li", "wang")]
    assert told(plan_of(router(shared), fired()))[2:] == [(15, "li", "phone")]


@pytest.mark.parametrize("hazard", ["flame", "clutter"])
def test_everybody_on_duty_is_pushed_to_though_nobody_has_an_address(hazard: str) -> None:
    """Phones find a person by the id: two of them are not one address."""
    push = {"type": "push", "name": "phones", "contact": "mailto:duty@lane12.example"}
    people = [{"id": name, "channels": [{"channel": "phones"}]} for name in ("li", "wang")]
    made = router(people, channels=[push], rota={"shifts": [{"who": ["li", "wang"]}]})
    found = plan_of(made, fired(hazard=hazard))
    assert [(one.person, one.rung) for one in found.notices if one.channel == "phones"] == [("li", 1), ("wang", 1)]


@pytest.mark.parametrize(
    ("places", "who"),
    [([["shed-1"], []], {"li", "wang"}), ([["yard"], []], {"wang"}), ([["yard"], ["yard"]], {"li", "wang"})],
)
def test_people_of_other_places_are_told_only_if_there_is_nobody_else(places: list[list[str]], who: set[str]) -> None:
    people = [person(name, places=names) for name, names in zip(("li", "wang"), places, strict=True)]
    made = router(people, places=[{"id": "yard", "name": "Yard"}])
    for hazard in ("flame", "clutter"):
        assert {one.person for one in plan_of(made, fired(hazard=hazard)).notices if one.rung} == who


@pytest.mark.parametrize(
    ("handlers", "zone", "hazard", "expected"),
    [
        ([], "corridor", "ebike", "property"),
        ([], "lift", "ebike", "urban_management"),
        ([], "shed", "ebike", "shed_manager"),
        ([], "shed", "flame", "volunteers"),
        ([], "yard", "camera", "operator"),
        ([{"zones": ["shed"], "name": "Lao Li"}], "shed", "ebike", "Lao Li"),
        ([{"zones": ["shed"], "tell": ["li", "wang"]}], "shed", "ebike", "li, wang"),
        (
            [{"hazards": ["clutter"], "name": "cleaners"}, {"zones": ["lift"], "name": "x"}],
            "lift",
            "clutter",
            "cleaners",
        ),
    ],
)
def test_whose_business_it_is(handlers: list[Any], zone: str, hazard: str, expected: str) -> None:
    assert site(TEAM, routing={"handlers": handlers}).routing.whose(zone, hazard) == expected


def test_every_zone_is_somebody_s() -> None:
    assert {zone.value for zone in ZoneType} <= set(USUAL)


def test_a_handler_that_is_only_shown_leaves_it_to_the_next_in_line() -> None:
    made = router(**DUTY, routing={"handlers": [{"name": "the cleaners"}]})
    assert {one.person for one in plan_of(made, fired(hazard="clutter")).notices if one.rung} == {"li"}


MAIL = {"type": "email", "name": "letters", "host": "x", "sender": "a@b", "to": ["c@d"]}
BOT = {"type": "wecom", "name": "group", "url": "https://x.example/?key=k"}
DING = {"type": "dingtalk", "name": "ding", "url": "https://x.example/?access_token=k"}
TOPIC = {"type": "ntfy", "name": "topic", "url": "https://x.example", "topic": "t"}
ANY = {"type": "apprise", "name": "any", "url": "json://x"}


@pytest.mark.parametrize(
    ("channel", "good", "bad", "wanted"),
    [
        (MAIL, "li@team.example", "13800001111", "an e-mail address"),
        (BOT, "zhang.san", "张 三", "the member's user id"),
        (DING, "13800001111", "a b", "the member's telephone number or user id"),
        (TOPIC, "li_s-own", "li's own", "a topic"),
        (ANY, "tgram://1/2", "13800001111", "an address as Apprise writes it"),
    ],
)
def test_an_address_has_to_be_what_the_channel_needs(channel: dict[str, Any], good: str, bad: str, wanted: str) -> None:
    def of(address: str) -> Settings:
        ways = [{"channel": channel["name"], "address": address}]
        return Settings.model_validate({"channels": [channel], "people": [{"id": "li", "channels": ways}]})

    assert of(good) and of("")
    with pytest.raises(ValidationError) as refused:
        of(bad)
    said = refused.value.errors()[0]["msg"]
    assert f"people.0.channels.0.address: li on {channel['name']}: expected {wanted}" in said
    assert bad not in said


@pytest.mark.parametrize(
    ("routing", "key"),
    [
        ({"fire": {"ladder": [{"after_s": 0, "tell": ["team"]}]}}, "routing.fire.ladder.0.tell"),
        ({"violation": {"tell": ["team"]}}, "routing.violation.tell"),
        ({"handlers": [{"tell": ["team"]}]}, "routing.handlers.0.tell"),
    ],
)
def test_a_group_that_there_is_not_is_refused_without_people_too(routing: dict[str, Any], key: str) -> None:
    with pytest.raises(ValidationError, match=f"{key} names team, which is unknown"):
        site([], routing=routing)


HANDLERS: dict[str, Any] = {
    "routing": {
        "handlers": [
            {"zones": ["shed"], "hazards": ["ebike"], "tell": ["wang"]},
            {"zones": ["corridor"], "tell": ["property"]},
        ]
    },
    "groups": [{"name": "property", "members": ["chen", "li"]}],
}


@pytest.mark.parametrize(
    ("hazard", "zone_type", "who"),
    [
        ("ebike", "shed", ["wang"]),
        ("ebike", "corridor", ["chen", "li"]),
        ("clutter", "corridor", ["chen", "li"]),
        ("clutter", "lift", ["li", "wang", "chen"]),
    ],
)
def test_the_handler_by_zone_and_hazard(hazard: str, zone_type: str, who: list[str]) -> None:
    found = plan_of(router(**HANDLERS), fired(hazard=hazard, zone_type=zone_type)).notices[1:]
    assert [one.person for one in found] == who
    assert {(one.not_before, one.repeat_s) for one in found} == {(at(30), 14_400.0)}
    assert len({one.group for one in found}) == 1


@pytest.mark.parametrize(("before_s", "first_s"), [(-10_000, 30), (-280, 30), (-100, 200)])
def test_a_group_is_told_of_at_most_each_five_minutes(before_s: float, first_s: float) -> None:
    found = router(**HANDLERS).plan(fired(hazard="clutter"), History((), at(before_s)), START)
    assert {one.not_before for one in found.notices[1:]} == {at(first_s)}


def test_a_pause_takes_back_what_waits_and_tells_nobody() -> None:
    paused = alert("01A", muted={"reason": "夜间", "told_at": "2026-03-01T08:00:00Z", "paused": True})
    assert plan_of(router(**DUTY), Change(K.MUTED, paused)) == Plan((), TakeBack("muted: 夜间", kinds=BUT_SENT))


@pytest.mark.parametrize("change", [K.MUTED, K.RESOLVED, K.REOPENED])
def test_whoever_was_sent_to_a_fire_still_hears_so(change: ChangeKind) -> None:
    """Their channel may be slow; the camera that loses the flame and sees it again takes nothing of that back."""
    muted = {"reason": "夜间", "told_at": "2026-03-01T08:00:00Z", "paused": True} if change is K.MUTED else None
    over = at(20) if change is K.RESOLVED else None
    fire = alert("01A", fired_at=at(0), acknowledged_at=at(1), resolved_at=over, muted=muted, returns=1)
    back = plan_of(router(**DUTY), Change(change, fire)).take_back
    assert back is None or K.DISPATCHED not in back.kinds
    assert (back is None) == (change is K.RESOLVED)


@pytest.mark.parametrize(
    ("given", "first_s"),
    [
        ({}, {"li": 120.0, "wang": 120.0, "chen": 120.0}),
        ({"reopened_at": at(120)}, {"li": 135.0, "wang": 180.0, "chen": 180.0}),
        ({"muted": {"reason": "x", "told_at": at(110).isoformat()}}, {"li": 125.0, "wang": 170.0, "chen": 170.0}),
    ],
)
def test_a_fire_that_comes_back(given: dict[str, Any], first_s: dict[str, float]) -> None:
    """One that nobody has answered climbs on where it was; one that was over begins anew; one that was held back begins
    when it was told."""
    found = plan_of(router(**DUTY), Change(K.REOPENED, alert("01A", returns=1, **given)), seconds=120)
    calls: dict[str, float] = {}
    for seconds, who, _ in told(found):
        calls.setdefault(who, seconds)
    assert {who: seconds for who, seconds in calls.items() if who} == first_s


CALLED = (Told("phone", "li", 1, True, False), Told("mail", "chen", 2, False, True))


def test_an_answer_takes_back_what_waits_tells_those_who_know_and_calls_again_later() -> None:
    change = Change(K.ACKNOWLEDGED, alert("01A", acknowledged_at=at(20), acknowledged_by="王"))
    found = plan_of(router(**DUTY), change, *CALLED, seconds=20)
    assert found.take_back == TakeBack("answered: 王", kinds=CALLS)
    assert told(found) == [(20, "", "machine"), (20, "li", "phone"), (620, "li", "phone")]
    assert [one.kind for one in found.notices] == [K.ACKNOWLEDGED, K.ACKNOWLEDGED, K.FIRED]
    assert found.notices[-1].repeat_s == 600.0


@pytest.mark.parametrize("kind", [K.ACKNOWLEDGED, K.STEPPED])
def test_an_answer_of_somebody_whose_name_is_not_known_leaves_no_hole_in_the_reason(kind: ChangeKind) -> None:
    change = Change(kind, alert("01A", acknowledged_at=at(20), acknowledged_by=""))
    back = plan_of(router(**DUTY), change, *CALLED, seconds=20).take_back
    assert back is not None and back.reason == "answered"


def test_a_further_step_calls_again_later_and_tells_nobody_now() -> None:
    change = Change(K.STEPPED, alert("01A", acknowledged_at=at(20), acknowledged_by="王"))
    found = plan_of(router(**DUTY), change, *CALLED, seconds=100)
    assert found.take_back is not None
    assert told(found) == [(700, "li", "phone")]


@pytest.mark.parametrize("answered", [False, True])
def test_a_remark_is_no_answer(answered: bool) -> None:
    said = {"acknowledged_at": at(10), "acknowledged_by": "王"} if answered else {}
    note = Step("01A", 1, at(20), "王", "console", StepKind.NOTE, {}, 0)
    assert plan_of(router(**DUTY), Change(K.STEPPED, alert("01A", **said), note), *CALLED, seconds=20) == Plan()


def test_a_channel_without_people_is_not_somebody_who_comes() -> None:
    far = [{"id": "far", "name": "Far", "kind": "building"}]
    elsewhere = router([person("li", places=["far"])], places=far, routing={"at_once": ["mail"]})
    found = plan_of(elsewhere, fired())
    assert "li" in {one.person for one in found.notices}


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (K.FALSE_ALARM, {"false_alarm_at": at(20), "false_alarm_by": "王"}),
        (K.RESOLVED, {"resolved_at": at(20)}),
    ],
)
def test_what_has_ended_calls_nobody(kind: ChangeKind, given: dict[str, Any]) -> None:
    found = plan_of(router(**DUTY), Change(kind, alert("01A", **given)), *CALLED, seconds=20)
    assert found.take_back is not None and found.take_back.above == 0
    assert [(one.person, one.kind) for one in found.notices] == [("", kind), ("li", kind)]


@pytest.mark.parametrize(
    ("hazard", "acknowledged", "told_one", "above"),
    [("flame", False, False, 1), ("flame", False, True, 0), ("flame", True, False, 0), ("clutter", False, False, 0)],
)
def test_a_fire_that_smoke_hides_before_anybody_was_called(
    hazard: str, acknowledged: bool, told_one: bool, above: int
) -> None:
    gone = alert("01A", hazard=hazard, resolved_at=at(12), acknowledged_at=at(5) if acknowledged else None)
    waiting = (Told("phone", "li", 1, told_one, True), Told("phone", "wang", 2, False, True))
    found = plan_of(router(**DUTY), Change(K.RESOLVED, gone), *waiting, seconds=12)
    assert (found.take_back and found.take_back.above) == (None if acknowledged else above)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"people": [person("li"), person("li")]}, "two people or groups are called li"),
        ({"people": [person("on_duty")]}, "on_duty has a meaning"),
        ({"people": [person("li", "fax")]}, "li is to be told by fax, which is no channel"),
        ({"people": [person("li", "phone", "phone")]}, "two addresses on phone"),
        ({"groups": [{"name": "team", "members": ["zhao"]}]}, "groups: team names zhao"),
        ({"rota": {"shifts": [{"who": ["zhao"]}]}}, r"rota\.shifts\.0 names zhao"),
        ({"routing": {"handlers": [{"tell": ["zhao"]}]}}, r"routing\.handlers\.0\.tell names zhao"),
        ({"routing": {"handlers": [{"tell": ["li"], "hazards": ["smoke"]}]}}, "names smoke"),
        ({"routing": {"at_once": ["fax"]}}, r"routing\.at_once names fax"),
        ({"routing": {"fire": {"ladder": [{"after_s": 9}, {"after_s": 3}]}}}, "after_s must not go down: 9, 3"),
        ({"people": [person("li", places=["attic"])]}, "places names attic"),
    ],
)
def test_settings_that_tell_nobody_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        site(**{"people": TEAM, **given})


def test_addresses_are_not_in_the_settings_text() -> None:
    assert "li@phone" not in repr(site(TEAM))


# Over any site

RUNGS = st.lists(
    st.tuples(
        st.floats(0, 600),
        st.lists(st.sampled_from(["on_duty", "handler", "everybody", "team", "li", "wang"]), min_size=1, max_size=3),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)
SITES = st.fixed_dictionaries(
    {
        "ways": st.lists(st.lists(st.sampled_from(["phone", "mail"]), min_size=1, unique=True), min_size=2, max_size=4),
        "places": st.lists(st.sampled_from([[], ["shed-1"], ["yard"]]), min_size=4, max_size=4),
        "duty": st.sampled_from([[], ["li"], ["wang"], ["team"]]),
        "rungs": RUNGS,
    }
)


def any_site(drawn: Mapping[str, Any]) -> Router:
    names = ("li", "wang", "chen", "zhao")[: len(drawn["ways"])]
    people = [
        person(name, *ways, places=places)
        for name, ways, places in zip(names, drawn["ways"], drawn["places"], strict=False)
    ]
    rungs = sorted(drawn["rungs"], key=lambda rung: float(rung[0]))
    ladder = [{"after_s": after_s, "tell": tell, "every_channel": every} for after_s, tell, every in rungs]
    return router(
        people,
        groups=[{"name": "team", "members": list(names)}],
        rota={"shifts": [{"who": drawn["duty"]}] if drawn["duty"] else []},
        routing={"fire": {"ladder": ladder}},
        places=[{"id": "yard", "name": "Yard"}],
    )


@effort(max_examples=150, deadline=None)
@given(SITES, st.floats(0, 3600))
def test_somebody_is_told_at_every_moment_of_a_fire_that_nobody_answers(drawn: dict[str, Any], seconds: float) -> None:
    """From the first rung's time on there is no minute in which nobody is told, and nobody's turn is waited for in
    vain before."""
    made = any_site(drawn)
    calls = [one for one in plan_of(made, fired()).notices if one.rung]
    first_s = min(rung.after_s for rung in made._config.fire.ladder)
    assert min(one.not_before for one in calls) == START + timedelta(seconds=first_s)
    moment = at(first_s + seconds)
    assert any(_last(one, moment) for one in calls)


def _last(one: Planned, moment: Any) -> bool:
    """Whether it was told, or told again, within the last minute before that moment (at each arrival)."""
    if one.not_before > moment or not one.repeat_s:
        return False
    passed_s = (moment - one.not_before).total_seconds() % one.repeat_s
    return bool(passed_s <= 60)


@effort(max_examples=150, deadline=None)
@given(SITES)
def test_nobody_is_told_twice(drawn: dict[str, Any]) -> None:
    found = [(one.person, one.channel) for one in plan_of(any_site(drawn), fired()).notices]
    assert len(found) == len(set(found))


@effort(max_examples=100, deadline=None)
@given(SITES, st.sampled_from([K.ACKNOWLEDGED, K.RESOLVED, K.FALSE_ALARM, K.STEPPED]))
def test_updates_go_only_to_those_who_were_told(drawn: dict[str, Any], kind: ChangeKind) -> None:
    made = any_site(drawn)
    calls = [one for one in plan_of(made, fired()).notices if one.rung]
    history = [Told(one.channel, one.person, one.rung, number % 2 == 0, False) for number, one in enumerate(calls)]
    after = replace(alert("01A"), resolved_at=at(9)) if kind is K.RESOLVED else alert("01A", false_alarm_at=at(9))
    found = plan_of(made, Change(kind, after), *history)
    heard = {(one.person, one.channel) for one in found.notices if one.rung and one.kind not in (K.FIRED,)}
    assert heard <= {(one.person, one.channel) for one in history if one.arrived}


def test_a_fire_that_a_person_has_raised_calls_people_as_any_fire_does() -> None:
    raised = alert("01A", acknowledged_at=at(0), acknowledged_by="王")
    step = Step("01A", 1, at(0), "王", "console", StepKind.ACKNOWLEDGED, {"confirmed": True})
    found = plan_of(router(**DUTY), Change(K.FIRED, raised, step))
    assert told(found) == told(plan_of(router(**DUTY), fired()))
