"""Where an alert stands: a fold over the camera's facts and people's steps.

    incident  suspected ─► firing ─► acknowledged ─► responding ─► out ─► closed
    case      suspected ─► firing ─► verified ─► dissuaded, reminded, notice_given, moved, reported, dealt_with
                                              ─► inspected ─► closed
    fault     firing ─► acknowledged, responding ─► out ─► closed; or the camera is back: cleared
    all       ─► false_alarm; ─► reopened by a person, or by the camera once people were done

A violation or a suspicion that goes before anybody has said a word is cleared by itself; a fire that was raised is not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from alerts.alert import Alert
from alerts.track.step import PROGRESS, REMARKS, Step, StepKind, TrackKind, track_kind


class Stage(StrEnum):
    """Where an alert stands."""

    LOGGED = "logged"
    SUSPECTED = "suspected"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESPONDING = "responding"
    OUT = "out"
    VERIFIED = "verified"
    DISSUADED = "dissuaded"
    REMINDED = "reminded"
    NOTICE_GIVEN = "notice_given"
    MOVED = "moved"
    REPORTED = "reported"
    DEALT_WITH = "dealt_with"
    INSPECTED = "inspected"
    CLOSED = "closed"
    FALSE_ALARM = "false_alarm"
    CLEARED = "cleared"


ENDED = frozenset({Stage.LOGGED, Stage.CLOSED, Stage.FALSE_ALARM, Stage.CLEARED})
"""Nothing more is asked of anybody."""

OVER = frozenset({Stage.OUT, Stage.DEALT_WITH, Stage.INSPECTED, Stage.CLOSED})
"""People are done with it; the camera may see it otherwise."""

_CASE_STAGES = {
    StepKind.VERIFIED: Stage.VERIFIED,
    StepKind.DISSUADED: Stage.DISSUADED,
    StepKind.REMINDED: Stage.REMINDED,
    StepKind.NOTICE_GIVEN: Stage.NOTICE_GIVEN,
    StepKind.MOVED: Stage.MOVED,
    StepKind.REPORTED: Stage.REPORTED,
    StepKind.DEALT_WITH: Stage.DEALT_WITH,
    StepKind.INSPECTED: Stage.INSPECTED,
}
_FIRST_WORDS = frozenset({StepKind.ACKNOWLEDGED, StepKind.VERIFIED, StepKind.DISPATCHED, *PROGRESS})
_DONE = frozenset({StepKind.DEALT_WITH, StepKind.INSPECTED})
_GOING = frozenset(PROGRESS) - _DONE
_TOLD_OF = frozenset(StepKind) - REMARKS - {StepKind.REOPENED, StepKind.CLAIMED, StepKind.HANDED_OVER}


@dataclass(frozen=True, slots=True)
class Responder:
    """Somebody who goes there. progress: the last of `PROGRESS` that they said, at `at`; since: when they accepted."""

    name: str
    via: str
    progress: StepKind
    at: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class Custody:
    """A thing that was taken away. item: 1, 2, 3 … within the alert. claimed, handed_over: the steps that said so."""

    item: int
    moved: Step
    claimed: Step | None = None
    handed_over: Step | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What people have said since the alert was raised, or since it last came back after they were done with it.

    reopened: the step that opened it again, where a person did. first: the word that acknowledged it. sent: each that
    sent somebody. stage: the last stage of a case. failed: the first dissuasion without success.
    custody outlives all: a thing stays in store whatever becomes of the case.
    """

    reopened: Step | None = None
    first: Step | None = None
    verified: Step | None = None
    false_alarm: Step | None = None
    done: Step | None = None
    closed: Step | None = None
    stage: Step | None = None
    failed: Step | None = None
    notice: Step | None = None
    reported: Step | None = None
    reminders: tuple[Step, ...] = ()
    sent: tuple[Step, ...] = ()
    responders: Mapping[str, Responder] = field(default_factory=dict)
    custody: tuple[Custody, ...] = ()

    @property
    def dispatched(self) -> Step | None:
        """The last that sent somebody."""
        return self.sent[-1] if self.sent else None

    @property
    def over(self) -> bool:
        """Whether people were done with it."""
        return self.done is not None or self.closed is not None


@dataclass(frozen=True, slots=True)
class Track:
    """An alert's track as it is now. returns: of the alert. before: so many of the steps were said before it was opened
    anew after people were done with it, by the camera or by a person: they stay on record, and count no more.
    since: the `round` in which that was."""

    kind: TrackKind
    stage: Stage
    said: Said
    steps: tuple[Step, ...]
    returns: int = 0
    before: int = 0
    since: int = 0

    @property
    def over(self) -> bool:
        """Whether people are done with it."""
        return self.stage in OVER

    @property
    def ended(self) -> bool:
        """Whether nothing more is asked of anybody."""
        return self.stage in ENDED

    @property
    def round(self) -> int:
        """How often it has been opened anew: by the camera, or by a person. What was said before may not count now."""
        return self.returns + _reopened(self.steps)

    def is_answered(self, kind: StepKind, round: int) -> bool:
        """Whether what somebody says counts who saw it in that `round`. A flame that comes and goes changes nothing
        about who goes there; a word that ends it must be about what is there now."""
        return self.since <= round <= self.round if kind in _GOING else round == self.round

    @property
    def earlier(self) -> list[Step]:
        """The last word of each person from before it was opened anew, in their order."""
        words = {step.by: step for step in counting(self.steps) if step.seq <= self.before and step.kind in _TOLD_OF}
        return sorted(words.values(), key=lambda step: step.seq)

    @property
    def next_seq(self) -> int:
        """Of the step to come."""
        return len(self.steps) + 1


def track(alert: Alert, steps: Iterable[Step]) -> Track:
    """Where it stands. steps: all of the alert, in order."""
    said, kept, kind = Said(), tuple(steps), track_kind(alert)
    returns = before = since = 0
    for step in counting(kept):
        if step.returns > returns and said.over:
            said, before = Said(custody=said.custody), step.seq - 1
            since = step.returns + _reopened(kept[:before])
        if step.kind is StepKind.REOPENED:
            before = step.seq - 1
            since = step.returns + _reopened(kept[: step.seq])
        returns = max(returns, step.returns)
        said = _after(said, step)
    if alert.returns > returns and said.over:
        said, before = Said(custody=said.custody), len(kept)
        since = alert.returns + _reopened(kept)
    return Track(kind, _stage(alert, kind, said), said, kept, alert.returns, before, since)


def _reopened(steps: Iterable[Step]) -> int:
    """How often people opened it anew."""
    return sum(step.kind is StepKind.REOPENED for step in steps)


def counting(steps: Iterable[Step]) -> list[Step]:
    """Those that were not taken back, in order, without the words that took them back."""
    kept = list(steps)
    undone = {step.detail.get("seq") for step in kept if step.kind is StepKind.UNDONE}
    return [step for step in kept if step.seq not in undone and step.kind is not StepKind.UNDONE]


def projected(alert: Alert, said: Said) -> Alert:
    """The alert with what the store searches by, as people have said it."""
    first, false = said.first, said.false_alarm
    opened = [at for at in (alert.reopened_at, said.reopened.at if said.reopened else None) if at is not None]
    return replace(
        alert,
        reopened_at=max(opened, default=None),
        acknowledged_at=first.at if first else None,
        acknowledged_by=first.by if first else "",
        false_alarm_at=false.at if false else None,
        false_alarm_by=false.by if false else "",
        false_alarm_reason=str(false.detail.get("reason", "")) if false else "",
        dealt_with_at=said.done.at if said.done else None,
        closed_at=said.closed.at if said.closed else None,
    )


def deadline_of(notice: Step | None) -> datetime | None:
    """By when a notice in writing asks for the thing to be gone."""
    text = notice.detail.get("deadline") if notice else None
    return datetime.fromisoformat(str(text)) if text else None


def _after(said: Said, step: Step) -> Said:
    """What has been said once this step is added."""
    kind = step.kind
    if kind is StepKind.REOPENED:
        return Said(reopened=step, custody=said.custody)
    given: dict[str, Any] = {}
    if kind in _FIRST_WORDS and said.first is None:
        given["first"] = step
    if kind in _CASE_STAGES:
        given |= {"stage": step, "done": step if kind in _DONE else None}
        if said.done is not None and kind not in _DONE:  # it was not over after all, and who was there goes again
            given["responders"] = {}
    if kind in PROGRESS:
        given["responders"] = {**said.responders, step.by: _responder(said.responders.get(step.by), step)}
    match kind:
        case StepKind.VERIFIED:
            given["verified"] = step
        case StepKind.DISPATCHED:
            given["sent"] = (*said.sent, step)
        case StepKind.FALSE_ALARM:
            given["false_alarm"] = step
        case StepKind.CLOSED:
            given["closed"] = step
        case StepKind.DISSUADED if step.detail.get("outcome") != "agreed":
            given["failed"] = said.failed or step
        case StepKind.NOTICE_GIVEN:
            given["notice"] = step
        case StepKind.REPORTED:
            given["reported"] = step
        case StepKind.REMINDED:
            given["reminders"] = (*said.reminders, step)
        case StepKind.MOVED:
            given["custody"] = (*said.custody, Custody(len(said.custody) + 1, step))
        case StepKind.CLAIMED | StepKind.HANDED_OVER:
            given["custody"] = tuple(_told(one, step) for one in said.custody)
    return replace(said, **given)


def _responder(before: Responder | None, step: Step) -> Responder:
    return Responder(step.by, step.via, step.kind, step.at, before.since if before else step.at)


def _told(one: Custody, step: Step) -> Custody:
    """The thing, after a step that may be about it."""
    if step.detail.get("item") != one.item:
        return one
    return replace(one, claimed=step) if step.kind is StepKind.CLAIMED else replace(one, handed_over=step)


def _stage(alert: Alert, kind: TrackKind, said: Said) -> Stage:
    if said.false_alarm is not None:
        return Stage.FALSE_ALARM
    if said.closed is not None:
        return Stage.CLOSED
    if alert.fired_at is None and alert.notice:
        return Stage.LOGGED
    untouched = said.first is None
    gone = not alert.open
    if gone and (kind is TrackKind.FAULT or (untouched and (kind is TrackKind.CASE or alert.fired_at is None))):
        return Stage.CLEARED
    if kind is TrackKind.CASE:
        return _case_stage(alert, said)
    if alert.fired_at is None:
        return Stage.SUSPECTED
    if said.done is not None:
        return Stage.OUT
    if said.responders:
        return Stage.RESPONDING
    return Stage.FIRING if untouched else Stage.ACKNOWLEDGED


def _case_stage(alert: Alert, said: Said) -> Stage:
    if said.stage is not None:
        return _CASE_STAGES[said.stage.kind]
    if said.responders:
        return Stage.RESPONDING
    return Stage.SUSPECTED if alert.fired_at is None else Stage.FIRING
