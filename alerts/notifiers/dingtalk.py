"""A group bot of DingTalk (钉钉): signed markdown.

https://open.dingtalk.com/document/robots/custom-robot-access: 20 messages a minute, and a bot that sends more is mute
for 10 minutes; a message to 20,000 bytes. A message cannot be changed later, and pictures go only by public address.
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
from alerts.notifiers.message import as_markdown, is_urgent
from alerts.routing.people_channels import DingtalkChannel, is_phone

MOST_MARKDOWN = 16_000
"""Bytes of the text; with the rest of the message it stays below 20,000."""

MUTE_S = 600.0
"""How long the vendor mutes a bot that was too fast."""

_CUT_OFF = "the bot's address is wrong, or the bot was removed or switched off"

DINGTALK = Vendor(
    code_of=lambda answer: whole(answer.get("errcode")),
    meanings={
        -1: (Meaning.BUSY, "the server is busy"),
        130101: (Meaning.TOO_MANY, "more than 20 messages a minute: the bot is muted"),
        410100: (Meaning.TOO_MANY, "too many messages: the bot is muted"),
        310000: (Meaning.SET_UP, "refused by the bot's safety settings: secret, keyword, address, or this clock"),
        300001: (Meaning.SET_UP, _CUT_OFF),
        300005: (Meaning.SET_UP, _CUT_OFF),
        400013: (Meaning.SET_UP, _CUT_OFF),
        400101: (Meaning.SET_UP, _CUT_OFF),
        400102: (Meaning.SET_UP, _CUT_OFF),
        400106: (Meaning.SET_UP, _CUT_OFF),
        40035: (Meaning.WRONG, "the message lacks something"),
        43004: (Meaning.WRONG, "the message is not of the right type"),
        400105: (Meaning.WRONG, "this kind of message is not taken"),
        430101: (Meaning.WRONG, "a link in it is taken as unsafe"),
        430102: (Meaning.WRONG, "its text is taken as unfit"),
        430104: (Meaning.WRONG, "its content is taken as unfit"),
        460101: (Meaning.WRONG, "the message is too long"),
    },
    shut_s=MUTE_S,
    mutes=True,
)


class DingtalkNotifier:
    """One group."""

    def __init__(self, config: DingtalkChannel, context: TextContext) -> None:
        self._config, self._context = config, context
        signs = _signer(config.secret), _signer(config.fire_secret)
        # Cold: what an earlier run sent a moment ago counts at the vendor's, and too many mute the bot for long.
        self._bots = build_bots(config, DINGTALK, context.clock, signs, cold=context.cold)

    async def send(self, notice: Notice) -> Outcome:
        """One message."""
        message = await self._context.word(notice, self._config.language)
        address = notice.recipient.address
        at, mention = _mention(address if self._config.takes(address) else "")
        # A blank line makes a new line in every one of its clients.
        text = as_markdown(message, MOST_MARKDOWN - len(mention), line_end="\n\n") + mention
        body = {"msgtype": "markdown", "markdown": {"title": markup.unmentioned(message.head), "text": text}, "at": at}
        urgent = is_urgent(notice)
        _, outcome = await self._bots.of(urgent=urgent).post([body], urgent=urgent)
        return outcome

    async def close(self) -> None:
        """Release the connections."""
        await self._bots.close()


def _mention(address: str) -> tuple[dict[str, Any], str]:
    """Whom to call in the group, and how the text says so. address: a telephone number or a user's id, or ""."""
    if is_phone(address):
        return {"isAtAll": False, "atMobiles": [address]}, f"\n\n@{address}"
    if address:
        return {"isAtAll": False, "atUserIds": [address]}, f"\n\n@{address}"
    return {"isAtAll": False}, ""


def signature(secret: str, timestamp_ms: int) -> str:
    """Base64 of HMAC-SHA256 over the time and the secret, keyed with the secret."""
    text = f"{timestamp_ms}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def _signer(secret: SecretStr | None) -> Sign:
    if secret is None:
        return unsigned
    plain = secret.get_secret_value()

    def sign(url: httpx.URL, body: Mapping[str, Any], now: datetime) -> Signed:
        timestamp_ms = int(now.timestamp() * 1000)
        return url.copy_merge_params({"timestamp": str(timestamp_ms), "sign": signature(plain, timestamp_ms)}), body

    return sign
