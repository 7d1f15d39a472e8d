"""API tokens: what lets a program in, how much it may do, and until when.

A token is `xinan_` and 256 random bits, by which those who look for secrets that have leaked can find it. It is shown
once; only its SHA-256 is kept, and with so many bits a slow hash adds nothing. Who made or revoked which is on record.

One that an account made holds as long as that account may make one: while its maker is disabled, or no admin, it lets
nobody in; when the account is removed it is revoked for good. One that belongs to no account (made on the machine, or
by a one-time link of none) is the site's.
"""

import hashlib
import logging
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from alerts.access.accounts import Account
from alerts.access.principal import Principal
from alerts.access.roles import ALLOWED, Permission, Role
from alerts.db import beside
from alerts.db.beside import Put
from alerts.db.schema_tokens import api_tokens
from alerts.errors import StoreError, TokenRefused
from alerts.record.actor import Actor
from alerts.record.chain import Entry
from alerts.record.records import Kind, Transactions
from alerts.registry.config import SITE
from alerts.registry.registry import Registry
from streams.clock import Clock

log = logging.getLogger(__name__)

PREFIX = "xinan_"
DEFAULT_DAYS = 365
MOST_DAYS = 3650
MOST_ALIVE = 200
MAX_NAME = 40
USED_STEP = timedelta(hours=1)
"""When a token was last used is written down at most this often."""

_C = api_tokens.c


@dataclass(frozen=True, slots=True)
class ApiToken:
    """One token. sha256: hex, of its secret. scopes: all that it may do, within what the role allows.

    places: ids of places and names of cameras; None: the whole site. created_by, account: the maker's name and account;
    "" of none.
    """

    id: str
    name: str
    sha256: str = field(repr=False)
    role: Role
    scopes: frozenset[Permission]
    places: frozenset[str] | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    account: str = ""

    def alive(self, now: datetime) -> bool:
        """Whether it is neither revoked nor too old."""
        return self.revoked_at is None and now < self.expires_at

    def held_back(self, accounts: Mapping[str, Account]) -> bool:
        """Whether it lets nobody in for now, as its maker may make none."""
        if not self.account:
            return False
        maker = accounts.get(self.account)
        return maker is None or not maker.enabled or Permission.ADMIN not in ALLOWED[maker.role]

    @property
    def principal(self) -> Principal:
        """Who comes by it. Beside people's names, its own says that it is a program's."""
        return Principal("", f"{self.name} (API)", self.role, self.places, self.scopes, "api", self.sha256)


@dataclass(frozen=True, slots=True)
class TokenOrder:
    """A token that somebody wants. places: None: the whole site."""

    name: str
    role: Role
    scopes: frozenset[Permission]
    places: frozenset[str] | None = None
    days: float = DEFAULT_DAYS

    def check(self, registry: Registry) -> None:
        """Raises TokenRefused, in one line for the person who wants it."""
        if not self.name.strip():
            raise TokenRefused("a token needs a name: what is it for?")
        if not self.scopes:
            raise TokenRefused(f"a token needs a scope; those of {self.role}: {_words(ALLOWED[self.role])}")
        if beyond := self.scopes - ALLOWED[self.role]:
            allowed = _words(ALLOWED[self.role])
            raise TokenRefused(f"the role {self.role} does not allow {_words(beyond)}; it allows {allowed}")
        if self.places is not None and not self.places:
            raise TokenRefused("no place is left; without a limit a token is for the whole site")
        known = {SITE, *registry.places, *registry.cameras}
        if unknown := (self.places or frozenset()) - known:
            raise TokenRefused(f"no place has the id, and no camera the name, {', '.join(sorted(unknown))}")
        if Permission.METRICS in self.scopes and self.places is not None and SITE not in self.places:
            raise TokenRefused("metrics are of the whole site: a token for them cannot be limited to places")
        if not 0 < self.days <= MOST_DAYS:
            raise TokenRefused(f"a token lives for {MOST_DAYS} days at most")


class ApiTokens:
    """Thread-safe; what reads or changes the table may block on the database, and raises StoreError. All are held in
    memory: `reread` when another process may have changed them."""

    def __init__(
        self,
        store: Transactions,
        clock: Clock,
        accounts: Callable[[], Mapping[str, Account]] = dict,
        put: Put = beside.in_chain,
        secret: Callable[[], str] = lambda: secrets.token_hex(32),
    ) -> None:
        """accounts: as they are now; must not block. put: how it goes on record."""
        self._store, self._clock, self._accounts, self._put, self._secret = store, clock, accounts, put, secret
        self._turn = threading.Lock()  # of whoever reads or changes the table
        self._lock = threading.Lock()  # never held for longer than a moment
        self._known: dict[str, ApiToken] = {}
        self.reread()

    def reread(self) -> None:
        """Take over what is in the database; of the last use, what is known here is newer."""
        with self._turn:
            with self._store.reading() as connection:
                rows = connection.execute(select(api_tokens).order_by(_C.created_at, _C.id))
                found = {token.sha256: token for token in map(_token, rows)}
            with self._lock:
                for sha256 in found.keys() & self._known.keys():
                    found[sha256] = replace(found[sha256], last_used_at=self._known[sha256].last_used_at)
                self._known = found

    def all(self) -> list[ApiToken]:
        """Oldest first; revoked and expired ones too."""
        return list(self._known.values())

    def find(self, secret: str) -> ApiToken | None:
        """The token of this secret, if it is good. Never blocks."""
        return self.good(digest(secret))

    def good(self, sha256: str) -> ApiToken | None:
        """The token of this hash, if it lets anybody in. Never blocks."""
        token = self._known.get(sha256)
        if token is None or not token.alive(self._clock.now()) or self.held_back(token):
            return None
        return token

    def held_back(self, token: ApiToken) -> bool:
        """Whether it lets nobody in for now, as its maker may make none."""
        return token.held_back(self._accounts())

    def add(self, order: TokenOrder, maker: Actor) -> tuple[ApiToken, str]:
        """A new one and its secret, which can never be had again. order: checked. Raises TokenRefused."""
        now, secret = self._clock.now(), PREFIX + self._secret()
        name, ends = order.name.strip()[:MAX_NAME], now + timedelta(days=order.days)
        made = (name, digest(secret), order.role, order.scopes, order.places, maker.name, now, ends)
        token = ApiToken(secrets.token_hex(8), *made, account=maker.account)
        with self._turn:
            if sum(one.alive(now) for one in self._known.values()) >= MOST_ALIVE:
                raise TokenRefused(f"there are {MOST_ALIVE} tokens already; revoke one first")
            with beside.changing(self._store) as connection:
                connection.execute(insert(api_tokens).values(_values(token)))
                self._note(connection, Kind.MADE_TOKEN, token, maker, _told(token))
            self._remember(token)
        return token, secret

    def revoke(self, token_id: str, by: Actor) -> ApiToken:
        """It lets nobody in any more; harmless twice. Raises TokenRefused."""
        with self._turn:
            token = next((one for one in self._known.values() if one.id == token_id), None)
            if token is None:
                raise TokenRefused(f"no token has the id {token_id[:16]}")
            if token.revoked_at is not None:
                return token
            gone = replace(token, revoked_at=self._clock.now())
            with beside.changing(self._store) as connection:
                _update(connection, token.id, revoked_at=gone.revoked_at)
                self._note(connection, Kind.REVOKED_TOKEN, token, by, {"name": token.name})
            self._remember(gone)
        return gone

    def _note(self, connection: Connection, kind: Kind, token: ApiToken, by: Actor, detail: Mapping[str, Any]) -> None:
        self._put(connection, [Entry(kind, token.id, by.name, by.via, detail, account=by.account)], self._clock.now())

    def _remember(self, token: ApiToken) -> None:
        with self._lock:
            self._known = {**self._known, token.sha256: token}

    def used(self, token: ApiToken) -> bool:
        """Remember that it is used now. True: that is to be written down, by `note_use`. Never blocks."""
        now = self._clock.now()
        with self._lock:
            token = self._known[token.sha256]
            if token.last_used_at is not None and now - token.last_used_at < USED_STEP:
                return False
            self._known[token.sha256] = replace(token, last_used_at=now)
        return True

    def note_use(self, sha256: str) -> None:
        """Write down when it was last used. Nothing is raised: nobody is kept out for that."""
        token = self._known[sha256]
        try:
            with self._store.writing() as connection:
                _update(connection, token.id, last_used_at=token.last_used_at)
        except StoreError as error:
            log.warning("when the token %s was last used is not written down: %s", token.name, error)


def digest(secret: str) -> str:
    """Hex SHA-256; of what is no text that can be encoded, too."""
    return hashlib.sha256(secret.encode("utf-8", "backslashreplace")).hexdigest()


def _words(permissions: Iterable[Permission]) -> str:
    return ", ".join(sorted(permissions))


def _told(token: ApiToken) -> dict[str, Any]:
    """For the record."""
    return {
        "name": token.name,
        "role": token.role.value,
        "scopes": sorted(token.scopes),
        "places": None if token.places is None else sorted(token.places),
        "expires_at": token.expires_at.isoformat(),
    }


def _values(token: ApiToken) -> dict[str, Any]:
    places = None if token.places is None else sorted(token.places)
    return {**asdict(token), "role": token.role.value, "scopes": sorted(token.scopes), "places": places}


def _token(row: Row[Any]) -> ApiToken:
    """A permission that this version does not know gives nothing."""
    known = {permission.value for permission in Permission}
    scopes = frozenset(Permission(scope) for scope in row.scopes if scope in known)
    places = None if row.places is None else frozenset(row.places)
    return ApiToken(**{**row._mapping, "role": Role(row.role), "scopes": scopes, "places": places})


def _update(connection: Connection, token_id: str, **values: Any) -> None:
    connection.execute(update(api_tokens).where(_C.id == token_id).values(values))
