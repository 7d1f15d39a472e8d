"""A POST for each notice: CloudEvents 1.0 in structured JSON (https://github.com/cloudevents/spec), signed if asked.

The address may hold a password, a token in its query or a secret path: messages name the scheme and the host only.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx

from alerts.codec import time_text, to_json
from alerts.config import Settings, WebhookConfig
from alerts.notifiers.base import Delivered, Notice, Notifier, Outcome, Rejected, Retry
from streams.clock import Clock, SystemClock

EVENT_TYPE = "org.xinan.alert."
CONTENT_TYPE = "application/cloudevents+json"
SIGNATURE = "X-Xinan-Signature"

RETRIED_4XX = frozenset({401, 403, 404, 408, 425, 429})
"""Client errors that are tried again until the notice expires: 401, 403 and 404 are what a receiver answers that is
still being set up, the others ask for it themselves. Every other 4xx says that this notice is wrong."""

logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it logs every URL, with its query


def build_notifiers(settings: Settings, clock: Clock | None = None) -> dict[str, Notifier]:
    """The configured channels by name."""
    host = settings.console.host
    shown = f"[{host}]" if ":" in host else host
    console_url = f"http://{shown}:{settings.console.port}"
    return {
        hook.name: WebhookNotifier(hook, site=settings.site.name, console_url=console_url, clock=clock or SystemClock())
        for hook in settings.webhooks
    }


class WebhookNotifier:
    """One address. Redirects are not followed, and nothing of the answer but its status and headers is read."""

    def __init__(
        self,
        config: WebhookConfig,
        *,
        site: str,
        console_url: str,
        clock: Clock,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        """console_url: without a slash at the end. client: for tests; closed with the notifier."""
        self._url = str(config.url)
        self._where = f"{config.url.scheme}://{config.url.host}"
        self._secret = config.secret.get_secret_value().encode() if config.secret else b""
        self._timeout_s = config.timeout_s
        self._site = site
        self._console_url = console_url
        self._clock = clock
        self._client = client or httpx.AsyncClient(timeout=config.timeout_s, follow_redirects=False)

    async def send(self, notice: Notice) -> Outcome:
        """One POST, ended after `timeout_s` whatever the receiver does."""
        body = json.dumps(self.event(notice), ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": CONTENT_TYPE, "Idempotency-Key": notice.id, "User-Agent": "xinan"}
        if self._secret:
            headers[SIGNATURE] = sign(self._secret, body)
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._client.stream("POST", self._url, content=body, headers=headers, follow_redirects=False) as answer,
            ):
                return self._judge(answer)
        except (TimeoutError, httpx.TimeoutException):
            return Retry(f"{self._where}: no answer within {self._timeout_s:g} s")
        except httpx.HTTPError as error:
            return Retry(f"{self._where}: {type(error).__name__}")

    async def close(self) -> None:
        """Release the connections."""
        await self._client.aclose()

    def event(self, notice: Notice) -> dict[str, Any]:
        """The CloudEvent. `source` and `subject` name the camera and the alert; `time` is when it happened."""
        alert = notice.alert
        link = f"{self._console_url}/#alert={alert.id}"
        return {
            "specversion": "1.0",
            "id": notice.id,
            "source": f"/xinan/cameras/{quote(alert.camera)}",
            "type": EVENT_TYPE + notice.kind,
            "subject": alert.id,
            "time": time_text(notice.at),
            "datacontenttype": "application/json",
            "data": {"site": self._site, "url": link, **to_json(alert)},
        }

    def _judge(self, answer: httpx.Response) -> Outcome:
        status = answer.status_code
        said = f"{self._where}: HTTP {status}"
        if 200 <= status < 300:
            return Delivered()
        if 400 <= status < 500 and status not in RETRIED_4XX:
            return Rejected(said)
        return Retry(said, retry_after_s(answer.headers.get("Retry-After"), self._clock.now()))


def sign(secret: bytes, body: bytes) -> str:
    """The signature header's value: "sha256=" and the hex HMAC-SHA256 of the body."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def retry_after_s(text: str | None, now: datetime) -> float | None:
    """Seconds that a `Retry-After` header asks for (RFC 9110, 10.2.3: seconds or a date); None if it says nothing."""
    if text is None:
        return None
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", text):
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (at - now).total_seconds()) if at.tzinfo is not None else None
