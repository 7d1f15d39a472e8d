"""The webhook against a real server: what is sent, and what each answer means."""

import asyncio
import hashlib
import hmac
import logging
import threading
from datetime import timedelta
from typing import Any

import pytest

from alerts.config import WebhookConfig
from alerts.notifiers.base import Delivered, Notice, Outcome, Rejected, Retry
from alerts.notifiers.build import build_notifiers
from alerts.notifiers.http_post import retry_after_s
from alerts.notifiers.webhook import WebhookNotifier
from streams.clock import SimulatedClock
from tests.alerts.making import START, alert, at, settings
from tests.alerts.receiver import Answer, Receiver, free_port, raw_server

NOTICE = Notice("01NOTICE", "fired", at(1), alert("01ALERT", evidence={"snapshot": {"sha256_clean": "ab"}}))


async def send(url: str, notice: Notice = NOTICE, **config: Any) -> Outcome:
    """One attempt."""
    given = WebhookConfig.model_validate({"name": "hook", "url": url, **config})
    notifier = WebhookNotifier(
        given, site="Xin'an 心安", console_url="http://127.0.0.1:8800", clock=SimulatedClock(START)
    )
    try:
        return await notifier.send(notice)
    finally:
        await notifier.close()


async def test_what_is_sent() -> None:
    with Receiver() as receiver:
        assert await send(receiver.url, secret="k3y") == Delivered()
    [got] = receiver.got
    assert got.headers["Content-Type"] == "application/cloudevents+json"
    assert got.id == "01NOTICE"
    assert got.headers["X-Xinan-Signature"] == "sha256=" + hmac.new(b"k3y", got.body, hashlib.sha256).hexdigest()
    event = got.event
    data = event.pop("data")
    assert event == {
        "specversion": "1.0",
        "id": "01NOTICE",
        "source": "/xinan/cameras/shed-1",
        "type": "org.xinan.alert.fired",
        "subject": "01ALERT",
        "time": "2026-03-01T08:00:01.000000Z",
        "datacontenttype": "application/json",
    }
    assert data["site"] == "Xin'an 心安"
    assert data["url"].startswith("http://127.0.0.1:8800/")
    assert data["url"].endswith("01ALERT")
    assert (data["place"], data["hazard"], data["zone"], data["state"]) == (
        "Lane 12, shed 1",
        "flame",
        "corridor",
        "firing",
    )
    assert data["evidence"]["snapshot"]["sha256_clean"] == "ab"
    assert data["box"] == [0.1, 0.2, 0.3, 0.4]


async def test_without_a_secret_nothing_is_signed() -> None:
    with Receiver() as receiver:
        await send(receiver.url)
    assert "X-Xinan-Signature" not in receiver.got[0].headers


async def test_a_camera_s_name_in_any_script_makes_a_valid_source() -> None:
    notice = Notice("01N", "fired", at(1), alert("01A", camera="车棚-1"))
    with Receiver() as receiver:
        await send(receiver.url, notice)
    assert receiver.got[0].event["source"] == "/xinan/cameras/%E8%BD%A6%E6%A3%9A-1"


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_taken(status: int) -> None:
    with Receiver(lambda _: Answer(status)) as receiver:
        assert await send(receiver.url) == Delivered()


@pytest.mark.parametrize("status", [301, 307, 401, 403, 404, 408, 425, 429, 500, 502, 503, 504])
async def test_tried_again(status: int) -> None:
    with Receiver(lambda _: Answer(status)) as receiver:
        assert await send(receiver.url) == Retry(f"http://127.0.0.1: HTTP {status}")


@pytest.mark.parametrize("status", [400, 405, 410, 413, 415, 422])
async def test_given_up(status: int) -> None:
    with Receiver(lambda _: Answer(status)) as receiver:
        assert await send(receiver.url) == Rejected(f"http://127.0.0.1: HTTP {status}")


async def test_a_redirect_is_not_followed() -> None:
    with Receiver() as other, Receiver(lambda _: Answer(307, {"Location": other.url})) as receiver:
        assert isinstance(await send(receiver.url), Retry)
    assert other.got == []


async def test_nobody_listens() -> None:
    assert await send(f"http://127.0.0.1:{free_port()}/") == Retry("http://127.0.0.1: ConnectError")


async def test_a_receiver_that_hangs_is_left() -> None:
    release = threading.Event()

    def hang(_: object) -> Answer:
        release.wait(30)
        return Answer()

    with Receiver(hang) as receiver:
        outcome = await send(receiver.url, timeout_s=0.2)
        release.set()
    assert outcome == Retry("http://127.0.0.1: no answer within 0.2 s")


async def test_a_receiver_that_drips_is_left() -> None:
    """Each byte comes in time, but the answer never ends."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 ")
        while True:
            writer.write(b"2")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with asyncio.timeout(20), raw_server(drip) as url:
        assert isinstance(await send(url, timeout_s=0.5), Retry)


async def test_a_huge_answer_is_not_read() -> None:
    with Receiver(lambda _: Answer(200, {"Content-Length": str(10**12)}, b"x" * 1000)) as receiver:
        assert await send(receiver.url) == Delivered()


@pytest.mark.parametrize("junk", [b"\x00\xff garbage\r\n\r\n", b""])
async def test_what_is_no_http(junk: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(junk)

    async with raw_server(talk) as url:
        assert isinstance(await send(url), Retry)


async def test_retry_after_is_heard() -> None:
    with Receiver(lambda _: Answer(429, {"Retry-After": "17"})) as receiver:
        outcome = await send(receiver.url)
    assert isinstance(outcome, Retry)
    assert outcome.after_s == 17.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("Sun, 01 Mar 2026 08:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 07:00:30 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("9" * 400, None),
        ("", None),
    ],
)
def test_retry_after(text: str | None, seconds: float | None) -> None:
    assert retry_after_s(text, START) == seconds


async def test_no_secret_is_shown_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    with Receiver(lambda _: Answer(500)) as receiver:
        url = f"http://us3r:passw0rd@127.0.0.1:{receiver.port}/s3cret/path?key=t0ken"
        outcome = await send(url, secret="k3y")
    said = repr(outcome) + caplog.text
    for secret in ("us3r", "passw0rd", "s3cret", "t0ken", "k3y"):
        assert secret not in said
    assert receiver.got[0].headers["Authorization"].startswith("Basic ")
    assert receiver.got[0].path == "/s3cret/path?key=t0ken"


async def test_built_from_the_settings() -> None:
    built = build_notifiers(
        settings({"name": "a", "url": "http://127.0.0.1:1/"}, {"name": "b", "url": "http://[::1]:1/"})
    )
    assert list(built) == ["a", "b"]
    for notifier in built.values():
        await notifier.close()


def test_a_wish_for_later_than_any_limit_is_a_number() -> None:
    assert retry_after_s("Fri, 31 Dec 9999 23:59:59 GMT", START) == pytest.approx(
        (START.replace(year=9999, month=12, day=31, hour=23, minute=59, second=59) - START) / timedelta(seconds=1)
    )
