"""Changes of alerts on their way to browsers (server-sent events): a bounded memory and bounded queues."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Self

from alerts.alert import Alert
from alerts.lifecycle import ChangeKind

REPLAY = 512
"""Events that are kept for a browser that comes back with `Last-Event-ID`."""

QUEUE = 256
"""Events that may wait for one browser before it is cut off."""


@dataclass(frozen=True, slots=True)
class Event:
    """A change as it goes to a browser. id: grows with each event, over restarts too. alert: as it was then."""

    id: int
    kind: ChangeKind
    alert: Alert


class Subscription(AsyncIterator[Event]):
    """One reader: `with desk.subscribe(last_event_id) as events: async for event in events: …`.

    The iteration ends when the subscription does; `ended` then says why: "closed", or "overflow" if the reader was
    too slow (the browser reconnects and fetches the list again).
    missed: events since `last_event_id` are lost (too many, or of another run): fetch the list again first.
    """

    def __init__(self, replay: Sequence[Event], missed: bool, forget: Callable[["Subscription"], None]) -> None:
        """Call it in the event loop that will read it."""
        self.missed = missed
        self.ended = ""
        self._forget = forget
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._lock = threading.Lock()
        self._waiting: deque[Event] = deque(replay)
        self._room = QUEUE + len(replay)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __anext__(self) -> Event:
        while True:
            with self._lock:
                if self._waiting:
                    return self._waiting.popleft()
                if self.ended:
                    raise StopAsyncIteration
                self._wake.clear()
            await self._wake.wait()

    def close(self) -> None:
        """End it; harmless twice, and from any thread."""
        self._end("closed")

    def offer(self, event: Event) -> bool:
        """From any thread; never waits. False: the reader was too slow and has just been cut off."""
        with self._lock:
            if self.ended:
                return True
            overflow = len(self._waiting) >= self._room
            if not overflow:
                self._waiting.append(event)
        if overflow:
            self._end("overflow")
            return False
        self._call()
        return True

    def _end(self, reason: str) -> None:
        with self._lock:
            if self.ended:
                return
            self.ended = reason
            self._waiting.clear()
        self._forget(self)
        self._call()

    def _call(self) -> None:
        """Wake the reader, once for any number of events: the flag is set only while it is clear."""
        if self._wake.is_set():
            return
        try:
            self._loop.call_soon_threadsafe(self._wake.set)
        except RuntimeError:  # the reader's loop is closed; nobody reads any more
            self.ended = self.ended or "closed"


class EventHub:
    """Hands events to all readers. Thread-safe. `overflows` counts readers that were cut off. `run` is another after
    each start: what an earlier one told of and had not stored is as if it had never been."""

    def __init__(self, first_id: int) -> None:
        """first_id: above every id of earlier runs; milliseconds since 1970 serve."""
        self._lock = threading.Lock()
        self.run = self._next_id = first_id
        self._kept: deque[Event] = deque(maxlen=REPLAY)
        self._readers: set[Subscription] = set()
        self.overflows = 0

    def publish(self, kind: ChangeKind, alert: Alert) -> Event:
        """To all readers, in order."""
        with self._lock:
            event = Event(self._next_id, kind, alert)
            self._next_id += 1
            self._kept.append(event)
            self.overflows += sum(not reader.offer(event) for reader in tuple(self._readers))
        return event

    def subscribe(self, last_event_id: int | None) -> Subscription:
        """From now on, or from after that event if all that followed is still kept."""
        with self._lock:
            replay: list[Event] = []
            missed = False
            if last_event_id is not None:
                oldest = self._kept[0].id if self._kept else self._next_id
                missed = not oldest - 1 <= last_event_id < self._next_id
                replay = [] if missed else [event for event in self._kept if event.id > last_event_id]
            reader = Subscription(replay, missed, self._forget)
            self._readers.add(reader)
        return reader

    def close(self) -> None:
        """End all subscriptions."""
        for reader in tuple(self._readers):
            reader.close()

    @property
    def readers(self) -> int:
        """How many are subscribed."""
        return len(self._readers)

    def _forget(self, reader: Subscription) -> None:
        self._readers.discard(reader)
