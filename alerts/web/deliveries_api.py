"""The outbox over HTTP: who was told of an alert and why, dead letters, and sending them again."""

import asyncio
import logging
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import Field

from alerts.access.principal import Area
from alerts.access.roles import Permission
from alerts.alert import Alert
from alerts.db.codec import time_text
from alerts.db.rows import Delivery
from alerts.desk import Desk
from alerts.web.caller import Caller, needs
from alerts.web.named import Named, actor_of
from alerts.web.own import Own

log = logging.getLogger(__name__)
_SHOWN = ("id", "channel", "person", "kind", "rung", "reason", "attempts", "last_error", "superseded_reason")
_TIMES = ("created_at", "not_before", "delivered_at", "dead_at", "superseded_at", "expires_at")
Cursor = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}Z_[0-9A-Za-z_-]{1,64}$")]
"""When the last dead letter of the page before was given up, and its id."""
DeliveryId = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]


class Resend(Named):
    """Which."""

    ids: list[DeliveryId] = Field(min_length=1, max_length=200)


def delivery_out(delivery: Delivery) -> dict[str, Any]:
    """As the page gets it. together: how many further alerts the same notice tells of. hazard, place: of its alert."""
    times = {name: getattr(delivery, name) for name in _TIMES}
    return {
        **{name: getattr(delivery, name) for name in _SHOWN},
        **{name: None if value is None else time_text(value) for name, value in times.items()},
        "alert": delivery.alert_id,
        "severity": delivery.severity,
        "hazard": delivery.payload.get("hazard", ""),
        "place": delivery.payload.get("place") or delivery.payload.get("camera", ""),
        "state": delivery.state,
        "together": len(delivery.also or ()),
    }


def cursor_of(delivery: Delivery) -> str:
    """Where the page after it begins: also once it is sent again, and no dead letter any more."""
    assert delivery.dead_at is not None
    return f"{time_text(delivery.dead_at)}_{delivery.id}"


def read_cursor(cursor: str) -> tuple[datetime, str]:
    """What `cursor_of` has made. Raises HTTPException for a day that there is not."""
    at, _, delivery_id = cursor.partition("_")
    try:
        return datetime.fromisoformat(at), delivery_id
    except ValueError:
        raise HTTPException(422, "before: expected what the page before calls next") from None


def deliveries_router(own: Own, desk: Desk) -> APIRouter:
    """Blocking work is done in threads."""
    router = APIRouter(prefix="/api")
    OwnArea = Annotated[Area | None, Depends(own.area)]
    OwnAlert = Annotated[Alert, Depends(own.alert)]

    @router.get("/alerts/{alert_id}/deliveries", dependencies=[needs(Permission.DELIVERIES)])
    async def of_alert(alert: OwnAlert) -> dict[str, Any]:
        found = await asyncio.to_thread(desk.deliveries, alert.id)
        return {"deliveries": [delivery_out(one) for one in found]}

    @router.get("/deliveries/dead", dependencies=[needs(Permission.DELIVERIES)])
    async def dead(
        area: OwnArea,
        before: Annotated[Cursor | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> dict[str, Any]:
        """What was given up, newest first."""
        found = await asyncio.to_thread(desk.dead_letters, limit, area, read_cursor(before) if before else None)
        after = cursor_of(found[-1]) if len(found) == limit else None
        return {"deliveries": [delivery_out(one) for one in found], "next": after}

    @router.post("/deliveries/resend", dependencies=[needs(Permission.RESEND)])
    async def resend(area: OwnArea, given: Resend, caller: Caller) -> dict[str, int]:
        """Only what was given up is tried again, and only what is the caller's."""
        by = actor_of(caller, given)
        found = await asyncio.to_thread(desk.resend, given.ids, by, area)
        log.info("console: %s sends %d dead letters again", by.name, found)
        return {"resent": found}

    return router
