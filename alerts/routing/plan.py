"""What a change of an alert means for the outbox: notices that are to be, and waiting ones that are taken back.

A plan is made without I/O and carried out by the store in the transaction that writes the alert.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from alerts.alert import Alert
from alerts.lifecycle import Change, ChangeKind
from alerts.track.step import Step, StepKind
from vision.rule import Severity

_TOLD = frozenset(
    {
        ChangeKind.FIRED,
        ChangeKind.REOPENED,
        ChangeKind.RESOLVED,
        ChangeKind.ACKNOWLEDGED,
        ChangeKind.FALSE_ALARM,
    }
)

OF_A_DISPATCH = frozenset({ChangeKind.DISPATCHED, ChangeKind.RECALLED})
"""Kinds of notices to one who was sent there: nobody else can be told in their place."""

CALLS = frozenset({ChangeKind.FIRED, ChangeKind.REOPENED})
"""Changes for which people are called; they hear of the others only where they were called before."""


class Ended(StrEnum):
    """Why a notice is no longer sent. Kept with it as `no_longer` says it."""

    ANSWERED = "answered"  # by whom
    DRILL_OVER = "drill_over"  # by itself, or a real fire ended it
    CAME_BACK = "came_back"
    MUTED = "muted"  # why
    CLEARED = "cleared"
    UNSEEN = "unseen"  # a fire that nobody has ended
    FALSE_ALARM = "false_alarm"  # who said so
    SETTINGS_CHANGED = "settings_changed"
    TOGETHER = "together"  # an earlier notice tells it
    NOT_TOLD = "not_told"  # who no longer is, by what
    NOBODY_LEFT = "nobody_left"
    RECALLED = "recalled"  # the dispatch was taken back


def no_longer(why: Ended, detail: str = "") -> str:
    """As it is kept, and as programs read it; people read it in words (`alerts.words.ended_text`)."""
    return f"{why}: {detail}" if detail else str(why)


AT_ONCE = 0
"""The rung of a channel that is told of everything as it happens. Its notices are never taken back."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One notice that is to be.

    kind: of the notice. channel, person: where, and to whom; person "": whoever reads the channel; name: of the person.
    not_before, expires_at: aware UTC. rung: AT_ONCE, or the ladder's step, from 1.
    reason: why it exists, one line, kept with it.
    group: notices of one group, kind, channel and person that wait together are sent as one; "": alone.
    sent: of whom a dispatch is, by whom, and the remark (`Sent`).
    unseen_s: of a fire: whoever is called while it is out of sight hears so once it has been for so long, seconds.
    repeat_s: once it has arrived it is told again after so long, until somebody answers; 0: it is not, but the person
    hears how it went on; None: nothing follows.
    """

    kind: ChangeKind
    channel: str
    person: str
    not_before: datetime
    expires_at: datetime
    rung: int
    reason: str
    group: str = ""
    repeat_s: float | None = None
    name: str = ""
    sent: Mapping[str, str] | None = None
    unseen_s: float | None = None


EVERY_KIND = frozenset(ChangeKind)


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Waiting notices that are no longer sent: those above the rung `above`. What stays is sent, but not repeated.

    kinds: only these. after: only those that are not due before; what stays is repeated as ever. at_once: channels
    that are told of everything do not hear, either, that a fire is out of sight. unsent: people who need not be sent
    any more; their dispatches are taken back in any case.
    """

    reason: str  # of `no_longer`
    above: int = AT_ONCE
    kinds: frozenset[ChangeKind] = EVERY_KIND
    unsent: tuple[str, ...] = ()
    after: datetime | None = None
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """First what is taken back, then what is added."""

    notices: tuple[Planned, ...] = ()
    take_back: TakeBack | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice on a rung that is still to be sent. id: of its row. created_at: when it was planned. sent: of
    `Planned.sent`."""

    id: str
    kind: ChangeKind
    channel: str
    person: str
    rung: int
    created_at: datetime
    not_before: datetime
    sent: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Replan:
    """What other settings mean for an alert's notices. drop: row → why. move: row → as it is planned now. lost: row →
    why; nobody can be told in its place, which is told as of any notice that is given up."""

    drop: Mapping[str, str] = field(default_factory=dict)
    move: Mapping[str, Planned] = field(default_factory=dict)
    add: tuple[Planned, ...] = ()
    lost: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What became so far of an alert's notices of one kind on one channel, to one person, of one rung.

    arrived: at least one was taken by the receiver; arrived_at: the last, when. waiting: at least one is still to be
    sent.
    """

    channel: str
    person: str
    rung: int
    arrived: bool
    waiting: bool
    kind: ChangeKind = ChangeKind.FIRED
    arrived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What a plan goes by. group_told_at: when people were last called for the alert's group, if they were."""

    told: tuple[Told, ...] = ()
    group_told_at: datetime | None = None

    def last_arrival(self, channel: str, person: str, kinds: Collection[ChangeKind]) -> datetime | None:
        """When a notice of one of these kinds last arrived there, if one did."""
        there = [
            one.arrived_at for one in self.told if (one.channel, one.person) == (channel, person) and one.kind in kinds
        ]
        return max((when for when in there if when is not None), default=None)

    def heard_unseen(self, channel: str, person: str) -> bool:
        """Whether the last that arrived there of how it burns is that it is out of sight."""
        unseen = self.last_arrival(channel, person, {ChangeKind.RESOLVED})
        called = self.last_arrival(channel, person, CALLS)
        return unseen is not None and (called is None or unseen >= called)

    def called(self, channel: str, person: str) -> bool:
        """Whether a call waits to be sent there."""
        where = (channel, person)
        return any((one.channel, one.person) == where and one.waiting and one.kind in CALLS for one in self.told)


NOTHING_YET = History()


class Planner(Protocol):
    """Decides who is told. Pure: the same arguments, the same plan."""

    def group_of(self, alert: Alert) -> str:
        """The group of its notices; "" if they are not grouped."""
        ...

    def plan(self, change: Change, history: History, at: datetime) -> Plan:
        """change: one that `concerns` the outbox. at: now, aware UTC."""
        ...

    def reaches(self, person: str, channel: str) -> bool:
        """Whether somebody on a rung (person "": whoever reads the channel) is still told by that channel."""
        ...

    def replan(self, alert: Alert, waiting: Sequence[Waiting], history: History, at: datetime) -> Replan:
        """The settings are others than those that `waiting` was planned by: all of the alert that waits on a rung."""
        ...


def worth_telling(change: Change) -> bool:
    """Whether people and machines outside are told. A suspicion is not, nor is its end or a judgement of it; nor is
    what is held back (`alerts.mute.rules`), and so long as nobody was told of it, nor is its end."""
    return change.kind in _TOLD and change.alert.fired_at is not None and not change.alert.held


def concerns(change: Change) -> bool:
    """Whether it may change the outbox: what is told, and what ends that people are called: a step, a pause."""
    if change.alert.fired_at is not None and sends(change) is not None:
        return True  # whoever sends somebody to what is held back means it
    known = change.alert.fired_at is not None and not change.alert.held
    return worth_telling(change) or (change.kind in (ChangeKind.STEPPED, ChangeKind.MUTED) and known)


def sends(change: Change) -> ChangeKind | None:
    """What the step means for those who go: they are sent, or a dispatch is taken back; None: nothing."""
    step = change.step
    if step is None:
        return None
    if step.kind is StepKind.DISPATCHED:
        return ChangeKind.DISPATCHED
    undone = step.kind is StepKind.UNDONE and step.detail.get("what") == StepKind.DISPATCHED
    return ChangeKind.RECALLED if undone else None


def sent_of(step: Step) -> dict[str, str]:
    """What a notice about a dispatch says of it. step: that sent somebody, or took that back."""
    detail = step.detail
    return {"by": step.by, "to": str(detail.get("to", "")), "note": str(detail.get("note", ""))}


def unseen_at(alert: Alert, at: datetime, unseen_s: float) -> datetime:
    """When it is told that a fire is out of sight, unless it is seen before. A flame flickers, and smoke hides it: that
    it is lost for a moment is no news. at: now."""
    return max(at, alert.seen_at + timedelta(seconds=unseen_s))


def unseen_no_more(change: Change) -> TakeBack | None:
    """What is taken back from channels that are told of everything, and would hear that a fire is out of sight: it is
    back, or was none, which they hear."""
    alert, unseen = change.alert, frozenset({ChangeKind.RESOLVED})
    if alert.severity is not Severity.FIRE:
        return None
    if change.kind is ChangeKind.REOPENED:
        return TakeBack(no_longer(Ended.CAME_BACK), kinds=unseen, at_once=True)
    if change.kind is ChangeKind.FALSE_ALARM:
        return TakeBack(no_longer(Ended.FALSE_ALARM, alert.false_alarm_by), kinds=unseen, at_once=True)
    return None


def is_called_for(alert: Alert) -> bool:
    """Whether people may be called for it: it was told, is not over, and nothing holds it back."""
    return alert.fired_at is not None and not (alert.ended or alert.held or alert.paused)


def _knows(history: History, one: Planned) -> bool:
    """Whether a call was taken there, or will be, and nothing since says that the fire is out of sight: what was held
    back, or expired, told nobody."""
    called = history.called(one.channel, one.person)
    called = called or history.last_arrival(one.channel, one.person, CALLS) is not None
    return called and not history.heard_unseen(one.channel, one.person)


class AtOnce:
    """Every channel is told of everything as it happens: for channels that machines or whole teams read. Only that a
    fire is out of sight has to have been so for a while (`unseen_at`)."""

    def __init__(self, channels: Mapping[str, float], unseen_s: float = 0.0) -> None:
        """channels: name → seconds after which a notice is no longer tried. unseen_s: of `FireConfig`."""
        self._channels, self._unseen_s = dict(channels), unseen_s

    def group_of(self, alert: Alert) -> str:
        """Nothing is grouped."""
        return ""

    def plan(self, change: Change, history: History, at: datetime) -> Plan:
        """One notice for each channel; nothing is taken back but that a fire is out of sight."""
        told = list(self._told(change, history, at)) if worth_telling(change) else []
        if (kind := sends(change)) is not None and change.step is not None:
            told += [replace(one, sent=sent_of(change.step)) for one in self._notices(kind, at)]
        return Plan(tuple(told), unseen_no_more(change))

    def _told(self, change: Change, history: History, at: datetime) -> Iterator[Planned]:
        if change.kind is ChangeKind.RESOLVED and change.alert.out_of_sight:
            at = unseen_at(change.alert, at, self._unseen_s)
        flickers = change.away_s is not None and change.away_s < self._unseen_s
        for one in self._notices(change.kind, at):
            if not (flickers and _knows(history, one)):
                yield one

    def reaches(self, person: str, channel: str) -> bool:
        """There are no rungs."""
        return False

    def replan(self, alert: Alert, waiting: Sequence[Waiting], history: History, at: datetime) -> Replan:
        """Whoever was to be called is not: every channel is told instead that was not told so far."""
        drop = {one.id: no_longer(Ended.NOBODY_LEFT) for one in waiting if one.kind not in OF_A_DISPATCH}
        lost = {one.id: no_longer(Ended.NOBODY_LEFT) for one in waiting if one.kind in OF_A_DISPATCH}
        calls = [one.kind for one in waiting if one.kind in CALLS]
        if not calls or not is_called_for(alert):
            return Replan(drop, lost=lost)
        told = {one.channel for one in history.told if one.rung == AT_ONCE}
        return Replan(drop, add=tuple(one for one in self._notices(calls[0], at) if one.channel not in told), lost=lost)

    def _notices(self, kind: ChangeKind, at: datetime) -> Iterator[Planned]:
        for name, expire_s in self._channels.items():
            yield Planned(kind, name, "", at, at + timedelta(seconds=expire_s), AT_ONCE, "told of everything")
