"""What people report: a photo, a place, a hazard. It becomes an alert like any other, but no camera speaks for it.

The life cycle (`alerts.lifecycle`) hears of cameras only; here people stand for them: a report is there until somebody
says that it is dealt with, inspected, closed or false, and again once it is opened anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from alerts.alert import Alert, fingerprint
from alerts.evidence.photo import Photo
from alerts.registry.config import PlaceKind
from alerts.registry.registry import Place
from vision.hazards import RULES
from vision.rule import Severity
from vision.zones import ZoneType

NO_CAMERA = ""
"""`Alert.camera` of a report; no camera may be called so."""
MOST_OPEN = 500
"""Reports that nobody is done with; more are refused."""
HAZARDS = tuple(kind for kind, rule in RULES.items() if rule.severity is Severity.VIOLATION)
"""What can be reported. Not a fire: whoever sees one calls 119 and the others, by voice."""

_ZONE_OF = {
    PlaceKind.CORRIDOR: ZoneType.CORRIDOR,
    PlaceKind.FLOOR: ZoneType.CORRIDOR,
    PlaceKind.STAIRWELL: ZoneType.STAIRWELL,
    PlaceKind.LOBBY: ZoneType.LOBBY,
    PlaceKind.BUILDING: ZoneType.LOBBY,
    PlaceKind.EXIT: ZoneType.EXIT,
    PlaceKind.GATE: ZoneType.EXIT,
    PlaceKind.LIFT: ZoneType.LIFT,
    PlaceKind.SHED: ZoneType.SHED,
    PlaceKind.FACADE: ZoneType.FACADE,
}
"""Which rules hold at a place, and who handles what is there. All other kinds: a yard."""


@dataclass(frozen=True, slots=True)
class Report:
    """key: of whoever reports, the same whenever it is sent again. where: in words, beside the place; may be "".

    taken_at: aware.
    """

    key: str
    by: str
    place: Place
    where: str
    hazard: str
    note: str
    photo: Photo
    taken_at: datetime

    @property
    def fingerprint(self) -> str:
        """Of its alert."""
        return fingerprint(NO_CAMERA, "report", self.by, self.key)

    def alert(self, alert_id: str, at: datetime, place_id: str | None) -> Alert:
        """As it is raised, without the photo. at: now. place_id: None for the site itself."""
        evidence: Mapping[str, Any] = {"reported_by": self.by, "report_note": self.note}
        kind = PlaceKind(self.place.kind) if place_id else PlaceKind.OTHER
        return Alert(
            id=alert_id,
            fingerprint=self.fingerprint,
            camera=NO_CAMERA,
            place=" ".join(filter(None, (self.place.path, self.where))),
            hazard=self.hazard,
            severity=Severity.VIOLATION,
            zone=place_id or "",
            zone_type=_ZONE_OF.get(kind, ZoneType.YARD),
            started_at=min(self.taken_at, at),
            seen_at=min(self.taken_at, at),
            confidence=1.0,
            box=(0.0, 0.0, 1.0, 1.0),
            fired_at=at,
            evidence={name: text for name, text in evidence.items() if text},
            place_id=place_id,
        )


class Reports:
    """The reports that nobody is done with. Bounded. Not thread-safe."""

    def __init__(self, left: Iterable[Alert] = ()) -> None:
        """left: of an earlier run."""
        self._open = {alert.id: alert for alert in left}

    @property
    def full(self) -> bool:
        """Whether no more are taken for now."""
        return len(self._open) >= MOST_OPEN

    def adopt(self, alert: Alert) -> None:
        """It is new, or was changed by a person."""
        if is_report(alert) and alert.open:
            self._open[alert.id] = alert
        else:
            self._open.pop(alert.id, None)

    def find(self, alert_id: str) -> Alert | None:
        """One of them."""
        return self._open.get(alert_id)

    def same(self, mark: str) -> Alert | None:
        """The one with this fingerprint."""
        return next((alert for alert in self._open.values() if alert.fingerprint == mark), None)

    def open_alerts(self) -> list[Alert]:
        """All, in no order."""
        return list(self._open.values())


def is_report(alert: Alert) -> bool:
    """A drill is of no camera either, but nobody has seen anything."""
    return alert.camera == NO_CAMERA and not alert.drilled


def as_people_see_it(alert: Alert) -> Alert:
    """Of a report: gone once people are done with it. Any other: as its camera sees it."""
    if not is_report(alert):
        return alert
    return replace(alert, resolved_at=alert.dealt_with_at or alert.closed_at or alert.false_alarm_at)
