"""What the queue shows beside the alerts, over HTTP: who has each in hand; and one word about many of them at once."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from alerts.access.principal import Area, Principal
from alerts.access.roles import Permission
from alerts.alert import Alert
from alerts.desk import Desk
from alerts.errors import AlertNotFound, AlertRefused, StaleAlert
from alerts.track.detail import MAX_REASON, DetailRefused, checked
from alerts.track.due import sent
from alerts.track.fold import counting
from alerts.track.step import REMARKS, StepKind, first_word
from alerts.web.alerts_api import alert_out
from alerts.web.caller import Caller, needs, require
from alerts.web.dispatch_api import people_of, sent_out
from alerts.web.own import Own
from alerts.web.steps_api import responders_out
from alerts.words import words_of
from vision.rule import Severity
from vision.zones import ZoneType

MOST = 200
"""Alerts of one order."""
MOST_IN_HAND = 500
"""Of those that somebody has in hand, the fires and then the newest that are told."""


class One(BaseModel):
    """version: of the alert as the operator saw it."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")
    version: int | None = Field(default=None, ge=1)


class Order(BaseModel):
    """reason: of a false alarm. undo: takes back the caller's own last word on each, soon after it was said."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["acknowledge", "false_alarm", "undo"]
    alerts: list[One] = Field(min_length=1, max_length=MOST)
    reason: str = Field(default="", max_length=MAX_REASON)


def in_hand(desk: Desk, area: Area | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Id of an alert that somebody has answered and that is not over, and who goes there or was sent; fires first.
    May block."""
    alerts = {alert.id: alert for alert in desk.unended_alerts(area=area) + desk.open_alerts(area)}
    answered = [one for one in alerts.values() if one.acknowledged_at is not None and not one.ended]
    people = people_of(desk)
    answered.sort(key=lambda alert: (alert.severity is Severity.FIRE, alert.id), reverse=True)
    for alert in answered[:MOST_IN_HAND]:
        try:
            _, track = desk.track(alert.id)
        except AlertNotFound:
            continue  # deleted meanwhile
        told = {"sent": sent(track), "untold": sent_out(track, people, "")["untold"]}
        yield alert.id, {"stage": track.stage, "responders": responders_out(track), **told}


def handlers(desk: Desk) -> dict[str, dict[str, str]]:
    """Kind of zone → hazard → whose business it is."""
    routing, kinds = desk.settings.routing, ("", *(kind.value for kind in ZoneType))
    return {kind: {hazard: routing.whose(kind, hazard) for hazard in words_of()} for kind in kinds}


def carried_out(desk: Desk, order: Order, one: One, area: Area | None, caller: Principal) -> dict[str, Any]:
    """What became of it: `alert` as it is now, or `id`, `code` and perhaps `current`. A fire is judged alone: only a
    word about it may be taken back here. May block on the disk."""
    try:
        alert = desk.alert(one.id, area)
        if alert.severity is Severity.FIRE and order.action != "undo":
            return {"id": one.id, "code": "fire", "current": alert_out(alert)}
        return {"alert": alert_out(_said(desk, order, one, alert, caller))}
    except AlertNotFound:
        return {"id": one.id, "code": "gone"}
    except AlertRefused as error:
        return {"id": one.id, "code": error.code, "current": alert_out(error.current)}
    except StaleAlert as error:
        return {"id": one.id, "code": "changed", "current": alert_out(error.current)}


def _said(desk: Desk, order: Order, one: One, alert: Alert, caller: Principal) -> Alert:
    kind = first_word(alert)
    detail: dict[str, Any] = {}
    if order.action == "false_alarm":
        kind, detail = StepKind.FALSE_ALARM, {"reason": order.reason}
    if order.action == "undo":
        _, track = desk.track(alert.id)
        words = [step.seq for step in counting(track.steps) if step.kind not in REMARKS]
        kind, detail = StepKind.UNDONE, {"seq": words[-1] if words else 0}
    done = desk.step(
        alert.id, kind, by=caller.name, via=caller.via, account=caller.account, detail=detail, version=one.version
    )
    return done[0]


def queue_router(own: Own, desk: Desk) -> APIRouter:
    """GET /api/queue and POST /api/bulk."""
    router = APIRouter(prefix="/api")
    OwnArea = Annotated[Area | None, Depends(own.area)]

    @router.get("/queue", dependencies=[needs(Permission.SEE)])
    async def queue(area: OwnArea) -> dict[str, Any]:
        """going: alert id → stage, who goes there, who was sent, and whom of them nothing has told; of those that
        somebody has answered. handlers: kind of zone → hazard → whose business it is."""
        going = await asyncio.to_thread(lambda: dict(in_hand(desk, area)))
        return {"going": going, "handlers": handlers(desk)}

    @router.post("/bulk", dependencies=[needs(Permission.ANSWER)])
    async def bulk(area: OwnArea, given: Order, caller: Caller) -> dict[str, Any]:
        """One word about many violations and faults: each is judged by itself, and told how it went, in their order."""
        if given.action == "false_alarm":
            require(caller, Permission.JUDGE)
            try:
                given.reason = checked(StepKind.FALSE_ALARM, {"reason": given.reason})["reason"]
            except DetailRefused as error:
                raise HTTPException(422, str(error)) from None
        return {
            "results": await asyncio.to_thread(
                lambda: [carried_out(desk, given, one, area, caller) for one in given.alerts]
            )
        }

    return router
