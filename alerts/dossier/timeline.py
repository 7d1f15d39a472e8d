"""Everything that was done about an alert, by the camera, the program and people, in one order. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from alerts.alert import Alert
from alerts.db.codec import time_text
from alerts.db.rows import Delivery
from alerts.dossier.gather import Dossier
from alerts.lifecycle import ChangeKind
from alerts.mute.rules import Silence
from alerts.record.chain import Record
from alerts.record.records import SEALING, Kind
from alerts.track.step import REMARKS, Step
from vision.rule import Severity


class Source(StrEnum):
    """Where an event comes from; the page has a group of words for the kinds of each."""

    LIFE = "life"
    STEP = "step"
    NOTICE = "notice"
    SILENCE = "silence"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class Event:
    """at: aware UTC. by: a person, "" for one without a name, "system" for the program. via: the door.

    kind: of LIFE `began`, `fired`, `reopened`, `resolved`, of a fire `unseen`; of STEP a `StepKind`; of NOTICE a
    `Delivery.state`; of both `flickered` (`folded`); of SILENCE `shelf`, `drill`, `shelf_ended`, `drill_ended`; of
    RECORD a `Kind`. detail: plain JSON values.
    """

    at: datetime
    source: Source
    kind: str
    by: str = "system"
    via: str = "watch"
    detail: Mapping[str, Any] = field(default_factory=dict)

    def out(self) -> dict[str, Any]:
        """As the page gets it."""
        said = {"source": self.source, "kind": self.kind, "by": self.by, "via": self.via, "detail": dict(self.detail)}
        return {"at": time_text(self.at), **said}


_LIFE = (Kind.FIRED, Kind.REOPENED, Kind.RESOLVED)
UNSEEN = "unseen"
"""What a fire is, and is told to be, that its camera has lost from sight: it has not recovered."""
FLICKERED = "flickered"
_FLICKERS = frozenset({UNSEEN, Kind.REOPENED.value})
MOST_FLICKERS = 20
"""More of a fire's losses from sight and returns, or notices of them, are folded where people read."""


def timeline(dossier: Dossier, now: datetime) -> list[Event]:
    """The oldest first. now: what has not ended by then is told without an end."""
    events = [
        *_life(dossier.alert, dossier.records),
        *map(_step, dossier.track.steps),
        *(event for one in dossier.silences for event in _silence(one, now)),
        *(_record(one) for one in dossier.records if one.kind not in SEALING),
        *(_notice(one, dossier) for one in dossier.deliveries or ()),
    ]
    return sorted(events, key=lambda event: event.at)


def folded(events: Sequence[Event]) -> list[Event]:
    """For people to read: of a fire that was often lost from sight and seen again one line says how often and until
    when, and another who was told; the acts of people stand alone. Nothing is left out of what is exported as data."""
    life = [one for one in events if one.source is Source.LIFE and one.kind in _FLICKERS]
    told = [one for one in events if one.source is Source.NOTICE and one.detail["told"] in _FLICKERS]
    gone: set[int] = set()
    for passing in (life, told):
        if len(passing) > MOST_FLICKERS:
            gone |= {id(one) for one in passing}
    kept = [one for one in events if id(one) not in gone]
    if len(life) > MOST_FLICKERS:
        kept.append(Event(life[0].at, Source.LIFE, FLICKERED, detail=_often(life, [one.kind for one in life])))
    if len(told) > MOST_FLICKERS:
        people = dict.fromkeys(one.detail["person"].lstrip("#") or one.detail["channel"] for one in told)
        said = {"id": "", "told": FLICKERED, "channel": "", "person": "", "reason": "", "error": "", "attempts": 0}
        detail = {**said, **_often(told, [one.detail["told"] for one in told]), "people": list(people)}
        kept.append(Event(told[0].at, Source.NOTICE, FLICKERED, detail=detail))
    return sorted(kept, key=lambda event: event.at)


def _often(passing: Sequence[Event], kinds: Sequence[str]) -> dict[str, Any]:
    """Of what is folded: how often it was lost from sight, in how many lines, until when, and how it was last."""
    return {"times": kinds.count(UNSEEN), "lines": len(passing), "until": time_text(passing[-1].at), "last": kinds[-1]}


def _life(alert: Alert, records: Sequence[Record]) -> Iterator[Event]:
    """What the camera saw. The record knows each return; of an alert from before the record, or one that only was
    suspected, the alert itself says the last of each. When it was first raised the alert says: the record is a moment
    later, or as much later as the database was away."""
    yield Event(alert.started_at, Source.LIFE, "began")
    told = [one for one in records if one.kind in _LIFE]
    raised = next((one for one in told if one.kind == Kind.FIRED), None)
    for one in told:
        begun = alert.fired_at if one is raised else None
        yield Event(begun or one.at, Source.LIFE, _seen(one.kind, alert))
    known = {one.kind for one in told}
    last = ((Kind.FIRED, alert.fired_at), (Kind.REOPENED, alert.reopened_at), (Kind.RESOLVED, alert.resolved_at))
    for kind, at in last:
        if at is not None and kind not in known:
            yield Event(at, Source.LIFE, _seen(kind, alert))


def _seen(kind: str, alert: Alert) -> str:
    """That its camera no longer sees a fire is never that it has recovered."""
    return UNSEEN if kind == Kind.RESOLVED and alert.severity is Severity.FIRE and not alert.drilled else kind


def _step(step: Step) -> Event:
    return Event(step.at, Source.STEP, step.kind, step.by, step.via, step.detail)


def _silence(silence: Silence, now: datetime) -> Iterator[Event]:
    said = {"scope_kind": silence.scope.kind, "scope": silence.scope.value, "reason": silence.reason}
    detail = {**said, "fire": silence.fire, "ends_at": time_text(silence.ends_at)}
    yield Event(silence.begun_at, Source.SILENCE, silence.kind, silence.by, "console", detail)
    ended = silence.ended_at or silence.ends_at
    if ended <= now:
        by = silence.ended_by if silence.ended_at else "system"
        yield Event(ended, Source.SILENCE, f"{silence.kind}_ended", by, "console", said)


def _record(record: Record) -> Event:
    told = ("reason", "clear", "language", "ends_at")
    detail = {name: record.detail[name] for name in told if name in record.detail}
    return Event(record.at, Source.RECORD, record.kind, record.by, record.via, detail)


def _notice(one: Delivery, dossier: Dossier) -> Event:
    at = one.delivered_at or one.dead_at or one.superseded_at or one.created_at
    who = dossier.names.get(one.person, one.person)
    said = {
        "id": one.id,
        "told": _seen(one.kind, dossier.alert),
        "channel": one.channel,
        "person": who,
        "reason": one.reason,
    }
    error = one.superseded_reason if one.state == "superseded" else one.last_error
    detail: dict[str, Any] = {**said, "attempts": one.attempts, "error": error}
    answer = answered(one, dossier.track.steps, who)
    if answer is not None:
        detail["answer"] = {"kind": answer.kind, "at": time_text(answer.at), "by": answer.by}
    return Event(at, Source.NOTICE, one.state, detail=detail)


ASKING = frozenset({Kind.FIRED.value, Kind.REOPENED.value, ChangeKind.DISPATCHED.value})
"""Kinds of notices that call somebody; the others only tell."""


def answered(delivery: Delivery, steps: Sequence[Step], name: str) -> Step | None:
    """The first thing that was said since by whoever was told: by the notice's own channel, or by somebody of this
    name at the console. name: of the person, an empty one or one with # for whoever reads the channel."""
    if delivery.delivered_at is None or delivery.kind not in ASKING:
        return None
    named = bool(name) and not name.startswith("#")
    said = (one for one in steps if one.at >= delivery.created_at and one.kind not in REMARKS)
    return next((one for one in said if (one.by == name if named else one.via == delivery.channel)), None)
