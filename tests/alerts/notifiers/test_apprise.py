"""Apprise to a JSON address on loopback."""

import base64
import logging
import threading
from typing import Any

import pytest

from alerts.config import Settings
from alerts.errors import SettingsError
from alerts.notifiers.base import Delivered, Outcome, Rejected, Retry
from alerts.notifiers.build import build_notifiers
from alerts.notifiers.via_apprise import AppriseNotifier
from alerts.routing.people_channels import AppriseChannel
from alerts.routing.recipient import Recipient
from tests.alerts.making import jpeg
from tests.alerts.receiver import Answer, Got, Receiver, free_port
from tests.alerts.told import ANSWERS, context, notice, violation

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of modules that Apprise loads


async def send(url: str, *notices: Any, **given: Any) -> list[Outcome]:
    config = AppriseChannel.model_validate({"type": "apprise", "name": "else", "url": url, **given})
    notifier = AppriseNotifier(config, context())
    try:
        return [await notifier.send(one) for one in notices or (notice(),)]
    finally:
        await notifier.close()


async def test_what_arrives() -> None:
    with Receiver() as receiver:
        url = f"json://us3r:passw0rd@127.0.0.1:{receiver.port}/path"
        outcomes = await send(url, notice(answers=ANSWERS), notice("resolved", "01LATER"), violation("resolved", "01V"))
    assert outcomes == [Delivered(), Delivered(), Delivered()]
    fired, unseen, resolved = (got.event for got in receiver.got)
    assert (fired["title"], fired["type"]) == ("明火 · 7号车棚 · 通道", "failure")
    assert fired["message"].startswith("地点：7号车棚 · 通道\n")
    assert ANSWERS["accepted"] in fired["message"]
    [picture] = fired["attachments"]
    assert base64.b64decode(picture["base64"]) == jpeg()
    assert (unseen["type"], unseen["attachments"]) == ("warning", [])
    assert (resolved["type"], resolved["attachments"]) == ("success", [])


async def test_what_is_not_taken_is_tried_again_and_no_secret_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Receiver(lambda _: Answer(500)) as receiver:
        outcomes = await send(f"json://us3r:passw0rd@127.0.0.1:{receiver.port}/s3cret")
    outcomes += await send(f"json://us3r:passw0rd@127.0.0.1:{free_port()}/s3cret")
    assert outcomes == [Retry("apprise json: not taken"), Retry("apprise json: not taken")]
    for secret in ("us3r", "passw0rd", "s3cret"):
        assert secret not in caplog.text


async def test_a_receiver_that_hangs_is_left() -> None:
    release = threading.Event()

    def hang(_: Got) -> Answer:
        release.wait(30)
        return Answer()

    with Receiver(hang) as receiver:
        outcomes = await send(f"json://127.0.0.1:{receiver.port}", timeout_s=0.3)
        release.set()
    assert outcomes == [Retry("apprise json: no answer within 0.3 s")]


async def test_a_person_s_own_address() -> None:
    with Receiver() as common, Receiver() as own:
        address = f"json://127.0.0.1:{own.port}"
        outcomes = await send(
            f"json://127.0.0.1:{common.port}",
            notice(recipient=Recipient("zhang", "张三", address, "en")),
            notice(recipient=Recipient(address="nosuch://x")),
        )
    assert outcomes == [Delivered(), Rejected("apprise: the recipient's address is none that Apprise knows")]
    assert (len(common.got), len(own.got)) == (0, 1)


@pytest.mark.parametrize("url", ["nosuch://t0ken", "t0ken", ""])
def test_an_address_that_apprise_does_not_know(url: str) -> None:
    settings = Settings.model_validate({"channels": [{"type": "apprise", "name": "else", "url": url}]})
    with pytest.raises(SettingsError, match="channels: else: url: Apprise does not know such an address") as caught:
        build_notifiers(settings)
    assert "t0ken" not in str(caught.value)
