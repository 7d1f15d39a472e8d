"""What an audit found beside what the live watch found: both, one of them only, and how long people took.

Found by both: same camera or place, same hazard, and their times overlap or lie no further apart than `TOLERANCE_S`.
One side may have several of what is one on the other (the watch was started anew; a recording ends at midnight), so
each side is counted for itself. Only what both could see is compared: an event outside the time that the store tells
of, or in a trouble of its camera, was not missed by the watch; an alert outside what the recordings show was not missed
by the audit. That the program itself was off the store does not tell.
"""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil
from typing import Any, TextIO, TypeVar

from alerts.audit.hours import HOUR_S, Stretch, length_s, without
from alerts.audit.live_store import Live, LiveAlert
from alerts.audit.sighting import Sighting, Worst
from alerts.audit.site import Site, Spot
from alerts.shift.figures import Times, times
from vision.config import HazardsConfig

FILE, LINES = "live.json", "live.jsonl"
TOLERANCE_S = 60.0
"""The clocks of recorder and watch differ, and each begins its tracks at another picture."""
SHOWN = 12
"""Of each hazard with pictures."""


_Key = tuple[str, str, str]
"""camera or place, its name, the hazard."""

_Group = TypeVar("_Group")


@dataclass(slots=True)
class Compared:
    """Of one hazard. both: events that were found live too; both_live: alerts that the audit found too.

    not_watched: events of a camera that is not in the settings, at a time of which the store does not tell, or in which
    the camera was in trouble. not_recorded: alerts at a time that no recording shows. not_looked_for: alerts of a
    hazard that the audit does not look for. without_time: events whose time or camera is not known.
    """

    both: int = 0
    both_live: int = 0
    missed_live: int = 0
    missed_audit: int = 0
    false_alarms: int = 0
    not_watched: int = 0
    not_recorded: int = 0
    not_looked_for: int = 0
    without_time: int = 0


@dataclass(frozen=True, slots=True)
class Took:
    """How long people took with alerts of one hazard. place: where; None: everywhere. times: what they did → how long
    after the alert."""

    hazard: str
    place: Spot | None
    times: Mapping[str, Times]


@dataclass(frozen=True, slots=True)
class Joined:
    """All of a run. hours: camera-hours that recordings show and in which the store tells of the camera.

    missed_live: the worst. missed_audit: the newest. took: of the alerts that were found by both, each hazard and then
    its places, if there are several.
    """

    hours: float
    watched: Stretch | None
    hazards: Mapping[str, Compared]
    missed_live: Mapping[str, Sequence[Sighting]]
    missed_audit: Mapping[str, Sequence[LiveAlert]]
    took: tuple[Took, ...] = ()


class Joiner:
    """Takes each event in, then the time that was seen. hazards: of the audit. lines: live.jsonl."""

    def __init__(self, live: Live, site: Site, hazards: HazardsConfig, lines: TextIO) -> None:
        self._live, self._site, self._lines = live, site, lines
        self._looked_for = {kind for kind, params in hazards.by_kind.items() if params.enabled}
        self._rows = {key: _Row(some) for key, some in _grouped(live.alerts, self._keys).items()}
        self._found: set[str] = set()
        self._compared: dict[str, Compared] = {}
        self._worst = Worst(SHOWN)

    def take(self, sighting: Sighting) -> None:
        """An event of the audit."""
        event, compared = sighting.event, self._of(sighting.event["hazard"])
        since, until, raised = (sighting.at(event[key]) for key in ("start_s", "end_s", "raised_s"))
        if since is None or until is None or raised is None or not sighting.spot.camera:
            compared.without_time += 1
            return
        alike = self._alike(sighting, since.timestamp() - TOLERANCE_S, until.timestamp() + TOLERANCE_S)
        if alike:
            compared.both += 1
            self._found.update(alert.id for alert in alike)
        elif not self._was_watched(sighting.spot.camera, raised.timestamp()):
            compared.not_watched += 1
            return
        else:
            compared.missed_live += 1
            self._worst.add(sighting)
        said = {"found": "both" if alike else "audit", "event": sighting.id, "alerts": [alert.id for alert in alike]}
        self._write(said | {"hazard": event["hazard"], "camera": sighting.spot.camera, "at": raised.isoformat()})

    def joined(self, seen: Mapping[str, Sequence[Stretch]]) -> Joined:
        """seen: camera → what recordings show, merged."""
        missed: dict[str, list[LiveAlert]] = {}
        matched = []
        for alert in self._live.alerts:
            compared = self._of(alert.hazard)
            if alert.hazard not in self._looked_for:
                compared.not_looked_for += 1
            elif alert.id in self._found:
                compared.both_live += 1
                matched.append(alert)
            elif not _holds(seen.get(self._camera(alert.camera), ()), alert.since_s, alert.fired_s):
                compared.not_recorded += 1
            else:
                compared.missed_audit += 1
                compared.false_alarms += alert.false_alarm
                missed.setdefault(alert.hazard, []).append(alert)
                self._write(_line(alert))
        newest = {hazard: some[::-1][:SHOWN] for hazard, some in sorted(missed.items())}
        hours = sum(length_s(self._comparable(camera, some)) for camera, some in seen.items()) / HOUR_S
        return Joined(
            hours,
            self._live.watched,
            dict(sorted(self._compared.items())),
            self._worst.kept(),
            newest,
            tuple(self._took(matched)),
        )

    def _took(self, alerts: Sequence[LiveAlert]) -> Iterator[Took]:
        for hazard, some in sorted(_grouped(alerts, lambda alert: [alert.hazard]).items()):
            yield Took(hazard, None, _times(some))
            places = _grouped(some, lambda alert: [self._site.spot_of(alert.camera).place])
            if len(places) > 1:
                for there in sorted(places.values(), key=len, reverse=True):
                    yield Took(hazard, self._site.spot_of(there[0].camera), _times(there))

    def _of(self, hazard: str) -> Compared:
        return self._compared.setdefault(hazard, Compared())

    def _alike(self, sighting: Sighting, since_s: float, until_s: float) -> list[LiveAlert]:
        """Alerts of the same hazard then, of the same camera or at the same place."""
        spot, hazard = sighting.spot, sighting.event["hazard"]
        rows = (self._rows.get(key) for key in (("camera", spot.camera, hazard), ("place", spot.place, hazard)))
        found = {alert.id: alert for row in rows if row for alert in row.overlapping(since_s, until_s)}
        return sorted(found.values(), key=lambda alert: (alert.since_s, alert.id))

    def _keys(self, alert: LiveAlert) -> set[_Key]:
        """Its camera, and where it hung when it was raised."""
        spot = self._site.spot_of(alert.camera)
        known = self._site.registry.places.get(alert.place_id or "")
        places = {known.id if known else spot.place, alert.place} - {""}
        return {("camera", spot.camera, alert.hazard), *(("place", place, alert.hazard) for place in places)}

    def _camera(self, name: str) -> str:
        return self._site.spot_of(name).camera

    def _watched(self, camera: str) -> Stretch | None:
        """Of which time the store can tell of this camera."""
        return self._live.watched if camera in self._site.registry.cameras else None

    def _was_watched(self, camera: str, at_s: float) -> bool:
        watched = self._watched(camera)
        if watched is None or not watched[0] <= at_s <= watched[1]:
            return False
        return not any(since_s <= at_s <= until_s for since_s, until_s in self._live.blind.get(camera, ()))

    def _comparable(self, camera: str, seen: Sequence[Stretch]) -> list[Stretch]:
        watched = self._watched(camera)
        if watched is None:
            return []
        begins_s, ends_s = watched
        within = [(max(since_s, begins_s), min(until_s, ends_s)) for since_s, until_s in seen]
        return without([one for one in within if one[0] < one[1]], self._live.blind.get(camera, []))

    def _write(self, line: Mapping[str, Any]) -> None:
        self._lines.write(json.dumps(line, ensure_ascii=False) + "\n")


class _Row:
    """Alerts of one place and hazard, by begin."""

    def __init__(self, alerts: Sequence[LiveAlert]) -> None:
        self._alerts = alerts
        self._last = list(accumulate((alert.until_s for alert in alerts), max))

    def overlapping(self, since_s: float, until_s: float) -> list[LiveAlert]:
        """Of which any moment lies between."""
        found = []
        index = bisect_right(self._alerts, until_s, key=lambda alert: alert.since_s) - 1
        while index >= 0 and self._last[index] >= since_s:  # none before this one lasted until then
            if self._alerts[index].until_s >= since_s:
                found.append(self._alerts[index])
            index -= 1
        return found[::-1]


def _grouped(
    alerts: Iterable[LiveAlert], keys: Callable[[LiveAlert], Iterable[_Group]]
) -> dict[_Group, list[LiveAlert]]:
    rows: dict[_Group, list[LiveAlert]] = {}
    for alert in alerts:
        for key in keys(alert):
            rows.setdefault(key, []).append(alert)
    return rows


def _holds(stretches: Sequence[Stretch], since_s: float, until_s: float) -> bool:
    """Whether one of them shows all of this time."""
    index = bisect_right(stretches, since_s, key=lambda stretch: stretch[0]) - 1
    return index >= 0 and stretches[index][1] >= until_s


def _times(alerts: Sequence[LiveAlert]) -> dict[str, Times]:
    kinds = {"acknowledged": "acknowledged_s", "there": "there_s", "closed": "closed_s"}
    return {kind: times(Counter(_waits(alerts, name))) for kind, name in kinds.items()}


def _waits(alerts: Sequence[LiveAlert], name: str) -> Iterator[int]:
    for alert in alerts:
        at_s = getattr(alert, name)
        if at_s is not None:
            yield max(0, ceil(round(at_s - alert.fired_s, 3)))


def _line(alert: LiveAlert) -> dict[str, Any]:
    return {
        "found": "live",
        "alerts": [alert.id],
        "hazard": alert.hazard,
        "camera": alert.camera,
        "false_alarm": alert.false_alarm,
    }


def told(joined: Joined) -> dict[str, Any]:
    """As it stands in live.json."""
    return {
        "tolerance_s": TOLERANCE_S,
        "comparable_h": round(joined.hours, 4),
        "hazards": {
            hazard: {name: getattr(one, name) for name in Compared.__dataclass_fields__}
            for hazard, one in joined.hazards.items()
        },
        "took_s": [
            {
                "hazard": took.hazard,
                "place": took.place.place if took.place else None,
                **{
                    kind: {"number": one.number, "p50": one.p50_s, "p90": one.p90_s} for kind, one in took.times.items()
                },
            }
            for took in joined.took
        ],
    }
