"""What people do about an alert, over HTTP: where it stands, what may follow, what is owed; and the next step."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import Field

from alerts.access.principal import Area, Principal
from alerts.access.roles import Permission
from alerts.alert import Alert
from alerts.db.codec import time_text
from alerts.desk import Desk
from alerts.track.detail import DetailRefused, checked
from alerts.track.due import Due, due
from alerts.track.fold import Custody, Track, counting, deadline_of
from alerts.track.rules import choices
from alerts.track.step import PROGRESS, REMARKS, Step, StepKind
from alerts.web.alerts_api import Judgement, alert_out
from alerts.web.caller import Caller, needs, require
from alerts.web.dispatch_api import addressed, people_of, sent_out
from alerts.web.own import Own
from streams.clock import Clock
from vision.rule import Severity

MOST_OWED = 200
"""Of what is due, the soonest that are told."""


ANSWERING = frozenset(
    {StepKind.ACKNOWLEDGED, StepKind.VERIFIED, StepKind.DISPATCHED, *PROGRESS, *REMARKS, StepKind.UNDONE}
)
"""What whoever may answer may say; all else judges, and asks for that. `VERIFIED` acknowledges a violation; `UNDONE`
takes back only what the same person said."""


class StepIn(Judgement):
    """detail: what comes with the step (`alerts.track.detail`)."""

    kind: StepKind
    detail: dict[str, Any] = Field(default_factory=dict, max_length=12)


def step_out(step: Step) -> dict[str, Any]:
    """One row of the track."""
    detail = dict(step.detail)
    return {"seq": step.seq, "at": time_text(step.at), "by": step.by, "via": step.via, "kind": step.kind, **detail}


def track_out(track: Track) -> dict[str, Any]:
    """Where an alert stands, and all that was done."""
    said = track.said
    deadline = deadline_of(said.notice)
    return {
        "track": track.kind,
        "stage": track.stage,
        "round": track.round,
        "responders": responders_out(track),
        "earlier": earlier_out(track),
        "done": done_out(track),
        "reminders": len(said.reminders),
        "deadline": time_text(deadline) if deadline else None,
        "custody": [_custody_out(one) for one in said.custody],
        "steps": [step_out(step) for step in track.steps],
    }


def responders_out(track: Track) -> list[dict[str, Any]]:
    """Who goes there, and how far they have come; who accepted first comes first."""
    found = sorted(track.said.responders.values(), key=lambda one: one.since)
    return [{"name": one.name, "via": one.via, "progress": one.progress, "at": time_text(one.at)} for one in found]


def earlier_out(track: Track) -> list[dict[str, Any]]:
    """What each person said last before it was opened anew."""
    return [{"name": one.by, "said": one.kind, "at": time_text(one.at)} for one in track.earlier]


def done_out(track: Track) -> list[str]:
    """Kinds of the steps that count now, each once, in their order."""
    return list(dict.fromkeys(step.kind.value for step in counting(track.steps) if step.seq > track.before))


def _custody_out(one: Custody) -> dict[str, Any]:
    return {
        "item": one.item,
        "what": one.moved.detail.get("item", ""),
        "slot": one.moved.detail.get("slot", ""),
        "found": one.moved.detail.get("found", ""),
        "photo": one.moved.detail.get("photo", ""),
        "at": time_text(one.moved.at),
        "by": one.moved.by,
        "claimed": _said_of(one.claimed, "owner"),
        "handed_over": _said_of(one.handed_over, "to"),
        "state": "handed_over" if one.handed_over else "claimed" if one.claimed else "stored",
    }


def _said_of(step: Step | None, name: str) -> dict[str, Any] | None:
    return None if step is None else {"at": time_text(step.at), "by": step.by, name: step.detail.get(name, "")}


def asks_for(kind: StepKind) -> Permission:
    """What a step asks for."""
    return Permission.ANSWER if kind in ANSWERING else Permission.JUDGE


def owed_by_people(desk: Desk, area: Area | None = None) -> list[dict[str, Any]]:
    """What is due of all alerts that are open or not ended: of fires, then of the others, the soonest first. area: only
    of it. May block on the database."""
    alerts = {alert.id: alert for alert in desk.unended_alerts(area=area) + desk.open_alerts(area)}
    tracks = (desk.track(one.id) for one in alerts.values() if one.fired_at is not None and not one.ended)
    owed = [
        (one, alert) for alert, track in tracks for one in due(alert, track, desk.settings.tracks, desk.whose(alert))
    ]
    owed.sort(key=lambda both: (both[1].severity is not Severity.FIRE, both[0].at, both[1].id))
    return [{"alert": alert.id, **due_out(one)} for one, alert in owed[:MOST_OWED]]


def due_out(one: Due) -> dict[str, Any]:
    """Something that is owed."""
    return {"what": one.what, "at": time_text(one.at), "whose": one.whose}


def steps_router(own: Own, desk: Desk, clock: Clock) -> APIRouter:
    """GET and POST /api/alerts/{id}/steps. Whoever was slower gets 409 with the alert and its track as they are now.

    GET /api/due: what is owed of all of them.
    """
    router = APIRouter(prefix="/api")
    OwnArea = Annotated[Area | None, Depends(own.area)]
    OwnAlert = Annotated[Alert, Depends(own.alert)]

    def out(alert: Alert, track: Track, caller: Principal) -> dict[str, Any]:
        sent = sent_out(track, people_of(desk), "")
        offered = [one for one in choices(alert, track, caller.name, clock.now()) if caller.may(asks_for(one.kind))]
        return {
            "alert": alert_out(alert),
            **track_out(track),
            "sent": sent["sent"],
            "untold": sent["untold"],
            "next": [asdict(one) for one in offered],
            "due": [due_out(one) for one in due(alert, track, desk.settings.tracks, desk.whose(alert))],
            "handler": desk.whose(alert),
        }

    @router.get("/due", dependencies=[needs(Permission.SEE)])
    async def owed(area: OwnArea) -> dict[str, Any]:
        """Of fires before all else, then the soonest first; what is past is overdue."""
        return {"due": await asyncio.to_thread(owed_by_people, desk, area)}

    @router.get("/alerts/{alert_id}/steps", dependencies=[needs(Permission.SEE)])
    async def steps(found: OwnAlert, caller: Caller) -> dict[str, Any]:
        """The track as it is now. next: what may follow, of what the caller may say; needs_reason: something speaks
        against it; needs_proof: `picture`, the camera's of now, or `unproven`, why there is none."""
        return out(*await asyncio.to_thread(desk.track, found.id), caller)

    @router.post("/alerts/{alert_id}/steps", dependencies=[needs(Permission.ANSWER)])
    async def add(found: OwnAlert, given: StepIn, caller: Caller) -> dict[str, Any]:
        """The track after the step. Judging asks for more than answering (`asks_for`)."""
        require(caller, asks_for(given.kind))
        if given.kind is StepKind.PHOTO:
            raise HTTPException(422, "kind: a photo comes by PUT /api/alerts/ID/photos/KEY")
        try:
            detail = checked(given.kind, given.detail)
        except DetailRefused as error:
            raise HTTPException(422, str(error)) from None
        if given.kind is StepKind.DISPATCHED:
            detail = addressed(desk, found, detail, caller, clock)
        done = await asyncio.to_thread(
            desk.step,
            found.id,
            given.kind,
            by=caller.name,
            via=caller.via,
            account=caller.account,
            detail=detail,
            version=given.version,
        )
        return out(*done, caller)

    return router
