"""Floor plans over HTTP: who may see a place sees its plan; who may change the site uploads one and hangs the cameras.

A plan shows a whole place. Whoever is limited sees those of places that are wholly theirs, and none of those around.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from alerts.access.principal import Area, Principal
from alerts.access.roles import Permission
from alerts.plans.picture import prepared
from alerts.plans.store import MOST_SPOTS, Plan, PlanStore, Spot
from alerts.record.chain import Entry
from alerts.record.recorder import Recorder
from alerts.record.records import Kind
from alerts.registry.registry import Registry
from alerts.web.answered import NO_BODY, answers_with, takes
from alerts.web.caller import Caller, needs
from alerts.web.own import Own


class SpotsIn(BaseModel):
    """version: of the plan that was looked at. spots: by camera; those not named are on it no more."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1)
    spots: dict[Annotated[str, Field(min_length=1, max_length=64)], Spot] = Field(max_length=MOST_SPOTS)


class Plans:
    """What the routes work on. registry: what lies where, now."""

    def __init__(self, store: PlanStore, registry: Callable[[], Registry], recorder: Recorder) -> None:
        self.store, self._registry, self._recorder = store, registry, recorder
        self._turn = threading.Lock()

    def cameras(self, place: str) -> tuple[str, ...]:
        """That may hang on its plan: those within it."""
        return self._registry().cameras_of(place)

    def out(self, plan: Plan) -> dict[str, Any]:
        """As the page draws it: without cameras that hang elsewhere by now, or are gone."""
        here = self.cameras(plan.place)
        return {
            "place": plan.place,
            "version": plan.version,
            "width": plan.width,
            "height": plan.height,
            "spots": {name: spot.model_dump() for name, spot in plan.spots.items() if name in here},
        }

    def draw(self, place: str, data: bytes, caller: Principal) -> Plan:
        """One upload at a time: each takes a processor and some hundred megabytes for a moment. Blocks.

        Raises PlanRefused, StoreError.
        """
        with self._turn:
            plan = self.store.draw(place, prepared(data))
        self.note(place, "picture", caller)
        return plan

    def hang(self, place: str, given: SpotsIn, caller: Principal) -> Plan:
        """Blocks. Raises PlanStale, StoreError."""
        plan = self.store.hang(place, given.spots, given.version)
        self.note(place, "cameras", caller)
        return plan

    def remove(self, place: str, caller: Principal) -> None:
        """Whether there was one or not. Blocks. Raises StoreError."""
        if self.store.remove(place):
            self.note(place, "removed", caller)

    def note(self, place: str, what: str, caller: Principal) -> None:
        """Put on record who changed a plan, and what of it."""
        entry = Entry(Kind.CHANGED_PLAN, place, caller.name, caller.via, {"what": what}, account=caller.account)
        self._recorder.note(entry)


def plans_router(own: Own, plans: Plans) -> APIRouter:
    """Refused pictures and stale plans are turned into answers in `alerts.web.app`."""
    router = APIRouter(prefix="/api/plans")
    OwnArea = Annotated[Area | None, Depends(own.area)]
    OwnPlace = Annotated[str, Depends(own.place)]

    @router.get("", dependencies=[needs(Permission.SEE)])
    async def every(area: OwnArea) -> dict[str, Any]:
        """Of all places that are theirs."""
        return {"plans": [plans.out(plan) for plan in plans.store.all() if own.has_place(plan.place, area)]}

    @router.get("/{place}/picture", **answers_with("image/webp"), dependencies=[needs(Permission.SEE)])
    async def picture(place: OwnPlace) -> Response:
        plan = plans.store.get(place)
        if plan is None or not (path := plans.store.picture(plan)).is_file():
            raise HTTPException(404, "no plan")
        return FileResponse(path, media_type="image/webp")

    @router.put("/{place}/picture", **takes("application/octet-stream"), dependencies=[needs(Permission.ADMIN)])
    async def draw(place: OwnPlace, request: Request, caller: Caller) -> dict[str, Any]:
        """The body is the file: PNG, JPEG or WebP, 8 MB at most."""
        return plans.out(await asyncio.to_thread(plans.draw, place, await request.body(), caller))

    @router.put("/{place}/spots", dependencies=[needs(Permission.ADMIN)])
    async def hang(place: OwnPlace, given: SpotsIn, caller: Caller) -> dict[str, Any]:
        if strangers := given.spots.keys() - set(plans.cameras(place)):
            raise HTTPException(422, f"not a camera of this place: {', '.join(sorted(strangers))}")
        return plans.out(await asyncio.to_thread(plans.hang, place, given, caller))

    @router.delete("/{place}", **NO_BODY, dependencies=[needs(Permission.ADMIN)])
    async def remove(place: OwnPlace, caller: Caller) -> Response:
        await asyncio.to_thread(plans.remove, place, caller)
        return Response(status_code=204)

    return router
