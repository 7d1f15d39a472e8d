"""What the commands have in common that change who may come in: who gives them, the store beside a running watch."""

import os
import pwd
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from alerts.config import Settings
from alerts.db import beside, sqlite
from alerts.db.store import Store
from alerts.errors import StoreInUse
from alerts.record.actor import Actor
from streams.clock import Clock

VIA = "terminal"


def at_terminal() -> Actor:
    """Whoever gives the command: the user of the operating system that it runs as."""
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # in a container, a number without a name
        name = f"uid {os.geteuid()}"
    return Actor(name, VIA)


@contextmanager
def store_of(settings: Settings, clock: Clock) -> Iterator[Store]:
    """The settings' store, also while a watch runs, which hears of what is changed within a second.

    There has to be one: whoever is let into a store that was made just now is let in nowhere. What goes on record has
    to be put `in_waiting`: a running watch takes it in, or else this does at the end of the block. Raises StoreError.
    """
    if settings.store.url is None:
        sqlite.there(settings.store.path)
    with ExitStack() as stack:
        try:
            store = Store.open(settings.store.path, settings.store.url)
            alone = True
        except StoreInUse:
            store = Store.beside(settings.store.path, settings.store.url)
            alone = False
        stack.callback(store.close)
        yield store
        if alone:
            beside.take_in(store, clock.now())
