"""Whether people are told, and if not, why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from alerts.alert import Alert
from alerts.config import Settings, load_settings
from alerts.errors import SettingsError
from alerts.lifecycle import Change, ChangeKind
from alerts.mute.rules import (
    Muted,
    MutedBy,
    Scope,
    ScopeKind,
    Silence,
    SilenceKind,
    Told,
    decide,
    quiet_now,
    reviewed,
    settled,
    situation,
)
from alerts.registry.config import SITE
from tests.alerts.making import alert as make_alert
from vision.rule import Severity

NIGHT = datetime(2026, 3, 1, 15, 30, tzinfo=UTC)
"""A Sunday, 23:30 in Shanghai."""

RAW: dict[str, Any] = {
    "places": [
        {"id": "b3", "name": "3号楼"},
        {"id": "shed", "name": "车棚", "within": "b3"},
        {"id": "yard", "name": "院子"},
    ],
    "cameras": [
        {"name": "shed-1", "url": "0", "place": "shed"},
        {"name": "yard-1", "url": "0", "place": "yard"},
        {"name": "free", "url": "0", "place": "by the tree"},
    ],
    "muting": {"quiet": [{"name": "night", "opens": "22:00", "closes": "07:00", "places": ["b3"]}]},
}
WITH_NIGHT = Settings.model_validate(RAW)
PLAIN = Settings.model_validate({**RAW, "muting": {}})


def alert(name: str = "A", hazard: str = "clutter", camera: str = "shed-1", **given: Any) -> Alert:
    return make_alert(name, **({"hazard": hazard, "camera": camera, "started_at": NIGHT, "fired_at": NIGHT} | given))


def offline(camera: str = "shed-1", **given: Any) -> Alert:
    evidence = {"cause": "offline"}
    return alert("X", "camera", camera, **({"severity": Severity.FAULT, "evidence": evidence} | given))


def silence(kind: str = "shelf", scope: tuple[str, str] = ("place", SITE), **given: Any) -> Silence:
    values: dict[str, Any] = {
        "id": "S",
        "kind": SilenceKind(kind),
        "scope": Scope(ScopeKind(scope[0]), scope[1]),
        "reason": "moving house",
        "by": "Wang",
        "begun_at": NIGHT - timedelta(hours=1),
        "ends_at": NIGHT + timedelta(hours=1),
    }
    return Silence(**(values | given))


@pytest.mark.parametrize(
    ("scope", "muted"),
    [
        (("place", SITE), True),
        (("place", "b3"), True),
        (("place", "shed"), True),
        (("place", "yard"), False),
        (("camera", "shed-1"), True),
        (("camera", "yard-1"), False),
        (("hazard", "clutter"), True),
        (("hazard", "ebike"), False),
        (("camera_hazard", "clutter@shed-1"), True),
        (("camera_hazard", "ebike@shed-1"), False),
        (("camera_hazard", "clutter@yard-1"), False),
        (("alert", "A"), True),
        (("alert", "B"), False),
    ],
)
def test_a_person_shelves_a_place_a_camera_a_hazard_or_an_alert(scope: tuple[str, str], muted: bool) -> None:
    one = silence(scope=scope)
    decision = decide(alert(), situation((), [one], PLAIN, NIGHT))
    assert decision == (Muted(MutedBy.SHELVED, "moving house", "S", "Wang", one.ends_at) if muted else Told())


@pytest.mark.parametrize(
    ("given", "muted"),
    [
        ({}, True),
        ({"begun_at": NIGHT + timedelta(seconds=1)}, False),
        ({"ends_at": NIGHT}, False),
        ({"ended_at": NIGHT, "ended_by": "Li"}, False),
        ({"ended_at": NIGHT + timedelta(seconds=1), "ended_by": "Li"}, True),
        ({"kind": SilenceKind.DRILL}, False),
    ],
)
def test_a_shelf_holds_while_it_lasts(given: dict[str, Any], muted: bool) -> None:
    decision = decide(alert(), situation((), [silence(**given)], PLAIN, NIGHT))
    assert isinstance(decision, Muted) is muted


@pytest.mark.parametrize(("fire", "muted"), [(False, False), (True, True)])
@pytest.mark.parametrize(
    "scope",
    [("place", SITE), ("camera", "shed-1"), ("hazard", "flame"), ("camera_hazard", "flame@shed-1"), ("alert", "A")],
)
def test_a_flame_is_shelved_only_by_a_word_that_names_it(scope: tuple[str, str], fire: bool, muted: bool) -> None:
    decision = decide(alert(hazard="flame"), situation((), [silence(scope=scope, fire=fire)], PLAIN, NIGHT))
    assert isinstance(decision, Muted) is muted


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (alert("F", "flame"), "flame"),
        (alert("F", "flame", acknowledged_at=NIGHT), "flame"),
        (alert("F", "flame", resolved_at=NIGHT), None),
        (alert("F", "flame", fired_at=None), None),
        (alert("F", "flame", false_alarm_at=NIGHT), None),
        (alert("F", "flame", "yard-1"), None),
        (alert("F", "ebike"), None),
        (offline(), "offline"),
        (offline(resolved_at=NIGHT), None),
        (offline(evidence={"cause": "dark"}), None),
        (offline("yard-1"), None),
    ],
)
def test_something_worse_at_the_same_camera_goes_first(other: Alert, reason: str | None) -> None:
    decision = decide(alert(), situation([alert(), other], (), PLAIN, NIGHT))
    assert decision == (Muted(MutedBy.INHIBITED, reason, other.id) if reason else Told())


def test_neither_a_flame_nor_a_fault_stands_back_for_anything() -> None:
    now = situation([alert("F", "flame"), offline()], (), WITH_NIGHT, NIGHT)
    assert decide(alert("G", "flame"), now) == Told()
    assert decide(offline(), now) == Told()


@pytest.mark.parametrize(
    ("camera", "place_id", "muted"),
    [
        ("shed-1", None, True),
        ("shed-1", "yard", False),
        ("yard-1", None, False),
        ("yard-1", "shed", True),
        ("free", None, False),
    ],
)
def test_quiet_hours_of_a_place(camera: str, place_id: str | None, muted: bool) -> None:
    """Where it was raised counts; an alert without a registered place lies where its camera hangs now."""
    decision = decide(alert(camera=camera, place_id=place_id), situation((), (), WITH_NIGHT, NIGHT))
    ends = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)
    assert decision == (Muted(MutedBy.QUIET, "night", until=ends) if muted else Told())


def hours(**given: Any) -> Settings:
    quiet = {"name": "q", "opens": "22:00", "closes": "07:00", **given}
    zone = quiet.pop("zone", "Asia/Shanghai")
    return Settings.model_validate({"site": {"time_zone": zone}, "muting": {"quiet": [quiet]}})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "at", "until"),
    [
        ({}, "2026-03-01T13:59:59", None),
        ({}, "2026-03-01T14:00:00", "2026-03-01T23:00:00"),
        ({}, "2026-03-01T22:59:59", "2026-03-01T23:00:00"),
        ({}, "2026-03-01T23:00:00", None),
        ({"opens": "12:00", "closes": "14:00"}, "2026-03-01T05:00:00", "2026-03-01T06:00:00"),
        ({"opens": "12:00", "closes": "14:00"}, "2026-03-01T15:00:00", None),
        ({"opens": "00:00", "closes": "00:00"}, "2026-03-01T15:00:00", "2026-03-01T16:00:00"),
        ({"days": ["sun"]}, "2026-03-01T22:30:00", "2026-03-01T23:00:00"),  # Monday 06:30: opened on Sunday
        ({"days": ["mon"]}, "2026-03-01T22:30:00", None),
        ({"days": ["mon"]}, "2026-03-02T14:30:00", "2026-03-02T23:00:00"),
        # The night in which the clocks of Berlin go forward is an hour shorter; the one in autumn an hour longer.
        ({"zone": "Europe/Berlin"}, "2026-03-28T21:30:00", "2026-03-29T05:00:00"),
        ({"zone": "Europe/Berlin"}, "2026-10-24T20:30:00", "2026-10-25T06:00:00"),
    ],
)
def test_quiet_hours_by_the_local_clock(given: dict[str, Any], at: str, until: str | None) -> None:
    found = [ends for _, ends in quiet_now(hours(**given), utc(at))]
    assert found == ([utc(until)] if until else [])


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (
            'hazards = ["flame"]',
            r"muting\.quiet\.0\.hazards: flame is a fire, which no clock may mute; allowed: .*clutter",
        ),
        ('hazards = ["camera"]', r"muting\.quiet\.0\.hazards: camera is no hazard; allowed"),
        ('places = ["b9"]', r"muting\.quiet: places: no place has the id b9; known: none"),
        ('days = ["sunday"]', r"muting\.quiet\.0\.days\.0: .*'sun'"),
        ("days = []", r"muting\.quiet\.0\.days: "),
        ('opens = "22:00+08:00"', r"muting\.quiet\.0\.opens: an hour without a zone"),
        ("from = 3", r"unknown key muting\.quiet\.0\.from; allowed: closes, days, hazards, name, opens, places"),
    ],
)
def test_quiet_hours_that_cannot_be(toml: str, said: str, tmp_path: Any) -> None:
    file = tmp_path / "t.toml"
    rest = "" if toml.startswith("opens") else 'opens = "22:00"\n'
    file.write_text(f'[[muting.quiet]]\nname = "q"\ncloses = "07:00"\n{rest}{toml}\n', "utf-8")
    with pytest.raises(SettingsError, match=said):
        load_settings(file)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"by": " "}, "name of a person"),
        ({"reason": ""}, "reason"),
        ({"ends_at": NIGHT - timedelta(hours=1)}, "ends after"),
    ],
)
def test_no_silence_without_a_person_a_reason_and_an_end(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        silence(**given)


@pytest.mark.parametrize(
    ("scope", "began_s", "exercise"),
    [
        (("place", "b3"), 0, True),
        (("place", "yard"), 0, False),
        (("place", SITE), 0, True),
        (("place", "b3"), -7200, False),
    ],
)
def test_what_begins_within_a_drill_is_an_exercise(scope: tuple[str, str], began_s: float, exercise: bool) -> None:
    burning = alert(hazard="flame", started_at=NIGHT + timedelta(seconds=began_s))
    drill = silence("drill", scope)
    assert decide(burning, situation((), [drill], PLAIN, NIGHT)) == Told(drill if exercise else None)


# What becomes of the alert


def test_a_muted_alert_is_held_and_says_why() -> None:
    shelf = silence()
    fired = Change(ChangeKind.FIRED, alert())
    held = settled(fired, decide(fired.alert, situation((), [shelf], PLAIN, NIGHT)), NIGHT).alert
    assert held.held and held.muted is not None
    assert (held.muted["by"], held.muted["reason"], held.muted["who"]) == ("shelved", "moving house", "Wang")
    assert (held.muted["since"], held.muted["until"]) == ("2026-03-01T15:30:00.000000Z", "2026-03-01T16:30:00.000000Z")
    assert held.version == fired.alert.version  # it is part of the change


def test_only_what_begins_is_decided_anew() -> None:
    resolved = Change(ChangeKind.RESOLVED, alert(resolved_at=NIGHT))
    assert settled(resolved, Muted(MutedBy.QUIET, "night"), NIGHT) is resolved


def test_what_a_person_reopens_after_it_has_gone_is_told_at_once() -> None:
    muted = Muted(MutedBy.QUIET, "night")
    gone = settled(Change(ChangeKind.REOPENED, held_alert(resolved_at=NIGHT)), muted, NIGHT).alert
    assert not gone.held and gone.muted is not None and gone.muted["reason"] == "night"
    assert settled(Change(ChangeKind.REOPENED, alert()), muted, NIGHT).alert.held


def held_alert(**given: Any) -> Alert:
    held = settled(Change(ChangeKind.FIRED, alert()), Muted(MutedBy.QUIET, "night"), NIGHT).alert
    return replace(held, **given)


def test_when_the_silence_is_over_people_are_told_after_all() -> None:
    held = held_alert()
    assert reviewed(held, Muted(MutedBy.INHIBITED, "flame"), NIGHT) is None
    told = reviewed(held, Told(), NIGHT + timedelta(hours=8))
    assert told is not None and told.kind is ChangeKind.FIRED
    assert not told.alert.held and told.alert.version == held.version + 1
    assert told.alert.muted is not None and told.alert.muted["told_at"] == "2026-03-01T23:30:00.000000Z"
    assert told.alert.muted["reason"] == "night"  # it stays on record
    assert reviewed(told.alert, Told(), NIGHT) is None


@pytest.mark.parametrize(
    "given",
    [{"resolved_at": NIGHT}, {"acknowledged_at": NIGHT}, {"false_alarm_at": NIGHT}],
    ids=lambda given: next(iter(given)),
)
def test_what_is_over_or_in_hand_is_told_to_nobody_later(given: dict[str, Any]) -> None:
    assert reviewed(held_alert(**given), Told(), NIGHT) is None


def test_a_held_fire_that_somebody_took_in_hand_is_told_once_nothing_holds_it() -> None:
    fire = {"hazard": "flame", "severity": Severity.FIRE, "acknowledged_at": NIGHT}
    assert reviewed(held_alert(**fire), Told(), NIGHT) is not None
    assert reviewed(held_alert(**fire, dealt_with_at=NIGHT), Told(), NIGHT) is None


def test_a_flame_that_burns_on_after_the_drill_is_told_as_real() -> None:
    drill = silence("drill")
    exercise = settled(Change(ChangeKind.FIRED, alert(hazard="flame")), Told(drill), NIGHT).alert
    assert exercise.exercise and not exercise.held
    assert reviewed(exercise, Told(drill), NIGHT) is None
    real = reviewed(exercise, Told(), NIGHT)
    assert real is not None and not real.alert.exercise
    assert reviewed(real.alert, Told(), NIGHT) is None


@pytest.mark.parametrize(
    ("decision", "paused"),
    [
        (Muted(MutedBy.SHELVED, "moving", "S", "Wang", NIGHT), True),
        (Muted(MutedBy.QUIET, "night"), True),
        (Muted(MutedBy.INHIBITED, "offline", "X"), False),
    ],
)
def test_what_people_are_being_called_for_is_paused(decision: Muted, paused: bool) -> None:
    change = reviewed(alert(), decision, NIGHT)
    assert (change is not None) is paused
    if change is None:
        return
    assert change.kind is ChangeKind.MUTED and change.alert.paused and not change.alert.held
    assert reviewed(change.alert, decision, NIGHT) is None
    again = reviewed(change.alert, Told(), NIGHT)
    assert again is not None and again.kind is ChangeKind.FIRED and not again.alert.paused
    assert reviewed(replace(change.alert, acknowledged_at=NIGHT), Told(), NIGHT) is None


# Whatever is going on

MINUTES = st.integers(-120, 120).map(lambda minutes: NIGHT + timedelta(minutes=minutes))
CAMERAS = st.sampled_from(["shed-1", "yard-1", "free", "gone"])
HAZARDS = st.sampled_from(["flame", "ebike", "clutter", "flying_lead", "camera"])
SCOPES = st.one_of(
    st.tuples(st.just("place"), st.sampled_from([SITE, "b3", "shed", "yard", "gone"])),
    st.tuples(st.just("camera"), CAMERAS),
    st.tuples(st.just("hazard"), HAZARDS),
    st.tuples(st.just("alert"), st.sampled_from("ABC")),
)


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    hazard = draw(HAZARDS)
    severity = {"flame": Severity.FIRE, "camera": Severity.FAULT}.get(hazard, Severity.VIOLATION)
    return alert(
        draw(st.sampled_from("ABC")),
        hazard,
        draw(CAMERAS),
        severity=severity,
        evidence={"cause": draw(st.sampled_from(["offline", "dark"]))},
        place_id=draw(st.sampled_from([None, "shed", "yard", "gone"])),
        started_at=draw(MINUTES),
        fired_at=draw(st.one_of(st.none(), MINUTES)),
        resolved_at=draw(st.one_of(st.none(), MINUTES)),
        acknowledged_at=draw(st.one_of(st.none(), MINUTES)),
        false_alarm_at=draw(st.one_of(st.none(), MINUTES)),
    )


@st.composite
def silences(draw: st.DrawFn) -> Silence:
    begun = draw(MINUTES)
    return silence(
        draw(st.sampled_from(["shelf", "drill"])),
        draw(SCOPES),
        id=draw(st.sampled_from(["S1", "S2", "S3", "S4"])),
        fire=draw(st.booleans()),
        begun_at=begun,
        ends_at=begun + timedelta(minutes=draw(st.integers(1, 240))),
        ended_at=draw(st.one_of(st.none(), MINUTES)),
        ended_by="Li",
    )


QUIET_ALL = Settings.model_validate(
    {**RAW, "muting": {"quiet": [{"name": "always", "opens": "00:00", "closes": "00:00"}]}}
)
SETTINGS = st.sampled_from([PLAIN, WITH_NIGHT, QUIET_ALL])
MOMENTS = st.tuples(st.lists(alerts(), max_size=3), st.lists(silences(), max_size=3), SETTINGS)


@hypothesis_settings(max_examples=200, deadline=None)
@given(alerts(), st.lists(alerts(), max_size=5), st.lists(silences(), max_size=5), SETTINGS)
def test_nothing_mutes_a_flame_but_a_person_with_a_reason_and_an_end(
    one: Alert, others: list[Alert], said: list[Silence], settings: Settings
) -> None:
    one = replace(one, hazard="flame", severity=Severity.FIRE)
    decision = decide(one, situation(others, said, settings, NIGHT))
    if not isinstance(decision, Muted):
        return
    words = [
        silence for silence in said if silence.active(NIGHT) and silence.fire and silence.kind is SilenceKind.SHELF
    ]
    assert (decision.source, decision.until) in [(silence.id, silence.ends_at) for silence in words]
    assert decision.by is MutedBy.SHELVED
    assert decision.who and decision.reason and decision.until and decision.until > NIGHT


@hypothesis_settings(max_examples=200, deadline=None)
@given(alerts(), st.lists(alerts(), max_size=5), st.lists(silences(), max_size=5), SETTINGS)
def test_what_mutes_is_there_now_and_ends_later(
    one: Alert, others: list[Alert], said: list[Silence], settings: Settings
) -> None:
    decision = decide(one, situation(others, said, settings, NIGHT))
    only_active = [silence for silence in said if silence.active(NIGHT)]
    assert decision == decide(one, situation(others, only_active, settings, NIGHT))
    if isinstance(decision, Told):
        assert decision.drill is None or (decision.drill in only_active and one.started_at >= decision.drill.begun_at)
        return
    assert decision.until is None or decision.until > NIGHT
    if decision.by is MutedBy.INHIBITED:
        assert any(other.id == decision.source and other.camera == one.camera and other.open for other in others)
    if decision.by is not MutedBy.SHELVED:
        assert one.severity is Severity.VIOLATION


@hypothesis_settings(max_examples=200, deadline=None)
@given(alerts(), st.lists(alerts(), max_size=5), st.lists(silences(), max_size=4), silences(), SETTINGS)
def test_one_more_silence_never_makes_anything_louder(
    one: Alert, others: list[Alert], said: list[Silence], more: Silence, settings: Settings
) -> None:
    before = decide(one, situation(others, said, settings, NIGHT))
    after = decide(one, situation(others, [*said, more], settings, NIGHT))
    assert not isinstance(before, Muted) or isinstance(after, Muted)


@hypothesis_settings(max_examples=100, deadline=None)
@given(
    alerts(),
    st.lists(
        st.tuples(st.lists(alerts(), max_size=3), st.lists(silences(), max_size=3), SETTINGS), min_size=1, max_size=6
    ),
)
def test_muted_is_not_lost(one: Alert, moments: list[tuple[list[Alert], list[Silence], Settings]]) -> None:
    """Whatever comes and goes: once nothing holds it any more, somebody has been told, or nobody needed to be."""
    one = replace(one, fired_at=NIGHT, muted=None, resolved_at=None)
    first = decide(one, situation(*moments[0], NIGHT))
    now = settled(Change(ChangeKind.FIRED, one), first, NIGHT).alert
    called = not now.held
    for moment in moments[1:]:
        change = reviewed(now, decide(now, situation(*moment, NIGHT)), NIGHT)
        called = called if change is None else change.kind is ChangeKind.FIRED
        now = change.alert if change else now
        assert now.severity is not Severity.FIRE or called or now.muted is None or now.muted["by"] == "shelved"
    last = reviewed(now, Told(), NIGHT)
    answered = bool(now.acknowledged_at or now.false_alarm_at)
    assert called or answered or (last is not None and last.kind is ChangeKind.FIRED)
