"""Who may look: a one-time link or a password opens a session, a cookie keeps it.

Only SHA-256 hashes of links and sessions are kept; both are 256 random bits, so that a slow hash adds nothing, and
tries need not be counted. A link lives 24 hours and works once. A session lives 12 hours after its last use, 30 days in
all, and outlives a restart.
The token travels in the link's fragment (`/enter#token`): a browser sends no fragment, so it is in no log and no
Referer, and whoever fetches the link ahead (chat previews, mail scanners) does not use it up.
"""

import asyncio
import contextlib
import hashlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from alerts.access.accounts import Account, shown_name
from alerts.access.principal import Principal
from alerts.access.roles import Role
from alerts.config import ConsoleConfig
from alerts.db.accounts import LINK_LIFE, Accounts
from alerts.db.rows import OperatorSession
from alerts.db.sign_ins import SignInLink
from alerts.errors import SettingsError, StoreError
from alerts.line import one_line
from alerts.web.cookies import Cookies
from alerts.web.hosts import is_loopback
from streams.clock import Clock, sleep_s

log = logging.getLogger(__name__)

SESSION_LIFE = timedelta(hours=12)
LONGEST_LIFE = timedelta(days=30)
RENEW_AFTER = timedelta(minutes=5)
FOLLOW_S = 1.0
MAX_NAME = 40
MAX_AGENT = 200
MAX_CACHED = 1024

T = TypeVar("T")


class SessionStore(Protocol):
    """The part of `alerts.db.sign_ins.SignIns` that is needed here. Thread-safe; may block."""

    def open(self, session: OperatorSession, account: Account | None) -> None: ...
    def session(self, token_hash: str, now: datetime) -> OperatorSession | None: ...
    def of_account(self, account: str, now: datetime) -> list[OperatorSession]: ...
    def open_now(self, now: datetime) -> frozenset[str]: ...
    def extend(self, token_hash: str, expires_at: datetime) -> None: ...
    def close(self, token_hash: str) -> None: ...
    def add_link(self, link: SignInLink) -> None: ...
    def link(self, token_hash: str, now: datetime) -> SignInLink | None: ...
    def use_link(self, token_hash: str) -> bool: ...


class Access:
    """Links and sessions. The coroutines are used from one event loop; `issue_link` from any thread.

    Accounts are held as they are in the database: `changing` for changes made here, `follow` for those of commands. So
    what a session may do is what its account may do now, whatever it was at the log-in.

    Raises SettingsError if the log-in is switched off on an address that others can reach; StoreError.
    """

    def __init__(
        self,
        store: SessionStore,
        console: ConsoleConfig,
        clock: Clock,
        book: Accounts | None = None,
        token: Callable[[], str] = lambda: secrets.token_urlsafe(32),
    ) -> None:
        """book: None where there are no accounts."""
        if not console.login and not is_loopback(console.host):
            raise SettingsError(
                f"console.login: may be false only where console.host is this machine itself, not {console.host}"
            )
        self.cookies = Cookies(console)
        self._store, self._clock, self._book, self._token = store, clock, book, token
        self._login = console.login
        self._cache: dict[str, OperatorSession] = {}
        self._ended = 0  # so often, sessions were ended
        self._on_leave: list[Callable[[str], None]] = []
        self._on_accounts: list[Callable[[Mapping[str, Account]], Awaitable[None]]] = []
        self._refreshing = asyncio.Lock()
        self._version = book.version() if book else ""
        self._accounts: Mapping[str, Account] = book.all() if book else {}

    @property
    def accounts(self) -> Mapping[str, Account]:
        """By id, as they are now."""
        return self._accounts

    def new_token(self) -> str:
        """Of a link or a session: 256 random bits."""
        return self._token()

    def issue_link(self) -> str:
        """A new token for `http://host:port/enter#token`; it ends the one before. It is shown once and not kept."""
        token = self._token()
        self._store.add_link(SignInLink(digest(token), "", self._clock.now() + LINK_LIFE))
        return token

    async def link_of(self, token: str) -> SignInLink | None:
        """What a link's token opens, without using it up; None if it is wrong, used or too old."""
        return await asyncio.to_thread(self._store.link, digest(token), self._clock.now())

    async def use_up(self, token: str) -> bool:
        """Whether it was still good; of two at once only one is told True."""
        return await asyncio.to_thread(self._store.use_link, digest(token))

    async def enter(self, token: str, name: str, agent: str = "") -> str | None:
        """Trade the token of a link that belongs to no account for a session: the Set-Cookie value, or None.

        A right token always works, whoever tried however many wrong ones.
        """
        link = await self.link_of(token)
        if link is None or link.account or not await self.use_up(token):
            return None
        return await self.open(clean_text(name, MAX_NAME), None, agent, link)

    async def open(self, name: str, account: Account | None, agent: str, link: SignInLink | None = None) -> str:
        """A new session: the Set-Cookie value. account: what the log-in went by; link: by which it went instead.

        Raises AccountRefused if the account was changed meanwhile.
        """
        value, now = self._token(), self._clock.now()
        session = OperatorSession(
            digest(value),
            name,
            now,
            now + SESSION_LIFE,
            account.id if account else "",
            account.role if account else link.role if link else Role.ADMIN,
            account.places if account else link.places if link else None,
            clean_text(agent, MAX_AGENT),
        )
        await asyncio.to_thread(self._store.open, session, account)
        return self._set_cookie(value, session)

    async def session_of(self, cookie_header: str) -> OperatorSession | None:
        """The session of a request, by its Cookie header. With the log-in off, everybody has one."""
        now = self._clock.now()
        if not self._login:
            return OperatorSession("", "", now, now + SESSION_LIFE)
        value = self.cookies.read(cookie_header, self.cookies.session)
        return await self._find(digest(value)) if value else None

    def caller(self, session: OperatorSession) -> Principal:
        """Who that is, and what is theirs; of an account, what `session_of` has found it to have now."""
        return Principal(session.account, session.name, session.role, session.places, session=session.token_hash)

    async def valid(self, session: OperatorSession) -> bool:
        """Whether a session that was good when a long answer began still is, and has as much as it had then."""
        if not self._login:
            return True
        now = await self._find(session.token_hash)
        return now is not None and (now.name, now.role, now.places) == (session.name, session.role, session.places)

    async def alive(self, owner: str) -> bool:
        """Whether a session, by its hash, is not over. Raises StoreError."""
        return not self._login or await self._find(owner) is not None

    async def renew(self, session: OperatorSession, cookie_header: str) -> str | None:
        """Let a session that is used live on: the new Set-Cookie value, at most every five minutes."""
        now = self._clock.now()
        longer = min(now + SESSION_LIFE, session.created_at + LONGEST_LIFE)
        if not self._login or longer - session.expires_at < RENEW_AFTER:
            return None
        kept = self._cache.get(session.token_hash)
        if kept is None:  # ended meanwhile
            return None
        self._remember(replace(kept, expires_at=longer))
        await asyncio.to_thread(self._store.extend, session.token_hash, longer)
        value = self.cookies.read(cookie_header, self.cookies.session)
        return self._set_cookie(value, replace(session, expires_at=longer))

    async def leave(self, session: OperatorSession) -> str:
        """Log out: the Set-Cookie value that clears the cookie. Whoever called `on_leave` is told."""
        await asyncio.to_thread(self._store.close, session.token_hash)
        self._ended += 1
        self._cache.pop(session.token_hash, None)
        self._tell(session.token_hash)
        return self.cookies.put(self.cookies.session, "", 0)

    async def sessions(self, session: OperatorSession) -> list[OperatorSession]:
        """All of the same account, the newest first; of no account, only itself."""
        if not session.account:
            return [session]
        return await asyncio.to_thread(self._store.of_account, session.account, self._clock.now())

    def on_leave(self, told: Callable[[str], None]) -> None:
        """Call `told` with the hash of each session that ends, or whose account may do something else now: what is
        open for it must be ended, and may be asked for anew."""
        self._on_leave.append(told)

    def on_accounts(self, told: Callable[[Mapping[str, Account]], Awaitable[None]]) -> None:
        """Call `told` with all accounts when `follow` begins, and after each change. It may raise StoreError."""
        self._on_accounts.append(told)

    async def changing(self, work: Callable[[Accounts], T]) -> T:
        """Change something of the accounts, in a thread; when it returns, it holds for every session.

        Raises AccountRefused, StoreError.
        """
        assert self._book is not None
        done = await asyncio.to_thread(work, self._book)
        await self.refresh()
        return done

    async def refresh(self) -> None:
        """See whether the accounts have changed, and let it hold. Raises StoreError."""
        if self._book is None:
            return
        async with self._refreshing:
            version = await asyncio.to_thread(self._book.version)
            if version != self._version:
                self._apply(*await asyncio.to_thread(self._read, self._book))
                self._version = version
                with contextlib.suppress(StoreError):  # the change itself holds; `follow` tells it again
                    await self._tell_accounts()

    async def follow(self) -> None:
        """Refresh about once a second, and put on record what commands did, until cancelled. A database that does not
        answer changes nothing: nobody can have changed an account in it."""
        taken = None
        while self._book is not None:
            try:
                await self.refresh()
                if taken != (version := self._version):
                    await asyncio.to_thread(self._book.take_in)
                    await self._tell_accounts()
                    taken = version
            except StoreError as error:
                log.debug("accounts: %s", error)
            await sleep_s(FOLLOW_S)

    def _read(self, book: Accounts) -> tuple[Mapping[str, Account], frozenset[str]]:
        return book.all(), self._store.open_now(self._clock.now())

    def _apply(self, accounts: Mapping[str, Account], open_now: frozenset[str]) -> None:
        before, self._accounts = self._accounts, accounts
        self._ended += 1
        for key, session in list(self._cache.items()):
            was, now = before.get(session.account), accounts.get(session.account)
            if key not in open_now:
                del self._cache[key]
            if key not in open_now or (was and was.rights) != (now and now.rights):
                self._tell(key)

    async def _tell_accounts(self) -> None:
        for told in self._on_accounts:
            await told(self._accounts)

    def _tell(self, key: str) -> None:
        for told in self._on_leave:
            told(key)

    async def _find(self, key: str) -> OperatorSession | None:
        now, session = self._clock.now(), self._cache.get(key)
        while session is None:
            ended = self._ended
            session = await asyncio.to_thread(self._store.session, key, now)
            if ended == self._ended:
                break
            session = None  # some were ended while it was read, perhaps this one
        if session is None or session.expires_at <= now:
            self._cache.pop(key, None)
            return None
        self._remember(session)
        return self._as_now(session)

    def _as_now(self, session: OperatorSession) -> OperatorSession | None:
        """With the name, role and places that its account has now; None: it has none any more."""
        if not session.account:
            return replace(session, name=shown_name(session.name, self._accounts.values()))
        account = self._accounts.get(session.account)
        if account is None or not account.enabled:
            return None
        return replace(session, name=account.name, role=account.role, places=account.places)

    def _remember(self, session: OperatorSession) -> None:
        """Bounded: the one that was used longest ago goes first."""
        self._cache.pop(session.token_hash, None)
        self._cache[session.token_hash] = session
        while len(self._cache) > MAX_CACHED:
            del self._cache[next(iter(self._cache))]

    def _set_cookie(self, value: str, session: OperatorSession) -> str:
        life_s = (session.expires_at - self._clock.now()).total_seconds()
        return self.cookies.put(self.cookies.session, value, life_s)


def clean_text(text: str, limit: int) -> str:
    """As it is kept in the records: printable, one line, at most `limit` characters."""
    return one_line(text)[:limit]


def digest(secret: str) -> str:
    """As a link or session is kept: hex SHA-256."""
    return hashlib.sha256(secret.encode()).hexdigest()
