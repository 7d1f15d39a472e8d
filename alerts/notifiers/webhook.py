"""A POST for each notice: CloudEvents 1.0 in structured JSON (https://github.com/cloudevents/spec), signed if asked."""

import json
from typing import Any
from urllib.parse import quote

import httpx

from alerts.config import WebhookConfig
from alerts.db.codec import time_text, to_json
from alerts.notifiers.base import Notice, Outcome
from alerts.notifiers.http_post import HttpPost
from streams.clock import Clock

EVENT_TYPE = "org.xinan.alert."
CONTENT_TYPE = "application/cloudevents+json"


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
        self._post = HttpPost(config.url, config.secret, config.timeout_s, clock, client)
        self._site = site
        self._console_url = console_url

    async def send(self, notice: Notice) -> Outcome:
        """One POST, ended after `timeout_s` whatever the receiver does."""
        body = json.dumps(self.event(notice), ensure_ascii=False, separators=(",", ":")).encode()
        return await self._post.send(body, {"Content-Type": CONTENT_TYPE, "Idempotency-Key": notice.id})

    async def close(self) -> None:
        """Release the connections."""
        await self._post.close()

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
