"""What a run found, counted: by camera, place, hazard, hour of the week and day, over the hours that were seen.

Fed event by event and recording by recording; what it keeps grows with cameras and days, and by sixteen bytes with each
stretch of time in which there was something.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain, pairwise
from typing import Any, Literal

from alerts.audit.copies import KEY as COPY
from alerts.audit.coverage import shown_of
from alerts.audit.find import Job
from alerts.audit.found import EPOCH, Event, SourceSummary
from alerts.audit.hours import (
    HOUR_S,
    HOURS,
    WEEK,
    Stretch,
    by_hour,
    hour_of_week,
    length_s,
    merged,
    within,
    without,
)
from alerts.audit.rates import Rate
from alerts.audit.site import Site, Spot
from vision.camera_health.trouble import WARNINGS

FILE = "statistics.json"
FORMAT = 2
"""Of the file; grows when a key changes its meaning."""
PAUSE_DAYS = 31
"""More days than these of which nothing was seen are left out: a camera whose clock fell back to 2000 would make a
quarter of a century of a month."""
Lasting = Literal["lasted_s", "narrow_s"]
LASTING: tuple[Lasting, ...] = ("lasted_s", "narrow_s")
"""What is told in minutes: each moment of a camera or place once, and only what was seen."""


@dataclass(slots=True)
class Counted:
    """Of one hazard. lasted_s: how long there was any; narrow_s: how long the free width was under its limit. Of a
    place each moment counts once, however many of its cameras show it.

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

    any_seen_s: of seen_s each moment of a place once, however many of its cameras show it. timed_s: of seen_s, where
    the hour is known. seen_by_hour, seen_by_day: seconds of it.
    """

    seen_s: float = 0.0
    any_seen_s: float = 0.0
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
        self.any_seen_s += other.any_seen_s
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


class _Stretches:
    """Many of them in little room."""

    def __init__(self) -> None:
        self._ends = array("d")

    def add(self, stretches: Iterable[Stretch]) -> None:
        """Further ones."""
        self._ends.extend(chain.from_iterable(stretches))

    def __iter__(self) -> Iterator[Stretch]:
        return zip(self._ends[::2], self._ends[1::2], strict=True)


class _Camera:
    """shown, blind: seconds since 1970, merged. open: of the recording under count, seconds of the recording. lasting:
    of all before it, seconds since 1970. Both by what is measured, and hazard."""

    def __init__(self, spot: Spot) -> None:
        self.spot, self.group = spot, Group()
        self.shown: list[Stretch] = []
        self.blind: list[Stretch] = []
        self.open: defaultdict[tuple[Lasting, str], list[Stretch]] = defaultdict(list)
        self.lasting: defaultdict[tuple[Lasting, str], _Stretches] = defaultdict(_Stretches)

    @property
    def seen(self) -> list[Stretch]:
        """Shown while it could see."""
        return without(self.shown, self.blind)

    def lasted(self, kind: Lasting, hazard: str, seen: Sequence[Stretch]) -> list[Stretch]:
        """When there was any, and it was seen. seen: of this camera."""
        return within(merged(self.lasting[kind, hazard]), seen)


class Statistician:
    """Takes in each recording: its events and notices first, then the recording itself."""

    def __init__(self, site: Site, hazards: Sequence[str]) -> None:
        self._site, self._hazards = site, tuple(hazards)
        self._cameras: dict[tuple[str, int], _Camera] = {}

    def event(self, job: Job, spot: Spot, event: Event) -> None:
        """One that was raised. A copy may tell of a while that its original does not; else it is none."""
        camera = self._camera(job, spot)
        hazard = event["hazard"]
        camera.open["lasted_s", hazard].append((event["start_s"], event["end_s"]))
        camera.open["narrow_s", hazard] += [(since_s, until_s) for since_s, until_s in event.get("narrow", ())]
        if event.get(COPY):
            return
        counted = camera.group.counted(hazard)
        counted.events += 1
        if (width_m := event.get("least_free_width_m")) is not None:
            counted.measured += 1
            counted.least_m = width_m if counted.least_m is None else min(counted.least_m, width_m)
        if job.started_at is not None:
            at = datetime.fromtimestamp(job.started_at.timestamp() + event["raised_s"], self._site.zone)
            counted.by_hour[hour_of_week(at)] += 1
            counted.by_day[at.date()] += 1

    def notice(self, job: Job, spot: Spot, event: Event) -> None:
        """One that was only logged."""
        if not event.get(COPY):
            self._camera(job, spot).group.counted(event["hazard"]).notices += 1

    def recording(self, job: Job, spot: Spot, source: SourceSummary) -> None:
        """All of its events are told."""
        if not source.readable:
            return
        camera = self._camera(job, spot)
        shown, blind = merged(shown_of(source)), merged(_blind(job, source))
        if job.started_at is None:
            seen = without(shown, blind)
            _count(camera.group, length_s(seen), length_s(shown))
            for (kind, hazard), stretches in camera.open.items():
                _lengthen(camera.group.counted(hazard), kind, length_s(within(merged(stretches), seen)))
        else:
            began_s = job.started_at.timestamp()
            camera.shown = merged([*camera.shown, *_later(shown, began_s)])
            camera.blind = merged([*camera.blind, *_later(blind, began_s)])
            for key, stretches in camera.open.items():
                camera.lasting[key].add(_later(merged(stretches), began_s))
        camera.open.clear()

    def seen(self) -> dict[str, list[Stretch]]:
        """Camera → what its recordings show while it could see, seconds since 1970, merged."""
        named = _rows((name, one) for (name, _), one in self._cameras.items() if name)
        return {name: merged(chain.from_iterable(one.seen for one in rows)) for name, rows in named.items()}

    def statistics(self) -> Statistics:
        """Of all that was taken in. Once."""
        whole = Group()
        for camera in self._cameras.values():
            self._close(camera)
        places = _rows((camera.spot.place, camera) for camera in self._cameras.values())
        named = _rows((camera.spot.camera, camera) for camera in self._cameras.values())
        cameras = [Row(name, name, name, _together(own)) for name, own in named.items()]
        rows = [_place(place, here) for place, here in places.items()]
        for row in rows:
            whole.add(row.group)
        ordered = (tuple(sorted(some, key=lambda row: row.name)) for some in (rows, cameras))
        return Statistics(self._site.zone.key, self._hazards, whole, *ordered)

    def _camera(self, job: Job, spot: Spot) -> _Camera:
        """What a recording has left aside shows something else at the same time: its hours are hours, too."""
        found = self._cameras.get((spot.camera, job.apart))
        if found is None:
            found = self._cameras[spot.camera, job.apart] = _Camera(spot)
        return found

    def _close(self, camera: _Camera) -> None:
        """What several recordings show at once is seen once."""
        seen, group = camera.seen, camera.group
        for stretch in seen:
            for day, hour, seconds in by_hour(stretch, self._site.zone):
                group.seen_by_hour[hour] += seconds
                group.seen_by_day[day] += seconds
        group.timed_s = length_s(seen)
        _count(group, group.timed_s, length_s(camera.shown))
        for kind, hazard in camera.lasting:
            _lengthen(group.counted(hazard), kind, length_s(camera.lasted(kind, hazard, seen)))


def _count(group: Group, seen_s: float, shown_s: float) -> None:
    group.seen_s += seen_s
    group.any_seen_s += seen_s
    group.blind_s += shown_s - seen_s


def _lengthen(counted: Counted, kind: Lasting, by_s: float) -> None:
    setattr(counted, kind, getattr(counted, kind) + by_s)


def _later(stretches: Iterable[Stretch], by_s: float) -> list[Stretch]:
    return [(since_s + by_s, until_s + by_s) for since_s, until_s in stretches]


def _rows(cameras: Iterable[tuple[str, _Camera]]) -> dict[str, list[_Camera]]:
    found: dict[str, list[_Camera]] = {}
    for key, camera in cameras:
        found.setdefault(key, []).append(camera)
    return found


def _place(place: str, cameras: Sequence[_Camera]) -> Row:
    spot = cameras[0].spot
    return Row(place, spot.zh, spot.en, _together(cameras), tuple(sorted({one.spot.camera for one in cameras})))


def _together(cameras: Sequence[_Camera]) -> Group:
    group = Group()
    for camera in cameras:
        group.add(camera.group)
    if len(cameras) > 1:
        _tell_once(group, cameras)
    return group


def _tell_once(group: Group, cameras: Sequence[_Camera]) -> None:
    """Take out of a place's times what several of its cameras show at once."""
    seen = [camera.seen for camera in cameras]
    group.any_seen_s -= _told_again_s(seen)
    for kind in LASTING:
        for hazard, counted in group.hazards.items():
            lasted = [camera.lasted(kind, hazard, own) for camera, own in zip(cameras, seen, strict=True)]
            _lengthen(counted, kind, -_told_again_s(lasted))


def _told_again_s(rows: Sequence[Sequence[Stretch]]) -> float:
    """How much longer they are one by one than together."""
    return sum(map(length_s, rows)) - length_s(merged(chain.from_iterable(rows)))


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
        "any_seen_h": round(group.any_seen_s / HOUR_S, 4),
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
