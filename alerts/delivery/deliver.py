"""Empties the outbox: takes what is due, sends it, and writes down what became of it.

At least once: a notice is marked as delivered after the receiver has taken it, so a kill in between sends it again
under the same id. Each channel has one worker for fire and one for the rest: a slow receiver holds up no other, and
a flood of clutter holds up no fire. Within a channel fire goes first; whether it answers is kept in
`alerts.delivery.outlet`.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Self

from alerts.alert import Alert
from alerts.db.codec import from_json
from alerts.db.rows import Delivery
from alerts.db.store import Store
from alerts.delivery.fate import Fate
from alerts.delivery.outlet import YIELD_S, Outlet, backoff_s
from alerts.errors import StoreError
from alerts.notifiers.base import Delivered, Full, Notice, Notifier, Outcome, Rejected, Retry, Standing
from alerts.registry.registry import Place
from alerts.routing.recipient import EVERYBODY, Recipient
from alerts.track.answer_links import AnswerLinks
from streams.clock import Clock
from vision.rule import Severity

_log = logging.getLogger(__name__)

POLL_S = 1.0
"""The outbox is looked at this often, seconds, and at once when something new was committed."""
LONGEST_PAUSE_S = 2.0
"""A worker whose database or code fails tries again at least this often, seconds."""
STOP_S = 10.0


Whom = Callable[[str, str], Recipient | None]
"""A person's id and a channel → how to tell that person there now; None: it is not possible any more."""


class Deliverer:
    """`async with Deliverer(store, build_notifiers(settings), clock, rng):` sends until the block ends.

    notifiers: channel → notifier; they are closed at the end. `errors` counts what should not have happened.
    """

    def __init__(
        self,
        store: Store,
        notifiers: Mapping[str, Notifier],
        clock: Clock,
        rng: random.Random,
        where: Callable[[Alert], Place | None] = lambda alert: None,
        links: AnswerLinks | None = None,
        *,
        whom: Whom = lambda person, channel: Recipient(person),
        on_tried: Callable[[Delivery, Fate], None] = lambda delivery, fate: None,
        poll_s: float = POLL_S,
        listen: bool = True,
    ) -> None:
        """where: an alert's place as it is known at the moment of sending. links: what notices are answered with.
        whom: looks people up at that moment. on_tried: told, on the event loop, what became of each attempt.

        poll_s: how often to look unasked, seconds. listen: look after each commit, too; else only after `wake`.
        """
        self._poll_s, self._listen = poll_s, listen
        self._store = store
        self._notifiers = dict(notifiers)
        self._clock = clock
        self._rng = rng
        self._where = where
        self._links = links
        self._whom, self._on_tried = whom, on_tried
        self._outlets: dict[str, Outlet] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wakes: list[asyncio.Event] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self._unmarked: dict[str, Delivered] = {}
        self.errors = 0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the workers; what an earlier run left is sent at once."""
        self._loop = asyncio.get_running_loop()
        self._stopping = False
        for notifier in self._notifiers.values():
            if isinstance(notifier, Standing):
                notifier.start()
        self._outlets = {channel: Outlet(self._rng) for channel in self._notifiers}
        for channel in self._notifiers:
            for severity in Severity:
                wake = asyncio.Event()
                self._wakes.append(wake)
                name = f"deliver {channel} {severity.value}"
                self._tasks.append(asyncio.create_task(self._work(channel, severity, wake), name=name))
        if self._listen:
            self._store.listen(self.wake)

    async def stop(self) -> None:
        """Let the attempts under way end, for at most 10 s, then stop the workers and close the notifiers."""
        if self._loop is None:
            return
        self._stopping = True
        if self._listen:
            self._store.unlisten(self.wake)
        self._wake_all()
        for outlet in self._outlets.values():
            outlet.calm.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=STOP_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        for notifier in self._notifiers.values():
            await notifier.close()
        self._tasks, self._wakes, self._loop = [], [], None

    def wake(self) -> None:
        """Look at the outbox now. Thread-safe."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just been closed; nobody sends any more
                loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        for wake in self._wakes:
            wake.set()

    async def _work(self, channel: str, severity: Severity, wake: asyncio.Event) -> None:
        failures = 0
        while not self._stopping:
            wake.clear()
            try:
                busy = await self._one(channel, severity)
                failures = 0
            except Exception as error:  # noqa: BLE001 - a worker never dies; it says so, counts, and waits
                failures += 1
                self.errors += 1
                if not isinstance(error, StoreError):
                    _log.exception("delivery to %s (%s) failed, %d times in a row", channel, severity, failures)
                elif failures == 1:  # it will be told by whoever writes, too
                    _log.error("delivery to %s (%s) waits for the database: %s", channel, severity, error)
                await _wait(wake, min(LONGEST_PAUSE_S, 2.0 ** min(failures - 1, 6)))
                continue
            if not busy:
                anxious = severity is Severity.FIRE and self._outlets[channel].failing
                await _wait(wake, min(POLL_S, self._poll_s) if anxious else self._poll_s)

    async def _one(self, channel: str, severity: Severity) -> bool:
        """Try the most urgent delivery that may go. False: none is there."""
        outlet = self._outlets[channel]
        now_s = self._clock.monotonic_s()
        shut = outlet.shut(severity, now_s)
        if not outlet.has_room(severity, now_s) or (shut and severity is not Severity.FIRE):
            outlet.busy(severity, False)
            return False
        found = await asyncio.to_thread(self._store.take, channel, self._clock.now(), severity, fresh=shut)
        outlet.busy(severity, found is not None)
        if found is None:
            return False
        if outlet.yields(severity) and await self._give_way(outlet, severity):
            return True  # what is due may be another one by now
        # Unmarked: it arrived before, but the database did not take that down.
        await self._record(found, self._unmarked.get(found.id) or await self._send(self._notifiers[channel], found))
        return True

    async def _give_way(self, outlet: Outlet, severity: Severity) -> bool:
        """Wait until nothing more urgent is to be sent on this channel; False: that takes too long."""
        try:
            async with asyncio.timeout(YIELD_S):
                while outlet.yields(severity) and not self._stopping:
                    outlet.calm.clear()
                    await outlet.calm.wait()
        except TimeoutError:
            return False
        return True

    async def _send(self, notifier: Notifier, delivery: Delivery) -> Outcome:
        try:
            alert = from_json(delivery.payload)
            also = tuple(from_json(one) for one in delivery.also or ())
        except (KeyError, TypeError, ValueError) as error:
            return Rejected(f"its row cannot be read: {type(error).__name__}")
        recipient = self._recipient(delivery)
        if recipient is None:
            return Rejected(f"{delivery.person} is no longer told by this channel")
        notice = Notice(
            delivery.id,
            delivery.kind,
            delivery.created_at,
            alert,
            delivery.attempts + 1,
            recipient=recipient,
            also=also,
            rung=delivery.rung,
            reason=delivery.reason,
            where=self._where(alert),
            exercise=alert.exercise,
            answers=self._links.urls(delivery.id, delivery.kind) if self._links else {},
        )
        try:
            return await notifier.send(notice)
        except Exception as error:  # noqa: BLE001 - one bad notifier must not lose the notice
            self.errors += 1
            _log.exception("notifier %s failed unexpectedly", delivery.channel)
            return Retry(f"the notifier failed: {type(error).__name__}")

    def _recipient(self, delivery: Delivery) -> Recipient | None:
        """Whom it is for, as things are now; None: that person cannot be told there any more."""
        named = Recipient(delivery.person) if delivery.person else EVERYBODY
        return named if named == EVERYBODY or named.number else self._whom(delivery.person, delivery.channel)

    async def _record(self, delivery: Delivery, outcome: Outcome) -> None:
        match outcome:
            case Delivered(missed):
                self._unmarked[delivery.id] = outcome
                now = self._clock.now()
                await asyncio.to_thread(self._store.mark_delivered, delivery.id, now, self._links, missed)
                del self._unmarked[delivery.id]
                for number, one in missed.items():
                    _log.error("notice %s to %s: receiver %d: %s", delivery.id, delivery.channel, number, one.reason)
                self._on_tried(delivery, Fate.DELIVERED)
                await self._answered(delivery.channel)
            case Rejected(reason):
                _log.error("notice %s to %s is given up: %s", delivery.id, delivery.channel, reason)
                self._outlets[delivery.channel].gave_up(delivery.id)
                await self._give_up(delivery, reason, self._clock.now())
            case Retry(reason, after_s):
                await self._put_off(delivery, reason, after_s)
            case Full(reason, after_s):
                await self._keep_turn(delivery, reason, after_s)

    async def _answered(self, channel: str) -> None:
        """The channel takes notices: if it did not before, all that was put off goes now."""
        if free := self._outlets[channel].succeeded(self._clock.monotonic_s()):
            _log.warning("%s answers again", channel)
            await asyncio.to_thread(self._store.wake_channel, channel, free, self._clock.now())
            self._wake_all()

    async def _keep_turn(self, delivery: Delivery, reason: str, after_s: float) -> None:
        """The lane stands still until there is room: what waits stays in order, and costs nothing meanwhile."""
        now = self._clock.now()
        self._outlets[delivery.channel].full(delivery.severity, self._clock.monotonic_s() + after_s)
        _log.info("notice %s to %s must wait %.0f s: %s", delivery.id, delivery.channel, after_s, reason)
        if now >= delivery.expires_at:
            await self._expire(delivery, reason, now)

    async def _put_off(self, delivery: Delivery, reason: str, after_s: float | None) -> None:
        now = self._clock.now()
        self._outlets[delivery.channel].failed(delivery.id, self._clock.monotonic_s(), after_s)
        delay_s = backoff_s(delivery.attempts + 1, self._rng, delivery.severity, after_s)
        if now >= delivery.expires_at:
            await self._expire(delivery, reason, now)
            return
        if delivery.attempts == 0:
            _log.warning("notice %s to %s must wait: %s", delivery.id, delivery.channel, reason)
        next_try_at = now + timedelta(seconds=delay_s)
        await asyncio.to_thread(self._store.mark_failed, delivery.id, reason, next_try_at, now)
        self._on_tried(delivery, Fate.FAILED)

    async def _expire(self, delivery: Delivery, reason: str, now: datetime) -> None:
        _log.error("notice %s to %s has expired: %s", delivery.id, delivery.channel, reason)
        await self._give_up(delivery, reason, now)

    async def _give_up(self, delivery: Delivery, reason: str, now: datetime) -> None:
        await asyncio.to_thread(self._store.mark_failed, delivery.id, reason, None, now)
        self._on_tried(delivery, Fate.GIVEN_UP)


async def _wait(wake: asyncio.Event, seconds: float) -> None:
    """Until it is set, or for that long."""
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return
