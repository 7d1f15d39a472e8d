"""Alerts over HTTP: list, one, acknowledge, false alarm. Their pictures: alerts.web.evidence_api."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from alerts.alert import Alert
from alerts.db.codec import to_json
from alerts.desk import Desk
from alerts.notifiers.cap_xml import MEDIA_TYPE, CapIdentity, cap_of_now
from alerts.track.detail import MAX_REASON, DetailRefused, checked
from alerts.track.step import StepKind
from alerts.web.entry import InSession

AlertId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{1,64}$")]


class Judgement(BaseModel):
    """version: of the alert as the operator saw it; without one, whatever it is now is judged."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(default=None, ge=1)


class FalseAlarm(Judgement):
    """reason: a known word such as `reflection`, or the operator's own."""

    reason: str = Field(min_length=1, max_length=MAX_REASON)


FILES = ("snapshot", "snapshot_after", "clip")
"""Evidence that says where files lie: it stays here."""


def alert_out(alert: Alert) -> dict[str, Any]:
    """An alert as the page gets it. The snapshot's key stays here: the page asks by the alert's id, and gets a mark
    that changes with the picture ("" if there is none). blurred: it can be shown with people's heads hidden."""
    data = to_json(alert)
    data["snapshot"] = hashlib.sha256(alert.snapshot.encode()).hexdigest()[:12] if alert.snapshot else ""
    data["open"], data["ended"] = alert.open, alert.ended
    data["blurred"] = "sha256_blurred" in (alert.evidence.get("snapshot") or {})
    after = data["evidence"].get("snapshot_after")
    data["snapshot_after"] = str(after["sha256_clean"])[:12] if after else ""
    data["clip"] = clip_out(data["evidence"].get("clip"))
    data["evidence"] = {key: value for key, value in data["evidence"].items() if key not in FILES}
    return data


def clip_out(clip: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """mark: changes with the file, "" if there is none; trouble: why it is not whole or not there, "" if it is."""
    if clip is None:
        return None
    mark = str(clip.get("sha256", ""))[:12]
    return {"mark": mark, "duration_s": clip.get("duration_s", 0.0), "trouble": clip.get("trouble", "")}


def alerts_router(desk: Desk, identity: CapIdentity) -> APIRouter:
    """Blocking work is done in threads. Errors are turned into answers in `alerts.web.app`."""
    router = APIRouter(prefix="/api/alerts")

    async def judge(change: Callable[[], Alert]) -> dict[str, Any]:
        return alert_out(await asyncio.to_thread(change))

    def first_page() -> list[Alert]:
        return desk.unended_alerts() + desk.open_alerts()

    @router.get("")
    async def alerts(
        before: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z_-]{1,64}$")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> dict[str, Any]:
        """Newest first. The first page also brings every open alert, however old, and what people have not ended yet:
        none may hide behind a cursor."""
        page = await asyncio.to_thread(desk.alerts, before=before, limit=limit)
        kept = {} if before else {alert.id: alert for alert in await asyncio.to_thread(first_page)}
        kept.update((alert.id, alert) for alert in page)
        after = page[-1].id if len(page) == limit else None
        return {"alerts": [alert_out(alert) for alert in kept.values()], "next": after}

    @router.get("/{alert_id}.cap")
    async def cap(alert_id: AlertId) -> Response:
        """As the alert stands now, in the Common Alerting Protocol 1.2."""
        found = await asyncio.to_thread(desk.alert, alert_id)
        name = {"content-disposition": f'attachment; filename="{found.id}.cap.xml"'}
        return Response(cap_of_now(found, identity), media_type=MEDIA_TYPE, headers=name)

    @router.get("/{alert_id}")
    async def alert(alert_id: AlertId) -> dict[str, Any]:
        return alert_out(await asyncio.to_thread(desk.alert, alert_id))

    @router.post("/{alert_id}/acknowledge")
    async def acknowledge(alert_id: AlertId, given: Judgement, session: InSession) -> dict[str, Any]:
        return await judge(lambda: desk.acknowledge(alert_id, by=session.name, version=given.version))

    @router.post("/{alert_id}/false-alarm")
    async def false_alarm(alert_id: AlertId, given: FalseAlarm, session: InSession) -> dict[str, Any]:
        try:
            reason = checked(StepKind.FALSE_ALARM, {"reason": given.reason})["reason"]
        except DetailRefused as error:
            raise HTTPException(422, str(error)) from None
        return await judge(
            lambda: desk.mark_false_alarm(alert_id, by=session.name, reason=reason, version=given.version)
        )

    return router
