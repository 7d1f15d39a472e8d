"""Findings → alerts. No I/O; the time comes with the look, so that live, audit and tests run the same code.

One alert for each fingerprint (camera, hazard, zone, key) while the hazard lasts:

    suspected ─► opened (pending) ─► fired ─► resolved ─► (comes back soon) reopened
                                     fired ─► (people say it is out, and it burns on) reopened
    confirmed at first sight ───────► fired
    notice (only logged) ─► opened (logged) ─► resolved; or ─► opened (pending), fired, as the same alert

What "gone" means: an alert resolves after the camera **has been looked at** for the hazard's `clear_s` without the
finding. Time in which nobody looked does not count, so a dead camera resolves nothing. Only the monotonic stamps of
the looks are used for it: a step of the wall clock neither resolves nor holds an alert. A rule that has begun anew, as
the program, its analyzer or its camera was started again, first has to look for as long as it takes to know a thing
(`HazardParams.anew_s`). A mere suspicion ends, too, where nobody looks any more (`Lifecycle.unwatched`): nobody could
say that it has gone.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from alerts.alert import Alert, fingerprint
from alerts.db.codec import plain
from alerts.trace import Trace
from alerts.track.step import Step
from alerts.unended import Unended, same_fire
from vision.geometry import Box
from vision.look import Look
from vision.rule import Finding, Severity

DEFAULT_CLEAR_S = 10.0
"""For a hazard that `clear_s` does not name: the default of `vision.rule.HazardParams`."""

UPDATE_S = 5.0
"""A camera's open alerts report a newer peak or last sight at most this often, seconds of look time."""

BURNS_ON_S = 60.0
"""A fire that is seen for so long after people were done with it is believed, not they: seconds of look time."""

LOOK_SPAN_S = 5.0
"""A look speaks for at most this long before it, seconds, and for at most half of `clear_s`: two looks at least."""

REOPEN_LEAST_S = 30.0
"""The shortest time after a resolution within which the same incident is reopened, seconds; else 2 × `clear_s`."""

UNWATCHED_S = 60.0
"""A camera that has given no look for so long says nothing of a suspicion any more, which ends; seconds."""

UNWATCHED_FIRE_S = 600.0
"""The same of a fire that is suspected: it may have burnt the camera's cable, and an operator can still say so."""

MAX_OPEN = 200
"""Most open alerts of one camera and severity; more are refused and counted."""

MAX_RECENT = 1024
"""Most resolved alerts that are remembered so that they can be reopened; the oldest is forgotten first."""


_OURS = ("snapshot", "clip", "film", "photos", "trace")
"""Evidence that is kept here, not given by a rule."""


class ChangeKind(StrEnum):
    """What happened to an alert. stepped: a person did something that none of the others says. muted: people were
    called, and are not any more for now (`alerts.mute.rules`). dispatched, recalled: kinds of notices alone:
    somebody is sent there, or was and is not any more; the change is a step."""

    OPENED = "opened"
    FIRED = "fired"
    UPDATED = "updated"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    ACKNOWLEDGED = "acknowledged"
    FALSE_ALARM = "false_alarm"
    STEPPED = "stepped"
    MUTED = "muted"
    DISPATCHED = "dispatched"
    RECALLED = "recalled"


OF_THE_CAMERA = frozenset({ChangeKind.UPDATED, ChangeKind.RESOLVED, ChangeKind.REOPENED, ChangeKind.MUTED})


@dataclass(frozen=True, slots=True)
class Change:
    """One change in the life of an alert. alert: as it is after it; its version is one more than before.

    step: what a person did, where that was the change. away_s: of a fire that goes on where it was lost from sight, for
    how long it was not seen, seconds; None: of all else, also where people are called anew.
    """

    kind: ChangeKind
    alert: Alert
    step: Step | None = None
    away_s: float | None = None

    @property
    def has_to_be_seen(self) -> bool:
        """Whether who acts on the alert has to have seen it: that it fired, and what other people did. A flame that is
        lost from sight and seen again every half minute goes on under people's hands, and refuses nobody's word.
        """
        return self.step is not None or self.kind not in OF_THE_CAMERA


@dataclass(slots=True)
class _Open:
    """An open alert. alert: as last told; seen: what has been learnt since; unseen_s: looked at in vain, seconds.

    trace: of every look that showed the hazard. seen_on_s: seen since people were done with it, seconds. awaited: told
    of by rules that have ended, and not seen by those after them; learning: nor found true by them yet.
    """

    alert: Alert
    trace: Trace
    seen: dict[str, Any] = field(default_factory=dict)
    unseen_s: float = 0.0
    seen_on_s: float = 0.0
    awaited: bool = False
    learning: bool = False


@dataclass(slots=True)
class _Recent:
    """A resolved alert. resolved_s: the look's monotonic time of it; None if that was in an earlier run."""

    alert: Alert
    resolved_s: float | None


class Lifecycle:
    """Keeps the open alerts and those resolved a short while ago. Bounded. Not thread-safe.

    alerts: what an earlier run left: open ones, and those that resolved shortly before it ended.
    clear_s: hazard → seconds; anew_s: the same, of `HazardParams.anew_s`; none: 0. place_of: camera → place in human
    words (none: the camera's name); place_id_of: camera → id of its registered place, if it has one. Both may be
    replaced.
    new_id: an id for an alert that begins at that time; ids must differ and sort by creation.
    people_end: whether people end fires. Then one that was lost from sight is that fire when one is seen there again
    within `unended.SAME_FIRE_S`, until they have; else it is another one after a while, as in a recording.
    """

    def __init__(
        self,
        alerts: Iterable[Alert] = (),
        *,
        clear_s: Mapping[str, float],
        anew_s: Mapping[str, float] | None = None,
        new_id: Callable[[datetime], str],
        place_of: Mapping[str, str],
        place_id_of: Mapping[str, str] | None = None,
        people_end: bool = False,
    ) -> None:
        self._people_end = people_end
        self._clear_s = dict(clear_s)
        self._anew_s = dict(anew_s or {})
        self._new_id = new_id
        self.place_of = place_of
        self.place_id_of = place_id_of or {}
        self._open: dict[str, dict[str, _Open]] = {}
        self._recent: OrderedDict[str, _Recent] = OrderedDict()
        self._unended = Unended(self._clear_s if people_end else ())
        self._looked_s: dict[str, float] = {}
        self._rules_since_s: dict[str, float] = {}
        self._idle: dict[str, tuple[float | None, float]] = {}  # camera → its last look, and since when it is the last
        self._updated_s: dict[str, float] = {}
        self.refused = 0
        for alert in sorted(alerts, key=lambda one: one.id):
            if alert.open:
                ours = self._open.setdefault(alert.camera, {})
                ours[alert.fingerprint] = _Open(alert, _trace_of(alert), awaited=True, learning=True)
            elif alert.fired_at is not None or alert.false_alarm_at is not None:
                self._remember(alert, None)
                self._unended.take(alert)

    def observe(self, look: Look) -> list[Change]:
        """What this look changes, in order. Looks of one camera must come in the order of their `monotonic_s`."""
        passed_s = max(0.0, look.monotonic_s - self._looked_s.get(look.camera, look.monotonic_s))
        self._looked_s[look.camera] = look.monotonic_s
        changes: list[Change] = []
        if self._begun_anew(look):
            for held in self._open.get(look.camera, {}).values():
                held.unseen_s, held.awaited, held.learning = 0.0, True, True
        self._forget(look)
        found = _best_by_fingerprint(look)
        for name, finding in found.items():
            others = found.keys() - {name}
            changes += self._settled_suspicion(look, name, finding, others)
            change = self._found(look, name, finding, others, passed_s)
            if change is not None:
                changes.append(change)
        changes += self._missed(look, found.keys(), passed_s)
        changes += self._updates(look)
        return changes

    def unwatched(self, at: datetime, now_s: float) -> list[Change]:
        """Ends suspicions of cameras that give no looks any more: gone, offline, or since the start. What people were
        told of stays. To be asked about once a second. at: now. now_s: monotonic, by one clock, whichever it is."""
        last = {camera: self._looked_s.get(camera) for camera in self._open}
        known = {camera: self._idle.get(camera, (None, now_s)) for camera in last}
        self._idle = {
            camera: known[camera] if known[camera][0] == looked else (looked, now_s) for camera, looked in last.items()
        }
        changes: list[Change] = []
        for camera, (_, since_s) in [*self._idle.items()]:
            ours = self._open[camera]
            for name in [name for name, held in ours.items() if _is_unwatched(held.alert, now_s - since_s)]:
                held = ours.pop(name)
                held.seen["resolved_at"] = max(at, held.seen.get("seen_at", held.alert.seen_at))
                changes.append(_tell(held, ChangeKind.RESOLVED))
            if not ours:
                del self._open[camera]
        return changes

    def flush(self) -> list[Change]:
        """All that was learnt and not yet told, whatever the time: for the end of a recording."""
        held = (one for ours in self._open.values() for one in ours.values() if one.seen)
        return [_tell(one, ChangeKind.UPDATED, traced=True) for one in held]

    def adopt(self, alert: Alert) -> None:
        """Take over an alert that a person has changed; one that is no longer known here is ignored."""
        held = self._open.get(alert.camera, {}).get(alert.fingerprint)
        if held is not None and held.alert.id == alert.id:
            held.alert = alert
            return
        self._unended.take(alert)
        recent = self._recent.get(alert.fingerprint)
        if recent is not None and recent.alert.id == alert.id:
            recent.alert = alert

    def find(self, alert_id: str) -> Alert | None:
        """An alert that is kept here, as last told."""
        return next((alert for alert in self._all() if alert.id == alert_id), None)

    def open_alerts(self) -> list[Alert]:
        """The open ones, as last told, oldest first."""
        return sorted((held.alert for ours in self._open.values() for held in ours.values()), key=lambda one: one.id)

    @property
    def alerts(self) -> list[Alert]:
        """The open ones with all that the looks have shown so far, told or not; oldest first."""
        held = (one for ours in self._open.values() for one in ours.values())
        return sorted((replace(one.alert, **one.seen) for one in held), key=lambda alert: alert.id)

    def _begun_anew(self, look: Look) -> bool:
        """Whether its rules are others than those of the look before."""
        before = self._rules_since_s.setdefault(look.camera, look.rules_since_s)
        self._rules_since_s[look.camera] = look.rules_since_s
        return before != look.rules_since_s

    def _all(self) -> Iterator[Alert]:
        for ours in self._open.values():
            yield from (held.alert for held in ours.values())
        yield from (recent.alert for recent in self._recent.values())
        yield from self._unended

    def _found(
        self, look: Look, name: str, finding: Finding, others: Collection[str], passed_s: float
    ) -> Change | None:
        held = self._open.get(look.camera, {}).get(name)
        if held is None:
            return self._appeared(look, name, finding, others, passed_s)
        held.unseen_s, held.awaited = 0.0, False
        held.learning &= not finding.confirmed
        _learn(held, look, finding)
        if _burns_on(held, finding, passed_s):
            held.seen.update(_back(held.alert, look.at))
            return _tell(held, ChangeKind.REOPENED)
        silenced = held.alert.fired_at is not None or held.alert.false_alarm_at is not None
        if silenced or not finding.confirmed:
            return self._weighed_anew(held, finding)
        held.seen["notice"] = ""
        held.seen["fired_at"] = max(look.at, held.alert.started_at)
        held.seen["evidence"] = plain(finding.evidence)  # why it fired; it stays so, however high the peak
        held.seen["box"] = _box(finding)  # what its picture shows: a suspicion may have been of more, or of less
        return _tell(held, ChangeKind.FIRED)

    def _weighed_anew(self, held: _Open, finding: Finding) -> Change | None:
        """What was only logged is suspected now, or the other way round: told at once, for the operator."""
        if held.alert.fired_at is not None or finding.notice == held.seen.get("notice", held.alert.notice):
            return None
        held.seen["notice"] = finding.notice
        held.seen["evidence"] = plain(finding.evidence)
        suspected = held.alert.notice and not finding.notice and held.alert.false_alarm_at is None
        return _tell(held, ChangeKind.OPENED if suspected else ChangeKind.UPDATED)

    def _appeared(
        self, look: Look, name: str, finding: Finding, others: Collection[str], passed_s: float
    ) -> Change | None:
        """A finding without an open alert of that name: the return of a recent one, a fire under another name, or a
        new one."""
        recent = self._recent.get(name)
        soon = recent is not None and self._soon_after(recent, look)
        known = recent.alert if recent is not None and soon else self._same_fire(look, finding, others)
        if known is not None and (finding.confirmed or soon or known.open):
            if not finding.confirmed and known.false_alarm_at is None:
                return None  # a mere suspicion does not call people back, and must not become a second alert
            if known.open:
                ours = self._open[look.camera]
                held = ours[name] = ours.pop(known.fingerprint)
                held.alert = replace(held.alert, fingerprint=name)
                return self._found(look, name, finding, others, passed_s)
            return self._returned(known, look, name, finding)
        self._recent.pop(name, None)
        if not self._has_room(look.camera, finding):
            self.refused += 1
            return None
        alert = self._new_alert(look, name, finding)
        self._open.setdefault(look.camera, {})[name] = _Open(alert, _trace_of(alert))
        return Change(ChangeKind.OPENED if alert.fired_at is None else ChangeKind.FIRED, alert)

    def _settled_suspicion(self, look: Look, name: str, finding: Finding, others: Collection[str]) -> Iterator[Change]:
        """A suspicion that turns out to be a fire which was lost from sight there ends; that fire is seen again."""
        held = self._open.get(look.camera, {}).get(name)
        if held is None or not (finding.confirmed and _is_suspicion(held.alert)):
            return
        if self._same_fire(look, finding, others) is not None:
            held.seen["resolved_at"] = max(look.at, held.alert.seen_at)
            del self._open[look.camera][name]
            yield _tell(held, ChangeKind.RESOLVED)

    def _returned(self, alert: Alert, look: Look, name: str, finding: Finding) -> Change:
        """A resolved alert is seen again."""
        self._recent.pop(alert.fingerprint, None)
        self._unended.let_go(alert)
        held = _Open(alert, _trace_of(alert))
        _learn(held, look, finding)
        held.seen.update(resolved_at=None, evidence=plain(finding.evidence), fingerprint=name)
        self._open.setdefault(look.camera, {})[name] = held
        if alert.false_alarm_at is not None:
            return _tell(held, ChangeKind.UPDATED)
        back = _back(alert, look.at)
        held.seen.update(back)
        away_s = None
        if alert.severity is Severity.FIRE and "reopened_at" not in back:
            away_s = max(0.0, (look.at - alert.seen_at).total_seconds())
        return replace(_tell(held, ChangeKind.REOPENED), away_s=away_s)

    def _same_fire(self, look: Look, finding: Finding, others: Collection[str]) -> Alert | None:
        """The fire that people have not ended and that this is, though it goes by another name."""
        if not self._people_end:
            return None
        ours = (held.alert for held in self._open.get(look.camera, {}).values() if held.awaited)
        lost = (alert for alert in self._unended if alert.camera == look.camera)
        return same_fire((*ours, *lost), finding, others, look.at)

    def _has_room(self, camera: str, finding: Finding) -> bool:
        ours = self._open.get(camera, {})
        return len(ours) < MAX_OPEN or sum(one.alert.severity == finding.severity for one in ours.values()) < MAX_OPEN

    def _new_alert(self, look: Look, name: str, finding: Finding) -> Alert:
        started_at = min(finding.since_at, look.at)
        trace = Trace()
        trace.add((look.at - started_at).total_seconds(), finding.confidence, finding.box)
        return Alert(
            id=self._new_id(look.at),
            fingerprint=name,
            camera=look.camera,
            place=self.place_of.get(look.camera) or look.camera,
            hazard=finding.hazard,
            severity=finding.severity,
            zone=finding.zone,
            zone_type=finding.zone_type,
            started_at=started_at,
            seen_at=look.at,
            confidence=float(finding.confidence),
            box=_box(finding),
            fired_at=look.at if finding.confirmed else None,
            evidence={**plain(finding.evidence), "trace": trace.points()},
            notice=finding.notice,
            place_id=self.place_id_of.get(look.camera),
        )

    def _soon_after(self, recent: _Recent, look: Look) -> bool:
        """Whether the incident is still the one that was resolved."""
        if recent.resolved_s is not None:
            return look.monotonic_s - recent.resolved_s <= self.reopen_s(recent.alert.hazard)
        resolved_at = recent.alert.resolved_at
        return resolved_at is not None and abs((look.at - resolved_at).total_seconds()) <= self.reopen_s(
            recent.alert.hazard
        )

    def reopen_s(self, hazard: str) -> float:
        """How long after its resolution an alert of this hazard can be reopened, seconds."""
        return max(REOPEN_LEAST_S, 2 * self._clear_s.get(hazard, DEFAULT_CLEAR_S))

    def _missed(self, look: Look, found: Iterable[str], passed_s: float) -> list[Change]:
        """The camera's alerts that this look does not show."""
        ours = self._open.get(look.camera, {})
        changes: list[Change] = []
        for name in [name for name in ours if name not in found]:
            held = ours[name]
            clear_s = self._clear_s.get(held.alert.hazard, DEFAULT_CLEAR_S)
            held.unseen_s += min(passed_s, LOOK_SPAN_S, clear_s / 2)
            if held.unseen_s + 1e-9 < clear_s + self._learning_s(held):
                continue
            held.seen["resolved_at"] = max(look.at, held.seen.get("seen_at", held.alert.seen_at))
            change = _tell(held, ChangeKind.RESOLVED)
            del ours[name]
            if change.alert.fired_at is not None or change.alert.false_alarm_at is not None:
                self._remember(change.alert, look.monotonic_s)
                self._unended.take(change.alert)
            changes.append(change)
        if not ours:
            self._open.pop(look.camera, None)
        return changes

    def _learning_s(self, held: _Open) -> float:
        """For how long a rule that has begun anew may not know yet what people were told of, seconds."""
        told = held.learning and held.alert.fired_at is not None
        return self._anew_s.get(held.alert.hazard, 0.0) if told else 0.0

    def _forget(self, look: Look) -> None:
        """Let go of what can no longer be reopened: it would be memory for nothing."""
        while self._recent:
            name, oldest = next(iter(self._recent.items()))
            if self._soon_after(oldest, look):
                return
            del self._recent[name]

    def _remember(self, alert: Alert, resolved_s: float | None) -> None:
        self._recent[alert.fingerprint] = _Recent(alert, resolved_s)
        self._recent.move_to_end(alert.fingerprint)
        while len(self._recent) > MAX_RECENT:
            self._recent.popitem(last=False)

    def _updates(self, look: Look) -> list[Change]:
        """All that was learnt of the camera's alerts, in one go, so that it is one commit."""
        last_s = self._updated_s.setdefault(look.camera, look.monotonic_s)
        if 0 <= look.monotonic_s - last_s < UPDATE_S:
            return []
        self._updated_s[look.camera] = look.monotonic_s
        return [_tell(held, ChangeKind.UPDATED) for held in self._open.get(look.camera, {}).values() if held.seen]


def _is_unwatched(alert: Alert, idle_s: float) -> bool:
    """Whether it is a suspicion of which nobody could say that it has gone."""
    return _is_suspicion(alert) and idle_s >= (UNWATCHED_FIRE_S if alert.severity is Severity.FIRE else UNWATCHED_S)


def _over(alert: Alert) -> bool:
    """Whether people were done with it."""
    return alert.dealt_with_at is not None or alert.closed_at is not None


def _burns_on(held: _Open, finding: Finding, passed_s: float) -> bool:
    """Whether the camera goes on seeing a fire that people were done with."""
    alert = held.alert
    if alert.severity is not Severity.FIRE or alert.false_alarm_at is not None or not _over(alert):
        held.seen_on_s = 0.0
        return False
    held.seen_on_s += min(passed_s, LOOK_SPAN_S)
    return finding.confirmed and held.seen_on_s >= BURNS_ON_S


def _back(alert: Alert, at: datetime) -> dict[str, Any]:
    """What the return of a hazard changes: where people were done with it, they are called anew, from now on. at: now.

    So they are where it had ended by itself. A fire that nobody has answered has not ended: its time runs on.
    """
    anew: dict[str, Any] = {"returns": alert.returns + 1}
    if _over(alert):
        anew |= {"acknowledged_at": None, "acknowledged_by": "", "dealt_with_at": None, "closed_at": None}
    elif not alert.ended or alert.acknowledged_at is not None:
        return anew
    return {**anew, "reopened_at": max(at, alert.fired_at or alert.started_at)}


def _is_suspicion(alert: Alert) -> bool:
    """Whether nothing has confirmed it and nobody has judged it."""
    return alert.fired_at is None and alert.false_alarm_at is None


def _best_by_fingerprint(look: Look) -> dict[str, Finding]:
    """One finding for each incident: the heaviest."""
    best: dict[str, Finding] = {}
    for finding in look.findings:
        name = fingerprint(look.camera, finding.hazard, finding.zone, finding.key)
        other = best.get(name)
        if other is None or finding.weight > other.weight:
            best[name] = finding
    return best


def _trace_of(alert: Alert) -> Trace:
    return Trace(alert.evidence.get("trace", ()))


def _box(finding: Finding) -> Box:
    x1, y1, x2, y2 = finding.box
    return float(x1), float(y1), float(x2), float(y2)


def _learn(held: _Open, look: Look, finding: Finding) -> None:
    """Keep the last sight and the peak; they are told with the next change. The evidence moves on until it fires."""
    alert, seen = held.alert, held.seen
    seen["seen_at"] = max(look.at, alert.seen_at)
    held.trace.add((look.at - alert.started_at).total_seconds(), finding.confidence, finding.box)
    if finding.confidence > seen.get("confidence", alert.confidence):
        seen["confidence"] = float(finding.confidence)
        seen["box"] = _box(finding)
        if alert.fired_at is None:
            seen["evidence"] = plain(finding.evidence)


def _tell(held: _Open, kind: ChangeKind, *, traced: bool = False) -> Change:
    """The next version of the alert. The stored picture and the trace are not the rule's evidence, and stay.

    traced: bring the trace up to date also with a mere update, which comes every few seconds.
    """
    seen, before = held.seen, held.alert.evidence
    evidence = {**seen.get("evidence", before), **{key: before[key] for key in _OURS if key in before}}
    if traced or kind is not ChangeKind.UPDATED:
        evidence["trace"] = held.trace.points()
    seen["evidence"] = evidence
    held.alert = replace(held.alert, **seen, version=held.alert.version + 1)
    held.seen = {}
    return Change(kind, held.alert)
