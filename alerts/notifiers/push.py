"""Web Push: one channel of the settings, behind which every subscribed phone has a queue of its own in the outbox.

A notice for the channel is spread over the phones' queues in one transaction, and each is then sent, repeated and given
up by itself: a phone that is off, or a push service that is slow, holds up nobody else. The second copy of a spread
after a kill is the first one: its id follows from the notice and the phone.
"""

import asyncio
import logging
import random
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from alerts.alert import Alert
from alerts.db.push_devices import Device, PushDevices, vapid_of
from alerts.db.store import Store
from alerts.delivery.deliver import Deliverer
from alerts.errors import PushRefused, StoreError
from alerts.notifiers.base import Delivered, Notice, Outcome, Rejected, Retry
from alerts.notifiers.channel_config import PushChannel
from alerts.notifiers.context import TextContext
from alerts.notifiers.endpoint import check_endpoint, public_address
from alerts.notifiers.http_post import Answer, exchange, judge
from alerts.notifiers.push_message import push_headers, push_message
from alerts.notifiers.web_push import encrypt
from alerts.record.actor import Actor
from alerts.registry.registry import Place, Registry
from alerts.routing.recipient import EVERYBODY, Recipient
from alerts.track.answer_links import AnswerLinks
from alerts.track.step import CONSOLE
from streams.clock import Clock, sleep_s
from vision.rule import Severity

_log = logging.getLogger(__name__)

GONE = frozenset({404, 410})
REFUSED = frozenset({400, 401, 403, 405, 411, 413, 415, 422})
"""What no second try changes: a message or a sender that the push service will not have."""
POLL_S = 5.0
"""Queues are woken when something is put into them; a second try is looked for this often, seconds."""


GIVE_WAY_S = 0.5
"""Pushes of violations wait so long after a fire was put into the queues, seconds."""


MOST_POOLS = 16
"""Push services to which connections are kept; of more those that were not used for longest are closed."""


@dataclass(slots=True)
class _Pool:
    """The connections to one push service. users: requests under way."""

    client: httpx.AsyncClient
    users: int = 0


class PushService:
    """Sends to any push service. A pool of connections for each host, so that a slow one takes up no other's."""

    def __init__(
        self, config: PushChannel, store: Store, context: TextContext, *, trusted: ssl.SSLContext | bool = True
    ) -> None:
        """trusted: whose certificates are; for tests. Raises StoreError."""
        self._trusted = trusted
        self._config, self._context, self._clock = config, context, context.clock
        self.vapid = vapid_of(store, config.contact)
        self._pools: OrderedDict[str, _Pool] = OrderedDict()

    async def send(self, notice: Notice, device: Device) -> Outcome | int:
        """One attempt; a number is the status by which the push service says that the subscription is gone."""
        host = urlsplit(device.endpoint).hostname or ""
        try:
            async with asyncio.timeout(self._config.timeout_s):
                answer = await self._post(notice, device, host)
        except PushRefused as error:
            return Rejected(f"{host}: {error}")
        except TimeoutError:
            return Retry(f"{host}: no answer within {self._config.timeout_s:g} s")
        except OSError as error:
            return Retry(f"{host}: {type(error).__name__}")
        if isinstance(answer, Retry):
            return answer
        if answer.status in GONE:
            return answer.status
        if answer.status in REFUSED:
            return Rejected(f"{host}: HTTP {answer.status}")
        return judge(answer, host, self._clock.now())

    async def close(self) -> None:
        """Release the connections."""
        while self._pools:
            await self._pools.popitem()[1].client.aclose()

    async def _post(self, notice: Notice, device: Device, host: str) -> Answer | Retry:
        """The answer, of which nothing but status and headers is read."""
        check_endpoint(device.endpoint, allow_private=self._config.allow_private)
        message = await self._context.word(notice, device.language)
        body = encrypt(push_message(notice, message), device.keys)
        url = httpx.URL(device.endpoint)
        headers = {
            "Authorization": self.vapid.authorization(device.endpoint, self._clock.now()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "Host": url.netloc.decode(),
            **push_headers(notice),
        }
        extensions = {}
        if not self._config.allow_private and self._config.proxy is None:
            address = await public_address(url.host, url.port or 443)
            extensions["sni_hostname"] = url.host
            url = url.copy_with(host=address)
        async with self._client(device.endpoint) as client:
            request = client.build_request("POST", url, content=body, headers=headers, extensions=extensions)
            return await exchange(client, request, where=host, timeout_s=self._config.timeout_s)

    @asynccontextmanager
    async def _client(self, endpoint: str) -> AsyncIterator[httpx.AsyncClient]:
        """That of the push service. Those beyond the bound are closed once nobody uses them."""
        host = urlsplit(endpoint).netloc
        if host not in self._pools:
            proxy = str(self._config.proxy) if self._config.proxy else None
            limits = httpx.Limits(max_connections=16, max_keepalive_connections=16, keepalive_expiry=60)
            self._pools[host] = _Pool(
                httpx.AsyncClient(
                    verify=self._trusted, timeout=self._config.timeout_s, limits=limits, proxy=proxy, trust_env=False
                )
            )
        self._pools.move_to_end(host)
        pool = self._pools[host]
        pool.users += 1
        try:
            yield pool.client
        finally:
            pool.users -= 1
            idle = [name for name, one in self._pools.items() if not one.users]
            for name in idle[: max(0, len(self._pools) - MOST_POOLS)]:
                await self._pools.pop(name).client.aclose()


class FireFirst:
    """While phones are told of a fire, pushes of anything else wait a moment: all share one processor."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until_s = clock.monotonic_s()

    def fire(self) -> None:
        """Phones are being told of one."""
        self._until_s = self._clock.monotonic_s() + GIVE_WAY_S

    async def give_way(self) -> None:
        """Wait for at most `GIVE_WAY_S`, whatever else comes."""
        wait_s = self._until_s - self._clock.monotonic_s()
        if wait_s > 0:
            await sleep_s(min(wait_s, GIVE_WAY_S))


class DeviceNotifier:
    """One phone. A subscription that is gone is disabled, with the reason, and its queue given up."""

    def __init__(
        self, device_id: str, devices: PushDevices, service: PushService, clock: Clock, fires: FireFirst
    ) -> None:
        self._id, self._devices, self._service, self._clock = device_id, devices, service, clock
        self._fires = fires

    async def send(self, notice: Notice) -> Outcome:
        """One attempt, bounded by the channel's `timeout_s`."""
        device = self._devices.get(self._id)
        if device is None or device.disabled_at is not None:
            return Rejected("the device is no longer told")
        if notice.alert.severity is not Severity.FIRE:
            await self._fires.give_way()
        outcome = await self._service.send(notice, device)
        if isinstance(outcome, int):
            reason = f"{urlsplit(device.endpoint).hostname}: HTTP {outcome}: the subscription is gone"
            await asyncio.to_thread(self._devices.disable, self._id, reason, self._clock.now())
            return Rejected(reason)
        if outcome == Delivered():
            try:
                await asyncio.to_thread(self._devices.succeeded, self._id, self._clock.now())
            except StoreError as error:  # the phone has it all the same: it must not be told twice
                _log.error("when device %s took its last message could not be written down: %s", self._id, error)
        return outcome

    async def close(self) -> None:
        """Nothing is its own."""


class PushNotifier:
    """The channel: spreads notices, and runs the queue of every device. All methods run in one event loop."""

    def __init__(
        self,
        config: PushChannel,
        store: Store,
        context: TextContext,
        *,
        where: Callable[[Alert], Place | None] = lambda alert: None,
        links: AnswerLinks | None = None,
        rng: random.Random | None = None,
        hears: Callable[[str, Alert], bool] = lambda account, alert: True,
    ) -> None:
        """links: what notices are answered with, in the name of a device's owner. hears: of what is told to everybody,
        whether it is told to an account too. Raises StoreError.
        """
        self._links, self._hears = links, hears
        self.devices = PushDevices(store)
        self._config, self._store, self._clock, self._where = config, store, context.clock, where
        self._rng = rng or random.Random()
        self._service = PushService(config, store, context)
        self._fires = FireFirst(context.clock)
        self._queues: dict[str, Deliverer] = {}
        self._starting: set[asyncio.Task[None]] = set()

    @property
    def public_key(self) -> str:
        """What a browser subscribes with, base64url."""
        return self._service.vapid.public

    def start(self) -> None:
        """Begin to empty the queues."""
        for device in self.devices.all():
            if device.disabled_at is None:
                self._open(device)

    def watch(self, registry: Registry) -> None:
        """Phones show no state of cameras."""

    async def send(self, notice: Notice) -> Outcome:
        """Put it into the queues of those it is for: everybody's, or those of the recipient's own devices.

        A recipient's address is the name by which that person signs in; default: the person's id or name. Whom the
        settings name is told, wherever it is; of what is for everybody a phone hears what its account may see.
        """
        if notice.alert.severity is Severity.FIRE:
            self._fires.fire()
        given = notice.recipient
        owners = {given.address} if given.address else {given.person, given.name} - {""}
        told = {
            device.channel: Recipient(person=device.owner)
            for device in self.devices.all()
            if device.disabled_at is None and self._is_for(device, notice.alert, owners, given)
        }
        if not told and given != EVERYBODY:
            return Rejected("no phone is subscribed for this person")
        try:
            await asyncio.to_thread(self._store.spread, notice.id, told, self._clock.now(), self._links)
        except StoreError as error:
            return Retry(str(error))
        for channel in told:
            if channel in self._queues:
                self._queues[channel].wake()
        return Delivered()

    def _is_for(self, device: Device, alert: Alert, owners: set[str], given: Recipient) -> bool:
        return self._hears(device.account, alert) if given == EVERYBODY else device.owner in owners

    async def add(
        self,
        name: str,
        owner: str,
        language: str,
        endpoint: str,
        keys: dict[str, str],
        *,
        account: str = "",
        via: str = CONSOLE,
    ) -> Device:
        """Subscribe a device. account: whose it is. via: the door, for the record.

        Raises PushRefused for an address that may not be used; ValueError for wrong keys.
        """
        check_endpoint(endpoint, allow_private=self._config.allow_private)
        now = self._clock.now()
        device = await asyncio.to_thread(
            self.devices.add, name, owner, language, endpoint, keys, now, account=account, via=via
        )
        self._open(device)
        return device

    async def remove(self, device_id: str, by: Actor) -> bool:
        """Forget a device. Whether it was there."""
        device = self.devices.get(device_id)
        if device is None:
            return False
        gone = await asyncio.to_thread(self.devices.remove, device_id, self._clock.now(), by)
        queue = self._queues.pop(device.channel, None)
        if queue is not None:
            await queue.stop()
        return gone

    async def test(self, device_id: str, notice: Notice) -> Outcome:
        """Send a notice at once, beside the queue."""
        return await self._notifier(device_id).send(notice)

    async def close(self) -> None:
        """Stop the queues, each within the time that an attempt may take."""
        await asyncio.gather(*self._starting)
        queues, self._queues = list(self._queues.values()), {}
        await asyncio.gather(*(queue.stop() for queue in queues))
        await self._service.close()

    def _open(self, device: Device) -> None:
        if device.channel in self._queues:
            self._queues[device.channel].wake()
            return
        notifiers = {device.channel: self._notifier(device.id)}
        queue = Deliverer(
            self._store, notifiers, self._clock, self._rng, self._where, self._links, poll_s=POLL_S, listen=False
        )
        self._queues[device.channel] = queue
        starting = asyncio.get_running_loop().create_task(queue.start(), name=f"open {device.channel}")
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)

    def _notifier(self, device_id: str) -> DeviceNotifier:
        return DeviceNotifier(device_id, self.devices, self._service, self._clock, self._fires)
