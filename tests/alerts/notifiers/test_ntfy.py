"""ntfy against a server that keeps what the real one would keep."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from alerts.config import Settings
from alerts.notifiers.base import Delivered, Rejected, Retry
from alerts.notifiers.context import TextContext
from alerts.notifiers.ntfy import NtfyNotifier
from alerts.routing.people_channels import NtfyChannel
from alerts.routing.recipient import Recipient
from tests.alerts.making import jpeg
from tests.alerts.receiver import Answer, Receiver, free_port
from tests.alerts.told import ANSWERS, context, notice, violation
from tests.alerts.vendors import Ntfy

TOPIC = "xinan-t0pic"


@asynccontextmanager
async def ntfy(port: int, told: TextContext | None = None, **given: Any) -> AsyncIterator[NtfyNotifier]:
    values = {"type": "ntfy", "name": "phones", "url": f"http://127.0.0.1:{port}", "topic": TOPIC, **given}
    notifier = NtfyNotifier(NtfyChannel.model_validate(values), told or context())
    try:
        yield notifier
    finally:
        await notifier.close()


async def test_a_fire_with_its_picture_and_buttons() -> None:
    server = Ntfy()
    with Receiver(server) as receiver:
        async with ntfy(receiver.port) as phones:
            assert await phones.send(notice(answers=ANSWERS)) == Delivered()
    [shown] = server.taken
    assert (shown.topic, shown.title, shown.priority) == (TOPIC, "明火 · 7号车棚 · 通道", 5)
    assert shown.text.startswith("地点：7号车棚 · 通道\n时间：03-01 16:00:00 (30 秒前)\n")
    assert shown.click == "https://xinan.example/#alert=01ALERT"
    assert [one["label"] for one in shown.actions] == ["收到", "已出发", "到场"]
    assert shown.actions[0] == {"action": "view", "label": "收到", "url": ANSWERS["accepted"]}
    assert shown.attachment == jpeg()


async def test_a_phone_shows_an_alert_once_as_it_is_now() -> None:
    server = Ntfy()
    with Receiver(server) as receiver:
        async with ntfy(receiver.port) as phones:
            for kind in ("fired", "acknowledged", "resolved"):
                assert await phones.send(notice(kind, f"01{kind}")) == Delivered()
            assert await phones.send(violation(name="01V")) == Delivered()
    assert [one.title.split("：")[0] for one in server.shown.values()] == [
        "明火",
        "楼道堆物 · Lane 12, shed 1 · 走廊",
    ]
    assert len(server.taken) == 4
    _, acknowledged, unseen, _ = server.taken
    assert (acknowledged.priority, unseen.priority) == (2, 3)


async def test_a_server_without_attachments_gets_the_text() -> None:
    server = Ntfy(attachments=False)
    with Receiver(server) as receiver:
        async with ntfy(receiver.port) as phones:
            assert await phones.send(notice()) == Delivered()
    assert [one.attachment for one in server.taken] == [b""]
    assert server.taken[0].text.startswith("地点")


@pytest.mark.parametrize(
    ("given", "login"),
    [
        ({"token": "tk_5ecret"}, "Bearer tk_5ecret"),
        ({"username": "xinan", "password": "5ecret"}, "Basic eGluYW46NWVjcmV0"),
    ],
)
async def test_logging_in(given: dict[str, Any], login: str) -> None:
    with Receiver(Ntfy(login=login)) as receiver:
        async with ntfy(receiver.port, **given) as phones:
            assert await phones.send(notice()) == Delivered()
        async with ntfy(receiver.port) as phones:
            assert await phones.send(notice()) == Retry("http://127.0.0.1: HTTP 403")


async def test_a_person_s_own_topic() -> None:
    server = Ntfy()
    with Receiver(server) as receiver:
        async with ntfy(receiver.port) as phones:
            assert await phones.send(notice(recipient=Recipient(address="zhang_san-1"))) == Delivered()
            for wrong in ("../admin", "a b", "主题", "x" * 65):
                assert isinstance(await phones.send(notice(recipient=Recipient(address=wrong))), Rejected)
    assert [one.topic for one in server.taken] == ["zhang_san-1"]


async def test_too_many_are_tried_again_when_the_server_says() -> None:
    asked: list[bytes] = []

    def busy(got: Any) -> Answer:
        asked.append(got.body)
        return Answer(429, {"Retry-After": "12"})

    with Receiver(busy) as receiver:
        async with ntfy(receiver.port) as phones:
            assert await phones.send(notice()) == Retry("http://127.0.0.1: HTTP 429", 12.0)
    assert len(asked) == 2  # with the picture, which has a limit of its own, and without


async def test_no_secret_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    async with ntfy(free_port(), token="tk_5ecret") as phones:
        outcome = await phones.send(notice())
    assert outcome == Retry("http://127.0.0.1: ConnectError")
    assert TOPIC not in caplog.text
    assert "tk_5ecret" not in caplog.text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"url": "http://u:p@x"}, "as username and password"),
        ({"token": "a", "username": "b", "password": "c"}, "instead of"),
        ({"username": "b"}, "both or neither"),
    ],
)
def test_settings_that_contradict_each_other(given: dict[str, str], said: str) -> None:
    values = {"type": "ntfy", "name": "a", "url": "http://x", "topic": TOPIC, **given}
    with pytest.raises(ValueError, match=said):
        Settings.model_validate({"channels": [values]})
