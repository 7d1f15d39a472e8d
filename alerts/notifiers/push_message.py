"""What a phone shows of a notice: plain JSON for the service worker (`web/static/sw.js`), in one language. Pure."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from alerts.alert import Alert
from alerts.codec import time_text
from alerts.notifiers.base import Notice
from alerts.notifiers.message import ANSWERS
from alerts.web_push import MOST_PLAIN
from alerts.words import words_of_alert
from vision.rule import Severity

FIRE_TTL_S = 3600
OTHER_TTL_S = 12 * 3600
"""How long a push service keeps a message for a phone that is off. An hour-old fire is news for nobody on the way."""

MOST_ACTIONS = 2
"""Buttons that browsers show."""
SAYS: Mapping[str, tuple[str, str]] = {
    "reopened": ("再次出现", "it is back"),
    "resolved": ("画面已恢复", "cleared"),
    "acknowledged": ("已有人确认", "acknowledged"),
    "false_alarm": ("误报", "false alarm"),
    "exercise": ("演习", "EXERCISE"),
    "test": ("测试通知", "Test notice"),
    "test_note": ("这部手机可以收到警报。", "This phone receives alerts."),
    "open": ("查看", "Open"),
}


def push_headers(notice: Notice) -> dict[str, str]:
    """How a push service is to treat it: how long, how urgently, and what it takes the place of."""
    fire = notice.alert.severity is Severity.FIRE
    news = notice.kind in ("fired", "reopened", "test")
    return {
        "TTL": str(FIRE_TTL_S if fire else OTHER_TTL_S),
        "Urgency": "high" if fire and news else "normal",
        "Topic": topic_of(notice.alert),
    }


def topic_of(alert: Alert) -> str:
    """One alert, one topic: an undelivered message is replaced by the next. At most 32 characters of base64url."""
    if re.fullmatch(r"[A-Za-z0-9_-]{1,32}", alert.id):
        return alert.id
    return hashlib.sha256(alert.id.encode()).hexdigest()[:32]


def push_message(notice: Notice, language: str, site: str) -> bytes:
    """At most what fits one message: long texts are cut, then the buttons' links go."""
    for most in (400, 160, 60):
        for actions in (MOST_ACTIONS, 0):
            content = _content(notice, language, site, most, actions)
            text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
            if len(text) <= MOST_PLAIN:
                return text
    raise ValueError("a notice that does not fit a push message")


def _content(notice: Notice, language: str, site: str, most: int, actions: int) -> dict[str, Any]:
    alert = notice.alert
    return {
        "id": notice.id,
        "kind": notice.kind,
        "tag": topic_of(alert),
        "title": _title(notice, language)[:most],
        "body": _body(notice, language, site, most),
        "lang": "zh-CN" if language == "zh" else "en-GB",
        "at": time_text(alert.fired_at or alert.started_at),
        "urgent": alert.severity is Severity.FIRE and notice.kind in ("fired", "reopened"),
        "renotify": notice.kind in ("fired", "reopened", "test"),
        "url": "/" if notice.kind == "test" else f"/#alert={alert.id}",
        "actions": [
            {"action": answer, "title": _say(ANSWERS[answer], language), "url": link}
            for answer, link in list(notice.answers.items())[:actions]
            if answer in ANSWERS
        ]
        or [{"action": "open", "title": _say(SAYS["open"], language), "url": ""}],
    }


def _title(notice: Notice, language: str) -> str:
    """The hazard's word first, but for a drill, which must not look like anything else."""
    if notice.kind == "test":
        return _say(SAYS["test"], language)
    words = words_of_alert(notice.alert)
    parts = [words.zh if language == "zh" else words.en]
    if notice.kind in SAYS:
        parts.append(_say(SAYS[notice.kind], language))
    title = ("：" if language == "zh" else ": ").join(parts)
    return f"[{_say(SAYS['exercise'], language)}] {title}" if notice.exercise else title


def _body(notice: Notice, language: str, site: str, most: int) -> str:
    if notice.kind == "test":
        return _say(SAYS["test_note"], language)
    place = notice.alert.place or notice.alert.camera
    if notice.where is not None:
        place = (notice.where.path_en if language == "en" else "") or notice.where.path or place
    lines = [place, *(more.place or more.camera for more in notice.also)]
    return "\n".join(line[:most] for line in [*lines[:4], site] if line)


def _say(words: tuple[str, str], language: str) -> str:
    return words[0] if language == "zh" else words[1]
