"""`xinan tokens`: what lets programs in, as text. Also beside a running watch, which hears of it within a second."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

from alerts.access.accounts import Account
from alerts.access.at_terminal import at_terminal, store_of
from alerts.access.roles import Permission, Role
from alerts.access.tokens import ApiToken, ApiTokens, TokenOrder
from alerts.config import Settings
from alerts.db.accounts import Accounts
from alerts.db.beside import in_waiting
from alerts.db.store import Store
from alerts.errors import SettingsError
from streams.clock import Clock


def token_lines(settings: Settings, clock: Clock) -> Iterator[str]:
    """All, oldest first. Raises StoreError."""
    with closing(Store.read(settings.store.path, settings.store.url)) as store:
        every, accounts = ApiTokens(store, clock).all(), Accounts(store, clock).all()
    yield from (line(token, clock, accounts) for token in every)
    if not every:
        yield "no tokens"


def line(token: ApiToken, clock: Clock, accounts: Mapping[str, Account]) -> str:
    """One token: what it is for, what it may do and where, and until when."""
    where = "the whole site" if token.places is None else ", ".join(sorted(token.places))
    used = f"last used {token.last_used_at:%Y-%m-%d %H:%MZ}" if token.last_used_at else "never used"
    ends = f"until {token.expires_at:%Y-%m-%d}" if token.alive(clock.now()) else "over"
    if token.revoked_at is not None:
        ends = f"revoked {token.revoked_at:%Y-%m-%d}"
    elif token.held_back(accounts):
        ends += f", but lets nobody in: {token.account} may make no tokens now"
    may = ", ".join(sorted(token.scopes))
    return f"{token.id}  {token.name}: {token.role}, {may}; {where}; {ends}; {used}; made by {token.created_by}"


def add(settings: Settings, order: TokenOrder, clock: Clock, say: Callable[[str], None]) -> None:
    """Make one and say its secret, alone on the last line. It is the site's: no account's end ends it.

    Raises TokenRefused, StoreError.
    """
    order.check(settings.registry())
    with _tokens(settings, clock) as tokens:
        token, secret = tokens.add(order, at_terminal())
    say(line(token, clock, {}))
    say("its secret, which is shown this once:")
    say(secret)


def revoke(settings: Settings, token_id: str, clock: Clock, say: Callable[[str], None]) -> None:
    """End one. Raises TokenRefused, StoreError."""
    with _tokens(settings, clock) as tokens:
        say(line(tokens.revoke(token_id, at_terminal()), clock, {}))


@contextmanager
def _tokens(settings: Settings, clock: Clock) -> Iterator[ApiTokens]:
    with store_of(settings, clock) as store:
        yield ApiTokens(store, clock, put=in_waiting)


def order_of(name: str, role: str, scopes: Sequence[str], places: Sequence[str], days: int) -> TokenOrder:
    """What the words of the command line ask for. Raises SettingsError."""
    allowed = ", ".join(role.value for role in Role)
    if role not in set(Role):
        raise SettingsError(f"--role: unknown {role}; allowed: {allowed}")
    if unknown := sorted(set(scopes) - set(Permission)):
        known = ", ".join(permission.value for permission in Permission)
        raise SettingsError(f"--scope: unknown {', '.join(unknown)}; allowed: {known}")
    chosen = frozenset(Permission(scope) for scope in scopes)
    return TokenOrder(name, Role(role), chosen, frozenset(places) or None, days)
