"""Both tracks under any order of looks and of people's steps."""

import random
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.alert import Alert, AlertState
from alerts.ids import UlidFactory
from alerts.lifecycle import ChangeKind, Lifecycle
from alerts.track.config import TracksConfig
from alerts.track.due import due
from alerts.track.fold import OVER, Stage, Track, projected, track
from alerts.track.rules import Taken, choices, take
from alerts.track.step import STEPS_OF, Step, StepKind, TrackKind
from tests.alerts.making import at, finding, lifecycle, look
from vision.rule import Severity

K = StepKind
NONE: tuple[Step, ...] = ()
PEOPLE = ("li", "wang")
DETAILS: dict[StepKind, dict[str, Any]] = {
    K.FALSE_ALARM: {"reason": "lamp"},
    K.DISSUADED: {"outcome": "refused"},
    K.NOTICE_GIVEN: {"channel": "door", "deadline": at(50).isoformat()},
    K.MOVED: {"item": "e-bike", "slot": "A3"},
    K.CLAIMED: {"item": 1, "owner": "zhao"},
    K.HANDED_OVER: {"item": 1, "to": "zhao"},
    K.DISPATCHED: {"to": "zhao"},
    K.UNDONE: {"seq": 1},
}


@dataclass(frozen=True)
class Event:
    """Time passes, the wall clock may step, the camera looks, a person does something."""

    passed_s: float
    clock_step_s: float
    seen: bool | None  # not confirmed, confirmed; None: the camera does not look
    shows: bool
    kind: StepKind | None
    by: str
    reason: bool


EVENTS = st.lists(
    st.builds(
        Event,
        passed_s=st.sampled_from([0.0, 1.0, 5.0, 5.0, 31.0]),
        clock_step_s=st.sampled_from([0.0, 0.0, 0.0, 0.0, -7200.0, 7200.0]),
        seen=st.sampled_from([True, True, False, None]),
        shows=st.booleans(),
        kind=st.sampled_from([None, None, *StepKind]),
        by=st.sampled_from(PEOPLE),
        reason=st.booleans(),
    ),
    min_size=1,
    max_size=50,
)
HAZARDS = st.sampled_from(["flame", "clutter"])


class World:
    """A camera's life cycle and the file of its first alert."""

    def __init__(self, hazard: str) -> None:
        self.life: Lifecycle = lifecycle(new_id=UlidFactory(random.Random(7)))
        self.hazard, self.now_s, self.wall_s = hazard, 0.0, 0.0
        self.alert: Alert | None = None
        self.steps: tuple[Step, ...] = ()
        self.taken: list[tuple[Track, Taken]] = []
        self.returned: list[tuple[Stage, Stage]] = []

    def play(self, event: Event) -> None:
        self.now_s += event.passed_s
        self.wall_s += event.passed_s + event.clock_step_s
        if event.seen is not None:
            self.look(event.seen, event.shows)
        if event.kind is not None and self.alert is not None:
            self.person(self.alert, event.kind, event)

    def look(self, confirmed: bool, shows: bool) -> None:
        found = replace(finding(self.wall_s, hazard=self.hazard, confirmed=confirmed), monotonic_s=self.now_s)
        for change in self.life.observe(look(self.now_s, [found] if shows else [], wall_s=self.wall_s)):
            before = self.alert
            if before is not None and change.alert.id != before.id:
                continue
            self.alert = change.alert
            if before is not None and change.kind is ChangeKind.REOPENED:
                self.returned.append((track(before, self.steps).stage, track(change.alert, self.steps).stage))

    def person(self, alert: Alert, kind: StepKind, event: Event) -> None:
        detail = DETAILS.get(kind, {}) | ({"reason": "seen on the spot"} if event.reason else {})
        detail |= {"unproven": "dark"} if event.shows else {}
        now = track(alert, self.steps)
        done = take(alert, self.steps, kind, by=event.by, via="console", at=at(self.wall_s), detail=detail)
        if isinstance(done, Taken):
            self.alert, self.steps = done.alert, (*self.steps, done.step)
            self.life.adopt(done.alert)
            self.taken.append((now, done))


def check(world: World) -> None:
    """What holds after every event."""
    alert, steps = world.alert, world.steps
    if alert is None:
        return
    now = track(alert, steps)
    assert [step.seq for step in steps] == list(range(1, len(steps) + 1))
    assert all(one.at <= two.at and one.returns <= two.returns for one, two in pairwise(steps))
    assert projected(alert, now.said) == alert, "the alert says something else than its steps"
    assert now.ended == alert.ended
    assert (now.stage is Stage.CLOSED) == (alert.state is AlertState.CLOSED)
    assert {step.kind for step in steps} <= STEPS_OF[now.kind]
    for choice in choices(alert, now, "li", at(world.wall_s)):
        reasons = {"reason": "x"} if choice.needs_reason else {}
        reasons |= {"unproven": "x"} if choice.needs_proof else {}
        detail = DETAILS.get(choice.kind, {}) | reasons
        done = take(alert, steps, choice.kind, by="li", via="x", at=at(world.wall_s), detail=detail)
        assert isinstance(done, Taken) or choice.kind in (K.CLAIMED, K.HANDED_OVER), f"{choice.kind} was offered"
    for one in due(alert, now, TracksConfig(), "property"):
        assert not now.ended or one.what is K.HANDED_OVER


@settings(deadline=None, max_examples=150)
@given(HAZARDS, EVENTS)
def test_whatever_happens(hazard: str, events: list[Event]) -> None:
    world, again = World(hazard), World(hazard)
    for event in events:
        world.play(event)
        again.play(event)
        check(world)
    assert (world.alert, world.steps) == (again.alert, again.steps), "the same events gave something else"


@settings(deadline=None, max_examples=150)
@given(HAZARDS, EVENTS)
def test_it_is_closed_only_by_a_person_on_a_legal_path(hazard: str, events: list[Event]) -> None:
    world = World(hazard)
    for event in events:
        closed = world.alert is not None and world.alert.closed_at is not None
        world.play(event)
        assert world.alert is None or closed or world.alert.closed_at is None or event.kind is K.CLOSED
    for before, taken in world.taken:
        if taken.step.kind is K.CLOSED:
            seen_to = before.said.verified is not None or before.said.done is not None
            inspected = before.stage is Stage.INSPECTED or (seen_to and not taken.alert.open)
            assert before.stage is Stage.OUT if hazard == "flame" else inspected
            looked = not taken.alert.open or bool(taken.step.detail.get("reason"))
            assert looked or hazard != "flame", "a fire was closed that the camera had not seen out, without a reason"
        if taken.step.kind is K.INSPECTED:
            assert not taken.alert.open or taken.step.detail.get("reason")
    for was, after in world.returned:
        assert after not in OVER, (was, after)


@settings(deadline=None, max_examples=100)
@given(EVENTS)
def test_a_fire_never_ends_without_a_person(events: list[Event]) -> None:
    world = World("flame")
    for event in events:
        world.play(replace(event, kind=None))
        if world.alert is not None and world.alert.fired_at is not None:
            assert not track(world.alert, world.steps).ended


@settings(deadline=None, max_examples=100)
@given(HAZARDS, st.lists(st.tuples(st.sampled_from(list(K)), st.sampled_from(PEOPLE)), max_size=12), st.integers(0, 12))
def test_the_camera_s_word_commutes_with_people_s(hazard: str, said: list[tuple[StepKind, str]], at_step: int) -> None:
    """When the camera finds the place clear between two steps that did not ask it, nothing else comes of it."""
    asks_the_camera = {K.CLOSED, K.INSPECTED}
    said = [one for one in said if one[0] not in asks_the_camera]
    ends = []
    for gone_at in (0, min(at_step, len(said))):
        [fired] = lifecycle().observe(look(0, [finding(0, hazard=hazard)]))
        alert, steps = fired.alert, NONE
        for number in range(len(said) + 1):
            if number == gone_at:
                alert = replace(alert, resolved_at=at(0))
            if number < len(said):
                kind, by = said[number]
                done = take(alert, steps, kind, by=by, via="x", at=at(60), detail=DETAILS.get(kind))
                if isinstance(done, Taken):
                    alert, steps = done.alert, (*steps, done.step)
        ends.append((alert, steps, track(alert, steps)))
    assert ends[0] == ends[1]


@settings(deadline=None, max_examples=100)
@given(st.permutations([(kind, by) for kind in (K.ACCEPTED, K.ON_THE_WAY, K.THERE) for by in PEOPLE]))
def test_answers_of_several_people_reach_the_same_in_any_order(said: list[tuple[StepKind, str]]) -> None:
    [fired] = lifecycle().observe(look(0, [finding(0)]))
    alert, steps = fired.alert, NONE
    for kind, by in said:
        done = take(alert, steps, kind, by=by, via="sms", at=at(1))
        if isinstance(done, Taken):
            alert, steps = done.alert, (*steps, done.step)
    now = track(alert, steps)
    assert {one.name: one.progress for one in now.said.responders.values()} == dict.fromkeys(PEOPLE, K.THERE)
    assert (now.kind, now.stage, alert.severity) == (TrackKind.INCIDENT, Stage.RESPONDING, Severity.FIRE)
