"""What a phone shows of a notice: plain JSON for the service worker (`web/static/service-worker.js`). Pure.

The words are those of every other channel (`alerts.notifiers.message`); the buttons are the first two answers.
"""

import hashlib
import json
import re
from typing import Any

from alerts.alert import Alert
from alerts.db.codec import time_text
from alerts.notifiers.base import Notice
from alerts.notifiers.message import TEST, Message, as_text
from alerts.notifiers.web_push import MOST_PLAIN
from vision.rule import Severity

FIRE_TTL_S = 3600
OTHER_TTL_S = 12 * 3600
"""How long a push service keeps a message for a phone that is off. An hour-old fire is news for nobody on the way."""

NEWS = frozenset({"fired", "reopened", "dispatched", TEST})
"""Kinds that sound; others change a notification quietly."""
MOST_ACTIONS = 2
"""Buttons that browsers show."""
BODY_BYTES = (1400, 600, 200)
"""What the text may take, tried one after the other until the message fits."""


def push_headers(notice: Notice) -> dict[str, str]:
    """How a push service is to treat it: how long, how urgently, and what it takes the place of."""
    fire = notice.alert.severity is Severity.FIRE
    return {
        "TTL": str(FIRE_TTL_S if fire else OTHER_TTL_S),
        "Urgency": "high" if fire and notice.kind in NEWS else "normal",
        "Topic": topic_of(notice.alert),
    }


def topic_of(alert: Alert) -> str:
    """One alert, one topic: an undelivered message is replaced by the next. At most 32 characters of base64url."""
    if re.fullmatch(r"[A-Za-z0-9_-]{1,32}", alert.id):
        return alert.id
    return hashlib.sha256(alert.id.encode()).hexdigest()[:32]


def push_message(notice: Notice, message: Message) -> bytes:
    """At most what fits: long texts are cut, then the buttons go. message: the notice in words."""
    for body_bytes in BODY_BYTES:
        for actions in (MOST_ACTIONS, 0):
            content = _content(notice, message, body_bytes, actions)
            text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
            if len(text) <= MOST_PLAIN:
                return text
    raise ValueError("a notice that does not fit a push message")


def _content(notice: Notice, message: Message, body_bytes: int, actions: int) -> dict[str, Any]:
    alert, news = notice.alert, notice.kind in NEWS
    buttons = list(zip(notice.answers, message.answers, strict=False))[:actions]
    return {
        "id": notice.id,
        "kind": notice.kind,
        "tag": topic_of(alert),
        "title": message.head,
        "body": as_text(message, most_bytes=body_bytes, links=False),
        "lang": "zh-CN" if message.language == "zh" else "en-GB",
        "at": time_text(alert.called_at or alert.started_at),
        "urgent": alert.severity is Severity.FIRE and news,
        "renotify": news,
        "url": "/" if notice.kind == TEST else f"/#alert={alert.id}",
        "actions": [{"action": answer, "title": label, "url": url} for answer, (label, url) in buttons]
        or [{"action": "open", "title": message.open_label, "url": ""}],
    }
