"""The other ends of group bots and ntfy: they check what the vendors check, and answer with the vendors' codes.

Each is what `Receiver(answer)` is given, and keeps what it has taken. Their time is a `Clock`, so that a minute passes
without waiting.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from typing import Any
from urllib.parse import parse_qs, urlsplit

from streams.clock import Clock
from tests.alerts.receiver import Answer, Got

KEY = "k3y-of-the-bot"
SECRET = "SEC-5ecret"


@dataclass
class Vendor:
    """taken: the messages that were accepted, as parsed. Counts only what it accepts, as the vendors do."""

    clock: Clock
    windows: tuple[tuple[int, float], ...] = ()
    taken: list[dict[str, Any]] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def __call__(self, got: Got) -> Answer:
        code, words = self.judge(got)
        if code:
            self.refused.append(code)
        else:
            self.times_s.append(self.clock.monotonic_s())
            self.taken.append(json.loads(got.body))
        return Answer(200, {"Content-Type": "application/json"}, json.dumps(self.say(code, words)).encode())

    def judge(self, got: Got) -> tuple[int, str]:
        raise NotImplementedError

    def say(self, code: int, words: str) -> dict[str, Any]:
        return {"errcode": code, "errmsg": words}

    def too_many(self) -> bool:
        now = self.clock.monotonic_s()
        return any(sum(now - at < span for at in self.times_s) >= most for most, span in self.windows)


@dataclass
class Wecom(Vendor):
    """https://developer.work.weixin.qq.com/document/path/91770"""

    windows: tuple[tuple[int, float], ...] = ((20, 60.0),)

    def judge(self, got: Got) -> tuple[int, str]:
        if parse_qs(urlsplit(got.path).query).get("key") != [KEY]:
            return 93000, f"invalid webhook url, {got.path}"
        if self.too_many():
            return 45009, "api freq out of limit"
        body = json.loads(got.body.decode("utf-8", "strict"))
        match body:
            case {"msgtype": "text", "text": {"content": str(text)}}:
                return self._length(text, 2048)
            case {"msgtype": "markdown", "markdown": {"content": str(text)}}:
                return self._length(text, 4096)
            case {"msgtype": "image", "image": {"base64": str(coded), "md5": str(digest)}}:
                return self._picture(coded, digest)
        return 40008, "invalid message type"

    def _length(self, text: str, most: int) -> tuple[int, str]:
        if not text:
            return 44004, "empty content"
        return (40058, "content exceed max length") if len(text.encode()) > most else (0, "ok")

    def _picture(self, coded: str, digest: str) -> tuple[int, str]:
        try:
            picture = base64.b64decode(coded, validate=True)
        except binascii.Error:
            return 301025, "image data invalid"
        if len(picture) > 2 * 1024 * 1024:
            return 40009, "invalid image size"
        if not picture.startswith((b"\xff\xd8", b"\x89PNG")):
            return 301025, "image data invalid"
        return (0, "ok") if hashlib.md5(picture).hexdigest() == digest else (301019, "image md5 not match")


@dataclass
class Dingtalk(Vendor):
    """https://open.dingtalk.com/document/robots/custom-robot-access. secret: None for a bot that does not sign."""

    secret: str | None = SECRET
    muted_until_s: float = float("-inf")

    def judge(self, got: Got) -> tuple[int, str]:
        query = {name: values[0] for name, values in parse_qs(urlsplit(got.path).query).items()}
        if query.get("access_token") != KEY:
            return 300005, f"token is not exist {got.path}"
        if self.secret is not None and not self._signed(query, self.secret):
            return 310000, "sign not match"
        now = self.clock.monotonic_s()
        if now < self.muted_until_s or sum(now - at < 60 for at in self.times_s) >= 20:
            self.muted_until_s = max(self.muted_until_s, now + 600)
            return 130101, "send too fast, exceed 20 times per minute"
        if not got.headers["Content-Type"].startswith("application/json"):
            return 43004, "invalid http header Content-Type"
        if len(got.body) > 20_000:
            return 460101, "message too long, exceed 20000 bytes"
        match json.loads(got.body.decode("utf-8", "strict")):
            case {"msgtype": "markdown", "markdown": {"title": str(title), "text": str(text)}} if title and text:
                return 0, "ok"
        return 400105, "unsupported msgtype"

    def _signed(self, query: dict[str, str], secret: str) -> bool:
        at = int(query.get("timestamp", "0"))
        text = f"{at}\n{secret}".encode()
        right = base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()
        return abs(self.clock.now().timestamp() * 1000 - at) < 3_600_000 and query.get("sign") == right


@dataclass
class Feishu(Vendor):
    """https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot. secret: None for a bot that does not sign."""

    secret: str | None = SECRET
    windows: tuple[tuple[int, float], ...] = ((100, 60.0), (5, 1.0))

    def judge(self, got: Got) -> tuple[int, str]:
        body = json.loads(got.body.decode("utf-8", "strict"))
        if not got.path.endswith(f"/{KEY}"):
            return 19001, f"param invalid: incoming webhook access token invalid {got.path}"
        if self.secret is not None and not self._signed(body, self.secret):
            return 19021, "sign match fail or timestamp is not within one hour from current time"
        if self.too_many():
            return 11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]"
        if len(got.body) > 20 * 1024 or body.get("msg_type") != "interactive" or not body["card"]["elements"]:
            return 9499, "Bad Request"
        return 0, "success"

    def say(self, code: int, words: str) -> dict[str, Any]:
        return {"code": code, "msg": words, "data": {}}

    def _signed(self, body: dict[str, Any], secret: str) -> bool:
        at = body.get("timestamp", "0")
        right = base64.b64encode(hmac.new(f"{at}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()
        return abs(self.clock.now().timestamp() - int(at)) < 3600 and body.get("sign") == right


@dataclass(frozen=True)
class Published:
    """What ntfy keeps of a message."""

    topic: str
    title: str
    text: str
    priority: int
    sequence: str
    click: str
    actions: list[dict[str, str]]
    attachment: bytes


@dataclass
class Ntfy:
    """https://docs.ntfy.sh/publish/. attachments: whether the server is set up to take them. login: the header wanted.

    shown: sequence → what a phone shows now; a newer one takes the place of the older (2.16).
    """

    attachments: bool = True
    login: str = ""
    taken: list[Published] = field(default_factory=list)
    shown: dict[str, Published] = field(default_factory=dict)

    def __call__(self, got: Got) -> Answer:
        if self.login and got.headers.get("Authorization") != self.login:
            return self._error(403, 40301, f"forbidden {got.path}")
        topic = got.path.strip("/")
        if not topic.replace("-", "").replace("_", "").isalnum() or len(topic) > 64:
            return self._error(400, 40009, "invalid request: topic invalid")
        is_file = "Filename" in got.headers or len(got.body) > 4096
        if is_file and not self.attachments:
            return self._error(400, 40014, "invalid request: attachments not allowed")
        actions = json.loads(got.headers.get("Actions", "[]"))
        if len(actions) > 3 or any(not one["label"] or not one["url"] for one in actions):
            return self._error(400, 40018, "invalid request: actions invalid")
        sequence = got.headers.get("X-Sequence-ID", "")
        text = _decoded(got.headers.get("Message", "")) if is_file else got.body.decode("utf-8", "strict")
        published = Published(
            topic=topic,
            title=_decoded(got.headers.get("Title", "")),
            text=text,
            priority=int(got.headers.get("Priority", "3")),
            sequence=sequence,
            click=got.headers.get("Click", ""),
            actions=actions,
            attachment=got.body if is_file else b"",
        )
        self.taken.append(published)
        self.shown[sequence] = published
        return Answer(200, {"Content-Type": "application/json"}, json.dumps({"sequence_id": sequence}).encode())

    def _error(self, status: int, code: int, words: str) -> Answer:
        return Answer(status, {}, json.dumps({"code": code, "http": status, "error": words}).encode())


def _decoded(header: str) -> str:
    """RFC 2047, as the server reads it."""
    return str(make_header(decode_header(header)))
