"""`xinan users` and `xinan link`: accounts, and the links to enter by, as text. Also beside a running watch.

The watch hears of it within a second. Who does it is whoever has the machine: the record says as which user.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from alerts.access import passwords
from alerts.access.accounts import Account, find
from alerts.access.at_terminal import VIA, at_terminal, store_of
from alerts.access.roles import Role
from alerts.config import Settings
from alerts.db.accounts import Accounts, By
from alerts.db.beside import in_waiting
from alerts.errors import SettingsError
from alerts.web.access import digest
from streams.clock import Clock


@contextmanager
def accounts_of(settings: Settings, clock: Clock) -> Iterator[Accounts]:
    """Those of the settings' store. Raises StoreError."""
    with store_of(settings, clock) as store:
        yield Accounts(store, clock, VIA, in_waiting)


def by() -> By:
    """Who gives the command."""
    return By(at_terminal().name)


def account_lines(accounts: Accounts) -> Iterator[str]:
    """All, the oldest first."""
    every = accounts.all()
    yield from map(line, every.values())
    if not every:
        yield "no accounts; whoever has a one-time link is admin: `xinan users add` makes one"


def line(account: Account) -> str:
    """One account: who it is, what it may do and where, and how it logs in."""
    where = "the whole site" if account.places is None else ", ".join(sorted(account.places))
    how = "no password yet" if account.password_hash is None else "password"
    if account.totp_secret is not None:
        how += " and code"
    state = "" if account.disabled_at is None else f"; disabled since {account.disabled_at:%Y-%m-%d}"
    return f"{account.id}  {account.name}: {account.role}; {where}; {how}{state}"


def new_link(settings: Settings, accounts: Accounts, account: str = "") -> str:
    """A one-time link; "": of no account, for whoever is admin. Raises AccountRefused, StoreError, SettingsError."""
    if not settings.console.login:
        raise SettingsError("console.login is false: nobody needs a link")
    token = secrets.token_urlsafe(32)
    accounts.add_link(digest(token), account, by())
    return f"{settings.console.base_url}/enter#{token}"


def set_password(accounts: Accounts, account: str, password: str) -> Account:
    """Raises AccountRefused, StoreError."""
    found = find(accounts.all(), account)
    passwords.refuse_weak(password, found.id, found.name)
    return accounts.set_password(found.id, passwords.hashed(password), by())


def known_places(settings: Settings) -> set[str]:
    """What an account may be limited to."""
    registry = settings.registry()
    return {*registry.places, *registry.cameras}


def role_of(word: str) -> Role:
    """Raises SettingsError."""
    if word not in set(Role):
        raise SettingsError(f"unknown role {word}; allowed: {', '.join(role.value for role in Role)}")
    return Role(word)


def places_of(places: Sequence[str] | None) -> list[str] | None:
    """As they are named at the command line; none: the whole site."""
    return list(places) if places else None
