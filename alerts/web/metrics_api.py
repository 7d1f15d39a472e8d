"""/metrics, for Prometheus: behind the same door as everything else, by a token with the scope `metrics`."""

import asyncio

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from alerts.access.roles import Permission
from alerts.metrics.instruments import Metrics
from alerts.web.caller import needs


class Exposition(Response):
    """The text that Prometheus reads."""

    media_type = CONTENT_TYPE_LATEST


def metrics_router(metrics: Metrics) -> APIRouter:
    """One answer at a time is made, in a thread: who asks too often waits for nobody but himself."""
    router = APIRouter()
    turn = asyncio.Lock()

    @router.get("/metrics", response_class=Exposition, dependencies=[needs(Permission.METRICS)])
    async def scrape() -> Exposition:
        """Of the whole site: `Principal.may` refuses it to whoever is limited to a part."""
        async with turn:
            return Exposition(await asyncio.to_thread(metrics.text))

    return router
