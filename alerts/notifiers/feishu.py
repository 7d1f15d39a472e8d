"""A group bot of Feishu (飞书): a card of plain text with buttons, signed where the bot asks for it.

https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot: 100 messages a minute and 5 a second, 20 KB each;
pictures go only by a key that a bot cannot get. A message cannot be changed later.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx
from pydantic import SecretStr

from alerts.notifiers import markup
from alerts.notifiers.base import Notice, Outcome
from alerts.notifiers.bot import Meaning, Sign, Signed, Vendor, build_bots, unsigned, whole
from alerts.notifiers.context import TextContext
from alerts.notifiers.message import Message, as_text, is_urgent
from alerts.routing.people_channels import FeishuChannel
from vision.rule import Severity

MOST_TEXT = 8_000
"""Bytes of the text; with links and the card around it the message stays below 20 KB."""

_COLOURS = {Severity.FIRE: "red", Severity.VIOLATION: "orange", Severity.FAULT: "grey"}
_REFUSED = "refused by the bot's safety settings"

FEISHU = Vendor(
    code_of=lambda answer: whole(answer.get("code", answer.get("StatusCode"))),
    meanings={
        11232: (Meaning.TOO_MANY, "too many messages"),
        99991400: (Meaning.TOO_MANY, "too many messages"),
        19001: (Meaning.SET_UP, "the bot's address is wrong, or the bot was removed"),
        19021: (Meaning.SET_UP, f"{_REFUSED}: the secret does not match, or this clock is wrong"),
        19022: (Meaning.SET_UP, f"{_REFUSED}: this machine's address"),
        19024: (Meaning.SET_UP, f"{_REFUSED}: no keyword of the bot is in the text"),
        9499: (Meaning.WRONG, "the message is malformed"),
        19002: (Meaning.WRONG, "the message is malformed"),
    },
    shut_s=5.0,
)


class FeishuNotifier:
    """One group."""

    def __init__(self, config: FeishuChannel, context: TextContext) -> None:
        self._config, self._context = config, context
        signs = _signer(config.secret), _signer(config.fire_secret)
        self._bots = build_bots(config, FEISHU, context.clock, signs, per_second=config.per_second)

    async def send(self, notice: Notice) -> Outcome:
        """One card."""
        message = await self._context.word(notice, self._config.language)
        urgent = is_urgent(notice)
        user = notice.recipient.address
        body = {"msg_type": "interactive", "card": card(message, user if self._config.takes(user) else "")}
        _, outcome = await self._bots.of(urgent=urgent).post([body], urgent=urgent)
        return outcome

    async def close(self) -> None:
        """Release the connections."""
        await self._bots.close()


def card(message: Message, user: str = "") -> dict[str, Any]:
    """All text is of the plain kind, in which nothing has a meaning. user: whom to call in the group, "" for nobody."""
    text = as_text(message, markup.unmentioned, MOST_TEXT, links=False)
    elements: list[dict[str, Any]] = [{"tag": "div", "text": _plain(text)}]
    if user:
        elements.append({"tag": "div", "text": {"tag": "lark_md", "content": f"<at id={user}></at>"}})
    if message.links:
        buttons = [
            {"tag": "button", "text": _plain(label), "url": url, "type": "default" if index else "primary"}
            for index, (label, url) in enumerate(message.links)
        ]
        elements.append({"tag": "action", "actions": buttons})
    head = {"title": _plain(markup.unmentioned(message.head))}
    colour = "orange" if message.unseen else "blue" if message.update else _COLOURS[message.severity]
    return {"config": {"wide_screen_mode": True}, "header": {**head, "template": colour}, "elements": elements}


def _plain(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}


def signature(secret: str, timestamp_s: int) -> str:
    """Base64 of HMAC-SHA256 over nothing, keyed with the time and the secret. (DingTalk signs the other way round.)"""
    return base64.b64encode(hmac.new(f"{timestamp_s}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def _signer(secret: SecretStr | None) -> Sign:
    if secret is None:
        return unsigned
    plain = secret.get_secret_value()

    def sign(url: httpx.URL, body: Mapping[str, Any], now: datetime) -> Signed:
        timestamp_s = int(now.timestamp())
        return url, {"timestamp": str(timestamp_s), "sign": signature(plain, timestamp_s), **body}

    return sign
