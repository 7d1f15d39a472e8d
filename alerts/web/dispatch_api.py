"""Who can be sent to an alert, over HTTP; and whom a dispatch is told to. The dispatch itself is a step."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException

from alerts.access.principal import Principal
from alerts.access.roles import Permission
from alerts.alert import Alert
from alerts.desk import Desk
from alerts.routing.people import EVERYBODY, HANDLER, ON_DUTY, People
from alerts.routing.route import Router
from alerts.track.detail import MOST_TOLD
from alerts.track.fold import Track
from alerts.track.step import Step
from alerts.web.caller import Caller, needs
from alerts.web.own import Own
from streams.clock import Clock


def sendable(desk: Desk, alert: Alert, caller: Principal, clock: Clock) -> dict[str, Any]:
    """handler: whose business it is, and who is told then. people: who is on duty and near first. groups: of people.

    Whoever is limited to places is offered who is told of what happens there, and nobody else.
    """
    planner, whose = desk.planner, desk.whose(alert)
    if not isinstance(planner, Router):
        return {"handler": {"name": whose, "tell": []}, "people": [], "groups": []}
    near = planner.told_of(alert, (EVERYBODY,), clock.now())
    allowed = near if caller.is_limited else planner.people.everybody
    on_duty = planner.rota.on_duty(clock.now())
    order = sorted(allowed, key=lambda one: (one not in on_duty, one not in near))
    return {
        "handler": {"name": whose, "tell": _within(planner.told_of(alert, (HANDLER,), clock.now()), allowed)},
        "people": [_person_out(planner.people, one, on_duty) for one in order],
        "groups": [
            {"name": name, "tell": tell}
            for name, members in planner.people.groups.items()
            if (tell := _within(planner.people.members(members), allowed))
        ],
    }


def addressed(desk: Desk, alert: Alert, detail: Mapping[str, Any], caller: Principal, clock: Clock) -> dict[str, Any]:
    """What comes with a dispatch, with the ids of all who are told: those named in `tell`, else whoever `to` is the
    name of: a person, a group, the handler. Raises HTTPException 422 for a name that is nobody's."""
    planner, named = desk.planner, detail.get("tell", ())
    people = planner.people if isinstance(planner, Router) else People((), ())
    known = {*people.everybody, *people.groups}
    if unknown := [one for one in named if one not in known]:
        raise HTTPException(422, f"tell: nobody is called {', '.join(unknown)}")
    told: tuple[str, ...] = ()
    if isinstance(planner, Router):
        told = people.members(named) or _behind(planner, alert, str(detail.get("to", "")), desk.whose(alert), clock)
        if caller.is_limited:
            told = tuple(_within(told, planner.told_of(alert, (EVERYBODY,), clock.now())))
    if len(told) > MOST_TOLD:
        raise HTTPException(422, f"tell: {len(told)} people at once; {MOST_TOLD} at most")
    kept = {name: value for name, value in detail.items() if name != "tell"}
    return {**kept, "tell": list(told)} if told else kept


def sent_names(people: People, step: Step) -> list[str]:
    """Who was told of a dispatch, as they are called now."""
    told = [str(one) for one in step.detail.get("tell", ())]
    return [people[one].shown for one in people.members(told)]


def untold_names(people: People, step: Step) -> list[str]:
    """Who was sent by a dispatch and is told by nothing: whoever sent them has to call them."""
    told = sent_names(people, step)
    untold = [str(one) for one in step.detail.get("untold", ())] or ([] if told else [str(step.detail.get("to", ""))])
    return [name for name in untold if name not in told]


def sent_out(track: Track, people: People, caller_name: str, account: str = "") -> dict[str, Any]:
    """sent_you: who sent whoever looks, when, and the remark; None: nobody did. sent: others who have not answered;
    untold: those of them whom nothing has told."""
    mine, others, untold = None, dict[str, None](), set[str]()
    me = people.of_account(account) or people.named(caller_name)
    my_names = {caller_name, people[me].shown if me else ""} - {""}
    for step in track.said.sent:
        unheard = untold_names(people, step)
        names = [*sent_names(people, step), *unheard]
        untold = untold - set(names) | set(unheard)
        if my_names & set(names):
            mine = {"by": step.by, "at": step.at.isoformat(), "note": str(step.detail.get("note", ""))}
        others |= dict.fromkeys(name for name in names if name not in my_names)
    sent = [name for name in others if name not in track.said.responders]
    return {"sent_you": mine, "sent": sent, "untold": [name for name in sent if name in untold]}


def people_of(desk: Desk) -> People:
    """Those of the settings in force; nobody, where there are none."""
    planner = desk.planner
    return planner.people if isinstance(planner, Router) else People((), ())


def dispatch_router(own: Own, desk: Desk, clock: Clock) -> APIRouter:
    """GET /api/alerts/{id}/dispatch."""
    router = APIRouter(prefix="/api")
    OwnAlert = Annotated[Alert, Depends(own.alert)]

    @router.get("/alerts/{alert_id}/dispatch", dependencies=[needs(Permission.ANSWER)])
    async def who(found: OwnAlert, caller: Caller) -> dict[str, Any]:
        """Who can be sent there; channels by which each is told."""
        return await asyncio.to_thread(sendable, desk, found, caller, clock)

    return router


def _person_out(people: People, person: str, on_duty: tuple[str, ...]) -> dict[str, Any]:
    config = people[person]
    ways = [reach.channel for reach in config.channels]
    return {"id": person, "name": config.shown, "on_duty": person in on_duty, "channels": ways}


def _behind(planner: Router, alert: Alert, name: str, whose: str, clock: Clock) -> tuple[str, ...]:
    if person := planner.people.named(name):
        return (person,)
    if name == whose:
        return planner.told_of(alert, (HANDLER,), clock.now())
    if name == ON_DUTY or name in planner.people.groups:
        return planner.told_of(alert, (name,), clock.now())
    return ()


def _within(ids: tuple[str, ...], allowed: tuple[str, ...]) -> list[str]:
    return [one for one in ids if one in allowed]
