"""Takes away what MQTT channels left at brokers that are no longer in the settings, or publish elsewhere now."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Mapping

import aiomqtt

from alerts.delivery.outlet import pause_s
from alerts.errors import StoreError
from alerts.notifiers.base import Notifier
from alerts.notifiers.channel_config import MqttChannel
from alerts.notifiers.mqtt import MqttNotifier
from alerts.notifiers.mqtt_client import clear, client_of, reason, tls_of
from alerts.notifiers.mqtt_retained import Left, Retained, broker_of, key_of
from streams.clock import sleep_s

_log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 600.0
"""Between two tries to reach a broker that nobody uses any more, seconds."""
LIMIT_S = 30.0
"""One try is given up after this, seconds."""


class Sweep:
    """Used from one event loop."""

    def __init__(
        self, retained: Retained, channels: Callable[[], Mapping[str, Notifier]], rng: random.Random | None = None
    ) -> None:
        """channels: those in force."""
        self._retained, self._channels = retained, channels
        self._rng = rng or random.Random()
        self._told: set[str] = set()

    async def run(self) -> None:
        """Until nothing is left that is no longer wanted."""
        failures = 0
        while True:
            try:
                if await self._round():
                    return
            except StoreError as error:
                _log.debug("mqtt: %s", error)
            failures += 1
            await sleep_s(pause_s(failures, self._rng, LONGEST_PAUSE_S))

    async def _round(self) -> bool:
        """Try all that is left once; whether all of it is gone."""
        gone = True
        for left in await asyncio.to_thread(self._retained.all):
            if left.key in {key_of(one.config) for one in self._in_force()}:
                continue  # its channel looks after it
            if await self._clear(left):
                await asyncio.to_thread(self._retained.forget, left.channel)
            else:
                gone = False
        return gone

    def _in_force(self) -> Iterable[MqttNotifier]:
        return [one for one in self._channels().values() if isinstance(one, MqttNotifier)]

    async def _clear(self, left: Left) -> bool:
        """By the channel's own way in, else by that of another channel at the same broker."""
        beside = [one for one in self._in_force() if broker_of(one.config) == broker_of(left.channel)]
        topics = left.topics.difference(*(one.retained for one in beside))
        problem = ""
        for config in (left.channel, *(one.config for one in beside)):
            problem = await self._try(config, topics) if topics else ""
            if not problem:
                _log.info("mqtt %s: %d old topics were taken away", left.channel.name, len(topics))
                return True
        self._tell(left, topics, problem)
        return False

    async def _try(self, config: MqttChannel, topics: frozenset[str]) -> str:
        """ "" or what went wrong."""
        try:
            async with asyncio.timeout(LIMIT_S), client_of(config, tls_of(config)) as client:
                await clear(client, topics)
        except (aiomqtt.MqttError, OSError, ValueError) as error:  # TimeoutError is an OSError
            return reason(error)
        return ""

    def _tell(self, left: Left, topics: frozenset[str], problem: str) -> None:
        """Once for each; it is tried again."""
        if left.key not in self._told:
            self._told.add(left.key)
            _log.warning("mqtt %s: %s:%d keeps %d old topics, such as %s: %s; tried again", left.channel.name,
                         *broker_of(left.channel), len(topics), ", ".join(sorted(topics)[:3]), problem)  # fmt: skip
