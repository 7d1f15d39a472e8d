"""A topic of an ntfy server (https://docs.ntfy.sh/publish/): priority, buttons, the snapshot attached.

All notices of an alert have its id as their sequence: from version 2.16 on the server puts a newer one in the place of
the older, so that a phone shows an alert once, as it is now. Earlier servers show one after the other.
"""

import base64
import json
from typing import Final

import httpx

from alerts.notifiers import markup
from alerts.notifiers.base import Notice, Outcome, Rejected, Retry
from alerts.notifiers.context import TextContext
from alerts.notifiers.http_post import Answer, exchange, judge
from alerts.notifiers.message import Message, as_text
from alerts.routing.people_channels import NtfyChannel
from vision.rule import Severity

MOST_TEXT = 3900
"""Bytes. What is longer than 4,096 the server turns into an attachment."""

MOST_TITLE = 200
MOST_BUTTONS = 3

PRIORITIES = {Severity.FIRE: 5, Severity.VIOLATION: 3, Severity.FAULT: 2}
UPDATE_PRIORITY = 2
UNSEEN_PRIORITY = 3
"""That a fire is out of sight: no alarm, and no end that may wait until somebody happens to look."""
_TAGS = {Severity.FIRE: "fire", Severity.VIOLATION: "warning", Severity.FAULT: "video_camera"}
UPDATE_TAG = "white_check_mark"

PICTURE_REFUSED: Final = frozenset({400, 413, 429})
"""What a server answers that takes no attachments, not one of this size, or no more of them today."""


class NtfyNotifier:
    """One topic; a recipient with a topic of its own is told there."""

    def __init__(self, config: NtfyChannel, context: TextContext) -> None:
        self._config, self._context = config, context
        self._where = f"{config.url.scheme}://{config.url.host}"
        self._client = httpx.AsyncClient(timeout=config.timeout_s, follow_redirects=False, auth=_login(config))
        self._token = config.token.get_secret_value() if config.token else ""

    async def send(self, notice: Notice) -> Outcome:
        """With the picture; without it where the server does not take that."""
        topic = notice.recipient.address or self._config.topic.get_secret_value()
        if not self._config.takes(topic):
            return Rejected(f"{self._where}: expected {self._config.WANTED}")
        message = await self._context.word(notice, self._config.language)
        picture = await self._context.picture(notice, wanted=self._config.picture)
        answer = await self._put(topic, notice, message, picture)
        if picture is not None and isinstance(answer, Answer) and answer.status in PICTURE_REFUSED:
            answer = await self._put(topic, notice, message, None)
        return answer if isinstance(answer, Retry) else judge(answer, self._where, self._context.clock.now())

    async def close(self) -> None:
        """Release the connections."""
        await self._client.aclose()

    async def _put(self, topic: str, notice: Notice, message: Message, picture: bytes | None) -> Answer | Retry:
        text = as_text(message, most_bytes=MOST_TEXT, links=False) or message.head
        headers = self._headers(notice, message)
        if picture is not None:
            headers |= {"Message": encoded(text), "Filename": f"{notice.alert.id}.jpg"}
        request = self._client.build_request(
            "PUT",
            f"{str(self._config.url).rstrip('/')}/{topic}",
            content=text.encode() if picture is None else picture,
            headers=headers,
        )
        return await exchange(self._client, request, where=self._where, timeout_s=self._config.timeout_s)

    def _headers(self, notice: Notice, message: Message) -> dict[str, str]:
        severity = notice.alert.severity
        buttons = [{"action": "view", "label": label, "url": url} for label, url in message.answers[:MOST_BUTTONS]]
        told = {
            "User-Agent": "xinan",
            "Title": encoded(markup.cut(message.head, MOST_TITLE)),
            "Priority": str(_priority(message)),
            "Tags": UPDATE_TAG if message.update and not message.unseen else _TAGS[severity],
            "X-Sequence-ID": notice.alert.id,
            "Click": message.url,
            "Actions": json.dumps(buttons) if buttons else "",
            "Authorization": f"Bearer {self._token}" if self._token else "",
        }
        return {name: value for name, value in told.items() if value}


def _priority(message: Message) -> int:
    if message.unseen:
        return UNSEEN_PRIORITY
    return UPDATE_PRIORITY if message.update else PRIORITIES[message.severity]


def encoded(text: str) -> str:
    """A header's value in any script (RFC 2047), which servers from 2.4 on read."""
    return f"=?UTF-8?B?{base64.b64encode(text.encode()).decode()}?="


def _login(config: NtfyChannel) -> httpx.BasicAuth | None:
    if config.username is None or config.password is None:
        return None
    return httpx.BasicAuth(config.username, config.password.get_secret_value())
