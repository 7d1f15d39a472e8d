"""The outbox over HTTP: who was told of an alert and why, dead letters, and sending them again."""

import asyncio
import logging
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from alerts.db.codec import time_text
from alerts.db.rows import Delivery
from alerts.desk import Desk
from alerts.web.alerts_api import AlertId
from alerts.web.entry import InSession

log = logging.getLogger(__name__)
_SHOWN = ("id", "channel", "person", "kind", "rung", "reason", "attempts", "last_error", "superseded_reason")
_TIMES = ("created_at", "not_before", "delivered_at", "dead_at", "superseded_at", "expires_at")
DeliveryId = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]


class Resend(BaseModel):
    """Which."""

    model_config = ConfigDict(extra="forbid")

    ids: list[DeliveryId] = Field(min_length=1, max_length=200)


def delivery_out(delivery: Delivery) -> dict[str, Any]:
    """As the page gets it. together: how many further alerts the same notice tells of."""
    times = {name: getattr(delivery, name) for name in _TIMES}
    return {
        **{name: getattr(delivery, name) for name in _SHOWN},
        **{name: None if value is None else time_text(value) for name, value in times.items()},
        "alert": delivery.alert_id,
        "state": delivery.state,
        "together": len(delivery.also or ()),
    }


def deliveries_router(desk: Desk) -> APIRouter:
    """Blocking work is done in threads."""
    router = APIRouter(prefix="/api")

    @router.get("/alerts/{alert_id}/deliveries")
    async def of_alert(alert_id: AlertId) -> dict[str, Any]:
        found = await asyncio.to_thread(desk.deliveries, alert_id)
        return {"deliveries": [delivery_out(one) for one in found]}

    @router.get("/deliveries/dead")
    async def dead(limit: Annotated[int, Query(ge=1, le=200)] = 50) -> dict[str, Any]:
        found = await asyncio.to_thread(desk.dead_letters, limit)
        return {"deliveries": [delivery_out(one) for one in found]}

    @router.post("/deliveries/resend")
    async def resend(given: Resend, session: InSession) -> dict[str, int]:
        """Only what was given up is tried again."""
        found = await asyncio.to_thread(desk.resend, given.ids, by=session.name)
        log.info("console: %s sends %d dead letters again", session.name or "an operator", found)
        return {"resent": found}

    return router
