"""Log-in by password, and by the one-time link of an account."""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar

from alerts.access import passwords, totp
from alerts.access.accounts import Account, account_id
from alerts.access.secret_box import SecretBox
from alerts.db.accounts import Accounts, By
from alerts.db.sign_ins import SignInLink
from alerts.errors import SecretLost
from alerts.record.records import Kind
from alerts.web.access import Access, digest
from alerts.web.throttle import Throttle
from alerts.web.tries import TooManyTries
from streams.clock import Clock

log = logging.getLogger(__name__)

HASHES_AT_ONCE = 2
MOST_WAITING = 16
"""Beyond it nobody is asked for a password: a flood of log-ins takes two threads and 38 MiB, not the box."""
FREE_TRIES, MOST_DELAY_S = 5, 900.0
"""Of one account, or of one browser that was logged in to it before."""
FREE_OF_CLIENT, MOST_DELAY_OF_CLIENT_S = 20, 60.0
"""Of one address, for all accounts together; behind a proxy everybody has the same."""
MOST_KEYS = 4096
DEVICE_LIFE = timedelta(days=180)

T = TypeVar("T")


class WrongLogin(Exception):
    """The log-in is refused. code: wrong: the account, or its password; wrong_password: of who is logged in;
    wrong_code, code_needed: the password was right; password_needed: one must be chosen; code_lost: the password was
    right, and no code can be (alerts.access.secret_box)."""

    def __init__(self, code: str = "wrong") -> None:
        self.code = code
        super().__init__(
            {
                "wrong": "the account or the password is wrong",
                "wrong_password": "the password is wrong",
                "wrong_code": "the six-digit code is wrong, or was used already",
                "code_needed": "the six-digit code is missing",
                "password_needed": "choose a password",
                "code_lost": "the key of the second step was lost: an administrator has to switch the second step off",
            }[code]
        )


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks. address: "" if not known. agent: what the browser calls itself. cookies: its Cookie header."""

    address: str = ""
    agent: str = ""
    cookies: str = ""


class Login:
    """Used from one event loop. `device_key`: 32 bytes or more that last: known browsers are known by it. `box`: opens
    the secrets of the second step.

    Whoever guesses is slowed down by account and by address. So nobody must be locked out by somebody else's guesses:
    a browser that was logged in to an account before is counted by itself, and a one-time link always works.
    """

    def __init__(
        self,
        access: Access,
        clock: Clock,
        device_key: bytes,
        box: SecretBox,
        note: Callable[[Kind, str, str], None] = lambda *_: None,
    ) -> None:
        """note: puts on record, without blocking, that a log-in to an account was refused, and from which address."""
        self._access, self._clock, self._device_key, self._note = access, clock, device_key, note
        self.box = box
        self._hashing = ThreadPoolExecutor(HASHES_AT_ONCE, "passwords")
        self._waiting = 0
        self._own = Throttle(clock, FREE_TRIES, MOST_DELAY_S, MOST_KEYS)
        self._unknown = Throttle(clock, FREE_TRIES, MOST_DELAY_S, MOST_KEYS)
        self._clients = Throttle(clock, FREE_OF_CLIENT, MOST_DELAY_OF_CLIENT_S, MOST_KEYS)

    async def by_password(self, name: str, password: str, code: str, client: Client) -> tuple[Account, list[str]]:
        """The account and the Set-Cookie values. Raises WrongLogin, TooManyTries, AccountRefused, StoreError.

        An unknown account, one that is disabled or has no password takes as long, and is answered the same.
        """
        wanted = account_id(name)
        account = self._access.accounts.get(wanted)
        tries = self._count(wanted, account, client)
        password_hash = account.password_hash if account else None
        if not await self._hash(passwords.verify, password_hash, password) or not account or not account.enabled:
            self._refused(account, client)
            raise WrongLogin
        await self._check_code(account, code, tries, client)
        for throttle, key in tries:
            throttle.undo(key) if throttle is self._clients else throttle.right(key)
        cookies = await self._open(account, client)
        if passwords.outdated(password_hash or ""):
            renewed = await self._hash(passwords.hashed, password)
            await self._access.changing(lambda book: book.rehash(account, renewed))
        return account, cookies

    async def by_link(
        self, token: str, link: SignInLink, password: str, code: str, client: Client
    ) -> tuple[Account, list[str]] | None:
        """The same by the token of an account's link, which replaces the password, not the code. None: it was used up.

        password: a new one, if not empty; needed where the account has none. Raises as `by_password`.
        """
        account = self._access.accounts.get(link.account)
        if account is None or not account.enabled:
            return None
        if password:
            passwords.refuse_weak(password, account.id, account.name)
        elif account.password_hash is None:
            raise WrongLogin("password_needed")
        tries = [(self._own, f"link {link.token_hash}")]
        if account.totp_secret is not None:
            self._take(tries)
        await self._check_code(account, code, tries, client)
        password_hash = await self._hash(passwords.hashed, password) if password else None
        if not await self._access.use_up(token):
            return None
        if password_hash is not None:
            account = await self._access.changing(partial(_set_password, account, password_hash))
        return account, await self._open(account, client)

    async def check_own(self, account: Account, password: str, session: str) -> None:
        """That somebody who is logged in knows the password, too. Raises WrongLogin, TooManyTries."""
        tries = [(self._own, f"session {session}")]
        self._take(tries)
        if not await self._hash(passwords.verify, account.password_hash, password):
            raise WrongLogin("wrong_password")
        self._own.right(tries[0][1])

    async def check_code(self, account: Account, code: str, session: str) -> None:
        """Likewise the code of the second step, which is used up."""
        tries = [(self._own, f"session {session}")]
        self._take(tries)
        await self._check_code(account, code, tries, Client())
        self._own.right(tries[0][1])

    async def hashed(self, password: str) -> str:
        """A new password's hash. Raises TooManyTries when too many wait."""
        return await self._hash(passwords.hashed, password)

    def _count(self, wanted: str, account: Account | None, client: Client) -> list[tuple[Throttle, str]]:
        device = self._device(wanted, client)
        if device:
            tries = [(self._own, f"device {device}")]
        else:
            of_account = (self._own, wanted) if account else (self._unknown, digest(wanted))
            tries = [of_account, (self._clients, _network(client.address))]
        self._take(tries)
        return tries

    def _take(self, tries: list[tuple[Throttle, str]]) -> None:
        for throttle, key in tries:
            throttle.check(key)
        for throttle, key in tries:
            throttle.count(key)

    async def _check_code(self, account: Account, code: str, tries: list[tuple[Throttle, str]], client: Client) -> None:
        if account.totp_secret is None:
            return
        try:
            secret = self.box.open(account.id, account.totp_secret)
        except SecretLost as error:
            log.error("%s; `xinan users totp-off %s` lets its owner in without", error, account.id)
            secret = None
        if secret is None or not code:
            for throttle, key in tries:
                throttle.undo(key)
            raise WrongLogin("code_lost" if secret is None else "code_needed")
        step = totp.step_of(secret, code, self._clock.now(), account.totp_step)
        if step is None or not await self._access.changing(lambda book: book.use_step(account.id, step)):
            self._refused(account, client)
            raise WrongLogin("wrong_code")

    def _refused(self, account: Account | None, client: Client) -> None:
        if account is not None:
            self._note(Kind.SIGN_IN_REFUSED, account.id, client.address)

    async def _hash(self, work: Callable[..., T], *values: object) -> T:
        if self._waiting >= MOST_WAITING:
            raise TooManyTries(1.0)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._hashing, work, *values)
        finally:
            self._waiting -= 1

    async def _open(self, account: Account, client: Client) -> list[str]:
        cookies = [await self._access.open(account.name, account, client.agent)]
        if not self._device(account.id, client):
            jar, nonce = self._access.cookies, secrets.token_urlsafe(16)
            value = f"{nonce}.{self._sign(account.id, nonce)}"
            cookies.append(jar.put(jar.device, value, DEVICE_LIFE.total_seconds()))
        return cookies

    def _device(self, account: str, client: Client) -> str:
        """By what a browser is known to have been logged in to this account; "" if it is not."""
        jar = self._access.cookies
        nonce, _, sign = jar.read(client.cookies, jar.device).partition(".")
        known = hmac.compare_digest(sign.encode(), self._sign(account, nonce).encode())
        return f"{account} {nonce}" if known else ""

    def _sign(self, account: str, nonce: str) -> str:
        return hmac.digest(self._device_key, f"{account}\0{nonce}".encode(), "sha256").hex()


def _set_password(account: Account, password_hash: str, book: Accounts) -> Account:
    return book.set_password(account.id, password_hash, By(account.name, account=account.id))


def _network(address: str) -> str:
    """An IPv6 address stands for its /64: whoever has one has them all."""
    return ":".join(address.split(":")[:4]) if address.count(":") > 3 else address
