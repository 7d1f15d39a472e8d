"""Small secrets that the program keeps for itself in `meta`, sealed under the key beside the database."""

import logging
from collections.abc import Callable

from alerts.access.secret_box import store_box_of
from alerts.db.store import Store
from alerts.errors import SecretLost

_log = logging.getLogger(__name__)


def kept_secret(store: Store, name: str, make: Callable[[], str]) -> str:
    """What is kept under a name; made at the first call, and anew where it cannot be opened any more, which is logged.
    May block on the database. Raises StoreError."""
    box, sealed = store_box_of(store.folder), store.meta(name)
    if sealed is not None:
        try:
            return box.open(name, sealed)
        except SecretLost as error:
            _log.error("%s; it is made anew", error)
    secret = make()
    store.set_meta(name, box.seal(name, secret))
    return secret
