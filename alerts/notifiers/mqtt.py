"""MQTT 3.1.1: every notice as an event, and the state of every camera kept at the broker for whoever comes later.

    TOPIC/status               "online" or, by the last will, "offline"; retained
    TOPIC/alerts               one JSON object for each notice, `id` being its idempotency key; not retained
    TOPIC/cameras/CAMERA/state {"flame": "ON", …, "problem": "OFF", "open_alerts": 1}; retained

What is retained is remembered (`alerts.notifiers.mqtt_retained`), and taken away when the settings give up the channel
or its topic: at once, or, where that was while nothing ran or the broker was away, after the next start
(`alerts.notifiers.mqtt_sweep`).
Everything is published at QoS 1, and counts as delivered only after the broker has acknowledged it. The state is what
is true now, not what a notice said: after a pause it is published anew, so that a broker that lost it gets it back.
"""

import asyncio
import contextlib
import json
import logging
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import aiomqtt

from alerts.alert import Alert
from alerts.config import Settings
from alerts.db.codec import time_text, to_json
from alerts.delivery.outlet import pause_s
from alerts.errors import StoreError
from alerts.notifiers.base import Delivered, Notice, Notifier, Outcome, Retry
from alerts.notifiers.channel_config import MqttChannel
from alerts.notifiers.home_assistant import OFFLINE, ONLINE, Topics, device, states
from alerts.notifiers.mqtt_client import clear, client_of, reason, tls_of
from alerts.notifiers.mqtt_retained import Retained, broker_of
from alerts.registry.registry import Registry
from streams.clock import sleep_s

_log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 15.0
"""Between two tries to connect, seconds."""
LATEST_BIRTH_S = 2.0
"""After Home Assistant's start its devices are announced within this, at random, seconds: many programs do so then."""
LOOK_S = 2.0
"""The states are compared with what the broker holds this often, seconds, and at once after a notice."""
LEAVE_S = 5.0
"""The broker gets this long to take away what we leave, seconds."""
GOODBYE_S = 1.0
"""The broker gets this long to take our farewell, seconds."""


class MqttNotifier:
    """One broker. `start` keeps it connected in the background; until it is, every notice is a `Retry`.

    Used from one event loop. open_alerts: may block, thread-safe.
    """

    def __init__(
        self,
        config: MqttChannel,
        settings: Settings,
        *,
        console_url: str,
        open_alerts: Callable[[], Sequence[Alert]],
        retained: Retained | None = None,
        rng: random.Random | None = None,
    ) -> None:
        """console_url: without a slash at the end. retained: where it is remembered what the broker keeps.

        Raises OSError when a certificate file cannot be read.
        """
        self.config = config
        self._remembered = retained
        self._noted: frozenset[str] = frozenset()
        self._site = settings.site.name
        self._console_url = console_url
        self._registry = settings.registry()
        self._hazards = tuple(kind for kind, params in settings.hazards.by_kind.items() if params.enabled)
        self._topics = Topics(config.topic, config.discovery)
        self._open_alerts = open_alerts
        self._rng = rng or random.Random()
        self._tls = tls_of(config)
        self._where = f"{config.url.scheme}://{config.url.host}"
        self._client: aiomqtt.Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._announced: Registry | None = None
        self._devices: dict[str, str] = {}
        self._states: dict[str, str] = {}
        self._trouble = "not connected yet"
        self._leaving: frozenset[str] = frozenset()

    def start(self) -> None:
        """Connect, and stay so. Call it in the event loop."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"mqtt {self.config.name}")

    async def send(self, notice: Notice) -> Outcome:
        """Publish the event, bounded by `timeout_s`; the states follow by themselves."""
        client = self._client
        if client is None:
            return Retry(f"{self._where}: {self._trouble}")
        try:
            await client.publish(self._topics.alerts, _json(self.event(notice)), qos=1)
        except aiomqtt.MqttError as error:
            return Retry(f"{self._where}: {reason(error)}")
        self._changed.set()
        return Delivered()

    async def close(self) -> None:
        """Say that we are going, or take away what we leave, and disconnect."""
        if self._leaving:
            await self._clear()
        if self._task is not None:
            await _end({self._task})
            self._task = None

    def watch(self, registry: Registry) -> None:
        """These are the cameras and places from now on. Thread-safe; they are announced within seconds."""
        self._registry = registry

    def leave(self, others: Collection[Notifier]) -> None:
        """What others keep at the same broker stays: to take it away for a moment would make Home Assistant forget what
        its people have set."""
        broker = broker_of(self.config)
        beside = [one for one in others if isinstance(one, MqttNotifier) and broker_of(one.config) == broker]
        self._leaving = self.retained.difference(*(one.retained for one in beside))

    @property
    def retained(self) -> frozenset[str]:
        """Every topic at which the broker keeps something of ours, as far as is known."""
        of_cameras = {of(name) for name in self._registry.cameras for of in self._topics.kept}
        return frozenset({self._topics.status, *of_cameras, *self._devices, *self._states})

    async def _clear(self) -> None:
        client, problem = self._client, self._trouble
        try:
            async with asyncio.timeout(LEAVE_S):
                if client is not None:
                    await clear(client, self._leaving)
                    await self._forget_all()
        except (aiomqtt.MqttError, TimeoutError) as error:
            client, problem = None, reason(error)
        if client is None:
            names = ", ".join(sorted(self._leaving)[:3])
            _log.warning("mqtt %s: %s keeps %d old topics, such as %s: %s; tried again after the next start",
                         self.config.name, self._where, len(self._leaving), names, problem)  # fmt: skip

    def event(self, notice: Notice) -> dict[str, Any]:
        """What is told of a notice."""
        return {
            "id": notice.id,
            "kind": notice.kind,
            "time": time_text(notice.at),
            "exercise": notice.exercise,
            "site": self._site,
            "url": f"{self._console_url}/#alert={notice.alert.id}",
            "alert": to_json(notice.alert),
        }

    async def _run(self) -> None:
        """Connected, or waiting to try again; never ends by itself."""
        failures = 0
        while True:
            try:
                will = aiomqtt.Will(self._topics.status, OFFLINE, qos=1, retain=True)
                async with client_of(self.config, self._tls, will) as client:
                    failures = 0
                    await self._serve(client)
            except (aiomqtt.MqttError, OSError, ValueError) as error:
                self._tell(reason(error))
            finally:
                self._client = None
            failures += 1
            await sleep_s(pause_s(failures, self._rng, LONGEST_PAUSE_S))

    async def _serve(self, client: aiomqtt.Client) -> None:
        """Announce ourselves, then follow what happens until the connection ends."""
        self._forget()
        for topic in filter(None, (self._topics.birth, self._topics.configs, self._topics.states)):
            await client.subscribe(topic, qos=1)
        await self._note()
        await client.publish(self._topics.status, ONLINE, qos=1, retain=True)
        await self._publish_news(client)
        self._client = client
        _log.info("mqtt %s: connected to %s", self.config.name, self._where)
        self._trouble = ""
        parts = {asyncio.create_task(self._listen(client)), asyncio.create_task(self._follow(client))}
        try:
            ended, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in ended:
                part.result()
        finally:
            self._client = None
            await _end(parts)
            if self._topics.status not in self._leaving:
                with contextlib.suppress(aiomqtt.MqttError):  # a clean goodbye sends no last will
                    await client.publish(self._topics.status, OFFLINE, qos=1, retain=True, timeout=GOODBYE_S)

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            topic, payload = str(message.topic), message.payload
            if topic == self._topics.birth:
                if payload == ONLINE.encode():
                    await sleep_s(self._rng.uniform(0.0, LATEST_BIRTH_S))
                    self._forget()
                    self._changed.set()
            elif payload and topic not in {of(name) for name in self._registry.cameras for of in self._topics.kept}:
                await client.publish(topic, "", qos=1, retain=True)  # of a camera that is gone

    async def _follow(self, client: aiomqtt.Client) -> None:
        """Publish what changes: at once after a notice, and every few seconds whatever happened."""
        while True:
            await self._publish_news(client)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._changed.wait()
            self._changed.clear()

    async def _publish_news(self, client: aiomqtt.Client) -> None:
        """Devices and states that differ from those at the broker, and nothing in place of what is gone."""
        if self._leaving:
            return
        await self._note()
        registry = self._registry
        if self.config.discovery and self._announced is not registry:
            devices = {
                self._topics.config(name): _json(
                    device(name, registry.text_of(name), self._hazards, self._topics, self._site, self._console_url)
                )
                for name in registry.cameras
            }
            await self._replace(client, self._devices, devices)
            self._announced = registry
        alerts = await asyncio.to_thread(self._open_alerts)
        shown = states(list(registry.cameras), self._hazards, alerts)
        await self._replace(client, self._states, {self._topics.state(name): _json(one) for name, one in shown.items()})

    async def _replace(self, client: aiomqtt.Client, kept: dict[str, str], wanted: Mapping[str, str]) -> None:
        """kept: topic → what the broker holds there, as far as is known; brought up to date."""
        for topic in kept.keys() - wanted.keys():
            await client.publish(topic, "", qos=1, retain=True)
            del kept[topic]
        for topic, text in wanted.items():
            if kept.get(topic) != text:
                await client.publish(topic, text, qos=1, retain=True)
                kept[topic] = text

    async def _note(self) -> None:
        """Remember what the broker keeps, before it does."""
        if self._remembered is not None and (retained := self.retained) != self._noted:
            try:
                await asyncio.to_thread(self._remembered.note, self.config, retained)
                self._noted = retained
            except StoreError as error:  # at the next look again; what people see of it does not wait
                _log.debug("mqtt %s: %s", self.config.name, error)

    async def _forget_all(self) -> None:
        """All of it was taken away; where that cannot be written down, it is taken away once more at the next start."""
        if self._remembered is not None:
            with contextlib.suppress(StoreError):
                await asyncio.to_thread(self._remembered.forget, self.config)

    def _forget(self) -> None:
        """What the broker holds is not known, or is to be said again."""
        self._announced = None
        self._devices.clear()
        self._states.clear()

    def _tell(self, reason: str) -> None:
        """Log a new trouble once, not at each try."""
        if reason != self._trouble:
            _log.warning("mqtt %s: %s: %s", self.config.name, self._where, reason)
            self._trouble = reason


async def _end(tasks: set[asyncio.Task[None]]) -> None:
    """Cancel until it is heard: before Python 3.12 `wait_for`, in which the library waits, may lose a cancellation."""
    while waiting := {task for task in tasks if not task.done()}:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting, timeout=0.1)
    await asyncio.gather(*tasks, return_exceptions=True)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
