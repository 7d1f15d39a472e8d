"""Alerts over HTTP: list, one, acknowledge, false alarm. Their pictures: alerts.web.evidence_api."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from alerts.access.principal import Area
from alerts.access.roles import Permission
from alerts.alert import Alert
from alerts.db.codec import to_json
from alerts.desk import Desk
from alerts.errors import AlertNotFound
from alerts.evidence.kept import mark_of
from alerts.notifiers.cap_xml import MEDIA_TYPE, CapIdentity, cap_of_now
from alerts.track.detail import MAX_REASON, DetailRefused, checked
from alerts.track.step import StepKind
from alerts.web.answered import answers_with
from alerts.web.caller import Caller, needs
from alerts.web.own import Own
from alerts.web.packed import packed


class Judgement(BaseModel):
    """version: of the alert as the operator saw it; without one, whatever it is now is judged."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(default=None, ge=1)


class FalseAlarm(Judgement):
    """reason: a known word such as `reflection`, or the operator's own."""

    reason: str = Field(min_length=1, max_length=MAX_REASON)


MOST_AT_ONCE = 100
"""Alerts that are asked for by their ids."""
Id = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]

FILES = ("snapshot", "snapshot_after", "film", "photos", "clip")
"""Evidence that says where files lie: it stays here."""


def alert_out(alert: Alert) -> dict[str, Any]:
    """An alert as the page gets it. The snapshot's key stays here: the page asks by the alert's id, and gets a mark
    that changes with the picture ("" if there is none). blurred: it can be shown with people's heads hidden. film:
    how many pictures of what led to it there are; photos: how many people have added."""
    data = to_json(alert)
    data["snapshot"] = mark_of(alert.snapshot) if alert.snapshot else ""
    data["open"], data["ended"] = alert.open, alert.ended
    data["blurred"] = "sha256_blurred" in (alert.evidence.get("snapshot") or {})
    after = data["evidence"].get("snapshot_after")
    data["snapshot_after"] = mark_of(str(after["key"])) if after else ""
    data["film"] = len(data["evidence"].get("film") or ())
    data["photos"] = len(data["evidence"].get("photos") or ())
    data["clip"] = clip_out(data["evidence"].get("clip"))
    data["evidence"] = {key: value for key, value in data["evidence"].items() if key not in FILES}
    return data


def clip_out(clip: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """mark: changes with the file, "" if there is none; trouble: why it is not whole or not there, "" if it is.
    begun_at: of its first picture, before the alert; None: not known."""
    if clip is None:
        return None
    mark = str(clip.get("sha256", ""))[:12]
    said = {
        "duration_s": clip.get("duration_s", 0.0),
        "begun_at": clip.get("begun_at"),
        "trouble": clip.get("trouble", ""),
    }
    return {"mark": mark, **said}


def alerts_router(own: Own, desk: Desk, identity: Callable[[], CapIdentity]) -> APIRouter:
    """Blocking work is done in threads. Errors are turned into answers in `alerts.web.app`."""
    router = APIRouter(prefix="/api/alerts")
    OwnArea = Annotated[Area | None, Depends(own.area)]
    OwnAlert = Annotated[Alert, Depends(own.alert)]

    async def judge(change: Callable[[], Alert]) -> dict[str, Any]:
        return alert_out(await asyncio.to_thread(change))

    def first_page(area: Area | None) -> list[Alert]:
        return desk.unended_alerts(area=area) + desk.open_alerts(area)

    @router.get("", response_model=dict[str, Any], dependencies=[needs(Permission.SEE)])
    async def alerts(
        request: Request,
        area: OwnArea,
        before: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z_-]{1,64}$")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:
        """Newest first. The first page also brings every open alert, however old, and what people have not ended yet:
        none may hide behind a cursor."""
        page = await asyncio.to_thread(desk.alerts, before=before, limit=limit, area=area)
        kept = {} if before else {alert.id: alert for alert in await asyncio.to_thread(first_page, area)}
        kept.update((alert.id, alert) for alert in page)
        after = page[-1].id if len(page) == limit else None
        said = {"alerts": [alert_out(alert) for alert in kept.values()], "next": after}
        return await asyncio.to_thread(packed, request, said)

    def those(ids: list[str], area: Area | None) -> dict[str, Any]:
        found, gone = [], []
        for one in ids:
            try:
                found.append(alert_out(desk.alert(one, area)))
            except AlertNotFound:
                gone.append(one)
        return {"alerts": found, "gone": gone}

    @router.get("/some", response_model=dict[str, Any], dependencies=[needs(Permission.SEE)])
    async def some(
        request: Request, area: OwnArea, ids: Annotated[list[Id], Query(min_length=1, max_length=MOST_AT_ONCE)]
    ) -> Response:
        """Those with these ids, as they are now; gone: ids of which there is none, or none that is theirs."""
        return await asyncio.to_thread(lambda: packed(request, those(ids, area)))

    @router.get("/{alert_id}.cap", **answers_with(MEDIA_TYPE), dependencies=[needs(Permission.SEE)])
    async def cap(found: OwnAlert) -> Response:
        """As the alert stands now, in the Common Alerting Protocol 1.2."""
        name = {"content-disposition": f'attachment; filename="{found.id}.cap.xml"'}
        return Response(cap_of_now(found, identity()), media_type=MEDIA_TYPE, headers=name)

    @router.get("/{alert_id}", dependencies=[needs(Permission.SEE)])
    async def alert(found: OwnAlert) -> dict[str, Any]:
        return alert_out(found)

    @router.post("/{alert_id}/acknowledge", dependencies=[needs(Permission.ANSWER)])
    async def acknowledge(found: OwnAlert, given: Judgement, caller: Caller) -> dict[str, Any]:
        by = caller.actor
        return await judge(
            lambda: desk.acknowledge(found.id, by=by.name, via=by.via, account=by.account, version=given.version)
        )

    @router.post("/{alert_id}/false-alarm", dependencies=[needs(Permission.JUDGE)])
    async def false_alarm(found: OwnAlert, given: FalseAlarm, caller: Caller) -> dict[str, Any]:
        try:
            reason = checked(StepKind.FALSE_ALARM, {"reason": given.reason})["reason"]
        except DetailRefused as error:
            raise HTTPException(422, str(error)) from None
        return await judge(
            lambda: desk.mark_false_alarm(
                found.id,
                by=caller.name,
                via=caller.via,
                account=caller.account,
                reason=reason,
                version=given.version,
            )
        )

    return router
