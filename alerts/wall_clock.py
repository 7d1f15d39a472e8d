"""Hours of the site's clock as moments: quiet hours, shifts."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def moment(local: datetime, zone: ZoneInfo) -> datetime:
    """UTC. An hour that comes twice is the first of the two; one that is left out is counted as if it were not."""
    return local.replace(tzinfo=zone).astimezone(UTC)


def span(day: date, begins: time, ends: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From and until when, UTC, of hours that begin on this day; those that end no later than they begin end on the
    next."""
    last = day + timedelta(days=ends <= begins)
    return moment(datetime.combine(day, begins), zone), moment(datetime.combine(last, ends), zone)
