"""Accounts: who somebody is to the console, and what an account may be. Pure."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypedDict

from alerts.access.roles import Role
from alerts.errors import AccountRefused
from alerts.line import one_line
from alerts.registry.config import SITE

MAX_ID = 32
MAX_NAME = 40
LINK_MARK = " (link)"
"""Behind the name of whoever came by a link that belongs to no account, once there are accounts. No account's name ends
so: nobody can write an account's name into the records without its password."""

_RESERVED = frozenset({"system", "terminal"})
"""Whom the record calls so is nobody."""

_ID = re.compile(r"\w[\w.-]*")


@dataclass(frozen=True, slots=True)
class Account:
    """One person's.

    id: what is typed at the log-in, as `account_id` makes it. name: for the records; no two have the same. places: ids
    of places and names of cameras; None: the whole site. password_hash: PHC string; None: no log-in by password.
    totp_secret: sealed (alerts.access.secret_box); None: no second step. totp_step: the last one whose code was used.
    language: zh, en or None.
    """

    id: str
    name: str
    role: Role
    created_at: datetime
    changed_at: datetime
    places: frozenset[str] | None = None
    password_hash: str | None = field(default=None, repr=False)
    totp_secret: str | None = field(default=None, repr=False)
    totp_step: int | None = field(default=None, repr=False)
    language: str | None = None
    disabled_at: datetime | None = None

    @property
    def enabled(self) -> bool:
        """Whether it may be used."""
        return self.disabled_at is None

    @property
    def rights(self) -> tuple[object, ...]:
        """What its open pages, streams and videos go by: when it changes, they begin anew."""
        return (self.name, self.role, self.places, self.enabled)


class Changes(TypedDict, total=False):
    """What of an account is to be different; what is not named stays."""

    name: str
    role: Role
    places: Collection[str] | None
    language: str | None
    enabled: bool


def changed(
    accounts: Mapping[str, Account], account: str, wanted: Changes, known: Collection[str] | None, at: datetime
) -> Account:
    """What it becomes; `accounts` are all there are. known: places and cameras of the site; None: not asked.

    Raises AccountRefused.
    """
    before = find(accounts, account)
    role = wanted.get("role", before.role)
    places = wanted.get("places", before.places)
    enabled = wanted.get("enabled", before.enabled)
    after = replace(
        before,
        name=checked_name(wanted["name"], before.id, accounts.values()) if "name" in wanted else before.name,
        role=role,
        places=checked_places(role, places, known if "places" in wanted else None),
        language=wanted.get("language", before.language),
        disabled_at=None if enabled else before.disabled_at or at,
    )
    keep_an_admin(accounts, before.id, after)
    return before if after == before else replace(after, changed_at=at)


def find(accounts: Mapping[str, Account], account: str) -> Account:
    """Raises AccountRefused: there is none of this short name."""
    found = accounts.get(account_id(account))
    if found is None:
        raise AccountRefused("no_account", f"no such account: {one_line(account)[:MAX_ID]}")
    return found


def account_id(text: str) -> str:
    """As it is kept and compared: no matter how it is typed. May be anything; `checked_id` says whether it will do."""
    return _same(text[: 4 * MAX_ID]).strip()


def checked_id(text: str) -> str:
    """Raises AccountRefused."""
    made = account_id(text)
    if not _ID.fullmatch(made) or len(made) > MAX_ID:
        raise AccountRefused(
            "bad_id", f"an account's short name is 1 to {MAX_ID} letters, digits, dots, dashes or underscores"
        )
    return made


def checked_name(text: str, own_id: str, others: Iterable[Account]) -> str:
    """A name for the records. Raises AccountRefused: empty, too long, or somebody else's."""
    name = one_line(text)
    if not name or len(name) > MAX_NAME:
        raise AccountRefused("bad_name", f"a name has 1 to {MAX_NAME} characters")
    if _same(name) in _RESERVED:
        raise AccountRefused("bad_name", f"{name} is what the record calls the program itself")
    if _same(name).endswith(_same(LINK_MARK)):
        raise AccountRefused("bad_name", f"a name does not end with “{LINK_MARK.strip()}”")
    taken = {word for other in others if other.id != own_id for word in (_same(other.name), other.id)}
    if _same(name) in taken:
        raise AccountRefused("name_taken", f"another account is called {name}")
    return name


def checked_places(role: Role, places: Collection[str] | None, known: Collection[str] | None) -> frozenset[str] | None:
    """What an account is limited to; None: nothing. known: places and cameras of the site; None: not asked.

    Raises AccountRefused: an admin who is limited, no place at all, or one that is not known.
    """
    if places is None or SITE in places:
        return None
    if role is Role.ADMIN:
        raise AccountRefused("admin_everywhere", "an admin has the whole site; limit another role to places")
    if not places:
        raise AccountRefused("no_place", "name one place or camera at least, or none for the whole site")
    if known is not None and (strange := sorted(set(places) - set(known))):
        raise AccountRefused("unknown_place", f"no such place or camera: {', '.join(strange)}")
    return frozenset(places)


def keep_an_admin(accounts: Mapping[str, Account], changed: str, after: Account | None) -> None:
    """Raises AccountRefused if nobody would be admin any more. after: what it becomes; None: it goes."""

    def rules(account: Account | None) -> bool:
        return account is not None and account.enabled and account.role is Role.ADMIN

    others = any(rules(account) for account in accounts.values() if account.id != changed)
    if rules(accounts.get(changed)) and not rules(after) and not others:
        raise AccountRefused("last_admin", "it is the last account that is admin; make another one admin first")


def shown_name(name: str, accounts: Collection[Account]) -> str:
    """How whoever came by a link of no account, and calls himself so, is put on record."""
    return f"{name}{LINK_MARK}".strip() if accounts else name


def _same(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", folded)
