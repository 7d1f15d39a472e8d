"""Web Push against a push service on loopback: what arrives, what each answer means, who waits for whom."""

import asyncio
import gc
import itertools
import json
import random
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from alerts.access.secret_box import STORE_KEY_FILE
from alerts.alert import Alert
from alerts.db.push_devices import LOST, MOST_DEVICES, Device, PushDevices, vapid_of
from alerts.db.schema_push import push_devices
from alerts.db.store import Store
from alerts.db.track_store import link_of
from alerts.delivery.deliver import Deliverer
from alerts.errors import PushRefused, StoreError
from alerts.lifecycle import Change, ChangeKind
from alerts.notifiers import push
from alerts.notifiers.base import Delivered, Notice, Rejected, Retry
from alerts.notifiers.channel_config import PushChannel
from alerts.notifiers.context import TextContext
from alerts.notifiers.endpoint import check_endpoint, public_address
from alerts.notifiers.message import Frame, word
from alerts.notifiers.push import MOST_POOLS, FireFirst, PushNotifier, PushService
from alerts.notifiers.push_message import push_headers, push_message
from alerts.notifiers.web_push import MOST_PLAIN
from alerts.record.actor import Actor
from alerts.registry.config import SafetyConfig
from alerts.registry.registry import Place, Safety
from alerts.routing.plan import AtOnce
from alerts.routing.recipient import EVERYBODY, Recipient
from alerts.track.answer_links import AnswerLinks, hash_of
from streams.clock import Clock, SimulatedClock, SystemClock
from tests.alerts.certificates import certificate
from tests.alerts.making import START, alert, at
from tests.alerts.push_service import Browser, claims
from tests.alerts.receiver import Answer, Got, Receiver, free_port

CHANNEL = "phones"
NOTICE = Notice("01NOTICE", "fired", at(1), alert("01ALERT"))


def config(**given: Any) -> PushChannel:
    """Of tests: the push service is on loopback."""
    base = {"type": "push", "name": CHANNEL, "contact": "mailto:duty@lane12.example", "allow_private": True}
    return PushChannel.model_validate({**base, "timeout_s": 2.0, **given})


def context(clock: Clock | None = None) -> TextContext:
    """What the words need."""
    return TextContext("Lane 12", "http://console", clock or SimulatedClock(START))


class Office:
    """The outbox with a channel of phones, running."""

    def __init__(self, store: Store, **given: Any) -> None:
        self.store = store
        self.clock = SystemClock()
        self.phones = PushNotifier(config(**given), store, context(self.clock), rng=random.Random(1))
        self._deliverer = Deliverer(store, {CHANNEL: self.phones}, self.clock, random.Random(1))

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Office"]:
        """Until the end of the block."""
        async with self._deliverer:
            yield self

    async def subscribe(self, browser: Browser, endpoint: str, owner: str = "Li", language: str = "en") -> Device:
        """One phone more."""
        return await self.phones.add("phone", owner, language, endpoint, browser.keys())

    def raise_alert(self, name: str, kind: ChangeKind = ChangeKind.FIRED, **given: Any) -> None:
        """As the desk does."""
        self.store.commit([Change(kind, alert(name, **given))], AtOnce({CHANNEL: 3600.0}), self.clock.now())

    async def until(self, condition: Callable[[], bool]) -> None:
        """Until it holds; fails if it does not in time."""
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.02)


@pytest.fixture
def lite(tmp_path: Any) -> Any:
    """A store in SQLite, where the database does not matter."""
    store = Store.open(tmp_path)
    yield store
    store.close()


async def test_a_phone_hears_of_nothing_that_its_account_may_not_see(lite: Store) -> None:
    seen: list[str] = []

    def hears(account: str, one: Alert) -> bool:
        seen.append(account)
        return account != "li" or one.camera == "li-cam"

    phones = PushNotifier(config(), lite, context(), hears=hears)
    for account in ("li", "wang"):
        phones.devices.add(
            "phone", account.title(), "en", f"http://h/{account}", Browser().keys(), START, account=account
        )
    told = {}
    for name, camera in (("01A", "li-cam"), ("01B", "elsewhere")):
        for recipient in (EVERYBODY, Recipient("li", "Li")):
            lite.commit(
                [Change(ChangeKind.FIRED, one := alert(name + recipient.person, camera=camera))],
                AtOnce({CHANNEL: 9.0}),
                START,
            )
            [row] = lite.deliveries_of(one.id)
            await phones.send(Notice(row.id, "fired", at(1), one, recipient=recipient))
            ways = {row.channel for row in lite.deliveries_of(one.id)} - {CHANNEL}
            told[one.id] = {device.account for device in phones.devices.all() if device.channel in ways}
    await phones.close()
    assert told == {"01A": {"li", "wang"}, "01Ali": {"li"}, "01B": {"wang"}, "01Bli": {"li"}}
    assert set(seen) == {"li", "wang"}, "whom the settings name is told, wherever it is"


async def test_an_alert_reaches_the_phone(store: Store) -> None:
    browser = Browser()
    with Receiver(lambda _: Answer(201)) as service:
        async with Office(store).running() as office:
            device = await office.subscribe(browser, f"http://127.0.0.1:{service.port}/send/1")
            office.raise_alert("01ALERT")
            [got] = await asyncio.to_thread(service.wait_for, 1)
            said = claims(got, office.phones.public_key)
            await office.until(lambda: all(row.delivered_at for row in store.deliveries_of("01ALERT")))
            known = office.phones.devices.get(device.id)
    assert got.path == "/send/1"
    assert said["aud"] == f"http://127.0.0.1:{service.port}"
    assert 0 < said["exp"] - office.clock.now().timestamp() <= 24 * 3600
    assert (got.headers["TTL"], got.headers["Urgency"], got.headers["Topic"]) == ("3600", "high", "01ALERT")
    message = browser.message(got)
    assert message["title"].startswith("Flame · Lane 12, shed 1")
    assert message["url"] == "/#alert=01ALERT"
    assert {row.channel for row in store.deliveries_of("01ALERT")} == {CHANNEL, device.channel}
    assert known is not None and known.last_success_at is not None


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_is_gone_is_disabled(store: Store, status: int) -> None:
    with Receiver(lambda _: Answer(status)) as service:
        async with Office(store).running() as office:
            device = await office.subscribe(Browser(), service.url)
            office.raise_alert("01A")
            await office.until(lambda: any(row.dead_at for row in store.deliveries_of("01A")))
            office.raise_alert("01B")
            await office.until(lambda: all(row.delivered_at for row in store.deliveries_of("01B")))
            [known] = office.phones.devices.all()
    assert known.id == device.id and known.disabled_at is not None
    assert f"HTTP {status}" in known.disabled_reason
    assert [row.channel for row in store.deliveries_of("01B")] == [CHANNEL]
    assert len(service.got) == 1


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (201, {}, Delivered()),
        (202, {}, Delivered()),
        (400, {}, Rejected("127.0.0.1: HTTP 400")),
        (403, {}, Rejected("127.0.0.1: HTTP 403")),
        (413, {}, Rejected("127.0.0.1: HTTP 413")),
        (429, {"Retry-After": "17"}, Retry("127.0.0.1: HTTP 429", 17.0)),
        (429, {}, Retry("127.0.0.1: HTTP 429")),
        (500, {}, Retry("127.0.0.1: HTTP 500")),
        (503, {"Retry-After": "5"}, Retry("127.0.0.1: HTTP 503", 5.0)),
        (301, {"Location": "http://127.0.0.1:1/"}, Retry("127.0.0.1: HTTP 301")),
    ],
)
async def test_what_each_answer_means(lite: Store, status: int, headers: dict[str, str], outcome: object) -> None:
    with Receiver(lambda _: Answer(status, headers)) as service:
        phones = PushNotifier(config(), lite, context())
        device = await phones.add("", "", "zh", service.url, Browser().keys())
        assert await phones.test(device.id, NOTICE) == outcome
        await phones.close()


async def test_a_push_service_that_is_away_or_hangs(lite: Store) -> None:
    release = threading.Event()
    phones = PushNotifier(config(timeout_s=0.3), lite, context())
    away = await phones.add("", "", "zh", f"http://127.0.0.1:{free_port()}/", Browser().keys())
    assert await phones.test(away.id, NOTICE) == Retry("127.0.0.1: ConnectError")
    with Receiver(lambda _: Answer(201) if release.wait(30) else Answer()) as service:
        hangs = await phones.add("", "", "zh", service.url, Browser().keys())
        assert await phones.test(hangs.id, NOTICE) == Retry("127.0.0.1: no answer within 0.3 s")
        release.set()
    await phones.close()


async def test_a_phone_is_told_once_though_the_database_goes_away_right_after(
    lite: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = [True]

    def refuse(*_: object) -> None:
        if away:
            raise StoreError("away")

    with Receiver(lambda _: Answer(201)) as service:
        async with Office(lite).running() as office:
            device = await office.subscribe(Browser(), service.url)
            monkeypatch.setattr(office.phones.devices, "succeeded", refuse)
            mark = lite.mark_delivered

            def mark_if_there(*given: Any) -> None:
                refuse()
                mark(*given)

            monkeypatch.setattr(lite, "mark_delivered", mark_if_there)
            office.raise_alert("01A")
            await asyncio.to_thread(service.wait_for, 1)
            away.clear()
            await office.until(lambda: all(row.delivered_at for row in lite.deliveries_of("01A")))
            assert {row.attempts for row in lite.deliveries_of("01A") if row.channel == device.channel} == {1}
    assert len(service.got) == 1


async def test_connections_to_push_services_are_bounded(lite: Store) -> None:
    service = PushService(config(), lite, context())
    port, device = free_port(), PushDevices(lite).add("", "", "zh", "http://127.0.0.1/", Browser().keys(), START)
    for number in range(1, MOST_POOLS + 20):
        outcome = await service.send(NOTICE, replace(device, endpoint=f"http://127.0.0.{number}:{port}/"))
        assert isinstance(outcome, Retry)
    assert len(service._pools) == MOST_POOLS
    await service.close()


async def test_a_pool_that_is_used_is_not_closed_for_another(lite: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "MOST_POOLS", 1)
    asked, release, port = threading.Event(), threading.Event(), free_port()
    phones = PushService(config(timeout_s=20.0), lite, context())

    def answer(_: Got) -> Answer:
        asked.set()
        return Answer(201 if release.wait(30) else 500)

    device = PushDevices(lite).add("", "", "zh", "http://127.0.0.1/", Browser().keys(), START)
    with Receiver(answer) as service:
        slow = asyncio.create_task(phones.send(NOTICE, replace(device, endpoint=service.url)))
        assert await asyncio.to_thread(asked.wait, 20)
        for number in (2, 3):
            await phones.send(NOTICE, replace(device, endpoint=f"http://127.0.0.{number}:{port}/"))
        release.set()
        assert await slow == Delivered()
    await phones.close()


async def test_a_phone_in_trouble_holds_up_no_other(store: Store) -> None:
    good = Browser()
    with Receiver(lambda _: Answer(503)) as bad_service, Receiver(lambda _: Answer(201)) as service:
        async with Office(store).running() as office:
            bad = await office.subscribe(Browser(), bad_service.url)
            fine = await office.subscribe(good, service.url)
            office.raise_alert("01A")
            office.raise_alert("01A", ChangeKind.RESOLVED, version=2, resolved_at=START)
            got = await asyncio.to_thread(service.wait_for, 2)
            await office.until(lambda: any(row.last_error for row in store.deliveries_of("01A")))
    assert [good.message(one)["kind"] for one in got] == ["fired", "resolved"]
    waiting = [row.channel for row in store.deliveries_of("01A") if row.delivered_at is None]
    assert set(waiting) == {bad.channel} and fine.channel not in waiting


@pytest.mark.parametrize(
    ("fire_at_s", "pushed_at_s", "waits"), [(None, 0.0, []), (0.0, 0.1, [0.4]), (0.0, 0.5, []), (0.0, 9.0, [])]
)
async def test_violations_give_way_to_a_fire_for_a_moment(
    monkeypatch: pytest.MonkeyPatch, fire_at_s: float | None, pushed_at_s: float, waits: list[float]
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("alerts.notifiers.push.sleep_s", sleep)
    clock = SimulatedClock(START)
    fires = FireFirst(clock)
    if fire_at_s is not None:
        clock.step(fire_at_s)
        fires.fire()
    clock.step(pushed_at_s)
    await fires.give_way()
    assert slept == pytest.approx(waits)


@pytest.mark.parametrize(
    ("recipient", "owners"),
    [
        (EVERYBODY, {"Li", "Wang", ""}),
        (Recipient(address="Li"), {"Li"}),
        (Recipient(person="li", name="Li"), {"Li"}),
        (Recipient(person="Wang"), {"Wang"}),
        (Recipient(person="Wang", address="Li"), {"Li"}),
        (Recipient(person="nobody"), set()),
    ],
)
async def test_only_the_recipient_s_phones(lite: Store, recipient: Recipient, owners: set[str]) -> None:
    phones = PushNotifier(config(), lite, context(SystemClock()))
    made = {
        owner: await phones.add("", owner, "zh", f"http://127.0.0.1:1/{owner}", Browser().keys())
        for owner in ("Li", "Wang", "")
    }
    lite.commit([Change(ChangeKind.FIRED, alert("01A"))], AtOnce({CHANNEL: 3600.0}), START)
    [row] = lite.deliveries_of("01A")
    notice = Notice(row.id, "fired", START, alert("01A"), recipient=recipient)
    called = Delivered() if owners else Rejected("no phone is subscribed for this person")
    assert await phones.send(notice) == called
    told = {row.channel for row in lite.deliveries_of("01A")} - {CHANNEL}
    assert told == {made[owner].channel for owner in owners}
    await phones.close()


def test_a_notice_is_spread_once_however_often_it_is_tried(store: Store) -> None:
    store.commit([Change(ChangeKind.FIRED, alert("01A"))], AtOnce({CHANNEL: 3600.0}), START)
    [first] = store.deliveries_of("01A")
    everybody = dict.fromkeys(["push:a", "push:b", "push:c"], Recipient(person="Li"))
    links = AnswerLinks(b"k" * 32, "https://console.example", timedelta(hours=1))
    store.spread(first.id, {channel: everybody[channel] for channel in ("push:a", "push:b")}, at(1), links)
    store.mark_delivered(next(row.id for row in store.due("push:a", at(2), 1)), at(2))
    store.spread(first.id, everybody, at(3), links)
    rows = {row.channel: row for row in store.deliveries_of("01A")}
    assert set(rows) == {CHANNEL, "push:a", "push:b", "push:c"}
    assert rows["push:a"].delivered_at == at(2)
    assert {(row.kind, row.severity, row.expires_at) for row in rows.values()} == {
        (first.kind, first.severity, first.expires_at)
    }
    assert all(row.id[:10] == first.id[:10] and len(row.id) == 26 for row in rows.values())
    token = links.urls(rows["push:c"].id, "fired")["accepted"].split("#")[1].split(".")[0]
    with store.reading() as connection:
        link = link_of(connection, hash_of(token), at(4))
    assert link is not None and (link.person, link.via, link.alert_id) == ("Li", CHANNEL, "01A")


def test_a_device_that_is_removed_is_waited_for_no_more(store: Store) -> None:
    devices = PushDevices(store)
    device = devices.add("Pixel", "Li", "zh", "https://push.example/1", Browser().keys(), START)
    store.commit([Change(ChangeKind.FIRED, alert("01A"))], AtOnce({device.channel: 3600.0}), START)
    assert devices.remove(device.id, at(5), Actor("Li", "console"))
    assert not devices.remove(device.id, at(6), Actor("Li", "console"))
    [row] = store.deliveries_of("01A")
    assert (row.dead_at, row.last_error) == (at(5), "the device was removed")
    assert PushDevices(store).all() == []


def test_the_same_endpoint_again_is_the_same_device_enabled(store: Store) -> None:
    devices = PushDevices(store)
    first = devices.add("a", "Li", "zh", "https://push.example/1", Browser().keys(), START)
    devices.disable(first.id, "HTTP 410", at(1))
    again = devices.add("b", "Wang", "en", "https://push.example/1", Browser().keys(), at(2))
    assert again.id == first.id
    assert PushDevices(store).all() == [again]
    assert (again.disabled_at, again.owner, again.name) == (None, "Wang", "b")


def test_a_success_is_written_down_at_most_once_a_minute(store: Store) -> None:
    devices = PushDevices(store)
    device = devices.add("a", "", "zh", "https://push.example/1", Browser().keys(), START)
    for second in (0, 30, 61):
        devices.succeeded(device.id, at(second))
        kept = PushDevices(store).get(device.id)
        assert kept is not None and kept.last_success_at == at(61 if second == 61 else 0)


def test_a_database_that_hangs_under_a_change_holds_up_no_reader(lite: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are read in the event loop."""
    devices = PushDevices(lite)
    device = devices.add("a", "", "zh", "https://push.example/1", Browser().keys(), START)
    asked, answer, writing = threading.Event(), threading.Event(), lite.writing

    @contextmanager
    def hang() -> Iterator[Any]:
        asked.set()
        answer.wait(60)
        with writing() as connection:
            yield connection

    monkeypatch.setattr(lite, "writing", hang)
    changing = threading.Thread(target=devices.succeeded, args=(device.id, at(5)))
    changing.start()
    assert asked.wait(60)
    reading = threading.Thread(target=lambda: (devices.all(), devices.get(device.id)))
    reading.start()
    reading.join(10)
    assert not reading.is_alive()
    answer.set()
    changing.join(60)
    known = devices.get(device.id)
    assert known is not None and known.last_success_at == at(5)


def test_devices_are_bounded(lite: Store) -> None:
    ids = (str(number) for number in itertools.count())
    devices = PushDevices(lite, lambda: next(ids))
    keys = Browser().keys()
    for number in range(MOST_DEVICES):
        devices.add("", "", "zh", f"https://push.example/{number}", keys, START)
    with pytest.raises(PushRefused, match="200"):
        devices.add("", "", "zh", "https://push.example/more", keys, START)


def test_the_key_is_made_once_and_shown_to_nobody(store: Store) -> None:
    made = vapid_of(store, "mailto:a@b.example")
    again = vapid_of(store, "mailto:a@b.example")
    private = store.meta("push.vapid")
    assert made.public == again.public
    assert private is not None and private not in repr(made) + str(vars(again).values())


def test_without_the_key_beside_the_database_phones_are_told_to_register_anew(
    lite: Store, caplog: pytest.LogCaptureFixture
) -> None:
    keys, before = Browser().keys(), vapid_of(lite, "mailto:a@b.example").public
    device = PushDevices(lite).add("Pixel", "Li", "zh", "https://push.example/1", keys, START)
    (lite.folder / STORE_KEY_FILE).unlink()
    [lost] = PushDevices(lite).all()
    assert (lost.p256dh, lost.auth, lost.disabled_at, lost.disabled_reason) == ("", "", START, LOST)
    assert "phone Pixel of Li" in caplog.text and keys["auth"] not in caplog.text
    assert vapid_of(lite, "mailto:a@b.example").public not in (before, "")
    devices = PushDevices(lite)
    again = devices.add("Pixel", "Li", "zh", "https://push.example/1", keys, at(9))
    assert (again.id, PushDevices(lite).all()) == (device.id, [again]) and again.disabled_at is None


def test_keys_of_a_phone_open_nothing_in_another_row(lite: Store) -> None:
    devices = PushDevices(lite)
    first, second = (devices.add(n, "Li", "zh", f"https://p/{n}", Browser().keys(), START) for n in "ab")
    table = push_devices.c
    with lite.writing() as connection:
        row = connection.execute(select(push_devices).where(table.id == first.id)).one()
        moved = {"auth": row.auth, "p256dh": row.p256dh}
        connection.execute(update(push_devices).where(table.id == second.id).values(moved))
    known = {one.id: one.disabled_reason for one in PushDevices(lite).all()}
    assert known == {first.id: "", second.id: LOST}


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/abc?x=y", True),
        ("https://push.example:8443/abc", True),
        ("http://push.example/abc", False),
        ("https://127.0.0.1/abc", False),
        ("https://[::1]/abc", False),
        ("https://10.0.0.7/abc", False),
        ("https://192.168.1.1/abc", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://8.8.8.8/abc", False),
        ("https://localhost/abc", False),
        ("https://router.lan/abc", False),
        ("https://camera.local/abc", False),
        ("https://me:pass@push.example/abc", False),
        ("https://push.example/abc#d", False),
        ("https://push.example/a b", False),
        ("https://push.example/\r\nX: y", False),
        ("https://push.example:99999/", False),
        ("https://[broken/", False),
        ("https://例え.example/", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_where_a_browser_may_send_us(url: str, fine: bool) -> None:
    if fine:
        check_endpoint(url, allow_private=False)
    else:
        with pytest.raises(PushRefused):
            check_endpoint(url, allow_private=False)


def test_an_own_push_service_has_to_be_allowed() -> None:
    check_endpoint("http://192.168.1.1:8080/abc", allow_private=True)
    with pytest.raises(PushRefused):
        check_endpoint("file://192.168.1.1/abc", allow_private=True)


@pytest.mark.parametrize(
    ("found", "fine"),
    [
        (["142.250.1.1"], True),
        (["2a00:1450::1"], True),
        (["127.0.0.1"], False),
        (["142.250.1.1", "10.0.0.1"], False),
        (["::ffff:192.168.1.1"], False),
        (["169.254.169.254"], False),
        (["224.0.0.1"], False),
        (["fd00::1"], False),
        (["0.0.0.0"], False),
    ],
)
async def test_a_public_name_may_not_lead_inside(found: list[str], fine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(*_: object, **__: object) -> list[Any]:
        return [(0, 0, 0, "", (address, 443)) for address in found]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", answer)
    if fine:
        assert await public_address("push.example", 443) == found[0]
    else:
        with pytest.raises(PushRefused):
            await public_address("push.example", 443)


async def test_a_stored_endpoint_is_checked_at_each_try(lite: Store) -> None:
    with Receiver() as service:
        endpoint = f"http://127.0.0.1:{service.port}/"
        device = PushDevices(lite).add("", "", "zh", endpoint, Browser().keys(), START)
        phones = PushNotifier(config(allow_private=False), lite, context())
        assert isinstance(await phones.test(device.id, NOTICE), Rejected)
        await phones.close()
    assert service.got == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the refused server's socket
@pytest.mark.parametrize(("name", "fine"), [("push.example", True), ("other.example", False)])
async def test_the_checked_address_has_to_be_who_the_endpoint_names(
    lite: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, fine: bool
) -> None:
    """The connection goes to the address that was checked; the certificate is asked for the name."""

    async def checked(host: str, port: int) -> str:
        assert host == "push.example"
        return "127.0.0.1"

    monkeypatch.setattr("alerts.notifiers.push.public_address", checked)
    made = certificate(tmp_path, name)
    trusted = ssl.create_default_context(cafile=str(made[0]))
    with Receiver(lambda _: Answer(201), certificate=made) as service:
        endpoint = f"https://push.example:{service.port}/abc"
        device = PushDevices(lite).add("", "", "zh", endpoint, Browser().keys(), START)
        sender = PushService(config(allow_private=False), lite, context(SystemClock()), trusted=trusted)
        outcome = await sender.send(NOTICE, device)
        await sender.close()
        gc.collect()
    assert outcome == (Delivered() if fine else Retry("push.example: ConnectError"))
    assert [(got.headers["Host"], got.path) for got in service.got] == [(f"push.example:{service.port}", "/abc")] * fine


@pytest.mark.parametrize(
    ("notice", "ttl", "urgency"),
    [
        (NOTICE, "3600", "high"),
        (replace(NOTICE, kind="reopened"), "3600", "high"),
        (replace(NOTICE, kind="resolved"), "3600", "normal"),
        (replace(NOTICE, alert=alert("01B", hazard="clutter")), "43200", "normal"),
    ],
)
def test_how_long_and_how_urgent(notice: Notice, ttl: str, urgency: str) -> None:
    headers = push_headers(notice)
    assert (headers["TTL"], headers["Urgency"], headers["Topic"]) == (ttl, urgency, notice.alert.id)


def message(notice: Notice, language: str = "zh", site: str = "Lane 12") -> dict[str, Any]:
    """What the service worker is given."""
    made = push_message(notice, word(notice, Frame(language, site, "http://console", at(60), UTC)))
    assert len(made) <= MOST_PLAIN
    found: dict[str, Any] = json.loads(made)
    return found


@pytest.mark.parametrize(
    ("notice", "language", "title"),
    [
        (NOTICE, "zh", "明火 · Lane 12, shed 1"),
        (NOTICE, "en", "Flame · Lane 12, shed 1"),
        (replace(NOTICE, kind="false_alarm"), "en", "Flame: false alarm"),
        (replace(NOTICE, exercise=True), "en", "[DRILL] Flame"),
        (replace(NOTICE, kind="test"), "zh", "测试通知"),
    ],
)
def test_the_hazard_comes_first(notice: Notice, language: str, title: str) -> None:
    assert message(notice, language)["title"].startswith(title)


def test_it_says_what_whoever_goes_there_must_know() -> None:
    place = Place(
        "shed", "shed", "Shed 1", "Lane 12 / Shed 1", "", (), SafetyConfig(), Safety(extinguisher="by the door")
    )
    body = message(replace(NOTICE, where=place), "en")["body"]
    assert "Extinguisher: by the door" in body
    assert "08:00:00 (59 s ago)" in body or "08:00:00 (60 s ago)" in body
    assert "http" not in body


def test_two_answers_have_buttons() -> None:
    answers = {"accepted": "http://c/a/1", "on_the_way": "http://c/a/2", "there": "http://c/a/3"}
    said = message(replace(NOTICE, answers=answers), "en")
    assert said["actions"] == [
        {"action": "accepted", "title": "Accepted", "url": "http://c/a/1"},
        {"action": "on_the_way", "title": "On the way", "url": "http://c/a/2"},
    ]
    assert [one["action"] for one in message(NOTICE)["actions"]] == ["open"]


@settings(max_examples=50, deadline=None)
@given(
    words=st.text(max_size=3000),
    link=st.text(st.characters(codec="ascii"), max_size=2000),
    language=st.sampled_from(["zh", "en"]),
)
def test_every_notice_fits(words: str, link: str, language: str) -> None:
    long = alert("01A", place=words * 3)
    answers = {"accepted": f"https://c/{link}", "on_the_way": link}
    notice = replace(NOTICE, alert=long, also=(long,) * 5, answers=answers)
    assert message(notice, language, words)["url"] == "/#alert=01A"
