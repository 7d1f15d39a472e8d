"""`xinan outbox`: what was told, and what was not, as text."""

from collections.abc import Iterator, Sequence
from contextlib import closing

from alerts.access.at_terminal import at_terminal
from alerts.config import Settings
from alerts.db.rows import Delivery
from alerts.db.store import Store
from alerts.errors import AlertNotFound, DeliveryNotFound
from alerts.words import ended_text
from streams.clock import Clock

MOST = 200


def outbox_lines(store: Store, alert_id: str | None) -> Iterator[str]:
    """All notices of an alert; None: how many wait in each channel, and the newest dead letters.

    Raises AlertNotFound.
    """
    if alert_id is not None:
        if store.alert(alert_id) is None:
            raise AlertNotFound(f"no alert {alert_id[:64]}")
        told = store.deliveries_of(alert_id)
        yield from map(line, told)
        if not told:
            yield "nobody was to be told of it"
        return
    for channel, counts in sorted(store.delivery_counts().items()):
        yield f"{channel}: " + ", ".join(f"{number} {stage}" for stage, number in counts.items())
    dead = store.dead(MOST)
    yield from (line(one) for one in dead)
    if not dead:
        yield "no dead letters"


def line(one: Delivery) -> str:
    """One notice: what, to whom, why, and what became of it."""
    when = one.delivered_at or one.dead_at or one.superseded_at or one.not_before or one.created_at
    whom = f"{one.channel}/{one.person}" if one.person else one.channel
    ended = ended_text(one.superseded_reason, "en") if one.state == "superseded" else one.last_error
    told = f"{one.id}  {one.severity} {one.kind} to {whom}: {one.state} {when:%Y-%m-%d %H:%M:%S}Z"
    return f"{told}  ({one.reason or 'told of everything'}){f': {ended}' if ended else ''}"


def resend(settings: Settings, ids: Sequence[str], clock: Clock) -> int:
    """Try these dead letters again, `all` being the newest; how many there were. The watch must not run: it has the
    same in its console. Raises DeliveryNotFound: none of them is one; StoreError."""
    with closing(Store.open(settings.store.path, settings.store.url)) as store:
        chosen = [one.id for one in store.dead(MOST)] if list(ids) == ["all"] else ids
        found = store.resend(chosen, clock.now(), at_terminal())
    if not found and list(ids) != ["all"]:
        raise DeliveryNotFound(f"no dead letter {', '.join(ids)[:200]}")
    return found
