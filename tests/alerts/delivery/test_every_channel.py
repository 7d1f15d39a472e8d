"""Every channel that people read × every kind of notice × both languages × nasty texts: it arrives, as the other end
would take it, and nothing in it means anything."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from email.message import EmailMessage
from typing import Any, get_args

import pytest

from alerts.config import Settings
from alerts.notifiers.base import Delivered, Notice, Notifier
from alerts.notifiers.build import build_notifiers
from alerts.notifiers.channel_config import Channel, PeopleChannel
from streams.clock import SimulatedClock
from tests.alerts.mail_server import Mailbox, mail_server
from tests.alerts.making import START, jpeg
from tests.alerts.receiver import Receiver
from tests.alerts.told import KINDS, NASTY, spoilt
from tests.alerts.vendors import KEY, SECRET, Dingtalk, Feishu, Ntfy, Wecom

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of modules that Apprise loads

TYPES = [get_args(model.model_fields["type"].annotation)[0] for model in get_args(PeopleChannel)]


@asynccontextmanager
async def both_ends(
    kind: str, language: str
) -> AsyncIterator[tuple[Notifier, SimulatedClock, Callable[[], list[str]]]]:
    """The channel, its clock, and what the other end has been shown so far, one text for each notice."""
    clock = SimulatedClock(START)
    box, ntfy = Mailbox(), Ntfy()
    vendor = {"wecom": Wecom, "dingtalk": Dingtalk, "feishu": Feishu}.get(kind, Wecom)(clock)
    answer: Any = {"ntfy": ntfy, "apprise": None}.get(kind, vendor)
    with Receiver(answer) as receiver:
        async with mail_server(box) as mail_port:
            base = f"http://127.0.0.1:{receiver.port}"
            table: dict[str, dict[str, Any]] = {
                "wecom": {"url": f"{base}/send?key={KEY}"},
                "dingtalk": {"url": f"{base}/send?access_token={KEY}", "secret": SECRET},
                "feishu": {"url": f"{base}/{KEY}", "secret": SECRET},
                "ntfy": {"url": base, "topic": "t0pic"},
                "email": {
                    "host": "127.0.0.1",
                    "port": mail_port,
                    "security": "none",
                    "sender": "xinan@lane12.example",
                    "to": ["team@lane12.example"],
                },
                "apprise": {"url": f"json://127.0.0.1:{receiver.port}"},
            }
            values = {"type": kind, "name": "team", "language": language, **table[kind]}
            settings = Settings.model_validate(
                {"channels": [values], "console": {"public_url": "https://xinan.example"}}
            )
            [notifier] = build_notifiers(
                settings,
                clock,
                picture_of=lambda alert: jpeg(),
                going_of=lambda alert: ((alert.zone, alert.zone),),
                cold=False,
            ).values()
            shown = {
                "wecom": lambda: [one[one["msgtype"]]["content"] for one in vendor.taken if one["msgtype"] != "image"],
                "dingtalk": lambda: [one["markdown"]["text"] for one in vendor.taken],
                "feishu": lambda: [card_text(one["card"]) for one in vendor.taken],
                "ntfy": lambda: [f"{one.title}\n{one.text}" for one in ntfy.taken],
                "email": lambda: [mail_text(mail) for mail, _ in box.taken],
                "apprise": lambda: [f"{got.event['title']}\n{got.event['message']}" for got in receiver.got],
            }[kind]
            try:
                yield notifier, clock, shown
            finally:
                await notifier.close()


def card_text(card: dict[str, Any]) -> str:
    """All text of a card; none of it may be of a kind in which signs mean something."""
    texts = [card["header"]["title"], card["elements"][0]["text"]]
    assert {one["tag"] for one in texts} == {"plain_text"}
    return "\n".join(one["content"] for one in texts)


def mail_text(mail: EmailMessage) -> str:
    """Subject and plain text; the only recipients are ours."""
    assert mail["To"] == "team@lane12.example"
    assert mail["Bcc"] is None
    assert not mail.defects
    [plain] = [part for part in mail.walk() if part.get_content_type() == "text/plain"]
    assert isinstance(plain, EmailMessage)
    return f"{mail['Subject']}\n{plain.get_content()}"


CALLING = {"wecom", "dingtalk", "feishu", "apprise"}
"""Channels in which a text could call everybody."""


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", TYPES)
async def test_it_arrives_and_means_nothing(kind: str, language: str) -> None:
    notices = [
        replace(spoilt(what, text, exercise=what == "reopened"), id=f"01{what}{number}")
        for what in KINDS
        for number, text in enumerate(NASTY.values())
    ]
    async with both_ends(kind, language) as (notifier, clock, shown):
        for one in notices:
            assert await notifier.send(one) == Delivered(), one
            clock.step(10)
        texts = shown()
    assert len(texts) == len(notices)
    for one, text in zip(notices, texts, strict=True):
        check(kind, language, one, text)


def check(kind: str, language: str, notice: Notice, text: str) -> None:
    """What holds for every text."""
    assert "\x1b" not in text
    assert "\u202e" not in text
    if kind in CALLING:
        assert "@" not in text
        assert "<" not in text
    if notice.exercise:
        assert text.lstrip("# 【［[").startswith("演练" if language == "zh" else "DRILL")
    if notice.kind == "test":
        assert ("测试通知" if language == "zh" else "Test notice") in text


def test_all_channels_are_in_the_table() -> None:
    everything = {get_args(model.model_fields["type"].annotation)[0] for model in get_args(get_args(Channel)[0])}
    assert everything - set(TYPES) == {"mqtt", "cap", "push"}
