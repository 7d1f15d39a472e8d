"""What a run found, counted: by camera, place, hazard, hour of the week and day, over the hours that were seen.

Fed event by event and recording by recording; what it keeps grows with cameras and days, not with events.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from alerts.audit.coverage import shown_of
from alerts.audit.find import Job
from alerts.audit.found import EPOCH, Event, SourceSummary
from alerts.audit.hours import HOUR_S, HOURS, WEEK, Stretch, by_hour, hour_of_week, length_s, merged, without
from alerts.audit.rates import Rate
from alerts.audit.site import Site, Spot
from vision.camera_health.trouble import WARNINGS

FILE = "statistics.json"
FORMAT = 1
"""Of the file; grows when a key changes its meaning."""
PAUSE_DAYS = 31
"""More days than these of which nothing was seen are left out: a camera whose clock fell back to 2000 would make a
quarter of a century of a month."""


@dataclass(slots=True)
class Counted:
    """Of one hazard. lasted_s: how long there was any; narrow_s: how long the free width was under its limit.

    least_m: the smallest free width that was measured, metres. by_hour: hour of the week → events; by_day: events.
    """

    events: int = 0
    notices: int = 0
    lasted_s: float = 0.0
    narrow_s: float = 0.0
    measured: int = 0
    least_m: float | None = None
    by_hour: Counter[int] = field(default_factory=Counter)
    by_day: Counter[date] = field(default_factory=Counter)

    def add(self, other: "Counted") -> None:
        """Take in what was counted elsewhere."""
        self.events += other.events
        self.notices += other.notices
        self.lasted_s += other.lasted_s
        self.narrow_s += other.narrow_s
        self.measured += other.measured
        if other.least_m is not None:
            self.least_m = other.least_m if self.least_m is None else min(self.least_m, other.least_m)
        self.by_hour.update(other.by_hour)
        self.by_day.update(other.by_day)


@dataclass(slots=True)
class Group:
    """A camera, a place or the whole. seen_s: shown and not blind; blind_s: shown while the camera was in trouble.

    timed_s: of seen_s, where the hour is known. seen_by_hour, seen_by_day: seconds of it.
    """

    seen_s: float = 0.0
    blind_s: float = 0.0
    timed_s: float = 0.0
    seen_by_hour: list[float] = field(default_factory=lambda: [0.0] * WEEK)
    seen_by_day: defaultdict[date, float] = field(default_factory=lambda: defaultdict(float))
    hazards: dict[str, Counted] = field(default_factory=dict)

    @property
    def hours(self) -> float:
        """Camera-hours seen."""
        return self.seen_s / HOUR_S

    def counted(self, hazard: str) -> Counted:
        """Of a hazard, none of which may have been found."""
        return self.hazards.setdefault(hazard, Counted())

    def rate(self, hazard: str) -> Rate:
        """Events per camera-hour seen."""
        return Rate.of(self.counted(hazard).events, self.hours)

    def add(self, other: "Group") -> None:
        """Take in another."""
        self.seen_s += other.seen_s
        self.blind_s += other.blind_s
        self.timed_s += other.timed_s
        self.seen_by_hour = [one + more for one, more in zip(self.seen_by_hour, other.seen_by_hour, strict=True)]
        for day, seconds in other.seen_by_day.items():
            self.seen_by_day[day] += seconds
        for hazard, counted in other.hazards.items():
            self.counted(hazard).add(counted)


@dataclass(frozen=True, slots=True)
class Row:
    """One camera or place with its figures. cameras: of a place."""

    name: str
    zh: str
    en: str
    group: Group
    cameras: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statistics:
    """All of a run. hazards: that were looked for."""

    zone: str
    hazards: tuple[str, ...]
    whole: Group
    places: tuple[Row, ...]
    cameras: tuple[Row, ...]

    @property
    def days(self) -> list[date]:
        """Every day from the first to the last of which anything was seen, but for those within pauses."""
        seen, pauses = sorted(self.whole.seen_by_day), dict(self.pauses)
        days = seen[:1]
        for one, other in pairwise(seen):
            since = other if one in pauses else one + timedelta(days=1)
            days += [since + timedelta(days=number) for number in range((other - since).days + 1)]
        return days

    @property
    def pauses(self) -> list[tuple[date, date]]:
        """The last day before and the first after each long time of which nothing was seen."""
        seen = pairwise(sorted(self.whole.seen_by_day))
        return [(one, other) for one, other in seen if (other - one).days > PAUSE_DAYS]


class _Camera:
    """shown, blind: seconds since 1970. open: of the recording under count, by hazard and by what is measured."""

    def __init__(self, spot: Spot) -> None:
        self.spot, self.group = spot, Group()
        self.shown: list[Stretch] = []
        self.blind: list[Stretch] = []
        self.lasting: dict[str, list[Stretch]] = {}
        self.narrow: dict[str, list[Stretch]] = {}


class Statistician:
    """Takes in each recording: its events and notices first, then the recording itself."""

    def __init__(self, site: Site, hazards: Sequence[str]) -> None:
        self._site, self._hazards = site, tuple(hazards)
        self._cameras: dict[str, _Camera] = {}

    def event(self, job: Job, spot: Spot, event: Event) -> None:
        """One that was raised."""
        camera = self._camera(spot)
        hazard = event["hazard"]
        counted = camera.group.counted(hazard)
        counted.events += 1
        stretch = (event["start_s"], event["end_s"])
        camera.lasting.setdefault(hazard, []).append(stretch)
        width_m = event["evidence"].get("free_width_m")
        if width_m is not None:
            counted.measured += 1
            counted.least_m = width_m if counted.least_m is None else min(counted.least_m, width_m)
            if event["evidence"].get("narrow"):
                camera.narrow.setdefault(hazard, []).append(stretch)
        if job.started_at is not None:
            at = datetime.fromtimestamp(job.started_at.timestamp() + event["raised_s"], self._site.zone)
            counted.by_hour[hour_of_week(at)] += 1
            counted.by_day[at.date()] += 1

    def notice(self, spot: Spot, event: Event) -> None:
        """One that was only logged."""
        self._camera(spot).group.counted(event["hazard"]).notices += 1

    def recording(self, job: Job, spot: Spot, source: SourceSummary) -> None:
        """All of its events are told."""
        if not source.readable:
            return
        camera = self._camera(spot)
        for hazard, stretches in camera.lasting.items():
            camera.group.counted(hazard).lasted_s += length_s(merged(stretches))
        for hazard, stretches in camera.narrow.items():
            camera.group.counted(hazard).narrow_s += length_s(merged(stretches))
        camera.lasting, camera.narrow = {}, {}
        seen, blind = merged(shown_of(source)), merged(_blind(job, source))
        if job.started_at is None:
            left_s = length_s(without(seen, blind))
            camera.group.seen_s += left_s
            camera.group.blind_s += length_s(seen) - left_s
            return
        began_s = job.started_at.timestamp()
        camera.shown += [(began_s + since_s, began_s + until_s) for since_s, until_s in seen]
        camera.blind += [(began_s + since_s, began_s + until_s) for since_s, until_s in blind]

    def seen(self) -> dict[str, list[Stretch]]:
        """Camera → what its recordings show while it could see, seconds since 1970, merged."""
        return {name: without(merged(one.shown), merged(one.blind)) for name, one in self._cameras.items() if name}

    def statistics(self) -> Statistics:
        """Of all that was taken in. Once."""
        whole, places = Group(), dict[str, list[_Camera]]()
        for camera in self._cameras.values():
            self._close(camera)
            whole.add(camera.group)
            places.setdefault(camera.spot.place, []).append(camera)
        cameras = [Row(c.spot.camera, c.spot.camera, c.spot.camera, c.group) for c in self._cameras.values()]
        rows = [_place(place, here) for place, here in places.items()]
        ordered = (tuple(sorted(some, key=lambda row: row.name)) for some in (rows, cameras))
        return Statistics(self._site.zone.key, self._hazards, whole, *ordered)

    def _camera(self, spot: Spot) -> _Camera:
        found = self._cameras.get(spot.camera)
        if found is None:
            found = self._cameras[spot.camera] = _Camera(spot)
        return found

    def _close(self, camera: _Camera) -> None:
        """What several recordings show at once is seen once."""
        everything = merged(camera.shown)
        seen = without(everything, merged(camera.blind))
        group = camera.group
        for stretch in seen:
            for day, hour, seconds in by_hour(stretch, self._site.zone):
                group.seen_by_hour[hour] += seconds
                group.seen_by_day[day] += seconds
        group.timed_s = length_s(seen)
        group.seen_s += group.timed_s
        group.blind_s += length_s(everything) - group.timed_s


def _place(place: str, cameras: Sequence[_Camera]) -> Row:
    group = Group()
    for camera in cameras:
        group.add(camera.group)
    spot = cameras[0].spot
    return Row(place, spot.zh, spot.en, group, tuple(sorted(camera.spot.camera for camera in cameras)))


def _blind(job: Job, source: SourceSummary) -> list[Stretch]:
    """When its camera was in a trouble in which it does not see, seconds from the recording's begin."""
    origin = EPOCH  # as `source_from` gives the times of a summary
    spans = [span for span in source.camera if span.cause not in WARNINGS]
    return [((span.since - origin).total_seconds(), (span.until - origin).total_seconds()) for span in spans]


def told(statistics: Statistics) -> dict[str, Any]:
    """As it stands in statistics.json."""
    return {
        "format": FORMAT,
        "time_zone": statistics.zone,
        "hazards": list(statistics.hazards),
        "days": [day.isoformat() for day in statistics.days],
        "whole": _group(statistics.whole, statistics),
        "places": [
            {"place": row.name, "name": row.zh, "name_en": row.en, "cameras": list(row.cameras)}
            | _group(row.group, statistics)
            for row in statistics.places
        ],
        "cameras": [{"camera": row.name} | _group(row.group, statistics) for row in statistics.cameras],
    }


def _group(group: Group, statistics: Statistics) -> dict[str, Any]:
    return {
        "seen_h": round(group.hours, 4),
        "blind_h": round(group.blind_s / HOUR_S, 4),
        "without_hour_h": round(max(0.0, group.seen_s - group.timed_s) / HOUR_S, 4),
        "seen_h_by_hour": _week([round(seconds / HOUR_S, 4) for seconds in group.seen_by_hour]),
        "seen_h_by_day": _days({day: round(s / HOUR_S, 4) for day, s in group.seen_by_day.items()}),
        "hazards": {hazard: _hazard(group, hazard) for hazard in statistics.hazards},
    }


def _hazard(group: Group, hazard: str) -> dict[str, Any]:
    counted, rate = group.counted(hazard), group.rate(hazard)
    return {
        "events": counted.events,
        "notices": counted.notices,
        "per_camera_h": _rounded(rate.per_h),
        "low": _rounded(rate.low),
        "high": _rounded(rate.high),
        "days": len(counted.by_day),
        "minutes": round(counted.lasted_s / 60, 2),
        "narrow_minutes": round(counted.narrow_s / 60, 2),
        "measured": counted.measured,
        "least_m": counted.least_m,
        "by_hour": _week([counted.by_hour[hour] for hour in range(WEEK)]) if counted.by_hour else None,
        "by_day": _days(counted.by_day),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def _week(values: Sequence[Any]) -> list[list[Any]]:
    """Seven rows of 24."""
    return [list(values[day : day + HOURS]) for day in range(0, WEEK, HOURS)]


def _days(values: Mapping[date, Any]) -> dict[str, Any]:
    return {day.isoformat(): values[day] for day in sorted(values)}
