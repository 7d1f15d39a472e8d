"""Everything about one alert, as far as whoever asks may know it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alerts.access.principal import Principal
from alerts.access.roles import Permission
from alerts.alert import Alert
from alerts.db.rows import Delivery
from alerts.desk import Desk
from alerts.evidence.kept import Kept, pictures_of
from alerts.mute.rules import Silence
from alerts.record.chain import Record
from alerts.record.records import SEALING, Kind, Transactions, newest
from alerts.registry.registry import Place
from alerts.track.fold import Track

MOST_ROWS = 1_000
"""Of the record of one alert the newest are told."""

OF_ALL = frozenset({*SEALING, Kind.HELD, Kind.RELEASED, Kind.EXPORTED, Kind.DELETED})
"""Rows of the record that say what became of the alert; the others say who looked at what."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """deliveries: None where who asks may not know who was told of what. looks: whether the rows of the record say who
    looked at what, too. records: oldest first. names: of people, by their ids in the settings."""

    alert: Alert
    track: Track
    place: Place
    pictures: tuple[Kept, ...]
    silences: tuple[Silence, ...]
    records: tuple[Record, ...]
    looks: bool
    deliveries: tuple[Delivery, ...] | None
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exported:
    """Who took it out, when and why. clear: with people recognisable."""

    by: str
    at: datetime
    reason: str
    clear: bool


def gather(desk: Desk, store: Transactions, alert_id: str, caller: Principal) -> Dossier:
    """alert_id: of an alert that the caller may see. May block on the database. Raises AlertNotFound, StoreError."""
    alert, track = desk.track(alert_id)
    looks = caller.may(Permission.RECORDS)
    rows = newest(store, subject=alert.id, limit=MOST_ROWS, kinds=None if looks else sorted(OF_ALL))
    told = desk.deliveries(alert.id) if caller.may(Permission.DELIVERIES) else None
    return Dossier(
        alert,
        track,
        desk.where(alert),
        tuple(pictures_of(alert)),
        tuple(desk.silences_of(alert)),
        tuple(reversed(rows)),
        looks,
        None if told is None else tuple(told),
        {person.id: person.shown for person in desk.settings.people},
    )
