"""The links of a notice: one secret for each notice, which says what one person may say of one alert. No I/O.

A token is 256 bits: an HMAC of the notice's id under a key that lies beside the database, not in it. So a notice that
is sent again, also after a crash, carries the same links, and neither the database nor a copy of it holds a token:
only the hash. The token stands in the link's fragment, which a browser sends to nobody; opening a link shows a page,
and only a press on one of its buttons says something: what fetches links ahead (previews, mail scanners) says nothing.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from alerts.alert import Alert
from alerts.config import Settings
from alerts.key_file import key_in
from alerts.lifecycle import ChangeKind
from alerts.routing.recipient import Recipient
from alerts.track.config import TracksConfig
from alerts.track.step import ANSWERS, StepKind

KEY_FILE = "answers.key"
ANSWERED = frozenset({ChangeKind.FIRED, ChangeKind.REOPENED, ChangeKind.DISPATCHED})
"""Notices that ask for an answer."""


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """What a token may say. person: in whose name; "" means that whoever uses it says who it is. via: the channel."""

    token_hash: str
    alert_id: str
    person: str
    via: str
    allowed: tuple[StepKind, ...]
    expires_at: datetime


class AnswerLinks:
    """Makes links. Thread-safe."""

    def __init__(
        self, key: bytes, public_url: str, life: timedelta, names: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """key: 32 secret bytes. public_url: where people reach the console, without a slash at the end.
        names: a person's id → what that person is called.
        """
        self._key, self._names = key, names
        self._base = f"{public_url}/answer#"
        self._life = life

    def follow(self, names: Mapping[str, str], config: TracksConfig) -> None:
        """What people are called from now on, by their ids, and how long links live that are made from now on."""
        self._names, self._life = names, _life(config)

    def row(self, notice_id: str, alert: Alert, recipient: Recipient, channel: str, now: datetime) -> AnswerLink:
        """What the store has to know before the notice goes out."""
        name = recipient.name or self._names.get(recipient.person, recipient.person)
        return AnswerLink(hash_of(self._token(notice_id)), alert.id, name, channel, ANSWERS, now + self._life)

    def urls(self, notice_id: str, kind: str) -> Mapping[str, str]:
        """What may be answered to this notice → the link that offers it, in the order of the buttons.

        kind: of the notice; one that only tells what has been done already has no links.
        """
        if kind not in ANSWERED:
            return {}
        token = self._token(notice_id)
        return {answer.value: f"{self._base}{token}.{answer.value}" for answer in ANSWERS}

    def _token(self, notice_id: str) -> str:
        """43 characters of URL-safe base 64."""
        digest = hmac.digest(self._key, f"answer {notice_id}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def links_of(settings: Settings) -> AnswerLinks:
    """As the settings say. Raises StoreError."""
    key = answer_key(settings.store.path)
    names = {person.id: person.shown for person in settings.people}
    return AnswerLinks(key, settings.console.base_url, _life(settings.tracks), names)


def _life(config: TracksConfig) -> timedelta:
    return timedelta(hours=config.answer_link_h)


def hash_of(token: str) -> str:
    """As the store keeps it: hex SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()


def answer_key(folder: Path) -> bytes:
    """The key of a store's folder. Raises StoreError."""
    return key_in(folder, KEY_FILE, "links that were sent before end")
