"""A group bot of WeCom (企业微信): text or markdown, then the snapshot.

https://developer.work.weixin.qq.com/document/path/91770: 20 messages a minute, text to 2,048 bytes, markdown to 4,096,
pictures as base64 and MD5 to 2 MB. A message cannot be changed later.
"""

import asyncio
import base64
import hashlib
from collections import OrderedDict
from typing import Any

from alerts.notifiers import markup
from alerts.notifiers.base import Delivered, Notice, Outcome, Rejected
from alerts.notifiers.bot import Bot, Meaning, Vendor, build_bots, whole
from alerts.notifiers.context import TextContext
from alerts.notifiers.message import TEST, Message, as_markdown, as_text, is_urgent
from alerts.notifiers.picture import fitted
from alerts.notifiers.pictures_later import PicturesLater
from alerts.routing.people_channels import WecomChannel

MOST_TEXT = 2048
MOST_MARKDOWN = 4096
MOST_PICTURE = 2 * 1024 * 1024
"""Bytes, the picture before it is coded."""

PICTURE_TRIES = 3
"""Attempts after which a notice whose text has arrived goes without its picture: later notices wait behind it."""

KEPT_FOR_TEXTS = 4
"""The pictures of fires leave one in so many messages of the rate to the texts of fires."""

_REMEMBERED = 512

WECOM = Vendor(
    code_of=lambda answer: whole(answer.get("errcode")),
    meanings={
        -1: (Meaning.BUSY, "the server is busy"),
        45009: (Meaning.TOO_MANY, "too many messages a minute"),
        45033: (Meaning.BUSY, "too many messages at once"),
        93000: (Meaning.SET_UP, "the bot's address is wrong, or the bot was removed"),
        93004: (Meaning.SET_UP, "the bot is switched off"),
        93008: (Meaning.SET_UP, "the bot is not in the group"),
        40008: (Meaning.WRONG, "this kind of message is not taken"),
        40009: (Meaning.WRONG, "the picture is too large"),
        40058: (Meaning.WRONG, "the message is malformed"),
        44004: (Meaning.WRONG, "the message is empty"),
        45002: (Meaning.WRONG, "the message is too long"),
        301019: (Meaning.WRONG, "the picture's MD5 does not match"),
        301025: (Meaning.WRONG, "the picture is damaged"),
    },
)


class WecomNotifier:
    """One group."""

    def __init__(self, config: WecomChannel, context: TextContext) -> None:
        self._config, self._context = config, context
        self._bots = build_bots(config, WECOM, context.clock)
        self._told: OrderedDict[str, None] = OrderedDict()
        self._pictures = PicturesLater(self._later, context.clock)
        self._newest: dict[Bot, str] = {}  # the alert of which each bot's newest message tells

    async def send(self, notice: Notice) -> Outcome:
        """The text, then the picture. A fire's text does not wait for the picture's room: that follows by itself."""
        text_first = is_urgent(notice) and notice.kind != TEST
        return await (self._text_first(notice) if text_first else self._both(notice))

    async def close(self) -> None:
        """Release the connections. Pictures that still wait for room are left out."""
        await self._pictures.close()
        await self._bots.close()

    async def _text_first(self, notice: Notice) -> Outcome:
        message = await self._context.word(notice, self._config.language)
        text = self._text(message, notice.recipient.address)
        outcome = await self._post([text], notice, urgent=True)
        if outcome == Delivered() and self._context.pictured(notice, wanted=self._config.picture):
            self._pictures.add(notice)
        return outcome

    async def _later(self, notice: Notice) -> Outcome:
        """A fire's picture, whose text has arrived. If the group has read of another alert since, it is said of which
        one the picture is: it cannot stand below its text any more."""
        picture = await self._picture(notice)
        if picture is None:
            return Delivered()
        bodies = [picture]
        if self._newest.get(self._bots.of(urgent=True)) != notice.alert.id:
            bodies.insert(0, caption_body(await self._context.word(notice, self._config.language)))
        spare = max(1, self._config.per_minute // KEPT_FOR_TEXTS)
        return await self._post(bodies, notice, urgent=True, spare=spare)

    async def _both(self, notice: Notice) -> Outcome:
        """Only together, so that no picture stands below another's text. Where only the picture failed, the next
        attempt sends only the picture."""
        urgent = is_urgent(notice)
        told = notice.id in self._told
        picture = await self._picture(notice)
        if told and (picture is None or notice.attempt > PICTURE_TRIES):
            return Delivered()
        message = await self._context.word(notice, self._config.language)
        bodies = [] if told else [self._text(message, notice.recipient.address)]
        both = [*bodies, *([picture] if picture else [])]
        bot = self._bots.of(urgent=urgent)
        taken, outcome = await bot.post(both, urgent=urgent)
        if taken:
            self._newest[bot] = notice.alert.id
        if taken == 0 and not told:
            return outcome
        self._remember(notice.id)
        return Delivered() if isinstance(outcome, Rejected) else outcome  # its text has arrived, only no picture

    async def _post(self, bodies: list[dict[str, Any]], notice: Notice, *, urgent: bool, spare: int = 0) -> Outcome:
        bot = self._bots.of(urgent=urgent)
        taken, outcome = await bot.post(bodies, urgent=urgent, spare=spare)
        if taken:
            self._newest[bot] = notice.alert.id
        return outcome

    async def _picture(self, notice: Notice) -> dict[str, Any] | None:
        jpeg = await self._context.picture(notice, wanted=self._config.picture)
        small = await asyncio.to_thread(fitted, jpeg, MOST_PICTURE) if jpeg else None
        return None if small is None else picture_body(small)

    def _text(self, message: Message, user: str) -> dict[str, Any]:
        """user: whom to call by name in the group, "" for nobody."""
        called = user if self._config.takes(user) else ""
        if self._config.format == "text":
            head = f"{markup.unmentioned(message.head)}\n"
            text = head + as_text(message, markup.unmentioned, MOST_TEXT - len(head.encode()))
            return {"msgtype": "text", "text": {"content": text, "mentioned_list": [called] if called else []}}
        mention = f"\n<@{called}>" if called else ""
        text = as_markdown(message, MOST_MARKDOWN - len(mention)) + mention
        return {"msgtype": "markdown", "markdown": {"content": text}}

    def _remember(self, notice_id: str) -> None:
        self._told[notice_id] = None
        while len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)


def caption_body(message: Message) -> dict[str, Any]:
    """Of what the picture is that comes next: nobody is called by it."""
    facts = " · ".join(value for _, value in message.rows[:2])
    text = markup.cut_bytes(markup.unmentioned(f"{message.head}\n{facts}".strip()), MOST_TEXT)
    return {"msgtype": "text", "text": {"content": text}}


def picture_body(jpeg: bytes) -> dict[str, Any]:
    """A picture as a message."""
    coded = base64.b64encode(jpeg).decode()
    digest = hashlib.md5(jpeg, usedforsecurity=False).hexdigest()
    return {"msgtype": "image", "image": {"base64": coded, "md5": digest}}
