"""/metrics, for Prometheus: behind the same door as everything else, by a token with the scope `metrics`."""

import asyncio
from collections.abc import Callable

from fastapi import APIRouter, HTTPException, Response
from prometheus_client import CONTENT_TYPE_LATEST

from alerts.access.roles import Permission
from alerts.metrics.instruments import Metrics
from alerts.registry.registry import Registry
from alerts.web.caller import Caller, needs


class Exposition(Response):
    """The text that Prometheus reads."""

    media_type = CONTENT_TYPE_LATEST


def metrics_router(metrics: Metrics, registry: Callable[[], Registry]) -> APIRouter:
    """One answer at a time is made, in a thread: who asks too often waits for nobody but himself."""
    router = APIRouter()
    turn = asyncio.Lock()

    @router.get("/metrics", response_class=Exposition, dependencies=[needs(Permission.METRICS)])
    async def scrape(caller: Caller) -> Exposition:
        """Of the whole site: nothing of it is for somebody who is limited to a part."""
        if caller.area(registry()) is not None:
            raise HTTPException(403, "metrics are of the whole site")
        async with turn:
            return Exposition(await asyncio.to_thread(metrics.text))

    return router
