"""One POST of a notice and what its answer means: shared by every channel that is told by HTTP.

The address may hold a password, a token in its query or a secret path: messages name the scheme and the host only.
"""

import asyncio
import hashlib
import hmac
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx
from pydantic import HttpUrl, SecretStr

from alerts.notifiers.base import Delivered, Outcome, Rejected, Retry
from streams.clock import Clock

SIGNATURE = "X-Xinan-Signature"

RETRIED_4XX = frozenset({401, 403, 404, 408, 425, 429})
"""Client errors that are tried again until the notice expires: 401, 403 and 404 are what a receiver answers that is
still being set up, the others ask for it themselves. Every other 4xx says that this notice is wrong."""

logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it logs every URL, with its query
logging.getLogger("httpcore").setLevel(logging.WARNING)  # at DEBUG every header, where a redirection leads among them


class HttpPost:
    """One address. Redirects are not followed, and nothing of the answer but its status and headers is read."""

    def __init__(
        self,
        url: HttpUrl,
        secret: SecretStr | None,
        timeout_s: float,
        clock: Clock,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        """secret: signs every body. client: for tests; closed with this."""
        self._url = str(url)
        self._where = f"{url.scheme}://{url.host}"
        self._secret = secret.get_secret_value().encode() if secret else b""
        self._timeout_s = timeout_s
        self._clock = clock
        self._client = client or httpx.AsyncClient(timeout=timeout_s, follow_redirects=False)

    async def send(self, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """One attempt, ended after the time limit whatever the receiver does."""
        sent = {"User-Agent": "xinan", **headers}
        if self._secret:
            sent[SIGNATURE] = sign(self._secret, body)
        request = self._client.build_request("POST", self._url, content=body, headers=sent)
        answer = await exchange(self._client, request, where=self._where, timeout_s=self._timeout_s)
        return answer if isinstance(answer, Retry) else judge(answer, self._where, self._clock.now())

    async def close(self) -> None:
        """Release the connections."""
        await self._client.aclose()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. body: as much of it as was asked for."""

    status: int
    headers: httpx.Headers
    body: bytes = b""


async def exchange(
    client: httpx.AsyncClient, request: httpx.Request, *, where: str, timeout_s: float, most_bytes: int = 0
) -> Answer | Retry:
    """One request, ended after `timeout_s` whatever the server does, without following redirects.

    where: how messages call the server: scheme and host. most_bytes: of the answer's body that are read.
    """
    try:
        async with asyncio.timeout(timeout_s):
            answer = await client.send(request, stream=True, follow_redirects=False)
            try:
                return Answer(answer.status_code, answer.headers, await _start_of(answer, most_bytes))
            finally:
                await answer.aclose()
    except (TimeoutError, httpx.TimeoutException):
        return Retry(f"{where}: no answer within {timeout_s:g} s")
    except httpx.HTTPError as error:
        return Retry(f"{where}: {type(error).__name__}")


async def _start_of(answer: httpx.Response, most_bytes: int) -> bytes:
    """As it came: what is packed stays packed, so that no answer can grow."""
    body = b""
    if most_bytes:
        async for part in answer.aiter_raw():
            body += part
            if len(body) >= most_bytes:
                break
    return body[:most_bytes]


def judge(answer: Answer, where: str, now: datetime) -> Outcome:
    """What a status means for the notice."""
    said = f"{where}: HTTP {answer.status}"
    if 200 <= answer.status < 300:
        return Delivered()
    if 400 <= answer.status < 500 and answer.status not in RETRIED_4XX:
        return Rejected(said)
    return Retry(said, retry_after_s(answer.headers.get("Retry-After"), now))


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
