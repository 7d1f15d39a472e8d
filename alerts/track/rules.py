"""Which step may follow: a decision with its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from alerts.alert import Alert
from alerts.track.fold import Stage, Track, counting, deadline_of, projected, track
from alerts.track.proof import lacks_proof
from alerts.track.step import PROGRESS, REMARKS, STEPS_OF, UNDO_S, UNDOABLE, Step, StepKind, TrackKind
from vision.rule import Severity

K = StepKind

_AT_THE_PLACE = frozenset({K.THERE, K.DEALT_WITH})
_CUSTODY = frozenset({K.CLAIMED, K.HANDED_OVER})
_ENFORCED = frozenset({K.DISSUADED, K.REMINDED, K.NOTICE_GIVEN, K.MOVED, K.REPORTED, K.INSPECTED})
REASONS = {
    "other_track": "this step is not of this kind of alert",
    "judged_false": "it has been judged a false alarm; reopen it first",
    "closed": "it is closed; reopen it first",
    "not_over": "it is not over, so there is nothing to reopen",
    "never_confirmed": "it was never confirmed and has gone; there is nothing to judge",
    # A verdict now would also silence the confirmation that may come in a second.
    "fire_suspected": "a fire that is only suspected cannot be judged false; it is confirmed or gone in seconds",
    "suspected": "it is only suspected so far; there is nothing to do yet",
    "not_there": "a fire is called false by whoever is there, or may judge; say first that you are there",
    "raised": "people are called for it; if nothing burns, say that it is a false alarm",
    "already_over": "it has been dealt with already",
    "not_verified": "nobody has verified it yet",
    "no_notice": "no notice with a deadline has been given yet",
    "deadline": "the deadline of the notice has not passed; say why it is moved before",
    "still_seen": "the camera still sees it, or cannot look; say why it is over all the same",
    "not_out": "nobody has said yet that it is out",
    "not_seen_to": "nobody has acknowledged it yet",
    "not_inspected": "nobody has looked yet whether the place is clear",
    "no_proof": "show that the place is clear, by the camera's picture, or say why there is none",
    "no_picture": "the camera shows no picture now; say why there is none",
    "photo_gone": "there is no such photo of the case from since people were called",
    "no_item": "no such thing is in store",
    "handed_over": "it has been handed over already",
    "too_late": "it is too late to take it back, or somebody has said something else since",
}
"""Code of a refusal → one line of words; the console has them in both languages."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a step is not taken. code: names the reason; reason: one line of words."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that is taken, and the alert as it is after it."""

    step: Step
    alert: Alert


@dataclass(frozen=True, slots=True)
class Choice:
    """A step that may come next. needs_reason: only with a reason, as something speaks against it. needs_proof: only
    with a picture of the clear place, or a word why there is none (`alerts.track.proof`)."""

    kind: StepKind
    needs_reason: bool = False
    needs_proof: bool = False


def take(
    alert: Alert,
    steps: Sequence[Step],
    kind: StepKind,
    *,
    by: str,
    via: str,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
    account: str = "",
) -> Taken | Refusal | None:
    """The step and what it makes of the alert; a refusal; or None where it says nothing new: the first word counts.

    steps: all of the alert, in order. detail: as `alerts.track.detail` lets it pass.
    """
    now, given = track(alert, steps), dict(detail or {})
    if said_before(now, kind, by):
        return None
    if refusal := refuse(alert, now, kind, given, at, (by, account)):
        return refusal
    if kind is K.UNDONE:
        given |= _taken_back(now, given)
    burns = kind is K.ACKNOWLEDGED and alert.suspected_fire
    if burns:
        given["confirmed"] = True
    at = max(at, steps[-1].at) if steps else at
    step = Step(alert.id, now.next_seq, at, by, via, kind, given, alert.returns, account)
    if burns:  # a person has seen it: it is raised as the camera would have
        alert = replace(alert, fired_at=max(at, alert.started_at))
    after = track(alert, (*steps, step))
    return Taken(step, replace(projected(alert, after.said), version=alert.version + 1))


def said_before(now: Track, kind: StepKind, by: str) -> bool:
    """Whether the step would add nothing, as it or more has been said: a second tap, a late or replayed answer."""
    said = now.said
    match kind:
        case K.ACKNOWLEDGED:
            return said.first is not None and kind in STEPS_OF[now.kind]
        case K.VERIFIED:
            return said.verified is not None
        case K.FALSE_ALARM:
            return said.false_alarm is not None
        case K.CLOSED:
            return said.closed is not None
        case K.INSPECTED:
            return now.stage is Stage.INSPECTED
        case K.DEALT_WITH:
            return said.done is not None
        case _ if kind in PROGRESS and by in said.responders:
            came = PROGRESS.index(said.responders[by].progress)
            return PROGRESS.index(kind) <= came
    return False


def refuse(
    alert: Alert, now: Track, kind: StepKind, detail: Mapping[str, Any], at: datetime, who: tuple[str, str] = ("", "")
) -> Refusal | None:
    """Why a step that would say something new may not follow; None: it may. who: name and account."""
    code = _undo_code(alert, now, detail, who, at) if kind is K.UNDONE else _code(alert, now, kind, detail, at)
    return Refusal(code, REASONS[code]) if code else None


def choices(alert: Alert, now: Track, by: str, at: datetime) -> list[Choice]:
    """What this person may do next, in the order of `StepKind`."""
    found = []
    for kind in StepKind:
        if said_before(now, kind, by):
            continue
        items = [one.item for one in now.said.custody if one.handed_over is None] if kind in _CUSTODY else [0]
        tries: tuple[dict[str, str], ...] = ({}, {"reason": "x"}, {"unproven": "x"}, {"reason": "x", "unproven": "x"})
        for more in tries:
            if any(refuse(alert, now, kind, {"item": item, **more}, at) is None for item in items):
                found.append(Choice(kind, "reason" in more, "unproven" in more))
                break
    return found


def may_call_false(alert: Alert, now: Track, name: str) -> bool:
    """Whether whoever goes there may say that it was nothing: of a fire, which ends all calls, once they are there.
    Whoever may judge may, from wherever they look."""
    mine = now.said.responders.get(name)
    return alert.severity is not Severity.FIRE or (mine is not None and mine.progress in _AT_THE_PLACE)


def _code(alert: Alert, now: Track, kind: StepKind, detail: Mapping[str, Any], at: datetime) -> str:
    if kind not in STEPS_OF[now.kind]:
        return "other_track"
    if kind in REMARKS:
        return ""
    if kind in _CUSTODY:
        return _custody_code(now, kind, detail)
    if kind is K.REOPENED:
        return "" if now.over or now.stage is Stage.FALSE_ALARM else "not_over"
    if now.said.false_alarm is not None:
        return "judged_false"
    if now.said.closed is not None:
        return "closed"
    if kind is K.FALSE_ALARM:
        return _false_code(alert)
    if alert.fired_at is None:
        return "" if kind is K.ACKNOWLEDGED and alert.suspected_fire else "suspected"
    if kind is K.CLOSED:
        return _closing_code(alert, now, detail)
    if kind in (*PROGRESS, K.DISPATCHED) and now.over:
        return "already_over"
    if kind is K.DISPATCHED and now.kind is TrackKind.CASE and now.said.verified is None:
        return "not_verified"
    return _case_code(alert, now, kind, detail, at) if kind in _ENFORCED else ""


def _undo_code(alert: Alert, now: Track, detail: Mapping[str, Any], who: tuple[str, str], at: datetime) -> str:
    """One's own last word is taken back, soon, and before the camera or anybody else has gone on from there."""
    said = [step for step in counting(now.steps) if step.kind not in REMARKS]
    last = said[-1] if said else None
    if last is None or last.seq != detail.get("seq") or (last.by, last.account) != who or last.kind not in UNDOABLE:
        return "too_late"
    if last.detail.get("confirmed"):
        return "raised"
    if last.returns != alert.returns or at - last.at > timedelta(seconds=UNDO_S):
        return "too_late"
    return ""


def _taken_back(now: Track, detail: Mapping[str, Any]) -> dict[str, Any]:
    """What the step said that is taken back: of a dispatch also who was sent, as they must hear of it."""
    undone = next(step for step in now.steps if step.seq == detail.get("seq"))
    sent = {name: undone.detail[name] for name in ("to", "tell") if name in undone.detail}
    return {"what": undone.kind.value, **sent}


def _false_code(alert: Alert) -> str:
    if alert.fired_at is not None:
        return ""
    if not alert.open:
        return "never_confirmed"
    return "fire_suspected" if alert.severity is Severity.FIRE else ""


def _custody_code(now: Track, kind: StepKind, detail: Mapping[str, Any]) -> str:
    one = next((one for one in now.said.custody if one.item == detail.get("item")), None)
    if one is None:
        return "no_item"
    return "handed_over" if one.handed_over is not None else ""


def _closing_code(alert: Alert, now: Track, detail: Mapping[str, Any]) -> str:
    """Nothing is closed by time alone: somebody says that it is over, and the camera agrees or a reason is given."""
    match now.kind:
        case TrackKind.INCIDENT if now.stage is not Stage.OUT:
            return "not_out"
        case TrackKind.FAULT if now.said.first is None:
            return "not_seen_to"
        case TrackKind.CASE if now.stage is Stage.INSPECTED:
            return ""
        case TrackKind.CASE if now.said.verified is None and now.said.done is None:
            return "not_verified"
        case TrackKind.CASE if alert.open:
            return "not_inspected"
        case TrackKind.CASE:  # whoever closes it while the camera sees the place clear has looked with it
            return "no_proof" if lacks_proof(alert, detail) else ""
    return "still_seen" if alert.open and not detail.get("reason") else ""


def _case_code(alert: Alert, now: Track, kind: StepKind, detail: Mapping[str, Any], at: datetime) -> str:
    """What a case asks for before it goes on: a person's look, due notice, a clear place."""
    if now.said.verified is None and now.said.done is None:
        return "not_verified"
    if kind is K.INSPECTED:
        if alert.open and alert.camera and not detail.get("reason"):  # what people reported no camera sees
            return "still_seen"
        return "no_proof" if lacks_proof(alert, detail) else ""
    if kind is K.MOVED:
        deadline = deadline_of(now.said.notice)
        if deadline is None:
            return "no_notice"
        return "deadline" if at < deadline and not detail.get("reason") else ""
    return ""
