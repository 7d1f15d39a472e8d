"""Who may look: a one-time link opens a session, a cookie keeps it.

Only SHA-256 hashes of links and sessions are kept; both are 256 random bits, so that a slow hash adds nothing.
A link lives 24 hours and works once. A session lives 12 hours after its last use and outlives a restart.
The token travels in the link's fragment (`/enter#token`): a browser sends no fragment, so it is in no log and no
Referer, and whoever fetches the link ahead (chat previews, mail scanners) does not use it up.
"""

import asyncio
import hashlib
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from typing import Protocol

from alerts.config import ConsoleConfig
from alerts.db.store import OperatorSession
from alerts.errors import SettingsError
from alerts.line import one_line
from alerts.web.hosts import is_loopback
from alerts.web.tries import Tries
from streams.clock import Clock

LINK_LIFE = timedelta(hours=24)
SESSION_LIFE = timedelta(hours=12)
RENEW_AFTER = timedelta(minutes=5)
MAX_NAME = 40
MAX_CACHED = 256
_LINK_KEY = "console.link"


class SessionStore(Protocol):
    """The part of `alerts.db.store.Store` that is needed here. Thread-safe; may block."""

    def add_session(self, session: OperatorSession) -> None: ...
    def session(self, token_hash: str, now: datetime) -> OperatorSession | None: ...
    def drop_session(self, token_hash: str) -> None: ...
    def drop_sessions(self, expired_at: datetime | None = None) -> int: ...
    def meta(self, key: str) -> str | None: ...
    def set_meta(self, key: str, value: str) -> None: ...


class Access:
    """Links and sessions. The coroutines are used from one event loop; `issue_link` from any thread.

    Raises SettingsError if the log-in is switched off on an address that others can reach.
    """

    def __init__(
        self,
        store: SessionStore,
        console: ConsoleConfig,
        clock: Clock,
        token: Callable[[], str] = lambda: secrets.token_urlsafe(32),
    ) -> None:
        if not console.login and not is_loopback(console.host):
            raise SettingsError(
                f"console.login: may be false only where console.host is this machine itself, not {console.host}"
            )
        self._store = store
        self._clock = clock
        self._token = token
        self._login = console.login
        self._cookie = f"xinan_{console.port}"
        self._cache: dict[str, OperatorSession] = {}
        self._wrong = Tries(clock)
        self._lock = threading.Lock()
        self._on_leave: list[Callable[[str], None]] = []

    @property
    def cookie_name(self) -> str:
        """Of the session's cookie."""
        return self._cookie

    def issue_link(self) -> str:
        """A new token for `http://host:port/enter#token`; it ends the one before. It is shown once and not kept."""
        token = self._token()
        now = self._clock.now()
        with self._lock:
            self._store.drop_sessions(expired_at=now)
            link = {"sha256": _digest(token), "expires_at": (now + LINK_LIFE).isoformat()}
            self._store.set_meta(_LINK_KEY, json.dumps(link))
        return token

    async def enter(self, token: str, name: str, client: str = "") -> str | None:
        """Trade a link's token for a session: the Set-Cookie value, or None if the link is wrong, used or too old.

        client: its address. Wrong tries are counted by it, so that nobody can lock out somebody else.
        Raises TooManyTries.
        """
        self._wrong.check(client)
        if not await asyncio.to_thread(self._use_up, _digest(token)):
            self._wrong.count(client)
            return None
        value, now = self._token(), self._clock.now()
        await self._keep(OperatorSession(_digest(value), clean_text(name, MAX_NAME), now, now + SESSION_LIFE))
        return self._set_cookie(value)

    async def session_of(self, cookie_header: str) -> OperatorSession | None:
        """The session of a request, by its Cookie header. With the log-in off, everybody has one."""
        now = self._clock.now()
        if not self._login:
            return OperatorSession("", "", now, now + SESSION_LIFE)
        value = _cookie_value(cookie_header, self._cookie)
        return await self._find(_digest(value)) if value else None

    async def valid(self, session: OperatorSession) -> bool:
        """Whether a session that was good when a long answer began still is."""
        return not self._login or await self._find(session.token_hash) is not None

    async def renew(self, session: OperatorSession, cookie_header: str) -> str | None:
        """Let a session that is used live on: the new Set-Cookie value, at most every five minutes."""
        now = self._clock.now()
        if not self._login or session.expires_at - now >= SESSION_LIFE - RENEW_AFTER:
            return None
        await self._keep(replace(session, expires_at=now + SESSION_LIFE))
        return self._set_cookie(_cookie_value(cookie_header, self._cookie))

    async def leave(self, session: OperatorSession) -> str:
        """Log out: the Set-Cookie value that clears the cookie. Whoever called `on_leave` is told."""
        self._cache.pop(session.token_hash, None)
        await asyncio.to_thread(self._store.drop_session, session.token_hash)
        self._cache.pop(session.token_hash, None)
        for told in self._on_leave:
            told(session.token_hash)
        return f"{self._cookie}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"

    def on_leave(self, told: Callable[[str], None]) -> None:
        """Call `told` with the hash of each session that logs out."""
        self._on_leave.append(told)

    def _use_up(self, digest: str) -> bool:
        """Whether it is the link's hash and still good; of two callers at once only one is told True."""
        with self._lock:
            link = json.loads(self._store.meta(_LINK_KEY) or "{}")
            if not secrets.compare_digest(link.get("sha256", ""), digest):
                return False
            self._store.set_meta(_LINK_KEY, "{}")
        return datetime.fromisoformat(link["expires_at"]) > self._clock.now()

    async def _keep(self, session: OperatorSession) -> None:
        self._remember(session)
        await asyncio.to_thread(self._write, session)

    def _write(self, session: OperatorSession) -> None:
        with self._lock:
            self._store.drop_session(session.token_hash)
            self._store.add_session(session)

    async def _find(self, digest: str) -> OperatorSession | None:
        now = self._clock.now()
        session = self._cache.get(digest) or await asyncio.to_thread(self._store.session, digest, now)
        if session is None or session.expires_at <= now:
            self._cache.pop(digest, None)
            return None
        self._remember(session)
        return session

    def _remember(self, session: OperatorSession) -> None:
        """Bounded: the one that was used longest ago goes first."""
        self._cache.pop(session.token_hash, None)
        self._cache[session.token_hash] = session
        while len(self._cache) > MAX_CACHED:
            del self._cache[next(iter(self._cache))]

    def _set_cookie(self, value: str) -> str:
        life_s = int(SESSION_LIFE.total_seconds())
        return f"{self._cookie}={value}; Path=/; Max-Age={life_s}; HttpOnly; SameSite=Strict"


def clean_text(text: str, limit: int) -> str:
    """As it is kept in the records: printable, one line, at most `limit` characters."""
    return one_line(text)[:limit]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _cookie_value(header: str, name: str) -> str:
    try:
        morsel = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""
