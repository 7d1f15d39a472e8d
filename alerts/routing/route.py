"""Who is told of what, when and why: the ladder of a fire, handlers and groups for all else. Pure.

Everything that may become necessary is planned when the alert fires, as notices with a time before which they are not
sent; an answer takes back what still waits. So no timer has to survive a crash: the rows do.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.alert import Alert
from alerts.config import Settings
from alerts.lifecycle import Change, ChangeKind
from alerts.record.actor import PROGRAM
from alerts.routing.ladder import RungConfig
from alerts.routing.people import EVERYBODY, HANDLER, ON_DUTY, People, Reach
from alerts.routing.plan import (
    CALLS,
    EVERY_KIND,
    OF_A_DISPATCH,
    AtOnce,
    Ended,
    History,
    Plan,
    Planned,
    Planner,
    Replan,
    TakeBack,
    Waiting,
    is_called_for,
    no_longer,
    sends,
    sent_of,
    unseen_at,
    worth_telling,
)
from alerts.track.step import PROGRESS, REMARKS, Step, StepKind
from vision.rule import Severity

PlacesOf = Callable[[Alert], frozenset[str]]
"""The ids of the places that an alert lies in, from its own to the outermost, and its camera's name."""


def planner_of(settings: Settings, places_of: PlacesOf) -> Planner:
    """As the settings say: without people, every channel is told of everything at once."""
    unseen_s = settings.routing.fire.unseen_s
    return Router(settings, places_of) if settings.people else AtOnce(settings.expiry_s, unseen_s)


BUT_SENT = EVERY_KIND - {ChangeKind.DISPATCHED}
"""Whoever a person has sent to a fire still hears so, whatever the camera sees meanwhile."""


class Router:
    """The plan for a site with people. Immutable."""

    def __init__(self, settings: Settings, places_of: PlacesOf) -> None:
        self._config = settings.routing
        self._site = settings.site.name
        self._expiry_s = settings.expiry_s
        self._places_of = places_of
        phones = [channel.name for channel in settings.channels if channel.type == "push"]
        self.people = People(settings.people, settings.groups, personal=phones)
        self.rota = settings.duty()
        free = [name for name in self._expiry_s if name not in self.people.channels]
        machines = free if self._config.at_once is None else self._config.at_once
        unseen_s = settings.routing.fire.unseen_s
        self._at_once = AtOnce({name: self._expiry_s[name] for name in machines}, unseen_s)
        self._late = [name for name in free if name not in machines]

    def group_of(self, alert: Alert) -> str:
        """Fire stands alone; all else by site, zone and hazard."""
        return "" if alert.severity is Severity.FIRE else f"{self._site}|{alert.zone}|{alert.hazard}"

    def plan(self, change: Change, history: History, at: datetime) -> Plan:
        """Channels that are told of everything, then people."""
        machines = self._at_once.plan(change, history, at)
        people = self._with_sent(self._for_people(change, history, at), change, history, at)
        back = people.take_back
        if machines.take_back is not None:
            back = machines.take_back if back is None else replace(back, at_once=True)
        return Plan(machines.notices + people.notices, back)

    def _for_people(self, change: Change, history: History, at: datetime) -> Plan:
        alert, kind = change.alert, change.kind
        if kind is ChangeKind.REOPENED and change.away_s is not None:
            return self._seen_again(change, history, at)
        if kind in CALLS:
            back = TakeBack(no_longer(Ended.CAME_BACK), kinds=BUT_SENT) if kind is ChangeKind.REOPENED else None
            if alert.acknowledged_at is not None and not _says_it_burns(change):
                return Plan((*self._again(alert, history, at, "it came back", kind),), back)
            return Plan((*self._calls(alert, history, at, kind),), back)
        if kind is ChangeKind.MUTED:
            reason = str((alert.muted or {}).get("reason", ""))
            return Plan((), TakeBack(no_longer(Ended.MUTED, reason), kinds=BUT_SENT))
        if kind is ChangeKind.STEPPED and not _is_answer(change):
            return Plan()
        if kind is ChangeKind.RESOLVED and alert.out_of_sight:
            return self._lost(change, history, at)
        updates = tuple(self._updates(change, history, at)) if worth_telling(change) else ()
        if kind is ChangeKind.RESOLVED:
            kinds = BUT_SENT if alert.severity is Severity.FIRE else EVERY_KIND
            return Plan(updates, TakeBack(no_longer(Ended.CLEARED), self._kept(alert, history), kinds))
        if kind is ChangeKind.FALSE_ALARM:
            return Plan(updates, TakeBack(no_longer(Ended.FALSE_ALARM, alert.false_alarm_by)))
        over = alert.dealt_with_at is not None or alert.closed_at is not None
        kinds = CALLS | {ChangeKind.RESOLVED} if over else CALLS
        back = TakeBack(_why_answered(change), kinds=kinds, unsent=self._goes(change, history))
        if alert.ended or not alert.open:
            return Plan(updates, back)
        return Plan((*updates, *self._again(alert, history, at + timedelta(seconds=self._retrigger_s(alert)))), back)

    # A fire that is lost from sight, and seen again

    def _lost(self, change: Change, history: History, at: datetime) -> Plan:
        """Those who were called hear so once it has not been seen for a while; until then calls run on as if it were.
        With that news the others end, too (`alerts.delivery.outbox`)."""
        alert = change.alert
        if alert.dealt_with_at is not None:
            return Plan()  # people have said so before
        when = unseen_at(alert, at, self._config.fire.unseen_s)
        updates = tuple(self._updates(change, history, when)) if worth_telling(change) else ()
        if alert.acknowledged_at is not None:
            return Plan(updates)
        return Plan(updates, TakeBack(no_longer(Ended.UNSEEN), self._kept(alert, history), CALLS, after=when))

    def _seen_again(self, change: Change, history: History, at: datetime) -> Plan:
        """It goes on as it was. That it is back is told to those who have heard that it was not seen; whoever else is
        to be called is called as if it had never been lost."""
        alert, away_s = change.alert, change.away_s or 0.0
        back = TakeBack(no_longer(Ended.CAME_BACK), kinds=frozenset({ChangeKind.RESOLVED}))
        if alert.acknowledged_at is None:
            since = _begun_at(alert, ChangeKind.REOPENED, at)
            ladder = (self._paced(one, history, since, at) for one in self._ladder(alert, since, ChangeKind.FIRED, at))
            return Plan(tuple(self._missing(ladder, history, at)), back)
        short = away_s < self._config.fire.unseen_s
        when = max(at, alert.acknowledged_at + timedelta(seconds=self._retrigger_s(alert))) if short else at
        why = "answered, and still there" if short else "it came back"
        return Plan(tuple(self._missing(self._again(alert, history, when, why), history, at)), back)

    def _missing(self, calls: Iterable[Planned], history: History, at: datetime) -> Iterator[Planned]:
        """Those of the calls that do not wait already; to whoever has heard that it was not seen, now."""
        for one in calls:
            if history.called(one.channel, one.person):
                continue
            if history.heard_unseen(one.channel, one.person):
                life = one.expires_at - one.not_before
                one = replace(one, kind=ChangeKind.REOPENED, not_before=at, expires_at=at + life)
                yield replace(one, reason="it came back")
            else:
                yield one

    # Who is sent

    def _with_sent(self, plan: Plan, change: Change, history: History, at: datetime) -> Plan:
        """The plan, and what tells whoever is sent, or is not any more."""
        kind, step, alert = sends(change), change.step, change.alert
        if kind is None or step is None:
            return plan
        fire = alert.severity is Severity.FIRE
        reaches = self.people.reaches(self.people.members(_tell(step)), every_channel=fire)
        told = sent_of(step)
        if kind is ChangeKind.DISPATCHED:
            why, repeat_s = f"sent by {step.by}" if step.by else "sent", self._repeat_s(alert)
            ours = {(reach.channel, reach.person) for reach in reaches}
            others = [one for one in plan.notices if (one.channel, one.person) not in ours or one.kind in CALLS]
            rows = [replace(self._row(kind, reach, at, 1, why, repeat_s), sent=told) for reach in reaches]
            return replace(plan, notices=(*others, *rows))
        heard = {(one.channel, one.person) for one in history.told if one.rung and one.arrived}
        rows = [
            replace(self._row(kind, reach, at, 1, "the dispatch is taken back", None), sent=told)
            for reach in reaches
            if (reach.channel, reach.person) in heard
        ]
        back = plan.take_back or TakeBack(no_longer(Ended.RECALLED), kinds=frozenset())
        back = replace(back, unsent=tuple(dict.fromkeys(reach.person for reach in reaches)))
        return replace(plan, notices=(*rows, *plan.notices), take_back=back)

    def _goes(self, change: Change, history: History) -> tuple[str, ...]:
        """Whom nobody has to send again: who said it. All of them where it is over, or nobody knows who goes there."""
        alert, step = change.alert, change.step
        everybody = tuple(dict.fromkeys(one.person for one in history.told if one.person))
        if alert.ended or alert.dealt_with_at is not None:
            return everybody
        if step is None:
            return ()
        if person := self.people.of_account(step.account) or self.people.named(step.by):
            return (person,)
        return everybody if step.kind in PROGRESS else ()

    # Other settings

    def reaches(self, person: str, channel: str) -> bool:
        """By the people and channels of these settings."""
        known = self.people.recipient(person, channel) is not None if person else True
        return known and channel in self._expiry_s

    def replan(self, alert: Alert, waiting: Sequence[Waiting], history: History, at: datetime) -> Replan:
        """A fire that nobody has answered goes by the ladder, the people and the rota of now; what should have been
        told by now is told at once. Whoever was sent is told so by the channels they have now. All else keeps its
        course; where nobody is left who waits to be called, whoever is first in line now is called instead."""
        gone = {
            one.id: no_longer(Ended.NOT_TOLD, f"{one.person} · {one.channel}" if one.person else one.channel)
            for one in waiting
            if not self.reaches(one.person, one.channel)
        }
        found = self._calls_anew(alert, waiting, gone, history, at)
        return self._sent_anew(found, alert, waiting, gone, history, at)

    def _calls_anew(
        self, alert: Alert, waiting: Sequence[Waiting], gone: Mapping[str, str], history: History, at: datetime
    ) -> Replan:
        """gone: of those that wait whoever is no longer told by that channel, and why."""
        calls = [one for one in waiting if one.kind in CALLS]
        left = [one for one in calls if one.id not in gone]
        if not is_called_for(alert):
            return Replan(gone)
        if alert.severity is Severity.FIRE and alert.open and alert.acknowledged_at is None:
            return self._ladder_anew(alert, calls, left, gone, history, at)
        if left or not calls:
            return Replan(gone)
        when = max(at, min(one.not_before for one in calls))
        repeat_s = self._retrigger_s(alert) if alert.acknowledged_at else self._repeat_s(alert) if alert.open else 0.0
        why, first = self._first_in_line(alert, when)
        kind, group = calls[0].kind, self.group_of(alert)
        return Replan(gone, add=tuple(self._row(kind, one, when, 1, why, repeat_s, group) for one in first))

    def _sent_anew(
        self,
        found: Replan,
        alert: Alert,
        waiting: Sequence[Waiting],
        gone: Mapping[str, str],
        history: History,
        at: datetime,
    ) -> Replan:
        """With the dispatches of those whose channel is gone: by the channels they have now, but those by which they
        have heard so. Of somebody who has none any more it is lost, and whoever sent them is told, as of every notice
        that reached nobody."""
        over = alert.ended or alert.dealt_with_at is not None
        strays = [one for one in waiting if one.kind in OF_A_DISPATCH and one.id in gone]
        strays = [one for one in strays if not (over and one.kind is ChangeKind.DISPATCHED)]
        has = {(one.kind, one.person, one.channel) for one in waiting if one.id not in gone}
        added: dict[tuple[ChangeKind, str, str], Planned] = {}
        lost: dict[str, str] = {}
        for one in strays:
            members = self.people.members([one.person])
            reaches = self.people.reaches(members, every_channel=alert.severity is Severity.FIRE)
            if not reaches:
                lost[one.id] = gone[one.id]
            repeat_s = self._repeat_s(alert) if one.kind is ChangeKind.DISPATCHED else None
            for reach in reaches:
                key = (one.kind, reach.person, reach.channel)
                row = self._row(one.kind, reach, max(at, one.not_before), 1, "by the channel they have now", repeat_s)
                heard_at = history.last_arrival(reach.channel, reach.person, {one.kind})
                if key not in has and (heard_at is None or heard_at < one.created_at):
                    added.setdefault(key, replace(row, sent=one.sent))
        drop = {name: why for name, why in found.drop.items() if name not in lost}
        return replace(found, drop=drop, add=(*found.add, *added.values()), lost=lost)

    def _ladder_anew(
        self,
        alert: Alert,
        calls: Sequence[Waiting],
        left: Sequence[Waiting],
        gone: Mapping[str, str],
        history: History,
        at: datetime,
    ) -> Replan:
        """left: of the calls those who are still reached."""
        kind = calls[0].kind if calls else ChangeKind.FIRED
        planned_at = min((one.created_at for one in calls), default=at)
        since = alert.fired_at or at if kind is ChangeKind.FIRED else _begun_at(alert, kind, planned_at)
        wanted = {(one.channel, one.person): one for one in self._ladder(alert, since, kind, at)}
        told = {(one.channel, one.person) for one in history.told if one.rung and one.arrived}
        stays = {one.id: (one.channel, one.person) for one in left if (one.channel, one.person) in wanted.keys() | told}
        drop = {one.id: no_longer(Ended.SETTINGS_CHANGED) for one in left if one.id not in stays}
        move = {
            one.id: planned
            for one in left
            if (planned := wanted.get((one.channel, one.person))) and (one.channel, one.person) not in told
            if planned.not_before != max(one.not_before, at)
        }
        add = tuple(planned for key, planned in wanted.items() if key not in told and key not in stays.values())
        if not stays and not add:  # who is there was told of it before it came back
            add = tuple(wanted.values())
        return Replan({**gone, **drop}, move, add)

    def _first_in_line(self, alert: Alert, when: datetime) -> tuple[str, tuple[Reach, ...]]:
        """Why, and who is called first at that time; at worst everybody."""
        if alert.severity is not Severity.FIRE:
            return self._in_charge(alert, when)
        rungs = ((rung, self._reaches(rung, alert, when)) for rung in self._config.fire.ladder)
        everybody = self.people.reaches(self.people.everybody, every_channel=True)
        return next(((", ".join(rung.tell), found) for rung, found in rungs if found), (EVERYBODY, everybody))

    # Calls

    def _calls(self, alert: Alert, history: History, at: datetime, kind: ChangeKind) -> Iterator[Planned]:
        if alert.severity is Severity.FIRE:
            begun_at = _begun_at(alert, kind, at)
            return (self._paced(one, history, begun_at, at) for one in self._ladder(alert, begun_at, kind, at))
        return self._grouped(alert, history, at, kind)

    def _paced(self, one: Planned, history: History, since: datetime, now: datetime) -> Planned:
        """The call not before its repetition would have come: a flame that flickers does not use up a bot's messages.
        Whoever has heard since that it cleared is told at once that it has not. since: calls before it belong to what
        was over; calls after now to a clock that was set back."""
        last = history.last_arrival(one.channel, one.person, CALLS)
        if last is None or one.repeat_s is None or not since <= last <= now:
            return one
        cleared_at = history.last_arrival(one.channel, one.person, {ChangeKind.RESOLVED})
        if cleared_at is not None and cleared_at >= last:
            return one
        later = max(timedelta(), last + timedelta(seconds=one.repeat_s) - one.not_before)
        return replace(one, not_before=one.not_before + later, expires_at=one.expires_at + later)

    def _ladder(self, alert: Alert, at: datetime, kind: ChangeKind, now: datetime) -> Iterator[Planned]:
        """Each address once, on the first rung it stands on: from there on it is told again and again.

        at: when it began. now: what should have been told before is told now, to those who are there now.
        """
        taken: set[tuple[str, str]] = set()
        people: set[str] = set()
        empty_since_s: float | None = None
        for number, rung in enumerate(self._config.fire.ladder, start=1):
            due_s = rung.after_s if empty_since_s is None else min(rung.after_s, empty_since_s)
            when = max(now, at + timedelta(seconds=due_s))
            reaches = self._reaches(rung, alert, when)
            if not reaches:
                empty_since_s = due_s
                continue
            early = "" if due_s == rung.after_s else ", early: nobody stood on the rung before"
            reason = f"rung {number}, {due_s:g} s after{early}: {', '.join(rung.tell)}"
            for reach in reaches:
                if (reach.channel, reach.address) not in taken:
                    yield self._row(kind, reach, when, number, reason, self._config.fire.repeat_s)
            taken |= {(reach.channel, reach.address) for reach in reaches}
            people |= {reach.person for reach in reaches} - {""}
            empty_since_s = None
        if not people:
            yield from self._nobody_there(kind, max(now, at + timedelta(seconds=empty_since_s or 0.0)))

    def _nobody_there(self, kind: ChangeKind, when: datetime) -> Iterator[Planned]:
        """A fire is told to everybody, wherever they belong, rather than to nobody."""
        reason, repeat_s = "nobody of any rung is there for this place: everybody", self._config.fire.repeat_s
        for reach in self.people.reaches(self.people.everybody, every_channel=True):
            yield self._row(kind, reach, when, 1, reason, repeat_s)

    def _grouped(self, alert: Alert, history: History, at: datetime, kind: ChangeKind) -> Iterator[Planned]:
        config = self._config.violation
        when = at + timedelta(seconds=config.group_wait_s)
        if history.group_told_at is not None:
            when = max(when, history.group_told_at + timedelta(seconds=config.group_interval_s))
        why, reaches = self._in_charge(alert, when)
        for reach in reaches:
            yield self._row(kind, reach, when, 1, why, config.repeat_s, self.group_of(alert))

    def _again(
        self, alert: Alert, history: History, when: datetime, why: str = "", kind: ChangeKind = ChangeKind.FIRED
    ) -> Iterator[Planned]:
        """Call those who were called, and those who are first in line at that time; then again and again."""
        why = why or "answered, and still there"
        _, first = self._first_in_line(alert, when)
        told = [
            reach
            for one in history.told
            if one.person and one.arrived
            for reach in self.people.reaches(self.people.members([one.person]), every_channel=True)
            if reach.channel == one.channel
        ]
        repeat_s, group = self._retrigger_s(alert), self.group_of(alert)
        for reach in {(reach.channel, reach.address): reach for reach in (*told, *first)}.values():
            yield self._row(kind, reach, when, 1, why, repeat_s, group)

    # How it went on

    def _updates(self, change: Change, history: History, at: datetime) -> Iterator[Planned]:
        """Only to people who were called before, once for each channel."""
        fire = change.alert.severity is Severity.FIRE
        when = at if fire else at + timedelta(seconds=self._config.violation.group_wait_s)
        called: dict[tuple[str, str], int] = {}
        for one in history.told:
            if one.rung and one.arrived and one.channel in self._expiry_s:
                called.setdefault((one.person, one.channel), one.rung)
        for (person, channel), rung in called.items():
            if not person or self.people.recipient(person, channel):
                reach = Reach(person, channel)
                yield self._row(
                    change.kind, reach, when, rung, "was told of it before", None, self.group_of(change.alert)
                )

    def _kept(self, alert: Alert, history: History) -> int:
        """The rung up to which notices stay when the camera no longer sees it. A fire may be hidden by its own smoke:
        if nobody has been called yet, those of the first rung still are."""
        called = any(one.rung and one.arrived for one in history.told)
        waiting = [one.rung for one in history.told if one.rung and one.waiting]
        if alert.severity is not Severity.FIRE or alert.acknowledged_at is not None or called or not waiting:
            return 0
        return min(waiting)

    # Who

    def _reaches(self, rung: RungConfig, alert: Alert, when: datetime) -> tuple[Reach, ...]:
        found = self.people.reaches(self._who(rung.tell, alert, when), every_channel=rung.every_channel)
        late = (Reach("", name) for name in self._late) if rung.every_channel else ()
        return (*found, *late)

    def _in_charge(self, alert: Alert, when: datetime) -> tuple[str, tuple[Reach, ...]]:
        """Why, and the first of those named who are anybody; at worst everybody, wherever they belong."""
        for name in self._config.violation.tell:
            if found := self.people.reaches(self._who([name], alert, when)):
                what = f"handler of {alert.hazard} in {alert.zone_type}" if name == HANDLER else name
                return what, found
        return "nobody in charge is there for this place: everybody", self.people.reaches(self.people.everybody)

    def told_of(self, alert: Alert, names: Iterable[str], when: datetime) -> tuple[str, ...]:
        """Ids behind these names and words, of those who are told of what happens at the alert's place."""
        return self._who(names, alert, when)

    def _who(self, names: Iterable[str], alert: Alert, when: datetime) -> tuple[str, ...]:
        found: list[str] = []
        for name in names:
            match name:
                case _ if name == ON_DUTY:
                    found += self.rota.on_duty(when)
                case _ if name == HANDLER:
                    found += self._handlers(alert)
                case _ if name == EVERYBODY:
                    found += self.people.everybody
                case _:
                    found += self.people.members([name])
        return self.people.of_place(dict.fromkeys(found), self._places_of(alert))

    def _handlers(self, alert: Alert) -> tuple[str, ...]:
        handler = self._config.handler(alert.zone_type, alert.hazard)
        return self.people.members(handler.tell) if handler else ()

    def _repeat_s(self, alert: Alert) -> float:
        fire = alert.severity is Severity.FIRE
        return self._config.fire.repeat_s if fire else self._config.violation.repeat_s

    def _retrigger_s(self, alert: Alert) -> float:
        fire = alert.severity is Severity.FIRE
        return self._config.fire.retrigger_s if fire else self._config.violation.retrigger_s

    def _row(
        self,
        kind: ChangeKind,
        reach: Reach,
        when: datetime,
        rung: int,
        reason: str,
        repeat_s: float | None,
        group: str = "",
    ) -> Planned:
        expires_at = when + timedelta(seconds=self._expiry_s[reach.channel])
        name = self.people[reach.person].shown if reach.person else ""
        row = Planned(kind, reach.channel, reach.person, when, expires_at, rung, reason, group, repeat_s, name)
        return row if repeat_s is None else replace(row, unseen_s=self._config.fire.unseen_s)


def _begun_at(alert: Alert, kind: ChangeKind, at: datetime) -> datetime:
    """Where its ladder begins. A fire that nobody has answered, and that smoke hid for a while, climbs on: it must not
    begin below again each time it is lost from sight. What was held back began when it was first told."""
    if kind is not ChangeKind.REOPENED or alert.called_at is None:
        return at
    told = (alert.muted or {}).get("told_at")
    return min(at, max(alert.called_at, datetime.fromisoformat(str(told)) if told else alert.called_at))


def _says_it_burns(change: Change) -> bool:
    """Whether a person has raised it. That they have it in hand calls the others all the same, until one of them
    answers: nobody has been told yet."""
    return change.kind is ChangeKind.FIRED and change.step is not None


def _why_answered(change: Change) -> str:
    """By whom. The program itself ends nothing but drills."""
    if change.step is not None and not change.step.by and change.step.via == PROGRAM.via:
        return no_longer(Ended.DRILL_OVER)
    return no_longer(Ended.ANSWERED, change.alert.acknowledged_by)


def _is_answer(change: Change) -> bool:
    """Whether somebody has it in hand: remark and photo do not say so, nor does what is done with things in store."""
    note = change.step is not None and change.step.kind in (*REMARKS, StepKind.UNDONE)
    return change.alert.acknowledged_at is not None and not note


def _tell(step: Step) -> list[str]:
    """Ids of the people whom a dispatch names."""
    told = step.detail.get("tell", ())
    return [str(one) for one in told] if isinstance(told, (list, tuple)) else []
