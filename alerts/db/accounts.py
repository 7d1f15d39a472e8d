"""Accounts in the database. Each change is one transaction with what it ends and what goes on record."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from alerts.access import accounts as rules
from alerts.access.accounts import Account, Changes
from alerts.access.roles import Role
from alerts.db import beside
from alerts.db.beside import Put
from alerts.db.rows import from_places, to_places
from alerts.db.schema import sessions
from alerts.db.schema_access import sign_in_links, users
from alerts.db.schema_tokens import api_tokens
from alerts.db.sign_ins import SignInLink, put_link
from alerts.db.store import Store
from alerts.errors import AccountRefused
from alerts.record.chain import Entry
from alerts.record.records import Kind
from streams.clock import Clock

LINK_LIFE = timedelta(hours=24)
_U, _L = users.c, sign_in_links.c


@dataclass(frozen=True, slots=True)
class By:
    """Who changes an account. keep: hash of the session that goes on, where all others end. account: whose it is, if
    one does it."""

    name: str
    keep: str = ""
    account: str = ""


class Accounts:
    """Thread-safe; every method may block on the database, and raises StoreError. Several processes may have one."""

    def __init__(self, store: Store, clock: Clock, via: str = "console", put: Put = beside.in_chain) -> None:
        """via: the door, for the record. put: how it is written."""
        self._store, self._clock, self._via, self._put = store, clock, via, put

    def version(self) -> str:
        """Another one after every change."""
        return beside.version(self._store)

    def all(self) -> dict[str, Account]:
        """By id, the oldest first."""
        with self._store.reading() as connection:
            return _all(connection)

    def add(self, account: str, name: str, role: Role, places: Collection[str] | None, known: Collection[str] | None,
            by: By) -> Account:  # fmt: skip
        """A new one, without a password. known: places and cameras of the site; None: not asked.

        Raises AccountRefused.
        """
        now = self._clock.now()
        with self._changing() as (connection, accounts):
            new = rules.checked_id(account)
            if new in accounts:
                raise AccountRefused("id_taken", f"there is an account {new} already")
            made = Account(
                new,
                rules.checked_name(name or account, new, accounts.values()),
                role,
                now,
                now,
                rules.checked_places(role, places, known),
            )
            connection.execute(insert(users).values(_row(made)))
            self._note(connection, Kind.ADDED_ACCOUNT, new, by, _shown(made))
        return made

    def change(
        self,
        account: str,
        wanted: Changes,
        known: Collection[str] | None,
        by: By,
        seen: datetime | None = None,
    ) -> Account:
        """Whoever is disabled is signed out. seen: `changed_at` of what it was when that was wanted; None: not asked.

        Raises AccountRefused.
        """
        with self._changing() as (connection, accounts):
            before = rules.find(accounts, account)
            if seen is not None and seen != before.changed_at:
                raise AccountRefused("overtaken", f"somebody else has changed the account {before.id} meanwhile")
            after = rules.changed(accounts, account, wanted, known, self._clock.now())
            if after == before:
                return before
            self._write(connection, after)
            if not after.enabled:
                _end(connection, after.id)
            was, now = _shown(before), _shown(after)
            self._note(
                connection,
                Kind.CHANGED_ACCOUNT,
                after.id,
                by,
                {key: {"from": was[key], "to": now[key]} for key in now if was[key] != now[key]},
            )
        return after

    def remove(self, account: str, by: By) -> None:
        """It is gone, signed out, and its tokens are revoked: who gets the same short name later has none of them.

        Raises AccountRefused.
        """
        with self._changing() as (connection, accounts):
            found = rules.find(accounts, account)
            rules.keep_an_admin(accounts, found.id, None)
            connection.execute(delete(users).where(_U.id == found.id))
            _end(connection, found.id)
            self._revoke_tokens(connection, found.id, by)
            self._note(connection, Kind.REMOVED_ACCOUNT, found.id, by, _shown(found))

    def set_password(self, account: str, password_hash: str | None, by: By) -> Account:
        """Of one's own or another; None: no log-in by password. All but `by.keep` are signed out."""
        detail = {} if password_hash else {"password": "none"}
        return self._secret(account, Kind.SET_PASSWORD, by, detail, password_hash=password_hash)

    def set_totp(self, account: str, secret: str | None, step: int | None, by: By) -> Account:
        """Switch the second step on, `step` being the one whose code was shown, or off. All but `by.keep` end.

        secret: sealed.
        """
        detail = {"two_step": "on" if secret else "off"}
        return self._secret(account, Kind.CHANGED_ACCOUNT, by, detail, totp_secret=secret, totp_step=step)

    def _secret(self, account: str, kind: Kind, by: By, detail: Mapping[str, Any], **values: Any) -> Account:
        with self._changing() as (connection, accounts):
            after = replace(rules.find(accounts, account), changed_at=self._clock.now(), **values)
            self._write(connection, after)
            _end(connection, after.id, by.keep)
            self._note(connection, kind, after.id, by, detail)
        return after

    def rehash(self, account: Account, password_hash: str) -> None:
        """The same password, hashed with today's parameters; unless another was set meanwhile."""
        with self._changing() as (connection, _):
            connection.execute(
                update(users)
                .where(_U.id == account.id, _U.password_hash == account.password_hash)
                .values(password_hash=password_hash)
            )

    def use_step(self, account: str, step: int) -> bool:
        """Its code was right. False: somebody used it, or a later one, already."""
        unused = or_(_U.totp_step.is_(None), _U.totp_step < step)
        with self._store.writing() as connection:
            done = connection.execute(update(users).where(_U.id == account, unused).values(totp_step=step))
        return done.rowcount == 1

    def end_sessions(self, account: str, by: By) -> int:
        """Sign out everywhere, but for `by.keep`; "": all who came by a link of no account. How many there were."""
        with self._changing() as (connection, _):
            ended = _end(connection, account, by.keep)
            self._note(connection, Kind.ENDED_SESSIONS, account, by, {"sessions": ended})
        return ended

    def add_link(self, token_hash: str, account: str, by: By, role: Role = Role.ADMIN,
                 places: Collection[str] | None = None) -> SignInLink:  # fmt: skip
        """To enter by once, within a day; it ends the one before of that account. "": of no account, with this role.

        Raises AccountRefused.
        """
        with self._changing() as (connection, accounts):
            detail: dict[str, Any] = {}
            if account:
                found = rules.find(accounts, account)
                if not found.enabled:
                    raise AccountRefused("disabled", f"the account {found.id} is disabled")
                account, role, places = found.id, found.role, found.places
            elif role is not Role.ADMIN or places is not None:
                detail = {"role": role.value, "places": from_places(frozenset(places)) if places is not None else None}
            limits = rules.checked_places(role, places, None)
            link = SignInLink(token_hash, account, self._clock.now() + LINK_LIFE, role, limits)
            put_link(connection, link)
            self._note(connection, Kind.MADE_LINK, account, by, detail)
        return link

    def has_link(self, account: str) -> bool:
        """Whether a link of that account ("": of none) is still good, so that a new one would end it."""
        query = select(_L.token_hash).where(_L.account == rules.account_id(account), _L.expires_at > self._clock.now())
        with self._store.reading() as connection:
            return connection.execute(query).first() is not None

    def take_in(self) -> None:
        """Put on record what commands left. For whoever holds the store's lock."""
        beside.take_in(self._store, self._clock.now())

    @contextmanager
    def _changing(self) -> Iterator[tuple[Connection, dict[str, Account]]]:
        with beside.changing(self._store) as connection:
            yield connection, _all(connection)

    def _revoke_tokens(self, connection: Connection, account: str, by: By) -> None:
        its = (api_tokens.c.account == account) & api_tokens.c.revoked_at.is_(None)
        for token in connection.execute(select(api_tokens.c.id, api_tokens.c.name).where(its)).all():
            self._note(connection, Kind.REVOKED_TOKEN, token.id, by, {"name": token.name, "account": account})
        connection.execute(update(api_tokens).where(its).values(revoked_at=self._clock.now()))

    def _write(self, connection: Connection, account: Account) -> None:
        connection.execute(update(users).where(_U.id == account.id).values(_row(account)))

    def _note(self, connection: Connection, kind: Kind, account: str, by: By, detail: Mapping[str, Any]) -> None:
        self._put(connection, [Entry(kind, account, by.name, self._via, detail, account=by.account)], self._clock.now())


def _all(connection: Connection) -> dict[str, Account]:
    rows = connection.execute(select(users).order_by(_U.created_at, _U.id))
    return {
        row.id: Account(**{**row._mapping, "role": Role(row.role), "places": to_places(row.places)}) for row in rows
    }


def _row(account: Account) -> dict[str, Any]:
    return {**asdict(account), "role": account.role.value, "places": from_places(account.places)}


def _end(connection: Connection, account: str, keep: str = "") -> int:
    """Its sessions, but for one, and its link."""
    connection.execute(delete(sign_in_links).where(sign_in_links.c.account == account))
    others = delete(sessions).where(sessions.c.account == account, sessions.c.token_hash != keep)
    return connection.execute(others).rowcount


def _shown(account: Account) -> dict[str, Any]:
    """For the record: no secrets."""
    return {
        "name": account.name,
        "role": account.role.value,
        "places": from_places(account.places),
        "enabled": account.enabled,
    }
