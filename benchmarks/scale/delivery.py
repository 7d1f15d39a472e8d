"""Alerts of so many cameras through the real desk, outbox and delivery workers, on a clock that skips all waiting.

Two channels: an address (a webhook that answers after `LATENCY_S`), and a group's bot that takes 20 messages a minute,
five of which are kept for fires, as WeCom and DingTalk do. Real: planner, database, workers, yielding, rates, the words
of the webhook. Simulated: the receivers' answers, and the waiting.
"""

import asyncio
import random
import tempfile
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx

from alerts.config import Settings
from alerts.db.store import Store
from alerts.delivery.deliver import Deliverer
from alerts.desk import Desk
from alerts.evidence.snapshot import SnapshotStore
from alerts.notifiers.base import Delivered, Full, Notice, Notifier, Outcome
from alerts.notifiers.limits import RateLimit, Window
from alerts.notifiers.webhook import WebhookNotifier
from benchmarks.scale.skipping import SkippingClock, SkippingLoop
from tests.alerts.making import finding, look
from vision.rule import Severity

LATENCY_S = 0.08
PER_MINUTE, RESERVED = 20, 5
MOST_ALERTS = 400
"""Simulated at most: at a high rate a shorter time, which still shows whether the queue grows."""
LONGEST_S = 600.0
FIRE_SHARE = 0.02
HOOK, BOT = "hook", "bot"


@dataclass(frozen=True, slots=True)
class Told:
    """How late notices were, seconds from the commit: p95. None: nothing of it came.

    left: notices that still waited half a minute after the last alert. seconds: simulated.
    """

    alerts_per_s: float
    seconds: float
    hook_fire_s: float | None
    hook_rest_s: float | None
    bot_fire_s: float | None
    bot_rest_s: float | None
    left: dict[str, int]
    database_ms: float


class _Receiver(httpx.AsyncBaseTransport):
    """Answers 204 after `LATENCY_S`."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(LATENCY_S)
        return httpx.Response(204)


class _Arrivals:
    """When what arrived: (channel, severity) → seconds from the alert's commit."""

    def __init__(self, clock: SkippingClock) -> None:
        self._clock = clock
        self.raised_s: dict[str, float] = {}
        self.late_s: dict[tuple[str, Severity], list[float]] = {}

    def came(self, channel: str, notice: Notice) -> None:
        for alert in (notice.alert, *notice.also):
            late_s = self._clock.monotonic_s() - self.raised_s[alert.camera]
            self.late_s.setdefault((channel, alert.severity), []).append(late_s)

    def p95(self, channel: str, severity: Severity) -> float | None:
        values = sorted(self.late_s.get((channel, severity), ()))
        return values[int(0.95 * (len(values) - 1))] if values else None


class _Hook(WebhookNotifier):
    """The product's webhook; its receiver is simulated."""

    def __init__(self, settings: Settings, clock: SkippingClock, arrivals: _Arrivals) -> None:
        client = httpx.AsyncClient(transport=_Receiver())
        super().__init__(settings.webhooks[0], site="s", console_url="http://c", clock=clock, client=client)
        self._arrivals = arrivals

    async def send(self, notice: Notice) -> Outcome:
        outcome = await super().send(notice)
        self._arrivals.came(HOOK, notice)
        return outcome


class _Bot:
    """A group's bot by the product's rate."""

    def __init__(self, clock: SkippingClock, arrivals: _Arrivals) -> None:
        self._limit = RateLimit((Window(PER_MINUTE, 60.0, RESERVED),), clock.monotonic_s)
        self._arrivals = arrivals

    async def send(self, notice: Notice) -> Outcome:
        slots = self._limit.take(1, urgent=notice.alert.severity is Severity.FIRE)
        if isinstance(slots, float):
            return Full("its turn", slots)
        await asyncio.sleep(LATENCY_S)
        self._limit.end(slots)
        self._arrivals.came(BOT, notice)
        return Delivered()

    async def close(self) -> None:
        return


def told(alerts_per_s: float, seed: int = 3) -> Told:
    """Run it."""
    clock = SkippingClock()
    with asyncio.Runner(loop_factory=lambda: SkippingLoop(clock)) as runner:
        return runner.run(_run(alerts_per_s, clock, random.Random(seed)))


async def _run(alerts_per_s: float, clock: SkippingClock, rng: random.Random) -> Told:
    seconds = min(LONGEST_S, MOST_ALERTS / alerts_per_s)
    number = max(20, round(alerts_per_s * seconds))
    settings = Settings.model_validate(
        {
            "cameras": [{"name": "c", "url": "0"}],
            "webhooks": [{"name": HOOK, "url": "http://a"}, {"name": BOT, "url": "http://b"}],
        }
    )
    arrivals = _Arrivals(clock)
    due_s = sorted(rng.uniform(0, seconds) for _ in range(number))
    fires = {index for index in range(number) if rng.random() < FIRE_SHARE} or {number // 2}
    spent_s = 0.0
    with tempfile.TemporaryDirectory(prefix="xinan-scale-") as folder, closing(Store.open(Path(folder))) as store:
        desk = Desk(store, SnapshotStore(Path(folder) / "snapshots", least_free=0), settings, clock)
        notifiers: dict[str, Notifier] = {HOOK: _Hook(settings, clock, arrivals), BOT: _Bot(clock, arrivals)}
        async with Deliverer(store, notifiers, clock, rng):
            begin_s = clock.monotonic_s()
            for index, at_s in enumerate(due_s):
                await asyncio.sleep(max(0.0, begin_s + at_s - clock.monotonic_s()))
                before_s = clock.monotonic_s()
                await asyncio.to_thread(_raise, desk, arrivals, clock, index, fire=index in fires)
                spent_s += clock.monotonic_s() - before_s
            await asyncio.sleep(30)
            left = {channel: stages["waiting"] for channel, stages in store.delivery_counts().items()}
        desk.close()
    return Told(
        alerts_per_s,
        seconds,
        arrivals.p95(HOOK, Severity.FIRE),
        arrivals.p95(HOOK, Severity.VIOLATION),
        arrivals.p95(BOT, Severity.FIRE),
        arrivals.p95(BOT, Severity.VIOLATION),
        left,
        1e3 * spent_s / number,
    )


def _raise(desk: Desk, arrivals: _Arrivals, clock: SkippingClock, index: int, *, fire: bool) -> None:
    camera, now_s, now = f"c{index}", clock.monotonic_s(), clock.now()
    found = finding(now_s, hazard="flame" if fire else "clutter", camera=camera)
    found = replace(found, at=now, since_at=now - timedelta(seconds=1))
    desk.receive(replace(look(now_s, (found,), camera=camera), at=now))
    arrivals.raised_s[camera] = clock.monotonic_s()
