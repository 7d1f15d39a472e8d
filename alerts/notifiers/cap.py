"""Common Alerting Protocol 1.2 by POST: one XML message for each notice."""

import httpx

from alerts.notifiers.base import Notice, Outcome
from alerts.notifiers.cap_xml import MEDIA_TYPE, CapIdentity, cap_message
from alerts.notifiers.channel_config import CapChannel
from alerts.notifiers.http_post import HttpPost
from streams.clock import Clock


class CapNotifier:
    """One address. A drill is sent as `Exercise`, whatever the channel is set to."""

    def __init__(
        self,
        config: CapChannel,
        *,
        site: str,
        console_url: str,
        clock: Clock,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        """console_url: without a slash at the end. client: for tests; closed with the notifier."""
        self._post = HttpPost(config.url, config.secret, config.timeout_s, clock, client)
        self._identity = CapIdentity(config.sender, config.addresses, site, console_url, config.status)

    async def send(self, notice: Notice) -> Outcome:
        """One POST, ended after `timeout_s` whatever the receiver does."""
        body = cap_message(notice.alert, notice.kind, notice.at, self._identity)
        return await self._post.send(body, {"Content-Type": MEDIA_TYPE, "Idempotency-Key": notice.id})

    async def close(self) -> None:
        """Release the connections."""
        await self._post.close()
