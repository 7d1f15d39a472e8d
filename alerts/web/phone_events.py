"""Server-sent events for phones: which alerts have changed, and no more. What there is to see is asked for then, by the
same routes as without a stream, so that a phone that cannot keep one open polls and is shown the same.

Little goes over the line: no word of what a camera merely sees on, one word for what comes within a second, and a beat
every ten seconds by which the page knows that the line is alive. Phones have places of their own: however many there
are, they take none from a console.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import APIRouter, HTTPException
from fastapi.responses import StreamingResponse

from alerts.access.principal import Principal
from alerts.access.roles import Permission
from alerts.db.rows import OperatorSession
from alerts.desk import Desk, Event, Subscription
from alerts.lifecycle import ChangeKind
from alerts.web.answered import answers_with
from alerts.web.caller import Caller, needs
from alerts.web.entry import InSession
from alerts.web.events import HEARTBEAT_S, next_of, sse
from alerts.web.open_streams import OpenStreams
from streams.clock import Clock

MOST_STREAMS = 200
MOST_NAMED = 30
"""Alerts of one word; of more it is only said that there are some."""
APART_S = 1.0
POLL_S = 1.0
_RETRY_MS = 5000


class PhoneStreams(OpenStreams):
    """All open streams of phones. Ended as those of consoles are (`alerts.web.overstay`)."""

    def __init__(self, desk: Desk, still_in: Callable[[OperatorSession], Awaitable[bool]], clock: Clock) -> None:
        """still_in: whether a session that was good still is."""
        super().__init__()
        self._desk, self._still_in, self._clock = desk, still_in, clock

    async def stream(self, caller: Principal, session: OperatorSession) -> AsyncIterator[bytes]:
        """What one phone is sent, until it leaves, logs out or falls behind."""
        with self._opened(caller.session) as ending, self._desk.subscribe() as events:
            closing = asyncio.create_task(ending.wait())
            begun_s = self._clock.monotonic_s()
            try:
                yield f"retry: {_RETRY_MS}\n".encode() + sse("hello", {})
                async for word in self._words(events, caller, session, closing, begun_s):
                    yield word
            finally:
                closing.cancel()

    async def _words(
        self,
        events: Subscription,
        caller: Principal,
        session: OperatorSession,
        closing: asyncio.Task[bool],
        begun_s: float,
    ) -> AsyncIterator[bytes]:
        changed: dict[str, None] = {}
        told_s, beat_s = float("-inf"), begun_s
        waiting: asyncio.Task[Event | None] = asyncio.create_task(next_of(events))
        try:
            while not closing.done():
                if waiting.done():
                    event = waiting.result()
                    if event is None:
                        return
                    if event.kind is not ChangeKind.UPDATED and self._is_theirs(caller, event):
                        changed[event.alert.id] = None
                    waiting = asyncio.create_task(next_of(events))
                now_s = self._clock.monotonic_s()
                if changed and now_s - told_s >= APART_S:
                    yield sse("news", {"alerts": list(changed) if len(changed) <= MOST_NAMED else None})
                    told_s, changed = now_s, {}
                if now_s - beat_s >= HEARTBEAT_S:
                    beat_s = now_s
                    if not await self._still_in(session):
                        return
                    yield sse("beat", {})
                await asyncio.wait({waiting, closing}, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

    def _is_theirs(self, caller: Principal, event: Event) -> bool:
        area = caller.area(self._desk.registry)
        return area is None or area.has(event.alert)


def phone_events_router(streams: PhoneStreams) -> APIRouter:
    """GET /api/phone/events."""
    router = APIRouter()

    @router.get("/api/phone/events", **answers_with("text/event-stream"), dependencies=[needs(Permission.SEE)])
    async def events(caller: Caller, session: InSession) -> StreamingResponse:
        """`news`: ids of alerts that have changed, null for many; `beat`: the line is alive."""
        if streams.count >= MOST_STREAMS:
            raise HTTPException(503, "too many phones", headers={"retry-after": "30"})
        headers = {"x-accel-buffering": "no"}
        return StreamingResponse(streams.stream(caller, session), media_type="text/event-stream", headers=headers)

    return router
