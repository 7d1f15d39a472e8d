"""What somebody looks for among all that ever were; `alerts.db.find` asks the database for it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from unicodedata import normalize

from alerts.access.principal import Area
from alerts.alert import Alert
from alerts.ids import first_id
from vision.rule import Severity

_BESIDE_CHINESE = re.compile(r"(?<=[^\x00-\x7f]) +| +(?=[^\x00-\x7f])")


def folded(text: str) -> str:
    """As it is compared: 17号楼 as １７号楼, LI as li; Chinese stands as well with spaces as without. `folded` of the
    page's `filters.js` is the same."""
    return _BESIDE_CHINESE.sub("", normalize("NFKC", text).lower())


def words_in(text: str) -> tuple[str, ...]:
    """What was typed, as the words that all have to be there, in any order; folded."""
    return tuple(folded(word) for word in text.split())


def holds(texts: Iterable[str], word: str) -> bool:
    """Whether a folded word is part of one of the texts."""
    return any(word in folded(text) for text in texts)


class Standing(StrEnum):
    """Where an alert stands, in the words that people look for; each alert has exactly one."""

    WAITING = "waiting"  # somebody has to say a word
    IN_HAND = "in_hand"  # somebody has, and it is not over
    SUSPECTED = "suspected"  # it may be something; nobody is asked yet
    LOGGED = "logged"  # nobody was asked
    FALSE_ALARM = "false_alarm"
    ENDED = "ended"


def standing(alert: Alert) -> Standing:
    """Of an alert; `alerts.db.find` says the same in SQL, and `standing` of the page's `filters.js`."""
    if alert.false_alarm_at is not None:
        return Standing.FALSE_ALARM
    if alert.fired_at is None and alert.closed_at is None and (alert.notice or alert.resolved_at is not None):
        return Standing.LOGGED
    if alert.ended:
        return Standing.ENDED
    if alert.acknowledged_at is not None:
        return Standing.IN_HAND
    return Standing.SUSPECTED if alert.fired_at is None else Standing.WAITING


@dataclass(frozen=True, slots=True)
class Word:
    """A word that was typed, folded. hazards, causes, places: those that are called so, by kind, by cause of a
    camera's trouble and by id."""

    text: str
    hazards: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    causes: frozenset[str] = frozenset()


IN_EVIDENCE = ("cause", "report_note")
"""Of `Texts`, what stands in the evidence: of reports, which are of no camera, and of troubles of cameras alone."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What of an alert can be read. cause: of a camera's trouble; report_note: what whoever reported it wrote."""

    hazard: str
    place_id: str | None
    place: str
    camera: str
    zone: str
    acknowledged_by: str
    false_alarm_by: str
    false_alarm_reason: str
    cause: str = ""
    report_note: str = ""

    @classmethod
    def of(cls, alert: Alert) -> "Texts":
        """Of an alert."""
        known = alert.evidence if alert.camera == "" or alert.severity is Severity.FAULT else {}
        read = {name: str(known.get(name) or "") for name in IN_EVIDENCE}
        return cls(**read, **{name: getattr(alert, name) for name in cls.__slots__ if name not in IN_EVIDENCE})


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; empty: anything. All of it has to hold.

    inside: a place and all within it. who: words of the names of whoever answered or judged it. words: each is part of
    its place, camera, zone, names, reason or the reporter's remark, or names its hazard, cause or place. since, until:
    when it was raised, aware.
    """

    hazard: str = ""
    camera: str = ""
    inside: Area | None = None
    standing: Standing | None = None
    who: tuple[str, ...] = ()
    words: tuple[Word, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def has(self, alert: Alert) -> bool:
        """Whether an alert is looked for."""
        return (
            self.hazard in ("", alert.hazard)
            and self.camera in ("", alert.camera)
            and (self.inside is None or self.inside.has(alert))
            and (self.standing is None or self.standing is standing(alert))
            and self.says(Texts.of(alert))
            and (self.since is None or alert.id >= first_id(self.since))
            and (self.until is None or alert.id < first_id(self.until))
        )

    @property
    def reads(self) -> bool:
        """Whether it depends on what can be read."""
        return bool(self.who or self.words)

    def says(self, of: Texts) -> bool:
        """Whether all words stand there."""
        names = (of.acknowledged_by, of.false_alarm_by)
        texts = (of.place, of.camera, of.zone, of.false_alarm_reason, of.report_note, *names)
        return all(holds(names, word) for word in self.who) and all(
            of.hazard in word.hazards
            or of.place_id in word.places
            or of.cause in word.causes
            or holds(texts, word.text)
            for word in self.words
        )
