"""The record over HTTP: who saw, did and changed what."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from alerts.access.principal import Area
from alerts.access.roles import Permission
from alerts.db.codec import time_text
from alerts.record.chain import Record
from alerts.record.pages import Wanted, page
from alerts.registry.registry import Registry
from alerts.web.access import clean_text
from alerts.web.caller import needs
from alerts.web.evidence_api import Evidence
from alerts.web.own import Own
from alerts.web.places_api import area_of

MAX_TEXT = 120
_Text = Annotated[str, Field(max_length=MAX_TEXT)]


class Asked(BaseModel):
    """The query. subject: an alert's id or a camera's name. place: id of a registered one, with all that lies within
    it. who: part of a name or account. since, until: when it was put down."""

    model_config = ConfigDict(extra="forbid")

    subject: _Text = ""
    place: _Text = ""
    hazard: _Text = ""
    who: _Text = ""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    before: int | None = Field(default=None, ge=1, lt=2**31)
    limit: int = Field(default=50, ge=1, le=200)

    def wanted(self, registry: Registry) -> Wanted:
        """What is looked for, as the site is registered now."""
        return Wanted(
            subject=self.subject,
            inside=area_of(self.place, registry),
            hazard=self.hazard,
            who=clean_text(self.who, MAX_TEXT),
            since=self.since,
            until=self.until,
        )


def records_router(own: Own, evidence: Evidence) -> APIRouter:
    """GET /api/records."""
    router = APIRouter()
    OwnArea = Annotated[Area | None, Depends(own.area)]

    @router.get("/api/records", dependencies=[needs(Permission.RECORDS)])
    async def records(area: OwnArea, asked: Annotated[Asked, Query()]) -> dict[str, Any]:
        """Newest first. A page may be short, or empty: it ends where `next` is null."""
        wanted = asked.wanted(evidence.desk.registry)
        found, after = await asyncio.to_thread(
            page, evidence.store, area, wanted, before=asked.before, limit=asked.limit
        )
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
        "account": record.account,
        "via": record.via,
        "kind": record.kind,
        "subject": record.subject,
        "detail": detail,
        "hash": record.hash,
    }
