"""Server-sent events: changes of alerts (with ids, so that a browser that lost the line gets what it missed) and of
camera health; a beat every ten seconds, so that a dead line is noticed at both ends.

A stream carries what is its caller's, as the site is registered when it is sent, also of what was missed. One whose
session ends, or whose account may do something else now, is ended, and may be asked for anew.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from alerts.access.principal import Principal
from alerts.access.roles import Permission
from alerts.db.rows import OperatorSession
from alerts.desk import Desk, Event, Subscription
from alerts.web.alerts_api import alert_out
from alerts.web.answered import answers_with
from alerts.web.caller import Caller, needs
from alerts.web.cameras_api import Cameras
from alerts.web.entry import InSession
from alerts.web.open_streams import OpenStreams
from alerts.web.refused import Coded
from streams.clock import Clock

log = logging.getLogger(__name__)

HEARTBEAT_S = 10.0
HEALTH_POLL_S = 1.0
MAX_STREAMS = 32
_RETRY_MS = 2000


def sse(event: str, data: Any, event_id: int | None = None) -> bytes:
    """One event as it goes over the line."""
    head = "" if event_id is None else f"id: {event_id}\n"
    return f"{head}event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


class EventStreams(OpenStreams):
    """All open streams of consoles."""

    def __init__(
        self,
        desk: Desk,
        cameras: Cameras,
        still_in: Callable[[OperatorSession], Awaitable[bool]],
        clock: Clock,
        status: Callable[[], Mapping[str, Any]],
    ) -> None:
        """still_in: whether a session, or a token, that was good still is. status: what is wrong with the disk and the
        store."""
        super().__init__()
        self._status = status
        self._desk = desk
        self._cameras = cameras
        self._still_in = still_in
        self._clock = clock

    @property
    def full(self) -> bool:
        """Whether no more are served."""
        return self.count >= MAX_STREAMS

    def status(self, caller: Principal) -> dict[str, Any]:
        """What is wrong as a whole. What is wrong with the settings names places and cameras: it is not for those who
        are limited to some."""
        return {**self._status(), "settings": "", "problems": []} if caller.is_limited else dict(self._status())

    async def stream(
        self, caller: Principal, session: OperatorSession, last_event_id: int | None
    ) -> AsyncIterator[bytes]:
        """What one browser is sent, until it leaves, logs out or falls behind. session: of the caller."""
        start_s = self._clock.monotonic_s()
        with self._opened(caller.session) as ending, self._desk.subscribe(last_event_id) as events:
            hello = {"now": self._clock.now().isoformat(), "missed": events.missed, "run": self._desk.run}
            yield f"retry: {_RETRY_MS}\n".encode() + sse("hello", hello)
            async for chunk in self._merged(events, caller, session, ending, start_s):
                yield chunk

    async def _merged(
        self, events: Subscription, caller: Principal, session: OperatorSession, ending: asyncio.Event, beat_s: float
    ) -> AsyncIterator[bytes]:
        health: dict[str, Any] = {}
        known, registry = self._cameras.configs, self._desk.registry
        area = caller.area(registry)
        silenced = self._desk.muting.silences.changes
        status: Mapping[str, Any] = {}
        waiting: asyncio.Task[Event | None] = asyncio.create_task(next_of(events))
        closing = asyncio.create_task(ending.wait())
        try:
            while not closing.done():
                if waiting.done():
                    event = waiting.result()
                    if event is None:
                        return
                    area = caller.area(self._desk.registry)
                    if area is None or area.has(event.alert):
                        yield sse("alert", {"kind": event.kind, "alert": alert_out(event.alert)}, event.id)
                    waiting = asyncio.create_task(next_of(events))
                if known != self._cameras.configs or registry is not self._desk.registry:
                    known, registry = self._cameras.configs, self._desk.registry
                    area = caller.area(registry)
                    yield sse("cameras", {})  # the page asks for them and their places anew
                if silenced != self._desk.muting.silences.changes:
                    silenced = self._desk.muting.silences.changes
                    yield sse("muting", {})  # likewise
                if status != (now := self.status(caller)):
                    status = now
                    yield sse("status", now)
                for name, state in self._cameras.health(area).items():
                    if _shown(health.get(name)) != _shown(state):
                        yield sse("camera", {"name": name, "health": state})
                    health[name] = state
                if self._clock.monotonic_s() - beat_s >= HEARTBEAT_S:
                    beat_s = self._clock.monotonic_s()
                    if not await self._still_in(session):
                        return
                    yield sse("beat", {})
                await asyncio.wait({waiting, closing}, timeout=HEALTH_POLL_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            closing.cancel()
            await asyncio.gather(waiting, closing, return_exceptions=True)


async def next_of(events: Subscription) -> Event | None:
    try:
        return await anext(events)
    except StopAsyncIteration:
        return None


def _shown(health: dict[str, Any] | None) -> Any:
    """The part of a camera's health whose change is worth telling."""
    return health and (health["state"], health["since"], health["detail"], health["troubles"])


def events_router(streams: EventStreams) -> APIRouter:
    """GET /api/events and /api/status."""
    router = APIRouter()

    @router.get("/api/status", dependencies=[needs(Permission.SEE)])
    async def status(caller: Caller) -> dict[str, Any]:
        """What is wrong with the disk, the store and the settings."""
        return streams.status(caller)

    @router.get("/api/events", **answers_with("text/event-stream"), dependencies=[needs(Permission.SEE)])
    async def events(
        caller: Caller, session: InSession, last_event_id: Annotated[str, Header()] = ""
    ) -> StreamingResponse:
        if streams.full:
            raise Coded(503, "too_many_consoles", "too many open consoles", {"retry-after": "30"})
        last = int(last_event_id) if last_event_id.isdecimal() and len(last_event_id) < 19 else None
        headers = {"x-accel-buffering": "no"}
        return StreamingResponse(streams.stream(caller, session, last), media_type="text/event-stream", headers=headers)

    return router
