"""Evidence over HTTP: pictures, clips, holds, and the record of who saw and did what.

Pictures are shown with people's heads hidden. The clear ones and the clip are for whoever says why; that goes on record
before they are shown.
"""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from alerts.db.codec import time_text
from alerts.desk import Desk
from alerts.errors import StoreError
from alerts.evidence.media import MediaStore
from alerts.evidence.names import Variant, clip_name, picture_name
from alerts.record import holds, records
from alerts.record.chain import Entry, Record
from alerts.record.recorder import Recorder
from alerts.record.records import Kind, Transactions
from alerts.track.detail import MAX_REASON
from alerts.web.access import clean_text
from alerts.web.alerts_api import AlertId
from alerts.web.clear import LIFE_S, ClearViews
from alerts.web.entry import InSession
from streams.clock import Clock

Picture = Literal["blurred", "after_blurred", "annotated", "clean", "after"]
"""The first two hide people's heads. after: of the place once it was clear."""
_FILES: dict[str, tuple[str, Variant]] = {
    "blurred": ("snapshot", "blurred"),
    "annotated": ("snapshot", "annotated"),
    "clean": ("snapshot", "clean"),
    "after_blurred": ("snapshot_after", "blurred"),
    "after": ("snapshot_after", "clean"),
}


class Why(BaseModel):
    """reason: a known word such as `fire_response`, or the operator's own."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=MAX_REASON)

    def text(self) -> str:
        """Raises HTTPException 422."""
        reason = clean_text(self.reason, MAX_REASON)
        if not reason:
            raise HTTPException(422, "reason: say why")
        return reason


class Evidence:
    """What the routes work on."""

    def __init__(
        self,
        desk: Desk,
        store: Transactions,
        media: MediaStore,
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self.desk, self.store, self.media = desk, store, media
        self.recorder, self.clock = recorder, clock
        self.clear = ClearViews(clock)

    def need_reason(self, session: InSession, alert_id: str) -> None:
        """Raises HTTPException 403 unless this session has said why it looks."""
        if not self.clear.allowed(session.token_hash, alert_id):
            raise HTTPException(403, "people are recognisable here: say why you look first")

    def saw(self, kind: Kind, subject: str, session: InSession) -> None:
        """Put it on record, soon."""
        self.recorder.saw(kind, subject, session.name)


def evidence_router(evidence: Evidence) -> APIRouter:
    """Blocking work is done in threads. Errors are turned into answers in `alerts.web.app`."""
    router = APIRouter(prefix="/api/alerts/{alert_id}")
    desk = evidence.desk

    @router.post("/clear")
    async def clear(alert_id: AlertId, given: Why, session: InSession) -> dict[str, Any]:
        """Say why, and see the clear pictures and the clip for a quarter of an hour."""
        await asyncio.to_thread(desk.alert, alert_id)
        entry = Entry(Kind.SAW_CLEAR_PICTURE, alert_id, session.name, "console", {"reason": given.text()})
        await asyncio.to_thread(evidence.recorder.note, entry)
        evidence.clear.allow(session.token_hash, alert_id)
        return {"seconds": LIFE_S}

    @router.get("/snapshot")
    async def snapshot(alert_id: AlertId, session: InSession, variant: Picture = "blurred") -> FileResponse:
        """Only by the alert's id: there is no way to name a file."""
        alert = await asyncio.to_thread(desk.alert, alert_id)
        which, kind = _FILES[variant]
        if kind != "blurred":
            evidence.need_reason(session, alert_id)
        key = alert.snapshot if which == "snapshot" else dict(alert.evidence.get(which, {})).get("key", "")
        if not key:
            raise HTTPException(404, "this alert has no such snapshot")
        try:
            path = await asyncio.to_thread(evidence.media.local, picture_name(key, kind))
        except StoreError:
            path = None
        if path is None:
            raise HTTPException(404, "the snapshot is no longer kept")
        evidence.saw(Kind.SAW_PICTURE, alert_id, session)
        return FileResponse(path, media_type="image/jpeg")

    @router.get("/clip")
    async def clip(alert_id: AlertId, session: InSession) -> FileResponse:
        """Only by the alert's id, as its picture; whole or in ranges. 410: it was deleted."""
        alert = await asyncio.to_thread(desk.alert, alert_id)
        evidence.need_reason(session, alert_id)
        key = dict(alert.evidence.get("clip", {})).get("key", "")
        if not key:
            raise HTTPException(404, "this alert has no clip")
        try:
            path = await asyncio.to_thread(evidence.media.local, clip_name(key))
        except StoreError:
            raise HTTPException(404, "this alert has no clip") from None
        if path is None:
            raise HTTPException(410, "the clip was deleted")
        evidence.saw(Kind.SAW_CLIP, alert_id, session)
        return FileResponse(path, media_type="video/mp4")

    @router.get("/hold")
    async def hold_of(alert_id: AlertId) -> dict[str, Any]:
        """Why it is kept beyond its time; "" if it is not."""
        await asyncio.to_thread(desk.alert, alert_id)
        found = await asyncio.to_thread(holds.held, evidence.store)
        return {"held": found.get(alert_id, "")}

    @router.post("/hold")
    async def hold(alert_id: AlertId, given: Why, session: InSession) -> dict[str, Any]:
        """Keep it, its pictures and its clip beyond their time."""
        await asyncio.to_thread(desk.alert, alert_id)
        by, reason, now = session.name, given.text(), evidence.clock.now()
        await asyncio.to_thread(holds.hold, evidence.store, alert_id, by=by, reason=reason, at=now)
        return {"held": reason}

    @router.post("/release")
    async def release(alert_id: AlertId, session: InSession) -> dict[str, Any]:
        """End the hold; ending none does no harm."""
        await asyncio.to_thread(holds.release, evidence.store, alert_id, by=session.name, at=evidence.clock.now())
        return {"held": ""}

    return router


def records_router(evidence: Evidence) -> APIRouter:
    """GET /api/records."""
    router = APIRouter()

    @router.get("/api/records")
    async def page(
        before: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        subject: Annotated[str | None, Query(max_length=120)] = None,
    ) -> dict[str, Any]:
        """Newest first. subject: only of this alert or camera."""
        found = await asyncio.to_thread(
            lambda: records.newest(evidence.store, before=before, limit=limit, subject=subject)
        )
        after = found[-1].seq if len(found) == limit else None
        return {"records": [record_out(record) for record in found], "next": after}

    return router


def record_out(record: Record) -> dict[str, Any]:
    """A row as the page gets it; where files lie stays here."""
    detail = {key: value for key, value in record.detail.items() if key != "files"}
    if files := record.detail.get("files"):
        detail["files"] = len(files)
    return {
        "seq": record.seq,
        "at": time_text(record.at),
        "by": record.by,
        "via": record.via,
        "kind": record.kind,
        "subject": record.subject,
        "detail": detail,
        "hash": record.hash,
    }
