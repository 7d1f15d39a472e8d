"""Who is on duty at a moment: weekly shifts in the site's time zone, and overrides for single days.

A shift is bounded by what the clock on the wall shows, so summer time makes one shift an hour shorter or longer and
leaves no gap between two that follow each other: both bounds are the same moment.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.routing.people import People
from alerts.wall_clock import Hour, LocalTime, Weekday, moment, span
from streams.misfit import misfit


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ShiftConfig(_Frozen):
    """Every week."""

    days: tuple[Weekday, ...] = Field(
        default=tuple(Weekday), min_length=1, description="On which it begins; default: every day."
    )
    begins: Hour = Field(default=time(0), description="Local time, as 08:00.")
    ends: Hour = Field(default=time(0), description="Local time; not after `begins`: on the next day.")
    who: tuple[str, ...] = Field(min_length=1, description="People and groups.")


class OverrideConfig(_Frozen):
    """Once, in place of every shift; of two that overlap the later one in the file counts."""

    begins: LocalTime = Field(description="Local date and time, as 2027-04-04T08:00:00.")
    ends: LocalTime = Field(description="Local date and time.")
    who: tuple[str, ...] = Field(description="People and groups; none: nobody, and the next rung is told at once.")

    @model_validator(mode="after")
    def _in_order(self) -> "OverrideConfig":
        if self.ends <= self.begins:
            raise misfit("override_backwards", ends=str(self.ends), begins=str(self.begins))
        return self


class RotaConfig(_Frozen):
    """Who is on duty."""

    shifts: tuple[ShiftConfig, ...] = Field(default=(), description="Those that cover a moment count together.")
    overrides: tuple[OverrideConfig, ...] = Field(default=(), description="Dated exceptions.")


@dataclass(frozen=True, slots=True)
class Span:
    """A time without anybody on duty. begins, ends: aware, in the site's time zone."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Duty(Span):
    """A time in which one person is on duty throughout. beside: the ids of who else is, for a part of it at least."""

    beside: tuple[str, ...]


class Rota:
    """Immutable. People are ids."""

    def __init__(self, config: RotaConfig, people: People, time_zone: str) -> None:
        self._zone = ZoneInfo(time_zone)
        self._shifts = [(shift, people.members(shift.who)) for shift in config.shifts]
        self._overrides = [
            (moment(one.begins, self._zone), moment(one.ends, self._zone), people.members(one.who))
            for one in config.overrides
        ]

    def __bool__(self) -> bool:
        """Whether there is a rota at all."""
        return bool(self._shifts or self._overrides)

    def on_duty(self, at: datetime) -> tuple[str, ...]:
        """Each once, in the order of the settings. at: aware."""
        moment = at.astimezone(UTC)
        for begins, ends, who in reversed(self._overrides):
            if begins <= moment < ends:
                return who
        today = moment.astimezone(self._zone).date()
        found = (
            one
            for shift, who in self._shifts
            for begins, ends in self._spans(shift, today - timedelta(days=1), today)
            if begins <= moment < ends
            for one in who
        )
        return tuple(dict.fromkeys(found))

    def is_exception(self, at: datetime) -> bool:
        """Whether an override says who is on duty then. at: aware."""
        return any(begins <= at.astimezone(UTC) < ends for begins, ends, _ in self._overrides)

    def turns(self, begins: datetime, ends: datetime) -> list[tuple[Span, tuple[str, ...]]]:
        """Who is on duty from when until when between these two moments, in order; who follows himself has one turn."""
        first, last = begins.astimezone(UTC), ends.astimezone(UTC)
        bounds = sorted({first, last, *(bound for bound in self._bounds(first, last) if first < bound < last)})
        found: list[tuple[Span, tuple[str, ...]]] = []
        for begin, end in pairwise(bounds):
            who = self.on_duty(begin)
            since = begin.astimezone(self._zone)
            same = bool(found) and self.is_exception(found[-1][0].begins) == self.is_exception(begin)
            if same and found[-1][1] == who:
                since = found.pop()[0].begins
            found.append((Span(since, end.astimezone(self._zone)), who))
        return found

    def duties(self, person: str, begins: datetime, ends: datetime) -> list[Duty]:
        """When somebody is on duty between these two moments, in order. person: the id."""
        found: list[Duty] = []
        for turn, who in self.turns(begins, ends):
            if person not in who:
                continue
            before = found.pop() if found and found[-1].ends == turn.begins else Duty(turn.begins, turn.begins, ())
            beside = dict.fromkeys((*before.beside, *(one for one in who if one != person)))
            found.append(Duty(before.begins, turn.ends, tuple(beside)))
        return found

    def gaps(self, begins: datetime, ends: datetime) -> list[Span]:
        """When nobody is on duty between these two moments, in order."""
        return [span for span, who in self.turns(begins, ends) if not who]

    def gaps_ahead(self, now: datetime) -> list[Span]:
        """Of the coming seven days, and within every override that has not ended; in order."""
        week = now + timedelta(days=7)
        found = self.gaps(now, week)
        for begins, ends, _ in sorted(self._overrides):
            if ends > week:
                found += self.gaps(max(begins, week), ends)
        return found

    def _bounds(self, first: datetime, last: datetime) -> Iterator[datetime]:
        for begins, ends, _ in self._overrides:
            yield from (begins, ends)
        day, end = first.astimezone(self._zone).date(), last.astimezone(self._zone).date()
        for shift, _ in self._shifts:
            for bounds in self._spans(shift, day - timedelta(days=1), end):
                yield from bounds

    def _spans(self, shift: ShiftConfig, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
        """The shift's times that begin on these days, in UTC."""
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            if Weekday.of(day) in shift.days:
                yield span(day, shift.begins, shift.ends, self._zone)


def rota_words(rota: Rota, now: datetime) -> list[str]:
    """What `xinan check` says of it: when nobody is on duty."""
    if not rota:
        return ["no rota: a fire is told to the next rung at once"]
    gaps = rota.gaps_ahead(now)
    return [f"nobody on duty {gap.begins:%a %Y-%m-%d %H:%M} to {gap.ends:%a %Y-%m-%d %H:%M}" for gap in gaps] or [
        "somebody is on duty all week"
    ]


def named_in(config: RotaConfig) -> dict[str, Sequence[str]]:
    """Where in the rota → the people and groups named there."""
    return {
        **{f"rota.shifts.{number}": shift.who for number, shift in enumerate(config.shifts)},
        **{f"rota.overrides.{number}": one.who for number, one in enumerate(config.overrides)},
    }
