"""A group bot's address: its rate, its signature, and what its answers mean. Shared by WeCom, DingTalk and Feishu.

All three answer with HTTP 200 and put what went wrong into the body. Their own words are not repeated in messages: an
address with its token might be among them.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

import httpx

from alerts.notifiers.base import LONGEST_FIRE_WISH_S, Delivered, Full, Outcome, Rejected, Retry
from alerts.notifiers.http_post import Answer, exchange, judge
from alerts.notifiers.limits import RateLimit, Window
from alerts.routing.people_channels import BotChannel, SecretUrl
from streams.clock import Clock

_log = logging.getLogger(__name__)

MOST_ANSWER = 65_536
"""Bytes of an answer that are read."""

SETUP_RETRY_S = 60.0
"""Until a bot that is not set up right is tried again."""

MINUTE_S = 60.0


class Meaning(Enum):
    """What an error code of a vendor says."""

    BUSY = auto()  # try again
    TOO_MANY = auto()  # over the rate
    SET_UP = auto()  # the bot's settings have to be put right; the notice waits for that
    WRONG = auto()  # this message will never be taken


@dataclass(frozen=True, slots=True)
class Vendor:
    """How a vendor's bots answer. Codes that are not listed are tried again: nothing is given up unread.

    code_of: the error code in an answer, 0 for taken, None when it has none. meanings: code → meaning and our words.
    shut_s: how long a bot that was too fast is shut. mutes: it takes nothing meanwhile, and to ask may prolong that.
    """

    code_of: Callable[[Mapping[str, Any]], int | None]
    meanings: Mapping[int, tuple[Meaning, str]]
    shut_s: float = MINUTE_S
    mutes: bool = False


Signed = tuple[httpx.URL, Mapping[str, Any]]
Sign = Callable[[httpx.URL, Mapping[str, Any], datetime], Signed]
"""(address, message, now) → both as they are sent."""


def unsigned(url: httpx.URL, body: Mapping[str, Any], now: datetime) -> Signed:
    """Of a bot without a secret."""
    return url, body


class Bot:
    """One bot. `post` is what is asked of it."""

    def __init__(
        self, url: SecretUrl, vendor: Vendor, limit: RateLimit, clock: Clock, timeout_s: float, sign: Sign = unsigned
    ) -> None:
        plain = url.get_secret_value()
        self._url = httpx.URL(str(plain))
        self._where = f"{plain.scheme}://{plain.host}"
        self._vendor, self._limit, self._clock, self._sign = vendor, limit, clock, sign
        self._timeout_s = timeout_s
        self._client = httpx.AsyncClient(timeout=timeout_s, follow_redirects=False)

    async def post(self, bodies: Sequence[Mapping[str, Any]], *, urgent: bool, spare: int = 0) -> tuple[int, Outcome]:
        """Send these messages in order, if the rate has room for all: how many were taken, and what became of the
        first that was not. urgent: may use what is kept for fires. spare: but leaves so many messages free."""
        slots = self._limit.take(len(bodies), urgent=urgent, spare=spare)
        if isinstance(slots, float):
            return 0, Full(f"{self._where}: as many messages as the bot may send; waits its turn", slots)
        taken = 0
        try:
            for body in bodies:
                outcome = await self._one(body, urgent=urgent)
                if outcome != Delivered():
                    return taken, outcome
                taken += 1
            return taken, Delivered()
        finally:
            self._limit.end(slots)

    async def close(self) -> None:
        """Release the connections."""
        await self._client.aclose()

    async def _one(self, body: Mapping[str, Any], *, urgent: bool) -> Outcome:
        url, sent = self._sign(self._url, body, self._clock.now())
        request = self._client.build_request(
            "POST",
            url,
            content=json.dumps(sent, ensure_ascii=False, separators=(",", ":")).encode(),
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "User-Agent": "xinan",
                "Accept-Encoding": "identity",
            },
        )
        answer = await exchange(
            self._client, request, where=self._where, timeout_s=self._timeout_s, most_bytes=MOST_ANSWER
        )
        return answer if isinstance(answer, Retry) else self._judge(answer, urgent=urgent)

    def _judge(self, answer: Answer, *, urgent: bool) -> Outcome:
        code = self._vendor.code_of(_as_object(answer.body))
        if code is None:
            plain = judge(answer, self._where, self._clock.now())
            return Retry(f"{self._where}: an answer that says nothing") if plain == Delivered() else plain
        if code == 0:
            return Delivered()
        meaning, words = self._vendor.meanings.get(code, (Meaning.BUSY, "not known here"))
        said = f"{self._where}: code {code}: {words}"
        match meaning:
            case Meaning.WRONG:
                return Rejected(said)
            case Meaning.SET_UP:
                return Retry(said, SETUP_RETRY_S)
            case Meaning.TOO_MANY:
                mutes, shut_s = self._vendor.mutes, self._vendor.shut_s
                self._limit.shut(shut_s, mute=mutes)
                _log.warning("%s; it is left alone for %g s%s", said, shut_s, "" if mutes else ", but for fires")
                return Full(said, shut_s if mutes or not urgent else min(shut_s, LONGEST_FIRE_WISH_S))
        return Retry(said)


class Bots:
    """The bot of a channel and, where it has one, the other for fires."""

    def __init__(self, common: Bot, fire: Bot | None) -> None:
        self._common, self._fire = common, fire

    def of(self, *, urgent: bool) -> Bot:
        """Which one sends."""
        return self._fire if urgent and self._fire is not None else self._common

    async def close(self) -> None:
        """Release the connections."""
        for bot in (self._common, self._fire):
            if bot is not None:
                await bot.close()


def build_bots(
    config: BotChannel,
    vendor: Vendor,
    clock: Clock,
    signs: tuple[Sign, Sign] = (unsigned, unsigned),
    *,
    per_second: int | None = None,
    cold: bool = False,
) -> Bots:
    """signs: of the common bot, and of that for fires. cold: as for RateLimit, of the common bot."""
    brief = (Window(per_second, 1.0),) if per_second else ()

    def bot(url: SecretUrl, sign: Sign, reserved: int, *, cold: bool) -> Bot:
        windows = (Window(config.per_minute, MINUTE_S, reserved), *brief)
        return Bot(url, vendor, RateLimit(windows, clock.monotonic_s, cold=cold), clock, config.timeout_s, sign)

    fire = bot(config.fire_url, signs[1], 0, cold=False) if config.fire_url else None
    return Bots(bot(config.url, signs[0], 0 if fire else config.fire_reserve, cold=cold), fire)


def _as_object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def whole(value: object) -> int | None:
    """A code of an answer, where it is one."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
