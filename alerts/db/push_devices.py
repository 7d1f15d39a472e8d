"""Phones and other browsers that asked to be told: their rows, and the key pair that proves who tells them."""

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from alerts.access.secret_box import store_box_of
from alerts.db.kept_secrets import kept_secret
from alerts.db.schema_push import push_devices
from alerts.db.store import Store
from alerts.errors import PushRefused, SecretLost
from alerts.notifiers.channel_base import PUSH_PREFIX
from alerts.notifiers.web_push import BrowserKeys, Vapid, new_key, read_key
from alerts.record.actor import PROGRAM, Actor
from alerts.record.chain import Entry
from alerts.record.records import Kind, put
from alerts.track.step import CONSOLE

MOST_DEVICES = 200
"""More are refused: each is a queue of its own."""

SUCCESS_STEP = timedelta(minutes=1)
"""The time of the last success is written down at most this often."""

VAPID_KEY = "push.vapid"
LOST = "its keys cannot be opened any more; switch notices on again"
SEALED = ("p256dh", "auth")
"""Columns that hold what an owner's phone is encrypted to."""
_C = push_devices.c
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Device:
    """One subscription. owner: who was signed in; account: the id, "" without one. language: zh or en.

    disabled_at: since then nothing is sent.
    """

    id: str
    name: str
    owner: str
    language: str
    endpoint: str
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)
    created_at: datetime
    last_success_at: datetime | None = None
    disabled_at: datetime | None = None
    disabled_reason: str = ""
    account: str = ""

    @property
    def channel(self) -> str:
        """The name of its queue in the outbox."""
        return f"{PUSH_PREFIX}{self.id}"

    @property
    def keys(self) -> BrowserKeys:
        """What its messages are encrypted with."""
        return BrowserKeys.from_text(self.p256dh, self.auth)


class PushDevices:
    """Thread-safe. What is read is held in memory (nobody else writes the table): `all` and `get` never wait, not even
    for a database that hangs under a change. Changes may block."""

    def __init__(self, store: Store, new_id: Callable[[], str] = lambda: secrets.token_hex(8)) -> None:
        """Raises StoreError."""
        self._store = store
        self._new_id = new_id
        self._box = store_box_of(store.folder)
        self._lock = threading.Lock()  # of changes; `_known` is replaced as a whole, never changed
        with store.reading() as connection:
            rows = connection.execute(select(push_devices).order_by(_C.created_at, _C.id))
            self._known = {row.id: self._opened(Device(**row._mapping)) for row in rows}

    def all(self) -> list[Device]:
        """Oldest first, disabled ones too."""
        return list(self._known.values())

    def get(self, device_id: str) -> Device | None:
        """By id."""
        return self._known.get(device_id)

    def add(
        self,
        name: str,
        owner: str,
        language: str,
        endpoint: str,
        keys: dict[str, str],
        at: datetime,
        *,
        account: str = "",
        via: str = CONSOLE,
    ) -> Device:
        """A new one; or the one of that endpoint, brought up to date and enabled: who knows it has the phone.
        via: the door, for the record.

        Raises ValueError for keys that are none, PushRefused when there are too many.
        """
        BrowserKeys.from_text(keys["p256dh"], keys["auth"])
        with self._lock:
            old = next((device for device in self._known.values() if device.endpoint == endpoint), None)
            if old is None and len(self._known) >= MOST_DEVICES:
                raise PushRefused(f"{MOST_DEVICES} devices are told already; remove one first", "too_many_phones")
            known = old.id if old else self._new_id()
            device = Device(known, name, owner, language, endpoint, keys["p256dh"], keys["auth"], at, account=account)
            with self._store.writing() as connection:
                connection.execute(delete(push_devices).where(_C.id == device.id))
                connection.execute(insert(push_devices).values(asdict(device) | self._sealed(device)))
                if old is None or device != replace(old, created_at=at, last_success_at=None):
                    put(connection, [_entry(Kind.ADDED_PHONE, device, Actor(owner, via, account))], at)
            self._known = {**self._known, device.id: device}
        return device

    def remove(self, device_id: str, at: datetime, by: Actor) -> bool:
        """It is forgotten, and what waits for it given up. Whether it was there."""
        with self._lock:
            device = self._known.get(device_id)
            if device is None:
                return False
            with self._store.writing() as connection:
                connection.execute(delete(push_devices).where(_C.id == device_id))
                put(connection, [_entry(Kind.REMOVED_PHONE, device, by)], at)
            self._known = {one: known for one, known in self._known.items() if one != device_id}
        self._store.abandon(device.channel, "the device was removed", at)
        return True

    def disable(self, device_id: str, reason: str, at: datetime) -> None:
        """Send it nothing more, and give up what waits; it stays in the list, with the reason."""
        device = self._change(device_id, at, Kind.DISABLED_PHONE, disabled_at=at, disabled_reason=reason)
        if device is not None:
            self._store.abandon(device.channel, reason, at)

    def succeeded(self, device_id: str, at: datetime) -> None:
        """It took a message."""
        device = self.get(device_id)
        if device is not None and (device.last_success_at is None or at - device.last_success_at >= SUCCESS_STEP):
            self._change(device_id, at, last_success_at=at)

    def _sealed(self, device: Device) -> dict[str, str]:
        """Its keys as the database has them."""
        return {name: self._box.seal(f"{device.id}.{name}", getattr(device, name)) for name in SEALED}

    def _opened(self, device: Device) -> Device:
        """One whose keys are lost is told nothing more, as if the push service had said that it is gone."""
        try:
            p256dh, auth = (self._box.open(f"{device.id}.{name}", getattr(device, name)) for name in SEALED)
        except SecretLost as error:
            _log.error("phone %s of %s: %s", device.name, device.owner, error)
            lost = replace(device, p256dh="", auth="")
            return lost if lost.disabled_at else replace(lost, disabled_at=lost.created_at, disabled_reason=LOST)
        return replace(device, p256dh=p256dh, auth=auth)

    def _change(
        self, device_id: str, at: datetime, told: Kind | None = None, **values: datetime | str
    ) -> Device | None:
        """told: as what it goes on record, if it does."""
        with self._lock:
            device = self._known.get(device_id)
            if device is None:
                return None
            changed: Device = replace(device, **values)  # type: ignore[arg-type]  # names and types are its own
            with self._store.writing() as connection:
                connection.execute(update(push_devices).where(_C.id == device_id).values(**values))
                put(connection, [_entry(told, changed, PROGRAM)] if told else [], at)
            self._known = {**self._known, device_id: changed}
            return changed


def _entry(kind: Kind, device: Device, by: Actor) -> Entry:
    """Without endpoint and keys: whoever has them can send to the phone."""
    said = {"phone": device.id, "name": device.name, "owner": device.owner, "language": device.language}
    why = {"reason": device.disabled_reason} if device.disabled_reason else {}
    return Entry(kind, "", by.name, by.via, said | why, account=by.account)


def vapid_of(store: Store, contact: str) -> Vapid:
    """The sender of this store's notices; its private key is made at the first call and kept sealed in the database."""
    return Vapid(read_key(kept_secret(store, VAPID_KEY, new_key)), contact)
