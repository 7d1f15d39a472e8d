"""Who is on duty, over weeks, overrides and summer time."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.routing.people import GroupConfig, People, PersonConfig, ReachConfig
from alerts.routing.rota import OverrideConfig, Rota, RotaConfig, ShiftConfig

PEOPLE = People(
    [PersonConfig(id=name, channels=(ReachConfig(channel="hook"),)) for name in ("li", "wang", "chen")],
    [GroupConfig(name="team", members=("li", "wang", "chen"))],
)


def wall(text: str) -> datetime:
    """What a clock on the wall shows: without a zone."""
    return datetime.fromisoformat(text)


SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"


def rota(*shifts: ShiftConfig, overrides: tuple[OverrideConfig, ...] = (), zone: str = SHANGHAI) -> Rota:
    return Rota(RotaConfig(shifts=shifts, overrides=overrides), PEOPLE, zone)


def local(text: str, zone: str = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


DAY = ShiftConfig(begins=time(8), ends=time(20), who=("li",))
NIGHT = ShiftConfig(begins=time(20), ends=time(8), who=("wang",))
MONDAY = ShiftConfig(days=("mon",), who=("team",))


@pytest.mark.parametrize(
    ("at", "who"),
    [
        ("2026-03-02T08:00", ("li", "wang", "chen")),  # a Monday
        ("2026-03-03T07:59:59", ("wang",)),
        ("2026-03-03T08:00", ("li",)),
        ("2026-03-03T19:59:59", ("li",)),
        ("2026-03-03T20:00", ("wang",)),
        ("2026-03-04T00:00", ("wang",)),
    ],
)
def test_who_is_on_duty(at: str, who: tuple[str, ...]) -> None:
    assert rota(DAY, NIGHT, MONDAY).on_duty(local(at)) == who


def test_without_shifts_nobody_is() -> None:
    assert not rota()
    assert rota().on_duty(local("2026-03-03T08:00")) == ()


@given(
    at=st.datetimes(wall("2026-03-01T00:00"), wall("2026-03-09T00:00")),
    begins=st.datetimes(wall("2026-03-01T00:00"), wall("2026-03-08T00:00")),
    hours=st.integers(1, 100),
    who=st.sampled_from([(), ("chen",), ("team",)]),
)
def test_an_override_wins(at: datetime, begins: datetime, hours: int, who: tuple[str, ...]) -> None:
    override = OverrideConfig(begins=begins, ends=begins + timedelta(hours=hours), who=who)
    plain, changed = rota(DAY, NIGHT), rota(DAY, NIGHT, overrides=(override,))
    moment = at.replace(tzinfo=ZoneInfo(SHANGHAI))
    inside = begins <= at < override.ends
    assert changed.on_duty(moment) == (PEOPLE.members(who) if inside else plain.on_duty(moment))


@given(
    at=st.datetimes(wall("2026-01-01T00:00"), wall("2027-01-01T00:00"), timezones=st.just(UTC)),
    hours=st.lists(st.times().filter(lambda value: value.tzinfo is None), min_size=1, max_size=4, unique=True),
)
def test_shifts_that_follow_each_other_leave_no_gap_in_any_night_of_the_year(at: datetime, hours: list[time]) -> None:
    bounds = sorted(hours)
    shifts = [
        ShiftConfig(begins=begins, ends=ends, who=("li",))
        for begins, ends in zip(bounds, bounds[1:] + bounds[:1], strict=True)
    ]
    found = rota(*shifts, zone=BERLIN)
    assert found.on_duty(at) == ("li",)


def test_a_shift_is_an_hour_shorter_in_the_night_of_summer_time() -> None:
    found = rota(NIGHT, zone=BERLIN)
    begins, ends = local("2026-03-28T20:00", BERLIN), local("2026-03-29T08:00", BERLIN)
    assert found.on_duty(begins) == found.on_duty(ends - timedelta(seconds=1)) == ("wang",)
    assert (ends.astimezone(UTC) - begins.astimezone(UTC)) == timedelta(hours=11)
    assert found.on_duty(ends) == ()


def test_gaps() -> None:
    weekend_off = ShiftConfig(days=("mon", "tue", "wed", "thu", "fri"), who=("li",))
    off = OverrideConfig(begins=wall("2026-03-25T09:00"), ends=wall("2026-03-25T12:00"), who=())
    found = rota(weekend_off, overrides=(off,)).gaps_ahead(local("2026-03-04T10:00"))
    assert [(gap.begins, gap.ends) for gap in found] == [
        (local("2026-03-07T00:00"), local("2026-03-09T00:00")),
        (local("2026-03-25T09:00"), local("2026-03-25T12:00")),
    ]
    assert rota(DAY, NIGHT).gaps_ahead(local("2026-03-04T10:00")) == []


@pytest.mark.parametrize(
    ("begins", "ends", "said"),
    [
        (wall("2026-03-02T00:00"), wall("2026-03-01T00:00"), "ends"),
        (datetime(2026, 3, 2, tzinfo=UTC), wall("2026-03-03T00:00"), "without a zone"),
    ],
)
def test_overrides_that_make_no_sense(begins: datetime, ends: datetime, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        OverrideConfig(begins=begins, ends=ends, who=("li",))


def test_a_duty_goes_on_whoever_is_beside() -> None:
    half = ShiftConfig(begins=time(12), ends=time(16), who=("chen",))
    override = OverrideConfig(begins=wall("2026-03-04T00:00"), ends=wall("2026-03-05T00:00"), who=("wang",))
    found = rota(DAY, half, overrides=(override,)).duties("li", local("2026-03-03T00:00"), local("2026-03-06T00:00"))
    assert [(one.begins, one.ends, one.beside) for one in found] == [
        (local("2026-03-03T08:00"), local("2026-03-03T20:00"), ("chen",)),
        (local("2026-03-05T08:00"), local("2026-03-05T20:00"), ("chen",)),
    ]
    assert rota(DAY).duties("wang", local("2026-03-03T00:00"), local("2026-03-06T00:00")) == []


def test_a_duty_over_the_change_to_summer_time() -> None:
    [night] = rota(NIGHT, zone=BERLIN).duties(
        "wang", local("2026-03-28T20:00", BERLIN), local("2026-03-29T12:00", BERLIN)
    )
    assert night.ends.astimezone(UTC) - night.begins.astimezone(UTC) == timedelta(hours=11)
    assert (night.begins.isoformat()[-6:], night.ends.isoformat()[-6:]) == ("+01:00", "+02:00")


def test_whose_account_it_is() -> None:
    way = (ReachConfig(channel="hook"),)
    people = People([PersonConfig(id="Li", channels=way), PersonConfig(id="w", channels=way, account="Wang")], [])
    assert [people.of_account(one) for one in ("li", "wang", "w", "")] == ["Li", "w", "", ""]
