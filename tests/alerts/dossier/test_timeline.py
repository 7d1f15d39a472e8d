"""One list of all that was done about an alert, and who answered a notice."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.access.principal import Principal
from alerts.access.roles import Role
from alerts.db.codec import time_text
from alerts.db.rows import Delivery
from alerts.dossier.gather import gather
from alerts.dossier.timeline import MOST_FLICKERS, Event, Source, answered, folded, timeline
from alerts.mute.rules import Scope, ScopeKind, SilenceKind
from alerts.mute.silences import Order
from alerts.record.chain import Entry
from alerts.record.records import Kind
from alerts.track.step import Step, StepKind
from streams.clock import SimulatedClock
from tests.alerts.making import at
from tests.alerts.web.console import Parts, some_settings
from vision.rule import Severity

ADMIN = Principal("li", "Li", Role.ADMIN, None, session="s")


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts.build(some_settings(tmp_path / "store"), SimulatedClock(at(0)))
    yield made
    made.close()


def silence(
    parts: Parts, kind: ScopeKind, value: str, *, what: SilenceKind = SilenceKind.SHELF, fire: bool = False
) -> str:
    order = Order(what, Scope(kind, value), "repairs", "Zhao", timedelta(minutes=10), fire=fire)
    return parts.desk.silence(order).id


def test_all_that_was_done_in_order(parts: Parts) -> None:
    clock = parts.clock
    assert isinstance(clock, SimulatedClock)
    raised = parts.raise_alert(0, "clutter")
    for seconds, do in (
        (5, lambda: silence(parts, ScopeKind.CAMERA, "shed-1")),
        (5, lambda: parts.desk.acknowledge(raised.id, by="Li")),
        (5, lambda: parts.recorder.note(Entry(Kind.SAW_CLIP, raised.id, "Chen", "console"))),
        (5, lambda: parts.desk.step(raised.id, StepKind.REMINDED, by="Li", detail={"channel": "phone"})),
        (900, lambda: None),
    ):
        clock.step(seconds)
        do()
    told = timeline(gather(parts.desk, parts.store, raised.id, ADMIN), clock.now())
    said = [(one.source.value, one.kind, one.by) for one in told if one.source.value != "notice"]
    assert said == [
        ("life", "began", "system"),
        ("life", "fired", "system"),
        ("silence", "shelf", "Zhao"),
        ("step", "verified", "Li"),
        ("record", "saw_clip", "Chen"),
        ("step", "reminded", "Li"),
        ("silence", "shelf_ended", "system"),
    ]
    assert told == sorted(told, key=lambda one: one.at)


def test_it_was_raised_when_it_was_not_when_that_was_put_on_record(parts: Parts) -> None:
    raised = parts.raise_alert()
    found = gather(parts.desk, parts.store, raised.id, ADMIN)
    earlier = at(-1.2)  # the look; the database was away for a moment
    found = replace(found, alert=replace(found.alert, fired_at=earlier, started_at=at(-5)))
    assert [one.at for one in timeline(found, at(10)) if one.kind == "fired" and one.source is Source.LIFE] == [earlier]


@pytest.mark.parametrize(
    ("role", "looks", "notices"),
    [
        (Role.ADMIN, True, True),
        (Role.AUDITOR, True, True),
        (Role.OPERATOR, False, True),
        (Role.VOLUNTEER, False, False),
    ],
)
def test_nobody_is_told_more_than_their_account_shows(parts: Parts, role: Role, looks: bool, notices: bool) -> None:
    raised = parts.raise_alert()
    parts.recorder.note(Entry(Kind.SAW_PICTURE, raised.id, "Chen", "console"))
    found = gather(parts.desk, parts.store, raised.id, replace(ADMIN, role=role))
    assert (found.looks, found.deliveries is not None) == (looks, notices)
    assert any(one.kind == Kind.SAW_PICTURE for one in found.records) == looks


SCOPES: list[tuple[ScopeKind, str, dict[str, Any], bool]] = [
    (ScopeKind.PLACE, "site", {"fire": True}, True),
    (ScopeKind.PLACE, "site", {}, False),  # it holds back no flame
    (ScopeKind.PLACE, "site", {"what": SilenceKind.DRILL}, True),
    (ScopeKind.HAZARD, "flame", {"fire": True}, True),
    (ScopeKind.HAZARD, "clutter", {}, False),
    (ScopeKind.CAMERA, "stairs-2", {"fire": True}, False),
]


@pytest.mark.parametrize(("kind", "value", "more", "about"), SCOPES)
def test_silences_that_could_hold_it_back_are_its_own(
    parts: Parts, kind: ScopeKind, value: str, more: dict[str, Any], about: bool
) -> None:
    raised = parts.raise_alert()
    made = silence(parts, kind, value, **more)
    assert [one.id for one in parts.desk.silences_of(raised)] == ([made] if about else [])


def test_a_silence_that_was_over_before_is_none_of_its_own(parts: Parts) -> None:
    silence(parts, ScopeKind.CAMERA, "shed-1")
    assert isinstance(parts.clock, SimulatedClock)
    parts.clock.step(3600)
    assert parts.desk.silences_of(parts.raise_alert(0, "clutter")) == []


def test_an_alert_that_only_was_suspected_has_a_beginning_and_an_end(parts: Parts) -> None:
    raised = parts.raise_alert(0, "clutter", confirmed=False)
    told = timeline(gather(parts.desk, parts.store, raised.id, ADMIN), parts.clock.now())
    assert [one.kind for one in told] == ["began"]


def flickering(times: int) -> list[Event]:
    """A fire that was lost and seen again so often, each of it told to one of two, with one act of a person."""
    events = [Event(at(0), Source.LIFE, "began"), Event(at(1), Source.LIFE, "fired")]
    for number in range(times):
        for step_s, kind in ((0, "unseen"), (5, "reopened")):
            second = 10 + 10 * number + step_s
            detail = {"told": kind, "person": ("Li", "Wang")[number % 2], "channel": "phone"}
            events += [
                Event(at(second), Source.LIFE, kind),
                Event(at(second), Source.NOTICE, "delivered", detail=detail),
            ]
    events.append(Event(at(17), Source.STEP, "there", "Li"))
    events.append(
        Event(at(16), Source.NOTICE, "delivered", detail={"told": "fired", "person": "Li", "channel": "phone"})
    )
    return sorted(events, key=lambda event: event.at)


def test_what_flickered_often_is_one_line_and_people_s_acts_are_read_beside_it() -> None:
    told = folded(flickering(38))
    assert [(one.source.value, one.kind) for one in told] == [
        ("life", "began"),
        ("life", "fired"),
        ("life", "flickered"),
        ("notice", "flickered"),
        ("notice", "delivered"),
        ("step", "there"),
    ]
    life, notices = told[2], told[3]
    assert (life.at, life.detail["times"], life.detail["until"], life.detail["last"]) == (
        at(10),
        38,
        time_text(at(385)),
        "reopened",
    )
    assert (notices.detail["lines"], notices.detail["people"]) == (76, ["Li", "Wang"])


def test_what_flickered_seldom_is_told_line_by_line() -> None:
    events = flickering(MOST_FLICKERS // 2)
    assert folded(events) == events


def test_that_a_camera_has_lost_a_fire_is_never_told_as_an_end(parts: Parts) -> None:
    raised = parts.raise_alert()
    look = parts.look(0)
    for number in range(1, 9):
        parts.desk.receive(replace(look, monotonic_s=look.monotonic_s + 5 * number))
    found = gather(parts.desk, parts.store, raised.id, ADMIN)
    told = timeline(found, parts.clock.now())
    assert "unseen" in {one.kind for one in told} and "resolved" not in {one.kind for one in told}
    assert "resolved" not in {one.detail["told"] for one in told if one.source is Source.NOTICE}


def delivery(**given: Any) -> Delivery:
    kept = Delivery("d", "a", "bot", "fired", Severity.FIRE, {}, at(0), at(0), at(99), delivered_at=at(1))
    return replace(kept, **given)


def step(by: str, via: str, second: float = 5, kind: StepKind = StepKind.ACCEPTED) -> Step:
    return Step("a", 1, at(second), by, via, kind)


@pytest.mark.parametrize(
    ("told", "name", "said", "answers"),
    [
        (delivery(person="li"), "Li", step("Li", "bot"), True),
        (delivery(person="li"), "Li", step("Li", "console"), True),
        (delivery(person="li"), "Li", step("Chen", "bot"), False),
        (delivery(), "", step("Chen", "bot"), True),
        (delivery(), "", step("Chen", "console"), False),
        (delivery(person="#2"), "#2", step("Chen", "bot"), True),
        (delivery(), "", step("Chen", "bot", -1), False),
        (delivery(), "", step("Chen", "bot", kind=StepKind.NOTE), False),
        (delivery(delivered_at=None), "", step("Chen", "bot"), False),
        (delivery(kind="acknowledged"), "", step("Chen", "bot"), False),
    ],
)
def test_who_answered(told: Delivery, name: str, said: Step, answers: bool) -> None:
    assert answered(told, [said], name) == (said if answers else None)
