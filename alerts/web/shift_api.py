"""The shifts over HTTP: the sheet of each, hand-overs, figures, false alarms. Drills: alerts.web.drills_api."""

import asyncio
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, Field

from alerts.access.principal import Area
from alerts.access.roles import Permission
from alerts.alert import Alert
from alerts.db.codec import time_text
from alerts.desk import Desk
from alerts.line import one_line
from alerts.record.records import Transactions, begun_at
from alerts.shift import lessons
from alerts.shift.dashboard import MOST_DAYS, figures_of
from alerts.shift.hand_overs import MAX_NOTES, HandOver, HandOvers, check_sheet
from alerts.shift.sheet import sheet_of
from alerts.shift.spans import Span, shift_at, shifts_until
from alerts.web.alerts_api import alert_out
from alerts.web.answered import answers_with
from alerts.web.caller import SIGNED_IN, Caller, needs
from alerts.web.files import page_of
from alerts.web.named import Named, name_of
from alerts.web.own import Own
from streams.clock import Clock

SHOWN = 30
"""Shifts that are offered: the one that runs, and those before it."""
OLDEST = timedelta(days=92)
"""A sheet is made of no shift before this; one that was signed stays."""
LINES = "application/x-ndjson"
HandOverId = Annotated[str, Path(pattern=r"^[0-9A-Z]{26}$")]
Before = Annotated[str | None, Query(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
Limit = Annotated[int, Query(ge=1, le=200)]


class Signature(Named):
    """notes: what the other one has to know; lines are kept."""

    notes: str = Field(default="", max_length=MAX_NOTES)

    def lines(self) -> str:
        """The notes as they are kept: printable, without blank lines at the ends."""
        return "\n".join(one_line(line) for line in self.notes.splitlines()).strip()


class LeavingSignature(Signature):
    """at: any moment of the shift. seen: `owed.mark` of the sheet that was read."""

    at: AwareDatetime
    seen: str = Field(default="", max_length=120)


def hand_over_out(one: HandOver, *, whole: bool = True) -> dict[str, Any]:
    """whole: with its sheet."""
    return {
        "id": one.id,
        "begins_at": time_text(one.begins_at),
        "ends_at": time_text(one.ends_at),
        "places": one.places,
        "notes": one.notes,
        "left_by": one.left_by,
        "left_at": time_text(one.left_at),
        "came_by": one.came_by,
        "came_at": None if one.came_at is None else time_text(one.came_at),
        "came_notes": one.came_notes,
        **({"sheet": dict(one.sheet)} if whole else {}),
    }


class Shifts:
    """What the routes work on. Thread-safe; all but `span` may block on the database."""

    def __init__(self, desk: Desk, store: Transactions, clock: Clock) -> None:
        self._desk, self._store, self.clock = desk, store, clock
        self.hand_overs = HandOvers(store)

    @property
    def zone(self) -> ZoneInfo:
        """Of the site."""
        return ZoneInfo(self._desk.settings.site.time_zone)

    def span(self, at: AwareDatetime) -> Span:
        """The shift of a moment. Raises HTTPException 422 where no sheet is made."""
        now = self.clock.now()
        if not now - OLDEST <= at <= now:
            raise HTTPException(422, f"at: not before {OLDEST.days} days ago, and not in the future")
        return shift_at(at, self._desk.settings.shifts.changes, self.zone)

    def sheet(self, span: Span, area: Area | None) -> dict[str, Any]:
        """As things are now."""
        with self._store.reading() as connection:
            return sheet_of(connection, span, self.clock.now(), self._desk.settings, self._desk.registry, area)

    def listed(self, area: Area | None) -> list[dict[str, Any]]:
        """The newest shifts, and how far each is handed over; none that was over before this site's record begins, as
        nobody could sign it."""
        now = self.clock.now()
        since = begun_at(self._store) or now
        runs, *past = shifts_until(now, SHOWN, self._desk.settings.shifts.changes, self.zone)
        found = [runs, *(one for one in past if one.ends > since)]
        signed = self.hand_overs.of_shifts([one.begins for one in found], area)
        return [
            {
                "begins_at": time_text(one.begins),
                "ends_at": time_text(one.ends),
                "hand_over": hand_over_out(signed[one.begins], whole=False) if one.begins in signed else None,
            }
            for one in found
        ]

    def figures(self, first: date, days: int, area: Area | None) -> dict[str, Any]:
        """Of local days."""
        with self._store.reading() as connection:
            return figures_of(connection, first, days, self.zone, self._desk.registry, area)

    def false_alarms(self, area: Area | None, camera: str, before: str | None, limit: int) -> dict[str, Any]:
        """A page, the newest first; of the first one how many each camera has."""
        with self._store.reading() as connection:
            page = lessons.false_alarms(connection, area, camera=camera, before=before, limit=limit)
            cameras = None if before else lessons.by_camera(connection, area)
        after = page[-1].id if len(page) == limit else None
        return {"alerts": [_false_out(alert) for alert in page], "next": after, "cameras": cameras}

    def lines(self, area: Area | None, camera: str, before: str | None) -> str:
        """The export: one JSON object a line."""
        with self._store.reading() as connection:
            found: Iterator[dict[str, Any]] = lessons.lessons(connection, area, camera=camera, before=before)
            return "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in found)


def _false_out(alert: Alert) -> dict[str, Any]:
    return {**alert_out(alert), "why_not": lessons.teaches(alert)}


def shift_router(own: Own, desk: Desk, store: Transactions, clock: Clock) -> APIRouter:
    """Blocking work is done in threads. Errors are turned into answers in `alerts.web.app`."""
    router = APIRouter()
    shifts = Shifts(desk, store, clock)
    OwnArea = Annotated[Area | None, Depends(own.area)]
    see, sign = [needs(Permission.SHIFT)], [needs(Permission.SIGN)]

    @router.get("/shift", **answers_with("text/html"), dependencies=[SIGNED_IN])
    async def page(request: Request) -> Response:
        return await page_of(request, "shift.html")

    @router.get("/api/shifts", dependencies=see)
    async def listed(area: OwnArea) -> dict[str, Any]:
        """The newest first; the first one runs."""
        return {"zone": shifts.zone.key, "shifts": await asyncio.to_thread(shifts.listed, area)}

    @router.get("/api/shifts/sheet", dependencies=see)
    async def sheet(area: OwnArea, at: AwareDatetime) -> dict[str, Any]:
        """Of the shift of a moment, as things are now; of somebody who is limited to places, of those."""
        return await asyncio.to_thread(shifts.sheet, shifts.span(at), area)

    @router.get("/api/hand-overs", dependencies=see)
    async def hand_overs(area: OwnArea, before: Before = None, limit: Limit = 50) -> dict[str, Any]:
        """Newest first, without their sheets."""
        found = await asyncio.to_thread(shifts.hand_overs.page, area, before, limit)
        after = found[-1].id if len(found) == limit else None
        return {"hand_overs": [hand_over_out(one, whole=False) for one in found], "next": after}

    @router.get("/api/hand-overs/{hand_over_id}", dependencies=see)
    async def hand_over(area: OwnArea, hand_over_id: HandOverId) -> dict[str, Any]:
        """With its sheet, as it was signed."""
        return hand_over_out(await asyncio.to_thread(shifts.hand_overs.find, hand_over_id, area))

    @router.post("/api/hand-overs", dependencies=sign)
    async def leave(area: OwnArea, given: LeavingSignature, caller: Caller) -> dict[str, Any]:
        """Whoever leaves signs the sheet as it is now. 409: what is open has changed since, or asks for a remark."""
        by, span = name_of(caller, given), shifts.span(given.at)

        def signed() -> HandOver:
            made = shifts.sheet(span, area)
            check_sheet(made, given.lines(), given.seen)
            return shifts.hand_overs.sign(made, span, given.lines(), caller, by, clock.now())

        return hand_over_out(await asyncio.to_thread(signed))

    @router.post("/api/hand-overs/{hand_over_id}/countersign", dependencies=sign)
    async def come(area: OwnArea, hand_over_id: HandOverId, given: Signature, caller: Caller) -> dict[str, Any]:
        """Whoever comes has read it. Not by whoever signed it, and once."""
        by, now = name_of(caller, given), clock.now()
        done = await asyncio.to_thread(
            shifts.hand_overs.countersign, hand_over_id, given.lines(), caller, by, area, now
        )
        return hand_over_out(done)

    @router.get("/api/figures", dependencies=see)
    async def figures(
        area: OwnArea, first: date, days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 7
    ) -> dict[str, Any]:
        """Alarms, answers and false alarms of local days, `first` and those after it. Drills are not counted."""
        if not 1970 <= first.year <= 2100:
            raise HTTPException(422, "first: between 1970 and 2100")
        return await asyncio.to_thread(shifts.figures, first, days, area)

    @router.get("/api/false-alarms", dependencies=see)
    async def false_alarms(
        area: OwnArea,
        camera: Annotated[str, Query(max_length=64)] = "",
        before: Before = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        """Newest first. why_not: a word for why the detector learns nothing from it, "" if it does."""
        return await asyncio.to_thread(shifts.false_alarms, area, camera, before, limit)

    @router.get("/api/false-alarms.jsonl", **answers_with(LINES), dependencies=see)
    async def lines(
        area: OwnArea, camera: Annotated[str, Query(max_length=64)] = "", before: Before = None
    ) -> Response:
        """The newest 2,000, a JSON object a line: what was taken for what, where in which picture, and why it was
        false. It names pictures and does not hold them; no person and no place is named."""
        content = await asyncio.to_thread(shifts.lines, area, camera, before)
        name = {"content-disposition": 'attachment; filename="false-alarms.jsonl"'}
        return Response(content, media_type=LINES, headers=name)

    return router
