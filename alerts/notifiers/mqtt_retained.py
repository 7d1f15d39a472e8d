"""What MQTT channels keep at their brokers, remembered in the store: so it is taken away also where the settings gave
up the channel or its topic while nothing ran.

A row of `meta` for each broker, topic and discovery; sealed, as it holds what is needed to log in there.
"""

import hashlib
import json
import logging
from collections.abc import Collection
from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy import delete, insert, select

from alerts.access.secret_box import store_box_of
from alerts.db.schema import meta
from alerts.db.store import Store
from alerts.errors import SecretLost
from alerts.notifiers.channel_config import MqttChannel

_log = logging.getLogger(__name__)

PREFIX = "mqtt.kept."


def broker_of(channel: MqttChannel) -> tuple[str, int]:
    """Host and port."""
    return str(channel.url.host).strip("[]"), channel.url.port or (8883 if channel.tls else 1883)


@dataclass(frozen=True, slots=True)
class Left:
    """channel: as it was set when it last published. topics: at which the broker keeps something."""

    channel: MqttChannel
    topics: frozenset[str]

    @property
    def key(self) -> str:
        """Of its row: the same wherever the same is published at the same broker."""
        return key_of(self.channel)


def key_of(channel: MqttChannel) -> str:
    """Of what is published by such a channel."""
    where = json.dumps([*broker_of(channel), channel.topic, channel.discovery])
    return PREFIX + hashlib.sha256(where.encode()).hexdigest()[:24]


class Retained:
    """Thread-safe; may block on the database. Every method raises StoreError."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._box = store_box_of(store.folder)

    def note(self, channel: MqttChannel, topics: Collection[str]) -> None:
        """The broker keeps something there, or soon will."""
        key = key_of(channel)
        password = channel.password.get_secret_value() if channel.password else None
        said = {**channel.model_dump(mode="json", exclude={"password"}), "password": password}
        sealed = self._box.seal(key, json.dumps({"channel": said, "topics": sorted(topics)}))
        with self._store.writing() as connection:
            connection.execute(delete(meta).where(meta.c.key == key))
            connection.execute(insert(meta).values(key=key, value=sealed))

    def forget(self, channel: MqttChannel) -> None:
        """Nothing is kept there any more."""
        with self._store.writing() as connection:
            connection.execute(delete(meta).where(meta.c.key == key_of(channel)))

    def all(self) -> list[Left]:
        """Whatever may still be kept anywhere. What cannot be read any more is logged, and not asked about again."""
        with self._store.reading() as connection:
            query = select(meta).where(meta.c.key.startswith(PREFIX, autoescape=True)).order_by(meta.c.key)
            rows = connection.execute(query).all()
        found = []
        for key, sealed in rows:
            try:
                said = json.loads(self._box.open(key, sealed))
                found.append(Left(MqttChannel.model_validate(said["channel"]), frozenset(said["topics"])))
            except (SecretLost, ValidationError) as error:
                _log.error("what an MQTT channel keeps at its broker is not known any more: %s", type(error).__name__)
                with self._store.writing() as connection:
                    connection.execute(delete(meta).where(meta.c.key == key))
        return found
