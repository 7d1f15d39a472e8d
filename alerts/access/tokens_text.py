"""`xinan tokens`: what lets programs in, as text."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

from alerts.access.roles import Permission, Role
from alerts.access.tokens import ApiToken, ApiTokens, TokenOrder
from alerts.config import Settings
from alerts.db.store import Store
from alerts.errors import SettingsError
from streams.clock import Clock

VIA = "terminal"


def token_lines(settings: Settings, clock: Clock) -> Iterator[str]:
    """All, oldest first. Also beside a running watch. Raises StoreError."""
    with closing(Store.read(settings.store.path, settings.store.url)) as store:
        every = ApiTokens(store, clock).all()
    yield from (line(token, clock) for token in every)
    if not every:
        yield "no tokens"


def line(token: ApiToken, clock: Clock) -> str:
    """One token: what it is for, what it may do and where, and until when."""
    where = "the whole site" if token.places is None else ", ".join(sorted(token.places))
    used = f"last used {token.last_used_at:%Y-%m-%d %H:%MZ}" if token.last_used_at else "never used"
    ends = f"until {token.expires_at:%Y-%m-%d}" if token.good(clock.now()) else "over"
    if token.revoked_at is not None:
        ends = f"revoked {token.revoked_at:%Y-%m-%d}"
    may = ", ".join(sorted(token.scopes))
    return f"{token.id}  {token.name}: {token.role}, {may}; {where}; {ends}; {used}; made by {token.created_by}"


def add(settings: Settings, order: TokenOrder, clock: Clock, say: Callable[[str], None]) -> None:
    """Make one and say its secret, alone on the last line. Raises TokenRefused, StoreError."""
    order.check(settings.registry())
    with _alone(settings, clock) as tokens:
        token, secret = tokens.add(order, VIA, VIA)
    say(line(token, clock))
    say("its secret, which is shown this once:")
    say(secret)


def revoke(settings: Settings, token_id: str, clock: Clock, say: Callable[[str], None]) -> None:
    """End one. Raises TokenRefused, StoreError."""
    with _alone(settings, clock) as tokens:
        say(line(tokens.revoke(token_id, VIA, VIA), clock))


@contextmanager
def _alone(settings: Settings, clock: Clock) -> Iterator[ApiTokens]:
    """A running watch holds the store, and would not hear of a change: there it is /api/tokens that makes one."""
    with closing(Store.open(settings.store.path, settings.store.url)) as store:
        yield ApiTokens(store, clock)


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
