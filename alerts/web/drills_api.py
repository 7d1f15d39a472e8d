"""Fire drills over HTTP: begin one, end it, and what came of each."""

import asyncio
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from alerts.access.principal import Area
from alerts.access.roles import Permission
from alerts.db.codec import time_text
from alerts.shift.drills import Drill, DrillOrder, Drills
from alerts.web.access import clean_text
from alerts.web.caller import Caller, needs
from alerts.web.named import Named, actor_of
from alerts.web.own import Own

MAX_NOTE = 200
DrillId = Annotated[str, Path(pattern=r"^[0-9A-Z]{26}$")]


class NewDrill(Named):
    """place: the id of a registered place; `site`: the whole site."""

    place: str = Field(min_length=1, max_length=64)
    note: str = Field(default="", max_length=MAX_NOTE)


def drill_out(drill: Drill) -> dict[str, Any]:
    """As the page gets it. score: of now while it runs."""
    return {
        "id": drill.id,
        "alert": drill.alert_id,
        "place": drill.place,
        "note": drill.note,
        "begun_at": time_text(drill.begun_at),
        "begun_by": drill.begun_by,
        "ends_at": time_text(drill.ends_at),
        "ended_at": None if drill.ended_at is None else time_text(drill.ended_at),
        "ended_by": drill.ended_by,
        "score": dict(drill.score or {}),
    }


def drills_router(own: Own, drills: Drills) -> APIRouter:
    """Blocking work is done in threads. Errors are turned into answers in `alerts.web.app`."""
    router = APIRouter(prefix="/api")
    OwnArea = Annotated[Area | None, Depends(own.area)]

    @router.get("/drills", dependencies=[needs(Permission.SHIFT)])
    async def page(
        area: OwnArea,
        before: Annotated[str | None, Query(pattern=r"^[0-9A-Z]{26}$")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 20,
    ) -> dict[str, Any]:
        """Newest first, with what came of each. burns: a fire is open, so that none may begin now."""
        found = await asyncio.to_thread(drills.page, area, before, limit)
        return {
            "drills": [drill_out(one) for one in found],
            "next": found[-1].id if len(found) == limit else None,
            "burns": await asyncio.to_thread(drills.burns),
        }

    @router.get("/drills/{drill_id}", dependencies=[needs(Permission.SHIFT)])
    async def one(area: OwnArea, drill_id: DrillId) -> dict[str, Any]:
        """Who had been told, had answered and was there at 60, 180 and 300 s."""
        return drill_out(await asyncio.to_thread(drills.find, drill_id, area))

    @router.post("/drills", dependencies=[needs(Permission.DRILL)])
    async def begin(area: OwnArea, given: NewDrill, caller: Caller) -> dict[str, Any]:
        """Call people to a place, as to a fire, with every notice marked DRILL. 409 where none may begin now."""
        by = actor_of(caller, given)
        order = DrillOrder(given.place, clean_text(given.note, MAX_NOTE), by.name, by.via, by.account)
        return drill_out(await asyncio.to_thread(drills.begin, order, area))

    @router.post("/drills/{drill_id}/end", dependencies=[needs(Permission.DRILL)])
    async def end(area: OwnArea, drill_id: DrillId, given: Named, caller: Caller) -> dict[str, Any]:
        """It is over; whoever was called hears of it. Doing it again changes nothing."""
        by = actor_of(caller, given)
        end = partial(drills.end, by=by.name, via=by.via, account=by.account, area=area)
        return drill_out(await asyncio.to_thread(end, drill_id))

    return router
