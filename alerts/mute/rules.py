"""Whether people are told of an alert now, and if not, why. Pure: everything comes as an argument, time included.

Muted is not lost: the alert is raised, stored and shown with the reason; only its notices are held back. Four things
hold them back, and the first that applies is named:

    shelved    a person said so, with a reason and an end, for a place, a camera, a hazard or one alert
    inhibited  something worse is going on at the same camera: it burns, or the camera is offline (violations only)
    quiet      the clock says so, by the settings (violations only)

The iron rule: a flame is held back by nothing but a person's word that names flames, has a reason and an end.
A drill holds nothing back: what begins within it is told as an exercise (CAP 1.2, status `Exercise`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from alerts.alert import Alert
from alerts.camera_watch import CAMERA
from alerts.config import Settings
from alerts.db.codec import time_text
from alerts.lifecycle import Change, ChangeKind
from alerts.mute.config import QuietConfig
from alerts.registry.registry import Registry
from alerts.wall_clock import Weekday, span
from vision.camera_health.trouble import Cause
from vision.rule import Severity

BEGINNINGS = frozenset({ChangeKind.FIRED, ChangeKind.REOPENED})
"""Changes of which is decided whether people are told."""


class SilenceKind(StrEnum):
    """What a person may start: a shelf holds notices back, a drill marks them."""

    SHELF = "shelf"
    DRILL = "drill"


class ScopeKind(StrEnum):
    """What a silence is about. The id of a place covers all that lies within it; `site` covers everything."""

    PLACE = "place"
    CAMERA = "camera"
    HAZARD = "hazard"
    CAMERA_HAZARD = "camera_hazard"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Scope:
    """value: a place's id, a camera's name, a hazard, `hazard@camera` or an alert's id."""

    kind: ScopeKind
    value: str

    @property
    def hazard_and_camera(self) -> tuple[str, str]:
        """Of one hazard at one camera."""
        hazard, _, camera = self.value.partition("@")
        return hazard, camera


@dataclass(frozen=True, slots=True)
class Silence:
    """A person's word. fire: it is about flames too. Times are aware UTC; what has ended is kept for the record.

    Raises ValueError without a person, a reason or an end.
    """

    id: str
    kind: SilenceKind
    scope: Scope
    reason: str
    by: str
    begun_at: datetime
    ends_at: datetime
    fire: bool = False
    ended_at: datetime | None = None
    ended_by: str = ""

    def __post_init__(self) -> None:
        if not self.by.strip():
            raise ValueError("a silence needs the name of a person")
        if not self.reason.strip():
            raise ValueError("a silence needs a reason")
        if self.ends_at <= self.begun_at:
            raise ValueError("a silence ends after it begins")

    def active(self, now: datetime) -> bool:
        """Begun, and ended neither by time nor by a person."""
        return self.begun_at <= now < self.ends_at and (self.ended_at is None or now < self.ended_at)


class MutedBy(StrEnum):
    """What holds a notice back."""

    SHELVED = "shelved"
    INHIBITED = "inhibited"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Muted:
    """Nobody is told now. reason: a person's words, the name of the quiet hours, or `flame` or `offline`.

    source: the id of the silence or of the alert that does it, "" for quiet hours. who: the person.
    until: when it ends by itself; None: with the alert that does it.
    """

    by: MutedBy
    reason: str
    source: str = ""
    who: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """People are told; drill: as an exercise, by this word of a person."""

    drill: Silence | None = None


Decision = Muted | Told


@dataclass(frozen=True)
class Situation:
    """What decisions of one moment are made with. Built by `situation`; ask it with `decide`."""

    now: datetime
    registry: Registry
    silences: tuple[Silence, ...] = ()
    quiet: tuple[tuple[QuietConfig, datetime], ...] = ()
    worse: Mapping[str, Alert] = field(default_factory=dict)


def situation(
    open_alerts: Iterable[Alert],
    silences: Iterable[Silence],
    settings: Settings,
    now: datetime,
    registry: Registry | None = None,
) -> Situation:
    """Of now (aware). open_alerts: of all cameras, camera troubles included. registry: of the settings, if built."""
    return Situation(
        now,
        registry or settings.registry(),
        tuple(silence for silence in silences if silence.active(now)),
        tuple(quiet_now(settings, now)),
        _worse(open_alerts),
    )


def decide(alert: Alert, now: Situation) -> Decision:
    """Whether people are told of it at this moment."""
    return _shelved(alert, now) or _inhibited(alert, now) or _quiet(alert, now) or Told(_drill(alert, now))


def quiet_now(settings: Settings, now: datetime) -> Iterator[tuple[QuietConfig, datetime]]:
    """The quiet hours of this moment, each with its end (UTC)."""
    zone = ZoneInfo(settings.site.time_zone)
    today = now.astimezone(zone).date()
    for hours in settings.muting.quiet:
        for day in (today - timedelta(days=1), today):
            begins, ends = span(day, hours.opens, hours.closes, zone)
            if begins <= now < ends and Weekday.of(day) in hours.days:
                yield hours, ends


def settled(change: Change, decision: Decision, now: datetime) -> Change:
    """A change that fires or reopens, with what was decided of it on its alert: the record says who was not told.

    Any other change is returned as it is: whoever was told that it began is told that it is over. What a person reopens
    after it has gone is told at once: nothing would tell of it later. So is what a person says burns.
    """
    if change.kind not in BEGINNINGS:
        return change
    if isinstance(decision, Muted) and (not change.alert.open or _says_it_burns(change)):
        decision = Told()
    return replace(change, alert=_marked(change.alert, decision, now))


def _says_it_burns(change: Change) -> bool:
    return change.kind is ChangeKind.FIRED and change.step is not None


def reviewed(alert: Alert, decision: Decision, now: datetime) -> Change | None:
    """What is due of an alert now that this was decided of it. None: nothing.

    What was held back, or told as an exercise, is told as if it fired now, once that no longer holds; what people are
    being called for is paused when somebody shelves it or its quiet hours begin. Something worse at the same camera
    pauses nothing: a camera that comes and goes would call people anew each time.
    """
    if not waits(alert):
        return None
    marked = _marked(alert, decision, now)
    if isinstance(decision, Told):
        due = alert.held or alert.paused or (alert.exercise and not marked.exercise)
        return Change(ChangeKind.FIRED, replace(marked, version=alert.version + 1)) if due else None
    if alert.held or alert.paused or decision.by is MutedBy.INHIBITED or alert.fired_at is None:
        return None
    paused = {**(marked.muted or {}), "told_at": time_text(alert.fired_at), "paused": True}
    return Change(ChangeKind.MUTED, replace(alert, muted=paused, version=alert.version + 1))


def waits(alert: Alert) -> bool:
    """Whether it is there and nobody has said a word, or it is a fire of which nobody was told and nobody says it is
    out: an acknowledgement is no end, and a held fire is never called anew by itself."""
    silent = not alert.acknowledged_at or (
        alert.held and alert.severity is Severity.FIRE and alert.dealt_with_at is None
    )
    return alert.open and alert.fired_at is not None and silent and not alert.false_alarm_at


def muted_out(muted: Muted) -> dict[str, Any]:
    """As plain JSON values."""
    until = time_text(muted.until) if muted.until else None
    return {"by": muted.by.value, "reason": muted.reason, "source": muted.source, "who": muted.who, "until": until}


def _marked(alert: Alert, decision: Decision, now: datetime) -> Alert:
    match decision:
        case Muted():
            return replace(alert, muted={**muted_out(decision), "since": time_text(now), "told_at": None})
        case Told(drill):
            told = alert.muted
            if told is not None and (alert.held or alert.paused):
                told = {**told, "told_at": time_text(now), "paused": False}
            return replace(alert, muted=told, exercise=drill is not None or alert.drilled)


def _worse(open_alerts: Iterable[Alert]) -> dict[str, Alert]:
    """Camera → what goes on there that violations have to stand back for; a flame before an offline camera."""
    found: dict[str, Alert] = {}
    for alert in open_alerts:
        if not alert.open or alert.fired_at is None or alert.false_alarm_at is not None or alert.drilled:
            continue
        burns = alert.severity is Severity.FIRE
        if burns or (_is_offline(alert) and alert.camera not in found):
            found[alert.camera] = alert
    return found


def _is_offline(alert: Alert) -> bool:
    return alert.hazard == CAMERA and alert.evidence.get("cause") == Cause.OFFLINE


def _shelved(alert: Alert, now: Situation) -> Muted | None:
    ours = [one for one in now.silences if one.kind is SilenceKind.SHELF and _is_about(one, alert, now)]
    if alert.severity is Severity.FIRE:
        ours = [one for one in ours if one.fire]
    longest = max(ours, key=lambda one: (one.ends_at, one.id), default=None)
    if longest is None:
        return None
    return Muted(MutedBy.SHELVED, longest.reason, longest.id, longest.by, longest.ends_at)


def _inhibited(alert: Alert, now: Situation) -> Muted | None:
    worse = now.worse.get(alert.camera)
    if alert.severity is not Severity.VIOLATION or worse is None:
        return None
    return Muted(MutedBy.INHIBITED, "flame" if worse.severity is Severity.FIRE else "offline", worse.id)


def _quiet(alert: Alert, now: Situation) -> Muted | None:
    if alert.severity is not Severity.VIOLATION:
        return None
    place = now.registry.where(alert.place_id, alert.camera).id
    ours = [
        (ends, hours)
        for hours, ends in now.quiet
        if (not hours.hazards or alert.hazard in hours.hazards)
        and (not hours.places or any(now.registry.covers(outer, place) for outer in hours.places))
    ]
    if not ours:
        return None
    ends, hours = max(ours, key=lambda one: one[0])
    return Muted(MutedBy.QUIET, hours.name, until=ends)


def _drill(alert: Alert, now: Situation) -> Silence | None:
    """What was there before the drill began is no part of it."""
    drills = (one for one in now.silences if one.kind is SilenceKind.DRILL and alert.started_at >= one.begun_at)
    return next((one for one in drills if _is_about(one, alert, now)), None)


def _is_about(silence: Silence, alert: Alert, now: Situation) -> bool:
    value = silence.scope.value
    match silence.scope.kind:
        case ScopeKind.PLACE:
            return now.registry.covers(value, now.registry.where(alert.place_id, alert.camera).id)
        case ScopeKind.CAMERA:
            return alert.camera == value
        case ScopeKind.HAZARD:
            return alert.hazard == value
        case ScopeKind.CAMERA_HAZARD:
            return (alert.hazard, alert.camera) == silence.scope.hazard_and_camera
        case ScopeKind.ALERT:
            return alert.id == value
