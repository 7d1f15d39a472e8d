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
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from alerts.alert import Alert
from alerts.db.codec import from_json
from alerts.db.rows import Delivery
from alerts.db.store import Store
from alerts.delivery.fate import Fate
from alerts.delivery.outlet import YIELD_S, Outlet, backoff_s, pause_s
from alerts.errors import StoreError
from alerts.notifiers.base import Delivered, Full, Notice, Notifier, Outcome, Rejected, Retry, Sent, Standing
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
STRAY_S = 10.0
"""A notice for somebody who is no longer told is looked at again after this, seconds, if it is still there then."""

Whom = Callable[[str, str], Recipient | None]
"""A person's id and a channel → how to tell that person there now; None: it is not possible any more."""


@dataclass(slots=True)
class _Lane:
    """A channel that is being emptied: one worker for each severity. wakes: one for each of them."""

    notifier: Notifier
    outlet: Outlet
    wakes: list[asyncio.Event] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    stopping: bool = False

    def wake(self) -> None:
        """Look at the outbox now."""
        for wake in self.wakes:
            wake.set()

    async def stop(self) -> None:
        """Let the attempts under way end, for at most `STOP_S`, then close the notifier."""
        self.stopping = True
        self.wake()
        self.outlet.calm.set()
        if self.tasks:
            _, late = await asyncio.wait(self.tasks, timeout=STOP_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.notifier.close()


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
        on_stray: Callable[[], None] = lambda: None,
        poll_s: float = POLL_S,
        listen: bool = True,
    ) -> None:
        """where: an alert's place as it is known at the moment of sending. links: what notices are answered with.
        whom: looks people up at that moment. on_tried: told, on the event loop, what became of each attempt. on_stray:
        told of a notice for somebody who is no longer told: it waits to be planned anew (`alerts.delivery.replan`).

        poll_s: how often to look unasked, seconds. listen: look after each commit, too; else only after `wake`.
        """
        self._poll_s, self._listen = poll_s, listen
        self._store = store
        self._wanted = dict(notifiers)
        self._clock = clock
        self._rng = rng
        self._where = where
        self._links = links
        self._whom, self._on_tried, self._on_stray = whom, on_tried, on_stray
        self._lanes: dict[str, _Lane] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turn = asyncio.Lock()  # of who starts, changes or stops lanes
        self._unmarked: dict[str, Delivered] = {}
        self.errors = 0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the workers; what an earlier run left is sent at once."""
        async with self._turn:
            self._loop = asyncio.get_running_loop()
            for channel, notifier in self._wanted.items():
                self._open(channel, notifier)
        if self._listen:
            self._store.listen(self.wake)

    async def follow(self, notifiers: Mapping[str, Notifier]) -> None:
        """These are the channels from now on. One whose notifier is the same goes on as it is: its workers, its pauses,
        what it is sending; the others are stopped as by `stop`, and what is new is started."""
        async with self._turn:
            gone = [name for name, lane in self._lanes.items() if notifiers.get(name) is not lane.notifier]
            for name in gone:
                if isinstance(leaving := self._lanes[name].notifier, Standing):
                    leaving.leave(notifiers.values())
            await asyncio.gather(*(self._lanes[name].stop() for name in gone))
            for name in gone:
                del self._lanes[name]
            self._wanted = dict(notifiers)
            for name, notifier in notifiers.items():
                if name not in self._lanes:
                    self._open(name, notifier)

    async def stop(self) -> None:
        """Let the attempts under way end, for at most 10 s, then stop the workers and close the notifiers."""
        async with self._turn:
            if self._loop is None:
                return
            if self._listen:
                self._store.unlisten(self.wake)
            await asyncio.gather(*(lane.stop() for lane in self._lanes.values()))
            self._lanes, self._loop = {}, None

    def _open(self, channel: str, notifier: Notifier) -> None:
        if isinstance(notifier, Standing):
            notifier.start()
        lane = self._lanes[channel] = _Lane(notifier, Outlet(self._rng))
        for severity in Severity:
            wake = asyncio.Event()
            lane.wakes.append(wake)
            name = f"deliver {channel} {severity.value}"
            lane.tasks.append(asyncio.create_task(self._work(channel, lane, severity, wake), name=name))

    def wake(self) -> None:
        """Look at the outbox now. Thread-safe."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just been closed; nobody sends any more
                loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        for lane in self._lanes.values():
            lane.wake()

    async def _work(self, channel: str, lane: _Lane, severity: Severity, wake: asyncio.Event) -> None:
        failures = 0
        while not lane.stopping:
            wake.clear()
            try:
                busy = await self._one(channel, lane, severity)
                failures = 0
            except Exception as error:  # noqa: BLE001 - a worker never dies; it says so, counts, and waits
                failures += 1
                self.errors += 1
                if not isinstance(error, StoreError):
                    _log.exception("delivery to %s (%s) failed, %d times in a row", channel, severity, failures)
                elif failures == 1:  # it will be told by whoever writes, too
                    _log.error("delivery to %s (%s) waits for the database: %s", channel, severity, error)
                await _wait(wake, pause_s(failures, self._rng, LONGEST_PAUSE_S))
                continue
            if not busy:
                anxious = severity is Severity.FIRE and lane.outlet.failing
                await _wait(wake, min(POLL_S, self._poll_s) if anxious else self._poll_s)

    async def _one(self, channel: str, lane: _Lane, severity: Severity) -> bool:
        """Try the most urgent delivery that may go. False: none is there."""
        outlet = lane.outlet
        now_s = self._clock.monotonic_s()
        shut = outlet.shut(severity, now_s)
        if not outlet.has_room(severity, now_s) or (shut and severity is not Severity.FIRE):
            outlet.busy(severity, False)
            return False
        found = await asyncio.to_thread(self._store.take, channel, self._clock.now(), severity, fresh=shut)
        outlet.busy(severity, found is not None)
        if found is None:
            return False
        if outlet.yields(severity) and await self._give_way(lane, severity):
            return True  # what is due may be another one by now
        if (before := self._unmarked.get(found.id)) is not None:
            await self._record(found, before)  # it arrived, but the database did not take that down
        elif (recipient := self._recipient(found)) is None:
            await self._put_aside(found)
        else:
            await self._record(found, await self._send(lane.notifier, found, recipient))
        return True

    async def _give_way(self, lane: _Lane, severity: Severity) -> bool:
        """Wait until nothing more urgent is to be sent on this channel; False: that takes too long."""
        outlet = lane.outlet
        try:
            async with asyncio.timeout(YIELD_S):
                while outlet.yields(severity) and not lane.stopping:
                    outlet.calm.clear()
                    await outlet.calm.wait()
        except TimeoutError:
            return False
        return True

    async def _send(self, notifier: Notifier, delivery: Delivery, recipient: Recipient) -> Outcome:
        try:
            alert = from_json(delivery.payload)
            also = tuple(from_json(one) for one in delivery.also or ())
        except (KeyError, TypeError, ValueError) as error:
            return Rejected(f"its row cannot be read: {type(error).__name__}")
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
            sent=Sent.of(delivery.payload.get("sent")),
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

    async def _put_aside(self, delivery: Delivery) -> None:
        """Of somebody who is no longer told: that says nothing against the channel."""
        now, reason = self._clock.now(), f"{delivery.person} is no longer told by this channel"
        if now >= delivery.expires_at:
            await self._expire(delivery, reason, now)
            return
        later = now + timedelta(seconds=STRAY_S)
        await asyncio.to_thread(self._store.mark_failed, delivery.id, reason, later, now)
        self._on_stray()

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
                self._lanes[delivery.channel].outlet.gave_up(delivery.id)
                await self._give_up(delivery, reason, self._clock.now())
            case Retry(reason, after_s):
                await self._put_off(delivery, reason, after_s)
            case Full(reason, after_s):
                await self._keep_turn(delivery, reason, after_s)

    async def _answered(self, channel: str) -> None:
        """The channel takes notices: if it did not before, all that was put off goes now."""
        if free := self._lanes[channel].outlet.succeeded(self._clock.monotonic_s()):
            _log.warning("%s answers again", channel)
            await asyncio.to_thread(self._store.wake_channel, channel, free, self._clock.now())
            self._wake_all()

    async def _keep_turn(self, delivery: Delivery, reason: str, after_s: float) -> None:
        """The lane stands still until there is room: what waits stays in order, and costs nothing meanwhile."""
        now = self._clock.now()
        self._lanes[delivery.channel].outlet.full(delivery.severity, self._clock.monotonic_s() + after_s)
        _log.info("notice %s to %s must wait %.0f s: %s", delivery.id, delivery.channel, after_s, reason)
        if now >= delivery.expires_at:
            await self._expire(delivery, reason, now)

    async def _put_off(self, delivery: Delivery, reason: str, after_s: float | None) -> None:
        now = self._clock.now()
        self._lanes[delivery.channel].outlet.failed(delivery.id, self._clock.monotonic_s(), after_s)
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
