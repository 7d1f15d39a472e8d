"""What comes back by the links of notices: a token opens an alert's track, and an answer becomes a step of it.

An answer counts once: who has accepted accepts no second time, so that a link used twice, or a request sent twice,
changes nothing. The link stays good for the person's next answer until it expires. An answer to what has been opened
anew since the person looked is refused: the person looks again first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.alert import Alert
from alerts.db.store import Store
from alerts.db.track_store import link_of
from alerts.desk import Desk
from alerts.errors import AlertNotFound, AlertRefused, AlertsError
from alerts.track.answer_links import AnswerLink, hash_of
from alerts.track.fold import Track
from alerts.track.rules import REASONS, may_call_false
from alerts.track.step import StepKind
from streams.clock import Clock


class LinkRefused(AlertsError):
    """The token opens nothing: unknown, expired, or its alert is no longer kept."""


class NoName(AlertsError):
    """The link is of a whole channel, and it was not said who answers."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a token shows. name: who answers, "" while it is not known."""

    link: AnswerLink
    name: str
    alert: Alert
    track: Track


class Answers:
    """Thread-safe; may block on the database."""

    def __init__(self, desk: Desk, store: Store, clock: Clock) -> None:
        self._desk, self._store, self._clock = desk, store, clock

    @property
    def time_zone(self) -> str:
        """Of the site, as the settings have it now."""
        return self._desk.settings.site.time_zone

    @staticmethod
    def may_say(seen: Opened) -> list[StepKind]:
        """What the person may answer, of what the link allows."""
        there = may_call_false(seen.alert, seen.track, seen.name)
        return [kind for kind in seen.link.allowed if there or kind is not StepKind.FALSE_ALARM]

    def look(self, token: str, name: str = "") -> Opened:
        """What the token shows; changes nothing. name: who looks, where the link does not say. Raises LinkRefused."""
        with self._store.reading() as connection:
            link = link_of(connection, hash_of(token), self._clock.now())
        if link is None:
            raise LinkRefused("this link is wrong or too old")
        try:
            return Opened(link, link.person or name, *self._desk.track(link.alert_id))
        except AlertNotFound:
            raise LinkRefused("what this link was about is no longer kept") from None

    def say(self, token: str, kind: StepKind, *, name: str, round: int, detail: Mapping[str, Any]) -> Opened:
        """The answer as a step, and what the token shows then. round: of the track as the person saw it.

        Raises LinkRefused, NoName; StaleAlert and AlertRefused as `Desk.step` does.
        """
        seen = self.look(token, name)
        if not seen.name:
            raise NoName("say who you are")
        if kind not in seen.link.allowed:
            raise LinkRefused("this link does not allow that answer")
        current = round == seen.track.round  # else that is what they have to hear of
        if current and kind is StepKind.FALSE_ALARM and not may_call_false(seen.alert, seen.track, seen.name):
            raise AlertRefused(seen.alert, REASONS["not_there"], "not_there", seen.track)
        alert, track = self._desk.step(seen.alert.id, kind, by=seen.name, via=seen.link.via, detail=detail, round=round)
        return Opened(seen.link, seen.name, alert, track)
