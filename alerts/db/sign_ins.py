"""Sessions and one-time links in the database."""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from alerts.access.accounts import Account
from alerts.access.roles import Role
from alerts.db.kept_secrets import kept_secret
from alerts.db.rows import OperatorSession, from_places, from_session, to_places, to_session
from alerts.db.schema import sessions
from alerts.db.schema_access import sign_in_links, users
from alerts.db.store import Store
from alerts.errors import AccountRefused

DEVICE_KEY = "access.device_key"
_S, _L, _U = sessions.c, sign_in_links.c, users.c


@dataclass(frozen=True, slots=True)
class SignInLink:
    """Opens one session. token_hash: hex SHA-256. account: whose; "": of whoever has it, with this role and places."""

    token_hash: str
    account: str
    expires_at: datetime
    role: Role = Role.ADMIN
    places: frozenset[str] | None = None


class SignIns:
    """Thread-safe; every method may block on the database, and raises StoreError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def open(self, session: OperatorSession, account: Account | None) -> None:
        """Sign in. account: what the log-in went by: raises AccountRefused if it is no longer so.

        The row is written before the account is looked at: whoever changes it meanwhile sees the row, and ends it.
        """
        with self._store.writing() as connection:
            connection.execute(delete(sessions).where(_S.expires_at <= session.created_at))
            connection.execute(insert(sessions).values(from_session(session)))
            if account is not None:
                _still(connection, account)

    def session(self, token_hash: str, now: datetime) -> OperatorSession | None:
        """None if it is unknown or expired."""
        query = select(sessions).where(_S.token_hash == token_hash, _S.expires_at > now)
        with self._store.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else to_session(row)

    def of_account(self, account: str, now: datetime) -> list[OperatorSession]:
        """All that are open, the newest first."""
        query = select(sessions).where(_S.account == account, _S.expires_at > now)
        with self._store.reading() as connection:
            return [to_session(row) for row in connection.execute(query.order_by(_S.created_at.desc(), _S.token_hash))]

    def open_now(self, now: datetime) -> frozenset[str]:
        """The hashes of all."""
        with self._store.reading() as connection:
            return frozenset(connection.scalars(select(_S.token_hash).where(_S.expires_at > now)))

    def extend(self, token_hash: str, expires_at: datetime) -> None:
        """Let it live on. One that was ended meanwhile stays ended."""
        with self._store.writing() as connection:
            connection.execute(update(sessions).where(_S.token_hash == token_hash).values(expires_at=expires_at))

    def close(self, token_hash: str) -> None:
        """Sign out; an unknown one is ignored."""
        with self._store.writing() as connection:
            connection.execute(delete(sessions).where(_S.token_hash == token_hash))

    def add_link(self, link: SignInLink) -> None:
        """It ends the one before of the same account."""
        with self._store.writing() as connection:
            put_link(connection, link)

    def link(self, token_hash: str, now: datetime) -> SignInLink | None:
        """A link that is still good, without using it up."""
        query = select(sign_in_links).where(_L.token_hash == token_hash, _L.expires_at > now)
        with self._store.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _to_link(row)

    def use_link(self, token_hash: str) -> bool:
        """It is gone then; of several at once only one is told True."""
        with self._store.writing() as connection:
            return connection.execute(delete(sign_in_links).where(_L.token_hash == token_hash)).rowcount == 1


def device_key(store: Store) -> bytes:
    """By what this store knows browsers again; made at the first call. May block on the database."""
    return bytes.fromhex(kept_secret(store, DEVICE_KEY, lambda: secrets.token_hex(32)))


def put_link(connection: Connection, link: SignInLink) -> None:
    """In a transaction that does more."""
    connection.execute(delete(sign_in_links).where(_L.account == link.account))
    values = {**asdict(link), "role": link.role.value, "places": from_places(link.places)}
    connection.execute(insert(sign_in_links).values(values))


def _to_link(row: Row[Any]) -> SignInLink:
    return SignInLink(**{**row._mapping, "role": Role(row.role), "places": to_places(row.places)})


def _still(connection: Connection, account: Account) -> None:
    query = select(_U.password_hash, _U.totp_secret, _U.disabled_at).where(_U.id == account.id).with_for_update()
    found = connection.execute(query).one_or_none()
    if found is None or tuple(found) != (account.password_hash, account.totp_secret, None):
        raise AccountRefused("changed", "the account was changed meanwhile; log in again")
