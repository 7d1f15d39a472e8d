"""Pictures of notices whose text has arrived: sent when there is room, and left out rather than late."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from alerts.notifiers.base import Full, Notice, Outcome, Retry
from streams.clock import Clock, sleep_s

_log = logging.getLogger(__name__)

MOST_WAITING = 16
"""Pictures that wait; of more the oldest is left out: the newest shows how it is."""
LATEST_S = 300.0
"""After so long a picture is no help any more, seconds."""
TRIES = 3
PAUSE_S = 1.0
"""Between two looks whether there is room, and after a failure, seconds."""

Send = Callable[[Notice], Awaitable[Outcome]]


class PicturesLater:
    """One after the other, in the order of their texts. Kept in memory: after a kill the texts stand without them.

    Used from one event loop. left_out: how many never went.
    """

    def __init__(self, send: Send, clock: Clock) -> None:
        """send: one attempt; it is asked again after `Retry` and `Full`."""
        self._send, self._clock = send, clock
        self._waiting: deque[tuple[Notice, float]] = deque()
        self._task: asyncio.Task[None] | None = None
        self.left_out = 0

    def add(self, notice: Notice) -> None:
        """Its text has just arrived."""
        while len(self._waiting) >= MOST_WAITING:
            self._leave_out(self._waiting.popleft()[0], "too many wait")
        self._waiting.append((notice, self._clock.monotonic_s() + LATEST_S))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="pictures later")

    async def close(self) -> None:
        """What still waits is left out; an attempt under way is broken off."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for notice, _ in self._waiting:
            self._leave_out(notice, "the watch ends")
        self._waiting.clear()

    async def _run(self) -> None:
        while self._waiting:
            notice, latest_s = self._waiting.popleft()
            if reason := await self._through(notice, latest_s):
                self._leave_out(notice, reason)

    async def _through(self, notice: Notice, latest_s: float) -> str:
        """Why it could not be sent; "" if it was."""
        failures = 0
        while True:
            try:
                outcome = await self._send(notice)
            except Exception as error:  # noqa: BLE001 - a picture must not end the others' task
                _log.exception("the picture of notice %s", notice.id)
                outcome = Retry(type(error).__name__)
            match outcome:
                case Full(reason):
                    pass
                case Retry(reason):
                    failures += 1
                case _:
                    return getattr(outcome, "reason", "")
            if failures == TRIES or self._clock.monotonic_s() >= latest_s:
                return reason
            await sleep_s(PAUSE_S)

    def _leave_out(self, notice: Notice, reason: str) -> None:
        self.left_out += 1
        _log.warning("notice %s stands without its picture: %s", notice.id, reason)
