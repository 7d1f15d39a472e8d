"""The two tracks: which step may follow, what it makes of the alert, what is owed next."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from alerts.alert import Alert, AlertState
from alerts.config import Settings
from alerts.routing.ladder import RoutingConfig
from alerts.track.config import TracksConfig
from alerts.track.detail import DETAILS, DetailRefused, checked
from alerts.track.due import Due, due
from alerts.track.fold import Stage, Track, track
from alerts.track.rules import Refusal, Taken, choices, take
from alerts.track.step import ANSWERS, STEPS_OF, Step, StepKind, TrackKind, first_word
from tests.alerts.making import START, alert, at
from vision.rule import Severity

K, S = StepKind, Stage
DEADLINE = at(86_400).isoformat()
NOTICE = (K.NOTICE_GIVEN, {"channel": "door", "deadline": DEADLINE})
MOVED = (K.MOVED, {"item": "e-bike", "slot": "A3", "reason": "blocks the exit"})


class File:
    """An alert and its steps, as they would be kept. One second passes with each step."""

    def __init__(self, made: Alert) -> None:
        self.alert, self.second = made, 0.0
        self.steps: tuple[Step, ...] = ()

    def add(self, kind: StepKind, detail: dict[str, Any] | None = None, by: str = "li", **sensor: Any) -> str:
        """The code of the refusal, "same" if it says nothing new, "" if it was taken."""
        self.alert = replace(self.alert, **sensor)
        self.second += 1
        done = take(self.alert, self.steps, kind, by=by, via="console", at=at(self.second), detail=detail)
        if isinstance(done, Taken):
            self.alert, self.steps = done.alert, (*self.steps, done.step)
            return ""
        return done.code if isinstance(done, Refusal) else "same"

    def all(self, *steps: StepKind | tuple[StepKind, dict[str, Any]]) -> "File":
        for one in steps:
            kind, detail = one if isinstance(one, tuple) else (one, None)
            assert self.add(kind, detail) == "", kind
        return self

    @property
    def track(self) -> Track:
        return track(self.alert, self.steps)


def fire(**given: Any) -> File:
    return File(alert(**given))


def case(**given: Any) -> File:
    return File(alert(hazard="ebike", **given))


def fault(**given: Any) -> File:
    return File(alert(hazard="camera", severity=Severity.FAULT, **given))


def reported(**given: Any) -> File:
    """What people have said, and no camera sees."""
    return File(alert(hazard="clutter", camera="", **given))


GONE: dict[str, Any] = {"resolved_at": at(0.5)}


@pytest.mark.parametrize(
    ("file", "steps", "stages"),
    [
        (fire, [K.ACKNOWLEDGED, K.ACCEPTED, K.ON_THE_WAY, K.THERE, K.DEALT_WITH], [
            S.ACKNOWLEDGED, S.RESPONDING, S.RESPONDING, S.RESPONDING, S.OUT]),
        (fire, [K.ACCEPTED, K.FALSE_ALARM, K.REOPENED, K.ACKNOWLEDGED], [
            S.RESPONDING, S.FALSE_ALARM, S.FIRING, S.ACKNOWLEDGED]),
        (fire, [K.DEALT_WITH, (K.CLOSED, {"reason": "camera is down"}), K.REOPENED], [S.OUT, S.CLOSED, S.FIRING]),
        (case, [K.ACCEPTED, K.VERIFIED, K.THERE], [S.RESPONDING, S.VERIFIED, S.VERIFIED]),
        (case, [K.VERIFIED, (K.DISSUADED, {"outcome": "refused"}), (K.REMINDED, {}), (K.REMINDED, {}), NOTICE, MOVED], [
            S.VERIFIED, S.DISSUADED, S.REMINDED, S.REMINDED, S.NOTICE_GIVEN, S.MOVED]),
        (case, [K.VERIFIED, K.REPORTED, (K.INSPECTED, {"reason": "on the spot"}), K.CLOSED, K.NOTE, K.REOPENED], [
            S.VERIFIED, S.REPORTED, S.INSPECTED, S.CLOSED, S.CLOSED, S.FIRING]),
        (case, [K.DEALT_WITH, (K.REMINDED, {}), K.DEALT_WITH], [S.DEALT_WITH, S.REMINDED, S.DEALT_WITH]),
        (reported, [K.VERIFIED, (K.INSPECTED, {"unproven": "seen there"})], [S.VERIFIED, S.INSPECTED]),
        (fault, [K.ACKNOWLEDGED, (K.CLOSED, {"reason": "taken down"})], [S.ACKNOWLEDGED, S.CLOSED]),
    ],
)  # fmt: skip
def test_stages(file: Any, steps: Sequence[Any], stages: Sequence[Stage]) -> None:
    one, seen = file(), []
    for step in steps:
        one.all(step)
        seen.append(one.track.stage)
    assert seen == stages
    assert [step.seq for step in one.steps] == list(range(1, len(steps) + 1))
    assert one.alert.version == 1 + len(steps)


@pytest.mark.parametrize(
    ("file", "before", "step", "code"),
    [
        (fire, [], K.VERIFIED, "other_track"),
        (case, [], K.ACKNOWLEDGED, "other_track"),
        (fault, [], K.REMINDED, "other_track"),
        (fire, [K.FALSE_ALARM], K.ACKNOWLEDGED, "judged_false"),
        (fire, [K.DEALT_WITH, (K.CLOSED, {"reason": "x"})], K.ACCEPTED, "closed"),
        (fire, [K.ACKNOWLEDGED], K.REOPENED, "not_over"),
        (fire, [K.ACCEPTED], K.CLOSED, "not_out"),
        (fire, [K.DEALT_WITH], K.CLOSED, "still_seen"),
        (fire, [K.DEALT_WITH], K.THERE, "already_over"),
        (fault, [], K.CLOSED, "not_seen_to"),
        (fault, [K.ACKNOWLEDGED], K.CLOSED, "still_seen"),
        (case, [], K.REMINDED, "not_verified"),
        (case, [K.VERIFIED], K.INSPECTED, "still_seen"),
        (reported, [K.VERIFIED], K.INSPECTED, "no_proof"),
        (case, [K.VERIFIED], K.CLOSED, "not_inspected"),
        (case, [K.ACCEPTED], K.CLOSED, "not_verified"),
        (case, [K.VERIFIED], MOVED, "no_notice"),
        (case, [K.VERIFIED, NOTICE], (K.MOVED, {"item": "e-bike", "slot": "A3"}), "deadline"),
        (case, [K.VERIFIED], (K.CLAIMED, {"item": 1}), "no_item"),
        (case, [K.VERIFIED, NOTICE, MOVED, (K.HANDED_OVER, {"item": 1})], (K.CLAIMED, {"item": 1}), "handed_over"),
        (case, [], (K.DISPATCHED, {"to": "zhao"}), "not_verified"),
        (fire, [K.DEALT_WITH], (K.DISPATCHED, {"to": "zhao"}), "already_over"),
        (fire, [], (K.UNDONE, {"seq": 1}), "too_late"),
        (fire, [K.ACKNOWLEDGED], (K.UNDONE, {"seq": 1}), "too_late"),  # it was somebody else who said so
    ],
)
def test_what_may_not_follow(file: Any, before: Sequence[Any], step: Any, code: str) -> None:
    one = file().all(*before)
    kind, detail = step if isinstance(step, tuple) else (step, {})
    was = one.alert, one.steps
    assert one.add(kind, detail, by="wang") == code
    assert (one.alert, one.steps) == was


@pytest.mark.parametrize(
    ("made", "kind", "code"),
    [
        (alert(fired_at=None), K.ACKNOWLEDGED, ""),
        (alert(fired_at=None), K.DISPATCHED, "suspected"),
        (alert(fired_at=None, resolved_at=at(1)), K.ACKNOWLEDGED, "suspected"),
        (alert(fired_at=None, notice="attended burning"), K.ACKNOWLEDGED, "suspected"),
        (alert(fired_at=None), K.FALSE_ALARM, "fire_suspected"),
        (alert(fired_at=None, resolved_at=at(1)), K.FALSE_ALARM, "never_confirmed"),
        (alert(hazard="ebike", fired_at=None), K.VERIFIED, "suspected"),
        (alert(hazard="ebike", fired_at=None), K.FALSE_ALARM, ""),
        (alert(hazard="ebike", fired_at=None), K.NOTE, ""),
    ],
)
def test_of_a_suspicion(made: Alert, kind: StepKind, code: str) -> None:
    assert File(made).add(kind) == code


def test_whoever_sees_that_it_burns_raises_it_and_cannot_take_that_back() -> None:
    one = File(alert(fired_at=None))
    assert one.add(K.ACKNOWLEDGED, by="li") == ""
    assert (one.alert.state, one.alert.fired_at, one.alert.confirmed_by) == (
        AlertState.ACKNOWLEDGED,
        one.steps[0].at,
        "li",
    )
    assert (one.steps[0].by, one.steps[0].detail) == ("li", {"confirmed": True})
    assert one.add(K.UNDONE, {"seq": 1}, by="li") == "raised"
    assert one.add(K.FALSE_ALARM, {"reason": "lamp"}, by="li") == ""


@pytest.mark.parametrize(
    ("made", "stage", "ended"),
    [
        (alert(fired_at=None), S.SUSPECTED, False),
        (alert(), S.FIRING, False),
        (alert(**GONE), S.FIRING, False),
        (alert(fired_at=None, **GONE), S.CLEARED, True),
        (alert(hazard="ebike"), S.FIRING, False),
        (alert(hazard="ebike", fired_at=None), S.SUSPECTED, False),
        (alert(hazard="ebike", **GONE), S.CLEARED, True),
        (alert(hazard="ebike", fired_at=None, notice="passing"), S.LOGGED, True),
        (alert(hazard="camera", severity=Severity.FAULT, **GONE), S.CLEARED, True),
    ],
)
def test_without_a_word_from_anybody(made: Alert, stage: Stage, ended: bool) -> None:
    now = track(made, ())
    assert (now.stage, now.ended, made.ended) == (stage, ended, ended)


def test_the_first_word_acknowledges_and_the_first_counts() -> None:
    one = fire()
    assert one.add(K.ACCEPTED, by="li") == ""
    assert one.add(K.ACKNOWLEDGED, by="wang") == "same"
    assert one.add(K.ACCEPTED, by="wang") == ""
    assert (one.alert.state, one.alert.acknowledged_by) == (AlertState.ACKNOWLEDGED, "li")
    assert [(one.name, one.progress) for one in one.track.said.responders.values()] == [
        ("li", K.ACCEPTED),
        ("wang", K.ACCEPTED),
    ]


def test_an_answer_that_is_late_or_replayed_counts_once() -> None:
    one = fire()
    said = [one.add(kind, by="li") for kind in (K.ON_THE_WAY, K.ACCEPTED, K.ON_THE_WAY, K.THERE, K.ON_THE_WAY)]
    assert said == ["", "same", "same", "", "same"]
    assert one.track.said.responders["li"].progress is K.THERE


def test_it_is_said_who_dealt_with_it() -> None:
    one = fire().all(K.ACCEPTED)
    assert one.add(K.DEALT_WITH, by="wang") == ""
    assert one.add(K.DEALT_WITH, by="li") == "same"
    assert one.track.said.done is not None and one.track.said.done.by == "wang"
    assert one.alert.dealt_with_at == at(2)


def test_the_camera_calls_people_anew_after_they_were_done() -> None:
    one = fire().all(K.ACCEPTED, K.DEALT_WITH)
    back = replace(one.alert, returns=1, acknowledged_at=None, acknowledged_by="", dealt_with_at=None)
    now = track(back, one.steps)
    assert (now.stage, now.said.first) == (S.FIRING, None)
    one.alert = back
    assert one.add(K.ACCEPTED) == "", "the same person accepts again"
    assert one.track.stage is S.RESPONDING


def test_what_is_back_is_owed_anew_and_what_was_said_before_is_told_apart() -> None:
    one = fire().all(K.ACCEPTED, K.DEALT_WITH)
    one.add(K.DEALT_WITH, by="wang")
    one.alert = replace(
        one.alert, returns=1, reopened_at=at(500), acknowledged_at=None, acknowledged_by="", dealt_with_at=None
    )
    assert owed(one) == [("acknowledged", s(515), "operator")]
    assert [(step.by, step.kind) for step in one.track.earlier] == [("li", K.DEALT_WITH)]
    one.second = 520
    one.all(K.ACCEPTED)
    assert [(step.by, step.kind) for step in one.track.earlier] == [("li", K.DEALT_WITH)], (
        "a new word is none of before"
    )
    assert list(one.track.said.responders) == ["li"]
    assert one.alert.answered_s == 21


def test_what_a_person_opens_again_is_owed_from_then_on() -> None:
    one = fire().all(K.ACCEPTED, K.FALSE_ALARM)
    one.second = 900
    one.all(K.REOPENED)
    assert (one.alert.reopened_at, one.alert.called_at) == (at(901), at(901))
    assert owed(one) == [("acknowledged", s(916), "operator")]
    assert [(step.by, step.kind) for step in one.track.earlier] == [("li", K.FALSE_ALARM)]
    one.second = 1000
    one.all(K.ACKNOWLEDGED, (K.UNDONE, {"seq": 4}))
    assert one.alert.called_at == at(901), "a slip sets no clock back"


def test_a_word_taken_back_is_none_of_those_from_before() -> None:
    one = fire().all(K.ACCEPTED)
    one.add(K.DISPATCHED, {"to": "zhao"}, by="wang")
    one.add(K.UNDONE, {"seq": 2}, by="wang")
    one.all(K.DEALT_WITH, (K.CLOSED, {"reason": "x"}), K.REOPENED)
    assert [step.by for step in one.track.earlier] == ["li"]


def test_the_camera_interrupts_nobody_who_is_still_at_it() -> None:
    one = fire().all(K.ACCEPTED)
    now = track(replace(one.alert, returns=3), one.steps)
    assert (now.stage, now.before, now.earlier) == (S.RESPONDING, 0, [])


@pytest.mark.parametrize(
    ("made", "before", "slip"),
    [
        (fire, [], K.ACKNOWLEDGED),
        (fire, [], (K.DISPATCHED, {"to": "zhao"})),
        (fire, [K.ACCEPTED], (K.DISPATCHED, {"to": "zhao"})),
        (fire, [K.ACKNOWLEDGED], (K.FALSE_ALARM, {"reason": "lamp"})),
        (case, [], K.VERIFIED),
        (case, [K.VERIFIED, K.REMINDED], (K.FALSE_ALARM, {"reason": "shadow"})),
    ],
)
def test_a_slip_is_taken_back_and_both_stay_on_record(made: Any, before: Sequence[Any], slip: Any) -> None:
    one = made().all(*before)
    was = replace(one.alert, version=0), one.track.said
    one.all(slip)
    seq = one.steps[-1].seq
    assert one.add(K.UNDONE, {"seq": seq}) == ""
    assert (replace(one.alert, version=0), one.track.said) == was
    assert [step.kind for step in one.steps[-2:]] == [slip if isinstance(slip, StepKind) else slip[0], K.UNDONE]
    assert one.add(K.UNDONE, {"seq": seq}) == "too_late", "once is enough"
    assert one.track.round == 0, "who is on the way need not be told"


def test_two_words_of_one_key_are_taken_back_one_after_the_other() -> None:
    one = case().all(K.VERIFIED, (K.DISPATCHED, {"to": "zhao"}))
    assert [one.add(K.UNDONE, {"seq": seq}) for seq in (1, 2, 1)] == ["too_late", "", ""]
    assert one.alert.acknowledged_at is None and one.track.stage is S.FIRING


@pytest.mark.parametrize(
    ("then", "late_s", "code"),
    [
        ([], 60, ""),
        ([], 61, "too_late"),
        ([(K.NOTE, {"note": "x"})], 5, ""),
        ([K.ACCEPTED], 5, "too_late"),
    ],
)
def test_only_soon_and_only_ones_own_last_word(then: Sequence[Any], late_s: float, code: str) -> None:
    one = fire().all(K.ACKNOWLEDGED, *then)
    one.second = late_s  # `add` lets one second pass, and the first step was at 1
    assert one.add(K.UNDONE, {"seq": 1}) == code


def test_what_came_back_since_is_not_taken_back() -> None:
    one = fire().all(K.ACKNOWLEDGED)
    assert one.add(K.UNDONE, {"seq": 1}, returns=1) == "too_late"


def test_a_thing_stays_in_store_whatever_becomes_of_the_case() -> None:
    one = case().all(K.VERIFIED, NOTICE, MOVED, (K.INSPECTED, {"reason": "x"}), K.CLOSED, K.REOPENED)
    assert one.add(K.CLAIMED, {"item": 1, "owner": "zhao"}) == ""
    [thing] = one.track.said.custody
    assert thing.moved.detail["slot"] == "A3" and thing.claimed is not None and thing.handed_over is None
    assert one.add(K.HANDED_OVER, {"item": 1, "to": "zhao"}) == ""
    assert one.track.said.custody[0].handed_over is not None


def test_after_its_deadline_a_thing_is_moved_without_a_reason() -> None:
    one = case().all(K.VERIFIED, NOTICE)
    one.second = 90_000
    assert one.add(K.MOVED, {"item": "e-bike", "slot": "A3"}) == ""


def test_a_clock_that_is_set_back_does_not_turn_the_steps_round() -> None:
    one = fire().all(K.ACCEPTED)
    one.second = -100
    assert one.add(K.THERE) == ""
    assert [taken.at for taken in one.steps] == [at(1), at(1)]


def names(file: File, by: str = "li") -> set[str]:
    found = choices(file.alert, file.track, by, at(file.second))
    return {f"{one.kind}{'!' if one.needs_reason else ''}" for one in found}


@pytest.mark.parametrize(
    ("file", "offered"),
    [
        (fire(), {
            "acknowledged", "dispatched", "false_alarm", "accepted", "on_the_way", "there", "dealt_with", "note"}),
        (fire().all(K.THERE), {"dispatched", "false_alarm", "dealt_with", "note"}),
        (fire().all(K.DEALT_WITH), {"false_alarm", "closed!", "reopened", "note"}),
        (fire(**GONE).all(K.DEALT_WITH), {"false_alarm", "closed", "reopened", "note"}),
        (fire().all(K.FALSE_ALARM), {"reopened", "note"}),
        (case(fired_at=None), {"false_alarm", "note", "photo"}),
        (case().all(K.VERIFIED), {
            "false_alarm", "accepted", "on_the_way", "there", "dealt_with", "dissuaded", "reminded", "notice_given",
            "dispatched", "reported", "inspected!", "note", "photo"}),
        (case(**GONE).all(K.VERIFIED, NOTICE, MOVED), {
            "false_alarm", "accepted", "on_the_way", "there", "dealt_with", "dissuaded", "reminded", "notice_given",
            "dispatched", "moved!", "claimed", "handed_over", "reported", "inspected", "closed", "note", "photo"}),
        (case(**GONE).all(K.VERIFIED, K.INSPECTED, K.CLOSED), {"reopened", "note", "photo"}),
    ],
)  # fmt: skip
def test_what_is_offered(file: File, offered: set[str]) -> None:
    assert names(file) == offered


def owed(file: File, config: TracksConfig | None = None) -> list[tuple[str, timedelta, str]]:
    found = due(
        file.alert, file.track, config or TracksConfig(), RoutingConfig().whose(file.alert.zone_type, file.alert.hazard)
    )
    return [(one.what.value, one.at - START, one.whose) for one in found]


def s(seconds: float, hours: float = 0) -> timedelta:
    return timedelta(seconds=seconds, hours=hours)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (fire(), [("acknowledged", s(15), "operator")]),
        (fire(fired_at=None), []),
        (fire().all(K.ACKNOWLEDGED), [("accepted", s(181), "volunteers")]),
        (fire().all((K.DISPATCHED, {"to": "zhao"})), [("accepted", s(181), "zhao")]),
        (case().all(K.VERIFIED, (K.DISPATCHED, {"to": "lift firm"})), [("dissuaded", s(1, 24), "lift firm")]),
        (fire().all(K.ACCEPTED, K.ON_THE_WAY), [("there", s(181), "li")]),
        (fire().all(K.ACCEPTED, K.THERE), []),
        (fire().all(K.DEALT_WITH), [("closed", s(1, 24), "operator")]),
        (fire().all(K.FALSE_ALARM), []),
        (fault(), [("acknowledged", s(15), "operator")]),
        (case(), [("verified", s(0, 4), "operator")]),
        (case(**GONE), []),
        (case().all(K.VERIFIED), [("dissuaded", s(1, 24), "property")]),
        (case(zone_type="shed").all(K.VERIFIED), [("dissuaded", s(1, 24), "shed_manager")]),
        (case(**GONE).all(K.VERIFIED), [("inspected", s(0.5, 24), "operator")]),
        (case().all(K.VERIFIED, (K.DISSUADED, {"outcome": "agreed"})), [("inspected", s(2, 24), "operator")]),
        (case().all(K.VERIFIED, (K.DISSUADED, {"outcome": "absent"}), K.REMINDED), [
            ("reported", s(2, 24), "property")]),
        (case().all(K.VERIFIED, (K.DISSUADED, {"outcome": "refused"}), NOTICE), [
            ("moved", s(86_400), "property"), ("reported", s(2, 24), "property")]),
        (case().all(K.VERIFIED, NOTICE, MOVED), [
            ("inspected", s(3, 24), "operator"), ("handed_over", s(3, 720), "operator")]),
        (case(**GONE).all(K.VERIFIED, K.INSPECTED), [("closed", s(2, 24), "operator")]),
        (case(**GONE).all(K.VERIFIED, K.INSPECTED, K.CLOSED), []),
    ],
)  # fmt: skip
def test_what_is_owed(file: File, expected: list[tuple[str, timedelta, str]]) -> None:
    assert owed(file) == expected


def clutter(**given: Any) -> File:
    return File(alert(hazard="clutter", **given))


def after(second: float) -> dict[str, Any]:
    return {"evidence": {"snapshot_after": {"key": "k", "taken_at": at(second).isoformat()}}}


@pytest.mark.parametrize(
    ("file", "kind", "detail", "code"),
    [
        (clutter(**GONE), K.INSPECTED, {}, "no_proof"),
        (clutter(**GONE), K.CLOSED, {}, "no_proof"),
        (clutter(**GONE), K.CLOSED, {"unproven": "camera is turned away"}, ""),
        (clutter(**GONE, **after(0.5)), K.INSPECTED, {}, ""),
        (clutter(**GONE, **after(0.5)), K.CLOSED, {}, ""),
        (clutter(**GONE, **after(-60)), K.CLOSED, {}, "no_proof"),  # of an earlier time
        (clutter(**GONE, **after(30), reopened_at=at(40)), K.CLOSED, {}, "no_proof"),
        (clutter(seen_at=at(60), **after(30)), K.INSPECTED, {"reason": "x"}, "no_proof"),  # it was seen since
        (clutter(seen_at=at(60), **after(61)), K.INSPECTED, {"reason": "x"}, ""),
        (clutter(seen_at=at(60)), K.INSPECTED, {"unproven": "x"}, "still_seen"),
        (case(**GONE), K.CLOSED, {}, ""),  # an e-bike is not pictured again
    ],
)
def test_clutter_is_not_closed_without_proof(file: File, kind: StepKind, detail: dict[str, Any], code: str) -> None:
    file.all(K.VERIFIED)
    assert file.add(kind, detail) == code


def test_what_is_offered_says_that_it_asks_for_proof() -> None:
    one = clutter(**GONE).all(K.VERIFIED)
    asked = {choice.kind for choice in choices(one.alert, one.track, "li", at(9)) if choice.needs_proof}
    assert asked == {K.INSPECTED, K.CLOSED}
    one.all((K.INSPECTED, {"unproven": "dark"}))
    assert not [one for one in choices(one.alert, one.track, "li", at(9)) if one.needs_proof], "once is enough"


def test_a_changed_limit_holds_at_once() -> None:
    assert owed(fire(), TracksConfig(acknowledge_s=30)) == [("acknowledged", s(30), "operator")]
    assert Due(K.CLOSED, START, "x").whose == "x"


def test_the_handlers_of_before_say_where_they_stand_now() -> None:
    with pytest.raises(ValidationError, match=r"routing\.handlers"):
        Settings.model_validate({"tracks": {"handlers": {"shed": "x"}}})


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        (K.ACCEPTED, {}, {}),
        (K.ACCEPTED, {"note": " two\nof us\x00 "}, {"note": "two of us"}),
        (K.FALSE_ALARM, {"reason": " lamp "}, {"reason": "lamp"}),
        (K.NOTICE_GIVEN, {"channel": "door", "deadline": "2026-03-02T08:00:00+00:00"}, {
            "channel": "door", "deadline": "2026-03-02T08:00:00Z"}),
        (K.MOVED, {"item": "e-bike", "slot": "A3", "found": ""}, {"item": "e-bike", "slot": "A3"}),
    ],
)  # fmt: skip
def test_what_comes_with_a_step(kind: StepKind, given: dict[str, Any], kept: dict[str, Any]) -> None:
    assert checked(kind, given) == kept


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        (K.ACCEPTED, {"reason": "x"}, "reason: Extra"),
        (K.FALSE_ALARM, {}, "reason: Field required"),
        (K.FALSE_ALARM, {"reason": " \n"}, "reason: say something"),
        (K.FALSE_ALARM, {"reason": "x" * 201}, "reason: .*200"),
        (K.NOTE, {"note": "\x00"}, "note: say something"),
        (K.DISSUADED, {"outcome": "perhaps"}, "outcome: .*agreed"),
        (K.NOTICE_GIVEN, {"channel": "door", "deadline": "2026-03-02T08:00:00"}, "deadline: .*timezone"),
        (K.CLAIMED, {"item": 0, "owner": "x"}, "item: .*1"),
        (K.MOVED, {"item": "x", "slot": ""}, "slot: say something"),
    ],
)
def test_what_may_not_come_with_a_step(kind: StepKind, given: dict[str, Any], said: str) -> None:
    with pytest.raises(DetailRefused, match=said) as caught:
        checked(kind, given)
    assert "\n" not in str(caught.value)


def test_the_tables_are_whole() -> None:
    assert set().union(*STEPS_OF.values()) == set(StepKind)
    assert set(DETAILS) <= set(StepKind)
    assert all(set(ANSWERS) <= kinds for kinds in STEPS_OF.values())
    assert {first_word(alert()), first_word(alert(hazard="ebike"))} == {K.ACKNOWLEDGED, K.VERIFIED}
    assert set(TrackKind) == set(STEPS_OF)
    assert isinstance(START, datetime)
