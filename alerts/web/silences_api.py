"""Silences over HTTP: what is muted now and why, who silenced what, begin one, end one."""

import asyncio
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from alerts.access.principal import Area
from alerts.access.roles import Permission
from alerts.db.codec import time_text
from alerts.desk import Desk
from alerts.mute.muting import MutedNow
from alerts.mute.rules import Scope, ScopeKind, Silence, SilenceKind, muted_out
from alerts.mute.silences import Order
from alerts.web.access import clean_text
from alerts.web.caller import Caller, needs
from alerts.web.named import Named, actor_of
from alerts.web.own import Own

MAX_REASON = 200
SilenceId = Annotated[str, Path(pattern=r"^[0-9A-Z]{26}$")]


class NewSilence(Named):
    """scope: the id of a place (`site`: everywhere), a camera's name, a hazard, `hazard@camera` or an alert's id.
    fire: flames too. again: the same was sent within the last ten minutes and had no answer; if it was taken, that one
    counts, and no second one begins."""

    kind: SilenceKind = SilenceKind.SHELF
    scope_kind: ScopeKind
    scope: str = Field(min_length=1, max_length=130)
    reason: str = Field(min_length=1, max_length=MAX_REASON)
    minutes: float = Field(gt=0, le=60 * 24 * 366, allow_inf_nan=False)
    fire: bool = False
    again: bool = False


def silence_out(silence: Silence) -> dict[str, Any]:
    """As the page gets it."""
    return {
        "id": silence.id,
        "kind": silence.kind,
        "scope_kind": silence.scope.kind,
        "scope": silence.scope.value,
        "reason": silence.reason,
        "by": silence.by,
        "begun_at": time_text(silence.begun_at),
        "ends_at": time_text(silence.ends_at),
        "fire": silence.fire,
        "ended_at": time_text(silence.ended_at) if silence.ended_at else None,
        "ended_by": silence.ended_by,
    }


def muting_out(now: MutedNow) -> dict[str, Any]:
    """What is muted now. muted: alert id → why; alerts that are open only."""
    config = now.limits
    return {
        "silences": [silence_out(silence) for silence in now.silences],
        "quiet": [{"name": hours.name, "until": time_text(ends)} for hours, ends in now.quiet],
        "muted": {name: muted_out(muted) for name, muted in now.muted.items()},
        "limits": {"shelf_h": config.longest_h, "fire_h": config.longest_fire_h, "drill_h": config.longest_drill_h},
    }


def silences_router(own: Own, desk: Desk) -> APIRouter:
    """Errors are turned into answers in `alerts.web.app`."""
    router = APIRouter(prefix="/api")
    OwnArea = Annotated[Area | None, Depends(own.area)]

    @router.get("/muting", dependencies=[needs(Permission.SEE)])
    async def muting(area: OwnArea) -> dict[str, Any]:
        return muting_out(await asyncio.to_thread(desk.muted_now, area))

    @router.get("/silences", dependencies=[needs(Permission.SEE)])
    async def silences(
        area: OwnArea,
        before: Annotated[str | None, Query(pattern=r"^[0-9A-Z]{26}$")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> dict[str, Any]:
        """All that ever were, the newest first; of those that reach what is the caller's."""
        page = await asyncio.to_thread(desk.silences, before, limit, area)
        after = page[-1].id if len(page) == limit else None
        return {"silences": [silence_out(one) for one in page], "next": after}

    @router.post("/silences", dependencies=[needs(Permission.SILENCE)])
    async def begin(area: OwnArea, given: NewSilence, caller: Caller) -> dict[str, Any]:
        """Somebody who is limited to places silences nothing beyond them."""
        by = actor_of(caller, given)
        order = Order(
            kind=given.kind,
            scope=Scope(given.scope_kind, given.scope),
            reason=clean_text(given.reason, MAX_REASON),
            by=by.name,
            lasts=timedelta(minutes=given.minutes),
            fire=given.fire,
            again=given.again,
            via=by.via,
            account=by.account,
        )
        return silence_out(await asyncio.to_thread(desk.silence, order, area))

    @router.post("/silences/{silence_id}/end", dependencies=[needs(Permission.SILENCE)])
    async def end(area: OwnArea, silence_id: SilenceId, given: Named, caller: Caller) -> dict[str, Any]:
        """Likewise: what reaches beyond somebody's places is for somebody else to end."""
        by = actor_of(caller, given)
        return silence_out(await asyncio.to_thread(desk.end_silence, silence_id, by, area))

    return router
