"""Days and hours of the site's clock, as settings write them and as moments: quiet hours, shifts."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from streams.misfit import misfit


class Weekday(StrEnum):
    """In the order of `date.weekday`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @classmethod
    def of(cls, day: date) -> Self:
        """Of a date."""
        return list(cls)[day.weekday()]


def _hour(value: time) -> time:
    if value.tzinfo is not None:
        raise misfit("zoned_hour", key="site.time_zone")
    return value


def _local(value: datetime) -> datetime:
    if value.tzinfo is not None:
        raise misfit("zoned_time")
    return value


Hour = Annotated[time, AfterValidator(_hour)]
"""A time of day in the settings, by the site's clock."""
LocalTime = Annotated[datetime, AfterValidator(_local)]
"""A date and time in the settings, by the site's clock."""


def local_text(at: datetime, zone: tzinfo | None, pattern: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A moment by the site's clock; None: by this machine's."""
    return at.astimezone(zone).strftime(pattern)


def zone_text(zone: ZoneInfo, at: datetime) -> str:
    """Which clock that is, as said once in a document: its name, and how far it is from UTC at that moment."""
    return f"{zone.key} (UTC{at.astimezone(zone).isoformat()[-6:]})"


def moment(local: datetime, zone: ZoneInfo) -> datetime:
    """UTC. An hour that comes twice is the first of the two; one that is left out is counted as if it were not."""
    return local.replace(tzinfo=zone).astimezone(UTC)


def span(day: date, begins: time, ends: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From and until when, UTC, of hours that begin on this day; those that end no later than they begin end on the
    next."""
    last = day + timedelta(days=ends <= begins)
    return moment(datetime.combine(day, begins), zone), moment(datetime.combine(last, ends), zone)
